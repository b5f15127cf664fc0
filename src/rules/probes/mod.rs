//! Rules of the category `probes`.

pub(super) mod exec_probe_default_timeout;
pub(super) mod identical_probes;
mod init_container;
pub(super) mod invalid_probe;
pub(super) mod liveness_probes_dependencies;
pub(super) mod missing_liveness_probe;
pub(super) mod missing_readiness_probe;
pub(super) mod missing_startup_probe;
mod new_startup_probe;
mod open_port;
mod patience;
mod probe;
pub(super) mod probe_timeout_exceeds_period;
mod shared_check;
pub(super) mod startup_exceeds_progress_deadline;
pub(super) mod startup_probe_too_short;
pub(super) mod unresolved_probe_port;
