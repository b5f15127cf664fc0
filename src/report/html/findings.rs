//! Findings as the page shows them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::prose::Prose;
use crate::finding::{Applicability, Finding, Help, RuleMeta, Severity};
use crate::report::checklist::place;
use crate::report::excerpt::{Excerpt, Extent, Place};
use crate::report::sanitize;
use crate::report::text::sanitize_lines;
use crate::source::Sources;

/// How many related places of one finding are shown; the formats for programs carry all.
const MAX_RELATED: usize = 8;

/// The first rule is unfolded unless it gives notes. Others are until so many errors are in view.
const UNFOLDED_ERRORS: usize = 50;

/// Those with warnings until so many findings are.
const UNFOLDED_WARNINGS: usize = 20;

/// Up to so many errors of one rule show their source.
const UNFOLDED_SOURCES: usize = 5;

/// How much source text is shown.
const EXTENT: Extent = Extent {
    context: 2,
    columns: 200,
};

/// More findings than this of one rule are shown with the lines that they mark alone: the page of a large
/// repository has to load.
const MANY: usize = 100;

/// The findings of one rule and one severity.
pub(super) struct GroupView<'a> {
    /// Whether browsers need help with so many.
    pub(super) is_many: bool,
    pub(super) severity: &'static str,
    pub(super) rule: &'static str,
    /// What the rule finds.
    pub(super) summary: &'static str,
    /// Where its page stands on the web.
    pub(super) url: String,
    pub(super) open: bool,
    pub(super) findings: Vec<FindingView<'a>>,
}

/// One finding; all text is printable.
pub(super) struct FindingView<'a> {
    /// Unique on the page.
    pub(super) id: usize,
    pub(super) rule: &'a str,
    /// `Deployment demo/web`; empty where the finding is about text that is not an object.
    pub(super) object: String,
    /// The same with the container.
    pub(super) subject: String,
    /// `k8s/web.yaml:12`
    pub(super) place: String,
    pub(super) message: Prose,
    pub(super) blocks: Vec<BlockView>,
    /// How many related places are left out.
    pub(super) hidden: usize,
    pub(super) help: Prose,
    /// Text to copy.
    pub(super) copy: String,
    /// The finding above that has the same help, where there is one.
    pub(super) same_help: Option<usize>,
    pub(super) fix: Prose,
    /// Why it does not count, where it does not.
    pub(super) suppressed: Prose,
    /// Whether its source and help are in view.
    pub(super) open: bool,
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
    pub(super) notes: Vec<Prose>,
}

/// The findings by severity and rule: the most severe first, then the most frequent.
pub(super) fn groups<'a>(
    findings: &[&'a Finding],
    rules: &[RuleMeta],
    sources: &Sources,
) -> Vec<GroupView<'a>> {
    let mut groups: BTreeMap<_, Vec<&'a Finding>> = BTreeMap::new();
    for finding in findings {
        let key = (Reverse(finding.severity), finding.rule);
        groups.entry(key).or_default().push(finding);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|((severity, _), findings)| (*severity, Reverse(findings.len())));
    let mut next = 0;
    let mut shown = 0;
    let views = groups.into_iter().map(|((Reverse(severity), rule), own)| {
        shown += own.len();
        let is_first = shown == own.len();
        let open = match severity {
            Severity::Error => is_first || shown <= UNFOLDED_ERRORS,
            Severity::Warning => is_first || shown <= UNFOLDED_WARNINGS,
            Severity::Note => false,
        };
        let meta = rules.iter().find(|meta| meta.id == rule);
        GroupView {
            severity: severity.as_str(),
            rule,
            summary: meta.map_or("", |meta| meta.summary),
            url: meta.map_or_else(String::new, RuleMeta::url),
            open,
            is_many: own.len() > MANY,
            findings: views(&own, &mut next, severity == Severity::Error, sources),
        }
    });
    views.collect()
}

/// The findings of a group. Their source and help is folded, but that of the first and of errors that are few; the
/// same help stands there once.
fn views<'a>(
    findings: &[&'a Finding],
    next: &mut usize,
    are_errors: bool,
    sources: &Sources,
) -> Vec<FindingView<'a>> {
    let all_open = are_errors && findings.len() <= UNFOLDED_SOURCES;
    let mut helps: HashMap<&str, usize> = HashMap::new();
    let mut views = Vec::with_capacity(findings.len());
    for (index, finding) in findings.iter().enumerate() {
        let context = if index > 0 && findings.len() > MANY {
            0
        } else {
            EXTENT.context
        };
        let mut view = FindingView::new(*next, finding, Extent { context, ..EXTENT }, sources);
        view.open = all_open || index == 0;
        if let Some(help) = &finding.help {
            let first = *helps.entry(help.as_str()).or_insert(view.id);
            if first != view.id {
                view.same_help = Some(first);
                view.help = Prose::default();
                view.copy = String::new();
            }
        }
        *next += 1;
        views.push(view);
    }
    views
}

impl<'a> FindingView<'a> {
    fn new(id: usize, finding: &'a Finding, extent: Extent, sources: &Sources) -> Self {
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
            rule: finding.rule,
            subject: match container {
                Some(container) => format!("{object}, container {}", sanitize(container)),
                None => object.clone(),
            },
            object,
            place: place(finding.primary, sources),
            message: Prose::new(&sanitize(&finding.message)),
            blocks: blocks(&Excerpt::new(sources, &places, extent)),
            hidden: finding.related.len().saturating_sub(MAX_RELATED),
            help: help.map_or_else(Prose::default, |it| Prose::new(&sanitize_lines(it.prose()))),
            copy: sanitize_lines(help.and_then(Help::copy).unwrap_or_default()).into_owned(),
            same_help: None,
            fix: Prose::new(&fix(finding)),
            suppressed: finding
                .suppressed
                .as_ref()
                .map_or_else(Prose::default, |it| {
                    let reason = it.reason.as_deref().unwrap_or("no reason given");
                    Prose::new(&format!("suppressed by {}: {}", it.by, sanitize(reason)))
                }),
            open: false,
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
                    notes: line.notes.iter().map(|note| Prose::new(note)).collect(),
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
