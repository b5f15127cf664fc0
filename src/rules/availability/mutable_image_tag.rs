//! `mutable-image-tag`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, ContainerRef, ContainerRole, Field, Object, Workload, WorkloadKind};
use crate::lifecycle::signal::only_waits;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "mutable-image-tag",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "An image without a tag, or with the tag `latest`",
    page: include_str!("../../../rules/availability/mutable-image-tag.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

const MOVES: &str = "it moves with every build";

/// See the rule's page.
pub(in crate::rules) struct MutableImageTag;

impl Rule for MutableImageTag {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::Kustomization(data) = object.body() else {
            return;
        };
        let nodes = object.node().get("images").into_iter();
        let nodes = nodes.flat_map(Node::items);
        for (image, node) in data.images.iter().zip(nodes) {
            let (Some(name), Some(tag)) = (&image.name, node.resolved().get("newTag")) else {
                continue;
            };
            let is_open = image.digest.is_none() && image.new_tag.as_deref() == Some("latest");
            if !is_open
                || !cx.inventory.runs_tagged_image(name)
                || cx.inventory.is_built_by_skaffold(name)
            {
                continue;
            }
            let known_as = image.new_name.as_ref().unwrap_or(name);
            let message = format!(
                "the tag of `{known_as}` moves: pods may differ, and a rollback cannot restore it"
            );
            out.push(Report::object(object, tag, message).detail(MOVES).help(
                "name the version that was tested, best with its digest instead:\n\
                 newTag: <version>",
            ));
        }
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        for container in workload.template().containers() {
            let Field::Set(node) = container.field(&["image"]) else {
                continue;
            };
            let image = container.data.image.as_deref().unwrap_or_default().trim();
            let (what, why) = match Tag::of(image) {
                Tag::Fixed | Tag::Unknown => continue,
                Tag::Missing => (
                    format!("image `{image}` has no tag"),
                    "which means `latest`",
                ),
                Tag::Latest => (format!("the tag of `{image}` moves"), MOVES),
            };
            if cx.inventory.is_built_by_skaffold(image)
                || cx.inventory.is_tagged_by_kustomization(image)
                || cx
                    .inventory
                    .is_always_set_elsewhere(container.object(), container.node, "image")
            {
                continue;
            }
            let message = format!("{what}: {}", consequence(workload));
            let severity = if is_of_openshift(image) || matters_little(workload, container) {
                Severity::Note
            } else {
                Severity::Warning
            };
            out.push(
                Report::container(workload, container, node, message)
                    .detail(why)
                    .severity(severity)
                    .help(
                        "name the version that was tested, best with its digest:\n\
                         image: <name>:<version>@sha256:<digest>",
                    ),
            );
        }
    }
}

fn consequence(workload: Workload<'_>) -> &'static str {
    match workload.kind() {
        WorkloadKind::Pod if workload.is_long_running() => "its next start may bring another image",
        WorkloadKind::Pod | WorkloadKind::Job | WorkloadKind::CronJob => {
            "the next run may start another image"
        }
        _ => "pods may differ, and a rollback cannot restore it",
    }
}

/// Whether another image changes hardly anything: no controller rolls a Pod back, and what only waits does
/// so in every version, in the first steps of a Job, too.
fn matters_little(workload: Workload<'_>, container: ContainerRef<'_>) -> bool {
    let is_first_step = container.role == ContainerRole::Init
        && matches!(workload.kind(), WorkloadKind::Job | WorkloadKind::CronJob);
    workload.kind() == WorkloadKind::Pod || is_first_step || only_waits(container.data)
}

/// Whether the cluster's own release brings the image and moves its tag with the cluster's version.
fn is_of_openshift(image: &str) -> bool {
    image.starts_with("image-registry.openshift-image-registry.svc")
        && image.contains("/openshift/")
}

/// What an image reference says of its version.
#[derive(Debug, PartialEq, Eq)]
enum Tag {
    /// A digest, or a tag other than `latest`.
    Fixed,
    Latest,
    Missing,
    /// Something fills it in before the manifest is applied.
    Unknown,
}

impl Tag {
    fn of(image: &str) -> Self {
        let is_open = |c: char| matches!(c, '$' | '{' | '<' | '%' | ' ');
        // The last part says the version; `<PROJECT>/web:latest` leaves only the project open.
        let last = image.rsplit_once('/').map_or(image, |(_, name)| name);
        // Only upper-case words are filled in: an image's name has none.
        let is_word = last.len() > 1
            && last
                .bytes()
                .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
        // `ko://` is replaced by ko with the image it builds, digest included.
        let is_built = image.contains("://");
        // What kubebuilder writes where its kustomization puts the image: no registry has it.
        if matches!(image, "controller" | "controller:latest") {
            return Self::Unknown;
        }
        if image.is_empty() || last.contains(is_open) || is_word || is_built {
            return Self::Unknown;
        }
        if image.contains(is_open) && !last.contains(':') {
            return Self::Unknown;
        }
        if image.contains('@') {
            return Self::Fixed;
        }
        // A colon before the last slash belongs to the registry's port.
        let name = image.rsplit_once('/').map_or(image, |(_, name)| name);
        match name.split_once(':') {
            None => Self::Missing,
            Some((_, "latest")) => Self::Latest,
            Some(_) => Self::Fixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tag;

    #[test]
    fn tags() {
        for (image, tag) in [
            ("nginx", Tag::Missing),
            ("nginx:latest", Tag::Latest),
            ("nginx:1.27", Tag::Fixed),
            ("registry.example:5000/web", Tag::Missing),
            ("registry.example:5000/web:latest", Tag::Latest),
            ("registry.example:5000/web:2", Tag::Fixed),
            ("web:latest@sha256:0123", Tag::Fixed),
            ("web@sha256:0123", Tag::Fixed),
            ("${REGISTRY}/web", Tag::Unknown),
            ("web:$(VERSION)", Tag::Unknown),
            ("<image>", Tag::Unknown),
            ("docker.example/<PROJECT>/web:latest", Tag::Latest),
            ("docker.example/<PROJECT>/web", Tag::Unknown),
            ("SHOP_IMAGE", Tag::Unknown),
            ("REPLACE_ME", Tag::Unknown),
            ("controller:latest", Tag::Unknown),
            ("registry.example/controller:latest", Tag::Latest),
            ("ko://example.org/cmd/web", Tag::Unknown),
            ("", Tag::Unknown),
        ] {
            assert_eq!(Tag::of(image), tag, "{image}");
        }
    }
}
