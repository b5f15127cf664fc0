//! `duplicate-key`

use crate::edit::{Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Object;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Entry, Node};

static META: RuleMeta = RuleMeta {
    id: "duplicate-key",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A mapping gives one key twice",
    page: include_str!("../../../rules/schema/duplicate-key.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

const HELP: &str = "keep one of the two; merge their values where both are meant";

/// Keys of one object that are reported. More would bury everything else, and each costs a look at
/// the whole mapping.
const MAX_REPORTED: usize = 100;

/// See the rule's page.
pub(in crate::rules) struct DuplicateKey;

impl Rule for DuplicateKey {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, _: &Context<'_>, object: &Object, out: &mut Findings) {
        let more = object.duplicate_keys().count().saturating_sub(MAX_REPORTED);
        for (index, pair) in object.duplicate_keys().take(MAX_REPORTED).enumerate() {
            let (first, second) = (object.node_of(pair.first), object.node_of(pair.second));
            let key = second.text().unwrap_or_default();
            let message = format!("key `{key}` is given twice: kubectl keeps only this value");
            let report = Report::object(object, second, message)
                .related(object, first, "dropped")
                .help(if more > 0 && index + 1 == MAX_REPORTED {
                    format!("{HELP}; {more} more keys of this object are given twice")
                } else {
                    HELP.to_owned()
                });
            let (Some(earlier), Some(later)) = (entry_of(first), entry_of(second)) else {
                out.push(report);
                continue;
            };
            // Which of two different values is meant, only a person knows.
            let is_repetition = Value::copy_of(earlier.value) == Value::copy_of(later.value);
            let title = format!("remove the first `{key}`, which says the same");
            out.push(report.fix(Applicability::Safe, title, object, |editor| {
                if is_repetition {
                    editor.remove_uncommented(earlier)
                } else {
                    Err(Refusal::Moot)
                }
            }));
        }
    }
}

fn entry_of(key: Node<'_>) -> Option<Entry<'_>> {
    let mapping = key.parent()?;
    mapping
        .written_entries()
        .find(|entry| entry.key.id() == key.id())
}
