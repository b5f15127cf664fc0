//! `lameduck checklist`

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::guard::Guard;
use super::input::Said;
use super::progress::Progress;
use super::verdict::{Baselines, Judge};
use super::view_args::{ChecklistArgs, ChecklistForm, unknown};
use super::{CLEAN, FINDINGS, Failure, UNUSABLE, input, output};
use crate::checklist::{Problem, Request, checklists};
use crate::finding::{Category, Checklist, Resource, Unjudged};
use crate::inventory::Inventory;
use crate::report::{ChecklistFormat, Style, write_checklists};
use crate::rules::{Rule, metas};
use crate::settings::Settings;
use crate::source::Sources;

pub(super) fn run(args: &ChecklistArgs, rules: &[&'static dyn Rule]) -> Result<u8, Failure> {
    let cwd = input::working_directory()?;
    let mut settings = input::settings(&args.input, args.input.flags(), &cwd)?;
    let progress = Progress::start(args.input.quiet);
    let stdin = input::stdin(&args.input, &settings, &progress)?;
    let guard = Guard::start(&args.input, 4);
    input::in_pool(&args.input, || {
        let mut discovered =
            input::find(&args.input, &cwd, &mut settings, stdin, &progress, &guard)?;
        let none = Baselines::default();
        let judge = Judge::new(rules, &args.input, none, &cwd, &settings, &mut discovered)?;
        progress.stage("checking");
        let today = args.today.unwrap_or_else(today);
        let filled = fill_in(&judge, &discovered.sources, today);
        let found = &filled.checklists;
        progress.pause();
        let is_empty = filled.inventory.objects().next().is_none();
        let unjudged = input::unjudged(&discovered, &filled.inventory, &settings);
        let said = Said {
            discovered: &discovered,
            inventory: &filled.inventory,
            unjudged: &unjudged,
            is_told: matches!(args.format, ChecklistForm::Markdown),
            is_empty,
        };
        input::tell(&args.input, &said);
        if found.is_empty() && !is_empty && !args.input.quiet {
            output::to_stderr("note", ["no workload found"]);
        }
        output::to_stderr("warning", &filled.problems);
        output::to_stderr("internal error", &filled.internal_errors);
        let shown = select(args, found)?;
        deliver(args, &shown, &unjudged, &discovered.sources)?;
        input::refuse(&args.input, &discovered, Vec::new(), is_empty)?;
        if !filled.internal_errors.is_empty() {
            return Ok(UNUSABLE);
        }
        let mut rows = shown.iter().flat_map(|checklist| &checklist.rows);
        let is_unmet = args.fail_on_unmet && rows.any(|row| row.state.is_unmet());
        Ok(if is_unmet { FINDINGS } else { CLEAN })
    })
}

/// The checklists of the workloads that are asked for; all where nothing is.
fn select<'c>(
    args: &ChecklistArgs,
    found: &'c [Checklist],
) -> Result<Cow<'c, [Checklist]>, Failure> {
    if args.workloads.is_empty() {
        return Ok(Cow::Borrowed(found));
    }
    let known: Vec<&Resource> = found.iter().map(|it| &it.resource).collect();
    let missing = unknown(&args.workloads, &known);
    if !missing.is_empty() {
        let messages = missing.iter();
        return Err(Failure {
            messages: messages
                .map(|it| format!("--workload: no workload {it}"))
                .collect(),
        });
    }
    let is_wanted = |checklist: &&Checklist| {
        let mut names = args.workloads.iter();
        names.any(|name| name.fits(&checklist.resource))
    };
    Ok(found.iter().filter(is_wanted).cloned().collect())
}

/// The checklists of a run.
pub(super) struct Filled {
    pub(super) inventory: Inventory,
    pub(super) checklists: Vec<Checklist>,
    /// Attestations that attest nothing, one line each.
    pub(super) problems: Vec<String>,
    pub(super) internal_errors: Vec<String>,
}

/// Fills in the checklists of the named workloads.
pub(super) fn fill_in(judge: &Judge<'_>, sources: &Sources, today: Date) -> Filled {
    let settings = with_tied_rules(judge.settings().clone());
    let (inventory, outcome) = judge.run_under(&settings, sources);
    let (checklists, problems) = checklists(Request {
        inventory: &inventory,
        sources,
        findings: &outcome.findings,
        rules: metas(),
        today,
    });
    let problems = problems.into_iter().map(|Problem { location, message }| {
        let source = sources.get(location.source);
        let at = source.position(location.span.start);
        format!("{}:{}:{}: {message}", source.path(), at.line, at.column)
    });
    Filled {
        inventory,
        checklists,
        problems: problems.collect(),
        internal_errors: outcome.internal_errors,
    }
}

/// Runs the pedantic rules that an item rests on, too, unless the configuration selects others or
/// does not want them.
fn with_tied_rules(mut settings: Settings) -> Settings {
    let common = &mut settings.common;
    if common.select.is_empty() {
        let categories = Category::ALL.iter().map(|it| it.as_str().to_owned());
        let tied = metas()
            .iter()
            .filter(|meta| meta.pedantic && !meta.checklist.is_empty())
            .map(|meta| meta.id.to_owned())
            .filter(|id| !common.ignore.contains(id));
        common.select = categories.chain(tied).collect();
    }
    settings
}

/// Today, in UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn deliver(
    args: &ChecklistArgs,
    checklists: &[Checklist],
    unjudged: &Unjudged,
    sources: &Sources,
) -> Result<(), Failure> {
    let style = Style {
        unicode: !args.ascii && output::terminal_shows_unicode(),
        ..output::stdout_style(args.input.color, args.input.quiet)
    };
    let format = match args.format {
        ChecklistForm::Table => ChecklistFormat::Table,
        ChecklistForm::Json => ChecklistFormat::Json,
        ChecklistForm::Markdown => ChecklistFormat::Markdown,
        ChecklistForm::Html => ChecklistFormat::Html,
    };
    // One that was asked for is written whole, however many fit its name.
    let is_matrix = checklists.len() > 1 && args.workloads.is_empty();
    output::stream(None, |out| {
        write_checklists(
            checklists, unjudged, sources, format, is_matrix, &style, out,
        )
    })
}
