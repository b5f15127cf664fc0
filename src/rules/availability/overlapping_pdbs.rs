//! `overlapping-pdbs`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::Together;
use crate::kube::{Body, Object, Workload};
use crate::rules::text::and;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "overlapping-pdbs",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "Two PodDisruptionBudgets select the same pods, so that none can be evicted",
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
    workloads: Vec<Workload<'a>>,
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
        // One finding for each budget: the surest neighbour speaks for all.
        let overlap = overlaps(cx, object)
            .into_iter()
            .min_by_key(|overlap| overlap.together == Together::Directory);
        if let Some(overlap) = overlap {
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

fn overlaps<'a>(cx: &Context<'a>, object: &'a Object) -> Vec<Overlap<'a>> {
    let mut overlaps: Vec<Overlap<'a>> = Vec::new();
    let running = cx.inventory.selects(object).filter(|(workload, relation)| {
        relation.is_firm() && !cx.inventory.replicas(*workload).is_parked()
    });
    for (workload, _) in running {
        for (earlier, relation) in cx.inventory.selected_by(workload) {
            let is_budget = matches!(earlier.body(), Body::PodDisruptionBudget(_));
            // Two of one name are one object.
            if !is_budget
                || !relation.is_firm()
                || place(earlier) >= place(object)
                || earlier.name() == object.name()
                || is_selector_set_elsewhere(cx, earlier)
            {
                continue;
            }
            let Some(together) = cx.inventory.together(earlier, object) else {
                continue;
            };
            match overlaps
                .iter_mut()
                .find(|overlap| place(overlap.earlier) == place(earlier))
            {
                Some(overlap) => overlap.workloads.push(workload),
                None => overlaps.push(Overlap {
                    earlier,
                    together,
                    workloads: vec![workload],
                }),
            }
        }
    }
    overlaps
}

/// Orders objects as the sources do.
fn place(object: &Object) -> (crate::source::SourceId, u32) {
    (object.source(), object.node().span().start)
}

fn report<'a>(object: &'a Object, overlap: &Overlap<'_>) -> Report<'a> {
    let names: Vec<String> = overlap
        .workloads
        .iter()
        .map(|workload| {
            let object = workload.object();
            format!("{} `{}`", object.kind(), object.name())
        })
        .collect();
    let message = format!(
        "PodDisruptionBudget `{}` selects the pods of {} too: the eviction of a pod with two budgets \
         is answered with 500, which no drain waits out, so a node that runs one cannot be drained",
        overlap.earlier.name(),
        and(&names),
    );
    let mut report = Report::object(object, selector(object), message)
        .help(
            "keep one budget per workload: remove one, or narrow its selector (by the labels of the \
             workload's own selector)",
        )
        .related(overlap.earlier, selector(overlap.earlier), "the other budget");
    for workload in &overlap.workloads {
        let object = workload.object();
        report = report.related(object, object.name_node(), "selected by both");
    }
    report
}

/// The key of the selector.
fn selector(object: &Object) -> Node<'_> {
    object
        .node()
        .get("spec")
        .and_then(|spec| spec.entry("selector"))
        .map_or_else(|| object.name_node(), |entry| entry.key)
}
