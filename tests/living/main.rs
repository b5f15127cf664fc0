//! What a team that keeps the tool relies on, at the command line: suppressions, the baseline, the
//! configuration and what it leaves out.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod adopting;
mod baseline;
mod configuration;
mod context;
mod init;
mod provenance;
mod suppressions;

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A repository of its own.
struct Repository {
    folder: TempDir,
}

/// What a run said and how it ended.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(repository.folder.path().join(".git")).unwrap();
        for (path, text) in files {
            repository.write(path, text);
        }
        repository
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    fn run(&self, arguments: &str) -> Run {
        run_in(self.folder.path(), arguments)
    }

    fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.run(&format!("{arguments} --format json")).stdout).unwrap()
    }
}

fn run_in(folder: &Path, arguments: &str) -> Run {
    let output = Command::cargo_bin("lameduck")
        .unwrap()
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A workload that takes requests, with nothing but its image to find fault with.
fn deployment(name: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 0
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
        - name: app
          image: {image}
          resources:
            requests: {{ cpu: 100m, memory: 64Mi }}
            limits: {{ memory: 64Mi }}
"
    )
}
