//! Whoever reads that a field is invalid is told what to write: `invalid-field` always has a help.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod real;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// Wrong in one field or another: a type, a word, a number out of range, a reference, nothing.
const VALUES: [&str; 8] = [
    "-1",
    "99999999",
    "{}",
    "[]",
    "\"?\"",
    "\"Not A Name\"",
    "true",
    "",
];

/// How many `invalid-field` findings a folder has, and those without a help.
fn helpless(folder: &Path) -> (usize, Vec<String>) {
    let output = Command::cargo_bin("lameduck")
        .unwrap()
        .current_dir(folder)
        .args(["check", "--no-config", "--select", "invalid-field"])
        .args(["--format", "json", "."])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let found = report["findings"].as_array().unwrap();
    let helpless = found
        .iter()
        .filter(|it| it["help"].as_str().is_none_or(str::is_empty));
    let said = helpless.map(|it| format!("{}: {}", it["path"], it["message"]));
    (found.len(), said.collect())
}

/// The manifests of the workloads that tests hold in a healthy form.
fn healthy() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workloads");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("healthy.yaml"))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// `key: value` of a line.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(": ")?;
    let is_key = key
        .trim()
        .trim_start_matches("- ")
        .chars()
        .all(char::is_alphanumeric);
    (is_key && !value.starts_with(['#', '|', '>', '&'])).then_some((key, value))
}

#[test]
fn every_mutant_of_a_field_has_a_help() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    let mut tried = BTreeSet::new();
    let mut count = 0;
    for file in healthy() {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some((key, _)) = pair(line) else { continue };
            // One of each field at each depth.
            if !tried.insert(key.to_owned()) {
                continue;
            }
            for value in VALUES {
                let mut mutant: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
                mutant[number] = format!("{key}: {value}");
                let own = folder.path().join(count.to_string());
                fs::create_dir(&own).unwrap();
                fs::write(own.join("a.yaml"), mutant.join("\n") + "\n").unwrap();
                count += 1;
            }
        }
    }
    let (found, helpless) = helpless(folder.path());
    assert!(found > 100, "{found} findings of {count} mutants");
    assert!(
        helpless.is_empty(),
        "{} of {found}: {helpless:#?}",
        helpless.len()
    );
}

#[test]
fn every_invalid_field_of_real_manifests_has_a_help() {
    let Some(corpus) = real::corpus() else { return };
    let mut all = 0;
    for repository in real::repositories(&corpus) {
        let (found, helpless) = helpless(&repository);
        all += found;
        assert!(
            helpless.is_empty(),
            "{}: {helpless:#?}",
            repository.display()
        );
    }
    eprintln!("{all} findings of invalid-field");
}
