//! Flags, which win over the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ConfigError, words};
use crate::finding::RuleMeta;
use crate::settings::{Assignment, FailOn, MeshMode, PathGlob, RenderMode, Settings};
use crate::units::{SizeLimit, Version};

/// What the command line says; the fields stand for the flags of the same name.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Replaces the file's value.
    pub kubernetes_version: Option<Version>,
    /// Replaces the file's value.
    pub istio_version: Option<Version>,
    /// Replaces the file's value.
    pub mesh: Option<MeshMode>,
    /// Replaces the file's value.
    pub shutdown_timeout: Option<Duration>,
    /// Where not empty, replaces the file's `select` and `ignore`: it names what runs.
    pub select: Vec<String>,
    /// Adds to what is ignored.
    pub ignore: Vec<String>,
    /// Switches pedantic rules on.
    pub pedantic: bool,
    /// Replaces the file's value.
    pub fail_on: Option<FailOn>,
    /// Adds to the file's patterns; relative to the working directory.
    pub exclude: Vec<String>,
    /// Whether anything is rendered; the file's value alone starts no program.
    pub render: Option<RenderMode>,
    /// Replaces the file's value, beyond what the file may set.
    pub render_timeout: Option<Duration>,
    /// Folders that are read as context, too; relative to the working directory.
    pub context: Vec<PathBuf>,
    /// Replaces the file's value.
    pub max_file_size: Option<SizeLimit>,
    /// Replaces the default.
    pub max_files: Option<usize>,
    /// Replaces the default; in bytes.
    pub max_total_size: Option<u64>,
}

/// The rules and categories that a flag names.
///
/// # Errors
/// When one is neither; all such names.
pub fn named_rules(
    flag: &'static str,
    given: &[String],
    rules: &[RuleMeta],
) -> Result<Vec<String>, Vec<ConfigError>> {
    let mut errors = Vec::new();
    let mut named = Vec::new();
    for text in given {
        match words::selector(text, rules) {
            Ok(selector) => named.push(selector),
            Err(message) => errors.push(ConfigError::Flag { flag, message }),
        }
    }
    if errors.is_empty() {
        Ok(named)
    } else {
        Err(errors)
    }
}

/// Applies the flags to the settings of the file.
///
/// # Errors
/// When `select` or `ignore` name no rule and no category; all such names.
pub fn apply_flags(
    settings: &mut Settings,
    flags: Flags,
    cwd: &Path,
    rules: &[RuleMeta],
) -> Result<(), Vec<ConfigError>> {
    let mut errors = Vec::new();
    let mut checked = |flag: &'static str, given: &[String]| -> Vec<String> {
        given
            .iter()
            .filter_map(|text| match words::selector(text, rules) {
                Ok(selector) => Some(selector),
                Err(message) => {
                    errors.push(ConfigError::Flag { flag, message });
                    None
                }
            })
            .collect()
    };
    let select = checked("select", &flags.select);
    let ignore = checked("ignore", &flags.ignore);
    let all = |rules: Vec<String>| (!rules.is_empty()).then(|| rules.into_iter().collect());
    let said = [
        flags.kubernetes_version.map(Assignment::KubernetesVersion),
        flags.istio_version.map(Assignment::IstioVersion),
        flags.mesh.map(Assignment::MeshMode),
        flags.shutdown_timeout.map(Assignment::ShutdownTimeout),
        all(select).map(Assignment::SelectOnly),
        all(ignore).map(Assignment::Ignore),
        flags.pedantic.then_some(Assignment::Pedantic(true)),
    ];
    settings.flags = said.into_iter().flatten().collect();
    for assignment in &settings.flags {
        assignment.apply(&mut settings.common);
    }
    settings.render.mode = flags.render.unwrap_or_default();
    if flags.render.is_some() {
        settings.render.wanted = settings.render.mode;
    }
    let timeout = &mut settings.render.timeout;
    *timeout = flags.render_timeout.unwrap_or(*timeout);
    settings.fail_on = flags.fail_on.unwrap_or(settings.fail_on);
    let excluded = flags.exclude.into_iter().map(|glob| PathGlob {
        base: cwd.to_owned(),
        glob,
    });
    settings.exclude.extend(excluded);
    settings.context_folders = flags.context.iter().map(|it| cwd.join(it)).collect();
    settings.max_file_size = flags.max_file_size.unwrap_or(settings.max_file_size);
    let bounds = &mut settings.bounds;
    bounds.files = flags.max_files.unwrap_or(bounds.files);
    bounds.bytes = flags.max_total_size.unwrap_or(bounds.bytes);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}
