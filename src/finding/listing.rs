//! How much of an outcome a report lists: everything counts, but not all is written.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Finding, Outcome};
use crate::source::SourceId;

/// How many findings of one rule in one file are listed.
pub const LISTED: usize = 1_000;

/// What all listed findings together may weigh, in bytes of their texts.
const WEIGHT: usize = 256 << 20;

/// How many files and rules are named for what is not listed.
const NAMED: usize = 100;

/// The findings that a report lists, and what it leaves out.
#[derive(Debug, Default)]
pub struct Listing<'a> {
    /// In the order of the outcome.
    pub findings: Vec<&'a Finding>,
    /// What is left out, by file and rule, in that order.
    pub unlisted: Vec<Unlisted<'a>>,
}

/// Findings of one rule in one file that are not listed.
#[derive(Clone, Copy, Debug)]
pub struct Unlisted<'a> {
    /// The file.
    pub source: SourceId,
    /// The rule.
    pub rule: &'static str,
    /// How many.
    pub count: usize,
    /// The most severe of them.
    pub worst: &'a Finding,
}

impl Outcome {
    /// What a report lists: of each rule 1,000 findings in a file, the most severe and then the first,
    /// and no more than 256 MiB together. Suppressed findings are counted for themselves, and left out
    /// without `suppressed`.
    pub fn listing(&self, suppressed: bool) -> Listing<'_> {
        self.listing_within(suppressed, WEIGHT)
    }

    fn listing_within(&self, suppressed: bool, most: usize) -> Listing<'_> {
        let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let findings = self.findings.iter().enumerate();
        for (at, finding) in findings.filter(|(_, it)| suppressed || it.suppressed.is_none()) {
            let key = (
                finding.primary.source,
                finding.rule,
                finding.suppressed.is_some(),
            );
            groups.entry(key).or_default().push(at);
        }
        let severity = |at: &usize| self.findings.get(*at).map(|it| it.severity);
        let mut chosen = Vec::new();
        let mut left: Vec<usize> = Vec::new();
        for mut group in groups.into_values() {
            if group.len() > LISTED {
                group.sort_by_key(|at| Reverse(severity(at)));
                left.extend(group.drain(LISTED..));
            }
            chosen.extend(group);
        }
        chosen.sort_unstable();
        let mut listing = Listing::default();
        let mut weight = 0;
        for at in chosen {
            match self.findings.get(at) {
                Some(finding) if weight < most => {
                    weight += finding.weight();
                    listing.findings.push(finding);
                }
                _ => left.push(at),
            }
        }
        listing.leave_out(left.iter().filter_map(|at| self.findings.get(*at)));
        listing
    }
}

impl<'a> Listing<'a> {
    fn leave_out(&mut self, findings: impl Iterator<Item = &'a Finding>) {
        let mut groups: BTreeMap<_, Unlisted<'a>> = BTreeMap::new();
        for finding in findings {
            let key = (finding.primary.source, finding.rule);
            let group = groups.entry(key).or_insert(Unlisted {
                source: finding.primary.source,
                rule: finding.rule,
                count: 0,
                worst: finding,
            });
            group.count += 1;
            if finding.severity > group.worst.severity {
                group.worst = finding;
            }
        }
        self.unlisted = groups.into_values().collect();
    }

    /// How many findings are left out.
    pub fn hidden(&self) -> usize {
        self.unlisted.iter().map(|it| it.count).sum()
    }

    /// The first groups of what is left out, to be named one by one, and how many findings are left out
    /// beyond them.
    pub fn named(&self) -> (&[Unlisted<'a>], usize) {
        let (named, rest) = self.unlisted.split_at(self.unlisted.len().min(NAMED));
        (named, rest.iter().map(|it| it.count).sum())
    }
}

impl Finding {
    /// About how much a report writes of it, in bytes.
    fn weight(&self) -> usize {
        let labels = self.related.iter().map(|label| label.message.len());
        let edits = self.fix.iter().flat_map(|fix| &fix.edits);
        let texts = labels.chain(edits.map(|edit| edit.text.len()));
        let help = self.help.as_ref().map_or(0, |help| help.as_str().len());
        let detail = self.detail.as_ref().map_or(0, String::len);
        self.message.len() + detail + help + texts.map(|length| length + 200).sum::<usize>() + 500
    }

    /// Gives up what no report is going to write.
    pub fn trim(&mut self) {
        self.help = None;
        self.unfixable = None;
        self.message.shrink_to_fit();
        self.cause.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Category, Fingerprint, Severity};
    use crate::source::{Location, Span};

    fn finding(source: u32, rule: &'static str, severity: Severity) -> Finding {
        Finding {
            rule,
            category: Category::Schema,
            severity,
            message: "m".to_owned(),
            detail: None,
            help: None,
            primary: Location {
                source: SourceId(source),
                span: Span::new(0, 1),
            },
            related: Vec::new(),
            resource: None,
            fix: None,
            unfixable: None,
            subject: None,
            cause: String::new(),
            fingerprint: Fingerprint::default(),
            suppressed: None,
        }
    }

    #[test]
    fn each_rule_has_its_share_of_each_file() {
        let mut outcome = Outcome::default();
        for (source, rule, count) in [(0, "a", LISTED + 2), (0, "b", 3), (1, "a", LISTED)] {
            let severity = Severity::Note;
            outcome
                .findings
                .extend((0..count).map(|_| finding(source, rule, severity)));
        }
        outcome.findings[LISTED + 1].severity = Severity::Error;
        let listing = outcome.listing(false);
        assert_eq!(listing.findings.len(), 2 * LISTED + 3);
        let left: Vec<_> = listing.unlisted.iter().collect();
        assert_eq!(left.len(), 1);
        assert_eq!(
            (left[0].source, left[0].rule, left[0].count),
            (SourceId(0), "a", 2)
        );
        assert_eq!(left[0].worst.severity, Severity::Note);
        assert_eq!(listing.findings[LISTED - 1].severity, Severity::Error);
        assert_eq!(listing.hidden(), 2);
        assert_eq!(outcome.count(Severity::Error), 1);
    }

    #[test]
    fn all_together_have_an_end() {
        let mut outcome = Outcome::default();
        for source in 0..150 {
            outcome.findings.push(finding(source, "a", Severity::Note));
        }
        let listing = outcome.listing_within(false, 10_000);
        assert_eq!(listing.findings.len(), 20);
        assert_eq!(listing.hidden(), 130);
        let (named, rest) = listing.named();
        assert_eq!((named.len(), rest), (100, 30));
    }
}
