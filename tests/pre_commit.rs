//! The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit.
//!
//! Needs the tool: `LAMEDUCK_PRE_COMMIT` names its binary. `.ci/run` installs it. The hook that
//! builds from source takes minutes and runs only where `LAMEDUCK_PRE_COMMIT_BUILDS` is set.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: app
          image: registry.example.com/web:1.0.0
          ports:
            - {name: http, containerPort: 8080}
";

fn service(port: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {{app: web}}\n  \
         ports:\n    - {{name: http, port: 80, targetPort: {port}}}\n"
    )
}

/// A git repository of somebody who uses the hook.
struct Repository {
    folder: tempfile::TempDir,
    tool: OsString,
    hook: &'static str,
}

impl Repository {
    /// `None`, and said, where there is no pre-commit.
    fn new(hook: &'static str) -> Option<Self> {
        let Some(tool) = std::env::var_os("LAMEDUCK_PRE_COMMIT") else {
            eprintln!("skipped: LAMEDUCK_PRE_COMMIT does not name pre-commit");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder, tool, hook };
        repository.git(&["init", "--quiet"]);
        Some(repository)
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let done = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(self.folder.path())
            .status();
        assert!(done.unwrap().success(), "git {arguments:?}");
    }

    /// Writes a file and stages it.
    fn stage(&self, path: &str, text: &str) {
        let file = self.folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self.git(&["add", path]);
    }

    fn commit(&self) {
        self.git(&["commit", "--quiet", "--message", "a commit"]);
    }

    /// Runs the hook on what is staged.
    fn run(&self) -> Run {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let ours = cargo_bin!("lameduck").parent().unwrap().to_owned();
        let path = std::iter::once(ours).chain(std::env::split_paths(&inherited));
        let output = Command::new(&self.tool)
            .args([
                "try-repo",
                env!("CARGO_MANIFEST_DIR"),
                self.hook,
                "--verbose",
            ])
            .current_dir(self.folder.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env(
                "PRE_COMMIT_HOME",
                self.folder.path().join(".git/pre-commit"),
            )
            .output()
            .expect("pre-commit runs");
        Run::of(output)
    }
}

/// What pre-commit said.
struct Run {
    passed: bool,
    text: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self {
            passed: output.status.success(),
            text: String::from_utf8(text).unwrap(),
        }
    }
}

fn a_bad_manifest_fails_and_a_good_one_passes(hook: &'static str) {
    let Some(repository) = Repository::new(hook) else {
        return;
    };
    let bad = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bad-service.yaml");
    repository.stage("k8s/app.yaml", &std::fs::read_to_string(bad).unwrap());
    let run = repository.run();
    assert!(!run.passed, "{}", run.text);
    assert!(
        run.text.contains("warning[identical-probes]"),
        "{}",
        run.text
    );
    assert!(run.text.contains("k8s/app.yaml:28:11"), "{}", run.text);

    repository.stage("k8s/app.yaml", &service("http"));
    let run = repository.run();
    assert!(run.passed, "{}", run.text);
    assert!(run.text.contains("Passed"), "{}", run.text);
}

#[test]
fn the_installed_one() {
    a_bad_manifest_fails_and_a_good_one_passes("lameduck-system");
}

#[test]
fn the_one_that_is_built() {
    if std::env::var_os("LAMEDUCK_PRE_COMMIT_BUILDS").is_none() {
        eprintln!("skipped: LAMEDUCK_PRE_COMMIT_BUILDS is not set");
        return;
    }
    a_bad_manifest_fails_and_a_good_one_passes("lameduck");
}

#[test]
fn files_that_are_no_manifests_pass() {
    let Some(repository) = Repository::new("lameduck-system") else {
        return;
    };
    repository.stage(
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.sha }}\n",
    );
    repository.stage(
        "chart/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    );
    repository.stage("chart/values.yaml", "replicas: 2\nimage:\n  tag: latest\n");
    repository.stage(
        "chart/templates/deployment.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n\
         {{- if .Values.replicas }}\nspec:\n  replicas: {{ .Values.replicas }}\n{{- end }}\n",
    );
    let run = repository.run();
    assert!(run.passed, "{}", run.text);
    for word in ["error", "warning"] {
        assert!(!run.text.contains(word), "{}", run.text);
    }
}

/// pre-commit names only the files of the commit.
#[test]
fn a_changed_service_is_judged_with_the_deployment_beside_it() {
    let Some(repository) = Repository::new("lameduck-system") else {
        return;
    };
    repository.stage("k8s/deployment.yaml", DEPLOYMENT);
    repository.stage("k8s/service.yaml", &service("http"));
    repository.commit();
    repository.stage("k8s/service.yaml", &service("https"));
    let run = repository.run();
    assert!(!run.passed, "{}", run.text);
    assert!(run.text.contains("unresolved-target-port"), "{}", run.text);
    assert!(
        run.text
            .contains("no container of Deployment `web` declares"),
        "{}",
        run.text
    );

    repository.stage("k8s/service.yaml", &service("8080"));
    let run = repository.run();
    assert!(!run.text.contains("unresolved-target-port"), "{}", run.text);
}
