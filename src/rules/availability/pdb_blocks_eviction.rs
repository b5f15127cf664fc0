//! `pdb-blocks-eviction`

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::pdb_selects_nothing;
use super::selected::Selected;
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{ReplicaOrigin, Replicas};
use crate::kube::{Body, Object};
use crate::lifecycle::Amount;
use crate::lifecycle::disruption::{Allowance, Budget, Pods};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "pdb-blocks-eviction",
    category: Category::Availability,
    severity: Severity::Error,
    pedantic: false,
    summary: "A PodDisruptionBudget that never allows an eviction",
    page: include_str!("../../../rules/availability/pdb-blocks-eviction.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["pod-disruption-budget"],
};

/// See the rule's page.
pub(in crate::rules) struct PdbBlocksEviction;

impl Rule for PdbBlocksEviction {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Body::PodDisruptionBudget(typed) = object.body() else {
            return;
        };
        let is_unknown = |field| {
            object.field(&["spec", field]).is_unknown()
                || cx
                    .inventory
                    .is_set_elsewhere(object, object.node(), &format!("spec.{field}"))
        };
        let Some(spec) = typed.spec.as_ref() else {
            return;
        };
        if ["minAvailable", "maxUnavailable", "selector"]
            .into_iter()
            .any(is_unknown)
        {
            return;
        }
        if selects_nothing(object, spec.selector.as_ref()) {
            return;
        }
        // What the API server rejects is `invalid-field`.
        let Ok(budget) = Budget::of(spec) else {
            return;
        };
        let selected = cx
            .inventory
            .of_selected(object, "pods that can be evicted", || {
                Selected::of(cx, object)
            });
        if selected.total == 0 {
            // What selects nothing blocks nothing yet.
            if selected.may_run && !pdb_selects_nothing::speaks(cx, object) {
                blocks_whatever_it_selects(cx, object, &selected, budget, out);
            }
            return;
        }
        let Some(pods) = selected.pods(budget).filter(|_| !selected.is_sum_open) else {
            return;
        };
        let allowance = budget.over(pods);
        if allowance.disruptions() > 0 {
            return;
        }
        let is_scaled = matches!(pods, Pods::Scaled(_));
        let at_most = budget.over(selected.most());
        out.push(if is_scaled && at_most.disruptions() > 0 {
            at_the_minimum(cx, object, allowance, selected.most())
        } else {
            report(cx, object, &selected, allowance)
        });
    }
}

/// A budget that allows nothing while autoscalers keep the fewest pods.
fn at_the_minimum<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    allowance: Allowance,
    most: Pods,
) -> Report<'a> {
    let (Pods::Scaled(most) | Pods::Unscaled(most)) = most;
    let count = match allowance.pods {
        Pods::Scaled(count) | Pods::Unscaled(count) => count,
    };
    let message = format!(
        "the budget allows no eviction at the autoscaler's minimum of {count}: a node drain waits"
    );
    let mut report =
        Report::object(object, node(object, allowance), message).severity(Severity::Warning);
    let mut field = "minReplicas";
    for (workload, relation) in cx.inventory.selects(object) {
        if let Replicas::Known {
            origin: ReplicaOrigin::Autoscaler(autoscaler, node),
            ..
        } = cx.inventory.replicas(workload)
            && relation.is_firm()
        {
            if autoscaler.kind() == "ScaledObject" {
                field = "minReplicaCount";
            }
            let node = node.unwrap_or_else(|| autoscaler.name_node());
            report = report.related(autoscaler, node, "the autoscaler's minimum");
        }
    }
    let enough = (count..=most.max(count)).find(|pods| {
        let more = allowance.budget.over(Pods::Scaled(*pods));
        more.disruptions() > 0
    });
    let enough = enough.map_or_else(String::new, |pods| format!(" until {pods} pods run"));
    let help = format!(
        "{allowance}; raise {field}{enough}, or let one pod go at a time: maxUnavailable: 1"
    );
    report = report.help(help);
    if matches!(allowance.pods, Pods::Scaled(count) if count > 1) {
        report = let_one_go(object, report);
    }
    report
}

/// The value that decides, else the key of the spec.
fn node(object: &Object, allowance: Allowance) -> Node<'_> {
    let spec = object.node().get("spec");
    let field = allowance.budget.field();
    field
        .and_then(|field| spec?.get(field))
        .or_else(|| object.node().entry("spec").map(|entry| entry.key))
        .unwrap_or_else(|| object.name_node())
}

/// Whether no pod can be meant, which is `pdb-selects-nothing`.
fn selects_nothing(object: &Object, selector: Option<&LabelSelector>) -> bool {
    // Since policy/v1 an empty one selects every pod.
    let is_beta = object.api_version() == "policy/v1beta1";
    selector.is_none_or(|it| is_beta && *it == LabelSelector::default())
}

/// Budgets that allow nothing over any number of pods, when nothing they select is in view.
fn blocks_whatever_it_selects(
    cx: &Context<'_>,
    object: &Object,
    selected: &Selected,
    budget: Budget,
    out: &mut Findings,
) {
    // Any number of pods gives the same answer for 0, 0% and 100%; 1,000 is more than a whole
    // number that is meant to allow something.
    let many = budget.over(Pods::Scaled(1_000));
    let is_relative = match budget {
        Budget::Unset | Budget::MaxUnavailable(_) => true,
        Budget::MinAvailable(amount) => matches!(amount, Amount::Percent(_)),
    };
    if is_relative && many.disruptions() == 0 {
        out.push(report(cx, object, selected, many));
    }
}

fn report<'a>(
    cx: &Context<'_>,
    object: &'a Object,
    selected: &Selected,
    allowance: Allowance,
) -> Report<'a> {
    let arithmetic = match (selected.total == 0, allowance.budget) {
        (true, Budget::MinAvailable(amount)) => {
            format!("minAvailable {amount} leaves 0 disruptions")
        }
        (true, Budget::MaxUnavailable(amount)) => {
            format!("maxUnavailable {amount} leaves 0 disruptions")
        }
        _ => allowance.to_string(),
    };
    let is_drained = selected.total == 0 || selected.is_drained;
    let consequence = match (allowance.is_uncomputable(), is_drained) {
        (true, true) => "the disruption controller cannot count them, and a node drain waits",
        (true, false) => "the disruption controller cannot count them, and refuses every eviction",
        (false, _) => "no pod can ever be evicted, and a node drain waits until it gives up",
    };
    let message = if is_drained {
        "the budget allows no eviction: a node drain waits until it gives up"
    } else {
        "the budget allows no eviction: every one is refused"
    };
    let detail = format!("{arithmetic}: {consequence}");
    let node = node(object, allowance);
    let help = if allowance.is_uncomputable() {
        "use a whole number as minAvailable, or drop the budget: a drain leaves DaemonSet pods alone"
    } else if allowance.pods == Pods::Scaled(1) {
        "a single replica cannot be both protected and drained: run at least 2 replicas, or drop the budget"
    } else if matches!(allowance.pods, Pods::Unscaled(_)) {
        "let one pod go at a time: as some have no controller to ask for their number, with a lower \
         minAvailable"
    } else {
        "let one pod go at a time: maxUnavailable: 1"
    };
    let mut report = Report::object(object, node, message)
        .detail(detail)
        .help(help);
    if matches!(allowance.pods, Pods::Scaled(count) if count > 1) {
        report = let_one_go(object, report);
    }
    let certain = cx.inventory.selects(object);
    let certain = certain.filter(|(_, relation)| relation.is_firm());
    let places = certain.map(|(workload, _)| {
        let replicas = workload.replicas_field().node();
        let node = replicas.unwrap_or_else(|| workload.object().name_node());
        (workload.object(), node)
    });
    report.related_few(places, selected.total, "selected by the budget")
}

/// `maxUnavailable: 1`, which allows one disruption whatever the number of pods.
fn let_one_go<'r>(object: &Object, report: Report<'r>) -> Report<'r> {
    const FIELD: &str = "maxUnavailable";
    let title = format!("set {FIELD} to 1");
    report.fix(Applicability::Unsafe, title, object, |editor| {
        let spec = object.node().get("spec");
        match spec.and_then(|spec| spec.entry("minAvailable")) {
            Some(least) => editor.replace(least, FIELD, &Value::int(1)),
            None => editor.put(object.node(), &["spec"], FIELD, Value::int(1)),
        }
    })
}
