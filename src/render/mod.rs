//! Kustomizations and Helm charts → the manifests that are deployed, each value with its place in a
//! file.
//!
//! Runs only where the settings ask for it. What was rendered is judged in the stead of the files it
//! was made of. Nothing here writes into the user's folders, reaches the network or reads what lies
//! outside of the repository; what would need that is left as it is, and that is said.
//! `docs/security.md` says what is kept from the programs.

mod applied;
mod at_work;
mod budget;
mod confine;
mod dialect;
mod fields;
mod files;
mod graph;
mod helm;
#[cfg(unix)]
mod interpreter;
mod kustomize;
mod layers;
mod manifests;
mod message;
mod schema;
mod subcharts;
mod template;
mod tool;
mod trace;
mod view;
mod ways;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::discover::Discovered;
use crate::settings::{RenderMode, Settings};

pub use at_work::stop;
pub use confine::{confine_with, trampoline};

/// What makes rendering impossible.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// There is a kustomization to build, and no program for it.
    #[error(
        "--render auto: neither `kustomize` nor `kubectl` is on the PATH, and {directory} is to be \
         built: install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/), or \
         use `--render never`"
    )]
    NoKustomize {
        /// One of what is to be built.
        directory: String,
    },
    /// There is a chart to render, and no program for it.
    #[error(
        "--render auto: `helm` is not on the PATH, and the chart {chart} is to be rendered: \
         install Helm (https://helm.sh/docs/intro/install/), or use `--render never`"
    )]
    NoHelm {
        /// One of what is to be rendered.
        chart: String,
    },
    /// The directory that programs work in cannot be made.
    #[error("a temporary directory cannot be made: {0}")]
    Scratch(#[from] std::io::Error),
}

/// Renders, where the settings ask for it, every kustomization and chart that concerns a named path.
///
/// # Errors
/// When there is something to render and the program for it is missing, or when no temporary
/// directory can be made.
pub fn render(
    discovered: &mut Discovered,
    cwd: &Path,
    settings: &Settings,
) -> Result<(), RenderError> {
    if settings.render.mode == RenderMode::Never {
        return Ok(());
    }
    let cwd = std::fs::canonicalize(cwd)?;
    let mut budget = budget::Budget::new();
    kustomize::build(discovered, &cwd, settings, &mut budget)?;
    helm::render(discovered, &cwd, settings, &mut budget)
}
