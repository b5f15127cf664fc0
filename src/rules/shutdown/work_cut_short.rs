//! `work-cut-short`

use crate::clocks::{GRACE_PERIOD, annotation};
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::models::scaled_job::ScaledJobSpec;
use crate::kube::{Body, Object, Workload, WorkloadBody, WorkloadKind};
use crate::lifecycle::worker::{self, Patience, Recognition, Worker};
use crate::lifecycle::{Origin, shutdown};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "work-cut-short",
    category: Category::Shutdown,
    severity: Severity::Note,
    pedantic: false,
    summary: "A queue worker is killed while it works on a task",
    page: include_str!("../../../rules/shutdown/work-cut-short.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["checkpoint-and-resume"],
};

/// See the rule's page.
pub(in crate::rules) struct WorkCutShort;

impl Rule for WorkCutShort {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if let WorkloadBody::ScaledJob(job) = workload.body() {
            let keeps = job
                .spec
                .as_ref()
                .is_none_or(ScaledJobSpec::keeps_running_jobs);
            if !keeps {
                check_scaled_job(cx, workload.object(), out);
            }
        } else if workload.is_long_running()
            // Its work comes as requests, for which it waits minutes by default.
            && workload.kind() != WorkloadKind::KnativeService
            && !cx.inventory.replicas(workload).is_parked()
        {
            check_worker(cx, workload, out);
        }
    }
}

fn check_scaled_job(cx: &Context<'_>, object: &Object, out: &mut Findings) {
    let fields = [
        &["spec", "rollout", "strategy"][..],
        &["spec", "rolloutStrategy"],
    ];
    let is_open = |path: &&[&str]| {
        object.field(path).is_unknown()
            || cx
                .inventory
                .is_always_set_elsewhere(object, object.node(), &path.join("."))
    };
    if fields.iter().any(is_open) {
        return;
    }
    let written = fields.iter().find_map(|path| object.field(path).node());
    let place = written.unwrap_or_else(|| object.name_node());
    let message = "a change of this ScaledJob deletes its running Jobs: their work is lost";
    let report = Report::object(object, place, message);
    let title = "let running Jobs end";
    // The old field counts before the new one.
    let (path, key): (&[&str], _) = match object.field(&["spec", "rolloutStrategy"]).node() {
        Some(_) => (&["spec"], "rolloutStrategy"),
        None => (&["spec", "rollout"], "strategy"),
    };
    let advice = Advice::below(path, [(key, Value::text("gradual"))]);
    out.push(report.advise(
        title,
        &advice,
        Applicability::Unsafe,
        title,
        object,
        object.node(),
    ));
}

fn check_worker(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    let Some(grace) = cx.clocks().grace(workload) else {
        return;
    };
    // A written grace period, a hook or a declared time is somebody's answer.
    let is_answered = |pod: &crate::clocks::PodBudget<'_>| {
        pod.budget.shutdown.is_declared() || pod.budget.prestop.hook().is_some()
    };
    let budgets = cx.clocks().budgets_within(workload, &grace);
    let is_stated = workload.template().main_containers().any(|container| {
        annotation(workload, container, shutdown::ANNOTATION).is_some()
            || cx.inventory.is_always_set_elsewhere(
                container.object(),
                container.node,
                "lifecycle.preStop",
            )
    });
    if grace.term.origin != Origin::Default || is_stated || budgets.iter().any(is_answered) {
        return;
    }
    let worker = workload
        .template()
        .main_containers()
        .find_map(|container| Some((container, worker::of(container.data)?)))
        .filter(|(_, worker)| is_worker(cx, workload, worker));
    let trigger = queue_trigger(cx, workload);
    let grace = show_seconds(grace.term.value);
    let message = match (&worker, &trigger) {
        (Some((container, worker)), _) => says(container.name(), worker, &grace),
        (None, Some(_)) => Some(format!(
            "the pods work on a queue with the default grace period: tasks over {grace} are killed"
        )),
        (None, None) => None,
    };
    let Some(message) = message else {
        return;
    };
    let report = match worker {
        Some((container, _)) => {
            Report::container(workload, container, container.name_node(), message)
        }
        None => Report::object(workload.object(), workload.object().name_node(), message),
    };
    let report = report.help(format!(
        "give it as long as its longest task takes, and let it take no new ones after SIGTERM:\n\
         {GRACE_PERIOD}: <seconds of the longest task>{}",
        match worker {
            Some((_, worker)) if worker.patience.is_some() => {
                "\nand its own time-out, 5s less: sidekiq --timeout <seconds>"
            }
            _ => "",
        }
    ));
    out.push(match trigger {
        Some((object, kind, node)) => {
            report.related(object, node, format!("it is scaled by this queue ({kind})"))
        }
        None => report,
    });
}

/// What also answers requests is no consumer alone.
fn is_worker(cx: &Context<'_>, workload: Workload<'_>, worker: &Worker) -> bool {
    worker.by == Recognition::Command || !cx.inventory.serving(workload).may_serve()
}

/// `None` where the worker gives its tasks an end of its own that somebody chose and that fits.
fn says(container: &str, worker: &Worker, grace: &str) -> Option<String> {
    const DEFAULT: u64 = 30;
    let name = worker.name;
    match worker.patience {
        None => Some(format!(
            "`{container}` is a {name} with the default grace period: tasks over {grace} are killed"
        )),
        Some(Patience { seconds, .. }) if seconds >= DEFAULT => Some(format!(
            "`{container}` is a {name} with a timeout of {seconds}s, but is killed after {grace} (default)"
        )),
        Some(Patience {
            seconds,
            is_stated: false,
        }) => Some(format!(
            "`{container}` is a {name}: tasks over its default of {seconds}s are stopped and requeued"
        )),
        Some(_) => None,
    }
}

/// A ScaledObject of the workload that counts tasks, with the trigger's type.
fn queue_trigger<'a>(
    cx: &Context<'a>,
    workload: Workload<'a>,
) -> Option<(&'a Object, &'a str, Node<'a>)> {
    let near = cx.inventory.autoscalers(workload);
    let near = near.filter(|(_, relation)| relation.is_near());
    near.filter(|(object, _)| matches!(object.body(), Body::ScaledObject(_)))
        .find_map(|(object, _)| {
            let triggers = object.node().at(&["spec", "triggers"])?;
            triggers.items().find_map(|trigger| {
                let node = trigger.get("type")?;
                let kind = node.text().filter(|kind| worker::is_queue(kind))?;
                Some((object, kind, node))
            })
        })
}
