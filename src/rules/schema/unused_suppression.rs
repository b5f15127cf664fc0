//! `unused-suppression`
//!
//! Which suppressions are unused is only known when every rule has spoken: the room that gives
//! findings their verdict makes these findings.

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::rules::Rule;

static META: RuleMeta = RuleMeta {
    id: "unused-suppression",
    category: Category::Schema,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Something that is meant to hide a finding hides none",
    page: include_str!("../../../rules/schema/unused-suppression.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnusedSuppression;

impl Rule for UnusedSuppression {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }
}
