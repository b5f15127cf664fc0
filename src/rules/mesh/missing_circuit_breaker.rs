//! `missing-circuit-breaker`

use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Mesh, Relation};
use crate::kube::istio::DestinationRule;
use crate::kube::{Body, Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-circuit-breaker",
    category: Category::Mesh,
    severity: Severity::Note,
    pedantic: false,
    summary: "Requests to a Service keep going to endpoints that fail",
    page: include_str!("../../../rules/mesh/missing-circuit-breaker.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["circuit-breaker"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingCircuitBreaker;

/// How much of a circuit breaker a DestinationRule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breaker {
    /// No outlier detection at all.
    Nothing,
    /// Outlier detection for some subset or port only.
    Partial,
    /// Outlier detection without connection limits.
    WithoutLimits,
    /// Both.
    Whole,
}

impl Rule for MissingCircuitBreaker {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if !matches!(object.body(), Body::Service(_)) || cx.inventory.is_open(object) {
            return;
        }
        let Some(mesh) = mesh_of(cx, object) else {
            return;
        };
        let best = cx
            .inventory
            .destination_rules(object)
            .map(|(rule, typed, relation)| (breaker(object, typed), relation.is_near(), rule))
            .max_by_key(|(breaker, is_near, _)| (*breaker, *is_near));
        let Some((breaker, is_near, rule)) = best else {
            out.push(none_at_all(object, &mesh));
            return;
        };
        // A rule of another scope silences, but is not spoken of.
        if is_near && breaker != Breaker::Whole {
            out.push(incomplete(object, rule, breaker, &mesh));
        }
    }
}

/// The mesh of a serving workload behind the Service with more than one replica, if there is one.
fn mesh_of<'a>(cx: &Context<'a>, service: &'a Object) -> Option<Mesh<'a>> {
    // None of what selects the same has an answer where nothing behind it is in the mesh.
    let is_candidate = |workload: Workload<'_>, relation: Relation| {
        // A gateway's only container is the proxy: what calls it is outside the mesh.
        relation.is_firm()
            && workload.template().main_containers().next().is_some()
            && cx
                .inventory
                .replicas(workload)
                .count()
                .is_some_and(|count| count > 1)
            && cx.inventory.mesh(workload).is_meshed()
    };
    let what = "replicated pods in the mesh";
    cx.inventory.first_selected(service, what, is_candidate)?;
    cx.inventory
        .selects(service)
        .find(|(workload, relation)| {
            // The dearest question comes last.
            cx.inventory.serving(*workload).is_through(service)
                && is_candidate(*workload, *relation)
        })
        .map(|(workload, _)| cx.inventory.mesh(workload))
}

fn breaker(service: &Object, rule: &DestinationRule) -> Breaker {
    let Some(spec) = &rule.spec else {
        return Breaker::Nothing;
    };
    let policy = spec.traffic_policy.as_ref();
    let of_rule = policy.map_or(Breaker::Nothing, |it| {
        of_blocks(it.outlier_detection.is_some(), it.connection_pool.is_some())
    });
    let settings = policy.map_or(&[][..], |policy| &policy.port_level_settings);
    // The settings of a port take the place of the whole policy above them.
    let of_port = |number: i32| {
        let own = settings.iter().find(|own| own.is_for(number));
        own.map_or(of_rule, |own| {
            of_blocks(
                own.outlier_detection.is_some(),
                own.connection_pool.is_some(),
            )
        })
    };
    let ports: Vec<Breaker> = port_numbers(service).map(of_port).collect();
    let (least, most) = match (ports.iter().min(), ports.iter().max()) {
        (Some(least), Some(most)) => (*least, *most),
        _ => (of_rule, of_rule),
    };
    let in_subset = spec.subsets.iter().any(|subset| {
        let policy = subset.traffic_policy.as_ref();
        policy.is_some_and(|policy| policy.outlier_detection.is_some())
    });
    match least {
        Breaker::Nothing if most.max(of_rule) > Breaker::Nothing || in_subset => Breaker::Partial,
        _ => least,
    }
}

/// What the two blocks of one policy make.
fn of_blocks(has_detection: bool, has_limits: bool) -> Breaker {
    match (has_detection, has_limits) {
        (false, _) => Breaker::Nothing,
        (true, false) => Breaker::WithoutLimits,
        (true, true) => Breaker::Whole,
    }
}

/// The ports through which requests come.
fn port_numbers(service: &Object) -> impl Iterator<Item = i32> + use<'_> {
    let spec = match service.body() {
        Body::Service(service) => service.spec.as_ref(),
        _ => None,
    };
    let ports = spec.and_then(|spec| spec.ports.as_deref());
    let ports = ports.unwrap_or_default().iter();
    ports.map(|port| port.port)
}

fn none_at_all<'a>(service: &'a Object, mesh: &Mesh<'_>) -> Report<'a> {
    let name = service.name();
    let message = format!(
        "no DestinationRule for Service `{name}` sets outlierDetection: requests keep going to \
         endpoints that fail"
    );
    let policy = [
        ("connectionPool", pool()),
        ("outlierDetection", detection()),
    ];
    let spec = [
        ("host", Value::text(name)),
        ("trafficPolicy", Value::map(policy)),
    ];
    let rule = Advice::document([
        ("apiVersion", Value::text("networking.istio.io/v1")),
        ("kind", Value::text("DestinationRule")),
        ("metadata", Value::map([("name", Value::text(name))])),
        ("spec", Value::map(spec)),
    ]);
    let help = format!("add a DestinationRule:\n{}", rule.yaml());
    Report::object(service, service.name_node(), message)
        .help(help)
        .mesh(mesh)
}

fn incomplete<'a>(
    service: &'a Object,
    rule: &'a Object,
    breaker: Breaker,
    mesh: &Mesh<'_>,
) -> Report<'a> {
    let name = service.name();
    let root = rule.node();
    let policy = root.at(&["spec", "trafficPolicy"]);
    let host = root
        .at(&["spec", "host"])
        .unwrap_or_else(|| rule.name_node());
    let (severity, message, help) = match breaker {
        Breaker::Nothing => (
            Severity::Warning,
            format!("this DestinationRule for `{name}` has no outlierDetection: requests keep going to endpoints that fail"),
            String::new(),
        ),
        Breaker::Partial => (
            Severity::Note,
            format!("outlierDetection covers only some subsets or ports of `{name}`: requests to the others keep going to endpoints that fail"),
            "set outlierDetection in the top-level trafficPolicy too, and in each of its portLevelSettings, \
             which inherit nothing from it".to_owned(),
        ),
        Breaker::WithoutLimits | Breaker::Whole => (
            Severity::Note,
            format!("outlierDetection for `{name}` without connectionPool: failing endpoints are ejected, but nothing limits the requests that wait for slow ones"),
            format!(
                "limit them in the same trafficPolicy:\n{}",
                Advice::below(&[], [("connectionPool", pool())]).yaml()
            ),
        ),
    };
    let node = policy
        .filter(|_| breaker != Breaker::Partial)
        .and_then(|_| root.at(&["spec"])?.entry("trafficPolicy"))
        .map_or(host, |entry| entry.key);
    let report = Report::object(rule, node, message)
        .severity(severity)
        .related(service, service.name_node(), "the Service")
        .mesh(mesh);
    if breaker != Breaker::Nothing {
        return report.help(help);
    }
    let title = "eject endpoints that keep failing";
    let advice = Advice::below(
        &["spec", "trafficPolicy"],
        [("outlierDetection", detection())],
    );
    report.advise(title, &advice, Applicability::Unsafe, title, rule, root)
}

/// A breaker that opens.
fn detection() -> Value {
    Value::map([
        ("consecutive5xxErrors", Value::int(5)),
        ("interval", Value::text("10s")),
        ("baseEjectionTime", Value::text("30s")),
        ("maxEjectionPercent", Value::int(50)),
    ])
}

/// The requests that may wait.
fn pool() -> Value {
    let http = Value::map([("http1MaxPendingRequests", Value::int(100))]);
    Value::map([("http", http)])
}
