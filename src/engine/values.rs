//! One value of a chart that many templates write.

use std::collections::BTreeMap;

use crate::finding::{Finding, Label};
use crate::source::{Location, SourceId, Sources};

/// How many other places of one value are named.
const SHOWN: usize = 3;

/// What makes findings those of one value: the rule, the chart, and the value's path.
type Value = (&'static str, SourceId, String);

/// Makes one finding of those that come from one value of a chart: it is changed in one place. The
/// first stands for all, at their worst.
pub(super) fn merge(findings: Vec<Finding>, sources: &Sources) -> Vec<Finding> {
    let mut known: BTreeMap<Value, (usize, Vec<Location>)> = BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        let value = value(&finding, sources).filter(|_| finding.suppressed.is_none());
        let Some(value) = value else {
            kept.push(finding);
            continue;
        };
        let (first, others) = known.entry(value).or_insert((kept.len(), Vec::new()));
        match kept.get_mut(*first) {
            Some(first) => {
                first.severity = first.severity.max(finding.severity);
                others.push(finding.primary);
            }
            None => kept.push(finding),
        }
    }
    for ((_, _, path), (first, mut others)) in known {
        let Some(first) = kept.get_mut(first) else {
            continue;
        };
        others.sort_unstable();
        others.dedup();
        others.retain(|place| *place != first.primary);
        let more = others.len().saturating_sub(SHOWN);
        for (nth, location) in (1..=SHOWN).zip(&others) {
            let message = match more {
                1.. if nth == SHOWN => {
                    format!("written from {path} also here, and at {more} more places")
                }
                _ => format!("written from {path} also here"),
            };
            first.related.push(Label {
                location: *location,
                message,
            });
        }
    }
    kept
}

/// The value of a chart that alone is written on the line of a finding.
fn value(finding: &Finding, sources: &Sources) -> Option<Value> {
    let origin = sources.get(finding.subject?.source).origin()?;
    let source = sources.get(finding.primary.source);
    let line = source.position(finding.primary.span.start).line;
    let path = only_value(source.slice(source.line_span(line)))?;
    Some((finding.rule, origin.root().source, path.to_owned()))
}

/// `.Values.image.tag` of a line that fills in this and nothing else.
fn only_value(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("{{")?;
    let (expression, rest) = rest.split_once("}}")?;
    if rest.contains("{{") {
        return None;
    }
    let mut words = expression.trim_matches('-').split_whitespace();
    let path = words.find(|word| word.starts_with(".Values."))?;
    words.all(|word| !word.starts_with('.')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::only_value;

    #[test]
    fn the_one_value_of_a_line() {
        for (line, path) in [
            ("  a: {{ .Values.grace }}", Some(".Values.grace")),
            (
                "  a: \"x:{{- .Values.image.tag | quote -}}\"",
                Some(".Values.image.tag"),
            ),
            ("  a: {{ .Values.a }}-{{ .Values.b }}", None),
            ("  a: {{ default .Values.a .Chart.AppVersion }}", None),
            ("  a: {{ .Release.Name }}", None),
            ("  a: 1", None),
        ] {
            assert_eq!(only_value(line), path, "{line}");
        }
    }
}
