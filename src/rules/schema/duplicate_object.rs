//! `duplicate-object`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::{Body, Object, WorkloadBody};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Scalar;

static META: RuleMeta = RuleMeta {
    id: "duplicate-object",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "One object is given twice",
    page: include_str!("../../../rules/schema/duplicate-object.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct DuplicateObject;

impl Rule for DuplicateObject {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some((first, together)) = cx.inventory.earlier_namesake(object) else {
            return;
        };
        // Two dumps of one object are two looks at it.
        if object.is_dump() || first.is_dump() {
            return;
        }
        let name = match object.namespace() {
            Some(namespace) => format!("{} `{namespace}/{}`", object.kind(), object.name()),
            None => format!("{} `{}`", object.kind(), object.name()),
        };
        let outcome = outcome(first);
        let message = match together {
            Together::File => format!("{name} stands twice in this file: {outcome}"),
            Together::Kustomization if first.api_version() == object.api_version() => format!(
                "{name} is given by two files of one kustomization: kustomize refuses to build it"
            ),
            Together::Kustomization => format!(
                "{name} is given by two files of one kustomization in two API versions: {outcome}"
            ),
            Together::Directory => format!(
                "{name} is given by two files of this directory: where both are applied, {outcome}"
            ),
        };
        let report = Report::object(object, object.name_node(), message)
            .related(first, first.name_node(), "given here first")
            .help("keep one of the two, or give one another name or namespace");
        out.push(match together {
            Together::Directory => report.pedantic(),
            Together::File | Together::Kustomization => report,
        });
    }
}

/// What becomes of the second manifest.
fn outcome(first: &Object) -> &'static str {
    if is_fixed(first) {
        "the second one is refused where it differs, because the API server lets hardly any field of it \
         change"
    } else {
        "the one that is applied last overwrites the other"
    }
}

/// Whether the API server refuses most changes of an object that exists (`ValidatePodUpdate`,
/// `ValidateJobUpdate`, `ValidatePersistentVolumeUpdate` and `…ClaimUpdate`, `immutable: true`).
fn is_fixed(object: &Object) -> bool {
    let is_kept = || {
        object
            .node()
            .get("immutable")
            .and_then(|it| it.resolved().scalar())
            == Some(Scalar::Bool(true))
    };
    match object.body() {
        Body::Workload(workload) => matches!(workload, WorkloadBody::Pod(_) | WorkloadBody::Job(_)),
        _ if object.group().is_empty() => match object.kind() {
            "PersistentVolume" | "PersistentVolumeClaim" => true,
            "ConfigMap" | "Secret" => is_kept(),
            _ => false,
        },
        _ => false,
    }
}
