//! Input that was made to hurt, and places that do not take what is written: every run stays within
//! its memory, ends, says what is wrong and where, and leaves files as they were.
//!
//! The binary runs under a limit of its address space. The bound on its time only guards against
//! runs that never end; it says nothing of speed.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bounds;
mod configuration;
mod files;
mod growth;
mod output;
mod relations;
mod text;
mod yaml;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

/// KiB of address space. Thread stacks count, so there are few threads.
const MEMORY: &str = "1048576";
const PATIENCE: Duration = Duration::from_secs(120);

/// An object with one note to its name, and nothing else.
const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: a
      image: x:1
      resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}}
";
/// The start of an object that has nothing to find fault with.
const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
/// An object of which a safe fix takes a line away.
const FIXABLE: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nimmutable: true\nimmutable: true\n";

/// A git repository, as far as lameduck looks.
struct Repository(TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(repository.path(".git")).unwrap();
        for (path, text) in files {
            repository.write(path, text);
        }
        repository
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Makes a file of so many NUL bytes that takes no room.
    fn sparse(&self, path: &str, length: u64) {
        File::create(self.path(path))
            .unwrap()
            .set_len(length)
            .unwrap();
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name != ".git")
            .collect();
        names.sort();
        names
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, Stdio::null())
    }

    fn run_with(&self, arguments: &[&str], stdin: Stdio) -> Run {
        // Where a system knows no such limit (macOS), the run goes on without.
        self.script("exec \"$@\"", arguments, stdin)
    }

    /// Runs a line of bash under the limits, in which `"$@"` is lameduck with its arguments.
    fn script(&self, line: &str, arguments: &[&str], stdin: Stdio) -> Run {
        let mut command = Command::new("bash");
        command
            .arg("-c")
            .arg(format!("ulimit -v \"$0\" 2>/dev/null || :\n{line}"))
            .arg(MEMORY)
            .arg(cargo_bin!("lameduck"))
            .args(arguments);
        finish(command, self.0.path(), stdin)
    }

    /// As [`run`](Self::run), as a user who may not do everything; nothing where that cannot be.
    fn run_as_nobody(&self, arguments: &[&str]) -> Option<Run> {
        let line = "if [ \"$(id -u)\" != 0 ]; then exec \"$@\"; fi\n\
                    nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)\n\
                    \"${nobody[@]}\" test -x \"$1\" -a -r . || exit 99\n\
                    exec \"${nobody[@]}\" \"$@\"";
        let run = self.script(line, arguments, Stdio::null());
        if run.code == 99 {
            eprintln!("skipped: no other user can run the binary, or there is no setpriv");
            return None;
        }
        Some(run)
    }
}

/// Who may do what in a file or folder.
fn permit(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// What a run said and how it ended.
#[derive(Debug)]
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    /// That it ended so, and says this.
    #[track_caller]
    fn ends(&self, code: i32, stdout: &[&str], stderr: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for text in stdout {
            assert!(self.stdout.contains(text), "{text} in {self:?}");
        }
        for text in stderr {
            assert!(self.stderr.contains(text), "{text} in {self:?}");
        }
    }
}

/// Runs to the end, or fails: by a signal, a panic or after too long a time.
#[track_caller]
fn finish(mut command: Command, folder: &Path, stdin: Stdio) -> Run {
    let mut stdout = tempfile::tempfile().unwrap();
    let mut stderr = tempfile::tempfile().unwrap();
    let mut child = command
        .current_dir(folder)
        .env("RAYON_NUM_THREADS", "2")
        .env("NO_COLOR", "1")
        .stdin(stdin)
        .stdout(stdout.try_clone().unwrap())
        .stderr(stderr.try_clone().unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |file: &mut File| {
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("reports are UTF-8")
    };
    let (stdout, stderr) = (read(&mut stdout), read(&mut stderr));
    let code = status.code();
    let code = code.unwrap_or_else(|| panic!("{status}: {stderr}"));
    for text in ["panicked", "internal error", "memory allocation"] {
        assert!(!stderr.contains(text), "{stderr}");
    }
    Run {
        code,
        stdout,
        stderr,
    }
}
