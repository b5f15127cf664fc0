//! `ineffective-istio-annotation`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::tables::istio_catalogue::{
    KnownKey, Place, annotation, is_bookkeeping, is_istio_key, label, proxy_config_field, suggest,
};
use crate::kube::{Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Entry, Node};

static META: RuleMeta = RuleMeta {
    id: "ineffective-istio-annotation",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "An Istio annotation or label that Istio does not read",
    page: include_str!("../../../rules/mesh/ineffective-istio-annotation.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct IneffectiveIstioAnnotation;

/// One of the two maps of an object's metadata.
#[derive(Clone, Copy)]
enum Map {
    Annotations,
    Labels,
}

impl Map {
    fn key(self) -> &'static str {
        match self {
            Self::Annotations => "annotations",
            Self::Labels => "labels",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Annotations => "annotation",
            Self::Labels => "label",
        }
    }

    fn entries(self, owner: Node<'_>) -> impl Iterator<Item = Entry<'_>> + use<'_> {
        owner
            .at(&["metadata", self.key()])
            .into_iter()
            .flat_map(Node::entries)
    }

    fn known(self, key: &str) -> Option<&'static KnownKey> {
        match self {
            Self::Annotations => annotation(key),
            Self::Labels => label(key),
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Annotations => Self::Labels,
            Self::Labels => Self::Annotations,
        }
    }
}

impl Rule for IneffectiveIstioAnnotation {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        for map in [Map::Annotations, Map::Labels] {
            for entry in map.entries(object.node()) {
                report_unknown(object, map, entry, out);
            }
            let Some(workload) = cx.inventory.workload(object) else {
                continue;
            };
            // A bare Pod is its own template.
            if workload.template().path().is_empty() {
                continue;
            }
            if let Some(template) = workload.template().node() {
                for entry in map.entries(template) {
                    report_unknown(workload.template().object(), map, entry, out);
                }
                report_misplaced(workload, map, template, out);
            }
        }
    }
}

fn report_unknown(object: &Object, map: Map, entry: Entry<'_>, out: &mut Findings) {
    let Some(key) = entry.key.text().filter(|key| is_istio_key(key)) else {
        return;
    };
    if map.known(key).is_some() || is_bookkeeping(key) || crate::kube::is_placeholder(key) {
        return;
    }
    let noun = map.noun();
    if map.other().known(key).is_some() {
        let message = format!(
            "Istio reads `{key}` as a {}, not as a {noun}: here it does nothing",
            map.other().noun()
        );
        let help = format!("move it to `metadata.{}`", map.other().key());
        out.push(Report::object(object, entry.key, with_article(&message)).help(help));
        return;
    }
    let report = |message: String| Report::object(object, entry.key, message);
    if let Some(field) = proxy_config_field(key) {
        let value = entry.value.text().unwrap_or("…");
        let message = format!(
            "Istio has no {noun} `{key}`: it does nothing, `{field}` is read from `proxy.istio.io/config` only"
        );
        let help = format!(
            "on the pod template:\nmetadata:\n  annotations:\n    proxy.istio.io/config: |\n      {field}: {value}"
        );
        out.push(report(message).help(help));
        return;
    }
    let message = format!("Istio has no {noun} `{key}`: it does nothing");
    out.push(match suggest(key) {
        Some(near) => report(message).help(format!("did you mean `{near}`?")),
        // The catalogue may be older than the key.
        None => report(format!(
            "no Istio release known to lameduck has the {noun} `{key}`: it probably does nothing"
        ))
        .severity(Severity::Warning)
        .help("check its spelling against Istio's reference of annotations and labels"),
    });
}

/// `as a annotation` reads badly.
fn with_article(message: &str) -> String {
    message.replace("a annotation", "an annotation")
}

/// A key on the workload's own metadata that Istio reads on pods only.
fn report_misplaced(workload: Workload<'_>, map: Map, template: Node<'_>, out: &mut Findings) {
    let object = workload.object();
    for entry in map.entries(object.node()) {
        let Some(key) = entry.key.text() else {
            continue;
        };
        let Some(known) = map.known(key).filter(|known| known.only_on_pods()) else {
            continue;
        };
        let on_template = map
            .entries(template)
            .any(|other| other.key.text() == Some(known.name));
        if on_template || known.places.contains(&Place::Deployment) {
            continue;
        }
        let noun = map.noun();
        let message = format!(
            "Istio reads the {noun} `{key}` on pods, and this one is on the {}: it does nothing",
            object.kind()
        );
        let help = format!(
            "move it to `{}.metadata.{}`",
            workload.template().path().join("."),
            map.key()
        );
        out.push(Report::object(object, entry.key, message).help(help));
    }
}
