//! `conflicting-mesh-config`

use std::collections::HashMap;

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
    summary: "Two objects of Istio for one target, of which only one counts",
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
            check_namespace(object, out);
            return;
        }
        let Some(own) = Claim::of(object) else {
            return;
        };
        // Each pair is reported once, at the object that comes later.
        let Some((other, target)) = earlier(cx, object, &own) else {
            return;
        };
        let (kind, name) = (object.kind(), other.name());
        let message = format!(
            "{kind} `{name}` is for {target} as well: Istio uses only the one that was created first"
        );
        let node = own.node.unwrap_or_else(|| object.name_node());
        let report = Report::object(object, node, message)
            .help(format!("put the settings of both into one {kind}"));
        out.push(report.related(other, other.name_node(), format!("the other {kind}")));
    }
}

/// What is for the same, by kind, namespace and what that is: the numbers of the objects, in order.
type Claims = HashMap<(String, Option<String>, Aim), Vec<u32>>;

/// The pods that something is for, or one host.
#[derive(PartialEq, Eq, Hash)]
enum Aim {
    Pods(String),
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
            let namespace = inventory.namespace(object).map(str::to_owned);
            for aim in Claim::of(object).iter().flat_map(Claim::aims) {
                let key = (object.kind().to_owned(), namespace.clone(), aim);
                claims.entry(key).or_default().push(object.number());
            }
        }
        claims
    });
    let namespace = inventory.namespace(object).map(str::to_owned);
    let found = own.aims().filter_map(|aim| {
        let key = (object.kind().to_owned(), namespace.clone(), aim);
        let same = claims
            .get(&key)?
            .iter()
            .take_while(|it| **it < object.number());
        let others = same
            .take(MOST_TWINS)
            .filter_map(|it| inventory.numbered(*it));
        let mut twins = others.filter(|other| {
            let together = inventory.together(object, other);
            other.name() != object.name()
                && matches!(together, Some(Together::File | Together::Kustomization))
        });
        let twin = twins.next()?;
        Some((twin, own.shown(&key.2)))
    });
    // Of the hosts that lead to one object, the first.
    found.min_by_key(|(twin, _)| twin.number())
}

/// What an object is for.
struct Claim<'a> {
    /// The hosts of a VirtualService of the mesh; of the other kinds nothing but the target.
    hosts: Vec<&'a str>,
    /// The labels that it selects by, in order, and the text that says so.
    target: Option<(Vec<(&'a str, &'a str)>, String)>,
    node: Option<Node<'a>>,
}

impl<'a> Claim<'a> {
    fn of(object: &'a Object) -> Option<Self> {
        let spec = object.node().get("spec")?;
        match object.body() {
            Body::VirtualService(_) => Self::of_service(object, spec),
            Body::Sidecar(_) => Self::selecting(object, spec, &["workloadSelector", "labels"]),
            Body::Telemetry(_) | Body::PeerAuthentication(_) => {
                let is_attached = ["targetRef", "targetRefs"]
                    .iter()
                    .any(|field| spec.get(field).is_some());
                if is_attached {
                    return None;
                }
                Self::selecting(object, spec, &["selector", "matchLabels"])
            }
            _ => None,
        }
    }

    /// VirtualServices for one host are merged at gateways, and only there.
    fn of_service(object: &'a Object, spec: Node<'a>) -> Option<Self> {
        let gateways = spec.get("gateways").into_iter().flat_map(Node::items);
        let mut gateways = gateways.map(|node| node.text().unwrap_or_default());
        let is_of_mesh = object.field_below(spec, &["gateways"]).is_absent()
            || gateways.all(|name| name == "mesh");
        let exported = spec.get("exportTo").is_some();
        if !is_of_mesh || exported {
            return None;
        }
        let entry = spec.entry("hosts")?;
        let hosts = entry.value.resolved().items().filter_map(Node::text);
        Some(Self {
            hosts: hosts.filter(|host| !is_placeholder(host)).collect(),
            target: None,
            node: Some(entry.key),
        })
    }

    fn selecting(object: &'a Object, spec: Node<'a>, path: &[&str]) -> Option<Self> {
        let field = object.field_below(spec, path);
        let labels = match field.node() {
            None => Vec::new(),
            Some(_) if field.is_unknown() => return None,
            Some(map) => {
                let entries = map.entries();
                let labels: Option<Vec<_>> = entries
                    .map(|entry| {
                        let value = entry.value.text().filter(|text| !is_placeholder(text))?;
                        Some((entry.key.key_text(), value))
                    })
                    .collect();
                let mut labels = labels?;
                labels.sort_unstable();
                labels
            }
        };
        let target = if labels.is_empty() {
            "the whole namespace".to_owned()
        } else {
            let pairs: Vec<String> = labels
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            format!("the pods with {}", pairs.join(", "))
        };
        Some(Self {
            hosts: Vec::new(),
            target: Some((labels, target)),
            node: None,
        })
    }

    fn aims(&self) -> impl Iterator<Item = Aim> {
        let pods = self.target.iter();
        let pods = pods.map(|(labels, _)| Aim::Pods(format!("{labels:?}")));
        pods.chain(self.hosts.iter().map(|host| Aim::Host((*host).to_owned())))
    }

    fn shown(&self, aim: &Aim) -> String {
        match (aim, &self.target) {
            (Aim::Host(host), _) => format!("host `{host}`"),
            (Aim::Pods(_), Some((_, shown))) => shown.clone(),
            (Aim::Pods(labels), None) => labels.clone(),
        }
    }
}

/// A namespace with both switches of injection: the older one wins.
fn check_namespace(object: &Object, out: &mut Findings) {
    let (Some(switch), Some(revision)) = (
        object.label("istio-injection"),
        object.label("istio.io/rev"),
    ) else {
        return;
    };
    let (Some(value), Some(name)) = (switch.text(), revision.text()) else {
        return;
    };
    if is_placeholder(value) || is_placeholder(name) || value.is_empty() || name.is_empty() {
        return;
    }
    let message = format!(
        "label `istio-injection` overrides `istio.io/rev`: revision `{name}` does not inject here"
    );
    let report = Report::object(object, revision, message).help(
        "keep `istio.io/rev` alone for a revision, `istio-injection` alone for the default one",
    );
    out.push(report.related(object, switch, "the label that counts"));
}
