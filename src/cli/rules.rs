//! `lameduck rules`

use std::fmt::Write as _;

use serde::Serialize;

use super::args::ListFormat;
use super::{Failure, output};
use crate::finding::{Category, FixAvailability, RuleMeta};
use crate::settings::OptionValue;

pub(super) fn run(format: ListFormat, rules: &[RuleMeta]) -> Result<(), Failure> {
    let list = match format {
        ListFormat::Table => table(rules),
        ListFormat::Json => json(rules)?,
    };
    output::to_stdout(list.as_bytes())
}

/// Rules by category, a line each.
pub(super) fn table(rules: &[RuleMeta]) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for category in Category::ALL {
        let mut of_category = rules
            .iter()
            .filter(|rule| rule.category == category)
            .peekable();
        if of_category.peek().is_none() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{category}");
        for rule in of_category {
            let pedantic = if rule.pedantic { " (pedantic)" } else { "" };
            let _ = writeln!(
                out,
                "  {:<width$}  {:<7}  {}{pedantic}",
                rule.id, rule.severity, rule.summary
            );
        }
    }
    out
}

#[derive(Serialize)]
struct List<'a> {
    version: u32,
    rules: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    category: &'a str,
    severity: &'a str,
    pedantic: bool,
    summary: &'a str,
    fix: &'a str,
    since: &'a str,
    checklist: &'a [&'a str],
    options: Vec<RuleOption<'a>>,
}

#[derive(Serialize)]
struct RuleOption<'a> {
    name: &'a str,
    default: Default,
    summary: &'a str,
}

/// Durations are in seconds.
#[derive(Serialize)]
#[serde(untagged)]
enum Default {
    Bool(bool),
    Seconds(u64),
}

fn json(rules: &[RuleMeta]) -> Result<String, Failure> {
    let list = List {
        version: 1,
        rules: rules.iter().map(entry).collect(),
    };
    let mut text = serde_json::to_string_pretty(&list)
        .map_err(|error| Failure::one(format!("the list cannot be written: {error}")))?;
    text.push('\n');
    Ok(text)
}

fn entry(rule: &RuleMeta) -> Entry<'_> {
    Entry {
        id: rule.id,
        category: rule.category.as_str(),
        severity: rule.severity.as_str(),
        pedantic: rule.pedantic,
        summary: rule.summary,
        fix: match rule.fix {
            FixAvailability::None => "none",
            FixAvailability::Safe => "safe",
            FixAvailability::Unsafe => "unsafe",
        },
        since: rule.since,
        checklist: rule.checklist,
        options: rule
            .options
            .iter()
            .map(|option| RuleOption {
                name: option.name,
                default: match option.default {
                    OptionValue::Bool(value) => Default::Bool(value),
                    OptionValue::Seconds(value) => Default::Seconds(value),
                },
                summary: option.summary,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{OptionMeta, Severity};

    const RULES: [RuleMeta; 2] = [
        RuleMeta {
            id: "missing-pdb",
            category: Category::Availability,
            severity: Severity::Warning,
            pedantic: false,
            summary: "Nothing limits how many pods a drain evicts at once",
            page: "",
            options: &[],
            fix: FixAvailability::None,
            since: "0.1.0",
            checklist: &["pdb"],
        },
        RuleMeta {
            id: "slow-start",
            category: Category::Probes,
            severity: Severity::Note,
            pedantic: true,
            summary: "The application starts slowly",
            page: "",
            options: &[OptionMeta {
                name: "limit",
                default: OptionValue::Seconds(30),
                summary: "From which time on",
            }],
            fix: FixAvailability::Safe,
            since: "0.1.0",
            checklist: &[],
        },
    ];

    #[test]
    fn the_table_is_grouped_by_category() {
        insta::assert_snapshot!(table(&RULES), @r"
        probes
          slow-start   note     The application starts slowly (pedantic)

        availability
          missing-pdb  warning  Nothing limits how many pods a drain evicts at once
        ");
    }

    #[test]
    fn the_json_has_everything() {
        insta::assert_snapshot!(json(&RULES).unwrap(), @r#"
        {
          "version": 1,
          "rules": [
            {
              "id": "missing-pdb",
              "category": "availability",
              "severity": "warning",
              "pedantic": false,
              "summary": "Nothing limits how many pods a drain evicts at once",
              "fix": "none",
              "since": "0.1.0",
              "checklist": [
                "pdb"
              ],
              "options": []
            },
            {
              "id": "slow-start",
              "category": "probes",
              "severity": "note",
              "pedantic": true,
              "summary": "The application starts slowly",
              "fix": "safe",
              "since": "0.1.0",
              "checklist": [],
              "options": [
                {
                  "name": "limit",
                  "default": 30,
                  "summary": "From which time on"
                }
              ]
            }
          ]
        }
        "#);
    }
}
