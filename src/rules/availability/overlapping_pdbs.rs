//! `overlapping-pdbs`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::{Body, Object, Workload};
use crate::rules::text::{FEW, and_more};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "overlapping-pdbs",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "Two PodDisruptionBudgets for one pod block its eviction",
    page: include_str!("../../../rules/availability/overlapping-pdbs.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["pod-disruption-budget"],
};

/// See the rule's page.
pub(in crate::rules) struct OverlappingPdbs;

/// An earlier budget over pods of the same workloads.
struct Overlap<'a> {
    earlier: &'a Object,
    together: Together,
    /// The first of the workloads.
    workloads: Vec<Workload<'a>>,
    /// How many there are.
    total: usize,
}

impl Rule for OverlappingPdbs {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        if !matches!(object.body(), Body::PodDisruptionBudget(_))
            || is_selector_set_elsewhere(cx, object)
        {
            return;
        }
        if let Some(overlap) = overlap(cx, object) {
            let is_sure = overlap.together != Together::Directory;
            let report = report(object, &overlap);
            out.push(if is_sure { report } else { report.pedantic() });
        }
    }
}

fn is_selector_set_elsewhere(cx: &Context<'_>, object: &Object) -> bool {
    cx.inventory
        .is_set_elsewhere(object, object.node(), "spec.selector")
}

/// One finding for each budget: the surest neighbour speaks for all, and of equally sure ones the first.
fn overlap<'a>(cx: &Context<'a>, object: &'a Object) -> Option<Overlap<'a>> {
    let mut unsure = None;
    let mut sure = None;
    for earlier in cx.inventory.sharing_pods(object) {
        // Two of one name are one object.
        if place(earlier) >= place(object)
            || earlier.name() == object.name()
            || is_selector_set_elsewhere(cx, earlier)
        {
            continue;
        }
        match cx.inventory.together(earlier, object) {
            None => {}
            Some(Together::Directory) => {
                unsure.get_or_insert((earlier, Together::Directory));
            }
            Some(together) => {
                sure = Some((earlier, together));
                break;
            }
        }
    }
    let (earlier, together) = sure.or(unsure)?;
    let (workloads, total) = cx.inventory.shared_pods(object, earlier, FEW);
    Some(Overlap {
        earlier,
        together,
        workloads,
        total,
    })
}

/// Orders objects as the sources do.
fn place(object: &Object) -> (crate::source::SourceId, u32) {
    (object.source(), object.node().span().start)
}

fn report<'a>(object: &'a Object, overlap: &Overlap<'_>) -> Report<'a> {
    let first = overlap.workloads.iter().take(1).map(|workload| {
        let object = workload.object();
        format!("{} `{}`", object.kind(), object.name())
    });
    let names: Vec<String> = first.collect();
    let message = format!(
        "`{}` also selects the pods of {}: pods with two are never evicted",
        overlap.earlier.name(),
        and_more(&names, overlap.total),
    );
    let places = overlap.workloads.iter().map(|workload| {
        let object = workload.object();
        (object, object.name_node())
    });
    Report::object(object, selector(object), message)
        .detail("the eviction API answers with 500, so a node that runs one cannot be drained")
        .help(
            "keep one budget per workload: remove one, or narrow its selector (by the labels of the \
             workload's own selector)",
        )
        .related(overlap.earlier, selector(overlap.earlier), "the other budget")
        .related_few(places, overlap.total, "selected by both")
}

/// The key of the selector.
fn selector(object: &Object) -> Node<'_> {
    object
        .node()
        .get("spec")
        .and_then(|spec| spec.entry("selector"))
        .map_or_else(|| object.name_node(), |entry| entry.key)
}
