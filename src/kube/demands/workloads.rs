//! Workloads that keep pods running.
//!
//! pkg/apis/apps/validation/validation.go, 1.37: ValidateDeploymentSpec, ValidateDeploymentStrategy,
//! ValidateStatefulSetSpec, ValidateDaemonSetSpec and their update strategies;
//! pkg/apis/core/validation/validation.go: ValidatePodTemplateSpecForRC.

use super::judge::{Judge, shown};
use crate::kube::check::names::is_dns_label;
use crate::kube::object::Field;
use crate::units::Version;
use crate::yaml::{Node, Scalar};

/// The spec of a workload whose pods run on: their restart policy, deadline and selector.
pub(super) fn long_running<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let kind = judge.kind();
    if let Some(pod) = judge.at(spec, &["template", "spec"]) {
        if let Some(policy) = judge.get(pod, "restartPolicy")
            && let Some(text @ ("Never" | "OnFailure")) = judge.text_of(policy)
        {
            judge.wrong(
                policy,
                format!("`restartPolicy` {text} in a {kind}, which takes only Always"),
            );
        }
        if let Some(deadline) = judge.get(pod, "activeDeadlineSeconds") {
            judge.wrong(
                deadline,
                format!("`activeDeadlineSeconds` in the pods of a {kind}"),
            );
        }
    }
    if let Some(selector) = judge.get(spec, "selector")
        && selector.is_mapping()
        && kind != "ReplicationController"
    {
        let is_empty = ["matchLabels", "matchExpressions"].iter().all(|field| {
            match judge.field(selector, field) {
                field if field.is_unknown() => false,
                field => field
                    .node()
                    .is_none_or(|it| it.entries().next().is_none() && it.items().next().is_none()),
            }
        });
        if is_empty
            && selector
                .entries()
                .all(|entry| matches!(entry.key.key_text(), "matchLabels" | "matchExpressions"))
        {
            let key = spec.entry("selector").map_or(selector, |entry| entry.key);
            judge
                .wrong(key, format!("the `selector` of the {kind} is empty"))
                .absence(spec, "selector");
        }
    }
}

/// `ReplicationControllerSpec`: the labels of the template are the default of the selector, also of an
/// empty one (SetDefaults_ReplicationController in pkg/apis/core/v1/defaults.go), and there may be none.
pub(super) fn replication_controller<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let is_empty = |judge: &Judge<'t>, holder: Node<'t>, key| match judge.field(holder, key) {
        Field::Absent => true,
        Field::Unknown(_) => false,
        Field::Set(value) => value.entries().next().is_none(),
    };
    let Some(template) = judge.get(spec, "template") else {
        return;
    };
    let labels = match judge.field(template, "metadata") {
        Field::Absent => true,
        Field::Unknown(_) => false,
        Field::Set(metadata) => is_empty(judge, metadata, "labels"),
    };
    if labels && is_empty(judge, spec, "selector") {
        let fault = "the ReplicationController has neither a `selector` nor labels in its template";
        let told = judge.missing(spec, "selector", fault);
        if let Some(told) = told {
            told.rests_on(template, "metadata")
                .help("give the template a label: the selector is made of it");
        }
    }
}

/// `DeploymentSpec`: its deadline and its strategy.
pub(super) fn deployment<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    /// In seconds.
    const DEFAULT_DEADLINE: i64 = 600;
    let is_unknown = |judge: &Judge<'t>, field| judge.field(spec, field).is_unknown();
    let ready = judge.int(spec, "minReadySeconds").unwrap_or(0);
    let deadline = judge.int(spec, "progressDeadlineSeconds");
    let deadline = deadline.unwrap_or(DEFAULT_DEADLINE);
    if !is_unknown(judge, "minReadySeconds")
        && !is_unknown(judge, "progressDeadlineSeconds")
        && deadline <= ready
        && deadline >= 0
    {
        let node = judge.get(spec, "progressDeadlineSeconds");
        let node = node.or_else(|| judge.get(spec, "minReadySeconds"));
        judge
            .wrong(
                node.unwrap_or(spec),
                format!(
                    "`progressDeadlineSeconds` {deadline} is not above `minReadySeconds` {ready}"
                ),
            )
            .rests_on(spec, "minReadySeconds")
            .rests_on(spec, "progressDeadlineSeconds");
    }
    if let Some(strategy) = judge.get(spec, "strategy") {
        only_rolling(judge, strategy, "Recreate");
    }
}

/// `StatefulSetSpec`: its strategy.
pub(super) fn stateful_set<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if let Some(strategy) = judge.get(spec, "updateStrategy") {
        only_rolling(judge, strategy, "OnDelete");
        let rolling = judge.get(strategy, "rollingUpdate");
        if let Some(rolling) = rolling
            && let Some(unavailable) = judge.get(rolling, "maxUnavailable")
            && number(judge, unavailable) == Some(0)
        {
            judge
                .wrong(unavailable, "`maxUnavailable` of a StatefulSet is 0")
                .since(Version::new(1, 37));
        }
        if let Some(rolling) = rolling {
            not_negative(judge, rolling, "partition");
        }
    }
    if let Some(ordinals) = judge.get(spec, "ordinals") {
        not_negative(judge, ordinals, "start");
    }
    if let Some(name) = judge.get(spec, "serviceName")
        && let Some(text) = judge.text_of(name)
        && !text.is_empty()
        && !is_dns_label(text)
    {
        judge
            .wrong(name, format!("{} is not a DNS label", shown(text)))
            .since(Version::new(1, 34));
    }
    for template in judge.items(spec, "volumeClaimTemplates") {
        judge.require(template, "spec");
        let Some(metadata) = judge.get(template, "metadata") else {
            judge.missing(template, "metadata", "a claim template has no name");
            continue;
        };
        judge.require(metadata, "name");
        if let Some(name) = judge.get(metadata, "name")
            && judge.text_of(name).is_some()
        {
            super::forms::one(judge, name, super::forms::Form::DnsLabel);
        }
    }
}

/// Only a rolling update has numbers.
fn only_rolling<'t>(judge: &mut Judge<'t>, strategy: Node<'t>, other: &str) {
    let kind = judge.text(strategy, "type");
    if kind == Some(other)
        && let Some(rolling) = judge.get(strategy, "rollingUpdate")
    {
        let key = strategy.entry("rollingUpdate").map_or(rolling, |it| it.key);
        judge
            .wrong(key, format!("`rollingUpdate` with the strategy {other}"))
            .rests_on(strategy, "type")
            .help("remove `rollingUpdate`, or change the type to RollingUpdate");
    }
}

/// A number, or the number of percent.
fn number(judge: &Judge<'_>, node: Node<'_>) -> Option<i64> {
    if judge.is_unknown(node) {
        return None;
    }
    match node.scalar()? {
        Scalar::Int(number) => Some(number),
        Scalar::Text(text) => text.strip_suffix('%')?.parse().ok(),
        _ => None,
    }
}

fn not_negative<'t>(judge: &mut Judge<'t>, holder: Node<'t>, field: &str) {
    if let Some(node) = judge.get(holder, field)
        && judge.int(holder, field).is_some_and(|number| number < 0)
    {
        let written = judge.text_of(node).unwrap_or_default();
        judge.wrong(node, format!("`{field}` {} is negative", shown(written)));
    }
}
