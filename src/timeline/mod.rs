//! What happens to the pods of each workload, and when: drawings to be, from the same clocks that
//! the rules read.

mod helpers;
mod shutdown;
mod startup;

use crate::clocks::{Clocks, node_of};
use crate::finding::{Bar, BarKind, Extent, Resource, Stated, Timeline};
use crate::inventory::{Inventory, Mesh, Told, ToldBy};
use crate::kube::{ContainerRef, Object, Workload};
use crate::lifecycle::{Origin, Term};
use crate::source::{Role, Sources};
use crate::units::cut;
use crate::yaml::Node;

/// The name of Istio's proxy, as drawings have it.
const PROXY: &str = crate::kube::ISTIO_PROXY;

/// What belongs to no container.
const POD: &str = "pod";

/// The long-running workloads of the named sources, by path and place.
pub fn timelines(inventory: &Inventory, sources: &Sources) -> Vec<Timeline> {
    let mut workloads: Vec<Workload<'_>> = inventory
        .workloads()
        .filter(|workload| workload.is_long_running())
        .filter(|workload| sources.get(workload.object().source()).role() == Role::Named)
        .collect();
    workloads.sort_by_key(|workload| {
        let object = workload.object();
        let at = object.node().span().start;
        (sources.get(object.source()).path(), at)
    });
    workloads
        .into_iter()
        .map(|workload| timeline(inventory, workload))
        .collect()
}

/// The drawing of one workload.
pub fn timeline(inventory: &Inventory, workload: Workload<'_>) -> Timeline {
    let object = workload.object();
    let clocks = Clocks::of(inventory, workload);
    Timeline {
        resource: Resource::new(
            object.api_version(),
            object.kind(),
            object.namespace(),
            object.name(),
        ),
        location: object.location(object.name_node()),
        startup: startup::clock(clocks, workload),
        shutdown: shutdown::clock(clocks, workload),
    }
}

fn bar(owner: &str, what: &'static str, kind: BarKind, extent: Extent, stated: Stated) -> Bar {
    Bar {
        owner: owner.to_owned(),
        what,
        kind,
        extent,
        stated: vec![stated],
    }
}

/// Nobody's word but ours.
fn said(by: impl Into<String>) -> Stated {
    Stated {
        by: cut::message(by.into()),
        location: None,
    }
}

/// What a node says, where there is one.
fn said_at(by: impl Into<String>, object: &Object, node: Option<Node<'_>>) -> Stated {
    Stated {
        by: cut::message(by.into()),
        location: node.map(|node| object.location(node)),
    }
}

/// Where a term comes from; `field` is the node of the field it is named after.
fn term(
    term: &Term,
    field: Option<Node<'_>>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
) -> Stated {
    let node = match term.origin {
        Origin::Field => field,
        _ => node_of(&term.origin, workload.template(), container),
    };
    said_at(term.origin.to_string(), container.object(), node)
}

/// Who tells the proxy something; `default` is what holds where nobody does.
fn told<T>(what: &str, told: Option<&Told<'_, T>>, workload: Workload<'_>) -> Stated {
    let object = workload.template().object();
    match told.map(|told| told.by) {
        Some(ToldBy::Pod(node)) => said_at(what, object, Some(node)),
        Some(ToldBy::Mesh(mesh)) => said_at(what, mesh, Some(mesh.name_node())),
        Some(ToldBy::Configuration) => said(format!("{what}, from the configuration")),
        None => said(format!("{what}, default")),
    }
}

/// What put the workload in the mesh.
fn membership(mesh: &Mesh<'_>) -> Stated {
    match &mesh.evidence {
        Some(evidence) => said_at(
            evidence.message.clone(),
            evidence.object,
            Some(evidence.node),
        ),
        None => said("mesh: sidecar, from the configuration"),
    }
}
