//! `wait-exceeds-grace-period`

use crate::clocks::{GRACE_PERIOD, Grace};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Workload;
use crate::lifecycle::Origin;
use crate::lifecycle::helper::{self, HELPERS, Helper, Wait};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::{Node, path_below};

static META: RuleMeta = RuleMeta {
    id: "wait-exceeds-grace-period",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "A sidecar of Linkerd, Dapr or Consul waits for longer than the pod has",
    page: include_str!("../../../rules/mesh/wait-exceeds-grace-period.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct WaitExceedsGracePeriod;

impl Rule for WaitExceedsGracePeriod {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let Some(grace) = cx.clocks().grace(workload) else {
            return;
        };
        if cx.inventory.replicas(workload).is_parked() {
            return;
        }
        let template = workload.template();
        let annotation = |key: &str| template.annotation(key).and_then(Node::text);
        for helper in &HELPERS {
            let Some(wait) = helper.wait(annotation) else {
                continue;
            };
            let (Some(place), Some(metadata)) = (template.annotation(wait.key), template.node())
            else {
                continue;
            };
            let field = path_below("metadata.annotations", wait.key);
            let is_set = cx
                .inventory
                .is_set_elsewhere(template.object(), metadata, &field);
            if is_set || is_left_out(helper, annotation) {
                continue;
            }
            if let Some(severity) = severity(&wait, &grace) {
                out.push(report(workload, helper, &wait, &grace, place).severity(severity));
            }
        }
    }
}

/// Whether the pod gets no such sidecar, or a native one that is not told to wait.
fn is_left_out<'a>(helper: &Helper, annotation: impl Fn(&str) -> Option<&'a str>) -> bool {
    let helper::Origin::Injected(injection) = &helper.origin else {
        return true;
    };
    let asked = annotation(injection.key);
    let is_native = injection
        .native
        .iter()
        .find_map(|key| annotation(key))
        .is_some_and(|text| text == "true" || text == "enabled");
    asked.is_some_and(|text| !injection.values.contains(&text))
        || is_native && injection.key.starts_with("linkerd.io/")
}

/// An error where the wait alone uses up the grace period every time.
fn severity(wait: &Wait, grace: &Grace<'_>) -> Option<Severity> {
    let grace = grace.term.value;
    let then = wait.then.map(|(_, time)| time).unwrap_or_default();
    if wait.time >= grace && !wait.may_end_early {
        Some(Severity::Error)
    } else if wait.time.saturating_add(then) >= grace {
        Some(Severity::Warning)
    } else {
        None
    }
}

fn report<'a>(
    workload: Workload<'a>,
    helper: &Helper,
    wait: &Wait,
    grace: &Grace<'_>,
    place: Node<'a>,
) -> Report<'a> {
    let template = workload.template();
    let default = match grace.term.origin {
        Origin::Default => " (default)",
        _ => "",
    };
    let waits = show_seconds(wait.time);
    let time = match wait.then {
        Some((_, then)) if wait.time < grace.term.value => {
            format!(
                "{waits} and then shuts down in up to {}",
                show_seconds(then)
            )
        }
        _ => waits,
    };
    let message = format!(
        "{} waits {time}, but the grace period is {}{default}: it is killed with its connections open",
        helper.name,
        show_seconds(grace.term.value)
    );
    let then = wait.then.map(|(_, time)| time).unwrap_or_default();
    let least = wait.time.saturating_add(then).as_secs().saturating_add(1);
    let mut help = format!(
        "lower {}, or give the pod more time than both need: {GRACE_PERIOD}: {least} at least, and what \
         the application's own hook and shutdown need",
        wait.key
    );
    if wait.key.starts_with("config.alpha.linkerd.io/") {
        help.push_str(
            "; a native sidecar, the default from Linkerd 2.20 on, leaves after the application and \
             ignores the wait",
        );
    }
    let report = Report::template(workload, place, message).help(help);
    let report = match grace.node {
        Some(node) => report.related(template.object(), node, "the grace period"),
        None => report,
    };
    let then = wait
        .then
        .and_then(|(key, time)| Some((template.annotation(key)?, time)));
    match then {
        Some((node, time)) => {
            let what = format!("then it shuts down, in up to {}", show_seconds(time));
            report.related(template.object(), node, what)
        }
        None => report,
    }
}
