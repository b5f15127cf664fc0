//! Building findings.

use crate::edit::{Advice, Editor, Edits, Refusal};
use crate::finding::{
    Applicability, Category, Edit, Finding, Fingerprint, Fix, Help, LISTED, Label, Resource,
    RuleMeta, Severity, Unfixable,
};
use crate::inventory::{Evidence, Mesh, Serving, Traffic};
use crate::kube::{
    BrokenDocument, ContainerRef, DroppedText, Object, Workload, is_explained, says_needless,
};
use crate::rules::Context;
use crate::rules::cause::cause;
use crate::rules::effect;
use crate::rules::remarks::{self, Contradiction};
use crate::rules::text::FEW;
use crate::source::{Location, RenderFailure};
use crate::units::{cut, show_size};
use crate::yaml::Node;

/// How many places that explain a finding are kept.
const MOST_RELATED: usize = 100;

/// Why what a comment explains is not changed.
const EXPLAINED: &str = "a comment says why the value is as it is";

/// Why an API version is left as it is.
const RELEASE: &str = "a comment says for which releases of Kubernetes it is";

/// Rules by whose fixes a setting counts, or a port leads somewhere, that did not so far.
const REVEALING: [&str; 10] = [
    "grpc-port-not-declared",
    "ignored-outlier-field",
    "invalid-lifecycle-hook",
    "invalid-probe",
    "invalid-proxy-config",
    "missing-circuit-breaker",
    "mtls-disabled",
    "outlier-detection-idle",
    "unresolved-probe-port",
    "unresolved-target-port",
];

/// The largest fix, in bytes that it writes: it is shown in reports.
const LARGEST_FIX: usize = 256 << 10;

/// What one rule found; the engine gives one to each call of a rule.
#[derive(Debug)]
pub struct Findings {
    meta: &'static RuleMeta,
    pedantic: bool,
    found: Vec<Finding>,
    unasked: Vec<Finding>,
}

impl Findings {
    /// An empty list for this rule. Without `pedantic`, findings that are pedantic by themselves
    /// are set aside.
    pub fn new(meta: &'static RuleMeta, pedantic: bool) -> Self {
        Self {
            meta,
            pedantic,
            found: Vec::new(),
            unasked: Vec::new(),
        }
    }

    /// Takes a finding in.
    pub fn push(&mut self, mut report: Report<'_>) {
        if report.unrelated > 0
            && let Some(last) = report.related.last_mut()
        {
            let places = format!("{}; {} more places", last.message, report.unrelated);
            last.message = places;
        }
        let list = if report.pedantic && !self.pedantic {
            &mut self.unasked
        } else {
            &mut self.found
        };
        if report.is_conditional {
            report.fix = None;
            report.unfixable = None;
        }
        let mut severity = report.severity.unwrap_or(self.meta.severity);
        // What the API server refuses is refused whatever a comment says.
        if report.explained > Explained::Nothing && self.meta.category != Category::Schema {
            if report.explained == Explained::Place && severity == Severity::Warning {
                severity = Severity::Note;
            }
            report.withhold(EXPLAINED);
        } else if self.meta.category == Category::Schema || REVEALING.contains(&self.meta.id) {
            report = report.reveals();
        }
        let resource = report.resource();
        list.push(Finding {
            rule: self.meta.id,
            category: self.meta.category,
            severity: if report.is_conditional {
                Severity::Note
            } else {
                severity
            },
            message: if report.is_conditional {
                format!("if its pods get a sidecar: {}", report.message)
            } else {
                report.message
            },
            detail: report.detail,
            help: report.help,
            primary: report.primary,
            related: report.related,
            subject: report.subject.map(|object| object.location(object.node())),
            resource,
            fix: report.fix,
            unfixable: report.unfixable,
            cause: report.cause,
            fingerprint: Fingerprint::default(),
            suppressed: None,
        });
        // One object may hold more than a report lists.
        if list.len() > LISTED
            && let Some(last) = list.last_mut()
        {
            last.trim();
        }
    }

    /// The findings, in the order in which they were made, and those that were set aside.
    pub fn into_parts(self) -> (Vec<Finding>, Vec<Finding>) {
        (self.found, self.unasked)
    }
}

/// What a comment explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Explained {
    Nothing,
    /// A value that the fix changes.
    Edit,
    /// The value that the finding is about.
    Place,
}

impl Explained {
    fn place(is_explained: bool) -> Self {
        if is_explained {
            Self::Place
        } else {
            Self::Nothing
        }
    }
}

/// A finding in the making. It cannot be made without a place.
#[derive(Debug)]
pub struct Report<'a> {
    subject: Option<&'a Object>,
    container: Option<String>,
    primary: Location,
    cause: String,
    message: String,
    detail: Option<String>,
    help: Option<Help>,
    related: Vec<Label>,
    /// How many more places explain it.
    unrelated: usize,
    severity: Option<Severity>,
    /// Whether it holds only where the pods get a sidecar.
    is_conditional: bool,
    explained: Explained,
    pedantic: bool,
    fix: Option<Fix>,
    unfixable: Option<Unfixable>,
}

impl<'a> Report<'a> {
    /// About an object, at one of its nodes.
    pub fn object(object: &'a Object, node: Node<'_>, message: impl Into<String>) -> Self {
        Self {
            subject: Some(object),
            container: None,
            primary: object.location(node),
            cause: cause(object, node),
            message: cut::message(message.into()),
            detail: None,
            help: None,
            related: Vec::new(),
            unrelated: 0,
            severity: None,
            is_conditional: false,
            explained: Explained::place(is_explained(node)),
            pedantic: false,
            fix: None,
            unfixable: None,
        }
    }

    /// About a workload, at a node of its pod template, which may stand in another object.
    pub fn template(workload: Workload<'a>, node: Node<'_>, message: impl Into<String>) -> Self {
        Self {
            subject: Some(workload.object()),
            ..Self::object(workload.template().object(), node, message)
        }
    }

    /// About one container of a workload, at one of the container's nodes.
    pub fn container(
        workload: Workload<'a>,
        container: ContainerRef<'_>,
        node: Node<'_>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            container: Some(container.name().to_owned()).filter(|name| !name.is_empty()),
            ..Self::template(workload, node, message)
        }
    }

    /// About a document that could not be read.
    pub fn broken(document: &BrokenDocument, message: impl Into<String>) -> Self {
        let primary = Location {
            source: document.source,
            span: document.span,
        };
        Self::text(primary, document.message.clone(), message.into())
    }

    /// About text that is dropped.
    pub fn dropped(text: DroppedText, message: impl Into<String>) -> Self {
        let primary = Location {
            source: text.source,
            span: text.span,
        };
        Self::text(primary, String::new(), message.into())
    }

    /// About a kustomization or chart that its tool refuses.
    pub fn render_failure(failure: &RenderFailure, message: impl Into<String>) -> Self {
        Self::text(failure.location, failure.command.clone(), message.into())
    }

    /// About text that is no object.
    fn text(primary: Location, cause: String, message: String) -> Self {
        Self {
            subject: None,
            container: None,
            primary,
            cause,
            message: cut::message(message),
            detail: None,
            help: None,
            related: Vec::new(),
            unrelated: 0,
            severity: None,
            is_conditional: false,
            explained: Explained::Nothing,
            pedantic: false,
            fix: None,
            unfixable: None,
        }
    }

    /// The arithmetic, the mechanism or the condition behind the message.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(cut::message(detail.into()));
        self
    }

    /// As [`detail`](Self::detail), where there is something to add.
    #[must_use]
    pub fn detail_of(self, detail: Option<impl Into<String>>) -> Self {
        match detail {
            Some(detail) => self.detail(detail),
            None => self,
        }
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(Help::new(help));
        self
    }

    /// What to write, with `lead` before it: as help and, where nothing is left for a person to fill in, as
    /// a fix. The advice is about `mapping`, a node of `object`.
    #[must_use]
    pub fn advise(
        self,
        lead: &str,
        advice: &Advice,
        applicability: Applicability,
        title: impl Into<String>,
        object: &Object,
        mapping: Node<'_>,
    ) -> Self {
        if !advice.is_whole() {
            return self.help(format!("{lead}:\n{}", advice.yaml()));
        }
        self.help_of_fix(lead, &advice.yaml())
            .fix(applicability, title, object, |editor| {
                advice.write(editor, mapping)
            })
    }

    /// What to write instead: the YAML that the fix writes, so that reports need not show it twice.
    #[must_use]
    pub fn help_of_fix(mut self, lead: &str, yaml: &str) -> Self {
        self.help = Some(Help::of_fix(lead, yaml));
        self
    }

    /// Edits of the object's document that remove the cause: `title` says in the imperative what
    /// they do. What cannot be edited without harm (text that an alias shares, say) leaves the
    /// finding without a fix, and says why.
    #[must_use]
    pub fn fix(
        mut self,
        applicability: Applicability,
        title: impl Into<String>,
        object: &Object,
        edits: impl FnOnce(&Editor<'_>) -> Edits,
    ) -> Self {
        let made = Editor::new(object.source(), object.tree()).and_then(|editor| edits(&editor));
        let title = cut::message(title.into());
        match made {
            Ok(edits) if written(&edits) > LARGEST_FIX => {
                self.unfixable = Some(Unfixable {
                    applicability,
                    title,
                    reason: format!("it would write more than {}", show_size(LARGEST_FIX as u64)),
                });
            }
            Ok(edits) => {
                let contradiction = remarks::contradict(object, &edits);
                let applicability = match contradiction {
                    Contradiction::None => applicability,
                    Contradiction::Stale | Contradiction::Release => Applicability::Unsafe,
                };
                if remarks::explain(object, &edits) {
                    self.explained = self.explained.max(Explained::Edit);
                }
                self.fix = Some(Fix {
                    applicability,
                    title,
                    effect: Some(effect::of(object, &edits)),
                    reveals: false,
                    edits,
                });
                if contradiction == Contradiction::Release {
                    self.withhold(RELEASE);
                }
            }
            Err(Refusal::Moot) => {}
            Err(refusal) => {
                self.unfixable = Some(Unfixable {
                    applicability,
                    title,
                    reason: cut::message(refusal.to_string()),
                });
            }
        }
        self
    }

    /// What the fix made so far changes at run time besides what is restarted: a clause.
    #[must_use]
    pub fn effect(mut self, effect: impl AsRef<str>) -> Self {
        if let Some(fix) = &mut self.fix {
            let so_far = fix.effect.take();
            let so_far = so_far.map_or_else(String::new, |so_far| so_far + "; ");
            fix.effect = Some(so_far + effect.as_ref());
        }
        self
    }

    /// What the fix made so far changes at run time, where its place tells more than is true.
    #[must_use]
    pub fn only_effect(mut self, effect: &str) -> Self {
        if let Some(fix) = &mut self.fix {
            fix.effect = Some(effect.to_owned());
        }
        self
    }

    /// After the fix made so far, rules judge what they did not so far: it is tried before it is offered.
    #[must_use]
    pub fn reveals(mut self) -> Self {
        if let Some(fix) = &mut self.fix {
            fix.reveals = true;
        }
        self
    }

    /// Says of a fix that could be asked for why there is none.
    #[must_use]
    pub fn not_fixed(
        mut self,
        applicability: Applicability,
        title: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        self.unfixable = Some(Unfixable {
            applicability,
            title: cut::message(title.into()),
            reason: cut::message(reason.into()),
        });
        self
    }

    /// A second place that explains the finding.
    #[must_use]
    pub fn related(mut self, object: &Object, node: Node<'_>, message: impl Into<String>) -> Self {
        let location = object.location(node);
        if location == self.primary {
            return self;
        }
        if self.related.len() < MOST_RELATED {
            let message = cut::message(message.into());
            self.related.push(Label { location, message });
        } else {
            self.unrelated += 1;
        }
        self
    }

    /// Second places of which there may be any number: so many are shown, and of the others the last
    /// one tells how many there are.
    #[must_use]
    pub fn related_few<'o>(
        mut self,
        places: impl IntoIterator<Item = (&'o Object, Node<'o>)>,
        total: usize,
        message: &str,
    ) -> Self {
        for (nth, (object, node)) in (1..=FEW).zip(places) {
            let message = match total.saturating_sub(FEW) {
                more @ 1.. if nth == FEW => format!("{message}, and {more} more"),
                _ => message.to_owned(),
            };
            self = self.related(object, node, message);
        }
        self
    }

    /// A severity other than the rule's usual one.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// The value that the finding rests on stands elsewhere than the finding: a comment that explains it
    /// counts as one at the finding's place.
    #[must_use]
    pub fn rests_on(mut self, node: Node<'_>) -> Self {
        self.explained = self.explained.max(Explained::place(is_explained(node)));
        self
    }

    /// What is missing is missing on purpose: a comment of the object says that nothing of these names is
    /// needed, or has one of the reasons.
    #[must_use]
    pub fn unless_needless(mut self, object: &Object, names: &[&str], reasons: &[&str]) -> Self {
        let is_needless = says_needless(object.node(), names, reasons);
        self.explained = self.explained.max(Explained::place(is_needless));
        self
    }

    /// The object and the container that it is about, as the finding names them.
    fn resource(&mut self) -> Option<Resource> {
        let container = self.container.take();
        self.subject.map(|object| Resource {
            container,
            ..Resource::new(
                object.api_version(),
                object.kind(),
                object.namespace(),
                object.name(),
            )
        })
    }

    /// Advice that rests on an assumption: help, and no fix.
    #[must_use]
    pub fn without_fix(mut self) -> Self {
        self.fix = None;
        self.unfixable = None;
        self
    }

    /// Advice about a workload that is to be relied on: where its folder, its image or a comment says that
    /// this is none, there is no fix.
    #[must_use]
    pub fn unless_trial(mut self, cx: &Context<'_>, workload: Workload<'_>) -> Self {
        if let Some(why) = cx.inventory.trial(workload) {
            self.withhold(why);
        }
        self
    }

    /// Takes the fix away and says why.
    pub fn withhold(&mut self, reason: &str) {
        if let Some(fix) = self.fix.take() {
            self.unfixable = Some(Unfixable {
                applicability: fix.applicability,
                title: fix.title,
                reason: reason.to_owned(),
            });
        }
    }

    /// What put the workload in the mesh; where that is only likely, the finding is a note without a
    /// fix, and says so.
    #[must_use]
    pub fn mesh(mut self, mesh: &Mesh<'_>) -> Self {
        self.is_conditional |= mesh.is_likely();
        match &mesh.evidence {
            Some(Evidence {
                object,
                node,
                message,
            }) => self.related(object, *node, message.clone()),
            None => self,
        }
    }

    /// What says that the workload takes requests; where that is only likely, the finding is a
    /// note, and the fix made so far goes.
    #[must_use]
    pub fn serving(mut self, serving: &Serving<'_>) -> Self {
        if serving.traffic() == Traffic::Likely {
            self.severity = Some(Severity::Note);
            // Advice that rests on an assumption.
            self = self.without_fix();
        }
        for Evidence {
            object,
            node,
            message,
        } in serving.evidence(self.container.clone().as_deref())
        {
            self = self.related(object, node, message);
        }
        self
    }

    /// Kept only where pedantic findings are asked for.
    #[must_use]
    pub fn pedantic(mut self) -> Self {
        self.pedantic = true;
        self.severity = Some(Severity::Note);
        self
    }
}

/// How many bytes edits write.
fn written(edits: &[Edit]) -> usize {
    edits.iter().map(|edit| edit.text.len()).sum()
}
