//! Custom resources beside Istio's, as far as rules ask for them: fields they do not have here are
//! not unknown fields.

#![allow(
    missing_docs,
    reason = "fields are named as in each project's API reference; only what that leaves open is said here"
)]

pub mod deployment_config;
pub mod knative_service;
pub mod kustomization;
pub mod rollout;
pub mod scaled_job;
pub mod scaled_object;

pub use deployment_config::DeploymentConfig;
pub use knative_service::KnativeService;
pub use kustomization::{Kustomization, is_patch_directive};
pub use rollout::Rollout;
pub use scaled_job::ScaledJob;
pub use scaled_object::ScaledObject;
