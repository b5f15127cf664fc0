//! `missing-prestop`

use std::time::Duration;

use super::{grace, seamless, wait};
use crate::clocks::{GRACE_PERIOD, Removal};
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Serving, is_led};
use crate::kube::{Body, ContainerRef, Object, Workload, WorkloadKind};
use crate::lifecycle::shutdown::DEFAULT_GRACE_PERIOD;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;

static META: RuleMeta = RuleMeta {
    id: "missing-prestop",
    category: Category::Shutdown,
    severity: Severity::Warning,
    pedantic: false,
    summary: "No preStop hook waits for the endpoint to be removed",
    page: include_str!("../../../rules/shutdown/missing-prestop.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["prestop-hook"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingPrestop;

impl Rule for MissingPrestop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        // Knative rejects lifecycle hooks and drains through its own proxy.
        if workload.kind() == WorkloadKind::KnativeService
            || cx.inventory.replicas(workload).is_parked()
        {
            return;
        }
        let serving = cx.inventory.serving(workload);
        // Where nobody takes over, waiting saves no request.
        // Without a Service, a controller has ports for scrapes, and its successor waits for it to go.
        let has_no_clients = is_led(workload) && !serving.is_serving();
        if !serving.may_serve() || has_no_clients || !cx.inventory.is_taken_over(workload) {
            return;
        }
        let template = workload.template();
        let owners: Vec<ContainerRef<'_>> = template
            .lasting_containers()
            .filter(|container| serving.is_served_by(*container))
            .collect();
        let Some(first) = owners.first() else {
            return;
        };
        if owners.iter().any(|container| has_hook(cx, *container)) {
            return;
        }
        let report = Report::container(
            workload,
            *first,
            first.name_node(),
            message(*first, &serving),
        );
        let removal = cx.clocks().removal(workload);
        let seconds = wait::USUAL.max(removal.wait.as_secs());
        let mut report = add_hook(cx, workload, *first, seconds, report)
            .unless_trial(cx, workload)
            .serving(&serving);
        if let Some(why) = seamless::needs_a_person(cx, workload, *first) {
            report.withhold(why);
        }
        // Who sends datagrams waits for no connection: some are lost, and none is refused.
        let mut services = serving.services().peekable();
        if services.peek().is_some() && services.all(|(service, _)| takes_datagrams(service)) {
            report = report.severity(Severity::Note).without_fix();
        }
        let report = explain_removal(&removal, report);
        let report = wait::explain_scale_down(workload, &removal, report);
        out.push(report.unless_needless(
            template.object(),
            &["prestop", "pre-stop"],
            &["lame duck"],
        ));
    }
}

/// What takes long to stop sending requests.
fn explain_removal<'a>(removal: &Removal<'_>, report: Report<'a>) -> Report<'a> {
    let Some((load_balancer, evidence)) = &removal.by else {
        return report;
    };
    let least = if removal.wait > removal.delay {
        "at least "
    } else {
        ""
    };
    let message = format!(
        "{}: takes {least}{} to stop sending requests",
        load_balancer.as_str(),
        show_seconds(removal.delay)
    );
    report.related(evidence.object, evidence.node, message)
}

fn message(container: ContainerRef<'_>, serving: &Serving<'_>) -> String {
    format!(
        "container `{}` {} without a preStop hook: some come after SIGTERM",
        container.name(),
        serving.takes_requests()
    )
}

fn has_hook(cx: &Context<'_>, container: ContainerRef<'_>) -> bool {
    let (object, node) = (container.object(), container.node);
    !container.field(&["lifecycle", "preStop"]).is_absent()
        || cx
            .inventory
            .is_always_set_elsewhere(object, node, "lifecycle.preStop")
}

/// Whether all ports of a Service are UDP's.
fn takes_datagrams(service: &Object) -> bool {
    let Body::Service(service) = service.body() else {
        return false;
    };
    let spec = service.spec.as_ref();
    let ports = spec.and_then(|spec| spec.ports.as_deref());
    let mut ports = ports.unwrap_or_default().iter();
    ports.all(|port| port.protocol.as_deref() == Some("UDP"))
}

/// Adds a hook that waits, and raises the grace period in the same step where it would not hold the
/// hook. What the grace period is has to be known for that: the API server rejects a native sleep that
/// is longer, and another hook would leave no time.
fn add_hook<'r>(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    seconds: u64,
    report: Report<'r>,
) -> Report<'r> {
    let image = container.data.image.as_deref().unwrap_or_default();
    let Some((key, value)) = wait::handler(cx, image, seconds) else {
        return report.help(
            "the endpoints take a while to go; call a program that the image holds and that waits, \
             such as a mode of the application's own binary",
        );
    };
    let hook = Advice::below(&["lifecycle"], [("preStop", Value::map([(key, value)]))]);
    let native = if wait::is_native(cx) && cx.settings.kubernetes_version.is_none() {
        " (Kubernetes 1.30 or newer)"
    } else {
        ""
    };
    let raised = needed_seconds(cx, workload, container, seconds);
    let longer = match raised {
        Raise::To(seconds) => Some(Advice::below(&[], [(GRACE_PERIOD, Value::int(seconds))])),
        Raise::No | Raise::Unknown => None,
    };
    let mut yaml = hook.yaml();
    if let Some(longer) = &longer {
        yaml = format!("{yaml}\n# and in the pod's spec:\n{}", longer.yaml());
    }
    let lead = format!("wait until the endpoints are gone{native}");
    if raised == Raise::Unknown {
        return report.help(format!("{lead}:\n{yaml}"));
    }
    let mut title = format!("add a preStop hook that waits {seconds}s");
    if let Raise::To(seconds) = raised {
        title = format!("{title}, and set {GRACE_PERIOD} to {seconds}");
    }
    let report = report.help_of_fix(&lead, &yaml);
    let report = report.fix(Applicability::Unsafe, title, container.object(), |editor| {
        let mut edits = hook.write(editor, container.node)?;
        if let (Some(spec), Some(longer)) = (workload.template().spec_node(), longer) {
            edits.extend(longer.write(editor, spec)?);
        }
        Ok(edits)
    });
    let report = report.effect(format!("each pod takes {seconds}s longer to stop"));
    if leaves_others(cx, workload) {
        report.reveals()
    } else {
        report
    }
}

/// Whether others in the pod leave while the hook of one container waits: rules about them speak where there
/// is a hook.
fn leaves_others(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    cx.inventory.mesh(workload).has_sidecar()
        || cx.clocks().injected(workload).into_iter().next().is_some()
        || workload.template().lasting_containers().nth(1).is_some()
}

/// What a new hook asks of the grace period.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Raise {
    /// The present one is not known.
    Unknown,
    /// It is long enough.
    No,
    /// In seconds.
    To(u64),
}

fn needed_seconds(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    seconds: u64,
) -> Raise {
    let Some(present) = cx.clocks().grace(workload) else {
        return Raise::Unknown;
    };
    let budgets = cx.clocks().budgets(workload);
    let mut own = budgets.iter();
    let own = own.find(|pod| pod.container.node.id() == container.node.id());
    // A native sidecar has no budget of its own.
    let needed = own.map_or(0, |pod| pod.budget.needed_seconds()) + seconds;
    let grace = present.term.value;
    if grace < Duration::from_secs(needed) {
        return Raise::To(grace::round(needed));
    }
    // Who wrote a long one needs it: the application keeps what it had, unless the hook takes a trifle.
    let is_chosen = present.node.is_some() && grace > DEFAULT_GRACE_PERIOD;
    if is_chosen && grace < Duration::from_secs(seconds * 10) {
        Raise::To(grace.as_secs() + seconds)
    } else {
        Raise::No
    }
}
