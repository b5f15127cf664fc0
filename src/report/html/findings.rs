//! Findings as the page shows them.

use std::collections::BTreeMap;

use crate::finding::{Applicability, Finding, Help};
use crate::report::excerpt::{Excerpt, Extent, Place};
use crate::report::sanitize;
use crate::report::text::sanitize_lines;
use crate::source::Sources;

/// How many related places of one finding are shown; the formats for programs carry all.
const MAX_RELATED: usize = 8;

/// How much source text is shown.
const EXTENT: Extent = Extent {
    context: 2,
    columns: 200,
};

/// One finding; all text is printable.
pub(super) struct FindingView<'a> {
    /// Unique on the page.
    pub(super) id: usize,
    pub(super) severity: &'static str,
    pub(super) rule: &'a str,
    /// `Deployment demo/web`; empty where the finding is about text that is no object.
    pub(super) object: String,
    /// The same with the container.
    pub(super) subject: String,
    pub(super) message: String,
    pub(super) blocks: Vec<BlockView>,
    /// How many related places are left out.
    pub(super) hidden: usize,
    pub(super) help: String,
    /// Text to copy.
    pub(super) copy: String,
    pub(super) fix: String,
    /// Why it does not count, where it does not.
    pub(super) suppressed: String,
}

/// Neighbouring lines of a file.
pub(super) struct BlockView {
    pub(super) path: String,
    pub(super) lines: Vec<LineView>,
}

pub(super) struct LineView {
    pub(super) number: u32,
    pub(super) is_primary: bool,
    /// Text, and whether it is marked.
    pub(super) parts: Vec<(String, bool)>,
    pub(super) notes: Vec<String>,
}

impl<'a> FindingView<'a> {
    pub(super) fn new(id: usize, finding: &'a Finding, sources: &Sources) -> Self {
        let mut places = vec![Place {
            location: finding.primary,
            label: finding
                .detail
                .as_deref()
                .map(|it| sanitize(it).into_owned()),
        }];
        let related = finding.related.iter().take(MAX_RELATED);
        places.extend(related.map(|related| Place {
            location: related.location,
            label: Some(sanitize(&related.message).into_owned()),
        }));
        let object = object_of(finding).unwrap_or_default();
        let container = finding
            .resource
            .as_ref()
            .and_then(|it| it.container.as_deref());
        let help = finding.help.as_ref();
        Self {
            id,
            severity: finding.severity.as_str(),
            rule: finding.rule,
            subject: match container {
                Some(container) => format!("{object}, container {}", sanitize(container)),
                None => object.clone(),
            },
            object,
            message: sanitize(&finding.message).into_owned(),
            blocks: blocks(&Excerpt::new(sources, &places, EXTENT)),
            hidden: finding.related.len().saturating_sub(MAX_RELATED),
            help: help.map_or_else(String::new, |it| sanitize_lines(it.prose()).into_owned()),
            copy: sanitize_lines(help.and_then(Help::copy).unwrap_or_default()).into_owned(),
            fix: fix(finding),
            suppressed: finding.suppressed.as_ref().map_or_else(String::new, |it| {
                let reason = it.reason.as_deref().unwrap_or("no reason given");
                format!("suppressed by {}: {}", it.by, sanitize(reason))
            }),
        }
    }
}

/// The name of the object that a finding speaks of, without the container.
pub(super) fn object_of(finding: &Finding) -> Option<String> {
    let resource = finding.resource.as_ref()?;
    Some(sanitize(&resource.to_string()).into_owned())
}

fn blocks(excerpt: &Excerpt) -> Vec<BlockView> {
    let own = |text: &&str| (*text).to_owned();
    excerpt
        .blocks()
        .map(|block| BlockView {
            path: block.path.to_owned(),
            lines: block
                .lines
                .iter()
                .map(|line| LineView {
                    number: line.number,
                    is_primary: line.is_primary,
                    parts: line
                        .parts
                        .iter()
                        .map(|(text, marked)| (own(text), *marked))
                        .collect(),
                    notes: line.notes.iter().map(own).collect(),
                })
                .collect(),
        })
        .collect()
}

fn fix(finding: &Finding) -> String {
    let Some(fix) = &finding.fix else {
        return String::new();
    };
    let flag = match fix.applicability {
        Applicability::Safe => "fix",
        Applicability::Unsafe => "fix (unsafe)",
    };
    let effect = fix.effect.as_ref();
    let effect = effect.map_or_else(String::new, |effect| format!(" ({effect})"));
    format!("{flag}: {}", sanitize(&(fix.title.clone() + &effect)))
}

/// How often each name occurs, by name; `others` are listed even where they do not.
pub(super) fn count_by(
    names: impl Iterator<Item = String>,
    others: impl IntoIterator<Item = String>,
) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for other in others {
        counts.entry(other).or_default();
    }
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().collect()
}
