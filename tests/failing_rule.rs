//! A rule that panics, all the way: this program runs itself as a lameduck that has one rule more, as
//! the binary has no rule that fails.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rendering;

use std::path::Path;
use std::process::{Command, exit};

use lameduck::cli;
use lameduck::finding::{Category, FixAvailability, RuleMeta, Severity};
use lameduck::kube::Object;
use lameduck::rules::{self, Context, Findings, Rule};
use rendering::{DEPLOYMENT, repository};

/// The arguments of the lameduck that is to be run, one on a line.
const ARGUMENTS: &str = "LAMEDUCK_TEST_ARGUMENTS";

static META: RuleMeta = RuleMeta {
    id: "failing",
    category: Category::Schema,
    severity: Severity::Warning,
    pedantic: false,
    summary: "",
    page: "",
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// Panics on objects of one name.
struct Failing;

impl Rule for Failing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, _: &Context<'_>, object: &Object, _: &mut Findings) {
        assert_ne!(object.name(), "web", "a name it does not like");
    }
}

/// Ends the process.
fn become_lameduck(arguments: &str) {
    let arguments = ["lameduck"].into_iter().chain(arguments.lines());
    let mut rules: Vec<&'static dyn Rule> = vec![&Failing];
    rules.extend(rules::all());
    exit(cli::run_with(arguments.map(Into::into), &rules).into());
}

/// The exit code, standard output and standard error of a lameduck with [`Failing`].
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_rule_that_panics_ends_with_2_and_keeps_nothing_back",
            "--nocapture",
        ])
        .env(ARGUMENTS, arguments.join("\n"))
        .current_dir(directory)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn a_rule_that_panics_ends_with_2_and_keeps_nothing_back() {
    if let Ok(arguments) = std::env::var(ARGUMENTS) {
        become_lameduck(&arguments);
    }
    let folder = repository(&[("web.yaml", &DEPLOYMENT.replace("apps/v1", "apps/v1beta1"))]);
    let told = "internal error: rule failing failed on Deployment web in web.yaml, which it says nothing \
                about: assertion `left != right` failed: a name it does not like";
    for arguments in [
        &["check", "--format=concise", "--format=json=out.json"] as &[&str],
        &[
            "check",
            "--format=concise",
            "--format=sarif=out.json",
            "--fail-on=never",
            "--quiet",
        ],
        &[
            "check",
            "--format=concise",
            "--format=gitlab=out.json",
            "--unsafe-fixes",
        ],
    ] {
        let (code, out, err) = run(folder.path(), arguments);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert_eq!(err.matches(told).count(), 1, "{arguments:?}: {err}");
        assert!(err.contains("please report it"), "{err}");
        // Other rules have their say on the same object, in every report.
        assert!(
            out.contains("missing-readiness-probe"),
            "{arguments:?}: {out}"
        );
        let report = std::fs::read_to_string(folder.path().join("out.json")).unwrap();
        assert!(report.contains("missing-readiness-probe"), "{report}");
        assert!(serde_json::from_str::<serde_json::Value>(&report).is_ok());
    }
    // What was fixed is fixed.
    let fixed = std::fs::read_to_string(folder.path().join("web.yaml")).unwrap();
    assert!(fixed.starts_with("apiVersion: apps/v1\n"), "{fixed}");

    let (code, out, err) = run(folder.path(), &["checklist", "--format=json"]);
    assert_eq!((code, err.matches(told).count()), (2, 1), "{err}");
    assert!(out.contains("\"web\""), "{out}");
}

#[test]
fn without_a_failing_object_the_rule_changes_nothing() {
    let folder = repository(&[(
        "api.yaml",
        &DEPLOYMENT.replace("name: web\nspec", "name: api\nspec"),
    )]);
    let (code, out, err) = run(folder.path(), &["check", "--format=concise"]);
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("missing-readiness-probe"), "{out}");
    assert!(!err.contains("internal error"), "{err}");
}
