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
  kustomize build . | lameduck check -    what is actually deployed
  lameduck explain missing-prestop        why, and what to write instead";

const CHECK_EXAMPLES: &str = "\
Examples:
  lameduck check
  lameduck check k8s/ charts/rendered.yaml --kubernetes-version 1.33
  helm template web charts/web | lameduck check - --mesh sidecar
  lameduck check --format full --format sarif=lameduck.sarif
  lameduck check --select shutdown,missing-pdb --fail-on error
  lameduck check --diff                   what --fix would change

Exit codes: 0 no finding at or above --fail-on; 1 findings, or changes with
--diff; 2 a wrong flag or configuration, a path that does not exist or cannot be
read, an output that cannot be written.";

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
    /// Explain a rule: what it finds, why it matters and what to write instead
    Explain(ExplainArgs),
    /// List all rules
    Rules {
        /// How to write the list
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Write a first lameduck.yaml from the manifests in this folder
    Init(InitArgs),
    /// Show which settings apply to a file, and where they come from
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
    /// Also list the current findings in lameduck-baseline.json, so that only new ones count
    #[arg(long)]
    pub(super) baseline: bool,
}

#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    /// The manifest whose settings to show; it need not exist
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) show: PathBuf,
    /// The configuration file [default: the nearest lameduck.yaml or .lameduck.yaml]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// A rule, or a category to list its rules
    pub(super) rule: String,

    /// Print the rule's whole page as Markdown
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
    /// html; with =FILE, written to that file instead of standard output. Can be
    /// repeated
    #[arg(long = "format", value_name = "FORMAT[=FILE]", help_heading = "Output")]
    pub(super) outputs: Vec<Output>,

    /// How full groups findings: by workload (default), file or rule (default
    /// for a folded report)
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Output")]
    pub(super) group_by: Option<Grouping>,

    /// In full, show one finding of each rule in detail and list the places of
    /// the others; default on a terminal with 20 or more findings
    #[arg(long, help_heading = "Output")]
    pub(super) fold: bool,

    /// In full, show every finding in detail
    #[arg(long, conflicts_with = "fold", help_heading = "Output")]
    pub(super) no_fold: bool,

    /// In the formats for people, also show what comments, annotations, the
    /// configuration or the baseline suppress
    #[arg(long, help_heading = "Output")]
    pub(super) show_suppressed: bool,

    /// The day on which attestations must be valid, for html; today (UTC) by
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

    /// Apply safe fixes, which keep or restore what is plainly meant, then
    /// report what is left. With `-`, the fixed text goes to standard output
    #[arg(long, help_heading = "Fixes")]
    pub(super) fix: bool,

    /// Also apply unsafe fixes, which a person must check
    #[arg(long, help_heading = "Fixes")]
    pub(super) unsafe_fixes: bool,

    /// Write what --fix (or --unsafe-fixes, if given) would change as a diff,
    /// change nothing, and exit with 1 if the diff is not empty
    #[arg(long, conflicts_with_all = ["outputs", "statistics"], help_heading = "Fixes")]
    pub(super) diff: bool,

    /// Apply only fixes of these rules or categories
    #[arg(
        long,
        value_name = "RULE,…",
        value_delimiter = ',',
        help_heading = "Fixes"
    )]
    pub(super) fix_only: Vec<String>,

    /// Show each fix, safe or unsafe, on the terminal and ask what to do with
    /// it; then report what is left
    #[arg(
        long,
        conflicts_with_all = ["diff", "fix", "unsafe_fixes"],
        help_heading = "Fixes"
    )]
    pub(super) review: bool,

    /// Do not count the findings that this file lists
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "write_baseline",
        help_heading = "Rules"
    )]
    pub(super) baseline: Option<PathBuf>,

    /// Write all current findings to this file, so that with --baseline only
    /// new ones count
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "diff",
        help_heading = "Rules"
    )]
    pub(super) write_baseline: Option<PathBuf>,

    /// Exit with 1 if any finding is at least this severe; warning by default
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

    /// Whether workloads are in an Istio mesh; with auto (default) the
    /// manifests decide
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

    /// Exit with 2 if there is no manifest; otherwise only standard error says
    /// so
    #[arg(long, help_heading = "Files")]
    pub(super) fail_on_empty: bool,

    /// Never read files that match, as in a .gitignore file. Can be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Files")]
    pub(super) exclude: Vec<String>,

    /// With auto, render kustomizations and Helm charts (with kustomize or
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

    /// Also read this folder as context, wherever it is. Can be repeated
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub(super) context: Vec<PathBuf>,

    /// Judge only the named paths, and read nothing else as context
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

    /// Give up if there are more files to read; 500000 by default
    #[arg(long, value_name = "N", help_heading = "Files")]
    pub(super) max_files: Option<NonZeroUsize>,

    /// Give up if the files to read are larger in total; 4Gi by default
    #[arg(
        long,
        value_name = "SIZE",
        value_parser = config::parse_total,
        help_heading = "Files"
    )]
    pub(super) max_total_size: Option<u64>,

    /// Give up after this much processor time, such as 5m; by default 10s for
    /// each MiB of input, and more where fixes are tried
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = config::parse_some_time,
        help_heading = "Run"
    )]
    pub(super) max_cpu_time: Option<Duration>,

    /// Give up if the run uses more memory (on Linux); by default 100 times the
    /// size of the input, and at least 1Gi
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

    /// The path of the file whose text comes from standard input
    #[arg(long, value_name = "PATH", help_heading = "Files")]
    pub(super) stdin_filename: Option<PathBuf>,

    /// The configuration file; by default the nearest lameduck.yaml or
    /// .lameduck.yaml, here or above
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

    /// How many threads to use; one per core by default
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
