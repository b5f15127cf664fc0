//! What the binary says of whole files: the fixtures, and files that are wrong in one place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use assert_cmd::Command;

/// Runs `check` in the root of the repository.
fn check(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("lameduck").unwrap();
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", "--no-config"])
        .args(arguments);
    command
}

fn report(arguments: &[&str]) -> String {
    let output = check(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The concise report of a manifest on standard input.
fn report_of(manifest: &str) -> String {
    let output = check(&["-", "--stdin-filename", "given.yaml", "--format", "concise"])
        .write_stdin(manifest)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_bad_service() {
    let arguments = [
        "fixtures/bad-service.yaml",
        "--mesh",
        "sidecar",
        "--format",
        "concise",
    ];
    check(&arguments).assert().code(1);
    insta::assert_snapshot!(report(&arguments));
}

#[test]
fn the_good_service() {
    let arguments = [
        "fixtures/good-service.yaml",
        "--mesh",
        "sidecar",
        "--format",
        "concise",
    ];
    check(&arguments).assert().code(1);
    insta::assert_snapshot!(report(&arguments));
}

#[test]
fn the_destination_rules() {
    let arguments = ["fixtures/destination-rules.yaml", "--format", "full"];
    check(&arguments).assert().code(1);
    insta::assert_snapshot!(report(&arguments));
}

#[test]
fn json_is_the_public_contract() {
    insta::assert_snapshot!(report(&[
        "fixtures/bad-service.yaml",
        "--select=missing-startup-probe",
        "--format=json"
    ]));
}

/// A Deployment with nothing but its image.
fn deployment(name: &str, spec: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n{spec}  selector:\n    \
         matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    \
         spec:\n      containers:\n        - name: app\n          image: example/app:1\n{container}"
    )
}

#[test]
fn a_broken_document_costs_only_itself() {
    let broken =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels: {a: b\nspec: {}\n";
    let manifest = [
        deployment("first", "", ""),
        broken.to_owned(),
        deployment("last", "", ""),
    ]
    .join("---\n");
    insta::assert_snapshot!(report_of(&manifest));
}

#[test]
fn a_wrong_type_silences_no_other_rule() {
    let ports = "          ports:\n            - containerPort: 8080\n";
    let manifest = deployment("web", "  replicas: \"3\"\n", ports);
    insta::assert_snapshot!(report_of(&manifest));
}

#[test]
fn a_misspelt_field_is_named() {
    let probe = "          livenesProbe:\n            tcpSocket:\n              port: 8080\n";
    let full = check(&["-", "--format", "full", "--select", "unknown-field"])
        .write_stdin(deployment("web", "", probe))
        .output()
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(full.stdout).unwrap());
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["full", "concise", "json", "sarif"] {
        let arguments = ["fixtures", "--format", format];
        assert_eq!(
            report(&arguments),
            report(&[&arguments[..], &["--jobs", "1"]].concat())
        );
    }
}

/// What fixing makes of a copy of a fixture, and what is left to say of it.
fn fixed(fixture: &str, flag: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::fs::copy(fixtures.join(fixture), folder.path().join(fixture)).unwrap();
    let output = check(&[fixture, flag, "--format", "concise"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let left = String::from_utf8(output.stdout).unwrap();
    let text = std::fs::read_to_string(folder.path().join(fixture)).unwrap();
    format!("{text}\n{left}")
}

#[test]
fn fixing_the_bad_service_leaves_no_error() {
    let fixed = fixed("bad-service.yaml", "--unsafe-fixes");
    assert!(!fixed.contains(" error "), "{fixed}");
    insta::assert_snapshot!(fixed);
}

#[test]
fn fixing_the_good_service_makes_its_annotation_work() {
    let fixed = fixed("good-service.yaml", "--fix");
    assert!(!fixed.contains("ineffective-istio-annotation"), "{fixed}");
    insta::assert_snapshot!(fixed);
}

#[test]
fn fixing_the_destination_rules_moves_and_renames_what_is_known() {
    insta::assert_snapshot!(fixed("destination-rules.yaml", "--fix"));
}
