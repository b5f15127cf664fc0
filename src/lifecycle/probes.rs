//! What a probe asks, and when the kubelet acts on the answer.

mod handler;
mod timing;

pub use handler::{ExecClient, Handler, Port, PortError};
pub use timing::{Timing, failures_to_last};
