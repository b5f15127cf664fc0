//! `invalid-field`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Object;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::IssueKind;

static META: RuleMeta = RuleMeta {
    id: "invalid-field",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A value of the wrong type or form",
    page: include_str!("../../../rules/schema/invalid-field.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct InvalidField;

impl Rule for InvalidField {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, _: &Context<'_>, object: &Object, out: &mut Findings) {
        for issue in object.issues() {
            let IssueKind::Invalid { message, .. } = &issue.kind else {
                continue;
            };
            let node = object.node_of(issue.node);
            // A named port of a gRPC probe is `invalid-probe`.
            if node.path().ends_with("Probe.grpc.port") {
                continue;
            }
            let message = format!("`{}`: {message}", node.path());
            out.push(Report::object(object, node, message));
        }
    }
}
