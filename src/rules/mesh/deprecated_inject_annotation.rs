//! `deprecated-inject-annotation`

use crate::edit::{Advice, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::NamespaceInjection;
use crate::kube::{Workload, WorkloadKind, is_placeholder};
use crate::rules::{Context, Findings, Report, Rule};
use crate::settings::MeshMode;
use crate::yaml::{Entry, Node, Scalar};

static META: RuleMeta = RuleMeta {
    id: "deprecated-inject-annotation",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Istio may not see how injection is requested",
    page: include_str!("../../../rules/mesh/deprecated-inject-annotation.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct DeprecatedInjectAnnotation;

impl Rule for DeprecatedInjectAnnotation {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if cx.settings.mesh.mode == MeshMode::None
            || cx.inventory.may_inject_by_annotation(workload.object())
        {
            return;
        }
        // On OpenShift the annotation may be the switch.
        let is_openshift = workload.kind() == WorkloadKind::DeploymentConfig;
        if is_openshift || workload.object().is_in_template() {
            return;
        }
        let template = workload.template();
        let entry = |map: &str| {
            let map = template.node()?.at(&["metadata", map])?;
            map.entry(INJECT)
                .filter(|entry| !entry.value.resolved().is_null())
        };
        let label = entry("labels");
        if let Some(entry) = label {
            report_value(workload, entry, "label", out);
        }
        let Some(annotation) = entry("annotations") else {
            return;
        };
        // The label wins over the annotation.
        if label.is_some() || report_value(workload, annotation, "annotation", out) {
            return;
        }
        let value = annotation.value.resolved().text().unwrap_or_default();
        let injection = cx.inventory.namespace_injection(workload.object());
        let (severity, consequence) = consequence(value == "true", injection);
        let consequence = of_namespaces(cx, workload, consequence);
        let message =
            format!("`{INJECT}` as an annotation is deprecated: the webhook selects on labels");
        let labels = [(INJECT, Value::text(value))];
        let advice = Advice::below(&["metadata", "labels"], labels);
        let report = Report::template(workload, annotation.key, message)
            .detail(consequence)
            .severity(severity);
        let report = help(workload, value, &advice, report);
        let report = show(injection, report);
        // Where nothing injects, a refusal changes nothing in either place.
        if value == "false" && matches!(injection, NamespaceInjection::Unlabelled(_)) {
            out.push(report.pedantic());
            return;
        }
        let title = "make the annotation a label";
        let report = report.fix(Applicability::Unsafe, title, template.object(), |editor| {
            let owner = template.node().ok_or(Refusal::Moot)?;
            editor.relocate(annotation, owner, &["metadata", "labels"], INJECT)
        });
        // Both may be changed in place, and what was decided on a pod that exists stays.
        let report = if workload.kind() == WorkloadKind::Pod {
            report.only_effect("no pod restarts")
        } else {
            report
        };
        out.push(report.reveals());
    }
}

/// The label; for what runs to its end with what lets it end.
fn help<'r>(
    workload: Workload<'_>,
    value: &str,
    advice: &Advice,
    report: Report<'r>,
) -> Report<'r> {
    if value != "true" || workload.is_long_running() {
        return report.help_of_fix(lead(workload), &advice.yaml());
    }
    report.help(format!(
        "{}, next to a native sidecar (Istio 1.24 or newer): another one would keep the {} from its end\n{}\n  \
         annotations:\n    sidecar.istio.io/nativeSidecar: \"true\"",
        lead(workload),
        workload.object().kind(),
        advice.yaml().trim_end()
    ))
}

/// The consequence in all namespaces that the workload may go to.
fn of_namespaces(cx: &Context<'_>, workload: Workload<'_>, consequence: &str) -> String {
    if !cx.inventory.may_be_of_other_namespace(workload.object()) {
        return consequence.to_owned();
    }
    consequence.replace(
        "this namespace, which is not labelled",
        "the namespaces in view, which are not labelled",
    )
}

/// Points at the Namespace.
fn show<'r>(injection: NamespaceInjection<'_>, report: Report<'r>) -> Report<'r> {
    match injection {
        NamespaceInjection::Labelled(namespace, node) => {
            report.related(namespace, node, "the namespace is labelled for injection")
        }
        NamespaceInjection::Unlabelled(namespace) => report.related(
            namespace,
            namespace.name_node(),
            "the namespace has no such label",
        ),
        NamespaceInjection::Unknown => report,
    }
}

fn lead(workload: Workload<'_>) -> &'static str {
    match workload.kind() {
        WorkloadKind::Pod => "move it to the labels of the Pod",
        _ => "move it to the labels of the pod template",
    }
}

/// What comes of the annotation; a warning only where what is in view says so.
fn consequence(asks: bool, injection: NamespaceInjection<'_>) -> (Severity, &'static str) {
    use NamespaceInjection::{Labelled, Unknown, Unlabelled};
    match (asks, injection) {
        (true, Labelled(..)) => (
            Severity::Note,
            "these pods get a sidecar only because the namespace is labelled",
        ),
        (true, Unlabelled(_)) => (
            Severity::Warning,
            "it does nothing in this namespace, which is not labelled for injection",
        ),
        (true, Unknown) => (
            Severity::Note,
            "in a namespace that is not labelled for injection it does nothing",
        ),
        (false, Labelled(..)) => (
            Severity::Warning,
            "the webhook is called for these pods, and blocks them while it does not answer",
        ),
        (false, Unlabelled(_)) => (
            Severity::Note,
            "it changes nothing in this namespace, which is not labelled for injection",
        ),
        (false, Unknown) => (
            Severity::Note,
            "in a namespace that is labelled it is still called, and blocks these pods while it does \
             not answer",
        ),
    }
}

const INJECT: &str = "sidecar.istio.io/inject";

/// Reports a value that Istio does not know. Whether the value is not to be judged further.
fn report_value(workload: Workload<'_>, entry: Entry<'_>, noun: &str, out: &mut Findings) -> bool {
    let value: Node<'_> = entry.value.resolved();
    match value.scalar() {
        Some(Scalar::Text("true" | "false")) => false,
        // What is not a string is no valid metadata at all.
        Some(Scalar::Text(text)) if !is_placeholder(text) => {
            let message = format!(
                "`{INJECT}` as {} is neither \"true\" nor \"false\": Istio ignores it",
                if noun == "label" {
                    "a label"
                } else {
                    "an annotation"
                }
            );
            let report = Report::template(workload, value, message)
                .detail("the pod is injected or not as its namespace has it");
            let Some(meant) = meant(text) else {
                out.push(report.help(format!(
                    "as a label of the pod template: {INJECT}: \"true\", or \"false\""
                )));
                return true;
            };
            let report = report.help(format!(
                "as a label of the pod template:\n{INJECT}: \"{meant}\""
            ));
            out.push(if noun == "label" {
                let title = format!("set the label to \"{meant}\"");
                let object = workload.template().object();
                report.fix(Applicability::Unsafe, title, object, |editor| {
                    editor.set(value, &Value::text(meant.to_string()))
                })
            } else {
                report
            });
            true
        }
        _ => true,
    }
}

/// The truth that people write otherwise; `None` for a word that is no such thing.
fn meant(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" | "enabled" | "enable" => Some(true),
        "false" | "no" | "off" | "0" | "n" | "f" | "disabled" | "disable" => Some(false),
        _ => None,
    }
}
