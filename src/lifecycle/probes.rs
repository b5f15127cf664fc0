//! What a probe asks, and when the kubelet acts on the answer.

mod client;
mod handler;
mod timing;

pub use client::ExecClient;
pub use handler::{Handler, Port, PortError, Readiness};
pub use timing::{Timing, failures_to_last};
