//! `pdb-selects-nothing`

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::corrected_selector::{self, Correction};
use super::labels;
use super::meant::{Meant, NONE, meant};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "pdb-selects-nothing",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A PodDisruptionBudget selects no pods and protects nothing",
    page: include_str!("../../../rules/availability/pdb-selects-nothing.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["pod-disruption-budget"],
};

const PROTECTS_NOTHING: &str = "the budget protects nothing";

/// What comes of it.
const EVICTS: &str = "a node drain may evict all pods that it was meant for at once";

/// See the rule's page.
pub(in crate::rules) struct PdbSelectsNothing;

impl Rule for PdbSelectsNothing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::PodDisruptionBudget(budget) = object.body() else {
            return;
        };
        let field = object.field(&["spec", "selector"]);
        if field.is_unknown()
            || cx
                .inventory
                .is_set_elsewhere(object, object.node(), "spec.selector")
        {
            return;
        }
        let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
        match selector.filter(|_| !field.is_absent()) {
            // Only policy/v1beta1 leaves it at that; in policy/v1 it selects every pod.
            Some(selector) if is_empty(selector) && object.api_version() == "policy/v1beta1" => {
                out.push(without_selector(object, "an empty policy/v1beta1 selector"));
            }
            Some(selector) => check_selector(cx, object, selector, out),
            None => out.push(without_selector(object, "no selector")),
        }
    }
}

fn is_empty(selector: &LabelSelector) -> bool {
    let LabelSelector {
        match_expressions,
        match_labels,
    } = selector;
    match_labels.as_ref().is_none_or(BTreeMap::is_empty)
        && match_expressions.as_ref().is_none_or(Vec::is_empty)
}

fn without_selector<'a>(object: &'a Object, what: &str) -> Report<'a> {
    let spec = object.node().entry("spec");
    let selector = spec.and_then(|spec| spec.value.resolved().entry("selector"));
    let node = selector
        .or(spec)
        .map_or_else(|| object.name_node(), |entry| entry.key);
    let message = format!("{what} selects no pods: {PROTECTS_NOTHING}");
    let help = "select the labels of the pods, as the workload's own selector does";
    // In policy/v1beta1 it selects none.
    let all = if object.api_version() == "policy/v1beta1" {
        ""
    } else {
        "; {} selects every pod of the namespace"
    };
    Report::object(object, node, message)
        .detail(EVICTS)
        .help(format!("{help}{all}"))
}

fn check_selector(cx: &Context<'_>, object: &Object, selector: &LabelSelector, out: &mut Findings) {
    let wanted = selector.match_labels.as_ref().unwrap_or(&NONE);
    if let Some(meant) = meant(cx, object, selector) {
        let report = report(cx, object, wanted, &meant);
        out.push(if meant.is_in_namespace {
            report
        } else {
            report.severity(Severity::Note)
        });
    }
}

/// Whether the rule says of a budget that its selector selects nothing.
pub(super) fn speaks(cx: &Context<'_>, object: &Object) -> bool {
    let Body::PodDisruptionBudget(budget) = object.body() else {
        return false;
    };
    let selector = budget.spec.as_ref().and_then(|spec| spec.selector.as_ref());
    selector.is_some_and(|selector| meant(cx, object, selector).is_some())
}

/// No workload is like what it selects.
fn far(object: &Object) -> Report<'_> {
    let spec = object.node().get("spec");
    let key = spec.and_then(|spec| spec.entry("selector"));
    let node = key.map_or_else(|| object.name_node(), |entry| entry.key);
    let message = format!("no workload in view has the labels that it selects: {PROTECTS_NOTHING}");
    Report::object(object, node, message)
        .detail(EVICTS)
        .help("select labels that the pods carry, or remove the budget")
}

fn report<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    wanted: &BTreeMap<String, String>,
    meant: &Meant<'_>,
) -> Report<'a> {
    let (workload, differences) = (meant.workload, meant.differences.as_slice());
    let list = object.node().at(&["spec", "selector"]);
    if !meant.is_near(object, wanted) {
        return far(object);
    }
    let consequence = if meant.is_in_namespace {
        PROTECTS_NOTHING
    } else {
        "the budget may protect nothing"
    };
    let message = format!(
        "no workload in view has {}: {consequence}",
        labels::wanted(differences)
    );
    let labels = list.and_then(|list| list.get("matchLabels"));
    let node = differences
        .first()
        .and_then(|first| labels?.get(first.key))
        .or(list)
        .unwrap_or_else(|| object.name_node());
    let help = format!(
        "the pods of {} `{}` have {}: select what they carry",
        workload.object().kind(),
        workload.object().name(),
        labels::found(differences)
    );
    let report = Report::object(object, node, message)
        .detail(EVICTS)
        .help(help);
    let report = if meant.is_alone {
        let correction = Correction {
            labels,
            wanted,
            differences,
            workload,
        };
        corrected_selector::write(cx, object, &correction, report)
    } else {
        report
    };
    let template = workload.template();
    match labels::node(template, differences) {
        Some(labels) => report.related(template.object(), labels, "the nearest workload's labels"),
        None => report,
    }
}
