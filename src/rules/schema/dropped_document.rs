//! `dropped-document`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::DroppedText;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "dropped-document",
    category: Category::Schema,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Text after `...` that Kubernetes drops without a word",
    page: include_str!("../../../rules/schema/dropped-document.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct DroppedDocument;

impl Rule for DroppedDocument {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_dropped(&self, _: &Context<'_>, text: DroppedText, out: &mut Findings) {
        let message =
            "Kubernetes drops the text from here to the next `---`: nothing of it is applied";
        out.push(
            Report::dropped(text, message).help(
                "separate documents with `---`: kubectl reads one document between two of them",
            ),
        );
    }
}
