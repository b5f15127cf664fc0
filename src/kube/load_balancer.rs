//! Load balancers, by the marks that Ingresses, IngressClasses and Services carry.

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
}

impl LoadBalancer {
    /// The name that messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NginxIngress => "ingress-nginx",
            Self::AwsIpTarget => "AWS load balancer with ip targets",
            Self::GkeNeg => "GKE container-native load balancer",
            Self::Agic => "Azure Application Gateway",
        }
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
        match (
            text("service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"),
            text("service.beta.kubernetes.io/aws-load-balancer-type"),
        ) {
            (Some((node, "ip")), _) | (None, Some((node, "nlb-ip"))) => {
                Some((Self::AwsIpTarget, node))
            }
            _ => None,
        }
    }
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
