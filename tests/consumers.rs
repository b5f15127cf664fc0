//! Reports are read by what CI systems are made of: schemas, parsers, Microsoft's tools for SARIF.
//!
//! Most need Python: `LAMEDUCK_PYTHON` names one that has the packages of `.ci/requirements.txt`.
//! `.ci/run` installs them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use boon::{Compiler, Schemas};
use serde_json::Value;

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

/// A repository with the examples and a hostile file, and a report on it.
struct Report {
    folder: tempfile::TempDir,
}

impl Report {
    /// Writes the report to a file of that name.
    fn new(format: &str, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for name in ["bad-service.yaml", "good-service.yaml"] {
            let fixture = Path::new(ROOT).join("fixtures").join(name);
            std::fs::copy(fixture, folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("host<i>&le.yaml"), HOSTILE).unwrap();
        let run = Command::new(cargo_bin!("lameduck"))
            .args(["check", "--no-config", "--format"])
            .arg(format!("{format}={name}"))
            .current_dir(folder.path())
            .status();
        assert_eq!(run.unwrap().code(), Some(1), "there are findings");
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// `None`, and said, where there is no such Python.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("LAMEDUCK_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: LAMEDUCK_PYTHON does not name a Python");
    }
    python
}

/// What a tool says that must be content.
fn said_by(tool: &mut Command) -> String {
    let output = tool.output().expect("the tool runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn junit_is_valid_and_counts_right() {
    let Some(python) = python() else {
        return;
    };
    let report = Report::new("junit", "junit.xml");
    let consumers = Path::new(ROOT).join("tests/consumers");
    let suites = said_by(
        Command::new(python)
            .arg(consumers.join("junit.py"))
            .arg(consumers.join("junit.xsd"))
            .arg(report.file("junit.xml")),
    );
    for name in ["bad-service.yaml", "good-service.yaml", "host<i>&le.yaml"] {
        assert!(suites.contains(name), "{suites}");
    }
}

#[test]
fn code_quality_is_valid() {
    let report = Report::new("gitlab", "issues.json");
    let text = std::fs::read_to_string(report.file("issues.json")).unwrap();
    let issues: Value = serde_json::from_str(&text).unwrap();
    let mut schemas = Schemas::new();
    let schema = format!("{ROOT}/tests/consumers/code-quality.schema.json");
    let schema = Compiler::new().compile(&schema, &mut schemas).unwrap();
    if let Err(error) = schemas.validate(&issues, schema) {
        panic!("{error}");
    }

    let issues = issues.as_array().unwrap();
    assert!(issues.iter().any(|issue| {
        issue["severity"] == "critical" && issue["location"]["path"] == "bad-service.yaml"
    }));
    // GitLab shows issues of one fingerprint as one.
    let fingerprints: BTreeSet<&str> = issues
        .iter()
        .map(|issue| issue["fingerprint"].as_str().unwrap())
        .collect();
    assert_eq!(fingerprints.len(), issues.len());
}

#[test]
fn sarif_tools_sums_up_the_log() {
    let Some(python) = python() else {
        return;
    };
    // It goes by the extension.
    let report = Report::new("sarif", "lameduck.sarif");
    let summary = said_by(
        Command::new(python.with_file_name("sarif"))
            .arg("summary")
            .arg(report.file("lameduck.sarif")),
    );
    assert!(summary.contains("error: "), "{summary}");
    assert!(summary.contains("identical-probes"), "{summary}");
}
