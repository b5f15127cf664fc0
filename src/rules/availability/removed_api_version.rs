//! `removed-api-version`

use super::differences::{SAME_DEFAULTS, changes, is_of_v1, is_workload, selects};
use super::{labels, new_form};
use crate::edit::{Editor, Edits, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::tables::removed::{Removed, removed};
use crate::kube::{Object, Workload};
use crate::rules::{Context, Findings, Report, Rule, remarks};

static META: RuleMeta = RuleMeta {
    id: "removed-api-version",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "An API version that Kubernetes no longer serves",
    page: include_str!("../../../rules/availability/removed-api-version.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct RemovedApiVersion;

impl Rule for RemovedApiVersion {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(row) = removed(object.api_version(), object.kind()) else {
            return;
        };
        let version = cx.settings.kubernetes_version;
        if version.is_some_and(|version| version < row.release) {
            return;
        }
        let node = object.node().get("apiVersion");
        let message = format!(
            "`{}` was removed in Kubernetes {}: the API server rejects it",
            row.api_version, row.release
        );
        let mut report =
            Report::object(object, node.unwrap_or_else(|| object.name_node()), message)
                .help(help(row, object));
        // Whoever says for which releases it is meant has another one for the others.
        let is_of_older = cx.inventory.is_for_older_releases(object.source());
        if is_of_older || node.is_some_and(|node| remarks::names_release_at(object, node)) {
            report = report.severity(Severity::Note);
        }
        let since = row.replacement_since;
        let is_served = since.is_none_or(|since| version.is_none_or(|it| it >= since));
        let written = node.zip(replacement(row, object)).filter(|_| is_served);
        let Some((node, replacement)) = written else {
            return out.push(report);
        };
        let alone = applicability(row, object);
        let title = match alone {
            Some(_) => format!("write apiVersion: {replacement}"),
            None => format!("rewrite it for apiVersion: {replacement}"),
        };
        let applicability = alone.unwrap_or(Applicability::Unsafe);
        let report = report.fix(applicability, title, object, |editor| {
            let mut edits = editor.set(node, &Value::text(replacement))?;
            if alone.is_none() {
                edits.extend(rewrite(row, object, editor)?);
            }
            Ok(edits)
        });
        let mut report = report.effect("the API server accepts the object").reveals();
        if is_of_older {
            report.withhold("a folder next to this one is for the newer releases");
        }
        out.push(report);
    }
}

fn help(row: &Removed, object: &Object) -> String {
    let Some(replacement) = replacement(row, object) else {
        return match row.kind {
            "PodSecurityPolicy" => {
                "nothing took its place: label namespaces for Pod Security Admission, or use a policy \
                 engine"
            }
            _ => "nothing took its place: remove the object",
        }
        .to_owned();
    };
    let mut help = format!("write `apiVersion: {replacement}`");
    if is_of_v1(object) {
        help = format!("{help}, which has `targetCPUUtilizationPercentage`");
    } else if let Some(since) = row.replacement_since {
        help = format!("{help} (served since {since})");
    }
    match changes(row, object) {
        Some(changes) => format!("{help}; {changes}"),
        None => help,
    }
}

/// What to write instead of the version.
fn replacement(row: &Removed, object: &Object) -> Option<&'static str> {
    if is_of_v1(object) {
        Some("autoscaling/v1")
    } else {
        row.replacement
    }
}

/// Whether another version is all that the object needs; `None` where its fields, or what they say,
/// differ.
fn applicability(row: &Removed, object: &Object) -> Option<Applicability> {
    if is_workload(row.kind) && row.api_version != SAME_DEFAULTS {
        // Other defaults: how many pods may go at once, and how long a rollout may take.
        let is_gone = object.node().at(&["spec", "rollbackTo"]).is_some();
        return (selects(object) && !is_gone).then_some(Applicability::Unsafe);
    }
    changes(row, object)
        .is_none()
        .then_some(Applicability::Safe)
}

/// The edits that make another version of the object what it was: what the old server filled in, and the
/// fields that have another form.
fn rewrite(row: &Removed, object: &Object, editor: &Editor<'_>) -> Edits {
    match row.kind {
        kind if is_workload(kind) => select_template(object, editor),
        "Ingress" => new_form::ingress(object, editor),
        "HorizontalPodAutoscaler" if row.api_version == "autoscaling/v2beta1" => {
            new_form::autoscaler(object, editor)
        }
        _ => Err(Refusal::Moot),
    }
}

/// Until `apps/v1beta2` a missing selector was that of the template's labels, all of them.
fn select_template(object: &Object, editor: &Editor<'_>) -> Edits {
    let is_gone = object.node().at(&["spec", "rollbackTo"]).is_some();
    let workload = Workload::of(object).filter(|_| !is_gone && !selects(object));
    let template = workload.map(Workload::template).ok_or(Refusal::Moot)?;
    let wanted = labels::selectable(template.labels().clone()).ok_or(Refusal::Moot)?;
    let path = ["spec", "selector"];
    editor.insert_at(object.node(), &path, "matchLabels", labels::value(&wanted))
}
