//! `lameduck config`

use std::fmt::Write as _;

use super::args::ConfigArgs;
use super::{Failure, input, output};
use crate::config::Nested;
use crate::discover;
use crate::report::sanitize;
use crate::settings::{Origin, Override, Said, Settings, Trace, WorkloadPattern};

pub(super) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let cwd = input::working_directory()?;
    if cwd.join(&args.show).is_dir() {
        let message = format!("--show: {} is a folder: name a file", args.show.display());
        return Err(Failure::one(message));
    }
    let mut settings = input::configured(args.config.as_deref(), false, &cwd)?;
    let path = discover::relative(&cwd, &cwd.join(&args.show));
    let nested = if args.config.is_none() {
        input::nest(&mut settings, std::iter::once(path.as_str()), &cwd)?
    } else {
        Vec::new()
    };
    output::to_stdout(shown(&settings, &path, &nested).as_bytes())
}

/// A row: the key, its value and what says so.
type Row = (String, String, String);

fn shown(settings: &Settings, path: &str, nested: &[Nested]) -> String {
    let start = settings.start_of(path);
    let mut text = format!("{}\n", configured_by(settings, path, start));
    let rows = rows(settings, &settings.said_of(path));
    if rows.is_empty() {
        text.push_str("\nEvery setting has its default.\n");
    } else {
        text.push('\n');
        table(&mut text, &rows);
    }
    for part in settings.for_workloads(path) {
        let patterns: Vec<&str> = part.workloads.iter().map(WorkloadPattern::as_str).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nFor {} also:", sanitize(&patterns.join(", ")));
        table(&mut text, &of_workloads(settings, part));
    }
    of_run(&mut text, settings, nested);
    text
}

/// `k8s/a.yaml is configured by k8s/lameduck.yaml, which extends lameduck.yaml`
fn configured_by(settings: &Settings, path: &str, start: &Trace) -> String {
    let mut files = start
        .files
        .iter()
        .rev()
        .map(|number| file(settings, *number));
    let path = sanitize(path);
    let Some(first) = files.next() else {
        return format!("{path} is configured by no file");
    };
    let mut text = format!("{path} is configured by {first}");
    for other in files {
        // Writing to a String cannot fail.
        let _ = write!(text, ", which extends {other}");
    }
    text
}

fn file(settings: &Settings, number: usize) -> String {
    let file = settings.files.get(number);
    file.map_or_else(String::new, |file| sanitize(&file.shown).into_owned())
}

fn place(settings: &Settings, origin: Origin) -> String {
    format!("{}:{}", file(settings, origin.file), origin.line)
}

/// Of each key the value that counts, in the order in which the keys came up; those that add up each by themselves.
fn rows(settings: &Settings, said: &[Said<'_>]) -> Vec<Row> {
    let mut rows: Vec<(bool, Row)> = Vec::new();
    for it in said {
        let by = match it.origin {
            Some(origin) if it.is_override => format!("{}, overrides", place(settings, origin)),
            Some(origin) => place(settings, origin),
            None => "the command line".to_owned(),
        };
        let key = it.value.key();
        if !it.value.adds() {
            rows.retain(|(adds, (other, ..))| *adds || *other != key);
        }
        let value = sanitize(&it.value.to_string()).into_owned();
        rows.push((it.value.adds(), (key, value, by)));
    }
    rows.sort_by(|(_, one), (_, other)| one.0.cmp(&other.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn of_workloads(settings: &Settings, part: &Override) -> Vec<Row> {
    let said: Vec<Said<'_>> = part
        .assignments
        .iter()
        .map(|value| Said {
            value,
            origin: Some(part.origin),
            is_override: true,
        })
        .collect();
    rows(settings, &said)
}

fn table(text: &mut String, rows: &[Row]) {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max();
    let key = width(|row| &row.0).unwrap_or_default();
    let value = width(|row| &row.1).unwrap_or_default().min(40);
    for row in rows {
        let _ = writeln!(text, "  {:key$}  {:value$}  {}", row.0, row.1, row.2);
    }
}

/// What holds for the whole run, and what a nearer file says of it in vain.
fn of_run(text: &mut String, settings: &Settings, nested: &[Nested]) {
    let mut keys: Vec<String> = Vec::new();
    for (key, origin) in &settings.trace.run {
        keys.retain(|other| !other.starts_with(&format!("`{key}` ")));
        keys.push(format!("`{key}` ({})", place(settings, *origin)));
    }
    if !keys.is_empty() {
        let _ = writeln!(text, "\nFor the whole run: {}.", keys.join(", "));
    }
    for nested in nested {
        let keys = nested.unused.iter();
        let keys: Vec<String> = keys
            .map(|(key, line)| format!("`{key}` ({}:{line})", sanitize(&nested.shown)))
            .collect();
        let _ = writeln!(
            text,
            "\nNot used, because only the configuration file of a run can set it: {}.",
            keys.join(", ")
        );
    }
}
