//! `gateway-drain`

use std::time::Duration;

use super::envoy_drain;
use super::proxy_config::Settings;
use crate::clocks::GRACE_PERIOD;
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Membership;
use crate::kube::{Body, Object, PROXY_CONFIG_ANNOTATION, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::show_seconds;
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "gateway-drain",
    category: Category::Mesh,
    severity: Severity::Note,
    pedantic: false,
    summary: "A gateway exits before its load balancer stops sending",
    page: include_str!("../../../rules/mesh/gateway-drain.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// `terminationDrainDuration` where nobody says it (pkg/config/mesh/mesh.go, `DefaultProxyConfig`).
const DEFAULT_DRAIN: Duration = Duration::from_secs(5);
/// What a load balancer may need of which nothing is known.
const USUAL: Duration = Duration::from_secs(15);

/// See the rule's page.
pub(in crate::rules) struct GatewayDrain;

impl Rule for GatewayDrain {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let inventory = cx.inventory;
        if !workload.is_long_running()
            || inventory.mesh(workload).membership != Membership::Gateway
            || inventory.replicas(workload).is_parked()
            || !inventory.is_taken_over(workload)
        {
            return;
        }
        let Some(service) = load_balanced(cx, workload) else {
            return;
        };
        let settings = inventory.proxy_settings(workload);
        let told = settings.termination_drain().map(|told| told.value);
        let waits = settings.exit_on_zero().is_some_and(|told| told.value);
        let removal = cx.clocks().removal(workload);
        let known = removal.by.as_ref().map(|_| removal.delay);
        let needed = known.unwrap_or(USUAL);
        let is_short = match told {
            None => DEFAULT_DRAIN < needed,
            // A number of somebody's own is known better than a guess.
            Some(drain) => known.is_some_and(|needed| drain < needed),
        };
        if waits || !settings.is_readable() || !is_short {
            return;
        }
        let mut report = report(cx, workload, told, needed).related(
            service,
            service.name_node(),
            "the load balancer's Service",
        );
        if let Some((_, evidence)) = &removal.by {
            report = report.related(evidence.object, evidence.node, evidence.message.clone());
        }
        out.push(report.unless_trial(cx, workload));
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if object.kind() == "Gateway"
            && object.group() == "gateway.networking.k8s.io"
            && is_default(cx, object)
        {
            let message = "its proxies exit 5s (default) after SIGTERM, but the load balancer may still send requests";
            let help = format!(
                "let them drain as long as the load balancer needs:\nspec:\n  infrastructure:\n    annotations:\n      \
                 {PROXY_CONFIG_ANNOTATION}: |\n        terminationDrainDuration: {}",
                show_seconds(USUAL)
            );
            out.push(Report::object(object, object.name_node(), message).help(help));
        }
        if envoy_drain::is_envoy_proxy(object)
            && let Some(report) = envoy_drain::report(cx, object)
        {
            out.push(report);
        }
    }
}

/// The Service of type LoadBalancer that leads to a gateway's pods.
fn load_balanced<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Option<&'a Object> {
    let mut services = cx.inventory.services_of(workload);
    let (service, _) = services.find(|(service, relation)| {
        let Body::Service(typed) = service.body() else {
            return false;
        };
        let kind = typed.spec.as_ref().and_then(|spec| spec.type_.as_deref());
        relation.is_firm() && kind == Some("LoadBalancer")
    })?;
    Some(service)
}

fn report<'a>(
    cx: &Context<'a>,
    workload: Workload<'a>,
    told: Option<Duration>,
    needed: Duration,
) -> Report<'a> {
    let template = workload.template();
    let object = workload.object();
    let drain = told.unwrap_or(DEFAULT_DRAIN);
    let default = if told.is_none() { " (default)" } else { "" };
    let message = format!(
        "the gateway exits {}{default} after SIGTERM, but its load balancer may send requests",
        show_seconds(drain)
    );
    let seconds = needed.as_secs();
    let setting = Settings::field(
        "terminationDrainDuration",
        Value::text(format!("{seconds}s")),
    );
    let title = format!("let the gateway drain for {seconds}s");
    let (lead, yaml) = setting.help(&title, template);
    let total = needed.saturating_add(cx.settings.lifecycle.buffer);
    let whole = total.as_secs() + u64::from(total.subsec_nanos() > 0);
    let grace = cx.clocks().grace(workload);
    let raised = grace.as_ref().is_some_and(|grace| grace.term.value < total);
    let yaml = if raised {
        format!(
            "{}\n# and in the pod's spec:\n{GRACE_PERIOD}: {whole}",
            yaml.trim_end()
        )
    } else {
        yaml
    };
    let place = template.annotation(PROXY_CONFIG_ANNOTATION);
    let report = Report::template(
        workload,
        place.unwrap_or_else(|| object.name_node()),
        message,
    )
    .help_of_fix(&lead, &yaml);
    if grace.is_none() {
        return report;
    }
    report.fix(Applicability::Unsafe, title, template.object(), |editor| {
        let mut edits = setting.write(editor, template)?;
        if let (Some(spec), true) = (template.spec_node(), raised) {
            edits.extend(editor.put(spec, &[], GRACE_PERIOD, Value::int(whole))?);
        }
        Ok(edits)
    })
}

/// Whether Istio makes the Deployment of a Gateway, puts a load balancer in front, and nobody says how
/// long it drains.
fn is_default(cx: &Context<'_>, gateway: &Object) -> bool {
    let spec = |path: &[&str]| gateway.node().get("spec").and_then(|spec| spec.at(path));
    let text = |node: Option<Node<'_>>| node.and_then(Node::text).map(str::to_owned);
    let class = text(spec(&["gatewayClassName"]));
    let infrastructure = spec(&["infrastructure"]);
    let annotations = infrastructure.and_then(|it| it.get("annotations"));
    let has = |key: &str| {
        annotations
            .and_then(|it| it.get(key))
            .or_else(|| gateway.annotation(key))
    };
    let is_inside =
        text(has("networking.istio.io/service-type")).is_some_and(|it| it != "LoadBalancer");
    let is_own = has(PROXY_CONFIG_ANNOTATION).is_some()
        || infrastructure.is_some_and(|it| it.get("parametersRef").is_some())
        || spec(&["addresses"]).is_some();
    let mesh = &cx.settings.mesh;
    let by_settings = mesh.termination_drain_duration.is_some()
        || mesh.exit_on_zero_active_connections == Some(true);
    let by_mesh = cx.inventory.mesh_configs_of(gateway).any(|(_, config)| {
        config.default_config.as_ref().is_some_and(|proxy| {
            proxy.termination_drain_duration.is_some() || !proxy.proxy_metadata.is_empty()
        })
    });
    class.as_deref() == Some("istio")
        && !is_inside
        && !is_own
        && !by_settings
        && !by_mesh
        && !cx
            .inventory
            .is_set_elsewhere(gateway, gateway.node(), "spec.infrastructure")
}
