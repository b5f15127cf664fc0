//! What the commands that show workloads take: `timeline` and `checklist`.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::args::{InputArgs, day};
use crate::finding::Resource;
use crate::units::suggest;

const TIMELINE_EXAMPLES: &str = "\
Examples:
  lameduck timeline k8s/
  lameduck timeline --workload Deployment/web --mesh sidecar
  helm template web charts/web | lameduck timeline - --format svg > web.svg";

const CHECKLIST_EXAMPLES: &str = "\
Examples:
  lameduck checklist k8s/
  lameduck checklist --format markdown > readiness.md
  lameduck checklist --fail-on-unmet --today 2026-11-26

Attest what no manifest can show on a workload or its pod template:
  lameduck.dev/attest.chaos-tests: \"who, YYYY-MM-DD, link expires=YYYY-MM-DD\"

Exit codes: 0 done; 1 unmet items, with --fail-on-unmet; 2 a wrong flag or
configuration, a path that does not exist or cannot be read, an output that
cannot be written.";

#[derive(Args, Debug)]
#[command(after_help = TIMELINE_EXAMPLES)]
pub(super) struct TimelineArgs {
    /// Draw only this workload: KIND/NAME, or just a name. Can be repeated
    #[arg(long = "workload", value_name = "KIND/NAME")]
    pub(super) workloads: Vec<WorkloadName>,

    /// The format of the drawing
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: Drawing,

    /// Draw with ASCII characters only
    #[arg(long, help_heading = "Output")]
    pub(super) ascii: bool,

    #[command(flatten)]
    pub(super) input: InputArgs,
}

/// How `lameduck timeline` draws.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Drawing {
    /// For a terminal
    #[default]
    Text,
    /// For programs
    Json,
    /// For documents: one file with all drawings
    Svg,
}

#[derive(Args, Debug)]
#[command(after_help = CHECKLIST_EXAMPLES)]
pub(super) struct ChecklistArgs {
    /// The format of the checklist
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: ChecklistForm,

    /// Write only this workload, in full: KIND/NAME, or just a name. Can be
    /// repeated. By default, several workloads are shown as a matrix
    #[arg(long = "workload", value_name = "KIND/NAME")]
    pub(super) workloads: Vec<WorkloadName>,

    /// Use only ASCII characters
    #[arg(long, help_heading = "Output")]
    pub(super) ascii: bool,

    /// The day on which attestations must be valid; today (UTC) by default
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub(super) today: Option<Date>,

    /// Exit with 1 if any item has failed or still needs a person
    #[arg(long)]
    pub(super) fail_on_unmet: bool,

    #[command(flatten)]
    pub(super) input: InputArgs,
}

/// How `lameduck checklist` writes.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum ChecklistForm {
    /// For a terminal
    #[default]
    Table,
    /// For programs
    Json,
    /// For documents and pull requests
    Markdown,
    /// A stand-alone page
    Html,
}

/// A workload, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WorkloadName {
    /// As written; compared without case.
    pub(super) kind: Option<String>,
    pub(super) name: String,
}

impl WorkloadName {
    /// Whether it names this object.
    pub(super) fn fits(&self, resource: &Resource) -> bool {
        let kind = self.kind.as_ref();
        resource.name == self.name
            && kind.is_none_or(|kind| resource.kind.eq_ignore_ascii_case(kind))
    }
}

impl FromStr for WorkloadName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once('/') {
            Some((kind, name)) => (Some(kind.to_owned()), name),
            None => (None, text),
        };
        if name.is_empty() || kind.as_ref().is_some_and(String::is_empty) || name.contains('/') {
            return Err("expected KIND/NAME, such as Deployment/web".to_owned());
        }
        let name = name.to_owned();
        Ok(Self { kind, name })
    }
}

/// What to say of those names that are no name of a workload, each with the name that was probably meant.
pub(super) fn unknown(wanted: &[WorkloadName], known: &[&Resource]) -> Vec<String> {
    let missing = wanted
        .iter()
        .filter(|name| !known.iter().any(|it| name.fits(it)));
    let names: Vec<String> = known
        .iter()
        .map(|it| format!("{}/{}", it.kind, it.name))
        .collect();
    missing
        .map(|name| {
            let hint = suggest(&name.to_string(), names.iter().map(String::as_str))
                .map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"));
            format!("`{name}` in the named paths{hint}")
        })
        .collect()
}

impl std::fmt::Display for WorkloadName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            Some(kind) => write!(f, "{kind}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}
