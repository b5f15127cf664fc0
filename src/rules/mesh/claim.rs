//! Objects of Istio's that are for the same, of which it uses only one.

use std::collections::HashMap;

use super::pods::{self, Labels};
use crate::kube::{Body, Object, is_placeholder};
use crate::rules::Context;
use crate::yaml::Node;

/// What is for the same, by kind and what that is: the numbers of the objects, in order.
type Claims = HashMap<(String, Aim), Vec<u32>>;

/// The pods of a namespace that something is for, or one host as Istio completes it, in whatever
/// namespace: a VirtualService is for the clients of all.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Aim {
    Pods(Option<String>, String),
    Host(String),
}

/// An object is compared with so many that are for the same.
const MOST_TWINS: usize = 100;

/// The others that are for the same and are applied together with an object, where just one of them stands
/// before it; and for what. The first one comes first.
pub(super) fn twins<'a>(
    cx: &Context<'a>,
    object: &Object,
    own: &Claim<'_>,
) -> Option<(Vec<&'a Object>, Aim)> {
    let inventory = cx.inventory;
    let claims = inventory.once("what Istio's resources are for", || {
        let mut claims = Claims::new();
        for object in inventory.objects() {
            let claim = Claim::of(object, inventory.namespace(object));
            for aim in claim.iter().flat_map(Claim::aims) {
                let key = (object.kind().to_owned(), aim);
                claims.entry(key).or_default().push(object.number());
            }
        }
        claims
    });
    let is_twin = |other: &&Object| {
        let is_namesake = other.name() == object.name() && inventory.same_namespace(other, object);
        !is_namesake && inventory.is_applied_with(object, other)
    };
    let found = own.aims().filter_map(|aim| {
        let key = (object.kind().to_owned(), aim);
        let same = claims.get(&key)?;
        let at = same.partition_point(|it| *it < object.number());
        let (before, after) = same.split_at(at);
        let of = |numbers: &[u32]| -> Vec<&'a Object> {
            let numbers = numbers.iter().filter(|it| **it != object.number());
            let others = numbers.take(MOST_TWINS);
            let others = others.filter_map(|it| inventory.numbered(*it));
            others.filter(is_twin).collect()
        };
        let mut twins = of(before);
        let first = *twins.first()?;
        // The second of a group speaks for all of it.
        let is_said = |it: &&Object| inventory.is_applied_with(first, it);
        if twins.iter().skip(1).any(is_said) {
            return None;
        }
        twins.extend(of(after));
        Some((twins, key.1))
    });
    // Of the hosts that lead to one object, the first.
    found.min_by_key(|(twins, _)| twins.first().map(|it| it.number()))
}

/// What an object is for.
pub(super) struct Claim<'a> {
    namespace: Option<&'a str>,
    /// The hosts of a VirtualService of the mesh; of the other kinds nothing but the target.
    hosts: Vec<&'a str>,
    /// The labels that it selects by, in order, and the text that says so.
    pub(super) target: Option<(Labels<'a>, String)>,
    /// Where it says so.
    pub(super) node: Option<Node<'a>>,
    /// Whether it is for gateways, too.
    pub(super) has_gateways: bool,
}

impl<'a> Claim<'a> {
    /// What an object is for that Istio takes only one of.
    pub(super) fn of(object: &'a Object, namespace: Option<&'a str>) -> Option<Self> {
        let spec = object.node().get("spec")?;
        let claim = match object.body() {
            Body::VirtualService(_) => Self::of_service(object, spec),
            Body::Sidecar(_) => Self::selecting(object, spec, &["workloadSelector", "labels"]),
            Body::Telemetry(_) | Body::PeerAuthentication(_) => {
                if spec.get("targetRef").or(spec.get("targetRefs")).is_some() {
                    return None;
                }
                Self::selecting(object, spec, &["selector", "matchLabels"])
            }
            _ => None,
        };
        claim.map(|claim| Self { namespace, ..claim })
    }

    /// VirtualServices for one host are merged at gateways, and only there.
    fn of_service(object: &'a Object, spec: Node<'a>) -> Option<Self> {
        let gateways = spec.get("gateways").into_iter().flat_map(Node::items);
        let mut gateways = gateways.map(|node| node.text().unwrap_or_default());
        let is_of_mesh = object.field_below(spec, &["gateways"]).is_absent()
            || gateways.any(|name| name == "mesh");
        let exports = spec.get("exportTo");
        if !is_of_mesh || exports.is_some_and(|it| it.items().all(|it| it.text() != Some("*"))) {
            return None;
        }
        let entry = spec.entry("hosts")?;
        let hosts = entry.value.resolved().items().filter_map(Node::text);
        Some(Self {
            namespace: None,
            hosts: hosts.filter(|host| !is_placeholder(host)).collect(),
            target: None,
            node: Some(entry.key),
            has_gateways: has_gateways(object),
        })
    }

    fn selecting(object: &'a Object, spec: Node<'a>, path: &[&str]) -> Option<Self> {
        let labels = pods::labels(object, spec, path)?;
        let target = if labels.is_empty() {
            "the whole namespace".to_owned()
        } else {
            format!("the pods with {}", pods::shown(&labels))
        };
        Some(Self {
            namespace: None,
            hosts: Vec::new(),
            target: Some((labels, target)),
            node: None,
            has_gateways: false,
        })
    }

    fn aims(&self) -> impl Iterator<Item = Aim> {
        let pods = self.target.iter();
        let namespace = self.namespace.map(str::to_owned);
        let pods = pods.map(move |(labels, _)| Aim::Pods(namespace.clone(), format!("{labels:?}")));
        let hosts = self.hosts.iter();
        pods.chain(hosts.map(|host| Aim::Host(completed(host, self.namespace))))
    }

    /// What is for an aim, in words.
    pub(super) fn shown(&self, aim: &Aim, root: &str) -> String {
        match (aim, &self.target) {
            // What is for all of the root namespace is for all namespaces.
            (Aim::Pods(..), Some((labels, _)))
                if labels.is_empty() && self.namespace == Some(root) =>
            {
                "the whole mesh".to_owned()
            }
            (Aim::Host(host), _) => format!("host `{host}`"),
            (Aim::Pods(..), Some((_, shown))) => shown.clone(),
            (Aim::Pods(_, labels), None) => labels.clone(),
        }
    }
}

/// Whether a VirtualService names gateways besides the mesh.
pub(super) fn has_gateways(object: &Object) -> bool {
    let gateways = object.node().at(&["spec", "gateways"]);
    let mut gateways = gateways.into_iter().flat_map(Node::items);
    gateways.any(|it| it.text().is_some_and(|name| name != "mesh"))
}

/// A host as Istio completes it: only without a dot.
fn completed(host: &str, namespace: Option<&str>) -> String {
    let namespace = namespace.filter(|_| !host.contains(['.', '*']));
    namespace.map_or_else(
        || host.to_owned(),
        |namespace| format!("{host}.{namespace}.svc.cluster.local"),
    )
}
