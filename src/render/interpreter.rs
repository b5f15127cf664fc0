//! What a program needs to start: its interpreter where it is a script, and the loader and the
//! libraries where it is not linked statically.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The tables that say so stand at the start of a program.
const HEAD: u64 = 64 * 1024;
/// Where loaders look.
const LIBRARIES: [&str; 10] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/nix/store",
    "/gnu/store",
];
/// A segment that names the loader.
const INTERPRETER: u64 = 3;

/// What has to be allowed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// What is executed.
    pub(super) programs: BTreeSet<PathBuf>,
    /// What is read by a loader.
    pub(super) libraries: BTreeSet<PathBuf>,
}

/// What a program needs.
pub(super) fn needs(program: &Path) -> Needs {
    let mut needs = Needs::default();
    let head = head(program);
    needs.programs.insert(program.to_owned());
    let binary = script_interpreter(&head).map(Path::to_owned);
    let head = match &binary {
        Some(interpreter) => {
            needs.programs.insert(interpreter.clone());
            self::head(interpreter)
        }
        None => head,
    };
    if let Some(loader) = loader(&head) {
        let real = std::fs::canonicalize(&loader).unwrap_or_else(|_| loader.clone());
        let folders = [&loader, &real].map(|it| it.parent().map(Path::to_owned));
        needs.libraries.extend(folders.into_iter().flatten());
        needs.libraries.extend(LIBRARIES.map(PathBuf::from));
        needs.programs.insert(loader);
    }
    needs
}

/// Whether a program is a script: it may start no other program.
pub(super) fn is_script(program: &Path) -> bool {
    head(program).starts_with(b"#!")
}

fn head(program: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = File::open(program) {
        // What cannot be read needs nothing, and does not start either.
        let _ = file.take(HEAD).read_to_end(&mut head);
    }
    head
}

/// The program after `#!`.
fn script_interpreter(head: &[u8]) -> Option<&Path> {
    let line = head
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let mut words = line.split(|byte| b" \t\r".contains(byte));
    let first = words.find(|word| !word.is_empty())?;
    Some(Path::new(std::ffi::OsStr::from_bytes(first)))
}

/// The loader that an ELF program names.
fn loader(head: &[u8]) -> Option<PathBuf> {
    let [0x7f, b'E', b'L', b'F', class, order, ..] = head else {
        return None;
    };
    let (is_wide, is_big) = (*class == 2, *order == 2);
    let number = |at: u64, length: u64| {
        let at = usize::try_from(at).ok()?;
        let bytes = head.get(at..at.checked_add(usize::try_from(length).ok()?)?)?;
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if is_big {
            bytes.iter().fold(0, join)
        } else {
            bytes.iter().rev().fold(0, join)
        })
    };
    let word = if is_wide { 8 } else { 4 };
    let [table, size, count] = if is_wide { [32, 54, 56] } else { [28, 42, 44] };
    let (table, size, count) = (number(table, word)?, number(size, 2)?, number(count, 2)?);
    let segments = (0..count).filter_map(|nth| table.checked_add(nth * size));
    let mut named = segments.filter(|at| number(*at, 4) == Some(INTERPRETER));
    let segment = named.next()?;
    let [offset, length] = if is_wide { [8, 32] } else { [4, 16] };
    let start = usize::try_from(number(segment + offset, word)?).ok()?;
    let length = usize::try_from(number(segment + length, word)?).ok()?;
    let name = head.get(start..start.checked_add(length)?)?;
    let name = name.split(|byte| *byte == 0).next()?;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_needs_its_interpreter() {
        let path = |text: &str| script_interpreter(text.as_bytes()).map(Path::to_owned);
        assert_eq!(path("#!/bin/sh\necho\n"), Some(PathBuf::from("/bin/sh")));
        assert_eq!(path("#! /a/env -S b"), Some(PathBuf::from("/a/env")));
        assert_eq!(path("#!\n"), None);
        assert_eq!(path("echo"), None);
    }

    #[test]
    fn a_program_names_its_loader() {
        let needs = needs(&std::env::current_exe().unwrap());
        let loader = needs
            .programs
            .iter()
            .find(|it| it.to_string_lossy().contains("/ld"));
        let is_static = cfg!(target_feature = "crt-static");
        assert_eq!(loader.is_none(), is_static, "{needs:?}");
        assert_eq!(needs.libraries.is_empty(), is_static, "{needs:?}");
    }

    #[test]
    fn what_is_no_program_needs_nothing() {
        for head in [&b""[..], b"\x7fELF", b"\x7fELF\x02\x01", &[0x7f; 64]] {
            assert_eq!(loader(head), None);
        }
        let mut huge = b"\x7fELF\x02\x01".to_vec();
        huge.resize(64, 0xff);
        assert_eq!(loader(&huge), None);
    }
}
