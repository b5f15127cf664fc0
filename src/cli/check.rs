//! `lameduck check`: the conductor.

use std::io::{self, IsTerminal, Write};

use super::args::{CheckArgs, Output};
use super::guard::Guard;
use super::input::Said;
use super::progress::Progress;
use super::verdict::{Baselines, Judge};
use super::{CLEAN, FINDINGS, Failure, UNUSABLE, checklist, fixing, input, output, review};
use crate::discover::Discovered;
use crate::finding::{Outcome, Severity};
use crate::fix::Fixed;
use crate::inventory::Inventory;
use crate::report::{Format, Report, Style, statistics};
use crate::rules::{Rule, metas};
use crate::settings::FailOn;
use crate::source::Sources;
use crate::timeline::timelines;

pub(super) fn run(args: &CheckArgs, rules: &[&'static dyn Rule]) -> Result<u8, Failure> {
    let outputs = outputs(args)?;
    let only = fixing::only(args)?;
    review::is_possible(args)?;
    let cwd = input::working_directory()?;
    let mut settings = input::settings(&args.input, args.flags(), &cwd)?;
    let progress = Progress::start(args.input.quiet);
    let stdin = input::stdin(&args.input, &settings, &progress)?;
    let is_html = outputs.iter().any(|output| output.format == Format::Html);
    let guard = Guard::start(&args.input, if args.fixes() || is_html { 4 } else { 1 });
    input::in_pool(&args.input, || {
        let mut discovered =
            input::find(&args.input, &cwd, &mut settings, stdin, &progress, &guard)?;
        let baselines = baselines(args);
        let files = &mut discovered;
        let judge = Judge::new(rules, &args.input, baselines, &cwd, &settings, files)?;
        progress.stage("checking");
        let (mut inventory, mut outcome) = judge.run(&discovered.sources);
        let mut unfixed = Vec::new();
        if args.fixes() {
            let run = (&inventory, &outcome);
            let mut fixed = fixes(args, &discovered.sources, &judge, run, &only, &progress)?;
            if args.diff {
                outcome.unjudged = input::unjudged(&discovered, &inventory, &settings);
                return show(args, &discovered, &inventory, &outcome, &fixed);
            }
            unfixed = fixing::write(args, &cwd, &discovered, &mut fixed);
            progress.stage("checking");
            discovered.sources = discovered.sources.with_texts(&fixed.texts);
            (inventory, outcome) = judge.run(&discovered.sources);
            if !args.input.quiet {
                fixing::tell(&discovered.sources, &outcome.findings, &fixed);
            }
            fixing::mark(&mut outcome.findings, &fixed);
            if !args.input.quiet && !args.review {
                fixing::tell_of_nothing(args, &outcome, &fixed)?;
            }
        }
        if is_html {
            progress.stage("drawing");
            let problems = complete(args, &judge, &discovered.sources, &inventory, &mut outcome);
            progress.pause();
            output::to_stderr("warning", problems);
        }
        progress.pause();
        judge.write_baseline(args.input.quiet, &discovered, &inventory, &mut outcome)?;
        outcome.unjudged = input::unjudged(&discovered, &inventory, &settings);
        tell(args, &outputs, &discovered, &inventory, &outcome);
        output::to_stderr("internal error", &outcome.internal_errors);
        deliver(args, &outputs, &discovered, &outcome, settings.fail_on)?;
        input::refuse(&args.input, &discovered, unfixed, outcome.is_empty())?;
        Ok(end(inventory, outcome, settings.fail_on))
    })
}

fn baselines(args: &CheckArgs) -> Baselines<'_> {
    Baselines {
        read: args.baseline.as_deref(),
        write: args.write_baseline.as_deref(),
    }
}

/// What is to be fixed: what a person answers, or what the flags ask for.
fn fixes(
    args: &CheckArgs,
    sources: &Sources,
    judge: &Judge<'_>,
    (inventory, outcome): (&Inventory, &Outcome),
    only: &[String],
    progress: &Progress,
) -> Result<Fixed, Failure> {
    let fixed = if args.review {
        progress.pause();
        review::run(sources, judge, outcome, only)?
    } else {
        progress.stage("fixing");
        fixing::plan(
            args.unsafe_fixes,
            sources,
            inventory,
            outcome,
            judge,
            &|finding| fixing::is_of(finding, only),
            fixing::Rounds::UntilSettled,
        )
    };
    progress.pause();
    Ok(fixed)
}

/// Writes what fixing would change, and says what else there is to say.
fn show(
    args: &CheckArgs,
    discovered: &Discovered,
    inventory: &Inventory,
    outcome: &Outcome,
    fixed: &Fixed,
) -> Result<u8, Failure> {
    if !args.input.quiet {
        fixing::tell(&discovered.sources, &outcome.findings, fixed);
        fixing::tell_of_nothing(args, outcome, fixed)?;
    }
    tell(args, &[], discovered, inventory, outcome);
    output::to_stderr("internal error", &outcome.internal_errors);
    let code = fixing::show(args, discovered, fixed)?;
    input::refuse(&args.input, discovered, Vec::new(), outcome.is_empty()).map(|()| code)
}

fn tell(
    args: &CheckArgs,
    outputs: &[Output],
    discovered: &Discovered,
    inventory: &Inventory,
    outcome: &Outcome,
) {
    let on_stdout = |output: &Output| output.file.is_none() && output.format.tells_people();
    let said = Said {
        discovered,
        inventory,
        unjudged: &outcome.unjudged,
        is_told: outputs.iter().any(on_stdout),
        is_empty: outcome.is_empty(),
    };
    input::tell(&args.input, &said);
}

/// The reports to write, at most one of them to standard output.
fn outputs(args: &CheckArgs) -> Result<Vec<Output>, Failure> {
    // Standard output carries the fixed text.
    let is_taken = args.fixes() && args.input.has_stdin();
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

/// Whether there was nothing to judge.
/// Adds what only a page shows; gives the attestations that attest nothing.
fn complete(
    args: &CheckArgs,
    judge: &Judge<'_>,
    sources: &Sources,
    inventory: &Inventory,
    outcome: &mut Outcome,
) -> Vec<String> {
    outcome.timelines = timelines(inventory, sources);
    let today = args.today.unwrap_or_else(checklist::today);
    let filled = checklist::fill_in(judge, sources, today);
    outcome.checklists = filled.checklists;
    for error in filled.internal_errors {
        if !outcome.internal_errors.contains(&error) {
            outcome.internal_errors.push(error);
        }
    }
    filled.problems
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
            None => output::stdout_style(args.input.color, args.input.quiet),
            Some(_) => Style {
                quiet: args.input.quiet,
                ..Style::default()
            },
        };
        let is_terminal = file.is_none() && io::stdout().is_terminal();
        let style = args.style(style, is_terminal);
        let write = |out: &mut dyn Write| report.write(*format, &style, out);
        match output::stream(file.as_deref(), write) {
            Ok(cuts) if !args.input.quiet => {
                output::to_stderr("note", cuts.iter().map(|it| format!("{format}: {it}")));
            }
            Ok(_) => {}
            Err(failure) => failures.extend(failure.messages),
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

/// The process ends: giving memory back object by object would only take time.
fn end(inventory: Inventory, outcome: Outcome, fail_on: FailOn) -> u8 {
    let code = exit_code(&outcome, fail_on);
    std::mem::forget((inventory, outcome));
    code
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_failed_ends_with_2_whatever_was_found() {
        let outcome = Outcome {
            internal_errors: vec!["rule a failed".to_owned()],
            ..Outcome::default()
        };
        for fail_on in [FailOn::Error, FailOn::Never] {
            assert_eq!(exit_code(&outcome, fail_on), UNUSABLE);
            assert_eq!(exit_code(&Outcome::default(), fail_on), CLEAN);
        }
    }
}
