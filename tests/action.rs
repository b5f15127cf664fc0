//! The scripts of the GitHub action, in the environment that a runner gives them.
//!
//! Needs bash; installing a release needs curl and tar, too.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A job of a runner.
struct Job {
    folder: tempfile::TempDir,
}

impl Job {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["temp", "repository", "repository/.git"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn run(&self, script: &Path, variables: &[(&str, &str)]) -> Output {
        Command::new("bash")
            .arg(script)
            .current_dir(self.path("repository"))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary"))
            .envs(variables.iter().copied())
            .output()
            .expect("bash runs")
    }

    /// Runs the check with these inputs over those of `action.yml`.
    fn check(&self, inputs: &[(&str, &str)]) -> Output {
        let binary = cargo_bin!("lameduck").to_str().unwrap();
        let defaults = [
            ("LAMEDUCK_BINARY", binary),
            ("LAMEDUCK_PATHS", "."),
            ("LAMEDUCK_ARGS", ""),
            ("LAMEDUCK_FAIL_ON", ""),
            ("LAMEDUCK_ANNOTATE", "true"),
            ("LAMEDUCK_SUMMARY", "true"),
        ];
        let script = Path::new(ROOT).join(".github/action/run.sh");
        self.run(&script, &[&defaults, inputs].concat())
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A job whose repository has a manifest with findings, in a folder with a space.
fn job_with_findings() -> Job {
    let job = Job::new();
    let folder = job.path("repository/k8s manifests");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(
        Path::new(ROOT).join("fixtures/bad-service.yaml"),
        folder.join("app.yaml"),
    )
    .unwrap();
    job
}

#[test]
fn findings_are_annotated_summed_up_and_held_back() {
    let job = job_with_findings();
    let run = job.check(&[("LAMEDUCK_PATHS", "k8s manifests\n")]);
    assert!(run.status.success(), "{run:?}");
    assert!(
        out(&run).contains("::error file=k8s manifests/app.yaml,line=28,"),
        "{run:?}"
    );
    assert!(
        job.read("summary")
            .contains("| **error** | `missing-startup-probe` |")
    );
    let sarif = job.path("temp/lameduck.sarif");
    assert_eq!(
        job.read("output"),
        format!("sarif-file={}\nexit-code=1\n", sarif.display())
    );
    let log = std::fs::read_to_string(sarif).unwrap();
    serde_json::from_str::<serde_json::Value>(&log).unwrap();
}

#[test]
fn inputs_reach_the_command_line() {
    let job = job_with_findings();
    let run = job.check(&[
        ("LAMEDUCK_ARGS", "--select missing-pdb --mesh none"),
        ("LAMEDUCK_FAIL_ON", "error"),
        ("LAMEDUCK_ANNOTATE", "false"),
        ("LAMEDUCK_SUMMARY", "false"),
    ]);
    assert!(run.status.success(), "{run:?}");
    let text = out(&run);
    assert!(text.contains("warning[missing-pdb]"), "{text}");
    assert!(!text.contains("identical-probes"), "{text}");
    assert!(job.read("output").ends_with("exit-code=0\n"));
    assert_eq!(job.read("summary"), "");

    // The report stands where the runner takes nothing for a command.
    let first = text.lines().next().unwrap();
    let token = first.strip_prefix("::stop-commands::").unwrap();
    assert_eq!(token.len(), "lameduck-".len() + 32);
    assert_eq!(text.lines().last().unwrap(), format!("::{token}::"));
}

#[test]
fn wrong_arguments_fail_at_once() {
    let job = job_with_findings();
    let run = job.check(&[("LAMEDUCK_ARGS", "--mesh=maybe")]);
    assert_eq!(run.status.code(), Some(2));
    assert_eq!(job.read("output"), "");
    let run = job.check(&[("LAMEDUCK_PATHS", "--help")]);
    assert_eq!(
        run.status.code(),
        Some(2),
        "a path is never a flag: {run:?}"
    );
}

/// A source tree of the action, whose releases are in a folder instead of at a host.
fn action_with_release(job: &Job) -> Option<PathBuf> {
    for tool in ["curl", "tar"] {
        if Command::new(tool).arg("--version").output().is_err() {
            eprintln!("skipped: there is no {tool}");
            return None;
        }
    }
    let action = job.path("action");
    let scripts = action.join(".github/action");
    std::fs::create_dir_all(&scripts).unwrap();
    std::fs::copy(
        Path::new(ROOT).join(".github/action/install.sh"),
        scripts.join("install.sh"),
    )
    .unwrap();
    let host = job.path("host");
    let package = format!(
        "[package]\nname = \"lameduck\"\nversion = \"1.2.3\"\nrepository = \"file://{}\"\n",
        host.display()
    );
    std::fs::write(action.join("Cargo.toml"), package).unwrap();
    let release = host.join("releases/download/v1.2.3");
    let target = "x86_64-unknown-linux-musl";
    let packed = Command::new(Path::new(ROOT).join(".ci/package"))
        .arg(target)
        .arg(cargo_bin!("lameduck"))
        .arg(&release)
        .output()
        .unwrap();
    assert!(packed.status.success(), "{packed:?}");
    let sums = Command::new("sh")
        .args(["-c", "sha256sum *.tar.gz > SHA256SUMS"])
        .current_dir(&release)
        .status();
    assert!(sums.unwrap().success());
    Some(scripts.join("install.sh"))
}

const LINUX: [(&str, &str); 2] = [("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")];

#[test]
fn a_release_is_installed_with_all_that_packages_want() {
    let job = Job::new();
    let Some(install) = action_with_release(&job) else {
        return;
    };
    let run = job.run(&install, &LINUX);
    assert!(run.status.success(), "{run:?}");
    let binary = job.path("temp/lameduck-bin/lameduck");
    assert_eq!(job.read("output"), format!("binary={}\n", binary.display()));
    assert!(out(&run).starts_with("lameduck "), "{run:?}");

    let archive =
        job.path("host/releases/download/v1.2.3/lameduck-x86_64-unknown-linux-musl.tar.gz");
    let listed = Command::new("tar")
        .arg("-tzf")
        .arg(archive)
        .output()
        .unwrap();
    let listed = out(&listed);
    for file in [
        "lameduck",
        "LICENSE-MIT",
        "man/lameduck-check.1",
        "completions/_lameduck",
        "completions/lameduck.bash",
    ] {
        let file = format!("lameduck-x86_64-unknown-linux-musl/{file}\n");
        assert!(listed.contains(&file), "{file} is not in {listed}");
    }
}

/// `cargo binstall` finds the archive by templates in `Cargo.toml`.
#[test]
fn cargo_binstall_is_told_where_the_archive_is() {
    let job = Job::new();
    if action_with_release(&job).is_none() {
        return;
    }
    let package = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).unwrap();
    let template = |key: &str| {
        let start = format!("{key} = \"");
        let line = package.lines().find_map(|line| line.strip_prefix(&start));
        [
            ("{ repo }", "host"),
            ("{ version }", "1.2.3"),
            ("{ name }", "lameduck"),
            ("{ bin }", "lameduck"),
            ("{ target }", "x86_64-unknown-linux-musl"),
            ("{ archive-suffix }", ".tar.gz"),
            ("{ binary-ext }", ""),
        ]
        .iter()
        .fold(
            line.unwrap().trim_end_matches('"').to_owned(),
            |it, (from, to)| it.replace(from, to),
        )
    };
    let unpacked = Command::new("tar")
        .arg("-xzf")
        .arg(job.path(&template("pkg-url")))
        .current_dir(job.path("temp"))
        .status();
    assert!(unpacked.unwrap().success());
    assert!(job.path("temp").join(template("bin-dir")).is_file());
}

#[test]
fn an_archive_that_was_changed_is_refused() {
    let job = Job::new();
    let Some(install) = action_with_release(&job) else {
        return;
    };
    let release = job.path("host/releases/download/v1.2.3");
    let archive = release.join("lameduck-x86_64-unknown-linux-musl.tar.gz");
    std::fs::write(archive, "something else").unwrap();
    let run = job.run(&install, &LINUX);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert!(out(&run).contains("is not what SHA256SUMS of release v1.2.3 says"));
    assert_eq!(job.read("output"), "");
}
