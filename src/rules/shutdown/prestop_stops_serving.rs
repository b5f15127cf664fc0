//! `prestop-stops-serving`

use super::wait;
use crate::clocks::{GRACE_PERIOD, PodBudget, Removal};
use crate::edit::{Editor, Edits, Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::prestop::program_not_in_image;
use crate::lifecycle::quit::{Quit, quit};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "prestop-stops-serving",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The preStop hook stops the server while requests arrive",
    page: include_str!("../../../rules/shutdown/prestop-stops-serving.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["prestop-hook"],
};

/// See the rule's page.
pub(in crate::rules) struct PrestopStopsServing;

impl Rule for PrestopStopsServing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative rejects hooks.
        if workload.kind() == WorkloadKind::KnativeService
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let serving = cx.inventory.serving(workload);
        // Where no other pod can answer, a hook that waits would only prolong the outage.
        if !serving.is_serving() || !cx.inventory.is_taken_over(workload) {
            return;
        }
        let budgets = cx.clocks().budgets(workload);
        for container in workload.template().lasting_containers() {
            let hook = container.data.lifecycle.as_ref();
            let exec = hook
                .and_then(|hooks| hooks.pre_stop.as_ref())
                .and_then(|hook| hook.exec.as_ref());
            let Some(found) = exec.and_then(quit) else {
                continue;
            };
            let is_set = cx.inventory.is_always_set_elsewhere(
                container.object(),
                container.node,
                "lifecycle.preStop",
            );
            let place = container
                .node
                .at(&["lifecycle", "preStop", "exec", "command"]);
            let Some(place) = place.filter(|_| !is_set && serving.is_served_by(container)) else {
                continue;
            };
            let own = budgets
                .iter()
                .find(|pod| pod.container.node.id() == container.node.id());
            let needed = cx.clocks().removal(workload);
            out.push(report(workload, container, place, &found, &needed, own));
        }
    }
}

fn report<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    place: Node<'a>,
    found: &Quit,
    needed: &Removal<'_>,
    own: Option<&PodBudget<'_>>,
) -> Report<'a> {
    let seconds = match needed.by {
        Some(_) => needed.delay.as_secs(),
        None => needed.delay.as_secs().max(wait::USUAL),
    };
    let command = &found.command;
    let message = format!(
        "preStop hook of `{}` stops the server (`{command}`) before its endpoint goes",
        container.name()
    );
    let script = found
        .script
        .and_then(|index| place.items().nth(index)?.text());
    let script = format!("sleep {seconds}; {}", script.unwrap_or(command).trim_end());
    let within = own.map_or_else(String::new, |pod| {
        format!(
            ", in a {GRACE_PERIOD} of at least {} ({seconds}s + {} shutdown ({}) + {} buffer)",
            pod.budget.total().as_secs().saturating_add(seconds),
            show_seconds(pod.budget.shutdown.value),
            pod.budget.shutdown.origin,
            show_seconds(pod.budget.buffer),
        )
    });
    let help = format!(
        "sleep first, so that the server answers until the endpoints are gone{within}:\n\
         lifecycle:\n  preStop:\n    exec:\n      command: [\"/bin/sh\", \"-c\", {script:?}]"
    );
    let mut report = Report::container(workload, container, place, message).help(help);
    if let Some(evidence) = needed.by.as_ref().map(|(_, evidence)| evidence) {
        report = report.related(evidence.object, evidence.node, evidence.message.clone());
    }
    match own {
        Some(pod) => sleep_first(workload, container, place, found, seconds, pod, report),
        None => report,
    }
}

/// Lets the hook wait before it quits, in a grace period that holds both.
fn sleep_first<'r>(
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    place: Node<'_>,
    found: &Quit,
    seconds: u64,
    pod: &PodBudget<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let image = container.data.image.as_deref().unwrap_or_default();
    let shell = k8s_openapi::api::core::v1::ExecAction {
        command: Some(vec!["/bin/sh".to_owned()]),
    };
    if program_not_in_image(&shell, image).is_some() {
        return report;
    }
    let total = pod.budget.total().as_secs().saturating_add(seconds);
    let is_raised = total > pod.budget.grace.value.as_secs();
    let mut title = format!("let the hook sleep {seconds}s first");
    if is_raised {
        title = format!("{title}, and set {GRACE_PERIOD} to {total}");
    }
    report.fix(Applicability::Unsafe, title, container.object(), |editor| {
        let mut edits = rewrite(editor, container, place, found, seconds)?;
        if let (Some(spec), true) = (workload.template().spec_node(), is_raised) {
            edits.extend(editor.put(spec, &[], GRACE_PERIOD, Value::int(total))?);
        }
        Ok(edits)
    })
}

fn rewrite(
    editor: &Editor<'_>,
    container: ContainerRef<'_>,
    place: Node<'_>,
    found: &Quit,
    seconds: u64,
) -> Edits {
    if let Some(index) = found.script {
        let script = place.items().nth(index).ok_or(Refusal::Moot)?;
        let text = script.text().ok_or(Refusal::Moot)?;
        return editor.set(script, &Value::text(format!("sleep {seconds}; {text}")));
    }
    // What a shell would read otherwise is left to the author.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./=:".contains(c);
    let hook = container.node.at(&["lifecycle", "preStop", "exec"]);
    let entry = hook.and_then(|hook| hook.entry("command"));
    let entry = entry.filter(|_| found.command.chars().all(is_plain));
    let words = ["/bin/sh", "-c"].map(Value::text).into_iter();
    let script = Value::text(format!("sleep {seconds}; {}", found.command));
    let list = Value::List(words.chain([script]).collect());
    editor.replace(
        entry.ok_or(Refusal::Moot)?,
        "command",
        &Value::Flow(Box::new(list)),
    )
}
