//! Microsoft's SARIF multitool accepts what is written for code scanning.
//!
//! Needs the tool: `LAMEDUCK_SARIF_MULTITOOL` names its binary. `.ci/run` installs it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

#[test]
fn the_log_of_the_fixtures_is_valid() {
    let Some(tool) = std::env::var_os("LAMEDUCK_SARIF_MULTITOOL") else {
        eprintln!("skipped: LAMEDUCK_SARIF_MULTITOOL does not name the SARIF multitool");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("lameduck.sarif");
    let run = Command::new(cargo_bin("lameduck"))
        .args(["check", "fixtures", "--format", "sarif"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary runs");
    assert_eq!(run.status.code(), Some(1), "the fixtures have findings");
    std::fs::write(&log, &run.stdout).expect("the log is written");
    assert!(!results(&log).is_empty());

    // The tool exits with 0 whatever it found, so its own log is read.
    let verdict = folder.path().join("verdict.sarif");
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
        .arg(&log)
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
    let text = std::fs::read_to_string(log).expect("the log is readable");
    let log: Value = serde_json::from_str(&text).expect("the log is JSON");
    log["runs"][0]["results"]
        .as_array()
        .expect("the run has results")
        .clone()
}
