//! The workloads that platform teams run, each as an expert would ship it and with the mistakes
//! that are often made.
//!
//! `tests/workloads/<name>` holds the two forms, as `healthy.yaml` and `flawed.yaml` or as folders
//! of these names. The healthy form must give no warning and no error. The flawed form says at its
//! top, in lines `# ~ rule-id: why`, which rules must speak, and nothing else may.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use walkdir::WalkDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FOLDER: &str = "tests/workloads";

/// What was said of one workload: concise lines from the file's name on.
#[derive(Default)]
struct Said {
    healthy: Vec<String>,
    flawed: Vec<String>,
}

impl Said {
    fn form(&mut self, file: &str) -> &mut Vec<String> {
        match file.split(['.', '/']).next() {
            Some("healthy") => &mut self.healthy,
            Some("flawed") => &mut self.flawed,
            _ => panic!("{file} is of neither form"),
        }
    }
}

/// One run over all workloads. Their namespaces keep them apart.
fn report() -> BTreeMap<String, Said> {
    let mut found: BTreeMap<String, Said> = names().map(|name| (name, Said::default())).collect();
    let output = Command::cargo_bin("lameduck")
        .unwrap()
        .current_dir(ROOT)
        .args(["check", "--no-config", "--format", "concise", FOLDER])
        .output()
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    for line in report.lines() {
        let Some(line) = line.strip_prefix(FOLDER) else {
            continue;
        };
        let (name, finding) = line.trim_start_matches('/').split_once('/').unwrap();
        let said = found.get_mut(name).expect("a workload of the folder");
        said.form(finding).push(finding.to_owned());
    }
    found
}

fn names() -> impl Iterator<Item = String> {
    fs::read_dir(Path::new(ROOT).join(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
}

/// What stands in `file:line:column: severity[rule] message`.
fn severity_and_rule(finding: &str) -> (&str, &str) {
    let word = finding.split(' ').nth(1).unwrap();
    word.trim_end_matches(']').split_once('[').unwrap()
}

/// The rules that the flawed form announces, sorted.
fn announced(name: &str) -> Vec<String> {
    let folder = Path::new(ROOT).join(FOLDER).join(name);
    let mut rules = Vec::new();
    for entry in WalkDir::new(&folder) {
        let entry = entry.unwrap();
        let file = entry.path().strip_prefix(&folder).unwrap();
        if entry.file_type().is_file() && file.to_str().unwrap().starts_with("flawed") {
            let text = fs::read_to_string(entry.path()).unwrap();
            let marks = text.lines().filter_map(|line| line.strip_prefix("# ~ "));
            rules.extend(marks.map(|mark| mark.split_once(": ").unwrap().0.to_owned()));
        }
    }
    rules.sort();
    rules
}

#[test]
fn healthy_forms_have_no_warning() {
    let mut wrong = String::new();
    for (name, said) in report() {
        for finding in said.healthy {
            if severity_and_rule(&finding).0 != "note" {
                writeln!(wrong, "{name}/{finding}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn flawed_forms_have_the_mistakes_that_they_announce() {
    let mut wrong = String::new();
    for (name, said) in report() {
        let announced = announced(&name);
        let mut found: Vec<&str> = said
            .flawed
            .iter()
            .map(|it| severity_and_rule(it).1)
            .collect();
        found.sort_unstable();
        if announced.is_empty() || found != announced {
            writeln!(
                wrong,
                "{name}\n  announces {announced:?}\n  has       {found:?}"
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_is_said_of_each_workload() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/workloads");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for (name, said) in report() {
        let lines = [said.flawed, said.healthy].concat();
        insta::assert_snapshot!(name, lines.join("\n"));
    }
}

#[test]
fn there_is_a_pair_for_every_kind_of_workload() {
    let mut count = 0;
    for name in names() {
        let folder = Path::new(ROOT).join(FOLDER).join(&name);
        for form in ["healthy", "flawed"] {
            let file = folder.join(format!("{form}.yaml"));
            assert!(
                file.is_file() || folder.join(form).is_dir(),
                "{name} has no {form} form"
            );
        }
        count += 1;
    }
    assert!(count >= 40, "{count} workloads");
}
