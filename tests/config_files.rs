//! Which configuration file counts for a manifest: the nearest one, what it builds on, and what says why.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod rendering;

use std::path::Path;

use rendering::{repository, write};

/// A Deployment that gives `missing-pdb` and `mutable-image-tag`.
const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: app
          image: registry.example.com/web:latest
";

const BUDGET: &str = "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec:
  maxUnavailable: 1
  selector: { matchLabels: { app: web } }
";

struct Run {
    code: i32,
    /// `path: rule`, of those that the tests are about.
    found: Vec<String>,
    out: String,
    err: String,
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    let output = assert_cmd::Command::cargo_bin("lameduck")
        .unwrap()
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let mut found: Vec<String> = Vec::new();
    for line in out.lines() {
        for rule in ["missing-pdb", "mutable-image-tag"] {
            if line.contains(&format!("[{rule}]")) {
                let path = line.split(':').next().unwrap_or_default();
                found.push(format!("{path}: {rule}"));
            }
        }
    }
    found.sort();
    Run {
        code: output.status.code().unwrap(),
        found,
        out,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn check(folder: &Path, more: &[&str]) -> Run {
    run(folder, &[&["check", "--format", "concise"], more].concat())
}

const PDB: &str = "missing-pdb";
const TAG: &str = "mutable-image-tag";

#[test]
fn the_nearest_file_counts_alone() {
    let repo = repository(&[
        ("lameduck.yaml", "ignore: [missing-pdb]\n"),
        ("a/web.yaml", WEB),
        ("b/lameduck.yaml", "ignore: [mutable-image-tag]\n"),
        ("b/web.yaml", WEB),
        (
            "b/c/lameduck.yaml",
            "overrides: [{ workloads: [Deployment/web], ignore: [missing-pdb, mutable-image-tag] }]\n",
        ),
        ("b/c/web.yaml", WEB),
    ]);
    let ran = check(repo.path(), &[]);
    assert_eq!(
        ran.found,
        [format!("a/web.yaml: {TAG}"), format!("b/web.yaml: {PDB}")],
        "{}{}",
        ran.out,
        ran.err
    );
    // A named file gets what it gets in its folder, and flags win over every file.
    assert_eq!(
        check(repo.path(), &["b/web.yaml"]).found,
        [format!("b/web.yaml: {PDB}")]
    );
    let ran = check(repo.path(), &["--ignore", PDB]);
    assert_eq!(ran.found, [format!("a/web.yaml: {TAG}")]);
    // Whoever names a configuration, or none, means it for all.
    let ran = check(repo.path(), &["--config", "lameduck.yaml"]);
    assert_eq!(ran.found.len(), 3, "{}", ran.out);
    assert!(ran.found.iter().all(|it| it.ends_with(TAG)), "{}", ran.out);
    assert_eq!(check(repo.path(), &["--no-config"]).found.len(), 6);
}

#[test]
fn a_file_builds_on_another_one() {
    let repo = repository(&[
        (
            "lameduck.yaml",
            "ignore: [missing-pdb]\noverrides: [{ paths: [b/legacy.yaml], ignore: [mutable-image-tag] }]\n",
        ),
        (
            "b/lameduck.yaml",
            "extends: ../lameduck.yaml\nrules: { mutable-image-tag: error }\n",
        ),
        ("b/web.yaml", WEB),
        ("b/legacy.yaml", WEB),
        ("c/legacy.yaml", WEB),
    ]);
    let ran = check(repo.path(), &["b"]);
    assert_eq!(
        ran.found,
        [format!("b/web.yaml: {TAG}")],
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(ran.out.contains("error[mutable-image-tag]"), "{}", ran.out);
}

#[test]
fn files_in_a_circle_are_an_error_that_names_both() {
    let repo = repository(&[
        ("lameduck.yaml", "extends: conf/b.yaml\n"),
        ("conf/b.yaml", "extends: ../lameduck.yaml\n"),
        ("web.yaml", WEB),
    ]);
    let ran = check(repo.path(), &[]);
    assert_eq!(ran.code, 2);
    let expected =
        "conf/b.yaml:1:10: conf/b.yaml extends lameduck.yaml, which builds on conf/b.yaml itself";
    assert!(ran.err.contains(expected), "{}", ran.err);
    write(
        repo.path(),
        &[("lameduck.yaml", "extends: lameduck.yaml\n")],
    );
    let ran = check(repo.path(), &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("lameduck.yaml extends itself"),
        "{}",
        ran.err
    );
}

#[test]
fn a_file_builds_on_nothing_outside_of_the_repository() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), &[("base.yaml", "ignore: [missing-pdb]\n")]);
    let repo = outside.path().join("repo");
    write(
        &repo,
        &[
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("lameduck.yaml", "extends: ../base.yaml\n"),
            ("web.yaml", WEB),
        ],
    );
    let ran = check(&repo, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err
            .contains("`../base.yaml` lies outside of the repository"),
        "{}",
        ran.err
    );
    write(&repo, &[("lameduck.yaml", "extends: missing.yaml\n")]);
    let ran = check(&repo, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err
            .contains("lameduck.yaml:1:10: `missing.yaml` cannot be read"),
        "{}",
        ran.err
    );
}

#[test]
fn what_holds_for_the_whole_run_is_not_nested_and_that_is_said() {
    let repo = repository(&[
        (
            "a/lameduck.yaml",
            "fail-on: never\nexclude: [web.yaml]\npreset: minimal\n",
        ),
        ("a/web.yaml", WEB),
        ("web.yaml", WEB),
    ]);
    let ran = check(repo.path(), &[]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let expected =
        "a/lameduck.yaml: not used: `fail-on` (line 1), `exclude` (line 2) hold for a whole run";
    assert!(ran.err.contains(expected), "{}", ran.err);
    assert!(
        ran.found.iter().all(|it| it.starts_with("web.yaml")),
        "{}",
        ran.out
    );
    // In its own folder the file is the run's.
    let ran = check(&repo.path().join("a"), &[]);
    assert_eq!(
        (ran.code, ran.found.len()),
        (0, 0),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(!ran.err.contains("not used"), "{}", ran.err);
}

#[test]
fn mistakes_in_a_nested_file_end_the_run() {
    let repo = repository(&[
        ("a/lameduck.yaml", "ignore: [missing-pbd]\n"),
        ("a/web.yaml", WEB),
    ]);
    let ran = check(repo.path(), &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("a/lameduck.yaml:1:10"), "{}", ran.err);
    write(repo.path(), &[("a/.lameduck.yaml", "")]);
    let ran = check(repo.path(), &[]);
    assert!(ran.err.contains("are both here"), "{}", ran.err);
}

#[test]
fn presets_say_which_rules_run() {
    let repo = repository(&[("web.yaml", WEB)]);
    let count = |text: &str, more: &[&str]| {
        write(repo.path(), &[("lameduck.yaml", text)]);
        let ran = check(repo.path(), more);
        assert!(ran.code < 2, "{}", ran.err);
        (ran.found.len(), ran.out.matches('[').count())
    };
    assert_eq!(count("preset: minimal\n", &[]), (0, 0));
    assert_eq!(
        count("preset: minimal\nrules: { missing-pdb: warning }\n", &[]),
        (1, 1)
    );
    assert_eq!(
        count("preset: minimal\nselect: [mutable-image-tag]\n", &[]),
        (1, 1)
    );
    let recommended = count("preset: recommended\n", &[]);
    assert_eq!(count("", &[]), recommended);
    // A pedantic rule has something to say of it.
    write(repo.path(), &[("budget.yaml", BUDGET)]);
    let recommended = count("preset: recommended\n", &[]);
    let strict = count("preset: strict\n", &[]);
    assert_eq!(count("", &["--pedantic"]), strict);
    assert!(strict.1 > recommended.1, "{strict:?} {recommended:?}");
}

#[test]
fn config_says_what_holds_and_why() {
    let repo = repository(&[
        (
            "lameduck.yaml",
            "preset: strict\nfail-on: error\nignore: [missing-pdb]\nlifecycle:\n  buffer: 10s\n\
             overrides:\n  - paths: [b/]\n    lifecycle: { buffer: 1m }\n  \
             - workloads: [Deployment/legacy-*]\n    pedantic: false\n",
        ),
        (
            "b/lameduck.yaml",
            "extends: ../lameduck.yaml\nignore: [mesh]\nrules:\n  single-replica: off\nbaseline: b.json\n",
        ),
        ("b/web.yaml", WEB),
    ]);
    let ran = run(repo.path(), &["config", "--show", "b/web.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.out,
        "b/web.yaml is configured by b/lameduck.yaml, which extends lameduck.yaml

  ignore                [missing-pdb]  lameduck.yaml:3
  ignore                [mesh]         b/lameduck.yaml:2
  lifecycle.buffer      60s            lameduck.yaml:7, overrides
  preset                strict         lameduck.yaml:1
  rules.single-replica  off            b/lameduck.yaml:4

For Deployment/legacy-* also:
  pedantic  false  lameduck.yaml:9, overrides

For the whole run: `fail-on` (lameduck.yaml:2).

Not used, because only the configuration file of a run can set it: `baseline` (b/lameduck.yaml:5).
"
    );
    let ran = run(repo.path(), &["config", "--show", "a/new.yaml"]);
    assert!(
        ran.out
            .starts_with("a/new.yaml is configured by lameduck.yaml\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("lifecycle.buffer  10s"), "{}", ran.out);
    let bare = repository(&[]);
    let ran = run(bare.path(), &["config", "--show", "web.yaml"]);
    assert_eq!(
        ran.out,
        "web.yaml is configured by no file\n\nEvery setting has its default.\n"
    );
    assert_eq!(run(repo.path(), &["config", "--show", "b"]).code, 2);
}
