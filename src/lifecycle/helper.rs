//! Helpers: programs in the pod of an application that stand between it and what it needs, and that
//! end by a clock of their own. One table says of each how it is recognised, how long it takes
//! connections after SIGTERM, when it leaves, what delays that, and how it ends in a Job.
//! Istio's proxy has [`super::sidecar`].

mod table;

use std::time::Duration;

use k8s_openapi::api::core::v1::Container;

pub use table::HELPERS;

use super::declared::{self, Names, Term, argv};
use super::prestop::Prestop;
use super::shell;
use crate::units::parse_go_duration;

/// What is known of a helper.
#[derive(Debug)]
pub struct Helper {
    /// As messages name it.
    pub name: &'static str,
    /// How it comes into the pod.
    pub origin: Origin,
    /// What is asked of it at its end.
    pub end: End,
    /// What ends it where the application's containers have ended.
    pub job: JobEnd,
}

/// How a helper comes into a pod.
#[derive(Debug)]
pub enum Origin {
    /// A container that the manifest writes out, by its image's name or its program.
    Written(&'static [&'static str]),
    /// Injected, where an annotation asks for it.
    Injected(Injection),
}

/// The annotations of an injected helper.
#[derive(Debug)]
pub struct Injection {
    /// Asks for it.
    pub key: &'static str,
    /// With these values.
    pub values: &'static [&'static str],
    /// Whether this annotation and the others may stand on the Namespace too.
    pub by_namespace: bool,
    /// Whether it can be a native sidecar.
    pub native: Native,
}

/// Native sidecars of an injected helper.
#[derive(Debug)]
pub struct Native {
    /// The annotations that decide it, newest name first; none where there is no native one.
    pub keys: &'static [&'static str],
    /// The one to write, and the first release that reads it.
    pub advised: Option<(&'static str, &'static str)>,
    /// The first release in which it is native unless told otherwise.
    pub default_since: Option<&'static str>,
}

/// When a helper leaves after SIGTERM.
#[derive(Debug)]
pub enum End {
    /// At once.
    AtOnce,
    /// It takes no new connection, and leaves at once or with its last one.
    TakesNothing,
    /// With its last connection, and no later than these options say; at once without them. It takes
    /// connections until it leaves.
    Options(&'static [Delay]),
    /// After the wait that annotations ask for.
    Annotations(Waits),
}

/// An option that lets a helper stay.
pub struct Delay {
    /// The option, as it is written.
    pub option: &'static str,
    names: Names,
}

impl std::fmt::Debug for Delay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.option)
    }
}

/// The annotations that let an injected helper wait.
#[derive(Debug)]
pub struct Waits {
    /// How long it waits whatever happens.
    pub wait: &'static str,
    /// Whether that is a Go duration; else whole seconds.
    pub is_duration: bool,
    /// Seconds without the annotation.
    pub default: u64,
    /// How long it then takes at most, and seconds without the annotation.
    pub then: Option<(&'static str, u64)>,
    /// Switches the wait off with `false`.
    pub switch: Option<&'static str>,
    /// Ends the wait early with `true`: the helper asks the application whether it is well.
    pub early: Option<&'static str>,
    /// Whether a native sidecar waits, too.
    pub in_native: bool,
}

/// What ends a helper in the pod of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// Nothing.
    Never,
    /// The application, by an endpoint that this option opens.
    Option(&'static str),
    /// The application, by this endpoint.
    Endpoint(&'static str),
    /// This annotation with `true`, by which nothing stays in the pod.
    Annotation(&'static str),
}

impl Helper {
    /// The helper that a container is, by its program where one is written, else by its image.
    pub fn of_container(container: &Container) -> Option<&'static Self> {
        let image = container.image.as_deref().unwrap_or_default();
        let image = shell::base_name(image.split('@').next().unwrap_or(image));
        let image = image.split(':').next().unwrap_or(image);
        let argv = argv(container);
        let texts: Vec<&str> = argv.iter().map(|argument| argument.text).collect();
        let program = container.command.as_ref().and_then(|_| {
            let (_, words) = shell::without_wrappers(&texts);
            words.first().map(|word| shell::base_name(word))
        });
        HELPERS.iter().find(|helper| match &helper.origin {
            Origin::Written(names) => names
                .iter()
                .any(|name| *name == image || Some(*name) == program),
            Origin::Injected(_) => false,
        })
    }

    /// How long a container of this helper stays in the pod's termination: its own hook, and the
    /// options by which it waits. `None` where something that cannot be read may make it wait.
    pub fn stay(&self, container: &Container) -> Option<Stay> {
        let hook = container.lifecycle.as_ref();
        let hook = hook.and_then(|hooks| hooks.pre_stop.as_ref());
        let before = Prestop::of(hook).exact()?;
        let terms = self.options(container)?;
        let time = terms
            .iter()
            .fold(before, |sum, term| sum.saturating_add(term.value));
        Some(Stay { time, terms })
    }

    /// From SIGTERM to the exit of a container of this helper; `None` where its clients decide, or
    /// where something that cannot be read may.
    pub fn exit(&self, container: &Container) -> Option<Term> {
        if matches!(self.end, End::TakesNothing | End::Annotations(_)) {
            return None;
        }
        let terms = self.options(container)?;
        let value = terms
            .iter()
            .fold(Duration::ZERO, |sum, term| sum.saturating_add(term.value));
        let last = terms.into_iter().next_back();
        let origin = last.map_or(declared::Origin::Default, |term| term.origin);
        Some(Term { value, origin })
    }

    /// The options of a container by which it waits after SIGTERM.
    fn options(&self, container: &Container) -> Option<Vec<Term>> {
        if starts_shell(container) {
            return None;
        }
        let End::Options(delays) = &self.end else {
            return Some(Vec::new());
        };
        let mut terms = Vec::new();
        for delay in *delays {
            match delay.names.find(container, None, None) {
                Some(term) => terms.push(term),
                None if delay.may_be_given(container) => return None,
                None => {}
            }
        }
        Some(terms)
    }

    /// Whether a container says by itself that it ends with the others of a Job.
    pub fn ends_by_option(&self, container: &Container) -> bool {
        let JobEnd::Option(option) = self.job else {
            return false;
        };
        let variable = option.to_ascii_uppercase();
        let variables = container.env.iter().flatten();
        argv(container)
            .iter()
            .any(|argument| argument.text.contains(option))
            || variables
                .filter(|it| it.name.ends_with(&variable))
                .any(|it| it.value.as_deref() != Some("false"))
            || container.env_from.iter().flatten().next().is_some()
            || starts_shell(container)
    }

    /// How long an injected helper waits by the annotations of its pod, and by default; `None` where
    /// one of them cannot be read. `is_native` says how it runs.
    pub fn wait<'a>(
        &self,
        annotation: impl Fn(&str) -> Option<&'a str>,
        is_native: bool,
    ) -> Option<Wait> {
        let End::Annotations(waits) = &self.end else {
            return None;
        };
        let seconds = |text: &str| text.trim().parse().ok().map(Duration::from_secs);
        let is_off = waits.switch.and_then(&annotation).is_some_and(is_false);
        let stated = annotation(waits.wait).filter(|_| !is_off);
        let time = match stated {
            Some(text) if waits.is_duration => parse_go_duration(text.trim()).ok()?,
            Some(text) => seconds(text)?,
            None if is_off => Duration::ZERO,
            None => Duration::from_secs(waits.default),
        };
        let then = match waits.then {
            Some((key, default)) => {
                let stated = annotation(key);
                Some(Then {
                    key,
                    time: match stated.map(str::trim) {
                        // No limit.
                        Some("0") => return None,
                        Some(text) if !text.starts_with('-') => seconds(text)?,
                        _ => Duration::from_secs(default),
                    },
                    is_stated: stated.is_some(),
                })
            }
            None => None,
        };
        let is_early = |key| annotation(key).is_some_and(|text| !is_false(text));
        let waits_at_all = waits.in_native || !is_native;
        Some(Wait {
            key: waits.wait,
            time: if waits_at_all { time } else { Duration::ZERO },
            is_stated: stated.is_some() && waits_at_all,
            then,
            may_end_early: waits.early.is_some_and(is_early),
        })
    }

    /// The annotations that have an injected helper wait so long, as a block of YAML.
    pub fn ask_to_wait(&self, seconds: u64) -> Option<String> {
        let End::Annotations(waits) = &self.end else {
            return None;
        };
        let switch = waits.switch.map(|key| format!("{key}: \"true\"\n"));
        let unit = if waits.is_duration { "s" } else { "" };
        let wait = format!("{}: \"{seconds}{unit}\"", waits.wait);
        Some(format!("{}{wait}", switch.unwrap_or_default()))
    }
}

impl Injection {
    /// Whether an annotation has it injected; `None` where none of the pod says anything.
    pub fn is_asked<'a>(&self, annotation: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
        annotation(self.key).map(|text| self.values.contains(&text))
    }

    /// Whether it is a native sidecar, where an annotation says so.
    pub fn is_native<'a>(&self, annotation: impl Fn(&str) -> Option<&'a str>) -> Option<bool> {
        let mut keys = self.native.keys.iter();
        let text = keys.find_map(|key| annotation(key))?;
        Some(!is_false(text) && text != "disabled")
    }
}

/// How long a written helper stays.
#[derive(Clone, Debug)]
pub struct Stay {
    /// From the start of the termination.
    pub time: Duration,
    /// The options that say so.
    pub terms: Vec<Term>,
}

/// How long an injected helper waits before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The annotation for it.
    pub key: &'static str,
    /// How long.
    pub time: Duration,
    /// Whether the annotation says so.
    pub is_stated: bool,
    /// What follows.
    pub then: Option<Then>,
    /// Whether the wait ends where the application is found unwell.
    pub may_end_early: bool,
}

/// How long a helper takes at most once its wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Then {
    /// The annotation for it.
    pub key: &'static str,
    /// How long.
    pub time: Duration,
    /// Whether the annotation says so.
    pub is_stated: bool,
}

impl Wait {
    /// From the signal to the exit of a helper that has nothing left to do.
    pub fn exit(&self) -> Duration {
        let then = self.then.map(|then| then.time).unwrap_or_default();
        self.time.saturating_add(then)
    }
}

impl Delay {
    /// Whether the option or its variable is there, or may come from elsewhere.
    fn may_be_given(&self, container: &Container) -> bool {
        let is_named = |text: &str| {
            let mut options = self.names.options.iter();
            text.contains("--config-file") || options.any(|name| text.contains(name))
        };
        let has_variable = !self.names.variables.is_empty();
        let from = container.env_from.iter().flatten().next().is_some();
        let mut variables = container.env.iter().flatten();
        argv(container)
            .iter()
            .any(|argument| is_named(argument.text))
            || has_variable && from
            || variables.any(|it| {
                self.names
                    .variables
                    .iter()
                    .any(|(name, _)| it.name == *name)
            })
    }
}

/// Whether a shell is between the signal and the helper: what it makes of the signal is its own.
fn starts_shell(container: &Container) -> bool {
    let argv = argv(container);
    let texts: Vec<&str> = argv.iter().map(|argument| argument.text).collect();
    let (_, words) = shell::without_wrappers(&texts);
    let program = words.first().map(|word| shell::base_name(word));
    container.command.is_some()
        && matches!(
            program,
            Some("sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
        )
}

/// As Go's `strconv.ParseBool` has it.
fn is_false(text: &str) -> bool {
    matches!(text, "0" | "f" | "F" | "false" | "FALSE" | "False")
}

#[cfg(test)]
mod tests;
