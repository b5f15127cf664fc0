//! `conflicting-mesh-config`

use std::collections::HashMap;

use super::{namespace_switches, overlap, pods};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::{Body, Object, is_placeholder};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "conflicting-mesh-config",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "Istio uses only one of two objects for one target",
    page: include_str!("../../../rules/mesh/conflicting-mesh-config.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct ConflictingMeshConfig;

impl Rule for ConflictingMeshConfig {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if matches!(object.body(), Body::Namespace(_)) {
            namespace_switches::check(object, out);
            return;
        }
        let Some(own) = Claim::of(object, cx.inventory.namespace(object)) else {
            return;
        };
        // Each pair is reported once, at the object that comes later.
        let Some((other, target)) = earlier(cx, object, &own).or_else(|| {
            let (labels, _) = own.target.as_ref()?;
            let (other, workload) = overlap::earlier(cx, object, labels)?;
            let (kind, name) = (workload.object().kind(), workload.object().name());
            Some((other, format!("the pods of {kind} `{name}`")))
        }) else {
            return;
        };
        let (kind, name) = (object.kind(), other.name());
        let message = format!("{kind} `{name}` is also for {target}: Istio uses only the older");
        let node = own.node.unwrap_or_else(|| object.name_node());
        let report = Report::object(object, node, message)
            .help(format!("put the settings of both into one {kind}"));
        out.push(report.related(other, other.name_node(), format!("the other {kind}")));
    }
}

/// What is for the same, by kind and what that is: the numbers of the objects, in order.
type Claims = HashMap<(String, Aim), Vec<u32>>;

/// The pods of a namespace that something is for, or one host as Istio completes it, in whatever
/// namespace: a VirtualService is for the clients of all.
#[derive(PartialEq, Eq, Hash)]
enum Aim {
    Pods(Option<String>, String),
    Host(String),
}

/// An object is compared with so many that are for the same.
const MOST_TWINS: usize = 100;

/// The first object before this one that is for the same, where both are deployed together; and for what.
fn earlier<'a>(cx: &Context<'a>, object: &Object, own: &Claim<'_>) -> Option<(&'a Object, String)> {
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
    let found = own.aims().filter_map(|aim| {
        let key = (object.kind().to_owned(), aim);
        let same = claims
            .get(&key)?
            .iter()
            .take_while(|it| **it < object.number());
        let others = same
            .take(MOST_TWINS)
            .filter_map(|it| inventory.numbered(*it));
        let mut twins = others.filter(|other| {
            let together = inventory.together(object, other);
            let is_namesake =
                other.name() == object.name() && inventory.same_namespace(other, object);
            !is_namesake && matches!(together, Some(Together::File | Together::Kustomization))
        });
        let twin = twins.next()?;
        Some((twin, own.shown(&key.1)))
    });
    // Of the hosts that lead to one object, the first.
    found.min_by_key(|(twin, _)| twin.number())
}

/// What an object is for.
struct Claim<'a> {
    namespace: Option<&'a str>,
    /// The hosts of a VirtualService of the mesh; of the other kinds nothing but the target.
    hosts: Vec<&'a str>,
    /// The labels that it selects by, in order, and the text that says so.
    target: Option<(Vec<(&'a str, &'a str)>, String)>,
    node: Option<Node<'a>>,
}

impl<'a> Claim<'a> {
    fn of(object: &'a Object, namespace: Option<&'a str>) -> Option<Self> {
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
        })
    }

    fn aims(&self) -> impl Iterator<Item = Aim> {
        let pods = self.target.iter();
        let namespace = self.namespace.map(str::to_owned);
        let pods = pods.map(move |(labels, _)| Aim::Pods(namespace.clone(), format!("{labels:?}")));
        let hosts = self.hosts.iter();
        pods.chain(hosts.map(|host| Aim::Host(completed(host, self.namespace))))
    }

    fn shown(&self, aim: &Aim) -> String {
        match (aim, &self.target) {
            (Aim::Host(host), _) => format!("host `{host}`"),
            (Aim::Pods(..), Some((_, shown))) => shown.clone(),
            (Aim::Pods(_, labels), None) => labels.clone(),
        }
    }
}

/// A host as Istio completes it: only without a dot.
fn completed(host: &str, namespace: Option<&str>) -> String {
    let namespace = namespace.filter(|_| !host.contains(['.', '*']));
    namespace.map_or_else(
        || host.to_owned(),
        |namespace| format!("{host}.{namespace}.svc.cluster.local"),
    )
}
