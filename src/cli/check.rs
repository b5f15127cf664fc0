//! `lameduck check`: the conductor.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use super::args::{CheckArgs, Output};
use super::progress::Progress;
use super::verdict::Judge;
use super::{CLEAN, FINDINGS, Failure, UNUSABLE, fixing, output};
use crate::config::{self, apply_flags};
use crate::discover::{self, Discovered, MAX_FILE_BYTES, Request, Stdin};
use crate::finding::{Outcome, Severity};
use crate::inventory::Inventory;
use crate::render;
use crate::report::{Format, Report, Style, statistics};
use crate::rules::metas;
use crate::settings::{FailOn, Settings};
use crate::source::{Location, Role, Sources};

pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    let outputs = outputs(args)?;
    let cwd = std::env::current_dir()
        .map_err(|error| Failure::one(format!("the working directory cannot be read: {error}")))?;
    let settings = settings(args, &cwd)?;
    let progress = Progress::start(args.quiet);
    let stdin = stdin(args, &progress)?;
    in_pool(args, || {
        progress.stage("reading files");
        let mut discovered = find(args, &cwd, &settings, stdin)?;
        progress.stage("rendering");
        render::render(&mut discovered, &cwd, &settings)?;
        let judge = Judge::new(args, &cwd, &settings, &mut discovered)?;
        progress.stage("checking");
        let (mut inventory, mut outcome) = judge.run(&discovered.sources);
        let mut unfixed = Vec::new();
        if args.fixes() {
            progress.stage("fixing");
            let mut fixed = fixing::plan(args, &discovered, &outcome, &judge, &progress);
            if args.diff {
                output::to_stderr("internal error", &outcome.internal_errors);
                let code = fixing::show(&discovered, &fixed)?;
                return refuse_empty(args, &outcome).map(|()| code);
            }
            unfixed = fixing::write(args, &cwd, &discovered, &mut fixed);
            progress.stage("checking");
            discovered.sources = discovered.sources.with_texts(&fixed.texts);
            (inventory, outcome) = judge.run(&discovered.sources);
        }
        progress.pause();
        judge.write_baseline(args.quiet, &discovered.sources, &inventory, &mut outcome)?;
        if !args.quiet {
            output::to_stderr("note", &discovered.notices);
            output::to_stderr("note", passed_over(&discovered.sources, &inventory));
            if is_empty(&outcome) && !args.fail_on_empty {
                output::to_stderr("note", [nothing_found(&args.paths)]);
            }
        }
        output::to_stderr("internal error", &outcome.internal_errors);
        deliver(args, &outputs, &discovered, &outcome, settings.fail_on)?;
        if !unfixed.is_empty() {
            return Err(Failure { messages: unfixed });
        }
        refuse_empty(args, &outcome)?;
        Ok(exit_code(&outcome, settings.fail_on))
    })
}

/// The reports to write, at most one of them to standard output.
fn outputs(args: &CheckArgs) -> Result<Vec<Output>, Failure> {
    // Standard output carries the fixed text.
    let is_taken = args.fixes() && args.paths.iter().any(|path| is_stdin(path));
    if args.outputs.is_empty() && is_taken {
        return Ok(Vec::new());
    }
    if args.outputs.is_empty() {
        return Ok(vec![Output {
            format: Format::default(),
            file: None,
        }]);
    }
    if is_taken && args.outputs.iter().any(|output| output.file.is_none()) {
        return Err(Failure::one(
            "--format: standard output carries the fixed text of standard input; write FORMAT=FILE",
        ));
    }
    for (index, output) in args.outputs.iter().enumerate() {
        let again = args.outputs.iter().skip(index + 1);
        if again.into_iter().any(|other| other.file == output.file) {
            return Err(Failure::one(match &output.file {
                Some(file) => format!("--format: two reports would go to {}", file.display()),
                None => "--format: two reports would go to standard output; write \
                         FORMAT=FILE for one of them"
                    .to_owned(),
            }));
        }
    }
    Ok(args.outputs.clone())
}

fn settings(args: &CheckArgs, cwd: &Path) -> Result<Settings, Failure> {
    let file = if args.no_config {
        None
    } else {
        match &args.config {
            Some(file) => Some(cwd.join(file)),
            None => config::find(cwd)?,
        }
    };
    let mut settings = match file {
        Some(file) => config::load(&file, &discover::relative(cwd, &file), metas())?,
        None => Settings::default(),
    };
    apply_flags(&mut settings, args.flags(), cwd, metas())?;
    settings.cwd = std::fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    Ok(settings)
}

/// Reads standard input where a path asks for it.
fn stdin(args: &CheckArgs, progress: &Progress) -> Result<Option<Stdin>, Failure> {
    if !args.paths.iter().any(|path| is_stdin(path)) {
        return match &args.stdin_filename {
            Some(_) => Err(Failure::one(
                "--stdin-filename: standard input is only read where a path is `-`",
            )),
            None => Ok(None),
        };
    }
    let stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        // Whoever types there is not to be written over.
        progress.pause();
        if !args.quiet {
            output::to_stderr("note", ["reading manifests from standard input"]);
        }
    } else {
        progress.stage("reading standard input");
    }
    let mut bytes = Vec::new();
    stdin
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::one(format!("standard input cannot be read: {error}")))?;
    Ok(Some(Stdin {
        bytes,
        filename: args.stdin_filename.clone(),
    }))
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn in_pool<T: Send>(
    args: &CheckArgs,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let Some(jobs) = args.jobs else {
        return work();
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.get())
        .build()
        .map_err(|error| Failure::one(format!("--jobs: {error}")))?
        .install(work)
}

fn find(
    args: &CheckArgs,
    cwd: &Path,
    settings: &Settings,
    stdin: Option<Stdin>,
) -> Result<Discovered, Failure> {
    let paths: Vec<PathBuf> = args
        .paths
        .iter()
        .filter(|path| !is_stdin(path))
        .cloned()
        .collect();
    Ok(discover::discover(Request {
        cwd,
        paths: &paths,
        stdin,
        exclude: &settings.exclude,
        context: settings.context.as_deref(),
        gitignore: !args.no_gitignore,
    })?)
}

/// What of the named files could not be read, for standard error.
fn passed_over(sources: &Sources, inventory: &Inventory) -> Vec<String> {
    let named = |source| sources.get(source).role() == Role::Named;
    let mut notices: Vec<String> = inventory
        .unreadable()
        .iter()
        .filter(|document| named(document.source))
        .map(|document| {
            let place = sources.place(Location {
                source: document.source,
                span: document.span,
            });
            let source = sources.get(place.source);
            let at = source.position(place.span.start);
            format!(
                "{}:{}:{}: passed over, no manifest and no YAML either: {}",
                source.path(),
                at.line,
                at.column,
                document.message
            )
        })
        .collect();
    let unrendered = inventory
        .unrendered()
        .iter()
        .filter(|source| named(**source))
        .count();
    if unrendered > 0 {
        let documents = if unrendered == 1 {
            "document"
        } else {
            "documents"
        };
        notices.push(format!(
            "passed over {unrendered} {documents} with placeholders ({{{{…}}}}): render templates first, then check the result"
        ));
    }
    notices
}

/// Whether there was nothing to judge.
fn is_empty(outcome: &Outcome) -> bool {
    outcome.summary.objects == 0 && outcome.findings.is_empty()
}

fn refuse_empty(args: &CheckArgs, outcome: &Outcome) -> Result<(), Failure> {
    if args.fail_on_empty && is_empty(outcome) {
        return Err(Failure::one(nothing_found(&args.paths)));
    }
    Ok(())
}

/// What standard error says when there was nothing to judge.
fn nothing_found(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> = paths
        .iter()
        .take(SHOWN)
        .map(|path| match path.display().to_string().as_str() {
            "-" => "standard input".to_owned(),
            "." => "the working directory".to_owned(),
            path => path.to_owned(),
        })
        .collect();
    if paths.len() > SHOWN {
        names.push(format!("{} more", paths.len() - SHOWN));
    }
    format!(
        "no Kubernetes manifest found in {}: looked for documents with apiVersion and kind (in a \
         folder: in its *.yaml, *.yml and *.json files that are not ignored)",
        names.join(", ")
    )
}

/// Writes every report, even when one of them fails.
fn deliver(
    args: &CheckArgs,
    outputs: &[Output],
    discovered: &Discovered,
    outcome: &Outcome,
    fail_on: FailOn,
) -> Result<(), Failure> {
    let report = Report {
        outcome,
        sources: &discovered.sources,
        rules: metas(),
        // A run that is not to fail can still report failures: CI systems weigh them on their own.
        fails_from: threshold(fail_on).unwrap_or(Severity::Warning),
    };
    let mut failures = Vec::new();
    for Output { format, file } in outputs {
        let style = match file {
            None => output::stdout_style(args.color, args.quiet),
            Some(_) => Style {
                quiet: args.quiet,
                ..Style::default()
            },
        };
        let style = Style {
            show_suppressed: args.show_suppressed,
            ..style
        };
        let mut content = Vec::new();
        let written = report
            .write(*format, &style, &mut content)
            .map_err(|error| Failure::one(format!("the {format} report: {error}")))
            .and_then(|cuts| {
                if !args.quiet {
                    output::to_stderr("note", cuts.iter().map(|it| format!("{format}: {it}")));
                }
                match file {
                    None => output::to_stdout(&content),
                    Some(file) => output::to_file(file, &content),
                }
            });
        if let Err(failure) = written {
            failures.extend(failure.messages);
        }
    }
    if args.statistics {
        output::text_to_stderr(&statistics(outcome));
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Failure { messages: failures })
    }
}

fn exit_code(outcome: &Outcome, fail_on: FailOn) -> u8 {
    if !outcome.internal_errors.is_empty() {
        return UNUSABLE;
    }
    let fails = threshold(fail_on)
        .is_some_and(|least| outcome.open().any(|finding| finding.severity >= least));
    if fails { FINDINGS } else { CLEAN }
}

/// The least severity that fails a run.
fn threshold(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Note => Some(Severity::Note),
        FailOn::Never => None,
    }
}
