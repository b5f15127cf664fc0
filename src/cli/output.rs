//! Where results go.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use super::Failure;
use super::args::Color;
use crate::report::{Style, disarm, sanitize, sanitize_source};

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
        return replace(path, write).map_err(|error| {
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
/// terminal control characters and commands to runners of CI systems are made visible.
pub(super) fn patch_to_stdout(patch: &str) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return to_stdout(patch.as_bytes());
    }
    let shown: String = patch
        .split_inclusive('\n')
        .map(|line| {
            let text = line.trim_end_matches(['\r', '\n']);
            sanitize_source(text) + line.get(text.len()..).unwrap_or_default()
        })
        .collect();
    to_stdout(disarm::lines(&shown).as_bytes())
}

/// Writes lines to standard error, with a word before each; control characters and commands to
/// runners of CI systems are made visible.
pub(super) fn to_stderr<T: AsRef<str>>(word: &str, lines: impl IntoIterator<Item = T>) {
    let mut out = io::stderr().lock();
    for line in lines {
        // Nobody is left to be told that standard error cannot be written.
        let _ = writeln!(out, "{word}: {}", disarm::line(line.as_ref()));
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

fn replace<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let buffered = |file: &mut File| {
        let mut out = BufWriter::new(file);
        let given = write(&mut out)?;
        out.flush().map(|()| given)
    };
    // Through a link the file it leads to is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&path).ok();
    if existing.as_ref().is_some_and(|it| !it.is_file()) {
        // A device or pipe has to stay what it is.
        return buffered(&mut File::create(&path)?);
    }
    let mut temporary = create(&path)?;
    let name = temporary.path().to_owned();
    let file = temporary.as_file_mut();
    let written = buffered(file).and_then(|given| {
        if let Some(existing) = existing {
            keep_owner(file, &existing);
            file.set_permissions(existing.permissions())?;
        }
        file.sync_all().map(|()| given)
    });
    let mut unfinished = unfinished();
    // Where writing has failed, the temporary file goes with the value.
    let replaced = written.and_then(|given| Ok(temporary.persist(&path).map(|_| given)?));
    unfinished.remove(&name);
    replaced
}

/// Files under names that will not stay.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new file beside the one at `path`, under a name that no run has used: where lameduck is always
/// process 1, its own number would not do.
fn create(path: &Path) -> io::Result<NamedTempFile> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&name).suffix(".tmp");
    // As any new file has; the user's mask counts.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut unfinished = unfinished();
    let file = builder.tempfile_in(folder)?;
    unfinished.insert(file.path().to_owned());
    Ok(file)
}

/// Removes files that are not finished, and lets none take its place any more: whoever tries waits for
/// the end of this process. For a run that is interrupted.
#[cfg(unix)]
pub(super) fn stop() {
    let unfinished = unfinished();
    for file in unfinished.iter() {
        let _ = fs::remove_file(file);
    }
    std::mem::forget(unfinished);
}

/// Gives a new file the owner and group of the one that it replaces, as far as the user may.
#[cfg(unix)]
fn keep_owner(file: &File, existing: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // Each by itself: a group can mostly be kept where an owner cannot.
    let _ = fchown(file, None, Some(existing.gid()));
    let _ = fchown(file, Some(existing.uid()), None);
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

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
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.json");
        to_file(&file, b"one").unwrap();
        to_file(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

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

    #[cfg(unix)]
    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            let metadata = fs::metadata(folder.path().join(name)).unwrap();
            metadata.permissions().mode()
        };
        to_file(&folder.path().join("ours"), b"x").unwrap();
        fs::write(folder.path().join("any"), b"x").unwrap();
        assert_eq!(mode("ours"), mode("any"));
    }

    #[cfg(unix)]
    #[test]
    fn owner_and_permissions_stay() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.json");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root may give files away.
        let is_root = chown(&file, Some(12), Some(34)).is_ok();
        to_file(&file, b"new").unwrap();
        let metadata = fs::metadata(&file).unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o640);
        if is_root {
            assert_eq!((metadata.uid(), metadata.gid()), (12, 34));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        fs::write(folder.path().join("target"), "old").unwrap();
        std::os::unix::fs::symlink("target", &link).unwrap();
        to_file(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(folder.path().join("target")).unwrap(), b"new");

        to_file(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
