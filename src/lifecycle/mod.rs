//! The arithmetic of a pod's life: probe windows, start-up budgets, shutdown clocks, disruption
//! budgets and rollouts, on typed data.
//!
//! Nothing here reads files or knows where a value stands in a manifest. Every number carries its
//! [`Origin`], which a rule maps to a node, and every sum can spell itself.

mod amount;
mod declared;
pub mod disruption;
pub mod helper;
pub mod prestop;
pub mod probes;
pub mod quit;
pub mod rollout;
mod shell;
pub mod shutdown;
pub mod sidecar;
pub mod signal;
pub mod startup;
pub mod worker;

pub use amount::{Amount, InvalidAmount};
pub use declared::{ArgumentField, Origin, Term, words};
