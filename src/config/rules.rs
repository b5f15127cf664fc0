//! What the configuration says of rules.

use std::collections::BTreeSet;

use super::file::{DURATION, Draft, Reader};
use super::words::{self, LEVELS};
use crate::finding::{OptionMeta, RuleMeta};
use crate::settings::{Assignment, OptionValue, PathPatterns, RuleExclude, RuleSettings};
use crate::yaml::Node;

/// The key of a rule's level beside its options.
pub(super) const SEVERITY: &str = "severity";
/// The key of the files whose findings of a rule do not count.
pub(super) const EXCLUDE: &str = "exclude";

/// Reads `rules`.
pub(super) fn read(reader: &mut Reader<'_>, node: Node<'_>, draft: &mut Draft) {
    for (key, name, value) in reader.entries(node) {
        match words::rule(name, reader.rules) {
            Ok(rule) => {
                let id = rule.id.to_owned();
                let rule = read_rule(reader, value, rule);
                draft.assign(Some(Assignment::Rule(id, rule)));
                draft.place(reader.origin(key));
            }
            Err(message) => reader.at(key, message),
        }
    }
}

/// Reads a list of rules and categories.
pub(super) fn selectors(reader: &mut Reader<'_>, node: Node<'_>) -> BTreeSet<String> {
    let rules = reader.rules;
    reader
        .list(node)
        .into_iter()
        .filter_map(|(item, _)| {
            reader.parsed(item, "a rule or category", |text| {
                words::selector(text, rules)
            })
        })
        .collect()
}

fn read_rule(reader: &mut Reader<'_>, node: Node<'_>, rule: &RuleMeta) -> RuleSettings {
    let mut read = RuleSettings::default();
    if !node.is_mapping() {
        read.level = reader.word(node, &LEVELS);
        return read;
    }
    for (key, name, value) in reader.entries(node) {
        if name == SEVERITY {
            read.level = reader.word(value, &LEVELS);
        } else if name == EXCLUDE {
            read.exclude = excludes(reader, value);
        } else if let Some(option) = rule.options.iter().find(|option| option.name == name) {
            if let Some(value) = read_option(reader, value, option) {
                read.options.insert(name.to_owned(), value);
            }
        } else {
            let options = rule.options.iter().map(|it| it.name);
            let known = [SEVERITY, EXCLUDE].into_iter().chain(options);
            reader.unknown(key, &format!("option of {}", rule.id), name, known);
        }
    }
    read
}

/// Each pattern is kept by itself, with its place: one that excludes nothing is told.
fn excludes(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<RuleExclude> {
    let mut excludes = Vec::new();
    for (item, glob) in reader.patterns(node) {
        if glob.starts_with('!') {
            reader.at(item, "a pattern that starts with `!` excludes nothing here");
            continue;
        }
        let patterns =
            PathPatterns::new(&reader.listed_globs(vec![(item, glob)])).unwrap_or_default();
        let span = item.span();
        excludes.push(RuleExclude {
            patterns,
            file: reader.file,
            start: span.start,
            end: span.end,
        });
    }
    excludes
}

fn read_option(
    reader: &mut Reader<'_>,
    node: Node<'_>,
    option: &OptionMeta,
) -> Option<OptionValue> {
    match option.default {
        OptionValue::Bool(_) => reader.boolean(node).map(OptionValue::Bool),
        OptionValue::Seconds(_) => reader
            .parsed(node, DURATION, whole_seconds)
            .map(OptionValue::Seconds),
    }
}

fn whole_seconds(text: &str) -> Result<u64, String> {
    let duration = words::parse_duration(text)?;
    if duration.subsec_nanos() == 0 {
        Ok(duration.as_secs())
    } else {
        Err(format!("expected whole seconds, found `{text}`"))
    }
}
