//! `duplicate-key`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Object;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "duplicate-key",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A mapping gives one key twice",
    page: include_str!("../../../rules/schema/duplicate-key.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct DuplicateKey;

impl Rule for DuplicateKey {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, _: &Context<'_>, object: &Object, out: &mut Findings) {
        for pair in object.duplicate_keys() {
            let (first, second) = (object.node_of(pair.first), object.node_of(pair.second));
            let key = second.text().unwrap_or_default();
            let message = format!(
                "key `{key}` is given twice: kubectl keeps this value and drops the first without a word"
            );
            out.push(
                Report::object(object, second, message)
                    .related(object, first, "dropped")
                    .help("keep one of the two; merge their values where both are meant"),
            );
        }
    }
}
