//! `duplicate-object`

use crate::edit::Value;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Repeated, Together};
use crate::kube::tables::removed::removed;
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
        let Some(repeated) = cx.inventory.repeated(object) else {
            return;
        };
        let Repeated {
            first, together, ..
        } = repeated;
        // Two dumps of one object are two looks at it.
        if object.is_dump() || first.is_dump() {
            return;
        }
        let version = cx.settings.kubernetes_version;
        let is_removed = |it: &Object| {
            let row = removed(it.api_version(), it.kind());
            row.is_some_and(|row| version.is_none_or(|version| version >= row.release))
        };
        // `removed-api-version` tells which of the two is never applied.
        if together == Together::File && is_removed(first) != is_removed(object) {
            return;
        }
        let is_copy = Value::copy_of(first.node()) == Value::copy_of(object.node())
            && repeated.rest.is_empty();
        let report = Report::object(
            object,
            object.name_node(),
            message(object, &repeated, is_copy),
        )
        .related(first, first.name_node(), "given here first");
        let rest = repeated.rest.iter().map(|it| (*it, it.name_node()));
        let mut report = report
            .related_few(rest, repeated.rest.len(), "and here again")
            .help("keep one of them, or give each its own name or namespace");
        if let Some(detail) =
            fixed(first).filter(|_| together != Together::Kustomization && !is_copy)
        {
            report = report.detail(detail);
        }
        out.push(match together {
            Together::Directory => report.pedantic(),
            Together::File if is_copy => report.severity(Severity::Note),
            Together::File | Together::Kustomization => report,
        });
    }
}

fn message(object: &Object, repeated: &Repeated<'_>, is_copy: bool) -> String {
    let name = match object.namespace() {
        Some(namespace) => format!("{} `{namespace}/{}`", object.kind(), object.name()),
        None => format!("{} `{}`", object.kind(), object.name()),
    };
    let times = match repeated.rest.len() {
        0 => "twice".to_owned(),
        more => format!("{} times", more + 2),
    };
    let outcome = if is_copy {
        "word for word, and one does nothing"
    } else if fixed(repeated.first).is_some() {
        "the API server may refuse the later one"
    } else {
        "the one applied last counts"
    };
    match repeated.together {
        Together::File => format!("{name} stands {times} in this file: {outcome}"),
        Together::Kustomization if repeated.first.api_version() == object.api_version() => {
            format!("{name} is listed {times} by one kustomization: kustomize refuses to build it")
        }
        Together::Kustomization => format!("{name} is listed in two API versions: {outcome}"),
        Together::Directory => format!("{name} stands {times} in this directory: {outcome}"),
    }
}

/// What the API server refuses to change in an object that exists (`ValidatePodUpdate`,
/// `ValidateJobUpdate`, `ValidatePersistentVolumeUpdate` and `…ClaimUpdate`, `immutable: true`).
fn fixed(object: &Object) -> Option<&'static str> {
    let is_kept = || {
        object
            .node()
            .get("immutable")
            .and_then(|it| it.resolved().scalar())
            == Some(Scalar::Bool(true))
    };
    match object.body() {
        Body::Workload(WorkloadBody::Pod(_)) => Some("hardly any field of a Pod can change"),
        Body::Workload(WorkloadBody::Job(_)) => Some("the pod template of a Job cannot change"),
        _ if object.group().is_empty() => match object.kind() {
            "PersistentVolume" => Some("the source of a PersistentVolume cannot change"),
            "PersistentVolumeClaim" => Some("hardly any field of a claim can change"),
            "ConfigMap" | "Secret" if is_kept() => Some("`immutable: true` lets nothing change"),
            _ => None,
        },
        _ => None,
    }
}
