//! What a rule says, as plain data: findings, their labels and fixes, what is known about a rule,
//! and the outcome of a run.

mod checklist;
mod fingerprint;
mod help;
mod listing;
mod page;
mod skipped;
mod timeline;

use crate::settings::{Level, ObjectSettings, OptionValue, Preset};
use crate::source::{Location, SourceId, Span};

pub use checklist::{Area, Because, Checklist, ChecklistItem, ChecklistRow, ItemState};
pub use fingerprint::Fingerprint;
pub use help::Help;
pub use listing::{LISTED, Listing, Unlisted};
pub use skipped::{SkipReason, Skipped, Unjudged};
pub use timeline::{Bar, BarKind, Clock, Extent, Fit, Stated, Timeline, Verdict};

/// How bad it is. Ordered: a note is less than an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Advice.
    Note,
    /// Requests, a rollout or a drain are at risk.
    Warning,
    /// Requests will be lost, a rollout or drain will hang, or the object will not do what it says.
    Error,
}

impl Severity {
    /// The lower-case word used in every report and in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The family a rule belongs to; a directory under `rules/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Liveness, readiness and startup probes.
    Probes,
    /// From "delete" to SIGKILL.
    Shutdown,
    /// Replicas, disruption budgets, rollouts, resources, selectors.
    Availability,
    /// Istio's sidecars and traffic policy.
    Mesh,
    /// What the API server rejects, drops or misreads.
    Schema,
}

impl Category {
    /// All categories, in the order of the catalogue.
    pub const ALL: [Self; 5] = [
        Self::Probes,
        Self::Shutdown,
        Self::Availability,
        Self::Mesh,
        Self::Schema,
    ];

    /// The lower-case word used in reports, flags and directory names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probes => "probes",
            Self::Shutdown => "shutdown",
            Self::Availability => "availability",
            Self::Mesh => "mesh",
            Self::Schema => "schema",
        }
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A second place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What this place has to do with the finding.
    pub message: String,
}

/// Whether a fix may be applied unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// Keeps or restores what the author plainly meant.
    Safe,
    /// Adds behaviour that a person must check.
    Unsafe,
}

/// A replacement of a range of bytes. An empty span inserts; an empty text deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file to edit.
    pub source: SourceId,
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// The text after non-overlapping edits of one file, in whatever order they are given; insertions
/// at one place keep that order. `None` when they overlap, lie outside the text or split a
/// character.
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        result.push_str(text.get(at..edit.span.range().start)?);
        result.push_str(&edit.text);
        at = edit.span.range().end;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

/// Edits that together remove the cause of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Whether it may be applied unseen.
    pub applicability: Applicability,
    /// What it does, in the imperative.
    pub title: String,
    /// What changes at run time once it is applied, in one line without a full stop.
    pub effect: Option<String>,
    /// Whether it makes readable what was not judged so far, so that it has to be tried before it is
    /// offered.
    pub reveals: bool,
    /// Non-overlapping.
    pub edits: Vec<Edit>,
}

/// A fix that cannot be made without harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfixable {
    /// Whether the fix could be applied unseen.
    pub applicability: Applicability,
    /// What it would do, in the imperative.
    pub title: String,
    /// Why it is not made.
    pub reason: String,
}

/// The object (and container) that a finding speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resource {
    /// As written.
    pub api_version: String,
    /// As written.
    pub kind: String,
    /// `None` where the manifest leaves it to the deployment.
    pub namespace: Option<String>,
    /// `metadata.name`, or `metadata.generateName` where there is no name.
    pub name: String,
    /// The container, where the finding is about one.
    pub container: Option<String>,
}

impl Resource {
    /// An object, and no container of it.
    pub fn new(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Self {
        Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
            container: None,
        }
    }
}

/// `Deployment demo/bad-service`, as messages name an object.
impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// What hides it.
    pub by: SuppressedBy,
    /// The reason that its author gave, where there is one.
    pub reason: Option<String>,
}

/// `suppressed by comment: a cache, one pod is enough`
impl std::fmt::Display for Suppression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "suppressed by {}", self.by)?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// What hides a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressedBy {
    /// A comment in the manifest.
    Comment,
    /// An annotation of the object or of its pod template.
    Annotation,
    /// The configuration file.
    Config,
    /// The baseline.
    Baseline,
    /// The finding at the object of which this one is a copy.
    Original,
}

impl SuppressedBy {
    /// The lower-case word used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Annotation => "annotation",
            Self::Config => "config",
            Self::Baseline => "baseline",
            Self::Original => "original",
        }
    }
}

impl std::fmt::Display for SuppressedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that is wrong, at one place. There is no finding without a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// The rule's category.
    pub category: Category,
    /// After mesh likelihood and configuration.
    pub severity: Severity,
    /// What is wrong, and what happens because of it: one line, short enough for a list.
    pub message: String,
    /// The arithmetic, the mechanism or the condition behind the message, where that leaves no room
    /// for it: one line, shown at the place or behind the message.
    pub detail: Option<String>,
    /// What to write instead.
    pub help: Option<Help>,
    /// The narrowest node that exists.
    pub primary: Location,
    /// Places that explain the finding.
    pub related: Vec<Label>,
    /// The object, where there is one.
    pub resource: Option<Resource>,
    /// Edits that remove the cause.
    pub fix: Option<Fix>,
    /// The fix that there would be, were the manifest written otherwise.
    pub unfixable: Option<Unfixable>,
    /// The object that [`resource`](Self::resource) names: its outermost node.
    pub subject: Option<Location>,
    /// What identifies the cause inside its object, and stays the same when lines move: the path of
    /// the primary node within the object, with list elements by name where they have one, and its
    /// text where it is a scalar.
    pub cause: String,
    /// Identity across runs; set by the engine once all findings of a run are known.
    pub fingerprint: Fingerprint,
    /// Why it does not count, where it does not: such findings are no reason to fail, are not fixed,
    /// and are shown only where that is asked for.
    pub suppressed: Option<Suppression>,
}

/// An option of a rule that the configuration can set.
#[derive(Clone, Copy, Debug)]
pub struct OptionMeta {
    /// Its key under `rules.<id>` in the configuration.
    pub name: &'static str,
    /// Its value when the configuration says nothing; also its type.
    pub default: OptionValue,
    /// One sentence.
    pub summary: &'static str,
}

/// Whether a rule brings fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixAvailability {
    /// Never; the page says why.
    None,
    /// For some findings or for all.
    Safe,
    /// For some findings or for all.
    Unsafe,
}

/// What is known about a rule without running it.
#[derive(Clone, Copy, Debug)]
pub struct RuleMeta {
    /// Stable public name, kebab-case.
    pub id: &'static str,
    /// Family.
    pub category: Category,
    /// The severity that most findings of the rule have.
    pub severity: Severity,
    /// Off unless asked for.
    pub pedantic: bool,
    /// One sentence without a final full stop.
    pub summary: &'static str,
    /// The rule's page, Markdown with front matter.
    pub page: &'static str,
    /// What the configuration can set.
    pub options: &'static [OptionMeta],
    /// Whether it brings fixes.
    pub fix: FixAvailability,
    /// The version that introduced it.
    pub since: &'static str,
    /// The items of the production-readiness checklist that the rule checks.
    pub checklist: &'static [&'static str],
}

/// How a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enabled {
    /// The severity of all its findings, where the configuration sets one.
    pub severity: Option<Severity>,
    /// Whether it gives its pedantic findings, too.
    pub pedantic: bool,
}

impl RuleMeta {
    /// How the rule runs under these settings; `None` when it does not.
    pub fn enabled(&self, settings: &ObjectSettings) -> Option<Enabled> {
        let category = self.category.as_str();
        let named = settings.select.contains(self.id);
        let level = settings.rules.get(self.id).and_then(|rule| rule.level);
        let selected = if settings.select.is_empty() {
            level.is_some() || self.is_in(settings.preset, settings.pedantic)
        } else {
            named || settings.select.contains(category)
        };
        let ignored = settings.ignore.contains(self.id) || settings.ignore.contains(category);
        let pedantic = settings.pedantic
            || settings.preset == Preset::Strict
            || named
            || level.is_some_and(|level| level != Level::Off);
        if !selected || ignored && !named || self.pedantic && !pedantic {
            return None;
        }
        let severity = match level {
            Some(Level::Off) => return None,
            Some(Level::Note) => Some(Severity::Note),
            Some(Level::Warning) => Some(Severity::Warning),
            Some(Level::Error) => Some(Severity::Error),
            None => None,
        };
        Some(Enabled { severity, pedantic })
    }

    /// Whether a preset holds the rule; the pedantic ones that are asked for are in each.
    fn is_in(&self, preset: Preset, asks_pedantic: bool) -> bool {
        match preset {
            Preset::Minimal => self.severity == Severity::Error || self.pedantic && asks_pedantic,
            Preset::Recommended | Preset::Strict => true,
        }
    }
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Named files that hold at least one manifest.
    pub files: usize,
    /// Manifests in named files.
    pub objects: usize,
    /// Workloads among them.
    pub workloads: usize,
}

/// Everything a report needs.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Ordered by path, line, column, rule; suppressed ones among them.
    pub findings: Vec<Finding>,
    /// The named files that hold at least one manifest, in order.
    pub checked: Vec<SourceId>,
    /// The counts of a run.
    pub summary: Summary,
    /// What was not judged.
    pub unjudged: Unjudged,
    /// Pedantic findings that nobody asked for, so that what suppresses them is not taken for
    /// unused.
    pub unasked: Vec<Finding>,
    /// Rules that failed, one line each: a defect of this program, not of a manifest.
    pub internal_errors: Vec<String>,
    /// The life of each workload's pods; only where a format shows it.
    pub timelines: Vec<Timeline>,
    /// The checklist of each workload; only where a format shows it.
    pub checklists: Vec<Checklist>,
}

impl Outcome {
    /// Whether no manifest was read and nothing was found.
    pub fn is_empty(&self) -> bool {
        self.summary.objects == 0 && self.findings.is_empty()
    }

    /// The findings that count: those that nothing suppresses, in order.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.suppressed.is_none())
    }

    /// How many findings that count have exactly this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.open()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// How many findings are suppressed.
    pub fn count_suppressed(&self) -> usize {
        self.findings.len() - self.open().count()
    }
}
