//! The traffic policies of a DestinationRule, one by one.

use crate::kube::Object;
use crate::kube::istio::DestinationRule;
use crate::kube::istio::connection_pool::ConnectionPool;
use crate::kube::istio::destination_rule::{
    ClientTls, LoadBalancer, OutlierDetection, PortTrafficPolicy, Subset, TrafficPolicy,
};
use crate::yaml::Node;

/// One traffic policy: the rule's own, a subset's, or that of one port.
pub(super) struct Policy<'a> {
    /// Its mapping.
    pub(super) node: Node<'a>,
    /// The subset that it is for alone.
    pub(super) subset: Option<&'a Subset>,
    /// The port that it is for alone.
    pub(super) port: Option<u32>,
    /// Settings for single ports, which take its place there.
    replaced_by: &'a [PortTrafficPolicy],
    pub(super) connection_pool: Option<&'a ConnectionPool>,
    pub(super) outlier_detection: Option<&'a OutlierDetection>,
    /// Whether another locality takes over where one is ejected whole.
    pub(super) fails_over: bool,
    pub(super) tls: Option<&'a ClientTls>,
}

impl Policy<'_> {
    /// Whether it holds for the Service port of this number.
    pub(super) fn holds_for(&self, number: i32) -> bool {
        match self.port {
            Some(own) => i64::from(own) == i64::from(number),
            None => !self.replaced_by.iter().any(|it| it.is_for(number)),
        }
    }
}

/// Every traffic policy of a DestinationRule, in the order of the schema.
pub(super) fn policies<'a>(object: &'a Object, rule: &'a DestinationRule) -> Vec<Policy<'a>> {
    let mut all = Vec::new();
    let Some((spec, node)) = rule.spec.as_ref().zip(object.node().get("spec")) else {
        return all;
    };
    collect(spec.traffic_policy.as_ref(), None, node, &mut all);
    let subsets = items(node, "subsets");
    for (subset, node) in spec.subsets.iter().zip(subsets) {
        let policy = subset.traffic_policy.as_ref();
        collect(policy, Some(subset), node, &mut all);
    }
    all
}

fn collect<'a>(
    policy: Option<&'a TrafficPolicy>,
    subset: Option<&'a Subset>,
    owner: Node<'a>,
    all: &mut Vec<Policy<'a>>,
) {
    let Some((policy, node)) = policy.zip(owner.get("trafficPolicy")) else {
        return;
    };
    all.push(Policy {
        node,
        subset,
        port: None,
        replaced_by: &policy.port_level_settings,
        connection_pool: policy.connection_pool.as_ref(),
        outlier_detection: policy.outlier_detection.as_ref(),
        fails_over: fails_over(policy.load_balancer.as_ref()),
        tls: policy.tls.as_ref(),
    });
    let ports = items(node, "portLevelSettings");
    all.extend(
        policy
            .port_level_settings
            .iter()
            .zip(ports)
            .map(|(port, node)| of_port(port, subset, node)),
    );
}

fn of_port<'a>(
    policy: &'a PortTrafficPolicy,
    subset: Option<&'a Subset>,
    node: Node<'a>,
) -> Policy<'a> {
    Policy {
        node,
        subset,
        port: policy.port.as_ref().and_then(|port| port.number),
        replaced_by: &[],
        connection_pool: policy.connection_pool.as_ref(),
        outlier_detection: policy.outlier_detection.as_ref(),
        fails_over: fails_over(policy.load_balancer.as_ref()),
        tls: policy.tls.as_ref(),
    }
}

fn fails_over(load_balancer: Option<&LoadBalancer>) -> bool {
    let locality = load_balancer.and_then(|it| it.locality_lb_setting.as_ref());
    locality.is_some_and(|it| {
        it.enabled != Some(false)
            && !(it.failover.is_empty()
                && it.failover_priority.is_empty()
                && it.distribute.is_empty())
    })
}

/// The elements of a list below a node.
pub(super) fn items<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let list = node.get(key).into_iter();
    list.flat_map(Node::items).map(Node::resolved)
}
