//! What the manifests of a workload show.

use super::{Basis, because, because_at, is_knative, when_serving};
use crate::clocks::{Clocks, PodBudget};
use crate::finding::Because;
use crate::inventory::Replicas;
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::lifecycle::Origin;
use crate::lifecycle::probes::Handler;
use crate::units::show_seconds;
use crate::yaml::Node;

/// Places of fields of some containers.
fn fields<'a>(
    containers: impl Iterator<Item = ContainerRef<'a>>,
    path: &[&str],
    text: &str,
) -> Vec<Because> {
    containers
        .filter_map(|container| {
            let node = container.field(path).node()?;
            Some(because_at(text, container.object(), node))
        })
        .collect()
}

/// The containers whose liveness and readiness probes ask different things, by their places.
fn distinct(workload: Workload<'_>) -> Vec<Because> {
    let template = workload.template();
    template
        .main_containers()
        .filter(|container| {
            let data = container.data;
            let handler = |probe| Handler::of(probe, container.ports());
            let liveness = data.liveness_probe.as_ref().and_then(handler);
            let readiness = data.readiness_probe.as_ref().and_then(handler);
            liveness.is_some() && readiness.is_some() && liveness != readiness
        })
        .flat_map(|container| {
            let at = |field| {
                let key = container.node.entry(field)?.key;
                Some(because_at(field, container.object(), key))
            };
            [at("livenessProbe"), at("readinessProbe")]
        })
        .flatten()
        .collect()
}

pub(super) fn endpoints(workload: Workload<'_>) -> Basis {
    let unseen = "no container has a liveness and a readiness probe that ask different things";
    Basis::seen(distinct(workload), unseen)
}

pub(super) fn probes(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    let distinct = distinct(workload);
    if distinct.is_empty() {
        return when_serving(
            clocks,
            workload,
            "no container has a liveness and a readiness probe that ask different things",
        );
    }
    Basis::Seen(distinct)
}

pub(super) fn startup_probe(workload: Workload<'_>) -> Basis {
    let template = workload.template();
    let watched: Vec<ContainerRef<'_>> = template
        .lasting_containers()
        .filter(|it| !it.field(&["livenessProbe"]).is_absent())
        .collect();
    let is_unguarded = |it: &ContainerRef<'_>| it.field(&["startupProbe"]).node().is_none();
    if watched.iter().any(is_unguarded) {
        return Basis::person("a startup probe is not in view, but something else may set it");
    }
    let seen = fields(
        template.lasting_containers(),
        &["startupProbe"],
        "startupProbe",
    );
    if watched.is_empty() && seen.is_empty() {
        return Basis::none("no liveness probe that could kill a slow start");
    }
    Basis::Seen(seen)
}

pub(super) fn grace_period(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    if is_knative(workload) {
        return Basis::none("Knative derives the grace period");
    }
    let Some(pod) = PodBudget::largest(clocks.budgets(workload)) else {
        return Basis::person("the grace period or a hook is not known");
    };
    let budget = &pod.budget;
    let sum = budget.to_string();
    // The rules are silent about a worker whose shutdown time nobody declares.
    if budget.is_insufficient() || budget.grace.value.is_zero() {
        return Basis::person(format!("how long it takes to shut down ({sum})"));
    }
    if budget.prestop.exact().is_none() {
        return Basis::person(format!("how long its preStop hook takes ({sum})"));
    }
    // What is assumed of the program is not calculated from it.
    if budget.shutdown.origin == Origin::Assumed {
        let assumed = show_seconds(budget.shutdown.value);
        return Basis::person(format!(
            "how long it takes to shut down, of which {assumed} is only assumed ({sum}): \
             `lameduck.dev/shutdown-timeout` or `lifecycle.shutdown-timeout` says it"
        ));
    }
    let node = pod.grace_node.unwrap_or_else(|| pod.container.name_node());
    let object = pod.container.object();
    Basis::Seen(vec![because_at(sum, object, node)])
}

/// What a person has to say of the recovery, and what its objective leaves.
pub(super) fn recovery(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    let what = "that recovery time and point are measured and alert";
    let told = clocks.recoveries(workload).into_iter().map(|recovery| {
        let text = recovery.to_string();
        match recovery.node {
            Some(node) => because_at(text, recovery.object, node),
            None => because(text, None),
        }
    });
    Basis::Person(what.to_owned(), told.collect())
}

pub(super) fn prestop(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    let serving = clocks.inventory.serving(workload);
    if !serving.may_serve() {
        return Basis::none("takes no requests");
    }
    if is_knative(workload) {
        return Basis::none("Knative takes no hooks");
    }
    if !clocks.inventory.is_taken_over(workload) {
        return Basis::none("nobody takes over from its only pod");
    }
    let owners = workload
        .template()
        .lasting_containers()
        .filter(|container| serving.is_served_by(*container) || !serving.has_owner());
    let seen = fields(owners, &["lifecycle", "preStop"], "preStop hook");
    Basis::seen(seen, "no hook is in view, but something else may set it")
}

pub(super) fn resources(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    let template = workload.template();
    let has_all = |container: &ContainerRef<'_>| {
        [
            ["requests", "cpu"],
            ["requests", "memory"],
            ["limits", "memory"],
        ]
        .iter()
        .all(|[list, name]| {
            // A request that is left out is the limit.
            let is_set = |list| !container.field(&["resources", list, name]).is_absent();
            is_set(*list) || is_set("limits")
        })
    };
    let mut containers = template.lasting_containers().peekable();
    if containers.peek().is_some() && containers.all(|it| has_all(&it)) {
        let seen = fields(template.lasting_containers(), &["resources"], "resources");
        return Basis::seen(seen, "no resources are in view");
    }
    if clocks
        .inventory
        .limit_ranges(workload.object())
        .next()
        .is_some()
    {
        return Basis::Seen(vec![because(
            "a LimitRange of the namespace fills in",
            None,
        )]);
    }
    Basis::person("some are not in view, but something else may set them")
}

/// Why nothing is asked about several replicas, where nothing is.
fn single(clocks: Clocks<'_>, workload: Workload<'_>) -> Option<&'static str> {
    match (workload.kind(), clocks.inventory.replicas(workload)) {
        (WorkloadKind::DaemonSet, _) => Some("a DaemonSet has one pod per node"),
        (WorkloadKind::Pod, _) => Some("a single pod"),
        (_, Replicas::Known { count, .. }) if count < 2 => Some("one replica"),
        (_, Replicas::Parked) => Some("parked at 0 replicas"),
        _ => None,
    }
}

pub(super) fn budget(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    if let Some(why) = single(clocks, workload) {
        return Basis::none(why);
    }
    let budgets = clocks
        .inventory
        .budgets_of(workload)
        .filter(|(_, relation)| relation.is_near())
        .map(|(object, _)| object);
    let seen = budgets.map(|object| because_at("selects the pods", object, object.name_node()));
    Basis::seen(seen.collect(), "no budget is in view that selects the pods")
}

pub(super) fn spread(clocks: Clocks<'_>, workload: Workload<'_>) -> Basis {
    if let Some(why) = single(clocks, workload) {
        return Basis::none(why);
    }
    let spec = workload.template().spec_node();
    let object = workload.template().object();
    let at = |path: &[&str]| {
        let node: Node<'_> = spec?.at(path)?;
        let name = path.last().copied().unwrap_or_default();
        Some(because_at(name, object, node))
    };
    let seen = [
        at(&["topologySpreadConstraints"]),
        at(&["affinity", "podAntiAffinity"]),
    ];
    let seen = seen.into_iter().flatten().collect();
    Basis::seen(
        seen,
        "neither is in view, but something else may spread the pods",
    )
}
