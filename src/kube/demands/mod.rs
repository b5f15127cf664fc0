//! What the API server demands of each structure beyond the types and forms of single values, by the
//! names that serde knows structures by: siblings that exclude or need each other, names that are
//! unique in their list, references inside the object.
//!
//! A structure's demands are a small checker, or a row of a table. To add one: write the checker in
//! the file of its subject, name it in [`checkers`], and say where Kubernetes states it. Judge values
//! through [`Judge`], which knows what is not known.

mod annotations;
mod claims;
mod containers;
mod cron;
mod env;
mod forms;
mod gateway;
mod istio;
mod jobs;
mod judge;
mod kinds;
mod knative;
mod pod;
mod required;
mod resources;
mod scheduling;
mod security;
mod sources;
#[cfg(test)]
mod tests;
mod volumes;
mod windows;
mod workloads;

use super::fault::Fault;
use crate::yaml::{Issue, Node, NodeId};

pub(super) use istio::proxy::refused as refused_proxy_settings;
pub(super) use judge::Judge;

/// Judges one mapping as a structure.
type Checker = for<'t> fn(&mut Judge<'t>, Node<'t>);

/// The checkers of a structure of Kubernetes' own kinds, besides [`required::fields`].
fn checkers(structure: &str) -> &'static [Checker] {
    match structure {
        "Container" => &[
            containers::port_names,
            containers::propagation,
            resources::of_container,
            pod::resize,
        ],
        "ConfigMapVolumeSource"
        | "DownwardAPIVolumeSource"
        | "KeyToPath"
        | "SecretVolumeSource" => &[volumes::mode],
        "ContainerRestartRule" => &[pod::restart_rule],
        "CronJob" | "Job" => &[jobs::names],
        "CronJobSpec" => &[jobs::cron_job],
        "DeploymentSpec" => &[workloads::long_running, workloads::deployment],
        "DownwardAPIVolumeFile" => &[volumes::mode, volumes::downward_file],
        "EmptyDirVolumeSource" => &[volumes::empty_dir],
        "EnvFromSource" => &[env::list],
        "EnvVar" => &[env::variable],
        "HTTPGetAction" => &[security::http],
        "JobSpec" => &[jobs::job],
        "LabelSelectorRequirement" => &[scheduling::label_requirement],
        "NodeSelectorRequirement" => &[scheduling::node_requirement],
        "ObjectFieldSelector" => &[env::field_path],
        "PersistentVolumeClaimSpec" => &[claims::spec],
        "PersistentVolumeClaimTemplate" => &[volumes::claim_metadata],
        "Pod" => &[
            annotations::profiles,
            annotations::of_pods,
            annotations::agreement,
        ],
        "PodTemplateSpec" => &[annotations::profiles, annotations::of_pods],
        "PodAffinityTerm" => &[scheduling::label_keys],
        "PodResourceClaim" => &[containers::claim],
        "PodSecurityContext" => &[security::pod],
        "PodSpec" => POD_SPEC,
        "ProjectedVolumeSource" => &[volumes::mode, volumes::paths],
        "DaemonSetSpec" | "ReplicaSetSpec" => &[workloads::long_running],
        "ReplicationControllerSpec" => {
            &[workloads::long_running, workloads::replication_controller]
        }
        "ResourceFieldSelector" => &[env::resource],
        "AppArmorProfile" => &[security::profile, security::app_armor],
        "SeccompProfile" => &[security::profile],
        "SecurityContext" => &[security::container],
        "ServiceAccountTokenProjection" => &[volumes::token],
        "StatefulSet" => &[jobs::stateful_name],
        "StatefulSetSpec" => &[workloads::long_running, workloads::stateful_set],
        "Toleration" => &[scheduling::toleration],
        "TopologySpreadConstraint" => &[scheduling::constraint],
        "Volume" => &[volumes::source],
        "VolumeMount" => &[containers::mount],
        "VolumeProjection" => &[volumes::projection],
        "WindowsSecurityContextOptions" => &[windows::options],
        _ => &[],
    }
}

const POD_SPEC: &[Checker] = &[
    containers::names,
    containers::host_ports,
    containers::restarts,
    containers::mounts,
    containers::claims,
    pod::spec,
    pod::dns,
    resources::of_pod,
    scheduling::spread,
    security::system,
    security::users,
    security::host_process,
];

/// One object as it was read.
pub(super) struct Subject<'t> {
    /// Its outermost mapping.
    pub(super) node: Node<'t>,
    /// Its mappings that were read as structs, with the names of these.
    pub(super) structures: &'t [(&'static str, NodeId)],
    /// The values that nothing is known about, sorted.
    pub(super) unknown: &'t [NodeId],
    /// What did not fit its type.
    pub(super) issues: &'t [Issue],
}

impl<'t> Subject<'t> {
    fn judged(
        &self,
        refuser: &'static str,
        whole: impl Fn(&mut Judge<'t>),
        check: impl Fn(&mut Judge<'t>, &'static str, Node<'t>),
    ) -> Vec<Fault> {
        let mut judge = Judge::new(self.node, self.unknown, self.issues, refuser);
        whole(&mut judge);
        for (structure, id) in self.structures {
            let node = self.node.tree().node(*id).resolved();
            check(&mut judge, structure, node);
        }
        judge.into_faults()
    }

    /// The faults of an object of Kubernetes' own kinds, in the order of the text.
    pub(super) fn faults(&self) -> Vec<Fault> {
        self.judged(
            "the API server",
            kinds::check_metadata,
            |judge, structure, node| {
                let own = kinds::required(judge, structure);
                // A ResourceClaim by itself is not the one that a container names.
                let is_part = node.id() != judge.object().id();
                let parts = required::fields(structure).iter().filter(|_| is_part);
                for field in parts.chain(own) {
                    judge.require(node, field);
                }
                forms::check(judge, structure, node);
                let own = kinds::checkers(structure).iter();
                let checkers = checkers(structure).iter().chain(own);
                for check in checkers.chain(sources::checkers(structure)) {
                    check(judge, node);
                }
            },
        )
    }

    /// The faults of an object of Istio's, likewise.
    pub(super) fn istio_faults(&self) -> Vec<Fault> {
        self.judged("Istio", istio::check_object, istio::check)
    }

    /// The faults of a resource of the Gateway API, likewise.
    pub(super) fn gateway_faults(&self) -> Vec<Fault> {
        self.judged("the API server", kinds::check_metadata, gateway::check)
    }

    /// The faults of a Knative Service, likewise.
    pub(super) fn knative_faults(&self) -> Vec<Fault> {
        self.judged("its webhook", |_| {}, knative::check)
    }
}
