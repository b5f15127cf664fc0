//! Real manifests, and YAML files that are none: nothing in those may raise a finding.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod real;

use assert_cmd::Command;

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
    let Some(folder) = real::corpus() else {
        return;
    };
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
    let Some(folder) = real::not_manifests() else {
        return;
    };
    let output = check(&folder, &[".", "--pedantic", "--format", "concise"]);
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.starts_with("No findings"), "{report}");
}
