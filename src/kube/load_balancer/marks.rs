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
        let by_prefix = |prefix, found| {
            Some((
                Self::Known(found),
                Asked::of_service(ingress).of_prefix(prefix)?,
            ))
        };
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
                let is_local = Asked::of_service(service).is_local();
                is_local.then_some((LoadBalancer::NodeChecks(checks), class))
            }
            _ => None,
        }
    }
}

/// What a Service says of its load balancer: its own manifest, or what another object has a controller
/// make of it.
#[derive(Clone, Copy)]
struct Asked<'a> {
    annotations: Option<Node<'a>>,
    spec: Option<Node<'a>>,
    /// What holds where nothing is written.
    default_type: &'static str,
    default_policy: &'static str,
}

impl<'a> Asked<'a> {
    fn of_service(service: &'a Object) -> Self {
        Self {
            annotations: service.node().at(&["metadata", "annotations"]),
            spec: service.node().get("spec"),
            default_type: "ClusterIP",
            default_policy: "Cluster",
        }
    }

    fn annotation(self, key: &str) -> Option<Node<'a>> {
        self.annotations?.get(key)
    }

    fn number(self, prefix: &str, key: &str) -> Option<u32> {
        number(self.annotation(&format!("{prefix}{key}")))
    }

    fn field(self, name: &str) -> Option<Node<'a>> {
        self.spec?.get(name)
    }

    /// The first annotation that starts so.
    fn of_prefix(self, prefix: &str) -> Option<Node<'a>> {
        let mut entries = self.annotations?.entries();
        let found = entries.find(|entry| entry.key.key_text().starts_with(prefix));
        found.map(|entry| entry.key)
    }

    fn is_local(self) -> bool {
        let policy = self.field("externalTrafficPolicy").map(Node::text);
        policy.unwrap_or(Some(self.default_policy)) == Some("Local")
    }

    /// The load balancer of a Service of type LoadBalancer, by its annotations.
    fn load_balancer(self) -> Option<(LoadBalancer, Node<'a>)> {
        let kind = self.field("type").map(Node::text);
        if kind.unwrap_or(Some(self.default_type)) != Some("LoadBalancer") {
            return None;
        }
        self.aws_network().or_else(|| self.nodes())
    }

    /// An AWS Network Load Balancer whose targets are pods, or nodes of which it asks whether a pod is
    /// there; any other node answers for the pods of the others.
    fn aws_network(self) -> Option<(LoadBalancer, Node<'a>)> {
        let aws = |key: &str| self.annotation(&format!("{AWS}{key}"));
        let kind =
            aws("type").filter(|it| matches!(it.text(), Some("nlb" | "external" | "nlb-ip")));
        let class = self.field("loadBalancerClass");
        let class = class.filter(|it| it.text() == Some("service.k8s.aws/nlb"));
        let targets = aws("nlb-target-type");
        let node = targets.or(class).or(kind)?;
        let to_pods = targets.and_then(Node::text) == Some("ip")
            || kind.and_then(Node::text) == Some("nlb-ip");
        // pkg/service/model_builder.go of aws-load-balancer-controller 3, and
        // pkg/providers/v1/aws.go (buildNLBHealthCheckConfiguration) of cloud-provider-aws 1.34.
        let threshold = if to_pods {
            3
        } else if self.is_local() {
            2
        } else {
            return None;
        };
        let checks = self.aws_checks().or_default(10, threshold);
        Some((LoadBalancer::AwsNlb { to_pods, checks }, node))
    }

    /// A load balancer that asks the nodes of a Service with `externalTrafficPolicy: Local`, where its
    /// health check is known.
    fn nodes(self) -> Option<(LoadBalancer, Node<'a>)> {
        if !self.is_local() {
            return None;
        }
        let told = self.aws_checks();
        let azure = self.of_prefix(AZURE);
        let ocean = self.of_prefix(DIGITAL_OCEAN);
        let draining = self.of_prefix(&format!("{AWS}connection-draining-"));
        let (checks, by) = if azure.is_some() {
            // A port may have numbers of its own.
            if self.of_prefix("service.beta.kubernetes.io/port_").is_some() {
                return None;
            }
            // pkg/consts/consts.go of cloud-provider-azure 1.34.
            let told = Told {
                interval: self.number(AZURE, "load-balancer-health-probe-interval"),
                unhealthy: self.number(AZURE, "load-balancer-health-probe-num-of-probe"),
                healthy: None,
            };
            (told.or_default(5, 2), azure)
        } else if ocean.is_some() {
            // docs/controllers/services/annotations.md of digitalocean-cloud-controller-manager.
            let told = Told {
                interval: self.number(DIGITAL_OCEAN, "healthcheck-check-interval-seconds"),
                unhealthy: self.number(DIGITAL_OCEAN, "healthcheck-unhealthy-threshold"),
                healthy: self.number(DIGITAL_OCEAN, "healthcheck-healthy-threshold"),
            };
            (told.or_default(3, 3), ocean)
        } else if draining.is_some() {
            // Only a Classic Load Balancer drains by it: pkg/providers/v1/aws_loadbalancer.go of
            // cloud-provider-aws 1.34.
            (told.or_default(10, 6), draining)
        } else {
            // Of a Network Load Balancer: a Classic one takes 6 × 10 s.
            (told.or_default(10, 2), self.of_prefix(AWS))
        };
        let by = self
            .field("externalTrafficPolicy")
            .or(by)
            .filter(|_| by.is_some());
        Some((LoadBalancer::NodeChecks(checks), by?))
    }

    fn aws_checks(self) -> Told {
        Told {
            interval: self.number(AWS, "healthcheck-interval"),
            unhealthy: self.number(AWS, "healthcheck-unhealthy-threshold"),
            healthy: self.number(AWS, "healthcheck-healthy-threshold"),
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

impl LoadBalancer {
    /// The ALB of a Gateway in front of a Service, where a TargetGroupConfiguration makes pods its
    /// targets (`pkg/gateway/model/model_build_target_group.go` of aws-load-balancer-controller 3).
    pub fn of_target_group(configuration: &Object) -> Option<Self> {
        let defaults = configuration.node().at(&["spec", "defaultConfiguration"])?;
        let is_ip = defaults.get("targetType").and_then(Node::text) == Some("ip");
        let read = |key| number(defaults.at(&["healthCheckConfig", key]));
        is_ip.then(|| {
            Self::AwsIpTarget(checks(
                (read("healthCheckInterval"), 15),
                (read("unhealthyThresholdCount"), 3),
                (read("healthyThresholdCount"), 3),
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
        Asked::of_service(service).load_balancer()
    }

    /// The one in front of the proxies that Envoy Gateway makes of an EnvoyProxy, by the annotations that
    /// it has its Service get. Without a word it is a load balancer, and traffic stays local
    /// (`api/v1alpha1/kubernetes_helpers.go` of Envoy Gateway 1.9).
    pub fn of_envoy_proxy(proxy: &Object) -> Option<(Self, Node<'_>)> {
        let service = proxy
            .node()
            .at(&["spec", "provider", "kubernetes", "envoyService"])?;
        let asked = Asked {
            annotations: service.get("annotations"),
            spec: Some(service),
            default_type: "LoadBalancer",
            default_policy: "Local",
        };
        asked.load_balancer()
    }
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
