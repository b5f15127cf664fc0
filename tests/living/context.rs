use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Repository, deployment, run_in};

const BUDGET: &str = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: web }\nspec:\n  \
                      maxUnavailable: 1\n  selector: { matchLabels: { app: web } }\n";

fn repository(config: &str) -> Repository {
    let web = deployment("web", "web:1").replace("replicas: 0", "replicas: 2");
    Repository::new(&[
        ("lameduck.yaml", config),
        ("app/web.yaml", &web),
        ("budgets/web.yaml", BUDGET),
    ])
}

const CHECK: &str = "check app/web.yaml --format concise --select missing-pdb";

#[test]
fn the_rest_of_the_repository_counts() {
    for arguments in [
        CHECK,
        "check app --select missing-pdb",
        "check --select missing-pdb",
    ] {
        let run = repository("").run(arguments);
        assert_eq!(run.code, 0, "{arguments}: {}", run.stdout);
    }
}

#[test]
fn the_configuration_narrows_it() {
    let run = repository("context: [app/]\n").run(CHECK);
    assert_eq!(run.code, 1, "{}", run.stdout);
    // But what is named counts.
    let run = repository("context: []\n").run(&format!("{CHECK} budgets"));
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn the_configuration_widens_it() {
    let repository = repository("");
    std::fs::remove_file(repository.path("lameduck.yaml")).unwrap();
    repository.write("app/lameduck.yaml", "");
    let run = || run_in(&repository.path("app"), "check --select missing-pdb");
    assert_eq!(run().code, 1, "a configuration file narrows the view");
    repository.write("app/lameduck.yaml", "context: ['*', ../budgets/]\n");
    assert_eq!(run().code, 0, "{}", run().stdout);
    repository.write("app/lameduck.yaml", "context: ['*', ../budget/]\n");
    assert_eq!(
        run().stderr,
        "note: `context` names ../budget, which does not exist\n"
    );
}

/// Files are compared at most so many per repository.
const FILES: usize = 6;

#[test]
fn real_files_give_the_same_findings_alone_and_in_their_repository() {
    let Some(corpus) = std::env::var_os("LAMEDUCK_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: LAMEDUCK_CORPUS names no folder of manifests");
        return;
    };
    let mut compared = 0;
    for folder in std::fs::read_dir(&corpus).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            compared += compare(&folder);
        }
    }
    assert!(compared > 0, "{} holds no findings", corpus.display());
}

/// Gives how many files and folders were compared.
fn compare(folder: &Path) -> usize {
    // In a copy: a repository has a root.
    let copy = tempfile::tempdir().unwrap();
    std::fs::create_dir(copy.path().join(".git")).unwrap();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        let to = copy.path().join(entry.path().strip_prefix(folder).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else if entry.file_type().is_file() {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    let all = by_file(copy.path(), ".");
    let step = (all.len() / FILES).max(1);
    let mut compared = 0;
    for (file, expected) in all.iter().step_by(step) {
        let parent = Path::new(file).parent().unwrap().to_str().unwrap();
        for named in [file.as_str(), parent] {
            let named = if named.is_empty() { "." } else { named };
            // An argument of the test's own shell.
            if named.contains(' ') {
                continue;
            }
            let found = by_file(copy.path(), named).remove(file);
            assert_eq!(
                found.as_ref(),
                Some(expected),
                "{}: {named}",
                folder.display()
            );
            compared += 1;
        }
    }
    compared
}

/// Findings by the file they lie in.
fn by_file(folder: &Path, named: &str) -> BTreeMap<String, Vec<Value>> {
    let run = run_in(
        folder,
        &format!("check {named} --pedantic --no-config --format json"),
    );
    assert!(run.code < 2, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let mut findings: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let path = finding["path"].as_str().unwrap().to_owned();
        findings.entry(path).or_default().push(finding.clone());
    }
    findings
}
