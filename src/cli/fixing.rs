//! `--fix`, `--unsafe-fixes` and `--diff`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::args::CheckArgs;
use super::verdict::Judge;
use super::{CLEAN, FINDINGS, Failure, output};
use crate::config::named_rules;
use crate::discover::Discovered;
use crate::engine;
use crate::finding::{Applicability, Finding, Outcome, Unfixable};
use crate::fix::{self, Entry, Fixed, Verdict};
use crate::inventory::Inventory;
use crate::report;
use crate::rules::metas;
use crate::source::{Source, Sources, read_file};
use crate::units::SizeLimit;

/// How often fixes are applied.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounds {
    /// Those that there are now alone: what somebody has seen.
    One,
    /// Those too that others make possible or leave.
    UntilSettled,
}

/// What applying the fixes of those findings that are wanted would make of the sources.
pub(super) fn plan(
    unsafely: bool,
    sources: &Sources,
    inventory: &Inventory,
    outcome: &Outcome,
    judge: &Judge<'_>,
    is_wanted: &dyn Fn(&Finding) -> bool,
    rounds: Rounds,
) -> Fixed {
    let verdict = |sources: &Sources, inventory: &Inventory, mut findings: Vec<Finding>| {
        for finding in findings.iter_mut().filter(|it| !is_wanted(it)) {
            finding.fix = None;
            finding.unfixable = None;
        }
        Verdict {
            findings,
            errors: engine::errors(sources, inventory),
        }
    };
    let relint = |sources: &Sources| {
        let (inventory, mut outcome) = judge.run(sources);
        if rounds == Rounds::One {
            for finding in &mut outcome.findings {
                finding.fix = None;
                finding.unfixable = None;
            }
        }
        verdict(sources, &inventory, outcome.findings)
    };
    let first = verdict(sources, inventory, outcome.findings.clone());
    fix::converge(sources, &first, unsafely, relint)
}

/// The rules and categories whose fixes are asked for; none stands for all.
pub(super) fn only(args: &CheckArgs) -> Result<Vec<String>, Failure> {
    if args.fix_only.is_empty() {
        return Ok(Vec::new());
    }
    if !args.fixes() {
        return Err(Failure::one(
            "--fix-only: add --fix, --unsafe-fixes, --diff or --review",
        ));
    }
    let named = named_rules("fix-only", &args.fix_only, metas());
    named.map_err(|errors| Failure {
        messages: errors.iter().map(ToString::to_string).collect(),
    })
}

/// Whether a finding is of one of these rules or categories; of any where there are none.
pub(super) fn is_of(finding: &Finding, only: &[String]) -> bool {
    let mut names = only.iter().map(String::as_str);
    only.is_empty() || names.any(|it| it == finding.rule || it == finding.category.as_str())
}

/// Says on standard error which fixes were not applied. `seen` is what is found in the texts that the
/// reader has before them, in `sources`.
pub(super) fn tell(sources: &Sources, seen: &[Finding], fixed: &Fixed) {
    let mut notices = BTreeSet::new();
    for (entry, reason) in fixed.dropped.iter().chain(&fixed.refused) {
        let finding = seen.iter().find(|finding| entry.is_of(finding));
        let source = sources.get(entry.source);
        let mut place = source.path().to_owned();
        let mut line = 0;
        if let Some(finding) = finding {
            if finding.primary.source == entry.source {
                line = source.position(finding.primary.span.start).line;
                place = format!("{place}:{line}");
            }
            if let Some(subject) = report::subject(finding) {
                place = format!("{place}: {subject}");
            }
        }
        let Entry { rule, title, .. } = entry;
        let notice = format!("{place}: not fixed ({rule}): {title}: {reason}");
        notices.insert((source.path(), line, notice));
    }
    output::to_stderr("note", notices.iter().map(|(_, _, notice)| notice));
}

/// Says on standard error that nothing is fixed though something was found, and what there would be with
/// `--unsafe-fixes`.
pub(super) fn tell_of_nothing(
    args: &CheckArgs,
    outcome: &Outcome,
    fixed: &Fixed,
) -> Result<(), Failure> {
    // Where nothing is found, nobody waits for a fix.
    if !fixed.texts.is_empty() || outcome.open().next().is_none() {
        return Ok(());
    }
    let only = only(args)?;
    let is_left = |finding: &&Finding| {
        let is_unsafe = finding.fix.as_ref().map(|fix| fix.applicability);
        is_unsafe == Some(Applicability::Unsafe)
            && finding.suppressed.is_none()
            && is_of(finding, &only)
            && !fixed.dropped.iter().any(|(entry, _)| entry.is_of(finding))
    };
    let left = outcome.findings.iter().filter(is_left).count();
    let note = match left {
        _ if args.unsafe_fixes => "nothing to fix".to_owned(),
        0 => "nothing to fix safely".to_owned(),
        left => format!("nothing to fix safely; {left} with --unsafe-fixes"),
    };
    output::to_stderr("note", [note]);
    Ok(())
}

/// Takes fixes that would do harm from their findings, for the reports that follow.
pub(super) fn mark(findings: &mut [Finding], fixed: &Fixed) {
    for (entry, reason) in &fixed.dropped {
        for finding in findings.iter_mut().filter(|it| entry.is_of(it)) {
            if let Some(fix) = finding.fix.take() {
                finding.unfixable = Some(Unfixable {
                    applicability: fix.applicability,
                    title: fix.title,
                    reason: reason.to_string(),
                });
            }
        }
    }
}

/// Writes what would change to standard output; on a terminal, control characters are made visible.
pub(super) fn show(
    args: &CheckArgs,
    discovered: &Discovered,
    fixed: &Fixed,
) -> Result<u8, Failure> {
    let mut diff = String::new();
    for (id, text) in &fixed.texts {
        let source = discovered.sources.get(*id);
        diff.push_str(&fix::unified(source.path(), source.text(), text));
    }
    output::patch_to_stdout(&diff, args.input.color)?;
    Ok(if diff.is_empty() { CLEAN } else { FINDINGS })
}

/// Replaces the changed files, and writes standard input's text, fixed or not, to standard output.
/// What cannot be replaced stays as it is in `fixed` and is told in the result.
pub(super) fn write(
    args: &CheckArgs,
    cwd: &Path,
    discovered: &Discovered,
    fixed: &mut Fixed,
) -> Vec<String> {
    let mut failures = Vec::new();
    let sources = &discovered.sources;
    if let Some(id) = discovered.stdin {
        let text: &Arc<str> = fixed.texts.get(&id).unwrap_or(sources.get(id).text());
        if sources.get(id).invalid_utf8().is_some() {
            failures.push("standard input is not fixed: it is not UTF-8 text".to_owned());
        } else if let Err(failure) = output::to_stdout(text.as_bytes()) {
            failures.extend(failure.messages);
        }
    } else if args.input.has_stdin() {
        // Whoever takes standard output for the text must not take nothing for it.
        failures.push("standard input is not fixed: it was skipped".to_owned());
    }
    fixed.texts.retain(|id, text| {
        if Some(*id) == discovered.stdin {
            return true;
        }
        let source = sources.get(*id);
        let file = discovered.file(*id);
        let file = file.map_or_else(|| cwd.join(source.path()), Path::to_owned);
        match rewrite(&file, source, text) {
            Ok(()) => true,
            Err(failure) => {
                failures.extend(failure.messages);
                false
            }
        }
    });
    if !args.input.quiet && !fixed.texts.is_empty() {
        let is_written = |entry: &&fix::Entry| fixed.texts.contains_key(&entry.source);
        let applied = fixed.applied.iter().filter(is_written).count();
        let applied = counted(applied, "fix", "fixes");
        let files = counted(fixed.texts.len(), "file", "files");
        output::to_stderr("note", [format!("applied {applied} in {files}")]);
    }
    failures
}

pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Replaces a file that still is what was read.
fn rewrite(path: &Path, source: &Source, text: &str) -> Result<(), Failure> {
    let shown = source.path();
    let left = |reason: String| Failure::one(format!("{shown} is not fixed: {reason}"));
    let content = read_file(path, SizeLimit::MAX).map_err(|error| left(error.to_string()))?;
    if content != source.text().as_bytes() {
        return Err(left("it was changed while it was checked".to_owned()));
    }
    let metadata = fs::metadata(path).map_err(|error| left(error.to_string()))?;
    if metadata.permissions().readonly() {
        return Err(left("it is read-only".to_owned()));
    }
    if hard_links(&metadata) > 1 {
        let reason = "it has several hard links, and only one of them would be replaced";
        return Err(left(reason.to_owned()));
    }
    output::to_file(path, text.as_bytes())
}

#[cfg(unix)]
fn hard_links(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn hard_links(_: &fs::Metadata) -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{NewSource, Role, Scope, Sources};

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = Sources::default();
        let id = sources.push(NewSource {
            path: "a.yaml".to_owned(),
            root_path: "a.yaml".to_owned(),
            text: Arc::from("a: 1\n"),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope(Arc::from("")),
        });
        let file = folder.path().join("a.yaml");
        fs::write(&file, "a: 2\n").unwrap();
        let failure = rewrite(&file, sources.get(id), "a: 3\n").unwrap_err();
        assert_eq!(
            failure.messages,
            ["a.yaml is not fixed: it was changed while it was checked"]
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: 2\n");
        fs::write(&file, "a: 1\n").unwrap();
        let other = folder.path().join("b.yaml");
        fs::hard_link(&file, &other).unwrap();
        if cfg!(unix) {
            let failure = rewrite(&file, sources.get(id), "a: 3\n").unwrap_err();
            assert!(failure.messages[0].contains("several hard links"));
            assert_eq!(fs::read_to_string(&file).unwrap(), "a: 1\n");
        }
        fs::remove_file(other).unwrap();
        rewrite(&file, sources.get(id), "a: 3\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: 3\n");
    }
}
