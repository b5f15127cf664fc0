//! What a cluster has once: nodes, classes, APIs, ranges of addresses.

use super::super::Judge;
use super::super::judge::shown;
use super::super::sources::set_but_empty;
use super::{address, texts};
use crate::kube::check::{forms, names::label_value_complaint};
use crate::units::Quantity;
use crate::yaml::Node;

/// `ValidateNode` in `pkg/apis/core/validation/validation.go`, 1.37: its ranges of addresses and taints.
pub(super) fn node<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let mut ranges = texts(judge, spec, "podCIDRs");
    // The one is the first of the many, where these are left out.
    if ranges.is_empty()
        && let Some(range) = judge.get(spec, "podCIDR")
        && let Some(text) = judge.text_of(range).filter(|text| !text.is_empty())
    {
        ranges.push((range, text));
    }
    pair_of_ranges(judge, &ranges, "`podCIDRs`");
    let mut seen = Vec::new();
    let taints: Vec<Node<'t>> = judge.items(spec, "taints").collect();
    for taint in taints {
        if let Some(value) = judge.get(taint, "value")
            && let Some(text) = judge.text_of(value)
            && label_value_complaint(text).is_some()
        {
            judge.wrong(value, format!("{} is not a label value", shown(text)));
        }
        if let (Some(key), Some(effect)) = (judge.text(taint, "key"), judge.text(taint, "effect")) {
            if seen.contains(&(key, effect))
                && let Some(node) = judge.get(taint, "key")
            {
                judge.wrong(node, format!("two taints {} {effect}", shown(key)));
            }
            seen.push((key, effect));
        }
    }
}

/// Ranges of addresses: at most one of each family.
fn pair_of_ranges<'t>(judge: &mut Judge<'t>, ranges: &[(Node<'t>, &'t str)], list: &str) {
    let mut seen = Vec::new();
    for (node, text) in ranges {
        address(judge, *node, text, forms::is_cidr, "an address range");
        if !forms::is_cidr(text) {
            continue;
        }
        let is_v6 = text.contains(':');
        if seen.contains(&is_v6) {
            judge.wrong(*node, format!("{list} hold two ranges of one family"));
        }
        seen.push(is_v6);
    }
}

/// `ValidateServiceCIDR` in `pkg/apis/networking/validation/validation.go`, 1.37
pub(super) fn service_range<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let ranges = texts(judge, spec, "cidrs");
    pair_of_ranges(judge, &ranges, "`cidrs`");
}

/// `ValidateIngressClass` in `pkg/apis/networking/validation/validation.go`, 1.37: where its parameters
/// are.
pub(super) fn ingress_parameters<'t>(judge: &mut Judge<'t>, reference: Node<'t>) {
    match super::text_or(judge, reference, "scope", "Cluster") {
        Some("Namespace") => judge.require(reference, "namespace"),
        Some("Cluster") => {
            super::forbidden(
                judge,
                reference,
                "namespace",
                "of parameters of the cluster",
            );
        }
        _ => {}
    }
}

/// `ValidateRuntimeClass` in `pkg/apis/node/validation/validation.go`, 1.37
pub(super) fn overhead<'t>(judge: &mut Judge<'t>, overhead: Node<'t>) {
    let Some(amounts) = judge.get(overhead, "podFixed") else {
        return;
    };
    for entry in amounts.entries() {
        if let Some(text) = judge.text_of(entry.value.resolved())
            && text.parse::<Quantity>().is_ok_and(|it| it.milli < 0)
        {
            judge.wrong(entry.value, "the overhead is negative");
        }
    }
}

/// `validateScheduling` in the same file: labels of nodes.
pub(super) fn runtime_scheduling<'t>(judge: &mut Judge<'t>, scheduling: Node<'t>) {
    let Some(labels) = judge.get(scheduling, "nodeSelector") else {
        return;
    };
    for entry in labels.entries() {
        let value = entry.value.resolved();
        if let Some(text) = judge.text_of(value)
            && label_value_complaint(text).is_some()
        {
            judge.wrong(value, format!("{} is not a label value", shown(text)));
        }
    }
}

/// `validateAllowedTopologies` in `pkg/apis/storage/validation/validation.go`, 1.37: each key and each
/// value once.
pub(super) fn topology_term<'t>(judge: &mut Judge<'t>, term: Node<'t>) {
    let requirements: Vec<Node<'t>> = judge.items(term, "matchLabelExpressions").collect();
    let keys: Vec<Node<'t>> = requirements
        .iter()
        .filter_map(|requirement| judge.get(*requirement, "key"))
        .collect();
    judge.unique(keys, |key| format!("two requirements have the key {key}"));
    for requirement in requirements {
        let values: Vec<Node<'t>> = judge.items(requirement, "values").collect();
        judge.unique(values, |value| format!("the value {value} is given twice"));
    }
}

/// `validateTokenRequests` in the same file
pub(super) fn driver<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let requests = judge.items(spec, "tokenRequests");
    let audiences: Vec<Node<'t>> = requests
        .filter_map(|request| judge.get(request, "audience"))
        .collect();
    judge.unique(audiences, |audience| {
        format!("two tokens are for the audience {audience}")
    });
}

/// `ValidateVolumeAttributesClass` in the same file
pub(super) fn attributes_class<'t>(judge: &mut Judge<'t>, class: Node<'t>) {
    let is_driver = |text: &str| forms::is_qualified_name(&text.to_ascii_lowercase());
    super::form(
        judge,
        class,
        "driverName",
        is_driver,
        "the name of a driver",
    );
    let Some(parameters) = judge.get(class, "parameters") else {
        return;
    };
    if parameters.is_mapping() && parameters.entries().next().is_none() {
        judge.wrong(parameters, "`parameters` is empty");
    }
    for entry in parameters.entries() {
        if entry.key.key_text().is_empty() {
            judge.wrong(entry.key, "a parameter has no name");
        }
    }
}

/// `ValidatePersistentVolumeSpec`: classes of attributes are those of CSI.
pub(super) fn volume_attributes<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    const FIELD: &str = "volumeAttributesClassName";
    if judge.kind() != "PersistentVolume" || judge.field(spec, FIELD).is_absent() {
        return;
    }
    set_but_empty(judge, spec, FIELD);
    if judge.field(spec, "csi").is_absent()
        && let Some(entry) = spec.entry(FIELD)
    {
        judge
            .wrong(entry.key, format!("`{FIELD}` of a volume without `csi`"))
            .absence(spec, "csi");
    }
}

/// `ValidateAPIService` in
/// `staging/src/k8s.io/kube-aggregator/pkg/apis/apiregistration/validation/validation.go`, 1.37.
pub(super) fn api<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if let (Some(name), Some(version)) = (
        judge.at(judge.object(), &["metadata", "name"]),
        judge.text(spec, "version"),
    ) && let Some(text) = judge.text_of(name)
        && let Some(group) = super::text_or(judge, spec, "group", "")
        && text != format!("{version}.{group}")
    {
        judge.wrong(name, format!("the name is not {version}.{group}"));
    }
    if judge.is_true(spec, "insecureSkipTLSVerify")
        && judge.has(spec, "caBundle")
        && let Some(node) = judge.get(spec, "insecureSkipTLSVerify")
    {
        judge
            .wrong(node, "`insecureSkipTLSVerify` with a `caBundle`")
            .rests_on(spec, "caBundle");
    }
}

/// `validateCertificateSigningRequest` in `pkg/apis/certificates/validation/validation.go`, 1.37
pub(super) fn signing<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let usages = texts(judge, spec, "usages");
    judge.unique(usages.into_iter().map(|(node, _)| node), |usage| {
        format!("the usage {usage} is given twice")
    });
    if let Some(node) = judge.get(spec, "request")
        && let Some(text) = judge.text_of(node).filter(|text| !text.is_empty())
        && let Some(bytes) = forms::from_base64(text)
        && !String::from_utf8_lossy(&bytes).contains("-----BEGIN CERTIFICATE REQUEST-----")
    {
        judge.wrong(node, "`request` holds no certificate request in PEM");
    }
}

/// `ValidateIPAddress` in `pkg/apis/networking/validation/validation.go`, 1.37: its name.
pub(super) fn ip_address<'t>(judge: &mut Judge<'t>, object: Node<'t>) {
    if let Some(name) = judge.at(object, &["metadata", "name"])
        && let Some(text) = judge.text_of(name)
        && !text
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.to_string() == text)
    {
        judge.wrong(
            name,
            format!("{} is not an address in its shortest form", shown(text)),
        );
    }
}

/// `ValidatePodTemplate` in `pkg/apis/core/validation/validation.go`, 1.37: a template by itself has
/// containers. Those of workloads are told by the rule, which knows what injectors fill in.
pub(super) fn pod_template<'t>(judge: &mut Judge<'t>, object: Node<'t>) {
    let mut holder = object;
    for field in ["template", "spec"] {
        let found = judge.field(holder, field);
        if found.is_unknown() {
            return;
        }
        let Some(node) = found.node() else {
            judge.missing(object, "template", "the template has no containers");
            return;
        };
        holder = node;
    }
    judge.require(holder, "containers");
}

/// `ValidateNamespace`: finalizers of its own.
pub(super) fn namespace<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    super::metadata::full_names(judge, spec, false);
}
