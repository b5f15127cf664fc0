//! What a shell does with the last command of its script: it becomes that command, or it forks and
//! waits. Seen with dash 0.5.12, bash 5.2 and busybox 1.35: the process of `sh -c SCRIPT`, while the last
//! command runs.

use super::{Command, Compound};

/// Shells by when they become their last command instead of forking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lifecycle) enum Family {
    /// Never.
    Dash,
    /// When it is a simple command without redirections, and no more than one line break follows.
    Bash,
    /// Inside groups and branches too, but only when not even a line break follows.
    Busybox,
}

/// Words in the names of images whose `/bin/sh` is busybox, bash or dash. Busybox comes first: an
/// `alpine` names the system even behind `slim` or a registry's name.
const IMAGES: [(Family, &[&str]); 3] = [
    (Family::Busybox, &["alpine", "busybox"]),
    (
        Family::Bash,
        &[
            "fedora",
            "ubi",
            "centos",
            "rhel",
            "rocky",
            "rockylinux",
            "alma",
            "almalinux",
            "oraclelinux",
            "oracle",
            "amazonlinux",
            "suse",
            "opensuse",
            "sles",
            "sle",
            "bci",
            "archlinux",
        ],
    ),
    (
        Family::Dash,
        &[
            "debian", "ubuntu", "slim", "jessie", "stretch", "buster", "bullseye", "bookworm",
            "trixie", "xenial", "bionic", "focal", "jammy", "noble",
        ],
    ),
];

impl Family {
    /// What the shell of this name can be in a container of this image; from the one that forks the
    /// most to the one that forks the least.
    pub(in crate::lifecycle) fn candidates(shell: &str, image: Option<&str>) -> &'static [Self] {
        match shell {
            "ash" => &[Self::Busybox],
            "dash" => &[Self::Dash],
            "sh" => match Self::of_image(image.unwrap_or_default()) {
                Some(Self::Busybox) => &[Self::Busybox],
                Some(Self::Bash) => &[Self::Bash],
                Some(Self::Dash) => &[Self::Dash],
                None => &[Self::Dash, Self::Bash, Self::Busybox],
            },
            _ => &[Self::Bash],
        }
    }

    /// Its name in sentences about `/bin/sh`.
    pub(in crate::lifecycle) fn name(self) -> &'static str {
        match self {
            Self::Dash => "dash",
            Self::Bash => "bash",
            Self::Busybox => "busybox",
        }
    }

    /// Whether the shell stays while the last command of a script runs.
    pub(in crate::lifecycle) fn waits_for(self, last: &Command, script: &str) -> bool {
        match (self, last) {
            (Self::Dash, _) | (Self::Bash, Command::Compound { .. }) => true,
            (Self::Bash, Command::Simple { redirected, .. }) => {
                *redirected || !ends_in_command(script.strip_suffix('\n').unwrap_or(script))
            }
            (Self::Busybox, Command::Simple { .. }) => !ends_in_command(script),
            (
                Self::Busybox,
                Command::Compound {
                    kind, redirected, ..
                },
            ) => {
                let waits = match kind {
                    Compound::Loop | Compound::Function => true,
                    Compound::Group | Compound::Branch => *redirected,
                    Compound::Subshell => false,
                };
                waits || !ends_in_command(script)
            }
        }
    }

    /// `/bin/sh` of an image, as far as its name tells: `eclipse-temurin:21-jre-ubi9-minimal` is built
    /// on `ubi`.
    fn of_image(image: &str) -> Option<Self> {
        let image = image.to_ascii_lowercase();
        let image = image.split_once('@').map_or(&*image, |(name, _)| name);
        let words: Vec<&str> = image
            .split(|char: char| !char.is_ascii_alphanumeric())
            .map(|word| word.trim_end_matches(|char: char| char.is_ascii_digit()))
            .collect();
        IMAGES
            .iter()
            .find(|(_, names)| words.iter().any(|word| names.contains(word)))
            .map(|(family, _)| *family)
    }
}

/// Whether no blank line and no line with only a comment comes last.
fn ends_in_command(script: &str) -> bool {
    let last = script.rsplit('\n').next().unwrap_or_default().trim();
    !last.is_empty() && !last.starts_with('#')
}

/// Whether the shell runs a command of this name itself, so that it cannot become it. What may replace
/// the shell after all (`.`, `eval`, `exec`, `command`) does not count.
pub(in crate::lifecycle) fn is_builtin(program: &str) -> bool {
    matches!(
        program,
        ":" | "["
            | "break"
            | "cd"
            | "continue"
            | "echo"
            | "exit"
            | "export"
            | "false"
            | "kill"
            | "printf"
            | "pwd"
            | "read"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "test"
            | "times"
            | "true"
            | "ulimit"
            | "umask"
            | "unset"
            | "wait"
    )
}

#[cfg(test)]
mod tests {
    use super::Family;

    #[test]
    fn images_tell_their_shell() {
        for (image, expected) in [
            ("quay.io/fedora/fedora:41", Some(Family::Bash)),
            ("eclipse-temurin:21-jre-ubi9-minimal", Some(Family::Bash)),
            ("registry.suse.com/bci/golang:1.23", Some(Family::Bash)),
            ("python:3.12-slim", Some(Family::Dash)),
            ("debian:12.8", Some(Family::Dash)),
            ("python:3.12-bookworm", Some(Family::Dash)),
            ("node:22-alpine3.20", Some(Family::Busybox)),
            ("openjdk:8-jre-alpine-slim", Some(Family::Busybox)),
            ("registry.example.com/app:1.4.2", None),
            ("registry.example.com/cubism:1.0", None),
            ("app@sha256:debian", None),
            ("", None),
        ] {
            assert_eq!(Family::of_image(image), expected, "{image}");
        }
    }

    #[test]
    fn names_of_shells_that_say_it_themselves() {
        assert_eq!(Family::candidates("bash", Some("debian")), [Family::Bash]);
        assert_eq!(Family::candidates("dash", Some("alpine")), [Family::Dash]);
        assert_eq!(Family::candidates("ash", None), [Family::Busybox]);
        assert_eq!(Family::candidates("sh", None).len(), 3);
    }
}
