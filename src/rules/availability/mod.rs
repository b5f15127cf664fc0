//! Rules of the category `availability`.

pub(super) mod missing_pdb;
pub(super) mod missing_pod_spread;
pub(super) mod missing_resources;
pub(super) mod pdb_blocks_eviction;
