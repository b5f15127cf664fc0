//! `invalid-yaml`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::BrokenDocument;
use crate::rules::text::in_short;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "invalid-yaml",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A manifest that the Kubernetes decoder refuses",
    page: include_str!("../../../rules/schema/invalid-yaml.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct InvalidYaml;

impl Rule for InvalidYaml {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_broken(&self, _: &Context<'_>, document: &BrokenDocument, out: &mut Findings) {
        let (what, detail) = in_short(&document.message);
        let report = Report::broken(document, format!("Kubernetes cannot read this: {what}"));
        let report = report.detail_of(detail);
        out.push(report.help(
            "nothing of this document is deployed; the other documents of the file were checked",
        ));
    }
}
