//! Real manifests, where `LAMEDUCK_CORPUS` names a folder of them.
//!
//! The folder may hold a folder `not-manifests` of YAML files that are none: nothing in it may
//! raise a finding.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use assert_cmd::Command;

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("LAMEDUCK_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: LAMEDUCK_CORPUS names no folder of manifests");
    }
    folder
}

fn check(folder: &std::path::Path, arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("lameduck")
        .unwrap()
        .current_dir(folder)
        .args(["check", "--no-config"])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn real_manifests_end_in_the_same_bytes_twice() {
    let Some(folder) = corpus() else { return };
    let first = check(&folder, &[".", "--format", "json"]);
    let errors = String::from_utf8_lossy(&first.stderr);
    assert!(!errors.contains("internal error"), "{errors}");
    assert_eq!(first.status.code(), Some(1), "{errors}");
    assert_eq!(
        first.stdout,
        check(&folder, &[".", "--format", "json"]).stdout
    );
}

#[test]
fn what_is_no_manifest_raises_no_finding() {
    let Some(folder) = corpus().map(|folder| folder.join("not-manifests")) else {
        return;
    };
    if !folder.is_dir() {
        eprintln!("skipped: {} is missing", folder.display());
        return;
    }
    let output = check(&folder, &[".", "--pedantic", "--format", "concise"]);
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.starts_with("No findings"), "{report}");
}
