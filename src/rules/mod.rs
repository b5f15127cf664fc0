//! The rules: a trait, a registry, and one file per rule.
//!
//! A rule knows the objects of the run and the settings; nothing of files, clocks, the environment
//! or other rules. It is asked once per object (and once per workload) and says what it finds.

mod availability;
mod backend;
mod cause;
mod effect;
mod faults;
mod handler;
mod mesh;
mod probes;
mod remarks;
mod report;
mod retype;
mod schema;
mod shutdown;
mod text;

use std::sync::LazyLock;
use std::time::Duration;

use crate::clocks::Clocks;
use crate::finding::RuleMeta;
use crate::inventory::Inventory;
use crate::kube::{BrokenDocument, DroppedText, Object, Workload};
use crate::settings::{ObjectSettings, OptionValue};
use crate::source::RenderFailure;
use crate::units::Version;

pub use report::{Findings, Report};

/// The rule whose errors mean that no cluster takes the object, whatever else is in it.
pub const NO_CLUSTER_TAKES: &str = "removed-api-version";

/// What a rule may look at.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Every object of the run.
    pub inventory: &'a Inventory,
    /// What the configuration says of what is judged.
    pub settings: &'a ObjectSettings,
}

impl<'a> Context<'a> {
    /// The value of a rule's switch: the configuration's, else the default that the rule declares.
    ///
    /// # Panics
    /// In debug builds, when the rule declares no such switch.
    pub fn switch(&self, meta: &RuleMeta, name: &str) -> bool {
        match self.option(meta, name) {
            Some(OptionValue::Bool(value)) => value,
            other => {
                debug_assert!(false, "{} has no switch {name}: {other:?}", meta.id);
                false
            }
        }
    }

    /// The value of a rule's option that is a time: the configuration's, else the default that the
    /// rule declares.
    ///
    /// # Panics
    /// In debug builds, when the rule declares no such time.
    pub fn time(&self, meta: &RuleMeta, name: &str) -> Duration {
        match self.option(meta, name) {
            Some(OptionValue::Seconds(value)) => Duration::from_secs(value),
            other => {
                debug_assert!(false, "{} has no time {name}: {other:?}", meta.id);
                Duration::ZERO
            }
        }
    }

    /// The clocks of workloads.
    pub fn clocks(&self) -> Clocks<'a> {
        Clocks {
            inventory: self.inventory,
            settings: self.settings,
        }
    }

    /// Whether the cluster is known to be older than this version.
    pub fn is_kubernetes_before(&self, major: u32, minor: u32) -> bool {
        self.settings
            .kubernetes_version
            .is_some_and(|version| version < Version::new(major, minor))
    }

    fn option(&self, meta: &RuleMeta, name: &str) -> Option<OptionValue> {
        let configured = self
            .settings
            .rules
            .get(meta.id)
            .and_then(|rule| rule.options.get(name));
        let declared = meta.options.iter().find(|option| option.name == name);
        configured
            .copied()
            .or(declared.map(|option| option.default))
    }
}

/// A rule. Each method speaks of one subject; most rules have one of them.
pub trait Rule: Sync {
    /// What is known about the rule without running it.
    fn meta(&self) -> &'static RuleMeta;

    /// Judges a workload.
    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let _ = (cx, workload, out);
    }

    /// Judges an object, workloads included.
    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let _ = (cx, object, out);
    }

    /// Judges a document that cannot be read.
    fn check_broken(&self, cx: &Context<'_>, document: &BrokenDocument, out: &mut Findings) {
        let _ = (cx, document, out);
    }

    /// Judges text that the Kubernetes decoder drops.
    fn check_dropped(&self, cx: &Context<'_>, text: DroppedText, out: &mut Findings) {
        let _ = (cx, text, out);
    }

    /// Judges a kustomization or chart that its tool refuses.
    fn check_render_failure(&self, cx: &Context<'_>, failure: &RenderFailure, out: &mut Findings) {
        let _ = (cx, failure, out);
    }
}

/// Every rule, in the order of the catalogue.
static ALL: &[&dyn Rule] = &[
    &probes::identical_probes::IdenticalProbes,
    &probes::liveness_probes_dependencies::LivenessProbesDependencies,
    &probes::missing_startup_probe::MissingStartupProbe,
    &probes::startup_probe_too_short::StartupProbeTooShort,
    &probes::missing_readiness_probe::MissingReadinessProbe,
    &probes::missing_liveness_probe::MissingLivenessProbe,
    &probes::invalid_probe::InvalidProbe,
    &probes::unresolved_probe_port::UnresolvedProbePort,
    &probes::probe_timeout_exceeds_period::ProbeTimeoutExceedsPeriod,
    &probes::exec_probe_default_timeout::ExecProbeDefaultTimeout,
    &probes::startup_exceeds_progress_deadline::StartupExceedsProgressDeadline,
    &shutdown::insufficient_grace_period::InsufficientGracePeriod,
    &shutdown::prestop_exceeds_grace_period::PrestopExceedsGracePeriod,
    &shutdown::missing_prestop::MissingPrestop,
    &shutdown::prestop_too_short::PrestopTooShort,
    &shutdown::prestop_stops_serving::PrestopStopsServing,
    &shutdown::helper_exits_first::HelperExitsFirst,
    &shutdown::zero_grace_period::ZeroGracePeriod,
    &shutdown::excessive_grace_period::ExcessiveGracePeriod,
    &shutdown::signal_not_forwarded::SignalNotForwarded,
    &shutdown::prestop_needs_shell::PrestopNeedsShell,
    &shutdown::invalid_lifecycle_hook::InvalidLifecycleHook,
    &shutdown::work_cut_short::WorkCutShort,
    &shutdown::spot_notice_too_short::SpotNoticeTooShort,
    &shutdown::job_never_completes::JobNeverCompletes,
    &availability::missing_pdb::MissingPdb,
    &availability::pdb_blocks_eviction::PdbBlocksEviction,
    &availability::pdb_selects_nothing::PdbSelectsNothing,
    &availability::overlapping_pdbs::OverlappingPdbs,
    &availability::blocked_by_unhealthy_pods::BlockedByUnhealthyPods,
    &availability::single_replica::SingleReplica,
    &availability::unsafe_rollout_strategy::UnsafeRolloutStrategy,
    &availability::unplaceable_rollout::UnplaceableRollout,
    &availability::missed_recovery_target::MissedRecoveryTarget,
    &availability::missing_pod_spread::MissingPodSpread,
    &availability::volume_blocks_rollout::VolumeBlocksRollout,
    &availability::eviction_blocked_by_annotation::EvictionBlockedByAnnotation,
    &availability::bare_pod::BarePod,
    &availability::missing_readiness_gate::MissingReadinessGate,
    &availability::missing_resources::MissingResources,
    &availability::selector_mismatch::SelectorMismatch,
    &availability::dangling_service::DanglingService,
    &availability::unresolved_target_port::UnresolvedTargetPort,
    &availability::unresolved_backend::UnresolvedBackend,
    &availability::hpa_conflicts_replicas::HpaConflictsReplicas,
    &availability::hpa_single_replica::HpaSingleReplica,
    &availability::dangling_hpa::DanglingHpa,
    &availability::mutable_image_tag::MutableImageTag,
    &availability::not_ready_addresses_published::NotReadyAddressesPublished,
    &availability::removed_api_version::RemovedApiVersion,
    &mesh::missing_hold_application::MissingHoldApplication,
    &mesh::ineffective_istio_annotation::IneffectiveIstioAnnotation,
    &mesh::invalid_proxy_config::InvalidProxyConfig,
    &mesh::sidecar_exits_before_app::SidecarExitsBeforeApp,
    &mesh::drain_exceeds_grace_period::DrainExceedsGracePeriod,
    &mesh::gateway_drain::GatewayDrain,
    &mesh::wait_exceeds_grace_period::WaitExceedsGracePeriod,
    &mesh::deprecated_inject_annotation::DeprecatedInjectAnnotation,
    &mesh::missing_circuit_breaker::MissingCircuitBreaker,
    &mesh::ignored_outlier_field::IgnoredOutlierField,
    &mesh::outlier_ejection_unbounded::OutlierEjectionUnbounded,
    &mesh::outlier_detection_idle::OutlierDetectionIdle,
    &mesh::missing_retry_policy::MissingRetryPolicy,
    &mesh::unsafe_retry_policy::UnsafeRetryPolicy,
    &mesh::unscoped_fault::UnscopedFault,
    &mesh::destination_rule_conflict::DestinationRuleConflict,
    &mesh::conflicting_mesh_config::ConflictingMeshConfig,
    &mesh::conflicting_gateways::ConflictingGateways,
    &mesh::unresolved_gateway::UnresolvedGateway,
    &mesh::ineffective_envoy_filter::IneffectiveEnvoyFilter,
    &mesh::upstream_tls_without_ca::UpstreamTlsWithoutCa,
    &mesh::unaddressed_service_entry::UnaddressedServiceEntry,
    &mesh::policy_selects_nothing::PolicySelectsNothing,
    &mesh::unreachable_route::UnreachableRoute,
    &mesh::missing_waypoint::MissingWaypoint,
    &mesh::unresolved_destination::UnresolvedDestination,
    &mesh::subset_selects_nothing::SubsetSelectsNothing,
    &mesh::mtls_disabled::MtlsDisabled,
    &mesh::missing_mtls_policy::MissingMtlsPolicy,
    &mesh::missing_tracing::MissingTracing,
    &mesh::grpc_not_load_balanced::GrpcNotLoadBalanced,
    &mesh::grpc_port_not_declared::GrpcPortNotDeclared,
    &mesh::grpc_connection_churn::GrpcConnectionChurn,
    &mesh::probe_rewrite_disabled::ProbeRewriteDisabled,
    &schema::invalid_yaml::InvalidYaml,
    &schema::unknown_kind::UnknownKind,
    &schema::unknown_field::UnknownField,
    &schema::invalid_field::InvalidField,
    &schema::duplicate_key::DuplicateKey,
    &schema::duplicate_env::DuplicateEnv,
    &schema::dropped_document::DroppedDocument,
    &schema::duplicate_object::DuplicateObject,
    &schema::unused_suppression::UnusedSuppression,
    &schema::render_failed::RenderFailed,
];

/// Every rule, in the order of the catalogue.
pub fn all() -> &'static [&'static dyn Rule] {
    ALL
}

/// What is known about the rule whose findings verdicts make.
pub fn unused_suppression() -> &'static RuleMeta {
    schema::unused_suppression::UnusedSuppression.meta()
}

/// What is known about every rule, in the order of [`all`].
pub fn metas() -> &'static [RuleMeta] {
    static METAS: LazyLock<Vec<RuleMeta>> =
        LazyLock::new(|| all().iter().map(|rule| *rule.meta()).collect());
    &METAS
}
