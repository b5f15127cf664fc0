//! `volume-blocks-rollout`

use crate::edit::{Refusal, Value};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::ClaimAccess;
use crate::kube::{Workload, WorkloadKind};
use crate::lifecycle::rollout::Rollout;
use crate::rules::availability::rollout::show_claim;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "volume-blocks-rollout",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A rollout waits for a volume that the old pod holds",
    page: include_str!("../../../rules/availability/volume-blocks-rollout.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct VolumeBlocksRollout;

impl Rule for VolumeBlocksRollout {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let replicas = cx.inventory.replicas(workload);
        if replicas.is_parked() {
            return;
        }
        // Any share of any number of pods is at least 1 more.
        let replicas = replicas.count().and_then(|count| u32::try_from(count).ok());
        let Some(Ok(rollout)) = cx.inventory.rollout(workload, replicas.unwrap_or(1)) else {
            return;
        };
        // Where all old pods may go, they leave the volume to the new ones.
        if rollout.surge() == 0 || rollout.may_leave_none() {
            return;
        }
        let is_bound = is_bound_to_a_node(workload);
        let claims = cx.inventory.claims(workload);
        let blocking: Vec<_> = claims
            .iter()
            .filter_map(|claim| match claim.access {
                ClaimAccess::Exclusive { object, mode } if !claim.is_per_pod => {
                    let is_per_pod = mode.text() == Some("ReadWriteOncePod");
                    (is_per_pod || !is_bound).then_some((claim, object, mode, is_per_pod))
                }
                _ => None,
            })
            .collect();
        let Some((first, ..)) = blocking.first() else {
            return;
        };
        let always = blocking.iter().any(|(.., is_per_pod)| *is_per_pod);
        let held = match blocking.len() {
            1 => show_claim(first),
            several => format!("{several} claims"),
        };
        let message = format!(
            "a rollout hangs{}: the old pod holds {held}",
            if always { "" } else { " on another node" },
        );
        let mut report =
            Report::template(workload, first.mount, message).help(help(workload, rollout));
        for (claim, object, mode, is_per_pod) in &blocking {
            let limit = if *is_per_pod {
                "one pod at a time"
            } else {
                "one node at a time"
            };
            let template = workload.template().object();
            report = report
                .related(template, claim.mount, "also of one node")
                .related(object, *mode, limit);
        }
        // Several pods would all be down at once.
        if replicas == Some(1) {
            report = recreate(workload, report);
        }
        out.push(match surge_node(workload) {
            Some(node) => report.related(workload.object(), node, "lets new pods start first"),
            None => report,
        });
    }
}

/// Lets a Deployment's old pod go first. A `rollingUpdate` beside that would be refused, and is not
/// taken away unseen.
fn recreate<'r>(workload: Workload<'_>, report: Report<'r>) -> Report<'r> {
    let object = workload.object();
    if workload.kind() != WorkloadKind::Deployment {
        return report;
    }
    let title = "set strategy.type to Recreate";
    let report = report.fix(Applicability::Unsafe, title, object, |editor| {
        if !workload.strategy().field(&["rollingUpdate"]).is_absent() {
            return Err(Refusal::Moot);
        }
        let recreate = Value::text("Recreate");
        editor.put(object.node(), &["spec", "strategy"], "type", recreate)
    });
    report.effect("each rollout is a short outage").reveals()
}

fn surge_node(workload: Workload<'_>) -> Option<Node<'_>> {
    let strategy = workload.strategy();
    let surge = strategy.limit("maxSurge").node();
    surge.or_else(|| strategy.key())
}

/// Whether every pod runs on the node that has the volume already.
fn is_bound_to_a_node(workload: Workload<'_>) -> bool {
    workload.template().spec().is_some_and(|spec| {
        spec.node_name.is_some()
            || spec
                .node_selector
                .as_ref()
                .is_some_and(|labels| labels.contains_key("kubernetes.io/hostname"))
    })
}

fn help(workload: Workload<'_>, rollout: Rollout) -> String {
    let what = "let the old pod go first (each rollout is then a short outage), or use a \
                ReadWriteMany volume";
    let how = match workload.kind() {
        WorkloadKind::Rollout if rollout.most_down() == 0 && surge_node(workload).is_none() => "",
        WorkloadKind::Rollout => ":\nstrategy:\n  canary:\n    maxSurge: 0\n    maxUnavailable: 1",
        _ => ":\nstrategy:\n  type: Recreate",
    };
    format!("{what}{how}")
}
