//! `--review`: each fix is shown, and a person says what becomes of it.

use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;

use super::args::CheckArgs;
use super::verdict::Judge;
use super::{Failure, fixing};
use crate::finding::{Applicability, Edit, Finding, Fingerprint, Fix, Outcome, apply};
use crate::fix::{self, Fixed};
use crate::report::{disarm, sanitize, sanitize_source, subject};
use crate::source::{Role, SourceId, Sources};

const ANSWERS: &str = "\
y  apply this fix
n  leave it
i  ignore the finding here, with a reason
a  apply this fix and all that follow of its rule
q  ask no more, and apply what was chosen
";

/// What tells findings apart, before and after.
type Identity = (&'static str, Fingerprint);

/// What was answered.
#[derive(Default)]
struct Answers {
    accepted: BTreeSet<Identity>,
    /// With the reason.
    ignored: Vec<(Identity, String)>,
}

/// Whether there is somebody to ask, where that is asked for.
///
/// # Errors
/// Where there is not.
pub(super) fn is_possible(args: &CheckArgs) -> Result<(), Failure> {
    let has_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    if args.review && (args.input.has_stdin() || !has_terminal) {
        let message = "--review asks on a terminal; use --diff to see what --fix would change";
        return Err(Failure::one(message));
    }
    Ok(())
}

/// Asks about every fix of these rules and categories; the texts as they were wanted.
pub(super) fn run(
    sources: &Sources,
    judge: &Judge<'_>,
    outcome: &Outcome,
    only: &[String],
) -> Result<Fixed, Failure> {
    let mut offered: Vec<(&Finding, &Fix)> = outcome
        .open()
        .filter(|finding| fixing::is_of(finding, only))
        .filter_map(|finding| Some((finding, finding.fix.as_ref()?)))
        .filter(|(_, fix)| is_applicable(sources, fix))
        .collect();
    let files = offered.iter().flat_map(|(_, fix)| &fix.edits);
    let read_only = read_only(sources, judge, files.map(|edit| edit.source).collect());
    offered.retain(|(_, fix)| fix.edits.iter().all(|it| !read_only.contains(&it.source)));
    let answers = ask(sources, &offered, io::stdin().lock(), io::stdout().lock())
        .map_err(|error| Failure::one(format!("the terminal cannot be used: {error}")))?;
    let (ignored, mut failures) = ignore(sources, judge, &answers.ignored);
    let (inventory, outcome) = judge.run(&ignored);
    let is_accepted = |finding: &Finding| {
        answers
            .accepted
            .contains(&(finding.rule, finding.fingerprint))
    };
    let mut fixed = fixing::plan(
        true,
        &ignored,
        &inventory,
        &outcome,
        judge,
        &is_accepted,
        fixing::Rounds::One,
    );
    let left = answers.accepted.len().saturating_sub(fixed.applied.len());
    if left > 0 && fixed.dropped.is_empty() {
        failures.push(format!(
            "{left} of the accepted fixes touch the same lines as others: review again to apply them"
        ));
    }
    for source in &ignored {
        if source.text() != sources.get(source.id()).text() {
            let text = Arc::clone(source.text());
            fixed.texts.entry(source.id()).or_insert(text);
        }
    }
    super::output::to_stderr("warning", failures);
    Ok(fixed)
}

/// The files that cannot be written, which is said before anything is asked.
fn read_only(
    sources: &Sources,
    judge: &Judge<'_>,
    files: BTreeSet<SourceId>,
) -> BTreeSet<SourceId> {
    let is_read_only = |id: &SourceId| {
        let file = judge.settings().absolute(sources.get(*id).path());
        std::fs::metadata(file).is_ok_and(|it| it.permissions().readonly())
    };
    let found: BTreeSet<SourceId> = files.into_iter().filter(is_read_only).collect();
    let notices = found.iter().map(|id| {
        let path = sources.get(*id).path();
        format!("{path} is read-only: its fixes are not offered")
    });
    super::output::to_stderr("warning", notices);
    found
}

fn is_applicable(sources: &Sources, fix: &Fix) -> bool {
    fix.edits.iter().all(|edit| {
        let source = sources.get(edit.source);
        source.role() == Role::Named && source.invalid_utf8().is_none()
    })
}

/// Asks until all fixes are through, the person quits or the input ends.
fn ask(
    sources: &Sources,
    offered: &[(&Finding, &Fix)],
    mut input: impl BufRead,
    mut out: impl Write,
) -> io::Result<Answers> {
    let mut answers = Answers::default();
    let mut whole_rules: BTreeSet<&str> = BTreeSet::new();
    for (nth, (finding, fix)) in (1..).zip(offered) {
        let identity = (finding.rule, finding.fingerprint);
        if whole_rules.contains(finding.rule) {
            answers.accepted.insert(identity);
            continue;
        }
        let shown = show(sources, finding, fix);
        write!(out, "\n({nth}/{}) {shown}", offered.len())?;
        loop {
            let answer = prompt(&mut input, &mut out, "apply? [y,n,i,a,q,?] ")?;
            match answer.as_deref() {
                Some("y") => {
                    answers.accepted.insert(identity);
                }
                Some("n") => {}
                Some("i") => match prompt(&mut input, &mut out, "reason: ")? {
                    Some(reason) if !reason.is_empty() => {
                        answers.ignored.push((identity, reason));
                    }
                    _ => {
                        writeln!(out, "no reason given: not ignored")?;
                        continue;
                    }
                },
                Some("a") => {
                    whole_rules.insert(finding.rule);
                    answers.accepted.insert(identity);
                }
                None | Some("q") => {
                    // What was said of a whole rule holds for the rest, too.
                    let rest = offered.iter().skip(nth);
                    let rest = rest.filter(|(finding, _)| whole_rules.contains(finding.rule));
                    let rest = rest.map(|(finding, _)| (finding.rule, finding.fingerprint));
                    answers.accepted.extend(rest);
                    return Ok(answers);
                }
                Some(_) => {
                    write!(out, "{ANSWERS}")?;
                    continue;
                }
            }
            break;
        }
    }
    Ok(answers)
}

/// What is typed on one line, without blanks around it; `None` at the end of the input.
fn prompt(
    input: &mut impl BufRead,
    out: &mut impl Write,
    words: &str,
) -> io::Result<Option<String>> {
    write!(out, "{words}")?;
    out.flush()?;
    let mut line = String::new();
    let read = input.read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

/// The finding, what its fix changes in the texts, and at run time.
fn show(sources: &Sources, finding: &Finding, fix: &Fix) -> String {
    let place = sources.get(finding.primary.source);
    let line = place.position(finding.primary.span.start).line;
    let about = subject(finding).map_or_else(String::new, |subject| format!(" {subject}"));
    let mut text = format!(
        "{}:{line}: {}[{}]{about}: {}\n",
        sanitize(place.path()),
        finding.severity,
        finding.rule,
        sanitize(&finding.message)
    );
    let touched: BTreeSet<SourceId> = fix.edits.iter().map(|edit| edit.source).collect();
    for id in touched {
        let source = sources.get(id);
        let own = |edit: &&Edit| edit.source == id;
        if let Some(after) = apply(source.text(), fix.edits.iter().filter(own)) {
            text.push_str(&fix::unified(source.path(), source.text(), &after));
        }
    }
    let word = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "check before applying",
    };
    let effect = fix.effect.as_deref().unwrap_or_default();
    let title = format!("{word}: {}; {effect}", fix.title);
    let lines = text.lines().chain(title.lines());
    let lines: Vec<_> = lines.map(sanitize_source).collect();
    disarm::lines(&(lines.join("\n") + "\n")).into_owned()
}

/// Writes a comment for each finding to ignore, above its line or behind it, and judges that it is
/// understood; what cannot be ignored so is told.
fn ignore(
    sources: &Sources,
    judge: &Judge<'_>,
    ignored: &[(Identity, String)],
) -> (Sources, Vec<String>) {
    let mut current = sources.with_texts(&std::collections::BTreeMap::new());
    let mut failures = Vec::new();
    for (identity, reason) in ignored {
        let of = |outcome: &Outcome| {
            let mut open = outcome.open();
            let found = open.find(|it| (it.rule, it.fingerprint) == *identity);
            found.map(|it| it.primary)
        };
        let Some(place) = of(&judge.run(&current).1) else {
            continue;
        };
        let comment = format!("# lameduck: ignore[{}] {reason}", identity.0);
        let source = current.get(place.source);
        let texts = commented(source.text(), place.span.range().start, &comment);
        let understood = texts.into_iter().find_map(|text| {
            let changed = current.with_texts(&[(place.source, Arc::from(text))].into());
            let outcome = judge.run(&changed).1;
            let is_read = outcome
                .findings
                .iter()
                .any(|it| (it.rule, it.fingerprint) == *identity && it.suppressed.is_some());
            is_read.then_some(changed)
        });
        match understood {
            Some(changed) => current = changed,
            None => failures.push(format!(
                "{}: {} cannot be ignored by a comment here",
                source.path(),
                identity.0
            )),
        }
    }
    (current, failures)
}

/// The text with a comment above the line of `at`, and with one behind that line.
fn commented(text: &str, at: usize, comment: &str) -> [String; 2] {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let end = start + line.len();
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let indent = &line[..line.len() - line.trim_start().len()];
    [
        format!("{}{indent}{comment}{eol}{rest}", &text[..start]),
        format!("{} {comment}{}", &text[..end], &text[end..]),
    ]
}

#[cfg(test)]
mod tests {
    use super::commented;

    #[test]
    fn a_comment_stands_above_a_line_or_behind_it() {
        let text = "a:\n  b: 1\n  c: 2\n";
        assert_eq!(
            commented(text, 5, "# x"),
            ["a:\n  # x\n  b: 1\n  c: 2\n", "a:\n  b: 1 # x\n  c: 2\n"]
        );
    }
}
