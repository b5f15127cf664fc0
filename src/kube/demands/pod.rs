//! What the fields of a pod's spec demand of each other.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidatePodSpec and what it calls,
//! ValidatePodTemplateSpec, ValidatePodCreate.

use super::forms::{self, Form};
use super::judge::{Judge, shown};
use crate::units::Version;
use crate::yaml::{Node, Scalar};

const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCHES: usize = 32;

/// `PodSpec`: contradictions of its fields.
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    // A StatefulSet names its pods, and overrides what the template says.
    if judge.kind() != "StatefulSet" {
        for field in ["hostname", "subdomain"] {
            if let Some(value) = judge.get(spec, field) {
                forms::one(judge, value, Form::DnsLabel);
            }
        }
    }
    if judge.is_true(spec, "hostPID") && judge.is_true(spec, "shareProcessNamespace") {
        let node = judge.get(spec, "shareProcessNamespace").unwrap_or(spec);
        judge
            .wrong(node, "`shareProcessNamespace` with `hostPID`")
            .rests_on(spec, "hostPID");
    }
    if let Some(deadline) = judge.get(spec, "activeDeadlineSeconds")
        && let Some(Scalar::Int(number)) = deadline.scalar()
        && !(1..=i64::from(i32::MAX)).contains(&number)
    {
        judge.wrong(
            deadline,
            "`activeDeadlineSeconds` is not from 1 to 2147483647",
        );
    }
    if let Some(list) = judge.get(spec, "ephemeralContainers")
        && list.items().next().is_some()
    {
        let key = spec.entry("ephemeralContainers").map_or(list, |it| it.key);
        judge.wrong(key, "`ephemeralContainers` are added to running pods only");
    }
    unique_names(judge, spec);
    host_name(judge, spec);
    if judge.kind() == "Pod" {
        bare(judge, spec);
    }
}

fn unique_names<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let mut names: Vec<Node<'t>> = Vec::new();
    for volume in judge.items(spec, "volumes") {
        names.extend(judge.get(volume, "name"));
    }
    // A claim template replaces the volume of its name.
    judge.unique(names, |name| {
        format!("two volumes of the pod are named {name}")
    });
    let gates = judge.items(spec, "schedulingGates");
    let gates: Vec<_> = gates.filter_map(|gate| judge.get(gate, "name")).collect();
    judge.unique(gates, |name| {
        format!("two scheduling gates are named {name}")
    });
}

fn host_name<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let Some(name) = judge.get(spec, "hostnameOverride") else {
        return;
    };
    forms::one(judge, name, Form::DnsName);
    if judge.text_of(name).is_some_and(|text| text.len() > 64) {
        judge.wrong(name, "`hostnameOverride` is longer than 64 characters");
    }
    for field in ["setHostnameAsFQDN", "hostNetwork"] {
        if judge.is_true(spec, field) {
            judge.wrong(name, format!("`hostnameOverride` with `{field}`"));
        }
    }
}

/// A Pod that no controller makes.
fn bare<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    for list in super::containers::LISTS {
        for container in judge.items(spec, list) {
            if let Some(image) = judge.get(container, "image")
                && let Some(text) = judge.text_of(image)
                && text.trim() != text
            {
                judge.wrong(image, "blanks around an image");
            }
        }
    }
    if let Some(node) = judge.get(spec, "nodeName")
        && judge.text_of(node).is_some_and(|name| !name.is_empty())
        && judge.has(spec, "schedulingGates")
    {
        judge.wrong(node, "`nodeName` with `schedulingGates`");
    }
}

/// `PodSpec`: DNS.
pub(super) fn dns<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if let Some(policy) = judge.get(spec, "dnsPolicy")
        && judge.text_of(policy) == Some("None")
    {
        const FAULT: &str = "`dnsPolicy: None` without `dnsConfig.nameservers`";
        match judge.field(spec, "dnsConfig") {
            field if field.is_unknown() => {}
            field => {
                let config = field.node().filter(|config| config.is_mapping());
                if config.is_none_or(|config| judge.lacks(config, "nameservers")) {
                    judge
                        .wrong(policy, FAULT)
                        .absence(spec, "dnsConfig.nameservers");
                }
            }
        }
    }
    let Some(config) = judge.get(spec, "dnsConfig") else {
        return;
    };
    for (field, most) in [("nameservers", MAX_NAMESERVERS), ("searches", MAX_SEARCHES)] {
        if let Some(list) = judge.get(config, field)
            && list.items().count() > most
        {
            let key = config.entry(field).map_or(list, |entry| entry.key);
            judge.wrong(key, format!("`{field}` has more than {most} items"));
        }
    }
    for search in judge.items(config, "searches") {
        if let Some(text) = judge.text_of(search) {
            let name = text.strip_suffix('.').unwrap_or(text);
            // Underscores are allowed here, everywhere but at the ends of labels.
            let plain = name.replace('_', "a");
            if text != "." && !crate::kube::check::names::is_dns_subdomain(&plain) {
                judge.wrong(search, format!("{} is not a DNS name", shown(text)));
            }
        }
    }
    for option in judge.items(config, "options") {
        judge.require(option, "name");
    }
}

/// `Container`: how a resize of it restarts it.
pub(super) fn resize<'t>(judge: &mut Judge<'t>, container: Node<'t>) {
    let policies = judge.items(container, "resizePolicy");
    let mut names = Vec::new();
    for policy in policies {
        if let Some(name) = judge.get(policy, "resourceName") {
            if let Some(text) = judge.text_of(name)
                && !matches!(text, "cpu" | "memory" | "")
            {
                judge.wrong(
                    name,
                    format!("{} cannot be resized, only cpu and memory", shown(text)),
                );
            }
            names.push(name);
        }
    }
    judge.unique(names, |name| format!("two resize policies for {name}"));
}

/// `ContainerRestartRule`: what it restarts on.
pub(super) fn restart_rule<'t>(judge: &mut Judge<'t>, rule: Node<'t>) {
    judge.require(rule, "exitCodes");
    if let Some(codes) = judge.get(rule, "exitCodes")
        && let Some(operator) = judge.get(codes, "operator")
        && let Some(text) = judge.text_of(operator)
        && !matches!(text, "In" | "NotIn" | "")
    {
        judge.wrong(
            operator,
            format!("the operator {} is not In or NotIn", shown(text)),
        );
    }
    if let Some(action) = judge.get(rule, "action")
        && let Some(text) = judge.text_of(action)
    {
        match text {
            "Restart" | "" => {}
            "RestartAllContainers" => {
                judge
                    .wrong(action, "the action RestartAllContainers")
                    .until(Version::new(1, 36));
            }
            _ => {
                judge.wrong(action, format!("the action {} is unknown", shown(text)));
            }
        }
    }
}
