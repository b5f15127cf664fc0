//! The configuration file and the flags → settings.
//!
//! The file is read with our own YAML room, so that every error has its place, and all errors of a
//! file are told at once.

mod chain;
mod file;
mod flags;
mod helm_values;
mod keys;
mod nested;
mod overrides;
mod render;
mod rules;
mod schema;
mod starter;
mod trust;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::settings::CONFIG_FILE_NAMES;
use crate::source::{ReadError, examine};
use crate::units::SizeLimit;

pub use file::load;
pub use flags::{Flags, apply_flags, named_rules};
pub use keys::{About, Shape, keys};
pub use nested::{Nested, nest};
pub use schema::schema;
pub use starter::{Survey, starter};
pub use words::{
    FAIL_ON, MESH_MODES, RENDER_MODES, parse_duration, parse_istio_version,
    parse_kubernetes_version, parse_size, parse_some_time, parse_total, word,
};

/// What makes the configuration unusable.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Something in the file is wrong.
    #[error("{path}:{line}:{column}: {message}")]
    Invalid {
        /// As the user sees it.
        path: String,
        /// From 1.
        line: u32,
        /// From 1, in characters.
        column: u32,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// The file cannot be read, or is none.
    #[error("{path}: {error}")]
    Unreadable {
        /// As the user sees it.
        path: String,
        /// Why.
        error: ReadError,
    },
    /// A directory holds a file of both names.
    #[error("{directory}: lameduck.yaml and .lameduck.yaml are both here: keep one of them")]
    Ambiguous {
        /// The directory.
        directory: String,
    },
    /// The file is a link to somewhere else.
    #[error(
        "{path}: it is a link that leads out of the repository: name what it leads to with --config"
    )]
    Foreign {
        /// As the user sees it.
        path: String,
    },
    /// The value of a flag is wrong.
    #[error("--{flag}: {message}")]
    Flag {
        /// Without its dashes.
        flag: &'static str,
        /// What is wrong, and what was expected.
        message: String,
    },
}

/// Finds the configuration file: in the working directory or the nearest directory above it, up to
/// the top of the git repository.
///
/// # Errors
/// When a directory holds a file of both names, or something of such a name that is no file of the
/// repository: what a person thinks is configured must not be ignored without a word.
pub fn find(cwd: &Path) -> Result<Option<PathBuf>, ConfigError> {
    for directory in cwd.ancestors() {
        if let Some(file) = in_directory(directory)? {
            return Ok(Some(file));
        }
        if directory.join(".git").exists() {
            return Ok(None);
        }
    }
    Ok(None)
}

/// The configuration file of a directory.
fn in_directory(directory: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let mut files = CONFIG_FILE_NAMES
        .iter()
        .map(|name| directory.join(name))
        .filter(|file| std::fs::symlink_metadata(file).is_ok());
    match (files.next(), files.next()) {
        (Some(_), Some(_)) => Err(ConfigError::Ambiguous {
            directory: directory.display().to_string(),
        }),
        (Some(file), None) => usable(file).map(Some),
        _ => Ok(None),
    }
}

fn usable(file: PathBuf) -> Result<PathBuf, ConfigError> {
    let path = file.display().to_string();
    if let Err(error) = examine(&file, SizeLimit::MAX) {
        return Err(ConfigError::Unreadable { path, error });
    }
    let root = trust::root(file.parent().unwrap_or(&file));
    if trust::resolved(&file).starts_with(root) {
        Ok(file)
    } else {
        Err(ConfigError::Foreign { path })
    }
}
