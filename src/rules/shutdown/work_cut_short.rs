//! `work-cut-short`

use crate::clocks::{GRACE_PERIOD, annotation};
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::models::scaled_job::ScaledJobSpec;
use crate::kube::{Body, Object, Workload, WorkloadBody};
use crate::lifecycle::{Origin, shutdown, worker};
use crate::rules::{Context, Findings, Report, Rule};
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
        } else if workload.is_long_running() && !cx.inventory.replicas(workload).is_parked() {
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
                .is_set_elsewhere(object, object.node(), &path.join("."))
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
            || cx.inventory.is_set_elsewhere(
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
        .find_map(|container| Some((container, worker::of(container.data)?)));
    let trigger = queue_trigger(cx, workload);
    let (what, place) = match (&worker, &trigger) {
        (Some((container, name)), _) => (
            format!("container `{}` is a {name} worker", container.name()),
            container.name_node(),
        ),
        (None, Some((_, kind, _))) => (
            format!("the pods work on a queue (KEDA trigger {kind})"),
            workload.object().name_node(),
        ),
        (None, None) => return,
    };
    let message =
        format!("{what} with the default grace period: tasks that take longer than 30s are killed");
    let report = match worker {
        Some((container, _)) => Report::container(workload, container, place, message),
        None => Report::object(workload.object(), place, message),
    };
    let report = report.help(format!(
        "give it as long as its longest task takes, and let it take no new ones after SIGTERM:\n\
         {GRACE_PERIOD}: <seconds of the longest task>"
    ));
    out.push(match trigger {
        Some((object, _, node)) => report.related(object, node, "it is scaled by this queue"),
        None => report,
    });
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
