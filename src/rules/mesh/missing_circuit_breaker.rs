//! `missing-circuit-breaker`

use super::breaker::{Breaker, breaker, clients, detection, is_canary, pool};
use crate::edit::{Advice, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{Mesh, Relation};
use crate::kube::{Body, Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

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
        // The Service of the pods in use is enough to speak of.
        let is_trial = |workload: Workload<'_>, relation: Relation| {
            relation.is_firm() && workload.trial_service() == Some(object.name())
        };
        if cx
            .inventory
            .selects(object)
            .any(|(it, relation)| is_trial(it, relation))
        {
            return;
        }
        let best = cx
            .inventory
            .destination_rules(object)
            .filter_map(|(rule, typed, relation)| {
                let breaker = breaker(object, typed);
                let breaker = match clients(cx, object, rule, typed) {
                    None => breaker,
                    // What some clients lack is nothing to the others.
                    Some(_) if breaker == Breaker::Nothing => return None,
                    Some(_) => Breaker::ForSome,
                };
                Some((breaker, relation.is_near(), rule))
            })
            .max_by_key(|(breaker, is_near, _)| (*breaker, *is_near));
        let Some((breaker, is_near, rule)) = best else {
            out.push(none_at_all(cx, object, &mesh));
            return;
        };
        // A rule of another scope silences, but is not spoken of.
        if is_near && breaker != Breaker::Whole {
            out.push(match breaker {
                Breaker::ForSome => for_some(cx, object, rule, &mesh),
                _ => incomplete(object, rule, breaker, &mesh),
            });
        }
    }
}

fn for_some<'a>(
    cx: &Context<'_>,
    service: &Object,
    rule: &'a Object,
    mesh: &Mesh<'_>,
) -> Report<'a> {
    let name = service.name();
    let whose = match rule.body() {
        Body::DestinationRule(typed) => clients(cx, service, rule, typed),
        _ => None,
    };
    let message = format!(
        "outlierDetection for `{name}` is for some clients only: others call failing endpoints"
    );
    let detail = format!(
        "it counts for {} only",
        whose.as_deref().unwrap_or("some clients")
    );
    let namespace = cx.inventory.namespace(service);
    let root = cx.inventory.root_namespace();
    let help = match namespace {
        Some(namespace) => format!(
            "for all clients, add a DestinationRule without workloadSelector in namespace `{namespace}` or \
             `{root}`"
        ),
        None => "for all clients, add a DestinationRule without workloadSelector".to_owned(),
    };
    let node = rule.node().at(&["spec", "workloadSelector"]);
    let node = node
        .or_else(|| rule.node().at(&["metadata", "namespace"]))
        .unwrap_or_else(|| rule.name_node());
    Report::object(rule, node, message)
        .detail(detail)
        .help(help)
        .related(service, service.name_node(), "the Service")
        .mesh(mesh)
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
            !is_canary(service, *workload)
                && cx.inventory.serving(*workload).is_through(service)
                && is_candidate(*workload, *relation)
        })
        .map(|(workload, _)| cx.inventory.mesh(workload))
}

fn none_at_all<'a>(cx: &Context<'_>, service: &'a Object, mesh: &Mesh<'_>) -> Report<'a> {
    let name = service.name();
    let message = format!("no outlierDetection for `{name}`: requests go to failing pods");
    let policy = [
        ("connectionPool", pool()),
        ("outlierDetection", detection()),
    ];
    // In another namespace, the short name would be another Service's.
    let namespace = cx.inventory.namespace(service);
    let metadata = [("name", Some(name)), ("namespace", namespace)];
    let metadata = metadata
        .into_iter()
        .filter_map(|(key, value)| Some((key, Value::text(value?))));
    let spec = [
        ("host", Value::text(name)),
        ("trafficPolicy", Value::map(policy)),
    ];
    let rule = Advice::document([
        ("apiVersion", Value::text("networking.istio.io/v1")),
        ("kind", Value::text("DestinationRule")),
        ("metadata", Value::map(metadata)),
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
            format!("no outlierDetection for `{name}`: requests go to failing pods"),
            String::new(),
        ),
        Breaker::Partial => (
            Severity::Note,
            format!("outlierDetection covers only some subsets or ports of `{name}`, not the others"),
            "set outlierDetection in the top-level trafficPolicy too, and in each of its portLevelSettings, \
             which inherit nothing from it".to_owned(),
        ),
        Breaker::ForSome | Breaker::WithoutLimits | Breaker::Whole => (
            Severity::Note,
            format!("no connectionPool for `{name}`: nothing limits the requests that wait for slow endpoints"),
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
    eject(report, rule, policy)
}

/// Adds a breaker that opens; what is pasted should not bring the next finding.
fn eject<'r>(report: Report<'r>, rule: &Object, policy: Option<Node<'_>>) -> Report<'r> {
    let title = "eject endpoints that keep failing";
    let path = ["spec", "trafficPolicy"];
    let detection = || ("outlierDetection", detection());
    let fix = Advice::below(&path, [detection()]);
    let has_limits = policy.is_some_and(|policy| policy.get("connectionPool").is_some());
    let report = if has_limits {
        report.help_of_fix(title, &fix.yaml())
    } else {
        let both = Advice::below(&path, [("connectionPool", pool()), detection()]);
        report.help(format!(
            "{title}, and limit what waits for them:\n{}",
            both.yaml()
        ))
    };
    report.fix(Applicability::Unsafe, title, rule, |editor| {
        fix.write(editor, rule.node())
    })
}
