//! Durations, quantities, sizes and versions: every written form that Kubernetes, Istio and common
//! programs accept, as values. Also the "did you mean" for words that are not known,
//! and what is cut of names that are too long.

pub mod cut;
mod duration;
mod quantity;
mod size;
mod suggest;
mod version;

pub use duration::{DurationError, parse_go_duration, parse_lenient_duration, show_seconds};
pub use quantity::{Quantity, QuantityError};
pub use size::{SizeLimit, SizeLimitError, show_size};
pub use suggest::{only_slip, suggest};
pub use version::{Version, VersionError};
