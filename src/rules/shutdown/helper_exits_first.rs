//! `helper-exits-first`

use std::time::Duration;

use crate::clocks::{PodBudget, node_of, written};
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload};
use crate::lifecycle::helper::{End, Helper, Stay};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "helper-exits-first",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A helper exits while the application still needs it",
    page: include_str!("../../../rules/shutdown/helper-exits-first.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct HelperExitsFirst;

impl Rule for HelperExitsFirst {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if !workload.is_long_running() || cx.inventory.replicas(workload).is_parked() {
            return;
        }
        for (container, helper) in written(workload) {
            let Some(app) = app(cx, workload, container) else {
                continue;
            };
            let Some(stay) = helper.stay(container.data) else {
                continue;
            };
            let needed = app.certain();
            let is_set = ["args", "command", "env", "lifecycle.preStop"]
                .iter()
                .any(|field| {
                    cx.inventory
                        .is_always_set_elsewhere(container.object(), container.node, field)
                });
            if stay.time < needed && !is_set {
                out.push(report(workload, container, helper, &stay, &app, needed));
            }
        }
    }
}

/// The container that needs the helper longest: one that says how long it goes on after the
/// termination begins.
fn app<'a>(
    cx: &Context<'_>,
    workload: Workload<'a>,
    helper: ContainerRef<'_>,
) -> Option<PodBudget<'a>> {
    let serving = cx.inventory.serving(workload);
    // What requests come through while the others take none is the application itself.
    let fronts = serving.is_served_by(helper);
    let others = cx.clocks().budgets(workload).into_iter().filter(|pod| {
        let image = pod.container.data.image.as_deref().unwrap_or_default();
        !pod.certain().is_zero()
            && Helper::of_container(pod.container.data).is_none()
            && !image.contains("exporter")
            && (!fronts || serving.is_served_by(pod.container))
    });
    others.max_by_key(PodBudget::certain)
}

fn report<'a>(
    workload: Workload<'a>,
    container: ContainerRef<'a>,
    helper: &Helper,
    stay: &Stay,
    app: &PodBudget<'a>,
    needed: Duration,
) -> Report<'a> {
    let when = if stay.time.is_zero() {
        "at SIGTERM".to_owned()
    } else {
        format!("after {}", show_seconds(stay.time))
    };
    let what = match helper.end {
        End::TakesNothing => format!("takes no new connection {when}"),
        _ => format!("leaves {when}"),
    };
    let message = format!(
        "`{}` {what}, but `{}` goes on for {}",
        container.name(),
        app.container.name(),
        show_seconds(needed)
    );
    let mut report = Report::container(workload, container, container.name_node(), message)
        .detail(helper.name)
        .help(help(helper, app));
    let object = container.object();
    for term in &stay.terms {
        if let Some(node) = node_of(&term.origin, workload.template(), container) {
            report = report.related(
                object,
                node,
                format!("it stays {}", show_seconds(term.value)),
            );
        }
    }
    if let Some(hook) = app.prestop_node() {
        report = report.related(object, hook, app.budget.prestop.to_string());
    }
    let shutdown = &app.budget.shutdown;
    if let Some(node) = node_of(&shutdown.origin, workload.template(), app.container) {
        let what = format!("{} shutdown", show_seconds(shutdown.value));
        report = report.related(object, node, what);
    }
    stay_longer(container, helper, app, report)
}

/// Whole seconds from the start of the termination until the application is done.
fn seconds(app: &PodBudget<'_>) -> u64 {
    let exit = app.budget.exit();
    exit.as_secs() + u64::from(exit.subsec_nanos() > 0)
}

fn help(helper: &Helper, app: &PodBudget<'_>) -> String {
    const NATIVE: &str = "make it a native sidecar, which leaves after the others (Kubernetes 1.29 or \
                          newer): move it to `initContainers`, with restartPolicy: Always";
    let End::Options([delay, ..]) = &helper.end else {
        return format!("{NATIVE}; or let its own preStop hook wait as long as the application");
    };
    let budget = &app.budget;
    let hook = match budget.prestop.hook() {
        Some(_) => format!("{} + ", budget.prestop),
        None => String::new(),
    };
    format!(
        "let it stay until the application is done ({hook}{} shutdown, {}): `{}={}s`; or {NATIVE}",
        show_seconds(budget.shutdown.value),
        budget.shutdown.origin,
        delay.option,
        seconds(app)
    )
}

/// Gives the helper the option by which it stays; where the application's time is only assumed, how
/// long is not known.
fn stay_longer<'r>(
    container: ContainerRef<'_>,
    helper: &Helper,
    app: &PodBudget<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let End::Options([delay, ..]) = &helper.end else {
        return report;
    };
    let is_given = ["args", "command"].iter().any(|list| {
        let words = container.node.get(list).into_iter().flat_map(Node::items);
        let mut texts = words.filter_map(Node::text);
        texts.any(|text| text.contains("sigterm-delay") || text.contains("term_timeout"))
    });
    let Some(entry) = container.node.entry("args") else {
        return report;
    };
    if !app.budget.shutdown.is_declared() || is_given {
        return report;
    }
    let option = format!("{}={}s", delay.option, seconds(app));
    let title = format!("add {option}");
    report.fix(Applicability::Unsafe, title, container.object(), |editor| {
        // Before what is no option: version 1 reads none behind that.
        let own = entry.value.resolved().items().map(Value::copy_of);
        let list = Value::List(std::iter::once(Value::text(option)).chain(own).collect());
        let list = if entry.value.is_flow() {
            Value::Flow(Box::new(list))
        } else {
            list
        };
        editor.replace(entry, "args", &list)
    })
}
