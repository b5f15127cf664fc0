//! Findings about what suppresses nothing.

use super::baseline::Entry;
use super::{Claim, Covers, Misfit, Objects, View, Written};
use crate::finding::{Finding, Fingerprint, Help, Severity, SuppressedBy};
use crate::kube::Object;
use crate::settings::ObjectSettings;
use crate::source::{Location, SourceId, Span};
use crate::units::cut;

/// For what was meant to suppress something and cannot, and for claims that hide nothing although
/// their rule ran over all that they speak for. Claims about these findings themselves are left out.
pub(super) fn findings(
    view: &View<'_>,
    objects: &Objects<'_>,
    claims: &[Claim],
    misfits: Vec<Misfit>,
) -> Vec<Finding> {
    let misfits = misfits.into_iter().filter_map(|Misfit { written, message }| {
        let help = match written.what {
            "this annotation" => {
                "write `lameduck.dev/ignore: \"rule, rule\"` or `lameduck.dev/ignore.rule: reason`; \
                 `lameduck rules` lists the rules"
            }
            _ => "write `# lameduck: ignore[rule, rule] reason`; `lameduck rules` lists the rules",
        };
        finding(view, &written, message, help.to_owned())
    });
    let idle = claims.iter().filter(|claim| claim.rule != view.unused.id);
    misfits
        .chain(idle.filter_map(|it| idle_claim(view, objects, it)))
        .collect()
}

/// For claims about the findings of [`findings`] that hide none of them.
pub(super) fn of_itself(view: &View<'_>, objects: &Objects<'_>, claims: &[Claim]) -> Vec<Finding> {
    let own = claims.iter().filter(|claim| claim.rule == view.unused.id);
    own.filter_map(|claim| idle_claim(view, objects, claim))
        .collect()
}

/// For an entry of the baseline, in its file. A note: whoever has removed a problem must not be
/// stopped for it.
pub(super) fn stale(view: &View<'_>, entry: &Entry, file: SourceId) -> Option<Finding> {
    let written = Written {
        at: Location {
            source: file,
            span: entry.span,
        },
        what: "this entry",
        text: entry.fingerprint.to_string(),
        resource: None,
        subject: None,
    };
    let of = match &entry.resource {
        Some(resource) => format!(" of {resource}"),
        None => String::new(),
    };
    let message = format!(
        "the baseline still lists a finding of `{}`{of} that is no longer there",
        entry.rule
    );
    let help =
        "write the baseline again, which drops the entry: lameduck check --write-baseline FILE";
    let mut finding = finding(view, &written, message, help.to_owned())?;
    let configured = view.unused.enabled(&view.settings.common)?.severity;
    finding.severity = configured.unwrap_or(Severity::Note);
    Some(finding)
}

fn idle_claim(view: &View<'_>, objects: &Objects<'_>, claim: &Claim) -> Option<Finding> {
    if claim.used || !has_run(view, objects, claim) {
        return None;
    }
    let Claim { rule, written, .. } = claim;
    let what = written.what;
    let message = format!("{what} hides nothing: `{rule}` ran and found nothing here");
    let help = match claim.by {
        SuppressedBy::Config => format!("remove the pattern from `rules.{rule}.exclude`"),
        SuppressedBy::Annotation => format!("remove `{rule}` from the annotations"),
        SuppressedBy::Comment | SuppressedBy::Baseline | SuppressedBy::Original => {
            format!("remove `{rule}` from the comment, or the comment")
        }
    };
    finding(view, written, message, help)
}

/// Whether the claim's rule ran on everything that it speaks for.
fn has_run(view: &View<'_>, objects: &Objects<'_>, claim: &Claim) -> bool {
    let Some(rule) = view.rule(claim.rule) else {
        return false;
    };
    let runs_with = |settings: &ObjectSettings| rule.enabled(settings).is_some();
    let all_run = |file: SourceId, covered: &dyn Fn(Span, &Object) -> bool| {
        let in_file = objects.in_source(file).iter();
        let mut covered = in_file.filter(|(span, it)| covered(*span, it)).peekable();
        covered.peek().is_some()
            && covered.all(|(_, object)| view.is_judged(object) && view.runs_on(rule, object))
    };
    match &claim.covers {
        Covers::Region(range) => {
            let meets = |span: Span| span.start < range.span.end && range.span.start < span.end;
            view.is_named(range.source) && all_run(range.source, &|span, _| meets(span))
        }
        Covers::File(source) => {
            // Nothing is known of what stands in a document that cannot be read.
            let mut broken = view.inventory.broken().iter();
            view.is_named(*source)
                && !broken.any(|document| document.source == *source)
                && all_run(*source, &|_, _| true)
        }
        Covers::Object { object, .. } => {
            let file = view.sources.place(*object).source;
            let is_it = |other: &Object| other.location(other.node()) == *object;
            view.is_named(object.source) && all_run(file, &|_, other| is_it(other))
        }
        Covers::Files(_) => view.is_whole && runs_with(&view.settings.common),
    }
}

fn finding(view: &View<'_>, written: &Written, message: String, help: String) -> Option<Finding> {
    let subject = written.resource.as_ref();
    let path = view
        .sources
        .get(view.sources.place(written.at).source)
        .path();
    let settings = view
        .settings
        .of(path, subject.map(|it| (it.kind.as_str(), it.name.as_str())));
    let enabled = view.unused.enabled(&settings)?;
    Some(Finding {
        rule: view.unused.id,
        category: view.unused.category,
        severity: enabled.severity.unwrap_or(view.unused.severity),
        message: cut::message(message),
        detail: Some("the next thing that the rule finds would go unseen".to_owned()),
        help: Some(Help::new(help)),
        primary: view.sources.place(written.at),
        related: Vec::new(),
        resource: written.resource.clone(),
        fix: None,
        unfixable: None,
        subject: written.subject,
        cause: written.text.clone(),
        fingerprint: Fingerprint::default(),
        suppressed: None,
    })
}
