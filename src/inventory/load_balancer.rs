//! Which load balancers send requests to a workload's pods.

use std::collections::{HashMap, HashSet};

use super::matching::{Asking, Related};
use super::routes::collect_backends;
use super::{Entry, Evidence, Inventory, Membership, ObjectId, Relation, may_share_namespace};
use crate::kube::{Body, GatewayClass, IngressClass, LoadBalancer, Workload};
use crate::yaml::{Node, NodeId};

/// What says that a load balancer stands before a Service: the Service itself, or an Ingress that
/// names it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    load_balancer: LoadBalancer,
    object: ObjectId,
    node: NodeId,
}

/// Load balancers by the Service that they lead to.
#[derive(Debug, Default)]
pub(super) struct LoadBalancers {
    by_service: HashMap<ObjectId, Vec<Mark>>,
}

impl LoadBalancers {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut services: HashMap<&str, Vec<(ObjectId, &Entry)>> = HashMap::new();
        let mut controllers: HashMap<&str, &str> = HashMap::new();
        let mut found = Self::default();
        for (id, entry) in inventory.whole() {
            match entry.object.body() {
                Body::Service(_) => {
                    let named = services.entry(entry.object.name()).or_default();
                    named.push((id, entry));
                    if let Some((load_balancer, node)) = LoadBalancer::of_service(&entry.object) {
                        found.mark(id, load_balancer, id, node.id());
                    }
                }
                Body::IngressClass(class) => {
                    let spec = class.spec.as_ref();
                    if let Some(controller) = spec.and_then(|spec| spec.controller.as_deref()) {
                        controllers.insert(entry.object.name(), controller);
                    }
                }
                _ => {}
            }
        }
        found.add_gateways(inventory, &services);
        for (id, entry) in inventory.whole() {
            let object = &entry.object;
            let routes_of_traefik = matches!(object.group(), "traefik.io" | "traefik.containo.us");
            let (class, node, keys): (_, _, &[&str]) = if matches!(object.body(), Body::Ingress(_))
            {
                let controller_of = |class: &str| controllers.get(class).copied();
                let Some((class, node)) = IngressClass::of(object, controller_of) else {
                    continue;
                };
                (class, node, &["service", "serviceName"])
            } else if routes_of_traefik && object.kind() == "IngressRoute" {
                let class = IngressClass::Known(LoadBalancer::Traefik);
                (class, object.name_node(), &["services"])
            } else {
                continue;
            };
            for name in backends_of(entry, keys) {
                for (service, other) in services.get(name.as_str()).into_iter().flatten() {
                    let relation = inventory.relate(id, *service, true);
                    let is_near = relation.is_some_and(Relation::is_near);
                    if is_near
                        && may_share_namespace(entry, other)
                        && let Some((before, node)) = class.before(object, node, &other.object)
                    {
                        found.mark(*service, before, id, node.id());
                    }
                }
            }
        }
        found
    }

    /// Services that routes of a Gateway lead to, by the class of the Gateway.
    fn add_gateways(
        &mut self,
        inventory: &Inventory,
        services: &HashMap<&str, Vec<(ObjectId, &Entry)>>,
    ) {
        let gateways = gateways(inventory);
        let target_groups = target_groups(inventory);
        for (_, route) in inventory.whole().filter(|_| !gateways.is_empty()) {
            if !matches!(route.object.kind(), "HTTPRoute" | "GRPCRoute") {
                continue;
            }
            let parents = route.object.node().at(&["spec", "parentRefs"]);
            let parents = parents
                .into_iter()
                .flat_map(Node::items)
                .map(Node::resolved);
            let mut classes: Vec<(ObjectId, GatewayClass, NodeId)> = Vec::new();
            for parent in parents {
                let namespace = parent.get("namespace").and_then(Node::text);
                let named = parent.get("name").and_then(Node::text);
                let gateway = named
                    .and_then(|name| gateways.get(name))
                    .into_iter()
                    .flatten();
                let mut gateway = gateway.filter(|(_, gateway, ..)| match namespace {
                    Some(namespace) => gateway.namespace.as_deref() == Some(namespace),
                    None => gateway.scope == route.scope && may_share_namespace(gateway, route),
                });
                // The first of a class tells as much as all of it.
                if let Some((id, _, class, node)) = gateway.next()
                    && classes.iter().all(|(_, known, _)| known != class)
                {
                    classes.push((*id, *class, *node));
                }
            }
            let backends = if classes.is_empty() {
                Vec::new()
            } else {
                backends_of(route, &["backendRefs"])
            };
            let behind = backends
                .iter()
                .filter_map(|name| services.get(name.as_str()));
            let behind = behind.flatten().filter(|(_, other)| {
                route.scope == other.scope && may_share_namespace(route, other)
            });
            for (service, other) in behind {
                for (id, class, node) in &classes {
                    let before = match class {
                        GatewayClass::Known(found) => Some(*found),
                        GatewayClass::Alb => target_group(&target_groups, other),
                    };
                    if let Some(before) = before {
                        self.mark(*service, before, *id, *node);
                    }
                }
            }
        }
    }

    fn mark(
        &mut self,
        service: ObjectId,
        load_balancer: LoadBalancer,
        object: ObjectId,
        node: NodeId,
    ) {
        let marks = self.by_service.entry(service).or_default();
        // The first tells as much as all that are alike.
        if marks.iter().all(|mark| mark.load_balancer != load_balancer) {
            marks.push(Mark {
                load_balancer,
                object,
                node,
            });
        }
    }
}

/// A Gateway, with its class and the node of that.
type KnownGateway<'a> = (ObjectId, &'a Entry, GatewayClass, NodeId);

/// The Gateways whose class is known, by name.
fn gateways(inventory: &Inventory) -> HashMap<&str, Vec<KnownGateway<'_>>> {
    let mut gateways: HashMap<&str, Vec<KnownGateway<'_>>> = HashMap::new();
    let controllers = gateway_controllers(inventory);
    for (id, entry) in inventory.whole() {
        let object = &entry.object;
        if object.kind() == "Gateway"
            && object.group() == "gateway.networking.k8s.io"
            && let Some(class) = object.node().at(&["spec", "gatewayClassName"])
            && let Some(name) = class.text()
            && let Some(found) = GatewayClass::of(name, controllers.get(name).copied())
        {
            let named = gateways.entry(object.name()).or_default();
            named.push((id, entry, found, class.id()));
        }
    }
    gateways
}

/// The controllers of the GatewayClasses in view, by the name of the class.
fn gateway_controllers(inventory: &Inventory) -> HashMap<&str, &str> {
    let classes = inventory.whole().map(|(_, entry)| &entry.object);
    let classes = classes.filter(|object| object.kind() == "GatewayClass");
    classes
        .filter_map(|object| {
            let controller = object.node().at(&["spec", "controllerName"])?.text()?;
            Some((object.name(), controller))
        })
        .collect()
}

/// The TargetGroupConfigurations by the Service that they are for.
fn target_groups(inventory: &Inventory) -> HashMap<&str, Vec<&Entry>> {
    let mut found: HashMap<&str, Vec<&Entry>> = HashMap::new();
    let all = inventory.whole().map(|(_, entry)| entry);
    for entry in all.filter(|entry| entry.object.kind() == "TargetGroupConfiguration") {
        let target = entry.object.node().at(&["spec", "targetReference", "name"]);
        if let Some(service) = target.and_then(Node::text) {
            found.entry(service).or_default().push(entry);
        }
    }
    found
}

/// The ALB in front of a Service, where a TargetGroupConfiguration of the Service makes pods its targets.
fn target_group(known: &HashMap<&str, Vec<&Entry>>, service: &Entry) -> Option<LoadBalancer> {
    let named = known.get(service.object.name()).into_iter().flatten();
    let mut own =
        named.filter(|entry| entry.scope == service.scope && may_share_namespace(entry, service));
    own.find_map(|entry| LoadBalancer::of_target_group(&entry.object))
}

/// The Services that an object names, each once.
fn backends_of(route: &Entry, keys: &[&str]) -> Vec<String> {
    let mut names = HashSet::new();
    if let Some(spec) = route.object.node().get("spec") {
        collect_backends(spec, keys, &mut names);
    }
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names
}

impl Inventory {
    /// The load balancers that send requests straight to the workload's pods, each once, with what
    /// says so first: a Service of the same scope that selects the pods, or an Ingress of the same
    /// scope that leads to such a Service.
    pub fn load_balancers<'a>(
        &'a self,
        workload: Workload<'a>,
    ) -> Vec<(LoadBalancer, Evidence<'a>)> {
        let mut found: Vec<(LoadBalancer, Evidence<'a>)> = Vec::new();
        let mesh = self.mesh(workload);
        if mesh.membership == Membership::Ambient
            && let Some(evidence) = mesh.evidence
        {
            found.push((LoadBalancer::Ztunnel, evidence));
        }
        let Some(selecting) = self.selecting(workload) else {
            return found;
        };
        let balanced = selecting
            .balanced
            .get_or_init(|| self.first_balanced(&selecting.services));
        for (service, _) in self.nearest_first(balanced, workload.object(), Asking::Target) {
            let marks = self
                .id(service)
                .and_then(|id| self.load_balancers.by_service.get(&id));
            for mark in marks.into_iter().flatten() {
                let is_known = found.iter().any(|(known, _)| *known == mark.load_balancer);
                let Some(entry) = self.get(mark.object).filter(|_| !is_known) else {
                    continue;
                };
                let evidence = Evidence {
                    object: &entry.object,
                    node: entry.object.node_of(mark.node),
                    message: format!("{} leads to the pods", mark.load_balancer.as_str()),
                };
                found.push((mark.load_balancer, evidence));
            }
        }
        found
    }

    /// Of the Services those behind load balancers, of each file the first for each kind of them.
    fn first_balanced(&self, services: &[Related]) -> Vec<Related> {
        let mut known = HashSet::new();
        let firm = services.iter().filter(|(_, relation)| relation.is_firm());
        firm.filter(|(id, _)| {
            let source = self.get(*id).map(|entry| entry.object.source());
            let marks = self.load_balancers.by_service.get(id).into_iter().flatten();
            let new = marks.filter(|mark| known.insert((source, mark.load_balancer)));
            new.count() > 0
        })
        .copied()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::settings::Settings;
    use crate::source::{NewSource, Role, Scope, Sources};

    const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
";

    fn service(metadata: &str, spec: &str) -> String {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web{metadata}}}\n\
             spec: {{selector: {{app: web}}, ports: [{{port: 80}}]{spec}}}\n"
        )
    }

    fn ingress(metadata: &str, spec: &str) -> String {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web{metadata}}}\n\
             spec: {{defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}{spec}}}\n"
        )
    }

    fn found(files: &[(&str, &str)]) -> Vec<(LoadBalancer, String)> {
        let mut sources = Sources::default();
        for (scope, text) in files {
            sources.push(NewSource {
                path: format!("{scope}/a.yaml"),
                root_path: format!("{scope}/a.yaml"),
                text: Arc::from(*text),
                invalid_utf8: None,
                role: Role::Named,
                scope: Scope(Arc::from(*scope)),
            });
        }
        let inventory = Inventory::read(&sources, &Settings::default());
        let workload = inventory.workloads().next().expect("a workload");
        inventory
            .load_balancers(workload)
            .into_iter()
            .map(|(kind, evidence)| (kind, evidence.object.kind().to_owned()))
            .collect()
    }

    fn in_one_file(others: &[String]) -> Vec<LoadBalancer> {
        let text = format!("{DEPLOYMENT}{}", others.concat());
        let found = found(&[("", &text)]);
        found.into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn marks_of_services() {
        let annotated = |annotation: &str, spec: &str| {
            in_one_file(&[service(&format!(", annotations: {{{annotation}}}"), spec)])
        };
        let neg = r#"cloud.google.com/neg: '{"ingress": true}'"#;
        assert_eq!(annotated(neg, ""), [LoadBalancer::GkeNeg]);
        let target = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type";
        let exposed = ", type: LoadBalancer";
        let nlb = |to_pods, seconds| [("AWS Network Load Balancer", to_pods, seconds)];
        let annotated_nlb = |annotation: &str, spec: &str| -> Vec<(&str, bool, u64)> {
            let found = annotated(annotation, spec).into_iter();
            found
                .map(|it| {
                    (
                        it.as_str(),
                        it.aws_pod_checks().is_some(),
                        it.removal().as_secs(),
                    )
                })
                .collect()
        };
        assert_eq!(
            annotated_nlb(&format!("{target}: ip"), exposed),
            nlb(true, 30)
        );
        assert_eq!(annotated(&format!("{target}: ip"), ""), []);
        let checks = "service.beta.kubernetes.io/aws-load-balancer-healthcheck-interval: '5'";
        let local = ", type: LoadBalancer, externalTrafficPolicy: Local";
        let instance = format!("{target}: instance, {checks}");
        assert_eq!(annotated_nlb(&instance, local), nlb(false, 10));
        assert_eq!(
            annotated_nlb(&instance, exposed),
            [],
            "every node answers for the pods of the others"
        );
        let in_tree = "service.beta.kubernetes.io/aws-load-balancer-type: nlb";
        assert_eq!(
            annotated(in_tree, exposed),
            [],
            "every node answers for the pods of the others"
        );
        assert_eq!(annotated_nlb(in_tree, local), nlb(false, 20));
    }

    #[test]
    fn nodes_are_asked_where_traffic_stays_local() {
        let local = ", type: LoadBalancer, externalTrafficPolicy: Local";
        let azure = "service.beta.kubernetes.io/azure-load-balancer-";
        let probe = format!("{azure}health-probe-");
        let ocean = "service.beta.kubernetes.io/do-loadbalancer-";
        let aws = "service.beta.kubernetes.io/aws-load-balancer-";
        let seconds = |annotations: &str| {
            let found =
                in_one_file(&[service(&format!(", annotations: {{{annotations}}}"), local)]);
            let found = found.first()?;
            assert!(matches!(found, LoadBalancer::NodeChecks(_)));
            Some(found.removal().as_secs())
        };
        assert_eq!(seconds("a: b"), None, "no number is known");
        for (annotations, expected) in [
            (format!("{azure}internal: 'true'"), Some(10)),
            (
                format!("{probe}interval: '5', {probe}num-of-probe: '4'"),
                Some(20),
            ),
            (
                format!(
                    "{azure}internal: 'true', service.beta.kubernetes.io/port_80_health-probe_interval: '9'"
                ),
                None,
            ),
            (format!("{ocean}protocol: http"), Some(9)),
            (
                format!("{ocean}healthcheck-check-interval-seconds: '10'"),
                Some(30),
            ),
            (
                format!("{aws}connection-draining-enabled: 'true'"),
                Some(60),
            ),
            (
                format!("{aws}connection-draining-enabled: 'true', {aws}healthcheck-interval: '5'"),
                Some(30),
            ),
            (format!("{aws}scheme: internal"), Some(20)),
        ] {
            assert_eq!(seconds(&annotations), expected, "{annotations}");
        }
    }

    #[test]
    fn an_alb_asks_the_nodes_where_traffic_stays_local() {
        let local = ", type: NodePort, externalTrafficPolicy: Local";
        let alb = |annotations: &str, spec: &str| {
            let annotations = format!(", annotations: {{a: b{annotations}}}");
            let found = in_one_file(&[
                service("", spec),
                ingress(&annotations, ", ingressClassName: alb"),
            ]);
            let seconds = |it: &LoadBalancer| (it.as_str(), it.removal().as_secs());
            found.first().map(seconds)
        };
        let asks = "load balancer with externalTrafficPolicy Local";
        assert_eq!(alb("", local), Some((asks, 30)));
        let prefix = "alb.ingress.kubernetes.io/";
        let checks = format!(", {prefix}healthcheck-interval-seconds: '5'");
        assert_eq!(alb(&checks, local), Some((asks, 10)));
        assert_eq!(alb("", ", type: NodePort"), None);
        let ip = format!(", {prefix}target-type: ip");
        assert_eq!(
            alb(&ip, local),
            Some(("AWS load balancer with ip targets", 15))
        );
    }

    #[test]
    fn a_gateway_of_another_class_is_known_by_its_controller() {
        let gateway = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n\
                       metadata: {name: outer}\nspec: {gatewayClassName: shared}\n";
        let route = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n\
                     metadata: {name: web}\nspec: {parentRefs: [{name: outer}], \
                     rules: [{backendRefs: [{name: web, port: 80}]}]}\n";
        let with = |controller: &str, more: &str| {
            let class = format!(
                "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\n\
                 metadata: {{name: shared}}\nspec: {{controllerName: {controller}}}\n"
            );
            let others = [
                service("", ""),
                gateway.to_owned(),
                route.to_owned(),
                class,
                more.to_owned(),
            ];
            in_one_file(&others)
        };
        assert_eq!(
            with("networking.gke.io/gateway", ""),
            [LoadBalancer::GkeNeg]
        );
        assert_eq!(
            with("traefik.io/gateway-controller", ""),
            [LoadBalancer::Traefik]
        );
        assert_eq!(
            with("gateway.envoyproxy.io/gatewayclass-controller", ""),
            []
        );
        assert_eq!(
            with("gateway.k8s.aws/alb", ""),
            [],
            "instance targets by default"
        );
        let group = "---\napiVersion: gateway.k8s.aws/v1\nkind: TargetGroupConfiguration\n\
                     metadata: {name: web}\nspec: {targetReference: {name: web}, \
                     defaultConfiguration: {targetType: ip, healthCheckConfig: {healthCheckInterval: 5}}}\n";
        let found = with("gateway.k8s.aws/alb", group);
        let checks = found.first().and_then(|it| it.aws_pod_checks());
        assert_eq!(checks.map(|it| (it.interval, it.healthy)), Some((5, 3)));
    }

    #[test]
    fn a_gke_gateway_leads_to_the_services_of_its_routes() {
        let gateway = |class: &str| {
            format!(
                "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n\
                 metadata: {{name: outer}}\nspec: {{gatewayClassName: {class}}}\n"
            )
        };
        let route = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n\
                     metadata: {name: web}\nspec: {parentRefs: [{name: outer}], \
                     rules: [{backendRefs: [{name: web, port: 80}]}]}\n";
        let with = |class: &str| in_one_file(&[service("", ""), gateway(class), route.to_owned()]);
        assert_eq!(with("gke-l7-rilb"), [LoadBalancer::GkeNeg]);
        assert_eq!(with("istio"), []);
    }

    #[test]
    fn classes_of_ingresses() {
        let classed = |class: &str| {
            in_one_file(&[
                service("", ""),
                ingress("", &format!(", ingressClassName: {class}")),
            ])
        };
        assert_eq!(classed("nginx"), [LoadBalancer::NginxIngress]);
        assert_eq!(classed("nginx-internal"), [LoadBalancer::NginxIngress]);
        assert_eq!(classed("azure-application-gateway"), [LoadBalancer::Agic]);
        assert_eq!(classed("gce"), [LoadBalancer::GkeNeg]);
        assert_eq!(classed("alb"), [], "instance targets unless told otherwise");
        assert_eq!(classed("traefik"), [LoadBalancer::Traefik]);
        assert_eq!(classed("haproxy"), []);
        assert_eq!(classed("${CLASS}"), []);
    }

    #[test]
    fn an_ingress_class_in_view_says_whose_it_is() {
        let class = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\n\
                     metadata: {name: nginx}\nspec: {controller: example.com/own}\n";
        let ingress = ingress("", ", ingressClassName: nginx");
        assert_eq!(
            in_one_file(&[service("", ""), ingress, class.to_owned()]),
            []
        );
    }

    #[test]
    fn annotations_of_ingresses() {
        let annotated = |annotation: &str, spec: &str| {
            let annotation = format!(", annotations: {{{annotation}}}");
            in_one_file(&[service("", ""), ingress(&annotation, spec)])
        };
        let ip = "alb.ingress.kubernetes.io/target-type: ip";
        for class in ["", ", ingressClassName: alb", ", ingressClassName: public"] {
            let found = annotated(ip, class);
            assert!(
                matches!(found.as_slice(), [LoadBalancer::AwsIpTarget(_)]),
                "{class}"
            );
        }
        let rewrite = "nginx.ingress.kubernetes.io/rewrite-target: /";
        assert_eq!(annotated(rewrite, ""), [LoadBalancer::NginxIngress]);
        assert_eq!(
            annotated(rewrite, ", ingressClassName: traefik"),
            [LoadBalancer::Traefik]
        );
    }

    #[test]
    fn another_scope_says_nothing() {
        let local = format!("{DEPLOYMENT}{}", service("", ""));
        let other = ingress("", ", ingressClassName: nginx");
        assert_eq!(found(&[("a", &local), ("b", &other)]), []);
        let one = format!("{local}{other}");
        assert_eq!(
            found(&[("a", &one)]),
            [(LoadBalancer::NginxIngress, "Ingress".to_owned())]
        );
    }
}
