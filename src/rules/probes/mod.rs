//! Rules of the category `probes`.

pub(super) mod identical_probes;
pub(super) mod missing_readiness_probe;
pub(super) mod missing_startup_probe;
pub(super) mod startup_probe_too_short;
