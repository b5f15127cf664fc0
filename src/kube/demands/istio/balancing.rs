//! Load balancing: keys to hash, warm-up, shares of localities.

use std::collections::BTreeSet;

use super::super::judge::{Judge, shown};
use super::texts;
use crate::yaml::{Node, Scalar};

/// Labels by which Istio itself orders endpoints.
const TOPOLOGY: [&str; 3] = [
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.istio.io/subzone",
];

/// `validateLoadBalancer`, of which the rest is told at each part.
pub(super) fn balancer<'t>(judge: &mut Judge<'t>, balancer: Node<'t>) {
    if let Some(hash) = judge.get(balancer, "consistentHash")
        && judge
            .int(hash, "minimumRingSize")
            .is_some_and(|size| size != 0)
        && let [other, ..] = judge.present(hash, &["ringHash", "maglev"]).as_slice()
    {
        let name = other.key_text();
        judge.wrong(
            *other,
            format!("`consistentHash` has both `minimumRingSize` and `{name}`"),
        );
    }
}

/// `validateLoadBalancer`: Maglev's table.
pub(super) fn hash<'t>(judge: &mut Judge<'t>, hash: Node<'t>) {
    const LIMIT: u64 = 5_000_011;
    let Some(maglev) = judge.get(hash, "maglev") else {
        return;
    };
    let Some(node) = judge.get(maglev, "tableSize") else {
        if judge.field(maglev, "tableSize").is_absent() {
            judge.missing(maglev, "tableSize", "`maglev` has no `tableSize`");
        }
        return;
    };
    let size = match node.scalar() {
        Some(Scalar::Int(size)) => u64::try_from(size).unwrap_or_default(),
        Some(Scalar::Unsigned(size)) => size,
        _ => return,
    };
    if size >= LIMIT {
        judge.wrong(node, format!("`tableSize` {size} is not below {LIMIT}"));
    } else if !is_prime(size) {
        judge
            .wrong(node, format!("`tableSize` {size} is not a prime number"))
            .help("65537 is Envoy's own default");
    }
}

/// As Envoy counts 1: a prime.
fn is_prime(number: u64) -> bool {
    let mut factors = (2..).take_while(|factor| factor * factor <= number);
    number != 0 && factors.all(|factor| !number.is_multiple_of(factor))
}

/// `validateLoadBalancer`: the attributes of a cookie have a name each, and each another.
pub(super) fn cookie<'t>(judge: &mut Judge<'t>, cookie: Node<'t>) {
    let attributes: Vec<Node<'t>> = judge.items(cookie, "attributes").collect();
    let names: Vec<Node<'t>> = attributes
        .into_iter()
        .filter_map(|attribute| judge.get(attribute, "name"))
        .collect();
    judge.unique(names, |name| {
        format!("two attributes of the cookie are named {name}")
    });
}

/// `validateLoadBalancer`
pub(super) fn warmup<'t>(judge: &mut Judge<'t>, warmup: Node<'t>) {
    if let Some(node) = judge.get(warmup, "aggression") {
        let is_positive = match node.scalar() {
            Some(Scalar::Int(number)) => number > 0,
            Some(Scalar::Float(number)) => number > 0.0,
            _ => true,
        };
        if !is_positive {
            judge.wrong(node, "`aggression` is not above 0");
        }
    }
}

/// `ValidateLocalityLbSetting`
pub(super) fn locality<'t>(judge: &mut Judge<'t>, setting: Node<'t>) {
    let distribute: Vec<Node<'t>> = judge.items(setting, "distribute").collect();
    let failover: Vec<Node<'t>> = judge.items(setting, "failover").collect();
    if !distribute.is_empty()
        && !failover.is_empty()
        && let Some(entry) = setting.entry("failover")
    {
        judge.wrong(
            entry.key,
            "`localityLbSetting` has both `distribute` and `failover`",
        );
        return;
    }
    if !failover.is_empty() {
        for (node, label) in texts(judge, setting, "failoverPriority") {
            if TOPOLOGY.contains(&label) {
                judge.wrong(
                    node,
                    format!("{} in `failoverPriority` excludes `failover`", shown(label)),
                );
                return;
            }
        }
    }
    let mut sources: Vec<(Node<'t>, &str)> = Vec::new();
    for one in distribute {
        if let Some(node) = judge.get(one, "from")
            && let Some(text) = judge.text_of(node)
        {
            sources.push((node, text));
        }
        shares(judge, one);
    }
    localities(judge, &sources, covers);
    regions(judge, setting);
}

/// The shares of one locality: 1 to 100 each, 100 together.
fn shares<'t>(judge: &mut Judge<'t>, one: Node<'t>) {
    let mut sum = 0_i64;
    let mut targets = Vec::new();
    let entries = super::entries(judge, one, "to");
    for (locality, entry) in entries {
        let Some(Scalar::Int(share)) = entry.value.resolved().scalar() else {
            return;
        };
        if !(1..=100).contains(&share) {
            judge.wrong(
                entry.value,
                format!(
                    "the share {share} of {} is not from 1 to 100",
                    shown(locality)
                ),
            );
            return;
        }
        sum += share;
        targets.push((entry.key, locality));
    }
    if judge.field(one, "to").is_unknown() {
        return;
    }
    if sum != 100 {
        let node = one.entry("to").map_or(one, |entry| entry.key);
        judge
            .wrong(
                node,
                format!("the shares in `to` add up to {sum}, not to 100"),
            )
            .rests_on(one, "to");
        return;
    }
    // Istio reads them in any order.
    localities(judge, &targets, |one, other| {
        covers(one, other) && covers(other, one)
    });
}

/// A locality is compared with so many before it; nobody has as many.
const MOST_LOCALITIES: usize = 200;

/// `validateLocalities`: `region/zone/subzone`, `*` at the end at most, none within an earlier one.
fn localities<'t>(
    judge: &mut Judge<'t>,
    localities: &[(Node<'t>, &str)],
    is_covered: fn(&str, &str) -> bool,
) {
    for (index, (node, locality)) in localities.iter().enumerate() {
        let stars = locality.matches('*').count();
        if stars > 1 || stars == 1 && !locality.ends_with('*') {
            judge.wrong(
                *node,
                format!("{} has a `*` that is not its end", shown(locality)),
            );
            return;
        }
        if locality.splitn(3, '/').any(str::is_empty) {
            judge.wrong(
                *node,
                format!("{} has an empty region, zone or subzone", shown(locality)),
            );
            return;
        }
        let near = index.saturating_sub(MOST_LOCALITIES);
        let mut earlier = localities.iter().take(index).skip(near);
        if let Some((_, other)) = earlier.rfind(|(_, other)| is_covered(other, locality)) {
            judge.wrong(
                *node,
                format!("{} overlaps with {}", shown(locality), shown(other)),
            );
            return;
        }
    }
}

/// Whether Istio finds that a locality is within one that it read before.
fn covers(earlier: &str, later: &str) -> bool {
    let earlier: Vec<&str> = earlier.splitn(3, '/').collect();
    let later: Vec<&str> = later.splitn(3, '/').collect();
    let is_all = |index: usize| matches!(earlier.get(index), None | Some(&"*"));
    let is_same = |index: usize| earlier.get(index) == later.get(index);
    if earlier.first() == Some(&"*") {
        return true;
    }
    if !is_same(0) {
        return false;
    }
    match later.len() {
        1 => true,
        2 => is_all(1) || is_same(1),
        _ => is_all(1) || is_same(1) && is_all(2),
    }
}

/// `ValidateZoneAwareLbSetting`
pub(super) fn zone_aware<'t>(judge: &mut Judge<'t>, setting: Node<'t>) {
    for (node, label) in texts(judge, setting, "failoverPriority") {
        if TOPOLOGY.contains(&label) {
            judge.wrong(
                node,
                format!(
                    "{} is what `zoneAwareLbSetting` itself orders by",
                    shown(label)
                ),
            );
        }
    }
    regions(judge, setting);
}

/// From one region to another, by their whole names.
fn regions<'t>(judge: &mut Judge<'t>, setting: Node<'t>) {
    let failover: Vec<Node<'t>> = judge.items(setting, "failover").collect();
    for one in failover {
        let ends: BTreeSet<&str> = ["from", "to"]
            .iter()
            .map(|key| judge.text(one, key).unwrap_or_default())
            .collect();
        let is_known = ["from", "to"]
            .iter()
            .all(|key| !judge.field(one, key).is_unknown());
        if ends.len() == 1 && is_known {
            let node = judge.get(one, "to").unwrap_or(one);
            judge.wrong(node, "`failover` leads from a region to the same one");
        }
        for key in ["from", "to"] {
            if let Some(node) = judge.get(one, key)
                && let Some(text) = judge.text_of(node)
                && text.contains(['/', '*'])
            {
                judge.wrong(
                    node,
                    format!("{} in `failover` is not a region alone", shown(text)),
                );
            }
        }
    }
}
