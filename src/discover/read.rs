//! Bytes → text.

use std::borrow::Cow;

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
        return is_json_manifest(text) || is_json_patch(text);
    }
    planned.role == Role::Named
        || planned.kustomization
        || text.contains("apiVersion")
        || is_json_patch(text)
}

/// Whether a JSON file may be a manifest, in whatever way its keys are spelled: kubectl reads it as YAML where
/// it is no JSON.
pub(super) fn is_json_manifest(text: &str) -> bool {
    let text = unescaped(text);
    let has = |key: &str| text.contains(&format!("\"{key}\"")) || has_key(&text, key);
    has("apiVersion") && has("kind")
}

fn is_json_patch(text: &str) -> bool {
    has_key(text, "path") && has_key(text, "op")
}

fn has_key(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let (before, rest) = text.split_at(at);
        let after = rest.get(key.len()..).unwrap_or_default();
        !before.ends_with(char::is_alphanumeric)
            && after.trim_start_matches(['"', '\'', ' ']).starts_with(':')
    })
}

/// A text whose ASCII letters are all written as such, and not as `\u0061`, `\x61` or `\U00000061`.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let mut kept_to = 0;
    for (at, _) in text.match_indices('\\') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let escapes = [("u00", 2), ("x", 2), ("U000000", 2)];
        let letter = escapes.iter().find_map(|(start, digits)| {
            let digits = rest.strip_prefix(start)?.get(..*digits)?;
            let letter = char::from(u8::from_str_radix(digits, 16).ok()?);
            letter
                .is_ascii_alphabetic()
                .then_some((letter, start.len() + 3))
        });
        if let Some((letter, length)) = letter {
            plain.push_str(text.get(kept_to..at).unwrap_or_default());
            plain.push(letter);
            kept_to = at + length;
        }
    }
    if kept_to == 0 {
        return Cow::Borrowed(text);
    }
    plain.push_str(text.get(kept_to..).unwrap_or_default());
    Cow::Owned(plain)
}
