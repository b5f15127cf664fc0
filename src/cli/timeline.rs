//! `lameduck timeline`

use super::guard::Guard;
use super::input::Said;
use super::progress::Progress;
use super::view_args::{Drawing, TimelineArgs, WorkloadName, unknown};
use super::{CLEAN, Failure, input, output};
use crate::finding::{Resource, Timeline};
use crate::inventory::Inventory;
use crate::report::{Style, TimelineFormat, write_timelines};
use crate::timeline::timelines;

pub(super) fn run(args: &TimelineArgs) -> Result<u8, Failure> {
    let cwd = input::working_directory()?;
    let mut settings = input::settings(&args.input, args.input.flags(), &cwd)?;
    let progress = Progress::start(args.input.quiet);
    let stdin = input::stdin(&args.input, &settings, &progress)?;
    let guard = Guard::start(&args.input, 1);
    input::in_pool(&args.input, || {
        let discovered = input::find(&args.input, &cwd, &mut settings, stdin, &progress, &guard)?;
        let inventory = Inventory::read(&discovered.sources, &settings);
        let all = timelines(&inventory, &discovered.sources);
        progress.pause();
        let is_empty = inventory.objects().next().is_none();
        let unjudged = input::unjudged(&discovered, &inventory, &settings);
        let said = Said {
            discovered: &discovered,
            inventory: &inventory,
            unjudged: &unjudged,
            is_told: false,
            is_empty,
        };
        input::tell(&args.input, &said);
        if all.is_empty() && !is_empty && !args.input.quiet {
            output::to_stderr("note", ["no long-running workload found"]);
        }
        let shown = select(all, &args.workloads)?;
        let style = Style {
            unicode: !args.ascii && output::terminal_shows_unicode(),
            ..output::stdout_style(args.input.color, args.input.quiet)
        };
        let format = match args.format {
            Drawing::Text => TimelineFormat::Text,
            Drawing::Json => TimelineFormat::Json,
            Drawing::Svg => TimelineFormat::Svg,
        };
        output::stream(None, |out| {
            write_timelines(&shown, &unjudged, &discovered.sources, format, &style, out)
        })?;
        input::refuse(&args.input, &discovered, Vec::new(), is_empty)?;
        Ok(CLEAN)
    })
}

/// The workloads that are asked for; all where nothing is.
fn select(all: Vec<Timeline>, wanted: &[WorkloadName]) -> Result<Vec<Timeline>, Failure> {
    let known: Vec<&Resource> = all.iter().map(|it| &it.resource).collect();
    let missing: Vec<String> = unknown(wanted, &known)
        .iter()
        .map(|it| format!("--workload: no long-running workload {it}"))
        .collect();
    if !missing.is_empty() {
        return Err(Failure { messages: missing });
    }
    let is_wanted = |timeline: &Timeline| {
        let mut names = wanted.iter();
        wanted.is_empty() || names.any(|name| name.fits(&timeline.resource))
    };
    Ok(all.into_iter().filter(is_wanted).collect())
}
