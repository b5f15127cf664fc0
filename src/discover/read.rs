//! Bytes → text.

use super::Planned;
use crate::source::{ReadError, Role};

/// What became of a file.
pub(super) enum Reading {
    Text {
        text: String,
        invalid_utf8: Option<u32>,
    },
    /// It holds NUL bytes: a binary file, or UTF-16.
    NoText,
    /// It is encrypted as a whole.
    Encrypted,
    /// It is too large to be read, in words.
    TooLarge(String),
    /// Why it was not read, though it was to be.
    Failed(ReadError),
}

impl Reading {
    pub(super) fn of(content: Result<Vec<u8>, ReadError>) -> Self {
        match content {
            Ok(content) => text(content),
            Err(error @ ReadError::TooLarge { .. }) => {
                Self::TooLarge(format!("skipped, {error}{}", error.hint()))
            }
            Err(error) => Self::Failed(error),
        }
    }
}

/// How files start that a program has encrypted as a whole: git-crypt, Ansible Vault, age and GnuPG.
const ENCRYPTED: [&[u8]; 5] = [
    b"\0GITCRYPT\0",
    b"$ANSIBLE_VAULT;",
    b"age-encryption.org/",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"-----BEGIN PGP MESSAGE-----",
];

fn text(content: Vec<u8>) -> Reading {
    if ENCRYPTED.iter().any(|start| content.starts_with(start)) {
        return Reading::Encrypted;
    }
    if content.contains(&0) {
        return Reading::NoText;
    }
    match String::from_utf8(content) {
        Ok(text) => Reading::Text {
            text,
            invalid_utf8: None,
        },
        // All before the first invalid byte is kept as it is, so its offset is the same in both.
        Err(error) => Reading::Text {
            invalid_utf8: u32::try_from(error.utf8_error().valid_up_to()).ok(),
            text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        },
    }
}

/// Whether a file that the user did not name directly can matter to a run.
///
/// JSON is everywhere and rarely a manifest. Of the context, most YAML files can be none either
/// (workflows, values, API descriptions), and parsing costs far more than reading: of 1,350 such
/// files of public repositories this leaves out four in five. What can matter without an
/// `apiVersion` are kustomizations and their JSON 6902 patches.
pub(super) fn could_matter(text: &str, planned: &Planned) -> bool {
    if planned.json {
        return text.contains("\"apiVersion\"") && text.contains("\"kind\"") || is_json_patch(text);
    }
    planned.role == Role::Named
        || planned.kustomization
        || text.contains("apiVersion")
        || is_json_patch(text)
}

fn is_json_patch(text: &str) -> bool {
    let has_key = |key: &str| {
        text.match_indices(key).any(|(at, _)| {
            let (before, rest) = text.split_at(at);
            let after = rest.get(key.len()..).unwrap_or_default();
            !before.ends_with(char::is_alphanumeric)
                && after.trim_start_matches(['"', '\'', ' ']).starts_with(':')
        })
    };
    has_key("path") && has_key("op")
}
