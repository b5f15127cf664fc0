//! The containers of a pod: their names, ports, and what they mount.
//!
//! pkg/apis/core/validation/validation.go, 1.37: validateContainers, validateInitContainers,
//! validateContainerPorts, AccumulateUniqueHostPorts, ValidateVolumeMounts, ValidateVolumeDevices.

use std::collections::{BTreeSet, HashMap};

use super::judge::{Judge, describe, shown};
use crate::units::{Version, suggest};
use crate::yaml::Node;

/// The lists of containers in a pod's spec.
pub(super) const LISTS: [&str; 2] = ["containers", "initContainers"];

/// Containers may have a restart policy of their own from this release on (ContainerRestartRules, on by
/// default).
const CONTAINER_RESTARTS: Version = Version::new(1, 35);

/// `PodSpec`: no two containers have one name.
pub(super) fn names<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let all: Vec<Node<'t>> = LISTS
        .iter()
        .flat_map(|list| judge.items(spec, list))
        .filter_map(|container| judge.get(container, "name"))
        .collect();
    judge.unique(all, |name| {
        format!("two containers of the pod are named {name}")
    });
}

/// `PodSpec`: no two containers have one port of the node, and under `hostNetwork` the ports of both are
/// the same.
pub(super) fn host_ports<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let is_host = judge.is_true(spec, "hostNetwork");
    let mut taken = BTreeSet::new();
    for container in judge.items(spec, "containers") {
        for port in judge.items(container, "ports") {
            let Some(number) = judge.int(port, "hostPort").filter(|number| *number != 0) else {
                continue;
            };
            let node = judge.get(port, "hostPort").unwrap_or(port);
            let protocol = match judge.text(port, "protocol") {
                None | Some("") => "TCP",
                Some(protocol) => protocol,
            };
            let address = judge.text(port, "hostIP").unwrap_or_default();
            if !taken.insert((number, protocol, address)) {
                judge.wrong(
                    node,
                    format!("two ports of the pod have `hostPort` {number}"),
                );
            }
            let own = judge.int(port, "containerPort");
            if is_host && own.is_some_and(|own| own != number) {
                judge
                    .wrong(
                        node,
                        format!("under `hostNetwork`, `hostPort` {number} is not `containerPort`"),
                    )
                    .rests_on(spec, "hostNetwork");
            }
        }
    }
    for container in judge.items(spec, "initContainers") {
        let ports = judge.items(container, "ports");
        let ports: Vec<_> = ports
            .filter_map(|port| judge.get(port, "hostPort"))
            .collect();
        judge.unique(ports, |port| {
            format!("two ports of a container have `hostPort` {port}")
        });
    }
}

/// `Container`: no two ports have one name.
pub(super) fn port_names<'t>(judge: &mut Judge<'t>, container: Node<'t>) {
    let ports = judge.items(container, "ports");
    let names: Vec<_> = ports.filter_map(|port| judge.get(port, "name")).collect();
    judge.unique(names, |name| {
        format!("two ports of the container are named {name}")
    });
}

/// `PodSpec`: restart policies of containers.
pub(super) fn restarts<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    for list in LISTS {
        for container in judge.items(spec, list) {
            let Some(policy) = judge.get(container, "restartPolicy") else {
                if judge.has(container, "restartPolicyRules") {
                    let place = describe(container, judge.object());
                    judge.missing(
                        container,
                        "restartPolicy",
                        format!("{place} has `restartPolicyRules` but no `restartPolicy`"),
                    );
                }
                continue;
            };
            let is_always = judge.text_of(policy) == Some("Always");
            if list == "containers" {
                judge
                    .wrong(policy, "only init containers have a `restartPolicy`")
                    .until(CONTAINER_RESTARTS);
            } else if !is_always && judge.text_of(policy).is_some() {
                judge
                    .wrong(
                        policy,
                        "the `restartPolicy` of an init container is not Always",
                    )
                    .until(CONTAINER_RESTARTS);
            }
        }
    }
}

/// The volumes that the containers of a pod may mount: their names, and whether they are claims. `None`
/// where not all are known.
fn volumes<'t>(judge: &Judge<'t>, spec: Node<'t>) -> Option<Vec<(&'t str, bool)>> {
    let mut volumes = Vec::new();
    if !judge.knows_all(spec, "volumes") {
        return None;
    }
    for volume in judge.items(spec, "volumes") {
        let is_claim = ["persistentVolumeClaim", "ephemeral"]
            .iter()
            .any(|source| judge.has(volume, source));
        volumes.push((judge.text(volume, "name")?, is_claim));
    }
    if let Some(stateful) = judge.at(judge.object(), &["spec"])
        && judge.kind() == "StatefulSet"
    {
        if !judge.knows_all(stateful, "volumeClaimTemplates") {
            return None;
        }
        for template in judge.items(stateful, "volumeClaimTemplates") {
            let metadata = judge.get(template, "metadata")?;
            volumes.push((judge.text(metadata, "name")?, true));
        }
    }
    Some(volumes)
}

/// `PodSpec`: what containers mount are volumes of the pod.
pub(super) fn mounts<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let volumes = volumes(judge, spec);
    let mut by_name = HashMap::new();
    for (name, is_claim) in volumes.iter().flatten() {
        by_name.entry(*name).or_insert(*is_claim);
    }
    for list in LISTS {
        for container in judge.items(spec, list) {
            if let Some(volumes) = &volumes {
                references(judge, spec, container, (volumes, &by_name));
            }
            places(judge, container);
        }
    }
}

/// Which volume to add, or was likely meant.
fn add_volume(name: &str, volumes: &[(&str, bool)]) -> String {
    const FEW: usize = 5;
    let names = || volumes.iter().map(|(volume, _)| *volume);
    let shown: Vec<String> = names().take(FEW).map(shown).collect();
    match suggest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if shown.is_empty() => format!("add a volume named `{name}`: the pod has none"),
        None => format!(
            "add a volume named `{name}`, or mount one that is there: {}",
            shown.join(", ")
        ),
    }
}

/// What is mounted exists, and only claims are devices.
fn references<'t>(
    judge: &mut Judge<'t>,
    spec: Node<'t>,
    container: Node<'t>,
    (volumes, by_name): (&[(&str, bool)], &HashMap<&str, bool>),
) {
    for (list, verb) in [("volumeMounts", "mounts"), ("volumeDevices", "uses")] {
        for mount in judge.items(container, list) {
            let Some(node) = judge.get(mount, "name") else {
                continue;
            };
            let Some(name) = judge.text_of(node).filter(|name| !name.is_empty()) else {
                continue;
            };
            let place = describe(container, judge.object());
            let found = by_name.get(name);
            match found {
                None => {
                    judge
                        .wrong(
                            node,
                            format!("{place} {verb} {}, no volume of the pod", shown(name)),
                        )
                        .help(add_volume(name, volumes))
                        .absence(spec, "volumes");
                }
                Some(false) if list == "volumeDevices" => {
                    judge.wrong(
                        node,
                        format!("{place} uses {} as a device, no claim", shown(name)),
                    );
                }
                Some(_) => {}
            }
        }
    }
}

/// No two mounts or devices of a container stand at one path, and no volume is both.
fn places<'t>(judge: &mut Judge<'t>, container: Node<'t>) {
    let of = |judge: &Judge<'t>, list: &str, key: &str| -> Vec<Node<'t>> {
        judge
            .items(container, list)
            .filter_map(|mount| judge.get(mount, key))
            .collect()
    };
    let mut paths = of(judge, "volumeMounts", "mountPath");
    paths.extend(of(judge, "volumeDevices", "devicePath"));
    judge.unique(paths, |path| {
        format!("two mounts of the container are at {path}")
    });
    let devices = of(judge, "volumeDevices", "name");
    let mounted: BTreeSet<&str> = of(judge, "volumeMounts", "name")
        .into_iter()
        .filter_map(|name| judge.text_of(name))
        .collect();
    for device in &devices {
        if let Some(name) = judge.text_of(*device)
            && mounted.contains(name)
        {
            judge.wrong(
                *device,
                format!(
                    "{} is both a mount and a device of the container",
                    shown(name)
                ),
            );
        }
    }
    judge.unique(devices, |name| {
        format!("the container uses device {name} twice")
    });
}

/// `VolumeMount`: one of two kinds of sub-path; what `recursiveReadOnly` needs.
pub(super) fn mount<'t>(judge: &mut Judge<'t>, mount: Node<'t>) {
    if judge.has(mount, "subPath") && judge.has(mount, "subPathExpr") {
        let node = mount.entry("subPathExpr").map_or(mount, |it| it.key);
        let place = describe(mount, judge.object());
        judge.wrong(
            node,
            format!("{place} has both `subPath` and `subPathExpr`"),
        );
    }
    let Some(node) = judge.get(mount, "recursiveReadOnly") else {
        return;
    };
    let Some(policy) = judge.text_of(node) else {
        return;
    };
    if matches!(policy, "Enabled" | "IfPossible") {
        if !judge.is_true(mount, "readOnly") && !judge.field(mount, "readOnly").is_unknown() {
            judge
                .wrong(node, "`recursiveReadOnly` without `readOnly: true`")
                .absence(mount, "readOnly");
        }
        let propagation = judge.text(mount, "mountPropagation");
        if propagation.is_some_and(|text| !matches!(text, "None" | "")) {
            judge.wrong(node, "`recursiveReadOnly` with `mountPropagation`");
        }
    }
}

/// `Container`: only privileged containers propagate mounts to the node.
pub(super) fn propagation<'t>(judge: &mut Judge<'t>, container: Node<'t>) {
    let (outer, inner) = ("securityContext", "privileged");
    let security = judge.field(container, outer);
    let is_unknown = security.is_unknown()
        || judge
            .get(container, outer)
            .is_some_and(|security| judge.field(security, inner).is_unknown());
    let is_privileged = judge
        .get(container, outer)
        .is_some_and(|security| judge.is_true(security, inner));
    if is_unknown || is_privileged {
        return;
    }
    for mount in judge.items(container, "volumeMounts") {
        if let Some(node) = judge.get(mount, "mountPropagation")
            && judge.text_of(node) == Some("Bidirectional")
        {
            judge
                .wrong(
                    node,
                    "a mount with Bidirectional propagation in a container that is not privileged",
                )
                .absence(container, "securityContext.privileged");
        }
    }
}

/// `PodSpec`: the claims of containers are the pod's.
pub(super) fn claims<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let declared = judge.items(spec, "resourceClaims");
    let declared: Vec<_> = declared
        .filter_map(|claim| judge.get(claim, "name"))
        .collect();
    let names: Vec<&str> = declared
        .iter()
        .filter_map(|name| judge.text_of(*name))
        .collect();
    let is_known = judge.knows_all(spec, "resourceClaims") && names.len() == declared.len();
    judge.unique(declared, |name| {
        format!("two claims of the pod are named {name}")
    });
    for list in LISTS {
        for container in judge.items(spec, list) {
            let Some(resources) = judge.get(container, "resources") else {
                continue;
            };
            for claim in judge.items(resources, "claims") {
                if let Some(node) = judge.get(claim, "name")
                    && let Some(name) = judge.text_of(node).filter(|name| !name.is_empty())
                    && is_known
                    && !names.contains(&name)
                {
                    judge
                        .wrong(
                            node,
                            format!("{} is none of the pod's `resourceClaims`", shown(name)),
                        )
                        .absence(spec, "resourceClaims");
                }
            }
        }
    }
}

/// `PodResourceClaim`: a claim or a template of one.
pub(super) fn claim<'t>(judge: &mut Judge<'t>, claim: Node<'t>) {
    const SOURCES: [&str; 2] = ["resourceClaimName", "resourceClaimTemplateName"];
    let place = describe(claim, judge.object());
    match judge.present(claim, &SOURCES).as_slice() {
        [] => judge.missing_one_of(
            claim,
            &SOURCES,
            format!("{place} names neither a claim nor a template"),
        ),
        [_, second, ..] => {
            judge.wrong(
                *second,
                format!("{place} names both a claim and a template"),
            );
        }
        [_] => {
            for field in SOURCES {
                super::sources::set_but_empty(judge, claim, field);
            }
        }
    }
}
