//! What the command line can say.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::civil::Date;

use super::view_args::{ChecklistArgs, TimelineArgs};
use crate::checklist;
use crate::config::{self, FAIL_ON, Flags, MESH_MODES, RENDER_MODES};
use crate::report::{Fold, Format, GroupBy, Style};
use crate::settings::{FailOn, MeshMode, RenderMode};
use crate::units::{SizeLimit, Version, suggest};

const EXAMPLES: &str = "\
Examples:
  lameduck check                          everything below the working directory
  lameduck check k8s/ --mesh sidecar      one folder, in an Istio mesh
  kustomize build . | lameduck check -    what is really deployed
  lameduck explain missing-prestop        why, and what to write instead";

const CHECK_EXAMPLES: &str = "\
Examples:
  lameduck check
  lameduck check k8s/ charts/rendered.yaml --kubernetes-version 1.33
  helm template web charts/web | lameduck check - --mesh sidecar
  lameduck check --format full --format sarif=lameduck.sarif
  lameduck check --select shutdown,missing-pdb --fail-on error
  lameduck check --diff                   what --fix would change

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a wrong flag or
configuration, a path that does not exist or cannot be read, an output that
cannot be written.";

/// Finds what will drop requests, hang a rollout or block a node drain in
/// Kubernetes and Istio manifests, before they are deployed.
#[derive(Debug, Parser)]
#[command(name = "lameduck", version = env!("LAMEDUCK_VERSION"))]
#[command(max_term_width = 80, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check manifests
    Check(Box<CheckArgs>),
    /// Draw when the pods of each workload start and stop
    Timeline(Box<TimelineArgs>),
    /// Fill in the production-readiness checklist of each workload
    Checklist(Box<ChecklistArgs>),
    /// Say why a rule matters, what it finds and what to write instead
    Explain(ExplainArgs),
    /// List all rules
    Rules {
        /// How to write the list
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Write a lameduck.yaml to start with, from what is in this folder
    Init(InitArgs),
    /// Show which settings hold for a file, and what set them
    Config(ConfigArgs),
    /// Write the JSON Schema of lameduck.yaml, for editors
    ConfigSchema,
    /// Write a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    Man {
        /// The folder to write them to, one file per command
        directory: PathBuf,
    },
}

/// How `lameduck rules` writes its list.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// What stands together in a report for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Grouping {
    Workload,
    File,
    Rule,
}

#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// Also list the findings of today in lameduck-baseline.json, so that only new ones count
    #[arg(long)]
    pub(super) baseline: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    /// Show what holds for the objects of this file; it need not exist
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) show: PathBuf,
    /// The configuration file [default: the nearest lameduck.yaml or .lameduck.yaml]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// The id of a rule, or a category, whose rules are then listed
    pub(super) rule: String,

    /// Print the whole page as it is written, in Markdown
    #[arg(long)]
    pub(super) page: bool,

    /// When to use colours; NO_COLOR is honoured by auto
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: Color,
}

#[derive(Args, Debug)]
#[command(after_help = CHECK_EXAMPLES)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "every one is a flag of its own"
)]
pub(super) struct CheckArgs {
    /// full (default), concise, json, sarif, github, gitlab, junit, markdown or
    /// html; with =FILE, written there instead of to standard output. Can be
    /// repeated
    #[arg(long = "format", value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub(super) outputs: Vec<Output>,

    /// What stands together in full: workload (default), file or rule (default
    /// where it is folded)
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Output")]
    pub(super) group_by: Option<Grouping>,

    /// Write one finding of each rule whole and the places of the others, in
    /// full; default on a terminal from 20 findings on
    #[arg(long, help_heading = "Output")]
    pub(super) fold: bool,

    /// Write every finding whole
    #[arg(long, conflicts_with = "fold", help_heading = "Output")]
    pub(super) no_fold: bool,

    /// Show what comments, annotations, the configuration or the baseline
    /// suppress, too, in the formats for people
    #[arg(long, help_heading = "Output")]
    pub(super) show_suppressed: bool,

    /// The day on which attestations must hold, for html; today (UTC) by
    /// default
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, help_heading = "Output")]
    pub(super) today: Option<Date>,

    /// Count the findings of each rule on standard error
    #[arg(long, help_heading = "Output")]
    pub(super) statistics: bool,

    /// Run only these rules or categories, whatever the configuration
    /// selects or ignores
    #[arg(
        long,
        value_name = "RULE,…",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(super) select: Vec<String>,

    /// Do not run these rules or categories
    #[arg(
        long,
        value_name = "RULE,…",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(super) ignore: Vec<String>,

    /// Also run pedantic rules
    #[arg(long, help_heading = "Rules")]
    pub(super) pedantic: bool,

    /// Apply fixes that keep or restore what is plainly meant, then report
    /// what is left. Standard input is written, fixed, to standard output
    #[arg(long, help_heading = "Fixes")]
    pub(super) fix: bool,

    /// Also apply fixes that a person must check
    #[arg(long, help_heading = "Fixes")]
    pub(super) unsafe_fixes: bool,

    /// Write what --fix (or with it --unsafe-fixes) would change as a diff,
    /// change nothing, and exit with 1 if there is something
    #[arg(long, conflicts_with_all = ["outputs", "statistics"], help_heading = "Fixes")]
    pub(super) diff: bool,

    /// Apply fixes of these rules or categories only
    #[arg(
        long,
        value_name = "RULE,…",
        value_delimiter = ',',
        help_heading = "Fixes"
    )]
    pub(super) fix_only: Vec<String>,

    /// Show each fix on the terminal, also those that a person must check,
    /// and ask what to do about it; then report what is left
    #[arg(
        long,
        conflicts_with_all = ["diff", "fix", "unsafe_fixes"],
        help_heading = "Fixes"
    )]
    pub(super) review: bool,

    /// The findings that this file lists do not count
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "write_baseline",
        help_heading = "Rules"
    )]
    pub(super) baseline: Option<PathBuf>,

    /// List all findings that count now in this file, so that only new ones
    /// count with --baseline
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "diff",
        help_heading = "Rules"
    )]
    pub(super) write_baseline: Option<PathBuf>,

    /// From which severity on to exit with 1; warning by default
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on(), help_heading = "Rules")]
    pub(super) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(super) input: InputArgs,
}

/// What every command that reads manifests can be told.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "every one is a flag of its own"
)]
pub(super) struct InputArgs {
    /// Files and folders to check; `-` is standard input. The rest of their
    /// repository is read as context
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub(super) paths: Vec<PathBuf>,

    /// When to use colours; NO_COLOR is honoured by auto
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Output"
    )]
    pub(super) color: Color,

    /// Leave out the summary and all notes on standard error. Formats for
    /// programs still hold what was not judged
    #[arg(long, short, help_heading = "Output")]
    pub(super) quiet: bool,

    /// The release of the cluster, such as 1.33
    #[arg(
        long,
        value_name = "X.Y",
        value_parser = config::parse_kubernetes_version,
        help_heading = "Cluster and mesh"
    )]
    pub(super) kubernetes_version: Option<Version>,

    /// The release of Istio, such as 1.27
    #[arg(
        long,
        value_name = "X.Y",
        value_parser = config::parse_istio_version,
        help_heading = "Cluster and mesh"
    )]
    pub(super) istio_version: Option<Version>,

    /// Whether workloads are in an Istio mesh; auto (default) asks the
    /// manifests
    #[arg(long, value_name = "MODE", value_parser = mesh(), help_heading = "Cluster and mesh")]
    pub(super) mesh: Option<MeshMode>,

    /// How long the applications take from SIGTERM to exit, such as 30s
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = config::parse_duration,
        help_heading = "Cluster and mesh"
    )]
    pub(super) shutdown_timeout: Option<Duration>,

    /// Exit with 2 if there is no manifest; without it that is said on standard
    /// error only
    #[arg(long, help_heading = "Files")]
    pub(super) fail_on_empty: bool,

    /// Never read what matches, as in a .gitignore file. Can be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Files")]
    pub(super) exclude: Vec<String>,

    /// With auto, build kustomizations and Helm charts (by kustomize or
    /// kubectl, and helm) and judge the result; never by default
    #[arg(long, value_name = "WHEN", value_parser = render(), help_heading = "Run")]
    pub(super) render: Option<RenderMode>,

    /// How long one kustomization or chart may take, such as 10m; 60s by
    /// default. The configuration file may set at most 5m
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = config::parse_some_time,
        help_heading = "Run"
    )]
    pub(super) render_timeout: Option<Duration>,

    /// Read this folder as context, too, wherever it lies. Can be repeated
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub(super) context: Vec<PathBuf>,

    /// Judge the named paths alone: nothing else is read as context
    #[arg(long, conflicts_with = "context", help_heading = "Files")]
    pub(super) no_context: bool,

    /// Skip larger files; 32Mi by default, at most 1Gi
    #[arg(
        long,
        value_name = "SIZE",
        value_parser = config::parse_size,
        help_heading = "Files"
    )]
    pub(super) max_file_size: Option<SizeLimit>,

    /// Give up where there are more files to read; 500000 by default
    #[arg(long, value_name = "N", help_heading = "Files")]
    pub(super) max_files: Option<NonZeroUsize>,

    /// Give up where the files to read are larger together; 4Gi by default
    #[arg(
        long,
        value_name = "SIZE",
        value_parser = config::parse_total,
        help_heading = "Files"
    )]
    pub(super) max_total_size: Option<u64>,

    /// Give up after so much processor time, such as 5m; by default 10s for each
    /// MiB of input, and more where fixes are tried
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = config::parse_some_time,
        help_heading = "Run"
    )]
    pub(super) max_cpu_time: Option<Duration>,

    /// Give up where the run takes more memory; by default 1Gi, or 100 times the
    /// input (on Linux)
    #[arg(
        long,
        value_name = "SIZE",
        value_parser = config::parse_total,
        help_heading = "Run"
    )]
    pub(super) max_memory: Option<u64>,

    /// Also read what .gitignore files ignore
    #[arg(long, help_heading = "Files")]
    pub(super) no_gitignore: bool,

    /// The path of the file that standard input stands for
    #[arg(long, value_name = "PATH", help_heading = "Files")]
    pub(super) stdin_filename: Option<PathBuf>,

    /// The configuration file; lameduck.yaml or .lameduck.yaml by default,
    /// here or above
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "no_config",
        help_heading = "Run"
    )]
    pub(super) config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, help_heading = "Run")]
    pub(super) no_config: bool,

    /// How many threads work; one per core by default
    #[arg(long, short, value_name = "N", help_heading = "Run")]
    pub(super) jobs: Option<NonZeroUsize>,
}

/// [`InputArgs`] by themselves.
#[derive(Parser)]
struct Alone {
    #[command(flatten)]
    input: InputArgs,
}

impl InputArgs {
    /// What holds where no flag is given, without a word on standard error.
    pub(super) fn quiet() -> Result<Self, clap::Error> {
        Ok(Alone::try_parse_from(["lameduck", "--quiet"])?.input)
    }

    /// Whether standard input is one of the paths.
    pub(super) fn has_stdin(&self) -> bool {
        self.paths.iter().any(|path| path == Path::new("-"))
    }

    /// What goes over the configuration file.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            kubernetes_version: self.kubernetes_version,
            istio_version: self.istio_version,
            mesh: self.mesh,
            shutdown_timeout: self.shutdown_timeout,
            exclude: self.exclude.clone(),
            render: self.render,
            render_timeout: self.render_timeout,
            context: self.context.clone(),
            max_file_size: self.max_file_size,
            max_files: self.max_files.map(NonZeroUsize::get),
            max_total_size: self.max_total_size,
            ..Flags::default()
        }
    }
}

impl CheckArgs {
    /// Whether anything is to be fixed, be it for show.
    pub(super) fn fixes(&self) -> bool {
        self.fix || self.unsafe_fixes || self.diff || self.review
    }

    /// How a report is written, where the place it goes to can show so much. Files and pipes get every
    /// finding whole.
    pub(super) fn style(&self, place: Style, is_terminal: bool) -> Style {
        Style {
            show_suppressed: self.show_suppressed,
            group_by: self.group_by.map(|it| match it {
                Grouping::Workload => GroupBy::Workload,
                Grouping::File => GroupBy::File,
                Grouping::Rule => GroupBy::Rule,
            }),
            fold: match (self.fold, self.no_fold) {
                (true, _) => Fold::Always,
                (_, true) => Fold::Never,
                _ if is_terminal => Fold::Many,
                _ => Fold::Never,
            },
            ..place
        }
    }

    /// What goes over the configuration file.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            pedantic: self.pedantic,
            fail_on: self.fail_on,
            ..self.input.flags()
        }
    }
}

pub(super) fn day(text: &str) -> Result<Date, String> {
    checklist::date(text).ok_or_else(|| "expected a day such as 2026-11-26".to_owned())
}

fn mesh() -> impl TypedValueParser<Value = MeshMode> {
    PossibleValuesParser::new(MESH_MODES.map(|(word, _)| word))
        .try_map(|word| config::word(&word, &MESH_MODES))
}

fn render() -> impl TypedValueParser<Value = RenderMode> {
    PossibleValuesParser::new(RENDER_MODES.map(|(word, _)| word))
        .try_map(|word| config::word(&word, &RENDER_MODES))
}

fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    PossibleValuesParser::new(FAIL_ON.map(|(word, _)| word))
        .try_map(|word| config::word(&word, &FAIL_ON))
}

/// A report to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: Format,
    /// `None` is standard output.
    pub(super) file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = match text.split_once('=') {
            Some((_, "")) => return Err("expected the name of a file after `=`".to_owned()),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let format = format.parse().map_err(|error| {
            let hint = suggest(format, Format::ALL.map(Format::as_str))
                .map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"));
            format!("{error}{hint}")
        })?;
        Ok(Self { format, file })
    }
}
