//! Requests and limits.
//!
//! pkg/apis/core/validation/validation.go, 1.37: validateResourceRequirements,
//! ValidateContainerResourceName; pkg/apis/core/helper/helpers.go.

use std::collections::HashMap;

use super::judge::{Judge, shown};
use crate::kube::check::names::key_complaint;
use crate::units::Quantity;
use crate::yaml::{Entry, Node};

const ONE: i128 = 1000;

/// `ResourceRequirements` of a container.
pub(super) fn of_container<'t>(judge: &mut Judge<'t>, container: Node<'t>) {
    let Some(resources) = judge.get(container, "resources") else {
        return;
    };
    for side in ["limits", "requests"] {
        for entry in entries(judge, resources, side) {
            if let Some(fault) = name_fault(entry.key.key_text()) {
                let name = shown(entry.key.key_text());
                judge.wrong(entry.key, format!("{name} {fault}"));
            }
        }
    }
    amounts(judge, resources);
}

/// `PodSpec`: the overhead, and resources of the pod as a whole.
pub(super) fn of_pod<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    for entry in entries(judge, spec, "overhead") {
        if let Some(fault) = name_fault(entry.key.key_text()) {
            let name = shown(entry.key.key_text());
            judge.wrong(entry.key, format!("{name} {fault}"));
        }
        amount(judge, entry);
    }
    let Some(resources) = judge.get(spec, "resources") else {
        return;
    };
    if let Some(claims) = judge.get(resources, "claims") {
        judge.wrong(claims, "`claims` in the resources of a whole pod");
    }
    for side in ["limits", "requests"] {
        for entry in entries(judge, resources, side) {
            let name = entry.key.key_text();
            if !matches!(name, "cpu" | "memory") && !name.starts_with("hugepages-") {
                let name = shown(name);
                judge.wrong(
                    entry.key,
                    format!("{name} is not a resource of a whole pod"),
                );
            }
        }
    }
    amounts(judge, resources);
    total(judge, spec, resources);
}

/// The requests of the containers together do not exceed the pod's, nor the limit of one the pod's limit.
fn total<'t>(judge: &mut Judge<'t>, spec: Node<'t>, resources: Node<'t>) {
    if judge.has(spec, "initContainers") || !judge.knows_all(spec, "containers") {
        return;
    }
    for entry in entries(judge, resources, "requests") {
        let name = entry.key.key_text();
        let Some(pod) = quantity(judge, entry.value) else {
            continue;
        };
        let mut sum = 0_i128;
        for container in judge.items(spec, "containers") {
            let of = |side| judge.at(container, &["resources", side, name]);
            // A limit alone is the request, too.
            let own = of("requests").or_else(|| of("limits"));
            sum = sum.saturating_add(own.and_then(|own| quantity(judge, own)).unwrap_or(0));
        }
        if sum > pod {
            judge.wrong(
                entry.value,
                format!("the containers request more `{name}` than the pod"),
            );
        }
    }
    for entry in entries(judge, resources, "limits") {
        let name = entry.key.key_text();
        let Some(pod) = quantity(judge, entry.value) else {
            continue;
        };
        for container in judge.items(spec, "containers") {
            if let Some(own) = judge.at(container, &["resources", "limits", name])
                && quantity(judge, own).is_some_and(|own| own > pod)
            {
                judge.wrong(
                    own,
                    format!("the container's limit of `{name}` exceeds the pod's"),
                );
            }
        }
    }
}

fn entries<'t>(judge: &Judge<'t>, holder: Node<'t>, side: &str) -> Vec<Entry<'t>> {
    let map = judge.get(holder, side);
    map.into_iter().flat_map(Node::entries).collect()
}

/// Thousandths of a known amount.
fn quantity(judge: &Judge<'_>, node: Node<'_>) -> Option<i128> {
    if judge.is_unknown(node) {
        return None;
    }
    let parsed: Result<Quantity, _> = node.text()?.parse();
    parsed.ok().map(|quantity| quantity.milli)
}

/// Requests are below their limits; what cannot be overcommitted is equal to its limit.
fn amounts<'t>(judge: &mut Judge<'t>, resources: Node<'t>) {
    let limits = entries(judge, resources, "limits");
    let requests = entries(judge, resources, "requests");
    let knows_limits = !judge.field(resources, "limits").is_unknown();
    for entry in limits.iter().chain(&requests) {
        amount(judge, *entry);
    }
    let mut by_name: HashMap<&str, Entry<'t>> = HashMap::new();
    for limit in &limits {
        by_name.entry(limit.key.key_text()).or_insert(*limit);
    }
    for request in &requests {
        let name = request.key.key_text();
        if name_fault(name).is_some() {
            continue;
        }
        let limit = by_name.get(name);
        let Some(limit) = limit else {
            if !may_overcommit(name) && knows_limits {
                judge
                    .wrong(
                        request.key,
                        format!("{} has a request but no limit", shown(name)),
                    )
                    .absence(resources, "limits");
            }
            continue;
        };
        let both = quantity(judge, request.value).zip(quantity(judge, limit.value));
        let Some((least, most)) = both else {
            continue;
        };
        if !may_overcommit(name) && least != most {
            judge.wrong(
                request.value,
                format!("the request of {} is not its limit", shown(name)),
            );
        } else if least > most {
            let of = |node: Node<'_>| node.text().unwrap_or_default().trim().to_owned();
            judge.wrong(
                request.value,
                format!(
                    "the {} request {} exceeds the limit {}",
                    name,
                    of(request.value),
                    of(limit.value)
                ),
            );
        }
    }
    if knows_limits && !judge.field(resources, "requests").is_unknown() {
        huge_pages(judge, resources, &limits, &requests);
    }
}

/// Huge pages come with cpu or memory.
fn huge_pages<'t>(
    judge: &mut Judge<'t>,
    resources: Node<'t>,
    limits: &[Entry<'t>],
    requests: &[Entry<'t>],
) {
    let all = || limits.iter().chain(requests).map(|entry| entry.key);
    let is_page = |key: &Node<'t>| key.key_text().starts_with("hugepages-");
    let is_core = |key: Node<'t>| matches!(key.key_text(), "cpu" | "memory");
    if let Some(key) = all().find(is_page)
        && !all().any(is_core)
    {
        judge
            .wrong(key, "huge pages without cpu or memory")
            .absence(resources, "limits");
    }
}

/// An amount is not negative, and whole where it counts things.
fn amount<'t>(judge: &mut Judge<'t>, entry: Entry<'t>) {
    let name = entry.key.key_text();
    let Some(milli) = quantity(judge, entry.value) else {
        return;
    };
    if milli < 0 {
        judge.wrong(
            entry.value,
            format!("the amount of {} is negative", shown(name)),
        );
    } else if name.contains('/') && !is_native(name) && milli % ONE != 0 {
        judge.wrong(
            entry.value,
            format!("the amount of {} is not whole", shown(name)),
        );
    } else if let Some(size) = name.strip_prefix("hugepages-")
        && let Ok(size) = size.parse::<Quantity>()
        && size.milli > 0
        && milli % size.milli != 0
    {
        judge.wrong(
            entry.value,
            format!("the amount of {} is not whole pages", shown(name)),
        );
    }
}

/// helper.IsNativeResource
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// helper.IsOvercommitAllowed
fn may_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with("hugepages-")
}

/// Why a container has no such resource.
fn name_fault(name: &str) -> Option<&'static str> {
    if key_complaint(name, false).is_some() {
        return Some("is not a qualified name");
    }
    if !name.contains('/') {
        let is_standard = matches!(name, "cpu" | "memory" | "ephemeral-storage")
            || name.starts_with("hugepages-");
        return (!is_standard).then_some("is not a resource of containers");
    }
    let is_quota_name = name.starts_with("requests.");
    let fits = is_native(name)
        || !is_quota_name && key_complaint(&format!("requests.{name}"), false).is_none();
    (!fits).then_some("is not a name of an extended resource")
}
