//! `missing-resources`

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::LimitRangeItem;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::finding::{Category, FixAvailability, OptionMeta, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::rules::text::{and, or};
use crate::rules::{Context, Findings, Report, Rule};
use crate::settings::OptionValue;

const REQUIRE_CPU_LIMIT: &str = "require-cpu-limit";

static META: RuleMeta = RuleMeta {
    id: "missing-resources",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "No cpu request, memory request or memory limit",
    page: include_str!("../../../rules/availability/missing-resources.md"),
    options: &[OptionMeta {
        name: REQUIRE_CPU_LIMIT,
        default: OptionValue::Bool(false),
        summary: "Also report a missing cpu limit.",
    }],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["requests-and-limits"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingResources;

type Amounts = Option<BTreeMap<String, Quantity>>;

impl Rule for MissingResources {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        if cx.inventory.replicas(workload).is_parked() {
            return;
        }
        let template = workload.template();
        if !template.spec_field(&["resources"]).is_absent() {
            return;
        }
        let defaults = limit_range_defaults(cx, workload);
        for container in template.lasting_containers() {
            check(cx, workload, container, &defaults, out);
        }
    }
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    defaults: &[&LimitRangeItem],
    out: &mut Findings,
) {
    if container.field(&["resources"]).is_unknown() {
        return;
    }
    let missing = missing(cx, container, defaults);
    if missing.is_empty() {
        return;
    }
    let name = match container.name() {
        // Knative gives it a name.
        "" => "the container".to_owned(),
        name => format!("`{name}`"),
    };
    let unscheduled =
        Some(unscheduled(&missing)).filter(|it| !it.is_empty() && asks_for_more(container));
    let consequence = match &unscheduled {
        Some(names) => format!(
            "{} count{} as 0",
            and(names),
            if names.len() == 1 { "s" } else { "" }
        ),
        None => consequence(&missing).to_owned(),
    };
    let message = format!("{name} has no {}: {consequence}", or(&missing));
    let node = container
        .node
        .entry("resources")
        .map_or_else(|| container.name_node(), |entry| entry.key);
    let report = Report::container(workload, container, node, message).help(help(&missing));
    // A Job runs once, and is over before anybody acts on it.
    let runs_once = workload.kind() == WorkloadKind::Job;
    out.push(if unscheduled.is_some() || runs_once {
        report.severity(Severity::Note)
    } else {
        report
    });
}

/// What the scheduler does not count.
fn unscheduled(missing: &[&str]) -> Vec<&'static str> {
    let all = [("cpu request", "cpu"), ("memory request", "memory")];
    let named = all
        .into_iter()
        .filter(|(request, _)| missing.contains(request));
    named.map(|(_, name)| name).collect()
}

/// Whether the scheduler reserves something for the container: a device, or ephemeral storage.
fn asks_for_more(container: ContainerRef<'_>) -> bool {
    let resources = container.data.resources.as_ref();
    let written = resources.map(|it| it.requests.iter().chain(&it.limits));
    let names = written.into_iter().flatten().flatten();
    names
        .filter(|(_, amount)| !is_zero(amount))
        .any(|(name, _)| name != "cpu" && name != "memory")
}

/// 0 is the same as nothing.
fn is_zero(amount: &Quantity) -> bool {
    amount
        .0
        .parse::<crate::units::Quantity>()
        .is_ok_and(|it| it.milli == 0)
}

/// Only what is missing, to be added to what is there.
fn help(missing: &[&str]) -> String {
    let list = |title: &str, amounts: [(&str, &str); 2]| {
        let lines: Vec<String> = amounts
            .iter()
            .filter(|(name, _)| missing.contains(name))
            .map(|(_, line)| format!("\n    {line}"))
            .collect();
        if lines.is_empty() {
            return String::new();
        }
        format!("\n  {title}:{}", lines.concat())
    };
    let requests = [
        ("cpu request", "cpu: <usual use>"),
        ("memory request", "memory: <most it uses>"),
    ];
    let limits = [
        ("cpu limit", "cpu: <most it may use>"),
        ("memory limit", "memory: <most it uses>"),
    ];
    format!(
        "measure what the container uses, then set:\nresources:{}{}",
        list("requests", requests),
        list("limits", limits)
    )
}

/// What neither the container, nor a LimitRange, nor a kustomization sets.
fn missing(
    cx: &Context<'_>,
    container: ContainerRef<'_>,
    defaults: &[&LimitRangeItem],
) -> Vec<&'static str> {
    let written = container.data.resources.as_ref();
    let has_request = |name| {
        let requests = written.and_then(|it| it.requests.as_ref());
        if requests.is_some_and(|requests| requests.contains_key(name)) {
            return has(written.map(|it| &it.requests), name);
        }
        // A request that is left out is as high as the limit; one of 0 stays 0.
        has(written.map(|it| &it.limits), name)
            || defaults
                .iter()
                .any(|it| has(Some(&it.default_request), name) || has(Some(&it.default), name))
    };
    let has_limit = |name| {
        has(written.map(|it| &it.limits), name)
            || defaults.iter().any(|it| has(Some(&it.default), name))
    };
    let wanted = [
        ("cpu request", "resources.requests.cpu", has_request("cpu")),
        (
            "memory request",
            "resources.requests.memory",
            has_request("memory"),
        ),
        (
            "memory limit",
            "resources.limits.memory",
            has_limit("memory"),
        ),
        (
            "cpu limit",
            "resources.limits.cpu",
            has_limit("cpu") || !cx.switch(&META, REQUIRE_CPU_LIMIT),
        ),
    ];
    let is_elsewhere = |path: &str| {
        let keys: Vec<&str> = path.split('.').collect();
        // What cannot be read is wrong, but it is there.
        container.field(&keys).is_unknown()
            || cx
                .inventory
                .is_always_set_elsewhere(container.object(), container.node, path)
    };
    wanted
        .into_iter()
        .filter(|(_, path, present)| !present && !is_elsewhere(path))
        .map(|(name, ..)| name)
        .collect()
}

/// What happens because of the missing amounts.
fn consequence(missing: &[&str]) -> &'static str {
    let requests = ["cpu request", "memory request"];
    if requests.iter().all(|request| missing.contains(request)) {
        "it counts as using nothing"
    } else if missing == ["memory limit"] {
        "a leak takes memory from all pods of the node"
    } else if missing == ["cpu limit"] {
        "it may take all idle cpu of its node"
    } else {
        "it may land on a node without room"
    }
}

fn has(amounts: Option<&Amounts>, name: &str) -> bool {
    amounts
        .and_then(|amounts| amounts.as_ref())
        .and_then(|amounts| amounts.get(name))
        .is_some_and(|amount| !is_zero(amount))
}

/// What LimitRanges of the workload's namespace give to containers that say nothing.
fn limit_range_defaults<'a>(cx: &Context<'a>, workload: Workload<'a>) -> Vec<&'a LimitRangeItem> {
    cx.inventory
        .limit_ranges(workload.object())
        .filter_map(|range| range.spec.as_ref())
        .flat_map(|spec| &spec.limits)
        .filter(|item| item.type_ == "Container")
        .collect()
}
