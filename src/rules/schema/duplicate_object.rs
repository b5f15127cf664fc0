//! `duplicate-object`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::Object;
use crate::rules::{Context, Findings, Report, Rule};

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
        let message = match together {
            Together::File => format!(
                "{name} stands twice in this file: the one that is applied last overwrites the other"
            ),
            Together::Kustomization if first.api_version() == object.api_version() => format!(
                "{name} is given by two files of one kustomization: kustomize refuses to build it"
            ),
            Together::Kustomization => format!(
                "{name} is given by two files of one kustomization in two API versions: the one that \
                 is applied last overwrites the other"
            ),
            Together::Directory => format!(
                "{name} is given by two files of this directory: where both are applied, the last one \
                 overwrites the other"
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
