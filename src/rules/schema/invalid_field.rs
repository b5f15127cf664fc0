//! `invalid-field`

use std::collections::HashSet;

use super::required;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, FaultRule, Object, Workload};
use crate::rules::retype::{self, Retype};
use crate::rules::text::{SHORT, in_short};
use crate::rules::{Context, Findings, Report, Rule, faults};
use crate::yaml::{IssueKind, Node, NodeId};

static META: RuleMeta = RuleMeta {
    id: "invalid-field",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A value of the wrong type or form",
    page: include_str!("../../../rules/schema/invalid-field.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct InvalidField;

impl Rule for InvalidField {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        for report in required::missing(cx.inventory, workload) {
            out.push(report);
        }
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        faults::report(cx, object, FaultRule::InvalidField, out);
        // A port that no probe can have is told with the probe.
        let probe_ports: HashSet<NodeId> = Workload::of(object)
            .into_iter()
            .flat_map(|workload| workload.template().containers())
            .flat_map(ContainerRef::probe_ports)
            .map(Node::id)
            .collect();
        for issue in object.issues() {
            let IssueKind::Invalid { message, .. } = &issue.kind else {
                continue;
            };
            if probe_ports.contains(&issue.node) {
                continue;
            }
            let node = object.node_of(issue.node);
            // A named port of a gRPC probe is `invalid-probe`.
            if node.path().ends_with("Probe.grpc.port") {
                continue;
            }
            let text = message;
            let report = match in_short(message) {
                (what, Some(detail)) => {
                    Report::object(object, node, format!("`{}`: {what}", node.path()))
                        .detail(detail)
                }
                (what, None) if what.chars().count() > SHORT => {
                    let message =
                        format!("`{}` is not valid: the API server rejects it", node.path());
                    Report::object(object, node, message).detail(what)
                }
                (what, None) => Report::object(object, node, format!("`{}`: {what}", node.path())),
            };
            out.push(match Retype::of(node, &issue.kind) {
                Some(retype) => report
                    .help(retype.help(node.text().unwrap_or_default()))
                    .fix(Applicability::Safe, retype.title(), object, |editor| {
                        retype.write(editor, node)
                    }),
                None => report.help(retype::help(text)),
            });
        }
    }
}
