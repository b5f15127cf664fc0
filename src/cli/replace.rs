//! Files that are replaced whole.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::settings::CONFIG_FILE_NAMES;
use crate::source::is_inside;

/// What files that are not finished are called, with random letters between: whatever the file is called
/// that they become.
const UNFINISHED_NAME: (&str, &str) = (".lameduck-", ".tmp");

/// Writes a file so that nobody ever sees a part of it, nor an empty one when writing fails. Through a
/// link the file it leads to is replaced, not the link, unless that [leads out](leads_out) of the
/// repository that holds the link.
pub(super) fn replace<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<T> {
    if leads_out(path) {
        return Err(io::Error::other(
            "a link in its path leads out of the repository",
        ));
    }
    let buffered = |file: &mut File| {
        let mut out = BufWriter::new(file);
        let given = write(&mut out)?;
        out.flush().map(|()| given)
    };
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
            keep_attributes(file, &path);
        }
        file.sync_all().map(|()| given)
    });
    let mut unfinished = unfinished();
    // Where writing has failed, the temporary file goes with the value.
    let replaced = written.and_then(|given| Ok(temporary.persist(&path).map(|_| given)?));
    unfinished.remove(&name);
    replaced
}

/// Whether a link that lies in a repository leads out of it or into its git directory, anywhere in the
/// path: whoever proposes a change may have planted it. Links that lie elsewhere, as in `/dev`, are none
/// of a repository.
pub(super) fn leads_out(path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else {
        return false;
    };
    let mut walked = PathBuf::new();
    for part in path.components() {
        walked.push(part);
        let is_link = || fs::symlink_metadata(&walked).is_ok_and(|it| it.is_symlink());
        if matches!(part, Component::Normal(_)) && is_link() {
            let folder = walked.parent().and_then(|it| fs::canonicalize(it).ok());
            let root = folder.as_deref().and_then(root_of);
            // One that leads nowhere is replaced itself.
            let target = fs::canonicalize(&walked);
            if let (Some(root), Ok(target)) = (root, target)
                && !is_inside(&target, &root)
            {
                return true;
            }
        }
    }
    false
}

/// The root of the repository that holds a folder. Where git has none, it is the nearest folder with a
/// configuration, else the working directory.
fn root_of(folder: &Path) -> Option<PathBuf> {
    let holds = |folder: &Path, names: &[&str]| names.iter().any(|it| folder.join(it).exists());
    let nearest = |names: &[&str]| folder.ancestors().find(|it| holds(it, names));
    if let Some(root) = nearest(&[".git"]).or_else(|| nearest(&CONFIG_FILE_NAMES)) {
        return Some(root.to_owned());
    }
    let cwd = fs::canonicalize(".").ok()?;
    folder.starts_with(&cwd).then_some(cwd)
}

/// Files under names that will not stay.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new file beside the one at `path`, under a name that no run has used: where lameduck is always
/// process 1, its own number would not do.
fn create(path: &Path) -> io::Result<NamedTempFile> {
    let (prefix, suffix) = UNFINISHED_NAME;
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(suffix);
    // As any new file has; the user's mask counts.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    sweep(folder);
    let mut unfinished = unfinished();
    let file = builder.tempfile_in(folder)?;
    #[cfg(unix)]
    let _ = hold(file.as_file());
    unfinished.insert(file.path().to_owned());
    Ok(file)
}

/// Marks a file as one that a run is writing: the mark goes with the process, however it ends.
#[cfg(unix)]
fn hold(file: &File) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    Ok(flock(file, FlockOperation::NonBlockingLockExclusive)?)
}

/// Removes what killed runs left in a folder, once for each folder.
#[cfg(unix)]
fn sweep(folder: &Path) {
    use std::time::Duration;
    /// In which a run may have made a file and not marked it yet.
    const YOUNG: Duration = Duration::from_secs(10);
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if !swept.insert(folder.to_owned()) {
        return;
    }
    let (prefix, suffix) = UNFINISHED_NAME;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name
            .to_str()
            .and_then(|name| name.strip_prefix(prefix)?.strip_suffix(suffix))
            .is_some_and(|random| random.bytes().all(|it| it.is_ascii_alphanumeric()));
        if !is_ours {
            continue;
        }
        let path = entry.path();
        let metadata = fs::symlink_metadata(&path)
            .ok()
            .filter(fs::Metadata::is_file);
        let age = metadata.and_then(|it| it.modified().ok()?.elapsed().ok());
        if age.is_some_and(|age| age >= YOUNG)
            && File::open(&path).is_ok_and(|it| hold(&it).is_ok())
        {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(not(unix))]
fn sweep(_: &Path) {}

/// Removes files that are not finished, and lets none take its place any more: whoever tries waits for
/// the end of this process. For a run that is interrupted.
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

/// Gives a new file the extended attributes of the one that it replaces, access lists among them, as far
/// as the user may.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn keep_attributes(file: &File, existing: &Path) {
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
    /// What Linux takes as a list, and as a value.
    const MOST: usize = 64 << 10;
    let Ok(existing) = File::open(existing) else {
        return;
    };
    let (mut names, mut value) = (vec![0; MOST], vec![0; MOST]);
    let Ok(length) = flistxattr(&existing, names.as_mut_slice()) else {
        return;
    };
    let names = names.get(..length).unwrap_or_default();
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        if let Ok(length) = fgetxattr(&existing, name, value.as_mut_slice()) {
            let value = value.get(..length).unwrap_or_default();
            let _ = fsetxattr(file, name, value, XattrFlags::empty());
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn keep_attributes(_: &File, _: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_file(path: &Path, content: &[u8]) -> io::Result<()> {
        replace(path, |out| out.write_all(content))
    }

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.json");
        to_file(&file, b"one").unwrap();
        to_file(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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

    #[cfg(unix)]
    #[test]
    fn a_link_of_a_repository_does_not_lead_out_of_it() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repo");
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir_all(root.join("in")).unwrap();
        fs::write(folder.path().join("victim"), "old").unwrap();
        symlink("../victim", root.join("link")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("in", root.join("inner")).unwrap();
        symlink("missing", root.join("dangling")).unwrap();
        symlink("repo", folder.path().join("door")).unwrap();
        fs::create_dir_all(root.join(".git/hooks")).unwrap();
        fs::write(root.join(".git/hooks/pre-commit"), "old").unwrap();
        symlink(".git/hooks/pre-commit", root.join("report")).unwrap();
        symlink(".git/hooks", root.join("hooks")).unwrap();
        for path in ["link", "up/victim", "up/new", "report", "hooks/new"] {
            let error = to_file(&root.join(path), b"x").unwrap_err();
            assert!(error.to_string().contains("leads out"), "{path}: {error}");
        }
        assert_eq!(fs::read(folder.path().join("victim")).unwrap(), b"old");
        assert_eq!(
            fs::read(root.join(".git/hooks/pre-commit")).unwrap(),
            b"old"
        );
        assert!(!folder.path().join("new").exists());
        for path in ["repo/inner/a", "door/b", "repo/../c", "repo/dangling"] {
            to_file(&folder.path().join(path), b"x").unwrap();
        }
        assert!(root.join("in/a").is_file() && root.join("b").is_file());
        assert!(
            !fs::symlink_metadata(root.join("dangling"))
                .unwrap()
                .is_symlink()
        );
    }

    #[cfg(unix)]
    #[test]
    fn where_git_has_no_repository_the_folder_of_the_configuration_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(folder.path().join("victim"), "old").unwrap();
        fs::write(root.join("inner"), "old").unwrap();
        std::os::unix::fs::symlink("../../victim", root.join("sub/out")).unwrap();
        std::os::unix::fs::symlink("../inner", root.join("sub/in")).unwrap();
        assert!(!leads_out(&root.join("sub/out")));
        fs::write(root.join("lameduck.yaml"), "").unwrap();
        assert!(leads_out(&root.join("sub/out")));
        assert!(!leads_out(&root.join("sub/in")));
    }

    #[cfg(unix)]
    #[test]
    fn what_killed_runs_left_is_removed() {
        use std::time::{Duration, SystemTime};
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - Duration::from_secs(600);
        let make = |name: &str| {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(old).unwrap();
            file
        };
        drop(make(".lameduck-abc123.tmp"));
        drop(make(".lameduck-notes.txt"));
        let at_work = make(".lameduck-def456.tmp");
        hold(&at_work).unwrap();
        to_file(&folder.path().join("a.yaml"), b"x").unwrap();
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(
            names,
            [".lameduck-def456.tmp", ".lameduck-notes.txt", "a.yaml"]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn extended_attributes_stay() {
        use rustix::fs::{XattrFlags, getxattr, setxattr};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        fs::write(&file, "old").unwrap();
        if setxattr(&file, "user.origin", b"here", XattrFlags::empty()).is_err() {
            eprintln!("skipped: this file system has no extended attributes");
            return;
        }
        to_file(&file, b"new").unwrap();
        let mut value = [0; 10];
        let length = getxattr(&file, "user.origin", &mut value).unwrap();
        assert_eq!(&value[..length], b"here");
    }
}
