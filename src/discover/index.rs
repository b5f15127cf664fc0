//! What git tracks: its index, read without git.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::candidates::is_candidate;
use crate::source::{read_file, read_text};
use crate::units::SizeLimit;

/// The bytes of an entry before its name: times, numbers and the hash of its content.
const FIXED: usize = 62;

/// The files below the root of a repository that git tracks and that may hold manifests. `.gitignore` has no
/// say over them. None where there is no index, or one that cannot be read.
pub(super) fn tracked(base: &Path) -> BTreeSet<PathBuf> {
    let Some(folder) = git_folder(base) else {
        return BTreeSet::new();
    };
    let names = read_file(&folder.join("index"), SizeLimit::default())
        .ok()
        .and_then(|index| names(&index))
        .unwrap_or_default();
    let paths = names.iter().filter_map(|name| path(name));
    paths.map(|path| base.join(path)).collect()
}

/// A worktree or a submodule has a file that says where it is.
fn git_folder(base: &Path) -> Option<PathBuf> {
    let git = base.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = read_text(&git, SizeLimit::GITIGNORE).ok()?;
    Some(base.join(text.strip_prefix("gitdir: ")?.trim_end()))
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere a name that is not UTF-8 cannot be a path"
)]
fn path(name: &[u8]) -> Option<&Path> {
    use std::os::unix::ffi::OsStrExt as _;
    Some(Path::new(std::ffi::OsStr::from_bytes(name)))
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> Option<&Path> {
    std::str::from_utf8(name).ok().map(Path::new)
}

/// The names of the entries that may be manifests (`Documentation/gitformat-index.txt`, versions 2 to 4).
fn names(index: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = index.strip_prefix(b"DIRC")?;
    let version = number(take(&mut rest, 4)?);
    let count = number(take(&mut rest, 4)?);
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut names = Vec::new();
    let mut name: Vec<u8> = Vec::new();
    for _ in 0..count {
        let before = rest.len();
        let fixed = take(&mut rest, FIXED)?;
        // Files, links and submodules; all else is of another format.
        let kind = number(fixed.get(24..28)?) >> 12;
        if ![0o10, 0o12, 0o16].contains(&kind) {
            return None;
        }
        if number(fixed.get(60..62)?) & 0x4000 != 0 {
            take(&mut rest, 2)?;
        }
        if version == 4 {
            let kept = name.len().checked_sub(varint(&mut rest)?)?;
            name.truncate(kept);
        } else {
            name.clear();
        }
        let length = rest.iter().position(|byte| *byte == 0)?;
        name.extend_from_slice(take(&mut rest, length)?);
        // Entries of older versions end on a multiple of eight bytes, after at least one of zero.
        let used = before - rest.len();
        let padding = if version == 4 { 1 } else { 8 - used % 8 };
        take(&mut rest, padding)?;
        let last = name.rsplit(|byte| *byte == b'/').next()?;
        if kind != 0o16
            && path(last)
                .and_then(Path::file_name)
                .is_some_and(is_candidate)
        {
            names.push(name.clone());
        }
    }
    Some(names)
}

fn take<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// How many bytes of the name before an entry of version 4 drops.
fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0_usize;
    loop {
        let byte = *take(rest, 1)?.first()?;
        value = value
            .checked_mul(128)?
            .checked_add(usize::from(byte & 127))?;
        if byte & 128 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An index as git writes it, of regular files.
    pub(in crate::discover) fn index(version: u32, files: &[&str]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(u32::try_from(files.len()).unwrap().to_be_bytes());
        let mut last = "";
        for file in files {
            let start = bytes.len();
            let mut fixed = [0_u8; FIXED];
            fixed[24..28].copy_from_slice(&0o100_644_u32.to_be_bytes());
            bytes.extend(fixed);
            if version == 4 {
                let pairs = last.bytes().zip(file.bytes());
                let common = pairs.take_while(|(one, other)| one == other).count();
                bytes.push(u8::try_from(last.len() - common).unwrap());
                bytes.extend(file[common..].bytes());
                bytes.push(0);
            } else {
                bytes.extend(file.bytes());
                bytes.resize(bytes.len() + 8 - (bytes.len() - start) % 8, 0);
            }
            last = file;
        }
        bytes
    }

    #[test]
    fn versions_say_the_same() {
        let files = ["Makefile", "a/b.yaml", "a/bc.yml", "a/c/kustomization.yaml"];
        for version in [2, 3, 4] {
            let names = names(&index(version, &files)).unwrap();
            assert_eq!(
                names,
                files[1..]
                    .iter()
                    .map(|it| it.as_bytes())
                    .collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn other_files_say_nothing() {
        let whole = index(2, &["a/b.yaml"]);
        assert_eq!(names(&index(5, &["a.yaml"])), None);
        assert_eq!(names(b"DIRC\0\0\0\x02\xff\xff\xff\xff"), None);
        assert!((0..whole.len()).all(|end| names(&whole[..end]).is_none()));
    }
}
