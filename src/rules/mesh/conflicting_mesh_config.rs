//! `conflicting-mesh-config`

use super::claim::{Claim, has_gateways, twins};
use super::{namespace_switches, overlap};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};

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
        if let Some(report) =
            for_one_aim(cx, object, &own).or_else(|| for_shared_pods(cx, object, &own))
        {
            out.push(report);
        }
    }
}

/// Each group is reported once, at the object that comes second.
fn for_one_aim<'a>(cx: &Context<'a>, object: &'a Object, own: &Claim<'a>) -> Option<Report<'a>> {
    let (twins, aim) = twins(cx, object, own)?;
    let [first, more @ ..] = twins.as_slice() else {
        return None;
    };
    let target = own.shown(&aim, cx.inventory.root_namespace());
    let (kind, name) = (object.kind(), first.name());
    let others = match more.len() {
        0 => format!("{kind} `{name}` is also for"),
        more => format!("{} more {kind}s are for", more + 1),
    };
    let oldest = if more.is_empty() { "older" } else { "oldest" };
    let message = format!("{others} {target}: Istio uses only the {oldest}");
    let node = own.node.unwrap_or_else(|| object.name_node());
    let meets_gateways = own.has_gateways && twins.iter().all(|it| has_gateways(it));
    let detail = meets_gateways.then_some("inside the mesh; at gateways their routes are merged");
    let report = Report::object(object, node, message).help(help(object));
    let places = twins.iter().map(|it| (*it, it.name_node()));
    let label = format!("another {kind}");
    Some(
        report
            .detail_of(detail)
            .related_few(places, twins.len(), &label),
    )
}

/// Each pair is reported once, at the object that comes later.
fn for_shared_pods<'a>(
    cx: &Context<'a>,
    object: &'a Object,
    own: &Claim<'a>,
) -> Option<Report<'a>> {
    let (labels, _) = own.target.as_ref()?;
    let (other, workload) = overlap::earlier(cx, object, labels)?;
    let (kind, name) = (object.kind(), other.name());
    let target = workload.object();
    let message = format!(
        "{kind} `{name}` is also for the pods of {} `{}`: Istio uses only the older",
        target.kind(),
        target.name()
    );
    let report = Report::object(object, object.name_node(), message).help(help(object));
    Some(report.related(other, other.name_node(), format!("the other {kind}")))
}

fn help(object: &Object) -> String {
    match object.body() {
        Body::PeerAuthentication(_) => {
            "keep the one that you mean: a workload has one mode".to_owned()
        }
        _ => format!("put the settings of all into one {}", object.kind()),
    }
}
