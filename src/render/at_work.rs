//! What must not outlive a run that is interrupted: programs, which a terminal's Ctrl-C does not reach
//! in their process groups, and the directories they work in.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

/// How often to try to empty a directory: a program that was killed can still be at its last write.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(5);

static AT_WORK: Mutex<AtWork> = Mutex::new(AtWork {
    programs: BTreeSet::new(),
    directories: BTreeSet::new(),
});

struct AtWork {
    /// By process id.
    programs: BTreeSet<u32>,
    directories: BTreeSet<PathBuf>,
}

fn at_work() -> MutexGuard<'static, AtWork> {
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills every program that renders, removes the directories they work in, and lets no other start:
/// whoever tries waits for the end of this process. For a run that is interrupted.
pub fn stop() {
    let at_work = at_work();
    for program in &at_work.programs {
        kill_group(*program);
    }
    for directory in &at_work.directories {
        for _ in 0..TRIES {
            match std::fs::remove_dir_all(directory) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::sleep(PAUSE),
                _ => break,
            }
        }
    }
    std::mem::forget(at_work);
}

/// A directory for a program, removed at the end.
pub(super) struct Scratch {
    directory: Option<TempDir>,
    path: PathBuf,
}

impl Scratch {
    pub(super) fn new() -> io::Result<Self> {
        let mut at_work = at_work();
        let directory = tempfile::tempdir()?;
        let path = std::fs::canonicalize(directory.path())?;
        at_work.directories.insert(path.clone());
        Ok(Self {
            directory: Some(directory),
            path,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a directory is one of a program: no part of what it renders.
pub(super) fn is_scratch(directory: &Path) -> bool {
    at_work().directories.contains(directory)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Removed first, and forgotten then: in between, `stop` would find nothing left.
        drop(self.directory.take());
        at_work().directories.remove(&self.path);
    }
}

/// A program that was started, in a process group of its own.
pub(super) struct Program(Child);

impl Program {
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut at_work = at_work();
        let child = command.spawn()?;
        at_work.programs.insert(child.id());
        Ok(Self(child))
    }

    pub(super) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.0.stdout.take(), self.0.stderr.take())
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        // Under the lock: once it was waited for, its id can be another's.
        let mut at_work = at_work();
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        if has_ended(self.0.id()) {
            // What it started and left behind goes with it, while the group is surely still its own.
            kill_group(self.0.id());
        }
        let status = self.0.try_wait()?;
        if status.is_some() {
            at_work.programs.remove(&self.0.id());
        }
        Ok(status)
    }

    /// With whatever it has started.
    pub(super) fn kill(&mut self) {
        let mut at_work = at_work();
        kill_group(self.0.id());
        // It may have ended by itself meanwhile.
        let _ = self.0.kill();
        at_work.programs.remove(&self.0.id());
        drop(at_work);
        let _ = self.0.wait();
    }
}

/// Whether a child has ended; it stays to be waited for.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn has_ended(id: u32) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|id| matches!(waitid(WaitId::Pid(id), options), Ok(Some(_))))
}

#[cfg(unix)]
fn kill_group(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32) {}
