//! Reports are read by what CI systems are made of: schemas, parsers, Microsoft's tools for SARIF.
//!
//! Needs Python: `LAMEDUCK_PYTHON` names one that has the packages of `.ci/requirements.txt`.
//! `.ci/run` installs them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What would break a report that is put together without care.
const HOSTILE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: \"</failure>]]>\\x01\\uFFFE<b>@team | \\\"\"
spec:
  replicas: \"&amp;\\n::error::\"
  template:
    spec:
      containers:
        - name: app
          image: \"a:latest\"
        - name: app
          imagee: \"%0A\\e[31m\"
";

/// A repository with the examples and a hostile file, and the reports on it.
struct Reports {
    folder: tempfile::TempDir,
    python: PathBuf,
}

impl Reports {
    /// `None`, and said, where there is no such Python.
    fn new(format: &str) -> Option<Self> {
        let Some(python) = std::env::var_os("LAMEDUCK_PYTHON") else {
            eprintln!("skipped: LAMEDUCK_PYTHON does not name a Python");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for name in ["bad-service.yaml", "good-service.yaml"] {
            let fixture = Path::new(ROOT).join("fixtures").join(name);
            std::fs::copy(fixture, folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("host<i>&le.yaml"), HOSTILE).unwrap();
        let run = Command::new(cargo_bin!("lameduck"))
            .args(["check", "--no-config", "--format"])
            .arg(format!("{format}=report"))
            .current_dir(folder.path())
            .status();
        assert_eq!(run.unwrap().code(), Some(1), "there are findings");
        Some(Self {
            folder,
            python: python.into(),
        })
    }

    /// What a tool says of the report; it must be content.
    fn read_by(&self, tool: &mut Command) -> String {
        let output = tool
            .arg(self.folder.path().join("report"))
            .output()
            .expect("the tool runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn script(&self, name: &str, schema: &str) -> String {
        let consumers = Path::new(ROOT).join("tests/consumers");
        let mut python = Command::new(&self.python);
        python.arg(consumers.join(name)).arg(consumers.join(schema));
        self.read_by(&mut python)
    }
}

#[test]
fn junit_is_valid_and_counts_right() {
    let Some(reports) = Reports::new("junit") else {
        return;
    };
    let suites = reports.script("junit.py", "junit.xsd");
    for name in ["bad-service.yaml", "good-service.yaml", "host<i>&le.yaml"] {
        assert!(suites.contains(name), "{suites}");
    }
}

#[test]
fn code_quality_is_valid() {
    let Some(reports) = Reports::new("gitlab") else {
        return;
    };
    let issues = reports.script("gitlab.py", "code-quality.schema.json");
    assert!(
        issues.contains("critical identical-probes bad-service.yaml\n"),
        "{issues}"
    );
    assert!(issues.contains("host<i>&le.yaml"), "{issues}");
}

#[test]
fn sarif_tools_sums_up_the_log() {
    let Some(reports) = Reports::new("sarif") else {
        return;
    };
    // It goes by the extension.
    let log = reports.folder.path().join("report.sarif");
    std::fs::copy(reports.folder.path().join("report"), &log).unwrap();
    let sarif = reports.python.with_file_name("sarif");
    let summary = Command::new(sarif)
        .arg("summary")
        .arg(log)
        .output()
        .unwrap();
    let summary = String::from_utf8(summary.stdout).unwrap();
    assert!(summary.contains("error: "), "{summary}");
    assert!(summary.contains("identical-probes"), "{summary}");
}
