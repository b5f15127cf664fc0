//! `render-failed`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::rules::{Context, Findings, Report, Rule};
use crate::source::RenderFailure;

static META: RuleMeta = RuleMeta {
    id: "render-failed",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A kustomization or Helm chart that cannot be rendered",
    page: include_str!("../../../rules/schema/render-failed.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct RenderFailed;

impl Rule for RenderFailed {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_render_failure(&self, _: &Context<'_>, failure: &RenderFailure, out: &mut Findings) {
        let RenderFailure {
            command, message, ..
        } = failure;
        let report = Report::render_failure(failure, format!("`{command}` fails: {message}"))
            .detail("what it would deploy is not checked");
        out.push(if failure.may_need_values {
            report.severity(Severity::Warning).help(
                "if the chart needs values that its values.yaml does not give, name a file of them \
                 in the configuration, under `render.helm`",
            )
        } else {
            report.help(format!("run `{command}` to see all that it says"))
        });
    }
}
