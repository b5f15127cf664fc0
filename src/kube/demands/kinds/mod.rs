//! What the API server demands of the kinds that carry no pod: Services, Ingresses, autoscalers,
//! claims, roles, webhooks and their like, and of the metadata of every kind.

mod admission;
mod autoscaler;
mod cluster;
mod config;
mod endpoints;
mod flow;
mod ingress;
mod metadata;
mod network_policy;
mod policy;
mod rbac;
mod required;
mod service;
mod storage;
mod webhook;

use super::judge::shown;
use super::{Checker, Judge};
use crate::kube::check::forms;
use crate::kube::object::Field;
use crate::units::Version;
use crate::yaml::Node;

pub(super) use metadata::check as check_metadata;
pub(super) use required::fields as required;

/// The checkers of a structure, by the name that serde knows it by. Structures of one name in several
/// groups are told apart by the checkers.
pub(super) fn checkers(structure: &str) -> &'static [Checker] {
    match structure {
        "ServiceSpec" => &[service::spec, service::ports, service::addresses],
        "ServicePort" => &[service::port],
        "IngressSpec" => &[ingress::spec],
        "IngressRule" => &[ingress::rule],
        "IngressTLS" => &[ingress::tls],
        "HTTPIngressPath" => &[ingress::path],
        "IngressBackend" => &[ingress::backend],
        "IngressServiceBackend" => &[ingress::service_port],
        "IngressClassSpec" => &[ingress::class],
        "HorizontalPodAutoscalerSpec" => &[autoscaler::spec],
        "CrossVersionObjectReference" => &[autoscaler::reference],
        "MetricSpec" => &[autoscaler::metric],
        "MetricTarget" => &[autoscaler::target],
        "MetricIdentifier" => &[autoscaler::identifier],
        "HPAScalingRules" => &[autoscaler::scaling],
        "HPAScalingPolicy" => &[autoscaler::policy],
        "PersistentVolumeSpec" => &[storage::volume, cluster::volume_attributes],
        "StorageClass" => &[storage::class],
        "ConfigMap" => &[config::config_map],
        "Secret" => &[config::secret],
        "NetworkPolicySpec" => &[network_policy::spec],
        "NetworkPolicyPort" => &[network_policy::port],
        "NetworkPolicyPeer" => &[network_policy::peer],
        "IPBlock" => &[network_policy::block],
        "PolicyRule" => &[rbac::rule],
        "RoleRef" => &[rbac::role_ref],
        "Subject" => &[rbac::subject, flow::subject],
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            &[webhook::configuration]
        }
        "ValidatingWebhook" | "MutatingWebhook" => &[webhook::hook],
        "RuleWithOperations" => &[webhook::rule],
        "WebhookClientConfig" => &[webhook::client],
        "LimitRangeSpec" => &[policy::limits],
        "LimitRangeItem" => &[policy::limit],
        "ResourceQuotaSpec" => &[policy::quota],
        "PriorityClass" => &[policy::priority],
        "CustomResourceDefinitionSpec" => &[policy::definition],
        _ => rarer(structure),
    }
}

fn rarer(structure: &str) -> &'static [Checker] {
    match structure {
        "Endpoint" => &[endpoints::endpoint],
        "EndpointAddress" => &[endpoints::legacy_address],
        "EndpointSlice" => &[endpoints::slice],
        "EndpointSubset" => &[endpoints::subset],
        "FlowSchemaSpec" => &[flow::schema],
        "PolicyRulesWithSubjects" => &[flow::rules],
        "ResourcePolicyRule" => &[flow::resources],
        "NonResourcePolicyRule" => &[flow::urls],
        "PriorityLevelConfigurationSpec" => &[flow::level],
        "LimitResponse" => &[flow::response],
        "ValidatingAdmissionPolicySpec" => &[admission::policy],
        "ValidatingAdmissionPolicyBindingSpec" => &[admission::binding],
        "Validation" => &[admission::validation],
        "Variable" => &[admission::variable],
        "ParamKind" => &[admission::param_kind],
        "ParamRef" => &[admission::param_ref],
        "NamedRuleWithOperations" => &[webhook::rule],
        "ScopedResourceSelectorRequirement" => &[policy::scope],
        "NodeSpec" => &[cluster::node],
        "NamespaceSpec" => &[cluster::namespace],
        "ServiceCIDRSpec" => &[cluster::service_range],
        "IPAddress" => &[cluster::ip_address],
        "IngressClassParametersReference" => &[cluster::ingress_parameters],
        "Overhead" => &[cluster::overhead],
        "Scheduling" => &[cluster::runtime_scheduling],
        "TopologySelectorTerm" => &[cluster::topology_term],
        "CSIDriverSpec" => &[cluster::driver],
        "VolumeAttributesClass" => &[cluster::attributes_class],
        "APIServiceSpec" => &[cluster::api],
        "CertificateSigningRequestSpec" => &[cluster::signing],
        "PodTemplate" => &[cluster::pod_template],
        _ => &[],
    }
}

/// The text of a field that has a default; `None` where it is not known.
fn text_or<'t>(
    judge: &Judge<'t>,
    holder: Node<'t>,
    key: &str,
    default: &'t str,
) -> Option<&'t str> {
    match judge.field(holder, key) {
        Field::Absent => Some(default),
        Field::Unknown(_) => None,
        Field::Set(node) => judge
            .text_of(node)
            .map(|text| if text.is_empty() { default } else { text }),
    }
}

/// Tells of a text that is not what its field takes. Empty texts are none.
fn form<'t>(
    judge: &mut Judge<'t>,
    holder: Node<'t>,
    key: &str,
    fits: impl Fn(&str) -> bool,
    expected: &str,
) {
    if let Some(node) = judge.get(holder, key)
        && let Some(text) = judge.text_of(node)
        && !text.is_empty()
        && !fits(text)
    {
        let fault = format!("`{key}` is not {expected}");
        judge.wrong(node, fault);
    }
}

/// Tells where a mapping has none of these fields, or more than one. `what` names the choice: "a source".
fn exactly_one<'t>(
    judge: &mut Judge<'t>,
    holder: Node<'t>,
    fields: &[&'static str],
    place: &str,
    what: &str,
) {
    let is_given = |field: &&&'static str| !judge.field(holder, field).is_absent();
    let given: Vec<&'static str> = fields.iter().filter(is_given).copied().collect();
    match given.as_slice() {
        [] => {
            let Some(first) = fields.first() else {
                return;
            };
            let list = fields.join("`, `");
            let told = judge.missing(holder, first, format!("{place} has no {what}"));
            if let Some(mut told) = told {
                for field in fields.iter().skip(1) {
                    told = told.rests_on(holder, field);
                }
                told.help(format!("write one of `{list}`"));
            }
        }
        [_] => {}
        [first, second, ..] => {
            if let Some(entry) = holder.entry(second) {
                judge.wrong(
                    entry.key,
                    format!("{place} has both `{first}` and `{second}`"),
                );
            }
        }
    }
}

/// Tells of a field that is not allowed here.
fn forbidden<'t>(judge: &mut Judge<'t>, holder: Node<'t>, field: &str, why: &str) {
    if !judge.field(holder, field).is_absent()
        && let Some(entry) = holder.entry(field)
    {
        judge.wrong(entry.key, format!("`{field}` {why}"));
    }
}

/// Tells of a whole number outside its range.
fn range<'t>(judge: &mut Judge<'t>, holder: Node<'t>, key: &str, least: i64, greatest: i64) {
    if let Some(number) = judge.int(holder, key)
        && !(least..=greatest).contains(&number)
        && let Some(node) = judge.get(holder, key)
    {
        judge.wrong(
            node,
            format!("`{key}` is not between {least} and {greatest}"),
        );
    }
}

/// Tells of an address or range that is not one, or that only older releases read.
fn address<'t>(
    judge: &mut Judge<'t>,
    node: Node<'t>,
    text: &str,
    is_one: fn(&str) -> bool,
    what: &str,
) {
    if !is_one(text) {
        judge.wrong(node, format!("{} is not {what}", shown(text)));
    } else if !forms::is_canonical(text) {
        let fault = format!(
            "{} has leading zeros or bits behind its prefix",
            shown(text)
        );
        judge.wrong(node, fault).since(Version::new(1, 36));
    }
}

/// The texts of a list, each with its node; those that are not known are left out.
fn texts<'t>(judge: &Judge<'t>, holder: Node<'t>, key: &str) -> Vec<(Node<'t>, &'t str)> {
    let items: Vec<Node<'t>> = judge.items(holder, key).collect();
    items
        .into_iter()
        .filter_map(|item| Some((item, judge.text_of(item)?)))
        .collect()
}

/// The key of the mapping that a node is the value of.
fn key_of(node: Node<'_>) -> Option<&str> {
    let mut entries = node.parent()?.written_entries();
    entries
        .find(|entry| entry.value.resolved().id() == node.id())
        .map(|entry| entry.key.key_text())
}
