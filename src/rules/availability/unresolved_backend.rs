//! `unresolved-backend`

use std::collections::HashMap;

use super::backends::{Backend, Named, Port, Ports, backends};
use super::keys::check_keys;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object, Workload, is_placeholder};
use crate::rules::text::{FEW, and_more};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::suggest;

static META: RuleMeta = RuleMeta {
    id: "unresolved-backend",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A backend Service, port or key that does not exist",
    page: include_str!("../../../rules/availability/unresolved-backend.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnresolvedBackend;

impl Rule for UnresolvedBackend {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let mut named = HashMap::new();
        for backend in backends(object) {
            let is_known = [Some(backend.name_node), backend.port_node]
                .into_iter()
                .flatten()
                .all(|node| {
                    !object.is_unknown(node) && !cx.inventory.is_set_elsewhere(object, node, "")
                });
            if is_known && !is_placeholder(backend.name) {
                check(cx, object, &backend, &mut named, out);
            }
        }
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        check_keys(cx, workload, out);
    }
}

fn check<'a, 'b>(
    cx: &Context<'a>,
    object: &Object,
    backend: &Backend<'b>,
    known: &mut HashMap<(&'b str, Option<&'b str>), Named<'a>>,
    out: &mut Findings,
) {
    /// So many Services of one name beside one another are no Services of one cluster.
    const MOST: usize = 20;
    let own = cx.inventory.namespace(object);
    let named = known
        .entry((backend.name, backend.namespace))
        .or_insert_with(|| Named::of(cx, object, backend.name, backend.namespace));
    if named.is_absent {
        let is_foreign = backend.namespace.is_some() && backend.namespace != own;
        if !is_foreign
            && is_closed(cx, object, backend.name)
            && let Some(report) = missing_service(cx, object, backend)
        {
            out.push(report);
        }
        return;
    }
    let nearest = &named.nearest;
    let lacks = |service: &&Object| lacks_port(cx, service, &backend.port);
    if let Some(first) = nearest.first()
        && nearest.len() <= MOST
        && nearest.iter().all(lacks)
    {
        out.push(missing_port(object, backend, first));
    }
}

/// Whether a Service of this name would be in view: others of the namespace are, nothing else is
/// deployed there, and nothing in view makes one of that name.
fn is_closed(cx: &Context<'_>, object: &Object, name: &str) -> bool {
    let inventory = cx.inventory;
    !inventory.is_open(object)
        && has_services_beside(cx, object)
        && !inventory.is_in_view("Service", name, object)
        && !inventory.is_named_by_operator(object, name)
        && !name.starts_with("cm-acme-http-solver")
}

/// Whether some Service stands in the scope of an object and, as far as both say, in its namespace.
fn has_services_beside(cx: &Context<'_>, object: &Object) -> bool {
    let inventory = cx.inventory;
    let own = inventory.namespace(object);
    let what = "whether a Service is of the same namespace";
    *inventory.shared(object, what, String::new(), || {
        inventory.objects().any(|other| {
            matches!(other.body(), Body::Service(_))
                && inventory.same_scope(other, object)
                && inventory.namespace(other) == own
        })
    })
}

/// Whether a Service certainly has no such port.
fn lacks_port(cx: &Context<'_>, service: &Object, port: &Port<'_>) -> bool {
    let Body::Service(typed) = service.body() else {
        return false;
    };
    let Some(spec) = &typed.spec else {
        return false;
    };
    let key = service.number().to_string();
    let ports = cx.inventory.shared(service, "ports of a Service", key, || {
        Ports::of(cx, service, spec)
    });
    !ports.is_open
        && match port {
            Port::Number(number) => !ports.numbers.contains(number),
            Port::Name(name) => !ports.names.contains(*name),
            Port::None => false,
        }
}

/// `None` where what is not in view may well bring the Service.
fn missing_service<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    backend: &Backend<'_>,
) -> Option<Report<'a>> {
    let name = backend.name;
    let inventory = cx.inventory;
    let what = "Services next to an object";
    let beside = inventory.shared(object, what, String::new(), || {
        let beside = inventory.objects().filter(|other| {
            matches!(other.body(), Body::Service(_))
                && inventory.same_scope(other, object)
                && inventory.same_namespace(other, object)
        });
        beside.map(Object::number).collect::<Vec<u32>>()
    });
    let beside = || beside.iter().filter_map(|it| inventory.numbered(*it));
    let near = suggest(name, beside().map(Object::name));
    if near.is_none() && cx.inventory.is_completed_elsewhere(object) {
        return None;
    }
    // Without a namespace, an object of another file may be meant for another one.
    let is_certain = near.is_some()
        || cx.inventory.namespace(object).is_some()
        || beside().any(|it| it.source() == object.source());
    let severity = if is_certain {
        Severity::Warning
    } else {
        Severity::Note
    };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("name a Service of this namespace, or add the Service `{name}`"),
    };
    let message = format!(
        "no Service `{name}` is in view next to this {}: requests of this route fail",
        object.kind()
    );
    let report = Report::object(object, backend.name_node, message);
    Some(report.severity(severity).help(help))
}

fn missing_port<'a>(object: &'a Object, backend: &Backend<'_>, service: &Object) -> Report<'a> {
    let Body::Service(typed) = service.body() else {
        return Report::object(object, backend.name_node, String::new());
    };
    let spec = typed.spec.as_ref();
    let ports = spec
        .and_then(|spec| spec.ports.as_deref())
        .unwrap_or_default();
    let shown: Vec<String> = ports
        .iter()
        .take(FEW)
        .map(|port| match &port.name {
            Some(name) => format!("{} (`{name}`)", port.port),
            None => port.port.to_string(),
        })
        .collect();
    let wanted = match backend.port {
        Port::Number(number) => number.to_string(),
        Port::Name(name) => format!("named `{name}`"),
        Port::None => String::new(),
    };
    let message = format!(
        "no port {wanted} in Service `{}`: requests of this route fail",
        backend.name
    );
    let place = backend.port_node.unwrap_or(backend.name_node);
    let listed = service.node().at(&["spec", "ports"]);
    Report::object(object, place, message)
        .help(format!(
            "routes name a port of the Service, not of the container; it has {}",
            and_more(&shown, ports.len())
        ))
        .related(
            service,
            listed.unwrap_or_else(|| service.name_node()),
            "the ports of the Service",
        )
}
