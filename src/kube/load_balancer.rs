//! What stands in front of pods and sends them requests, by the marks that Ingresses, IngressClasses,
//! Gateways and Services carry, and how long it takes to learn that a pod goes.

mod marks;

use std::time::Duration;

pub use marks::{GatewayClass, IngressClass};

/// A load balancer that sends requests to pods directly, so that it has to learn of every pod that
/// goes.
///
/// What needs no time of its own is not among them, and the least that is configured counts:
/// kube-proxy, Envoy Gateway (its control plane pushes every change of an EndpointSlice), and MetalLB,
/// which stops announcing a node as soon as it holds no ready endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoadBalancer {
    /// ingress-nginx.
    NginxIngress,
    /// Traefik, by an Ingress, an IngressRoute or a Gateway.
    Traefik,
    /// An AWS Application Load Balancer whose targets are pods.
    AwsIpTarget(Checks),
    /// GKE container-native load balancing over network endpoint groups.
    GkeNeg,
    /// Azure Application Gateway Ingress Controller.
    Agic,
    /// An AWS Network Load Balancer.
    AwsNlb {
        /// Whether its targets are pods, not nodes.
        to_pods: bool,
        /// Its health check.
        checks: Checks,
    },
    /// A load balancer that asks each node whether a pod is there (`externalTrafficPolicy: Local`).
    NodeChecks(Checks),
    /// The proxies of the callers' nodes in Istio's ambient mesh.
    Ztunnel,
}

/// A health check of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checks {
    /// Seconds between two.
    pub interval: u32,
    /// How many fail until it sends no more requests.
    pub unhealthy: u32,
    /// How many pass until it sends requests.
    pub healthy: u32,
    /// Whether nothing in view says so.
    pub is_default: bool,
}

impl Checks {
    /// Seconds until it has failed.
    pub fn failed_after(self) -> u32 {
        self.interval.saturating_mul(self.unhealthy)
    }
}

/// What is known of a load balancer.
struct Row {
    /// As messages name it.
    name: &'static str,
    /// `a `, `an `, `the ` or nothing.
    article: &'static str,
    /// Seconds that it takes at least to stop sending requests to a pod that goes.
    removal: u32,
    /// Seconds that a preStop hook should wait for it.
    wait: u32,
}

impl LoadBalancer {
    /// The one table of load balancers.
    fn row(self) -> Row {
        let row = |name, article, removal, wait| Row {
            name,
            article,
            removal,
            wait,
        };
        match self {
            // `--sync-rate-limit` 0.3 a second (pkg/flags/flags.go), then BACKENDS_SYNC_INTERVAL of 1 s
            // (rootfs/etc/nginx/lua/balancer.lua) of ingress-nginx 1.15.
            Self::NginxIngress => row("ingress-nginx", "", 5, 5),
            // `providers.providersThrottleDuration`, Traefik 3.
            Self::Traefik => row("Traefik", "", 2, 2),
            // No number is documented. By reports against aws-load-balancer-controller 5 s is too short
            // and 25 s enough (1064), and with 40 s errors are very rare (2106).
            Self::AwsIpTarget(_) => row("AWS load balancer with ip targets", "an ", 15, 40),
            // Istio issue 58514: ztunnel learns of endpoints from istiod.
            Self::Ztunnel => row("ambient mesh", "the ", 10, 10),
            // Google Cloud, knowledge base: "502 503 errors on external HTTP(s) Load Balancer".
            Self::GkeNeg => row("GKE container-native load balancer", "a ", 40, 40),
            // AGIC, docs/how-tos/minimize-downtime-during-deployments.md.
            Self::Agic => row("Azure Application Gateway", "", 90, 90),
            Self::AwsNlb { checks, .. } => {
                let seconds = checks.failed_after();
                row("AWS Network Load Balancer", "an ", seconds, seconds)
            }
            Self::NodeChecks(checks) => {
                let seconds = checks.failed_after();
                let name = "load balancer with externalTrafficPolicy Local";
                row(name, "a ", seconds, seconds)
            }
        }
    }

    /// The name that messages use.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Its name, with an article where it needs one.
    pub fn with_article(self) -> String {
        let row = self.row();
        format!("{}{}", row.article, row.name)
    }

    /// The time that it takes at least to stop sending requests to a pod that goes.
    pub fn removal(self) -> Duration {
        Duration::from_secs(self.row().removal.into())
    }

    /// The time that a preStop hook should wait for it.
    pub fn wait(self) -> Duration {
        Duration::from_secs(self.row().wait.into())
    }

    /// The health check of the AWS load balancers that send requests to pods as targets of their own,
    /// which their controller can make a readiness gate.
    pub fn aws_pod_checks(self) -> Option<Checks> {
        match self {
            Self::AwsIpTarget(checks)
            | Self::AwsNlb {
                to_pods: true,
                checks,
            } => Some(checks),
            _ => None,
        }
    }
}
