//! Rules of the category `shutdown`.

mod grace;
pub(super) mod insufficient_grace_period;
pub(super) mod missing_prestop;
pub(super) mod prestop_exceeds_grace_period;
