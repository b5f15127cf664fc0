//! Rules of the category `availability`.

pub(super) mod bare_pod;
mod behind;
pub(super) mod dangling_hpa;
pub(super) mod dangling_service;
pub(super) mod eviction_blocked_by_annotation;
pub(super) mod hpa_conflicts_replicas;
pub(super) mod hpa_single_replica;
mod labels;
mod limits;
pub(super) mod missing_pdb;
pub(super) mod missing_pod_spread;
pub(super) mod missing_readiness_gate;
pub(super) mod missing_resources;
pub(super) mod mutable_image_tag;
pub(super) mod not_ready_addresses_published;
mod overlap;
pub(super) mod overlapping_pdbs;
pub(super) mod pdb_blocks_eviction;
pub(super) mod pdb_selects_nothing;
pub(super) mod removed_api_version;
mod rollout;
mod selected;
pub(super) mod selector_mismatch;
pub(super) mod single_replica;
pub(super) mod unresolved_target_port;
pub(super) mod unsafe_rollout_strategy;
pub(super) mod volume_blocks_rollout;
