//! Rules of the category `shutdown`.

pub(super) mod excessive_grace_period;
mod grace;
pub(super) mod helper_exits_first;
mod hook;
pub(super) mod insufficient_grace_period;
pub(super) mod invalid_lifecycle_hook;
pub(super) mod job_never_completes;
pub(super) mod missing_prestop;
pub(super) mod prestop_exceeds_grace_period;
pub(super) mod prestop_needs_shell;
pub(super) mod prestop_stops_serving;
pub(super) mod prestop_too_short;
mod seamless;
mod signal_help;
pub(super) mod signal_not_forwarded;
pub(super) mod spot_notice_too_short;
mod wait;
pub(super) mod work_cut_short;
pub(super) mod zero_grace_period;
