//! A linter that says which Kubernetes and Istio manifests will drop requests, hang a rollout or
//! block a node drain, why, and what to write instead.
//!
//! Data flows one way: paths → sources → trees → objects → inventory → findings → verdicts → outcome → report.
//! Every module below is one step of that way; `tests/architecture.rs` holds who may import whom.

pub mod checklist;
pub mod cli;
pub mod clocks;
pub mod config;
pub mod discover;
pub mod edit;
pub mod engine;
pub mod finding;
pub mod fix;
pub mod inventory;
pub mod kube;
pub mod lifecycle;
pub mod render;
pub mod report;
pub mod rules;
pub mod settings;
pub mod skipped;
pub mod source;
pub mod suppress;
pub mod timeline;
pub mod units;
pub mod yaml;
