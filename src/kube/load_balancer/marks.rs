//! The marks by which a load balancer is known.

use serde::Deserialize;

use super::{Checks, LoadBalancer};
use crate::kube::object::Object;
use crate::yaml::Node;

/// Annotations of the AWS controllers for Services.
const AWS: &str = "service.beta.kubernetes.io/aws-load-balancer-";
const AZURE: &str = "service.beta.kubernetes.io/azure-";
const DIGITAL_OCEAN: &str = "service.beta.kubernetes.io/do-loadbalancer-";
/// Annotations of the AWS Load Balancer Controller for Ingresses and their Services.
const ALB: &str = "alb.ingress.kubernetes.io/";

/// What an Ingress's class says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IngressClass {
    /// An ALB, with targets of either type.
    Alb,
    /// One that is known by its class.
    Known(LoadBalancer),
}

/// What a Gateway's class says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayClass {
    /// An ALB: a TargetGroupConfiguration may make pods its targets.
    Alb,
    /// One that is known by its class.
    Known(LoadBalancer),
}

impl GatewayClass {
    /// The one of a class of this name, whose GatewayClass names this controller where it is in view.
    pub fn of(name: &str, controller: Option<&str>) -> Option<Self> {
        match controller {
            Some("networking.gke.io/gateway") => Some(Self::Known(LoadBalancer::GkeNeg)),
            Some("gateway.k8s.aws/alb") => Some(Self::Alb),
            Some("traefik.io/gateway-controller") => Some(Self::Known(LoadBalancer::Traefik)),
            None if name.starts_with("gke-l7-") => Some(Self::Known(LoadBalancer::GkeNeg)),
            None if name == "traefik" => Some(Self::Known(LoadBalancer::Traefik)),
            Some(_) | None => None,
        }
    }
}

impl IngressClass {
    /// What an Ingress asks for by a node of its own: its class, else an annotation that only one
    /// controller reads. `controller_of` answers `spec.controller` of the IngressClass of a name, where
    /// one is in view.
    pub fn of<'a>(
        ingress: &'a Object,
        controller_of: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<(Self, Node<'a>)> {
        let class = ingress
            .annotation("kubernetes.io/ingress.class")
            .or_else(|| ingress.node().at(&["spec", "ingressClassName"]));
        let classed = class.and_then(|node| {
            let name = node.as_str()?;
            let found = controller_of(name).map_or_else(|| of_class_name(name), of_controller)?;
            Some((found, node))
        });
        // A class may have any name, and the target type means nothing to other controllers.
        let targets = ingress.annotation(&format!("{ALB}target-type"));
        let targets = targets.map(|node| (Self::Alb, node));
        let by_prefix = |prefix, found| Some((Self::Known(found), of_prefix(ingress, prefix)?));
        match (classed, class) {
            (Some(found), _) => Some(found),
            (None, Some(_)) => targets,
            (None, None) => targets
                .or_else(|| by_prefix("nginx.ingress.kubernetes.io/", LoadBalancer::NginxIngress))
                .or_else(|| by_prefix("appgw.ingress.kubernetes.io/", LoadBalancer::Agic))
                .or_else(|| by_prefix("traefik.ingress.kubernetes.io/", LoadBalancer::Traefik)),
        }
    }

    /// The load balancer of an Ingress of this class in front of a Service, and what says so: `class` is
    /// the node of the class.
    pub fn before<'a>(
        self,
        ingress: &'a Object,
        class: Node<'a>,
        service: &Object,
    ) -> Option<(LoadBalancer, Node<'a>)> {
        if let Self::Known(found) = self {
            return Some((found, class));
        }
        let key = format!("{ALB}target-type");
        // What the Service says counts for its own target group.
        let own = service.annotation(&key).and_then(Node::as_str);
        let targets = ingress.annotation(&key);
        let kind = own.or_else(|| targets.and_then(Node::as_str));
        let checks = alb_checks(&[service, ingress]);
        match kind {
            Some("ip") => {
                let node = targets.filter(|_| own.is_none()).unwrap_or(class);
                Some((LoadBalancer::AwsIpTarget(checks), node))
            }
            Some("instance") | None if targets.is_none() || kind.is_some() => {
                is_local(service).then_some((LoadBalancer::NodeChecks(checks), class))
            }
            _ => None,
        }
    }
}

/// The health check of an ALB's target group, by the annotations of the first object that has them
/// (`docs/guide/ingress/annotations.md` of the AWS Load Balancer Controller 3).
fn alb_checks(objects: &[&Object]) -> Checks {
    let read = |key: &str| {
        let key = format!("{ALB}{key}");
        objects
            .iter()
            .find_map(|object| number(object.annotation(&key)))
    };
    checks(
        (read("healthcheck-interval-seconds"), 15),
        (read("unhealthy-threshold-count"), 2),
        (read("healthy-threshold-count"), 2),
    )
}

/// Each number as it is written, else by default.
fn checks(
    interval: (Option<u32>, u32),
    unhealthy: (Option<u32>, u32),
    healthy: (Option<u32>, u32),
) -> Checks {
    let numbers = [interval, unhealthy, healthy];
    let [interval, unhealthy, healthy] = numbers.map(|(told, default)| told.unwrap_or(default));
    Checks {
        interval,
        unhealthy,
        healthy,
        is_default: numbers.iter().all(|(told, _)| told.is_none()),
    }
}

fn number(node: Option<Node<'_>>) -> Option<u32> {
    node?.text()?.trim().parse().ok()
}

fn is_local(service: &Object) -> bool {
    local(service).is_some()
}

fn local(service: &Object) -> Option<Node<'_>> {
    let policy = service.node().at(&["spec", "externalTrafficPolicy"])?;
    (policy.text() == Some("Local")).then_some(policy)
}

impl LoadBalancer {
    /// The ALB of a Gateway in front of a Service, where a TargetGroupConfiguration makes pods its
    /// targets.
    pub fn of_target_group(configuration: &Object) -> Option<Self> {
        let defaults = configuration.node().at(&["spec", "defaultConfiguration"])?;
        let is_ip = defaults.get("targetType").and_then(Node::text) == Some("ip");
        let read = |key| number(defaults.at(&["healthCheckConfig", key]));
        is_ip.then(|| {
            Self::AwsIpTarget(checks(
                (read("healthCheckInterval"), 15),
                (read("unhealthyThresholdCount"), 2),
                (read("healthyThresholdCount"), 2),
            ))
        })
    }

    /// The one that a Service asks for by its annotations.
    pub fn of_service(service: &Object) -> Option<(Self, Node<'_>)> {
        let text = |key: &str| {
            let node = service.annotation(key)?;
            Some((node, node.as_str()?))
        };
        if let Some((node, value)) = text("cloud.google.com/neg")
            && asks_for_endpoint_groups(value)
        {
            return Some((Self::GkeNeg, node));
        }
        if let Some((node, "ip")) = text("alb.ingress.kubernetes.io/target-type") {
            return Some((Self::AwsIpTarget(alb_checks(&[service])), node));
        }
        let kind = service.node().at(&["spec", "type"]).and_then(Node::as_str);
        if kind != Some("LoadBalancer") {
            return None;
        }
        of_aws_network(service).or_else(|| Some((of_nodes(service)?, local(service)?)))
    }
}

/// An AWS Network Load Balancer, where its health check is known.
fn of_aws_network(service: &Object) -> Option<(LoadBalancer, Node<'_>)> {
    let aws = |key: &str| service.annotation(&format!("{AWS}{key}"));
    let kind = aws("type").filter(|it| matches!(it.text(), Some("nlb" | "external" | "nlb-ip")));
    let class = service.node().at(&["spec", "loadBalancerClass"]);
    let class = class.filter(|it| it.text() == Some("service.k8s.aws/nlb"));
    let targets = aws("nlb-target-type");
    let node = targets.or(class).or(kind)?;
    let is_controller =
        class.is_some() || targets.is_some() || kind.is_some_and(|it| it.text() != Some("nlb"));
    let told = aws_checks(service);
    let checks = if is_controller {
        told.or_default(10, 3)
    } else if is_local(service) {
        // pkg/providers/v1/aws.go (buildNLBHealthCheckConfiguration) of cloud-provider-aws 1.34.
        told.or_default(10, 2)
    } else {
        told.or_default(told.interval?, told.unhealthy?)
    };
    let to_pods =
        targets.and_then(Node::text) == Some("ip") || kind.and_then(Node::text) == Some("nlb-ip");
    Some((LoadBalancer::AwsNlb { to_pods, checks }, node))
}

/// A load balancer that asks the nodes of a Service with `externalTrafficPolicy: Local`, where its health
/// check is known.
fn of_nodes(service: &Object) -> Option<LoadBalancer> {
    local(service)?;
    let read = |prefix: &str, key: &str| number(service.annotation(&format!("{prefix}{key}")));
    let has = |prefix: &str| of_prefix(service, prefix).is_some();
    let told = aws_checks(service);
    let checks = if has(AZURE) {
        // A port may have numbers of its own.
        if has("service.beta.kubernetes.io/port_") {
            return None;
        }
        // pkg/consts/consts.go of cloud-provider-azure 1.34.
        Told {
            interval: read(AZURE, "load-balancer-health-probe-interval"),
            unhealthy: read(AZURE, "load-balancer-health-probe-num-of-probe"),
            healthy: None,
        }
        .or_default(5, 2)
    } else if has(DIGITAL_OCEAN) {
        // docs/controllers/services/annotations.md of digitalocean-cloud-controller-manager.
        Told {
            interval: read(DIGITAL_OCEAN, "healthcheck-check-interval-seconds"),
            unhealthy: read(DIGITAL_OCEAN, "healthcheck-unhealthy-threshold"),
            healthy: None,
        }
        .or_default(3, 3)
    } else if has(&format!("{AWS}connection-draining-")) {
        // Only a Classic Load Balancer drains by it: pkg/providers/v1/aws_loadbalancer.go of
        // cloud-provider-aws 1.34.
        told.or_default(10, 6)
    } else if has(AWS) {
        // By either controller: a Classic Load Balancer takes 10 × 6 s.
        told.or_default(10, 3)
    } else {
        return None;
    };
    Some(LoadBalancer::NodeChecks(checks))
}

/// The numbers of a health check that are written.
#[derive(Clone, Copy)]
struct Told {
    interval: Option<u32>,
    unhealthy: Option<u32>,
    healthy: Option<u32>,
}

impl Told {
    /// With these defaults; as many have to pass as to fail.
    fn or_default(self, interval: u32, threshold: u32) -> Checks {
        checks(
            (self.interval, interval),
            (self.unhealthy, threshold),
            (self.healthy, threshold),
        )
    }
}

fn aws_checks(service: &Object) -> Told {
    let read = |key: &str| number(service.annotation(&format!("{AWS}healthcheck-{key}")));
    Told {
        interval: read("interval"),
        unhealthy: read("unhealthy-threshold"),
        healthy: read("healthy-threshold"),
    }
}

fn of_controller(controller: &str) -> Option<IngressClass> {
    match controller {
        "k8s.io/ingress-nginx" => Some(IngressClass::Known(LoadBalancer::NginxIngress)),
        "traefik.io/ingress-controller" => Some(IngressClass::Known(LoadBalancer::Traefik)),
        "ingress.k8s.aws/alb" => Some(IngressClass::Alb),
        "azure/application-gateway" => Some(IngressClass::Known(LoadBalancer::Agic)),
        _ => None,
    }
}

/// By the names that the controllers' own charts give their classes, and the usual variants of
/// `nginx` (`nginx-internal`, `public-nginx`) and of `traefik`.
fn of_class_name(name: &str) -> Option<IngressClass> {
    let has = |word| name.split('-').any(|it| it == word);
    match name {
        "alb" => Some(IngressClass::Alb),
        "gce" | "gce-internal" => Some(IngressClass::Known(LoadBalancer::GkeNeg)),
        "azure/application-gateway" | "azure-application-gateway" => {
            Some(IngressClass::Known(LoadBalancer::Agic))
        }
        _ if has("nginx") => Some(IngressClass::Known(LoadBalancer::NginxIngress)),
        _ if has("traefik") => Some(IngressClass::Known(LoadBalancer::Traefik)),
        _ => None,
    }
}

/// The first annotation that starts so.
fn of_prefix<'a>(object: &'a Object, prefix: &str) -> Option<Node<'a>> {
    let annotations = object.node().at(&["metadata", "annotations"])?;
    annotations
        .entries()
        .find(|entry| entry.key.key_text().starts_with(prefix))
        .map(|entry| entry.key)
}

/// `{"ingress": true}` or `{"exposed_ports": {"80": {}}}`.
fn asks_for_endpoint_groups(annotation: &str) -> bool {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Neg {
        ingress: bool,
        exposed_ports: serde_json::Map<String, serde_json::Value>,
    }
    serde_json::from_str::<Neg>(annotation)
        .is_ok_and(|neg| neg.ingress || !neg.exposed_ports.is_empty())
}

#[cfg(test)]
mod tests {
    use super::asks_for_endpoint_groups;

    #[test]
    fn endpoint_groups() {
        assert!(asks_for_endpoint_groups(r#"{"ingress": true}"#));
        assert!(asks_for_endpoint_groups(
            r#"{"exposed_ports": {"80":{"name": "web"}}}"#
        ));
        for text in [
            r#"{"ingress": false}"#,
            r#"{"exposed_ports": {}}"#,
            "{}",
            "true",
            "",
        ] {
            assert!(!asks_for_endpoint_groups(text), "{text}");
        }
    }
}
