//! Times that an application declares, and where each stands.

use std::fmt;
use std::time::Duration;

use k8s_openapi::api::core::v1::Container;

use super::shell::{self, Script};
use crate::units::{parse_lenient_duration, show_seconds};

/// Which list of a container's argument vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentField {
    /// `command`
    Command,
    /// `args`
    Args,
}

impl ArgumentField {
    /// The field's name in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Args => "args",
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An annotation of the pod template, by its key.
    Annotation(&'static str),
    /// The configuration or a flag.
    Configuration,
    /// An element of the container's argument vector.
    Argument {
        /// The list it stands in.
        field: ArgumentField,
        /// Its index there.
        index: usize,
    },
    /// An environment variable of the container.
    Environment {
        /// Its index in `env`.
        index: usize,
        /// Its name.
        name: String,
    },
    /// The field that the value is named after.
    Field,
    /// Kubernetes' default for that field.
    Default,
    /// Nothing declares it.
    Assumed,
    /// Only the API server calls, and waits no longer.
    Bounded,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Annotation(key) => write!(f, "from annotation {key}"),
            Self::Configuration => f.write_str("from the configuration"),
            Self::Argument { field, index } => write!(f, "from {}[{index}]", field.as_str()),
            Self::Environment { name, .. } => write!(f, "from env {name}"),
            Self::Field => f.write_str("as written"),
            Self::Default => f.write_str("default"),
            Self::Assumed => f.write_str("assumed"),
            Self::Bounded => f.write_str("the longest call of the API server"),
        }
    }
}

/// A time and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// How long.
    pub value: Duration,
    /// Says who.
    pub origin: Origin,
}

impl Term {
    /// Whether somebody stated the time, rather than a default.
    pub fn is_declared(&self) -> bool {
        !matches!(
            self.origin,
            Origin::Assumed | Origin::Bounded | Origin::Default
        )
    }

    /// Whether the time is plainly what was meant: somebody states it, and not in a place whose unit
    /// may be another, with a number that is larger than applications usually need.
    pub fn is_beyond_doubt(&self) -> bool {
        const USUAL: Duration = Duration::from_secs(300);
        match self.origin {
            Origin::Environment { .. } | Origin::Argument { .. } => self.value <= USUAL,
            _ => self.is_declared(),
        }
    }
}

/// `20s (assumed)`
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", show_seconds(self.value), self.origin)
    }
}

/// What a number without a unit means.
#[derive(Clone, Copy)]
pub(super) enum BareNumber {
    Seconds,
    /// Seconds, but milliseconds from 1000 up: nobody waits a quarter of an hour for a shutdown.
    SecondsOrMillis,
    Millis,
    /// The variable holds options, as the command line does.
    Options,
}

impl BareNumber {
    fn read(self, text: &str) -> Option<Duration> {
        let text = text.trim();
        let value = parse_lenient_duration(text)?;
        let is_bare = !text.contains(|c: char| c.is_ascii_alphabetic());
        let in_millis = match self {
            Self::Seconds | Self::Options => false,
            Self::SecondsOrMillis => value.as_secs() >= 1000,
            Self::Millis => true,
        };
        Some(if is_bare && in_millis {
            value / 1000
        } else {
            value
        })
    }
}

/// The names under which applications declare a time.
pub(super) struct Names {
    /// The pod annotation.
    pub(super) annotation: &'static str,
    /// Command-line options without their dashes.
    pub(super) options: &'static [&'static str],
    /// What a bare number after an option means.
    pub(super) option_number: BareNumber,
    /// Environment variables, and what a bare number in them means.
    pub(super) variables: &'static [(&'static str, BareNumber)],
}

impl Names {
    /// The first of: annotation, configuration, option, environment variable. What cannot be read
    /// as a time (a placeholder, a reference) is passed over.
    pub(super) fn find(
        &self,
        container: &Container,
        annotation: Option<&str>,
        configured: Option<Duration>,
    ) -> Option<Term> {
        annotation
            .and_then(|text| BareNumber::Seconds.read(text))
            .map(|value| Term {
                value,
                origin: Origin::Annotation(self.annotation),
            })
            .or_else(|| {
                configured.map(|value| Term {
                    value,
                    origin: Origin::Configuration,
                })
            })
            .or_else(|| self.in_arguments(container))
            .or_else(|| self.in_environment(container))
    }

    fn in_arguments(&self, container: &Container) -> Option<Term> {
        let argv = argv(container);
        let texts: Vec<&str> = argv.iter().map(|argument| argument.text).collect();
        let script = shell::invocation(&texts);
        let direct = self.in_words(texts.iter().map(|&text| Some(text)));
        let inside = script.and_then(|found| {
            let script = Script::parse(found.script).ok()?;
            let value = script
                .simple_commands()
                .iter()
                .filter_map(|words| self.in_words(words.iter().map(shell::Word::constant_text)))
                .map(|(_, value)| value)
                .next_back()?;
            Some((found.script_index, value))
        });
        let (index, value) = inside.or(direct)?;
        let argument = argv.get(index)?;
        Some(Term {
            value,
            origin: Origin::Argument {
                field: argument.field,
                index: argument.index,
            },
        })
    }

    /// The value of the last option that has one, and the index of the word it stands in: programs
    /// let a repeated option win over an earlier one.
    fn in_words<'a>(
        &self,
        words: impl Iterator<Item = Option<&'a str>> + Clone,
    ) -> Option<(usize, Duration)> {
        let mut found = None;
        let mut following = words.clone().skip(1);
        for (index, word) in words.enumerate() {
            let next = following.next().flatten();
            let Some(option) = word.and_then(option_name) else {
                continue;
            };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some((index, value))),
                None => (option, next.map(|value| (index + 1, value))),
            };
            if !self.options.contains(&name) {
                continue;
            }
            if let Some((index, value)) = value
                && let Some(value) = self.option_number.read(value)
            {
                found = Some((index, value));
            }
        }
        found
    }

    fn in_environment(&self, container: &Container) -> Option<Term> {
        let variables = container.env.as_deref().unwrap_or_default();
        self.variables.iter().find_map(|(name, number)| {
            // Of two variables of one name the container sees the later.
            let (index, variable) = variables
                .iter()
                .enumerate()
                .rfind(|(_, variable)| variable.name == *name)?;
            let text = variable.value.as_deref()?;
            let value = match number {
                BareNumber::Options => {
                    let words = text.split_whitespace().map(Some);
                    self.in_words(words).map(|(_, value)| value)
                }
                number => number.read(text),
            };
            Some(Term {
                value: value?,
                origin: Origin::Environment {
                    index,
                    name: (*name).to_owned(),
                },
            })
        })
    }
}

/// `-name` and `--name`, without the dashes.
fn option_name(word: &str) -> Option<&str> {
    let name = word.strip_prefix('-')?;
    Some(name.strip_prefix('-').unwrap_or(name))
}

/// One element of a container's argument vector.
#[derive(Clone, Copy)]
pub(super) struct Argument<'a> {
    pub(super) field: ArgumentField,
    pub(super) index: usize,
    pub(super) text: &'a str,
}

/// The texts of what the container runs: `command`, then `args`.
pub fn words(container: &Container) -> impl Iterator<Item = &str> {
    argv(container).into_iter().map(|argument| argument.text)
}

/// What the container runs: `command`, then `args`.
pub(super) fn argv(container: &Container) -> Vec<Argument<'_>> {
    let elements = |field: ArgumentField| {
        let texts = match field {
            ArgumentField::Command => &container.command,
            ArgumentField::Args => &container.args,
        };
        texts
            .iter()
            .flatten()
            .enumerate()
            .map(move |(index, text)| Argument { field, index, text })
    };
    elements(ArgumentField::Command)
        .chain(elements(ArgumentField::Args))
        .collect()
}
