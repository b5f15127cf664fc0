//! Microsoft's SARIF multitool accepts what is written for code scanning.
//!
//! Needs the tool: `LAMEDUCK_SARIF_MULTITOOL` names its binary. `.ci/run` installs it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

#[test]
fn the_log_of_the_fixtures_is_valid() {
    let Some(tool) = tool() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("lameduck.sarif");
    check(Path::new("fixtures"), &log);
    assert!(!results(&log).is_empty());
    assert_valid(&tool, &log);
}

/// More than code scanning takes. The tool takes minutes over so much, so it sees a part.
#[test]
fn a_log_that_was_cut_is_valid() {
    let Some(tool) = tool() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let manifests = folder.path().join("many");
    std::fs::create_dir(&manifests).expect("a folder");
    // A report lists a thousand of a rule and file.
    for file in 0..26 {
        let many = (0..1_000).fold(String::new(), |mut text, index| {
            let name = format!("name: c{file}-{index}");
            text.push_str("---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  namspace: a\n  ");
            text.push_str(&name);
            text.push('\n');
            text
        });
        let path = manifests.join(format!("{file}.yaml"));
        std::fs::write(path, many).expect("the manifests are written");
    }
    let log = folder.path().join("lameduck.sarif");
    check(&manifests, &log);
    let mut whole = read(&log);
    let run = &mut whole["runs"][0];
    assert!(run["invocations"][0]["toolExecutionNotifications"][0].is_object());
    let results = run["results"].as_array_mut().expect("there are results");
    assert_eq!(results.len(), 25_000);
    results.truncate(10);
    std::fs::write(&log, whole.to_string()).expect("the log is written");
    assert_valid(&tool, &log);
}

/// `None`, and said, where there is no multitool.
fn tool() -> Option<OsString> {
    let tool = std::env::var_os("LAMEDUCK_SARIF_MULTITOOL");
    if tool.is_none() {
        eprintln!("skipped: LAMEDUCK_SARIF_MULTITOOL does not name the SARIF multitool");
    }
    tool
}

fn check(manifests: &Path, log: &Path) {
    let mut format = OsString::from("sarif=");
    format.push(log);
    let run = Command::new(cargo_bin("lameduck"))
        .args(["check", "--quiet", "--format"])
        .arg(format)
        .arg(manifests)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("the binary runs");
    assert_eq!(run.code(), Some(1), "there are findings");
}

/// The tool exits with 0 whatever it found, so its own log is read.
fn assert_valid(tool: &OsStr, log: &Path) {
    let verdict = log.with_file_name("verdict.sarif");
    let validation = Command::new(tool)
        .args([
            "validate",
            "--rule-kind",
            "Sarif;Ghas",
            "--log",
            "ForceOverwrite",
        ])
        .arg("--output")
        .arg(&verdict)
        .arg(log)
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .output()
        .expect("the multitool runs");
    assert!(validation.status.success(), "{validation:?}");
    let errors: Vec<Value> = results(&verdict)
        .into_iter()
        .filter(|result| result["level"] == "error")
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn results(log: &Path) -> Vec<Value> {
    read(log)["runs"][0]["results"]
        .as_array()
        .expect("the run has results")
        .clone()
}

fn read(log: &Path) -> Value {
    let text = std::fs::read_to_string(log).expect("the log is readable");
    serde_json::from_str(&text).expect("the log is JSON")
}
