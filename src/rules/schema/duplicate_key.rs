//! `duplicate-key`

use std::collections::HashSet;

use crate::edit::{Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Object;
use crate::rules::text::{FEW, and_more};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{DuplicateKey as Repetition, Entry, Node};

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

const KEEP_ONE: &str = "keep one of the two";

const MERGE: &str = "keep one of the two; merge their values where both are meant";

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
        let starts = starts_of_others(object);
        if let Some(report) = several_objects(object, &starts) {
            out.push(report);
        }
        let root = object.node().id();
        let is_judged = |pair: &Repetition| {
            let mapping = object.node_of(pair.second).parent();
            starts.is_empty() || mapping.is_none_or(|mapping| mapping.id() != root)
        };
        let pairs = || object.duplicate_keys().filter(is_judged);
        let more = pairs().count().saturating_sub(MAX_REPORTED);
        for (index, pair) in pairs().take(MAX_REPORTED).enumerate() {
            let more = (more > 0 && index + 1 == MAX_REPORTED).then_some(more);
            out.push(repeated(object, pair, more));
        }
    }
}

/// The keys that begin another object in the same mapping: where `---` was forgotten, `apiVersion` and
/// `kind` are both given again.
fn starts_of_others(object: &Object) -> Vec<Node<'_>> {
    const OF_EVERY_OBJECT: [&str; 3] = ["apiVersion", "kind", "metadata"];
    let root = object.node();
    if root.is_flow() {
        return Vec::new();
    }
    let mut starts = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    let mut repeated = HashSet::new();
    for entry in root.written_entries() {
        let key = entry.key.key_text();
        if !OF_EVERY_OBJECT.contains(&key) {
            continue;
        }
        if known.contains(&key) {
            known.clear();
            starts.push(entry.key);
        }
        if !starts.is_empty() {
            repeated.insert(key);
        }
        known.push(key);
    }
    // One of them alone may be a slip.
    if repeated.contains("apiVersion") && repeated.contains("kind") {
        starts
    } else {
        Vec::new()
    }
}

/// Objects of which the last is left, and what of the others it does not give itself.
fn several_objects<'a>(object: &'a Object, starts: &[Node<'a>]) -> Option<Report<'a>> {
    let first = *starts.first()?;
    let (objects, lost) = match starts.len() {
        1 => ("two objects".to_owned(), "the first is lost"),
        others => (format!("{} objects", others + 1), "only the last is left"),
    };
    let text = object.tree().file_text().unwrap_or_default();
    let line = |node: &Node<'_>| {
        let before = text.get(..node.span().range().start).unwrap_or_default();
        (before.matches('\n').count() + 1).to_string()
    };
    let lines: Vec<String> = starts.iter().take(FEW).map(line).collect();
    let noun = if starts.len() == 1 { "line" } else { "lines" };
    let message = format!("{objects} without `---` between them: {lost}");
    let report = Report::object(object, first, message)
        .detail("of a key that is given twice, kubectl keeps the last value")
        .help(format!(
            "write `---` before {noun} {}",
            and_more(&lines, starts.len())
        ));
    let begin = object.node().written_entries().next()?;
    Some(report.related(object, begin.key, "the first object"))
}

fn repeated(object: &Object, pair: Repetition, more: Option<usize>) -> Report<'_> {
    let (first, second) = (object.node_of(pair.first), object.node_of(pair.second));
    let key = second.text().unwrap_or_default();
    let entries = entry_of(first).zip(entry_of(second));
    let is_empty = |node: Node<'_>| node.scalar().is_some() && node.is_null();
    let drops_nothing =
        entries.is_some_and(|(earlier, later)| is_empty(earlier.value) && !is_empty(later.value));
    let are_scalars = entries.is_some_and(|(earlier, later)| {
        earlier.value.scalar().is_some() && later.value.scalar().is_some()
    });
    let (message, help) = if drops_nothing {
        let message = format!("key `{key}` is given twice, and the first is empty");
        (message, "remove the first")
    } else {
        let message = format!("key `{key}` is given twice: kubectl keeps only this value");
        (message, if are_scalars { KEEP_ONE } else { MERGE })
    };
    let report = Report::object(object, second, message)
        .related(
            object,
            first,
            if drops_nothing { "empty" } else { "dropped" },
        )
        .help(match more {
            Some(more) => format!("{help}; {more} more keys of this object are given twice"),
            None => help.to_owned(),
        });
    let Some((earlier, later)) = entries else {
        return report;
    };
    // Which of two different values is meant, only a person knows.
    let is_repetition = Value::copy_of(earlier.value) == Value::copy_of(later.value);
    let title = if drops_nothing {
        format!("remove the first `{key}`, which is empty")
    } else {
        format!("remove the first `{key}`, which says the same")
    };
    report.fix(Applicability::Safe, title, object, |editor| {
        if is_repetition || drops_nothing {
            editor.remove_uncommented(earlier)
        } else {
            Err(Refusal::Moot)
        }
    })
}

fn entry_of(key: Node<'_>) -> Option<Entry<'_>> {
    let mapping = key.parent()?;
    mapping
        .written_entries()
        .find(|entry| entry.key.id() == key.id())
}
