//! What the tests of rendering share.

#![allow(dead_code, reason = "every test file uses another part of it")]

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;

/// Nothing but what it must have; line 12 names the container.
pub(crate) const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1.4.2
          ports: [{name: http, containerPort: 8080}]
";

/// A git repository, as far as lameduck looks.
pub(crate) fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    write(folder.path(), files);
    folder
}

/// Writes files below a folder, and the folders that they are in.
pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// `lameduck check --format concise` in a directory, with programs from one directory.
pub(crate) fn check(directory: &Path, programs: &Path) -> Command {
    let mut command = Command::new(cargo_bin!("lameduck"));
    command
        .args(["check", "--format", "concise"])
        .current_dir(directory)
        .env("PATH", programs);
    command
}

/// The same with shell scripts for programs, which run confined: all that they can leave behind is
/// what they write to the open file 9, which [`recorded`] reads.
#[cfg(unix)]
pub(crate) fn recording(directory: &Path, programs: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "exec 9>>\"$0\"; exec \"$@\""])
        .arg(programs.join("record"))
        .arg(cargo_bin!("lameduck"))
        .args(["check", "--format", "concise"])
        .current_dir(directory)
        .env("PATH", programs);
    command
}

/// What the scripts have written.
pub(crate) fn recorded(programs: &Path) -> String {
    std::fs::read_to_string(programs.join("record")).unwrap_or_default()
}

/// The exit code, standard output and standard error.
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}
