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
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
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

/// The exit code, standard output and standard error.
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}
