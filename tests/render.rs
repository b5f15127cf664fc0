//! `--render auto`: kustomizations and Helm charts, from outside.
//!
//! What depends on the real programs is in `tests/render_tools.rs`; here shell scripts stand for
//! them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rendering;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rendering::{DEPLOYMENT, check, repository, run};

/// A directory with programs of these names; `$here` is that directory.
fn programs(scripts: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, script) in scripts {
        let path = folder.path().join(name);
        let text = format!("#!/bin/sh\nhere={}\n{script}\n", folder.path().display());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

const KUSTOMIZED: [(&str, &str); 2] = [
    ("kustomization.yaml", "resources: [deployment.yaml]\n"),
    ("deployment.yaml", DEPLOYMENT),
];

const CHART: [(&str, &str); 3] = [
    (
        "chart/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    ),
    ("chart/values.yaml", "replicas: 1\n"),
    (
        "chart/templates/deployment.yaml",
        "replicas: {{ .Values.replicas }}\n",
    ),
];

#[test]
fn no_program_is_run_unasked() {
    let files = [&KUSTOMIZED[..], &CHART[..]].concat();
    let repository = repository(&files);
    let script = "echo called >\"$here/called\"";
    let tools = programs(&[
        ("kustomize", script),
        ("kubectl", script),
        ("helm", script),
        ("git", script),
    ]);
    for arguments in [&[] as &[&str], &["--render", "never"]] {
        let (code, out, _) = run(check(repository.path(), tools.path()).args(arguments));
        assert_eq!(code, 1, "{out}");
        assert!(!tools.path().join("called").exists(), "{arguments:?}");
    }
}

#[test]
fn a_missing_program_ends_with_2_where_there_is_something_to_render() {
    let nothing = programs(&[]);
    let kustomized = repository(&KUSTOMIZED);
    let (code, out, err) = run(check(kustomized.path(), nothing.path()).args(["--render", "auto"]));
    assert_eq!((code, out.as_str()), (2, ""));
    insta::assert_snapshot!(err, @"error: --render auto: neither `kustomize` nor `kubectl` is on the PATH, and . is to be built: install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/), or use `--render never`");

    let chart = repository(&CHART);
    let (code, _, err) = run(check(chart.path(), nothing.path()).args(["--render", "auto"]));
    assert_eq!(code, 2);
    insta::assert_snapshot!(err, @"error: --render auto: `helm` is not on the PATH, and the chart chart is to be rendered: install Helm (https://helm.sh/docs/intro/install/), or use `--render never`");

    let plain = repository(&[("deployment.yaml", DEPLOYMENT)]);
    let (code, _, err) = run(check(plain.path(), nothing.path()).args(["--render", "auto"]));
    assert_eq!((code, err.as_str()), (1, ""));
}

#[test]
fn kubectl_takes_the_place_of_kustomize() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kubectl", "echo \"$@\" >\"$here/arguments\"")]);
    run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert_eq!(read(tools.path(), "arguments"), "kustomize .\n");
}

#[test]
fn programs_run_without_network_and_without_the_users_settings() {
    let files = [&KUSTOMIZED[..], &CHART[..]].concat();
    let repository = repository(&files);
    let tools = programs(&[
        (
            "kustomize",
            "env >\"$here/env\"; pwd >\"$here/pwd\"; cat >\"$here/stdin\"",
        ),
        (
            "helm",
            "env >\"$here/helm-env\"; echo \"$@\" >\"$here/arguments\"",
        ),
    ]);
    run(check(repository.path(), tools.path())
        .args(["--render", "auto", "--kubernetes-version", "1.33"])
        .env("PATH", format!("{}:/usr/bin:/bin", tools.path().display()))
        .env("https_proxy", "http://proxy.example:3128")
        .env("NO_PROXY", "*")
        .env("HELM_NAMESPACE", "mine")
        .env("HELM_DRIVER", "sql")
        .env("KUSTOMIZE_ENABLE_ALPHA_COMMANDS", "true")
        .env("GIT_ALLOW_PROTOCOL", "https:ssh")
        .env("GIT_SSH_COMMAND", "touch /tmp/x")
        .env("KUBECONFIG", "/home/me/.kube/config")
        .env("LC_ALL", "tr_TR.UTF-8")
        .write_stdin("not for the program"));
    for name in ["env", "helm-env"] {
        let env = read(tools.path(), name);
        let lines: Vec<&str> = env.lines().collect();
        for line in [
            "GIT_ALLOW_PROTOCOL=file",
            "LC_ALL=C",
            "http_proxy=http://127.0.0.1:1",
            "https_proxy=http://127.0.0.1:1",
            "all_proxy=http://127.0.0.1:1",
            "HTTP_PROXY=http://127.0.0.1:1",
            "HTTPS_PROXY=http://127.0.0.1:1",
            "ALL_PROXY=http://127.0.0.1:1",
        ] {
            assert!(lines.contains(&line), "{name}: {line} of\n{env}");
        }
        for gone in [
            "NO_PROXY",
            "HELM_NAMESPACE",
            "HELM_DRIVER",
            "GIT_SSH",
            "ALPHA",
            "/home/me",
        ] {
            assert!(!env.contains(gone), "{name}: {gone} in\n{env}");
        }
    }
    assert_eq!(read(tools.path(), "stdin"), "");
    let directory = read(tools.path(), "pwd");
    assert!(!Path::new(directory.trim()).exists(), "{directory}");
    let chart = repository.path().canonicalize().unwrap().join("chart");
    assert_eq!(
        read(tools.path(), "arguments"),
        format!(
            "template web {} --namespace default --skip-tests --kube-version 1.33\n",
            chart.display()
        )
    );
}

#[test]
fn a_program_that_does_not_end_is_stopped_with_all_it_started() {
    let mut files = KUSTOMIZED.to_vec();
    files.push(("lameduck.yaml", "render: {mode: auto, timeout: 2s}\n"));
    let repository = repository(&files);
    let tools = programs(&[(
        "kustomize",
        "PATH=/usr/bin:/bin\nsleep 600 &\necho $! >\"$here/pid\"\nwait",
    )]);
    let (code, out, _) = run(&mut check(repository.path(), tools.path()));
    assert_eq!(code, 1);
    let failure = out.lines().find(|line| line.contains("render-failed"));
    insta::assert_snapshot!(failure.unwrap(), @"kustomization.yaml:1:1 error render-failed `kustomize build .` fails, and what it would deploy is not checked: it was stopped after 2s (`render.timeout` in the configuration)");
    let pid = read(tools.path(), "pid");
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    // Nobody may have waited for it yet.
    assert!(state.is_err() || state.unwrap().contains(") Z "), "{pid}");
}

#[test]
fn endless_output_is_cut_off() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kustomize", "PATH=/usr/bin:/bin\nyes 'apiVersion: v1'")]);
    let (code, out, _) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert_eq!(code, 1);
    assert!(
        out.contains(
            "it was stopped, because it wrote more than 32 MiB (`max-file-size` in the configuration)"
        ),
        "{out}"
    );
    std::fs::write(
        repository.path().join("lameduck.yaml"),
        "max-file-size: 1500\n",
    )
    .unwrap();
    let (_, out, _) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert!(out.contains("it wrote more than 1500 bytes"), "{out}");
}

#[test]
fn what_a_program_says_is_made_harmless() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[(
        "kustomize",
        "printf '# Warning: old\\nError: \\033[31mred\\033[0m ::error::x in %s/kustomization.yaml\\n  and more\\n' \"$(pwd)\" >&2\nexit 1",
    )]);
    let (code, out, err) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert_eq!((code, err.as_str()), (1, ""));
    let failure = out.lines().find(|line| line.contains("render-failed"));
    insta::assert_snapshot!(failure.unwrap(), @r#"kustomization.yaml:1:1 error render-failed `kustomize build .` fails, and what it would deploy is not checked: \u{1b}[31mred\u{1b}[0m ::error::x in (temporary directory) and more"#);
    // The raw files are judged instead.
    assert!(
        out.contains("deployment.yaml:12:17 warning missing-readiness-probe"),
        "{out}"
    );
}

#[test]
fn a_program_that_gives_no_text_is_told() {
    let repository = repository(&KUSTOMIZED);
    for (script, told) in [
        ("printf '\\377'", "its output is no UTF-8 text"),
        ("kill -9 $$", "it was killed"),
        ("exit 3", "it says nothing"),
    ] {
        let tools = programs(&[("kustomize", script)]);
        let (code, out, _) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
        assert_eq!(code, 1);
        assert!(out.contains(told), "{out}");
    }
}

#[test]
fn what_needs_the_network_or_a_plugin_is_not_built_and_that_is_said() {
    let remote = [
        "resources: ['https://example.com/app.yaml']",
        "resources: ['github.com/org/app//deploy?ref=v1']",
        "resources: ['git@example.com:org/app.git']",
        "resources: ['ssh://git@example.com/org/app']",
        "components: ['https://example.com/app//component']",
        "bases: ['example.com/org/app.git//base']",
        "patches: [{path: 'https://example.com/patch.yaml'}]",
        "configMapGenerator: [{name: a, files: ['a=https://example.com/a']}]",
        "helmCharts: [{name: web, repo: 'https://example.com'}]",
        "generators: [generator.yaml]",
        "transformers: [\"apiVersion: example.com/v1\\nkind: Plugin\\n\"]",
        "resources: [base]",
    ];
    let tools = programs(&[("kustomize", "echo called >\"$here/called\"")]);
    let mut said = String::new();
    for text in remote {
        let repository = repository(&[
            ("kustomization.yaml", text),
            (
                "generator.yaml",
                "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: a}\n",
            ),
            (
                "base/kustomization.yaml",
                "resources: ['https://example.com/base']",
            ),
            ("base/deployment.yaml", DEPLOYMENT),
        ]);
        let (code, out, err) =
            run(check(repository.path(), tools.path()).args(["--render", "auto"]));
        assert_eq!(code, 1, "{out}");
        assert!(!tools.path().join("called").exists(), "{text}");
        assert!(out.contains("base/deployment.yaml:12:17 warning"), "{out}");
        let own = err
            .lines()
            .filter(|line| line.starts_with("note: kustomization.yaml"));
        own.for_each(|line| said.extend([line, "\n"]));
    }
    insta::assert_snapshot!(said, @"
    note: kustomization.yaml: not built, it takes in something remote (`https://example.com/app.yaml`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`github.com/org/app//deploy?ref=v1`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`git@example.com:org/app.git`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`ssh://git@example.com/org/app`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`https://example.com/app//component`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`example.com/org/app.git//base`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`https://example.com/patch.yaml`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`https://example.com/a`): its raw files are checked
    note: kustomization.yaml: not built, it renders Helm charts (`helmCharts`): its raw files are checked
    note: kustomization.yaml: not built, it runs a plugin (`generator.yaml` of `generators`): its raw files are checked
    note: kustomization.yaml: not built, it runs a plugin (given in `transformers`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something remote (`https://example.com/base`): its raw files are checked
    ");
}

#[test]
fn a_directory_for_temporary_files_inside_of_a_kustomization_is_no_place_to_build_it() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kustomize", "echo called >\"$here/called\"")]);
    let (code, out, _) = run(check(repository.path(), tools.path())
        .args(["--render", "auto"])
        .env("TMPDIR", repository.path()));
    assert_eq!(code, 1);
    assert!(out.contains("set TMPDIR to one outside"), "{out}");
    assert!(!tools.path().join("called").exists());
}

#[test]
fn standard_input_is_not_mixed_with_what_is_on_disk() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kustomize", "echo called >\"$here/called\"")]);
    let (code, out, err) = run(check(repository.path(), tools.path())
        .args([
            "--render",
            "auto",
            "-",
            "--stdin-filename",
            "deployment.yaml",
        ])
        .write_stdin(DEPLOYMENT));
    assert_eq!(code, 1, "{out}");
    assert!(!tools.path().join("called").exists());
    insta::assert_snapshot!(err, @"note: kustomization.yaml: not built, standard input stands for deployment.yaml, which is part of it: its raw files are checked");
}

#[test]
fn pipes_where_kustomize_and_helm_have_files_do_not_hang() {
    let mut files = CHART.to_vec();
    files.extend([
        (
            "app/kustomization.yaml",
            "resources: [deployment.yaml]\ngenerators: [pipe.yaml]\n",
        ),
        ("app/deployment.yaml", DEPLOYMENT),
        ("chart/charts/part/values.yaml", "a: b\n"),
    ]);
    let chart = "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: part}]\n";
    files[0].1 = chart;
    let repository = repository(&files);
    for pipe in ["app/pipe.yaml", "chart/charts/part/Chart.yaml"] {
        let pipe = repository.path().join(pipe);
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        assert!(made.unwrap().success());
    }
    let script = "echo called >\"$here/called\"";
    let tools = programs(&[("kustomize", script), ("helm", script)]);
    let mut command = check(repository.path(), tools.path());
    command
        .args(["--render", "auto"])
        .timeout(std::time::Duration::from_secs(60));
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("it runs a plugin (`pipe.yaml` of `generators`)"),
        "{err}"
    );
    assert!(
        err.contains("its dependency `part` is not in its charts/ folder"),
        "{err}"
    );
    assert!(!tools.path().join("called").exists());
}
