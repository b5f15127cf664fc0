//! The command line from outside: exit codes, what goes to standard output and to standard error.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

/// `lameduck` in a directory, without anything of the caller's environment that it may react to.
fn lameduck(directory: &Path) -> Command {
    let mut command = Command::new(cargo_bin!("lameduck"));
    command
        .current_dir(directory)
        .env_remove("NO_COLOR")
        .env_remove("TERM")
        .env_remove("RAYON_NUM_THREADS");
    command
}

/// A git repository, as far as lameduck looks.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The exit code, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn help_and_version_end_with_0() {
    let folder = repository(&[]);
    for arguments in [&["--help"] as &[&str], &["check", "-h"], &["--version"]] {
        let (code, out, err) = run(lameduck(folder.path()).args(arguments));
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(out.contains("lameduck"), "{out}");
    }
}

#[test]
fn usage_errors_end_with_2() {
    let folder = repository(&[("a.yaml", POD)]);
    for arguments in [
        &[] as &[&str],
        &["a.yaml"],
        &["check", "--nonsense"],
        &["check", "--config", "x", "--no-config"],
        &["check", "--kubernetes-version", "33"],
        &["check", "--select", "no-such-rule"],
        &["check", "--exclude", "[z-a]"],
        &["check", "--stdin-filename", "a.yaml"],
        &["explain", "no-such-rule"],
    ] {
        let (code, out, err) = run(lameduck(folder.path()).args(arguments));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(!err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn every_missing_path_is_named() {
    let folder = repository(&[("a.yaml", POD)]);
    let (code, out, err) = run(lameduck(folder.path()).args(["check", "b.yaml", "a.yaml", "c"]));
    assert_eq!((code, out.as_str()), (2, ""));
    insta::assert_snapshot!(err, @r"
    error: b.yaml: no such file or directory
    error: c: no such file or directory
    ");
}

#[test]
fn control_characters_in_paths_do_not_reach_the_terminal() {
    let folder = repository(&[]);
    let (_, _, err) = run(lameduck(folder.path()).args(["check", "a\u{1b}[31m.yaml"]));
    assert!(!err.contains(['\u{1b}', '\u{9b}']), "{err:?}");
}

/// On a runner of GitHub Actions, standard error is read for commands, too.
#[test]
fn paths_are_no_workflow_commands() {
    let misspelt = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namspace: b}\n";
    let folder = repository(&[("::error::a.yaml", misspelt)]);
    let (_, _, err) = run(lameduck(folder.path()).args(["check", "##[stop-commands]a"]));
    assert_eq!(
        err,
        "error: \\u{23}#[stop-commands]a: no such file or directory\n"
    );

    let mut command = lameduck(folder.path());
    command.args(["check", "--format=concise", "--select=unknown-field", "."]);
    let (code, out, _) = run(&mut command);
    assert_eq!(code, 1);
    assert!(
        out.starts_with("./::error::a.yaml:3:21: error[unknown-field] "),
        "{out}"
    );
}

#[test]
fn every_error_of_the_configuration_has_its_place() {
    let folder = repository(&[
        ("lameduck.yaml", "mash:\n  mode: none\nfail-on: errors\n"),
        ("k8s/a.yaml", POD),
    ]);
    let (code, out, err) = run(lameduck(&folder.path().join("k8s")).arg("check"));
    assert_eq!((code, out.as_str()), (2, ""));
    insta::assert_snapshot!(err, @r"
    error: ../lameduck.yaml:1:1: unknown key `mash`, did you mean `mesh`?
    error: ../lameduck.yaml:3:10: expected error, warning, note or never, found `errors`, did you mean `error`?
    ");
}

#[test]
fn the_configuration_can_be_named_or_left_out() {
    let folder = repository(&[("lameduck.yaml", "nonsense: 1\n"), ("other.yaml", "")]);
    for (arguments, expected) in [
        (&["check"] as &[&str], 2),
        (&["check", "--no-config"], 0),
        (&["check", "--config", "other.yaml"], 0),
        (&["check", "--config", "missing.yaml"], 2),
    ] {
        let (code, _, err) = run(lameduck(folder.path()).args(arguments));
        assert_eq!(code, expected, "{arguments:?}: {err}");
    }
}

#[test]
fn no_manifest_is_no_error_and_is_said() {
    let folder = repository(&[("values.yaml", "a: 1\n")]);
    let (code, _, err) = run(lameduck(folder.path()).args(["check", "values.yaml"]));
    assert_eq!(code, 0);
    assert!(
        err.contains("no Kubernetes manifest found in values.yaml"),
        "{err}"
    );

    let (code, _, err) = run(lameduck(folder.path()).args(["check", "--quiet"]));
    assert_eq!((code, err.as_str()), (0, ""));

    let (code, _, err) = run(lameduck(folder.path())
        .args(["check", "-"])
        .write_stdin("a: 1\n"));
    assert_eq!(code, 0);
    assert!(err.contains("standard input"), "{err}");
}

#[test]
fn skipped_charts_are_said() {
    let folder = repository(&[
        ("web/Chart.yaml", "name: web\n"),
        ("web/templates/a.yaml", "{{ x }}\n"),
    ]);
    let (code, out, _) = run(lameduck(folder.path()).arg("check"));
    assert_eq!(code, 0);
    insta::assert_snapshot!(out, @r"
    Not judged:
      1 Helm chart (render with `lameduck check --render auto`): web

    No findings: no manifest was read
    ");
}

#[test]
fn an_output_that_cannot_be_written_ends_with_2() {
    let folder = repository(&[("a.yaml", "a: 1\n")]);
    let (code, _, err) = run(lameduck(folder.path()).args(["check", "--format", "json=no/x.json"]));
    assert_eq!(code, 2);
    assert!(err.contains("no/x.json cannot be written: "), "{err}");
}

#[test]
fn completions_are_written_for_every_shell() {
    let folder = repository(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, out, err) = run(lameduck(folder.path()).args(["completions", shell]));
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains("stdin-filename"), "{shell}");
    }
}

#[test]
fn rules_are_listed_for_programs() {
    let folder = repository(&[]);
    let (code, out, _) = run(lameduck(folder.path()).args(["rules", "--format", "json"]));
    assert_eq!(code, 0);
    let list: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list["version"], 1);
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let mut child = Process::new(cargo_bin!("lameduck"))
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// A DestinationRule with one thing that can be fixed safely.
const OLD_FIELD: &str = "apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a} # why
spec:
  host: a
  trafficPolicy:
    outlierDetection: {consecutiveErrors: 3}
";

const SELECT: [&str; 2] = ["--select", "ignored-outlier-field"];

fn fixed() -> String {
    OLD_FIELD.replace("consecutiveErrors", "consecutiveGatewayErrors")
}

#[test]
fn a_diff_in_the_log_of_a_runner_commands_nothing() {
    let text = format!("{OLD_FIELD}# \u{202e}\n##vso[task.setvariable variable=a]b\n");
    let folder = repository(&[("k8s/a.yaml", &text)]);
    let run = |runner: bool| {
        let mut command = lameduck(folder.path());
        for name in ["CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"] {
            command.env_remove(name);
        }
        if runner {
            command.env("GITHUB_ACTIONS", "true");
        }
        run(command.args(["check", "--diff"]).args(SELECT)).1
    };
    let raw = run(false);
    assert!(raw.contains("##vso[") && raw.contains('\u{202e}'), "{raw}");
    let shown = run(true);
    assert!(
        !shown.contains("##vso[") && !shown.contains('\u{202e}'),
        "{shown}"
    );
}

#[test]
fn a_diff_changes_nothing_and_ends_with_1() {
    let folder = repository(&[("k8s/a.yaml", OLD_FIELD)]);
    let (code, out, _) = run(lameduck(folder.path())
        .args(["check", "--diff"])
        .args(SELECT));
    assert_eq!(code, 1);
    insta::assert_snapshot!(out, @r"
    --- a/k8s/a.yaml
    +++ b/k8s/a.yaml
    @@ -4,4 +4,4 @@
     spec:
       host: a
       trafficPolicy:
    -    outlierDetection: {consecutiveErrors: 3}
    +    outlierDetection: {consecutiveGatewayErrors: 3}
    ");
    let file = folder.path().join("k8s/a.yaml");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), OLD_FIELD);
    std::fs::write(file, fixed()).unwrap();
    let (code, out, _) = run(lameduck(folder.path())
        .args(["check", "--diff"])
        .args(SELECT));
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn only_fixes_of_named_rules_are_applied() {
    let both = format!(
        "{OLD_FIELD}---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\n\
         metadata: {{name: a}}\nspec: {{maxUnavailable: 1, selector: {{matchLabels: {{a: b}}}}}}\n"
    );
    let folder = repository(&[("k8s/a.yaml", &both)]);
    let diff = |arguments: &[&str]| {
        run(lameduck(folder.path())
            .args(["check", "--diff"])
            .args(arguments))
    };
    let (_, all, _) = diff(&[]);
    assert!(all.contains("+apiVersion: policy/v1\n") && all.contains("consecutiveGatewayErrors"));
    for names in ["removed-api-version", "availability"] {
        let (code, out, _) = diff(&["--fix-only", names]);
        assert_eq!(code, 1);
        assert!(out.contains("+apiVersion: policy/v1\n"), "{out}");
        assert!(!out.contains("consecutiveGatewayErrors"), "{out}");
    }
    let (code, _, err) = diff(&["--fix-only", "removed-api-versions"]);
    assert_eq!(code, 2);
    assert!(err.contains("removed-api-version"), "{err}");
    let (code, _, err) = run(lameduck(folder.path()).args(["check", "--fix-only", "mesh"]));
    assert_eq!(code, 2);
    assert!(err.contains("--fix"), "{err}");
    let (code, _, err) = run(lameduck(folder.path()).args(["check", "--review"]));
    assert_eq!(code, 2);
    assert!(err.contains("--review asks on a terminal"), "{err}");
}

#[test]
fn files_are_fixed_in_place_and_what_is_left_is_reported() {
    let crlf = OLD_FIELD.replace('\n', "\r\n");
    let folder = repository(&[("a.yaml", OLD_FIELD), ("b.yaml", &crlf)]);
    let (code, out, err) = run(lameduck(folder.path())
        .args(["check", "--fix"])
        .args(SELECT));
    assert_eq!(code, 0, "{out}");
    assert!(
        out.starts_with("No findings in 2 objects of 2 files"),
        "{out}"
    );
    assert_eq!(err, "note: applied 2 fixes in 2 files\n");
    let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("a.yaml"), fixed());
    assert_eq!(read("b.yaml"), fixed().replace('\n', "\r\n"));
}

#[test]
fn only_named_files_are_fixed() {
    let folder = repository(&[("a/a.yaml", OLD_FIELD), ("b/b.yaml", OLD_FIELD)]);
    let (code, _, _) = run(lameduck(folder.path())
        .args(["check", "--fix", "a"])
        .args(SELECT));
    assert_eq!(code, 0);
    let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("a/a.yaml"), fixed());
    assert_eq!(read("b/b.yaml"), OLD_FIELD);
}

#[test]
fn a_read_only_file_is_left_alone_and_said() {
    let folder = repository(&[("a.yaml", OLD_FIELD)]);
    let file = folder.path().join("a.yaml");
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).unwrap();
    let (code, out, err) = run(lameduck(folder.path())
        .args(["check", "--fix"])
        .args(SELECT));
    assert_eq!(code, 2);
    assert!(
        err.contains("a.yaml is not fixed: it is read-only"),
        "{err}"
    );
    assert!(out.contains("ignored-outlier-field"), "{out}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), OLD_FIELD);
}

#[test]
fn standard_input_comes_out_fixed() {
    let folder = repository(&[]);
    for text in [OLD_FIELD, &fixed(), "a: 1\n"] {
        let mut command = lameduck(folder.path());
        command.args(["check", "-", "--fix"]).args(SELECT);
        let (code, out, _) = run(command.write_stdin(text));
        let expected = text.replace("consecutiveErrors", "consecutiveGatewayErrors");
        assert_eq!((code, out), (0, expected));
    }
    let mut command = lameduck(folder.path());
    command.args(["check", "-", "--fix", "--format", "json"]);
    assert_eq!(run(command.write_stdin("a: 1\n")).0, 2);
}

#[test]
fn what_an_alias_shares_is_not_fixed_and_said() {
    let manifest = "\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders}
spec:
  host: orders
  trafficPolicy: &policy
    outlierDetection: {consecutiveErrors: 3}
  subsets:
    - name: v1
      labels: {version: v1}
      trafficPolicy: *policy
";
    let folder = repository(&[("rule.yaml", manifest)]);
    let (_, _, errors) = run(lameduck(folder.path()).args(["check", "--fix", "rule.yaml"]));
    let note = "note: rule.yaml:7: DestinationRule orders: not fixed (ignored-outlier-field): rename `consecutiveErrors` to \
                `consecutiveGatewayErrors`: the node is shared through an alias\n";
    assert!(errors.contains(note), "{errors}");
    let text = std::fs::read_to_string(folder.path().join("rule.yaml")).unwrap();
    assert_eq!(text, manifest);
}

/// A budget for the first Deployment's pods would be a second one for the other's.
const OVERLAPPING: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.org/web:1.2.3}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: canary, namespace: demo}
spec:
  replicas: 3
  selector: {matchLabels: {app: web, track: canary}}
  template:
    metadata: {labels: {app: web, track: canary}}
    spec: {containers: [{name: web, image: example.org/web:1.2.4}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: canary, namespace: demo}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {track: canary}}
";

#[test]
fn no_budget_is_added_that_selects_the_pods_of_others() {
    let folder = repository(&[("web.yaml", OVERLAPPING)]);
    // Whether or not the run asks for the rule that would speak of it.
    for narrow in [
        &["--select", "missing-pdb"] as &[&str],
        &["--ignore", "overlapping-pdbs"],
    ] {
        let mut command = lameduck(folder.path());
        command.args(["check", "--unsafe-fixes", "--format", "json"]);
        let (_, out, errors) = run(command.args(narrow));
        let note = "note: web.yaml:3: Deployment demo/web: not fixed (missing-pdb): add a \
                    PodDisruptionBudget that lets one pod go at a time: it would also select the pods of \
                    Deployment `canary`";
        assert_eq!(errors.matches(note).count(), 1, "{errors}");
        let text = std::fs::read_to_string(folder.path().join("web.yaml")).unwrap();
        assert_eq!(text.matches("kind: PodDisruptionBudget").count(), 1);
        // What was refused is no longer offered.
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        let mut findings = report["findings"].as_array().unwrap().iter();
        let missing = findings.find(|it| it["rule"] == "missing-pdb").unwrap();
        assert_eq!(missing["fix"], serde_json::Value::Null, "{missing}");
    }
}

/// Fields and annotations in the wrong place: of each, one that only restores what is meant, and one
/// that puts pods on the host's network or into the mesh.
const MISPLACED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    istio.io/dataplane-mode: ambient
    sidecar.istio.io/logLevel: warning
    sidecar.istio.io/proxyCPU: 100m
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 45
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: example.com/web:1
";

#[test]
fn safe_fixes_put_nothing_into_force_that_takes_a_person() {
    let folder = repository(&[("web.yaml", MISPLACED)]);
    let mut command = lameduck(folder.path());
    let rules = "unknown-field,ineffective-istio-annotation";
    command.args(["check", "--fix", "--diff", "--select", rules]);
    let (_, out, _) = run(&mut command);
    insta::assert_snapshot!(out, @r"
    --- a/web.yaml
    +++ b/web.yaml
    @@ -4,17 +4,18 @@
       name: web
       annotations:
         istio.io/dataplane-mode: ambient
    -    sidecar.istio.io/logLevel: warning
         sidecar.istio.io/proxyCPU: 100m
     spec:
       hostNetwork: true
    -  terminationGracePeriodSeconds: 45
       selector: {matchLabels: {app: web}}
       template:
         metadata:
           labels:
             app: web
    +      annotations:
    +        sidecar.istio.io/logLevel: warning
         spec:
    +      terminationGracePeriodSeconds: 45
           containers:
             - name: web
               image: example.com/web:1
    ");
}

#[test]
fn an_empty_run_can_be_refused() {
    let folder = repository(&[("values.yaml", "a: 1\n"), ("pod.yaml", POD)]);
    for arguments in [
        &["values.yaml", "--format=json"] as &[&str],
        &["values.yaml", "--quiet", "--format=json"],
        &["values.yaml", "--diff"],
    ] {
        let mut command = lameduck(folder.path());
        command.args(["check", "--fail-on-empty"]).args(arguments);
        let (code, out, err) = run(&mut command);
        assert_eq!(code, 2, "{arguments:?}");
        // What was read and not judged may be said before.
        let lines: Vec<&str> = err
            .lines()
            .filter(|it| !it.starts_with("note: Not judged:"))
            .collect();
        assert_eq!(lines.len(), 1, "{err}");
        assert!(
            lines[0].starts_with("error: no Kubernetes manifest found in values.yaml: looked for "),
            "{err}"
        );
        // The report is still there for whoever reads it.
        assert_eq!(out.contains("findings"), !arguments.contains(&"--diff"));
    }
    let mut command = lameduck(folder.path());
    command.args(["check", "--fail-on-empty", "--fail-on=never", "pod.yaml"]);
    assert_eq!(run(&mut command).0, 0);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = repository(&[]);
    let (code, out, err) = run(lameduck(folder.path()).args(["man", "share/man1"]));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    let mut pages: Vec<String> = std::fs::read_dir(folder.path().join("share/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    for command in ["", "-check", "-completions", "-explain", "-man", "-rules"] {
        let page = format!("lameduck{command}.1");
        assert!(pages.contains(&page), "{page} is not in {pages:?}");
    }
    let check = std::fs::read_to_string(folder.path().join("share/man1/lameduck-check.1")).unwrap();
    assert!(check.contains("fail\\-on"), "{check}");

    let (code, _, err) = run(lameduck(folder.path()).args(["man", "share/man1/lameduck.1"]));
    assert_eq!(code, 2);
    assert!(err.contains("cannot be made"), "{err}");
}

/// The commit follows where the build knew it.
#[test]
fn the_version_is_the_packages() {
    let folder = repository(&[]);
    let (_, out, _) = run(lameduck(folder.path()).arg("--version"));
    let expected = concat!("lameduck ", env!("CARGO_PKG_VERSION"));
    let rest = out.trim_end().strip_prefix(expected).unwrap();
    let commit = rest.strip_prefix(" (").and_then(|it| it.strip_suffix(')'));
    match option_env!("LAMEDUCK_COMMIT") {
        Some(given) => assert_eq!(commit, Some(&given[..9])),
        None => assert!(rest.is_empty() || commit.is_some(), "{out}"),
    }
}

/// A shell expands `*` to whatever files are called.
#[test]
fn names_of_files_that_look_like_flags_drive_no_terminal() {
    let folder = repository(&[("a.yaml", POD)]);
    let (code, out, err) =
        run(lameduck(folder.path()).args(["check", "--\u{1b}[2J\u{9b}\n::error::##[x]"]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("\n\\u{3a}:error::\\u{23}#[x]"), "{err}");
    assert!(!err.contains(['\u{1b}', '\u{9b}']), "{err:?}");
}

#[test]
fn explain_lists_the_rules_of_a_category() {
    let output = assert_cmd::Command::cargo_bin("lameduck")
        .unwrap()
        .args(["explain", "schema"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("schema\n"), "{text}");
    let listed = text.lines().skip(1).count();
    let all = lameduck::rules::metas().iter();
    let own = all
        .filter(|rule| rule.category.as_str() == "schema")
        .count();
    assert_eq!(listed, own, "{text}");
}
