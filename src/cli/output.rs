//! Where results go.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::Path;

use super::args::Color;
use super::{Failure, replace};
use crate::report::{Style, diff_in_color, disarm, sanitize, sanitize_source};
use crate::units::cut;

/// Writes all at once to standard output. A reader that went away is no error.
pub(super) fn to_stdout(content: &[u8]) -> Result<(), Failure> {
    stream(None, |out| out.write_all(content))
}

/// Writes to a file, as [`to_file`] does, or to standard output as it comes. A reader that went away
/// is no error, and gives what the type has by default.
pub(super) fn stream<T: Default>(
    file: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, Failure> {
    if let Some(path) = file {
        return replace::replace(path, write).map_err(|error| {
            Failure::one(format!("{} cannot be written: {error}", path.display()))
        });
    }
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|given| out.flush().map(|()| given)) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            // What is left in the buffer has no reader either.
            let _ = out.into_parts();
            Ok(T::default())
        }
        Err(error) => Err(Failure::one(format!(
            "standard output cannot be written: {error}"
        ))),
        Ok(given) => Ok(given),
    }
}

/// Writes a patch to standard output: byte for byte, because it is there to be applied. On a
/// terminal, and where a runner of a CI system reads it, control characters and commands to such runners
/// are made visible; on a terminal, lines that go and come have a colour.
pub(super) fn patch_to_stdout(patch: &str, color: Color) -> Result<(), Failure> {
    if !io::stdout().is_terminal() && !is_in_a_log() {
        return to_stdout(patch.as_bytes());
    }
    let shown: String = patch
        .split_inclusive('\n')
        .map(|line| {
            let text = line.trim_end_matches(['\r', '\n']);
            sanitize_source(text) + line.get(text.len()..).unwrap_or_default()
        })
        .collect();
    let shown = disarm::lines(&shown);
    let style = stdout_style(color, false);
    to_stdout(diff_in_color(&style, &shown).as_bytes())
}

/// Whether standard output is the log of a CI system, which obeys what it reads there: a file is none.
fn is_in_a_log() -> bool {
    const RUNNERS: [&str; 4] = ["CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"];
    RUNNERS.iter().any(|name| std::env::var_os(name).is_some()) && !is_file()
}

/// Whether standard output goes to a file.
fn is_file() -> bool {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    let file = handle.map(std::fs::File::from);
    file.and_then(|file| file.metadata())
        .is_ok_and(|it| it.is_file())
}

/// How many lines of one kind are told, and how much of each, in characters.
const TOLD: (usize, usize) = (1_000, 10_000);

/// Writes lines to standard error, with a word before each; control characters and commands to
/// runners of CI systems are made visible. Of very many only the first are written, and how many more
/// there are.
pub(super) fn to_stderr<T: AsRef<str>>(word: &str, lines: impl IntoIterator<Item = T>) {
    let (most, length) = TOLD;
    let mut lines = lines.into_iter();
    let mut out = BufWriter::new(io::stderr().lock());
    for line in lines.by_ref().take(most) {
        let line = cut::clip(line.as_ref(), length);
        // Nobody is left to be told that standard error cannot be written.
        let _ = writeln!(out, "{word}: {}", disarm::line(line));
    }
    let more = lines.count();
    if more > 0 {
        let _ = writeln!(out, "{word}: {more} more, which are not listed");
    }
}

/// Writes help to standard output, and what is wrong with the arguments to standard error. Those may
/// be the names of files, so what a terminal or a runner would obey in them is made visible.
pub(super) fn usage(error: &clap::Error) {
    let text = error.render().to_string();
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(sanitize_source).collect();
    let lines = lines.join("\n");
    let shown = disarm::lines(&lines);
    // The text has lost what looks like a colour, even where it was part of an argument.
    let is_plain = |argument: OsString| {
        let argument = argument.to_string_lossy();
        sanitize(&argument) == argument
    };
    if shown == text && std::env::args_os().all(is_plain) {
        // In colours. Help that nobody reads any more is no error.
        let _ = error.print();
    } else {
        text_to_stderr(&shown);
    }
}

/// Writes text to standard error as it is.
pub(super) fn text_to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes a file so that nobody ever sees a part of it, nor an empty one when writing fails.
pub(super) fn to_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    stream(Some(path), |out| out.write_all(content))
}

/// How to write to standard output.
pub(super) fn stdout_style(color: Color, quiet: bool) -> Style {
    let terminal = io::stdout().is_terminal();
    let mut style = Style {
        color: match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && environment_allows_color(),
        },
        quiet,
        ..Style::default()
    };
    if let Some((terminal_size::Width(columns), _)) = terminal
        .then(|| terminal_size::terminal_size_of(io::stdout()))
        .flatten()
    {
        style.width = usize::from(columns).clamp(40, 120);
    }
    style
}

/// Whether standard output takes any character: a file or a pipe does, and so does a terminal whose
/// locale does not say otherwise.
pub(super) fn terminal_shows_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    !io::stdout().is_terminal() || locale.is_none_or(|locale| is_utf8(&locale.to_string_lossy()))
}

/// Whether a locale such as `en_US.UTF-8` has all characters; one without a character set has.
fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    match locale.split_once('.') {
        Some((_, set)) => set.starts_with("utf-8") || set.starts_with("utf8"),
        None => !matches!(locale.as_str(), "c" | "posix"),
    }
}

/// <https://no-color.org>: any value but an empty one counts.
fn environment_allows_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_with_all_characters() {
        for locale in ["en_US.UTF-8", "C.utf8", "de_DE", "C.UTF-8@euro"] {
            assert!(is_utf8(locale), "{locale}");
        }
        for locale in ["C", "POSIX", "en_US.ISO-8859-1"] {
            assert!(!is_utf8(locale), "{locale}");
        }
    }

    #[test]
    fn a_failure_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("missing/out.json");
        let failure = to_file(&file, b"x").unwrap_err();
        assert!(
            failure.messages[0].starts_with(&format!("{} cannot be written: ", file.display()))
        );
        assert!(to_file(folder.path(), b"x").is_err());
    }
}
