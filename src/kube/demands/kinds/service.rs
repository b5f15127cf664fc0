//! Services (`pkg/apis/core/validation/validation.go`, 1.37: `validateService` and what it calls;
//! `pkg/registry/core/service/storage/alloc.go`: `initIPFamilyFields`).

use std::collections::BTreeSet;

use super::super::Judge;
use super::super::judge::shown;
use super::{address, forbidden, form, range, text_or, texts};
use crate::kube::check::forms;
use crate::kube::object::Field;
use crate::yaml::Node;

fn is_service(judge: &Judge<'_>) -> bool {
    judge.kind() == "Service"
}

/// The type of the Service; `None` where it is not known.
fn service_type<'t>(judge: &Judge<'t>, spec: Node<'t>) -> Option<&'t str> {
    text_or(judge, spec, "type", "ClusterIP")
}

/// Whether it has no address of its own; `None` where that is not known.
fn is_headless<'t>(judge: &Judge<'t>, spec: Node<'t>) -> Option<bool> {
    let first = match judge.field(spec, "clusterIPs") {
        Field::Absent => "",
        Field::Unknown(_) => return None,
        Field::Set(_) => texts(judge, spec, "clusterIPs")
            .first()
            .map_or("", |(_, text)| text),
    };
    Some(first == "None" || text_or(judge, spec, "clusterIP", "")? == "None")
}

/// `spec` as a whole: what each type needs and excludes.
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let (Some(kind), Some(headless)) = (service_type(judge, spec), is_headless(judge, spec)) else {
        return;
    };
    if !is_service(judge) {
        return;
    }
    let is_external_name = kind == "ExternalName";
    if judge.lacks(spec, "ports") && !headless && !is_external_name {
        judge.missing(spec, "ports", "the Service has no `ports`");
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        let field = ["clusterIP", "clusterIPs"].iter();
        let place = field.clone().find_map(|field| spec.entry(field));
        if let Some(entry) = place {
            judge.wrong(
                entry.value,
                format!("a Service of type {kind} cannot be headless"),
            );
        }
    }
    if is_external_name {
        if judge.lacks(spec, "externalName") {
            judge.missing(
                spec,
                "externalName",
                "type ExternalName needs `externalName`",
            );
        }
        let is_name = |text: &str| forms::is_dns_subdomain(text.strip_suffix('.').unwrap_or(text));
        form(judge, spec, "externalName", is_name, "a DNS name");
        for field in ["clusterIP", "clusterIPs"] {
            if judge.has(spec, field) {
                forbidden(judge, spec, field, "does not apply to type ExternalName");
            }
        }
        for field in ["ipFamilies", "ipFamilyPolicy"] {
            forbidden(judge, spec, field, "does not apply to type ExternalName");
        }
    }
    traffic(judge, spec, kind);
    affinity(judge, spec);
}

/// Fields of load balancers and node ports.
fn traffic<'t>(judge: &mut Judge<'t>, spec: Node<'t>, kind: &str) {
    let is_balancer = kind == "LoadBalancer";
    if !is_balancer {
        for field in [
            "loadBalancerClass",
            "loadBalancerSourceRanges",
            "allocateLoadBalancerNodePorts",
        ] {
            if judge.has(spec, field) {
                forbidden(judge, spec, field, "applies to type LoadBalancer only");
            }
        }
    }
    let qualified = |text: &str| forms::is_qualified_name(text);
    form(
        judge,
        spec,
        "loadBalancerClass",
        qualified,
        "a name such as example.com/class",
    );
    for (node, text) in texts(judge, spec, "loadBalancerSourceRanges") {
        address(judge, node, text.trim(), forms::is_cidr, "an address range");
    }
    // An external address makes a ClusterIP Service reachable from outside, too.
    let is_external = matches!(kind, "NodePort" | "LoadBalancer")
        || kind == "ClusterIP" && judge.has(spec, "externalIPs");
    if !is_external && judge.has(spec, "externalTrafficPolicy") {
        forbidden(
            judge,
            spec,
            "externalTrafficPolicy",
            &format!("does not apply to type {kind}"),
        );
    }
    let needs_check = is_balancer && judge.text(spec, "externalTrafficPolicy") == Some("Local");
    if !needs_check
        && !judge.field(spec, "externalTrafficPolicy").is_unknown()
        && judge
            .int(spec, "healthCheckNodePort")
            .is_some_and(|port| port != 0)
    {
        forbidden(
            judge,
            spec,
            "healthCheckNodePort",
            "needs type LoadBalancer and `externalTrafficPolicy: Local`",
        );
    }
    range(judge, spec, "healthCheckNodePort", 0, 65_535);
}

/// What belongs to `sessionAffinity`.
fn affinity<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let Some(affinity) = text_or(judge, spec, "sessionAffinity", "None") else {
        return;
    };
    let Some(config) = judge.get(spec, "sessionAffinityConfig") else {
        return;
    };
    // Without affinity the configuration is dropped (`SetDefaults_Service`).
    if affinity == "ClientIP"
        && let Some(client) = judge.get(config, "clientIP")
    {
        range(judge, client, "timeoutSeconds", 1, 86_400);
    }
}

/// Names and numbers that are unique among the ports.
pub(super) fn ports<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if !is_service(judge) {
        return;
    }
    let items: Vec<Node<'t>> = judge.items(spec, "ports").collect();
    let written = judge
        .get(spec, "ports")
        .map_or(0, |list| list.items().count());
    let is_cluster_ip = service_type(judge, spec) == Some("ClusterIP");
    let list = judge.get(spec, "ports");
    let void = list.and_then(|list| list.items().find(|item| item.is_null()));
    if let Some(void) = void {
        judge.wrong(void, "an item of `ports` is null");
    }
    let (mut names, mut numbers, mut node_ports) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for port in items {
        let number = judge.int(port, "port");
        if written > 1 && judge.lacks(port, "name") {
            let which = number.map_or("a port".to_owned(), |number| format!("port {number}"));
            judge.missing(
                port,
                "name",
                format!("{which} has no `name`, which several ports need"),
            );
        }
        if let Some(name) = judge.text(port, "name")
            && !name.is_empty()
            && !names.insert(name)
            && let Some(node) = judge.get(port, "name")
        {
            judge.wrong(node, format!("two ports are named {}", shown(name)));
        }
        let Some(protocol) = text_or(judge, port, "protocol", "TCP") else {
            continue;
        };
        if let (Some(number), Some(node)) = (number, judge.get(port, "port"))
            && !numbers.insert((protocol, number))
        {
            judge.wrong(node, format!("port {number} of {protocol} is given twice"));
        }
        let Some((node_port, node)) = judge
            .int(port, "nodePort")
            .filter(|port| *port != 0)
            .zip(judge.get(port, "nodePort"))
        else {
            continue;
        };
        if !node_ports.insert((protocol, node_port)) {
            judge.wrong(node, format!("nodePort {node_port} is given twice"));
        }
        if is_cluster_ip {
            judge
                .wrong(node, "`nodePort` does not apply to type ClusterIP")
                .rests_on(spec, "type")
                .help("set `type: NodePort`, or remove `nodePort`");
        }
    }
}

/// One port.
pub(super) fn port<'t>(judge: &mut Judge<'t>, port: Node<'t>) {
    if is_service(judge) {
        let qualified = |text: &str| forms::is_qualified_name(text);
        form(
            judge,
            port,
            "appProtocol",
            qualified,
            "a name such as kubernetes.io/h2c",
        );
    }
}

/// Addresses and their families.
pub(super) fn addresses<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if !is_service(judge) || service_type(judge, spec) == Some("ExternalName") {
        return;
    }
    if let Some(node) = judge.get(spec, "clusterIP")
        && let Some(text) = judge.text_of(node)
        && !matches!(text, "" | "None")
    {
        address(judge, node, text, forms::is_ip, "an IP address or `None`");
    }
    let list = texts(judge, spec, "clusterIPs");
    for (node, text) in &list {
        if !(*text == "None" && list.len() == 1) {
            address(judge, *node, text, forms::is_ip, "an IP address");
        }
    }
    if list.len() > 2
        && let Some((node, _)) = list.get(2)
    {
        judge.wrong(*node, "`clusterIPs` takes at most 2 addresses");
    }
    if let (Some((node, first)), Some(single)) = (list.first(), judge.text(spec, "clusterIP"))
        && !single.is_empty()
        && *first != single
    {
        judge.wrong(*node, "the first of `clusterIPs` differs from `clusterIP`");
    }
    if let Some((node, _)) = list.first()
        && judge.lacks(spec, "clusterIP")
    {
        judge
            .wrong(*node, "`clusterIPs` without `clusterIP`")
            .absence(spec, "clusterIP");
    }
    for (node, text) in texts(judge, spec, "externalIPs") {
        address(judge, node, text, forms::is_ip, "an IP address");
        if let Ok(ip) = text.parse()
            && let Some(why) = super::endpoints::special(ip)
        {
            judge.wrong(node, format!("{} is {why}", shown(text)));
        }
    }
    families(judge, spec);
    let families = texts(judge, spec, "ipFamilies");
    for ((node, text), (_, family)) in list.iter().zip(families) {
        if let Ok(ip) = text.parse::<std::net::IpAddr>()
            && ip.is_ipv4() != (family == "IPv4")
        {
            judge
                .wrong(
                    *node,
                    format!("{} is not of the family {family}", shown(text)),
                )
                .rests_on(spec, "ipFamilies");
        }
    }
}

fn families<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let mut seen = BTreeSet::new();
    let families = texts(judge, spec, "ipFamilies");
    for (node, family) in &families {
        if !seen.insert(*family) {
            judge.wrong(*node, format!("`ipFamilies` has {family} twice"));
        }
    }
    let policy = text_or(judge, spec, "ipFamilyPolicy", "SingleStack");
    if families.len() > 1
        && policy == Some("SingleStack")
        && !judge.field(spec, "ipFamilyPolicy").is_absent()
        && let Some(node) = judge.get(spec, "ipFamilyPolicy")
    {
        judge.wrong(node, "SingleStack does not take two `ipFamilies`");
    }
}
