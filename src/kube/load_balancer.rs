//! Load balancers, by the marks that Ingresses, IngressClasses, Gateways and Services carry.

use std::time::Duration;

use serde::Deserialize;

use super::object::Object;
use crate::yaml::Node;

/// A load balancer that sends requests to pods directly, so that it has to learn of every pod that
/// goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoadBalancer {
    /// ingress-nginx: a reload follows every change of endpoints.
    NginxIngress,
    /// AWS Load Balancer Controller with target type ip: deregistration reaches the targets late.
    AwsIpTarget,
    /// GKE container-native load balancing over network endpoint groups.
    GkeNeg,
    /// Azure Application Gateway Ingress Controller.
    Agic,
    /// An AWS Network Load Balancer.
    AwsNlb {
        /// Whether its targets are pods, not nodes.
        to_pods: bool,
        /// Seconds until its health check has failed: interval × threshold.
        seconds: u32,
    },
    /// A load balancer that asks each node whether a pod is there (`externalTrafficPolicy: Local`).
    NodeChecks {
        /// Seconds until its health check has failed: interval × threshold.
        seconds: u32,
    },
    /// The proxies of the callers' nodes in Istio's ambient mesh.
    Ztunnel,
}

impl LoadBalancer {
    /// The name that messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NginxIngress => "ingress-nginx",
            Self::AwsIpTarget => "AWS load balancer with ip targets",
            Self::GkeNeg => "GKE container-native load balancer",
            Self::Agic => "Azure Application Gateway",
            Self::AwsNlb { .. } => "AWS Network Load Balancer",
            Self::NodeChecks { .. } => "load balancer with externalTrafficPolicy Local",
            Self::Ztunnel => "ambient mesh",
        }
    }

    /// The preStop delay that covers its removal of an endpoint: the removal itself, and the requests
    /// that still come while it spreads.
    ///
    /// | load balancer | delay | source |
    /// |---|---|---|
    /// | ingress-nginx | 5 s | one reload, `worker-shutdown-timeout` keeps the old workers |
    /// | ALB, targets of type ip | 15 s | aws-load-balancer-controller issue 2366 |
    /// | GKE container-native | 40 s | GKE: "Container-native load balancing", troubleshooting |
    /// | Application Gateway | 90 s | AGIC: "Minimize downtime during deployments" |
    /// | ambient mesh | 10 s | istio issue 58514: ztunnel learns of endpoints from istiod |
    /// | NLB, `externalTrafficPolicy: Local` | interval × threshold of the health check | its annotations |
    pub fn removal(self) -> Duration {
        Duration::from_secs(match self {
            Self::NginxIngress => 5,
            Self::Ztunnel => 10,
            Self::AwsIpTarget => 15,
            Self::GkeNeg => 40,
            Self::Agic => 90,
            Self::AwsNlb { seconds, .. } | Self::NodeChecks { seconds } => seconds.into(),
        })
    }

    /// Whether it sends requests to pods that the AWS controller registers as targets.
    pub fn has_pods_as_aws_targets(self) -> bool {
        matches!(self, Self::AwsIpTarget | Self::AwsNlb { to_pods: true, .. })
    }

    /// The one of a Gateway's class.
    pub fn of_gateway_class(class: &str) -> Option<Self> {
        class.starts_with("gke-l7-").then_some(Self::GkeNeg)
    }

    /// The one that an Ingress asks for by a node of its own: its class, else an annotation that
    /// only one controller reads. `controller_of` answers `spec.controller` of the IngressClass of a
    /// name, where one is in view.
    pub fn of_ingress<'a>(
        ingress: &'a Object,
        controller_of: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<(Self, Node<'a>)> {
        const AWS_TARGET_TYPE: &str = "alb.ingress.kubernetes.io/target-type";
        let class = ingress
            .annotation("kubernetes.io/ingress.class")
            .or_else(|| ingress.node().at(&["spec", "ingressClassName"]));
        let classed = class.and_then(|node| {
            let name = node.as_str()?;
            let found = controller_of(name).map_or_else(|| of_class_name(name), of_controller)?;
            Some((found, node))
        });
        // An ALB has ip targets only when it is told so.
        let ip_targets = ingress
            .annotation(AWS_TARGET_TYPE)
            .filter(|node| node.as_str() == Some("ip"));
        let ip_targets = ip_targets.map(|node| (Self::AwsIpTarget, node));
        match (classed, class) {
            (Some((Class::Other(found), node)), _) => Some((found, node)),
            // A class may have any name, and the target type means nothing to other controllers.
            (Some((Class::Alb, _)), _) | (None, Some(_)) => ip_targets,
            (None, None) => ip_targets
                .or_else(|| of_prefix(ingress, "nginx.ingress.kubernetes.io/", Self::NginxIngress))
                .or_else(|| of_prefix(ingress, "appgw.ingress.kubernetes.io/", Self::Agic)),
        }
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
            return Some((Self::AwsIpTarget, node));
        }
        let is_exposed = service
            .node()
            .at(&["spec", "type"])
            .and_then(Node::as_str)
            .is_some_and(|kind| kind == "LoadBalancer");
        if !is_exposed {
            return None;
        }
        of_network(service)
    }
}

/// A load balancer of connections, where its health check is known.
fn of_network(service: &Object) -> Option<(LoadBalancer, Node<'_>)> {
    const AWS: &str = "service.beta.kubernetes.io/aws-load-balancer-";
    // What the AWS controller sets where nothing is said: 3 checks, 10 s apart.
    const AWS_INTERVAL: u32 = 10;
    const AWS_THRESHOLD: u32 = 3;
    let aws = |key: &str| service.annotation(&format!("{AWS}{key}"));
    let spec = |key: &str| service.node().at(&["spec", key]);
    let number = |node: Option<Node<'_>>| node?.text()?.trim().parse::<u32>().ok();
    let kind = aws("type").filter(|it| matches!(it.text(), Some("nlb" | "external" | "nlb-ip")));
    let class = spec("loadBalancerClass").filter(|it| it.text() == Some("service.k8s.aws/nlb"));
    let targets = aws("nlb-target-type");
    let is_controller =
        class.is_some() || targets.is_some() || kind.is_some_and(|it| it.text() != Some("nlb"));
    let written = (
        number(aws("healthcheck-interval")),
        number(aws("healthcheck-unhealthy-threshold")),
    );
    let seconds = match written {
        (Some(interval), Some(threshold)) => Some(interval.saturating_mul(threshold)),
        (interval, threshold) if is_controller => Some(
            interval
                .unwrap_or(AWS_INTERVAL)
                .saturating_mul(threshold.unwrap_or(AWS_THRESHOLD)),
        ),
        _ => None,
    };
    if let (Some(node), Some(seconds)) = (targets.or(class).or(kind), seconds) {
        let to_pods = targets.and_then(Node::text) == Some("ip")
            || kind.and_then(Node::text) == Some("nlb-ip");
        return Some((LoadBalancer::AwsNlb { to_pods, seconds }, node));
    }
    let local = spec("externalTrafficPolicy").filter(|it| it.text() == Some("Local"))?;
    let azure = ["probe-interval", "probe-num-of-probe"].map(|key| {
        let key = format!("service.beta.kubernetes.io/azure-load-balancer-health-{key}");
        number(service.annotation(&key))
    });
    let digital_ocean = ["check-interval-seconds", "unhealthy-threshold"].map(|key| {
        let key = format!("service.beta.kubernetes.io/do-loadbalancer-healthcheck-{key}");
        number(service.annotation(&key))
    });
    let told = [azure, digital_ocean].into_iter().find_map(|told| {
        let [interval, threshold] = told;
        Some(interval?.saturating_mul(threshold?))
    });
    let seconds = seconds.or(told)?;
    Some((LoadBalancer::NodeChecks { seconds }, local))
}

/// What an Ingress's class says.
#[derive(Clone, Copy)]
enum Class {
    /// An ALB, with targets of either type.
    Alb,
    Other(LoadBalancer),
}

fn of_controller(controller: &str) -> Option<Class> {
    match controller {
        "k8s.io/ingress-nginx" => Some(Class::Other(LoadBalancer::NginxIngress)),
        "ingress.k8s.aws/alb" => Some(Class::Alb),
        "azure/application-gateway" => Some(Class::Other(LoadBalancer::Agic)),
        _ => None,
    }
}

/// By the names that the controllers' own charts give their classes, and the usual variants of
/// `nginx` (`nginx-internal`, `public-nginx`).
fn of_class_name(name: &str) -> Option<Class> {
    match name {
        "alb" => Some(Class::Alb),
        "gce" | "gce-internal" => Some(Class::Other(LoadBalancer::GkeNeg)),
        "azure/application-gateway" | "azure-application-gateway" => {
            Some(Class::Other(LoadBalancer::Agic))
        }
        _ => name
            .split('-')
            .any(|word| word == "nginx")
            .then_some(Class::Other(LoadBalancer::NginxIngress)),
    }
}

fn of_prefix<'a>(
    object: &'a Object,
    prefix: &str,
    found: LoadBalancer,
) -> Option<(LoadBalancer, Node<'a>)> {
    let annotations = object.node().at(&["metadata", "annotations"])?;
    annotations
        .entries()
        .find(|entry| entry.key.key_text().starts_with(prefix))
        .map(|entry| (found, entry.key))
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
