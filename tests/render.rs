//! `--render auto`: kustomizations and Helm charts, from outside.
//!
//! What depends on the real programs is in `tests/render_tools.rs`; here shell scripts stand for
//! them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rendering;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rendering::{DEPLOYMENT, recorded, recording as check, repository, run};

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
    let script = "echo called >&9";
    let tools = programs(&[
        ("kustomize", script),
        ("kubectl", script),
        ("helm", script),
        ("git", script),
    ]);
    for arguments in [&[] as &[&str], &["--render", "never"]] {
        let (code, out, _) = run(check(repository.path(), tools.path()).args(arguments));
        assert_eq!(code, 1, "{out}");
        assert_eq!(recorded(tools.path()), "", "{arguments:?}");
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
    let tools = programs(&[("kubectl", "echo \"$@\" >&9")]);
    run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert_eq!(recorded(tools.path()), "kustomize .\n");
}

#[test]
fn a_configuration_file_starts_no_program() {
    let tools = programs(&[("kustomize", "echo called >&9")]);
    for text in ["render: auto\n", "render: {mode: auto, timeout: 5s}\n"] {
        let mut files = KUSTOMIZED.to_vec();
        files.push(("lameduck.yaml", text));
        let repository = repository(&files);
        let (code, out, err) = run(&mut check(repository.path(), tools.path()));
        assert_eq!((code, recorded(tools.path()).as_str()), (1, ""), "{out}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(err, @"note: lameduck.yaml: `render` asks for `auto`, but nothing is rendered: that runs programs, which a file of the repository cannot decide; add `--render auto` to the command line");
        }
        let (_, _, err) = run(check(repository.path(), tools.path()).args(["--render", "never"]));
        assert_eq!((err.as_str(), recorded(tools.path()).as_str()), ("", ""));
    }
}

#[test]
fn programs_run_with_an_environment_of_their_own() {
    let files = [&KUSTOMIZED[..], &CHART[..]].concat();
    let repository = repository(&files);
    let tools = programs(&[
        (
            "kustomize",
            "export -p >&9\necho \"pwd=$(pwd)\" >&9\nread line\necho \"stdin=$line\" >&9",
        ),
        ("helm", "export -p >&9\necho \"helm=$*\" >&9"),
    ]);
    run(check(repository.path(), tools.path())
        .args(["--render", "auto", "--kubernetes-version", "1.33"])
        .env("https_proxy", "http://proxy.example:3128")
        .env("NO_PROXY", "*")
        .env("HELM_DRIVER", "sql")
        .env("KUSTOMIZE_ENABLE_ALPHA_COMMANDS", "true")
        .env("GIT_SSH_COMMAND", "touch /tmp/x")
        .env("KUBECONFIG", "/home/me/.kube/config")
        .env("HOME", "/home/me")
        .env("SSH_AUTH_SOCK", "/home/me/agent")
        .env("GITHUB_TOKEN", "secret")
        .env("LC_ALL", "tr_TR.UTF-8")
        .write_stdin("not for the program"));
    let record = recorded(tools.path()).replace(['\'', '"'], "");
    for line in [
        " LC_ALL=C",
        " PATH=",
        " http_proxy=http://127.0.0.1:1",
        " HTTPS_PROXY=http://127.0.0.1:1",
    ] {
        let count = record.lines().filter(|it| it.ends_with(line)).count();
        assert_eq!(count, 2, "{line} in\n{record}");
    }
    for gone in [
        "NO_PROXY", "DRIVER", "GIT", "ALPHA", "home/me", "secret", "SSH",
    ] {
        assert!(!record.contains(gone), "{gone} in\n{record}");
    }
    let line = |start: &str| {
        let mut lines = record.lines();
        lines.find_map(|line| line.strip_prefix(start)).unwrap()
    };
    assert_eq!(line("stdin="), "");
    assert!(!Path::new(line("pwd=")).exists());
    let chart = repository.path().canonicalize().unwrap().join("chart");
    let arguments = line("helm=");
    let flags = "template --namespace default --skip-tests --kube-version 1.33 -- web ";
    let copy = arguments.strip_prefix(flags).expect(arguments);
    assert!(
        copy.ends_with(&format!("/view{}", chart.display())),
        "{copy}"
    );
}

#[test]
fn programs_of_folders_relative_to_the_repository_are_not_found() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kustomize", "echo called >&9")]);
    std::fs::copy(
        tools.path().join("kustomize"),
        repository.path().join("kustomize"),
    )
    .unwrap();
    let (code, _, err) = run(check(repository.path(), tools.path())
        .args(["--render", "auto"])
        .env("PATH", ".:"));
    assert_eq!((code, recorded(tools.path()).as_str()), (2, ""), "{err}");
    assert!(
        err.contains("neither `kustomize` nor `kubectl` is on the PATH"),
        "{err}"
    );
}

/// Whether this kernel has Landlock; says where it has not.
#[cfg(target_os = "linux")]
fn has_landlock() -> bool {
    use landlock::{AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Execute);
    let has = ruleset.is_ok_and(|it| it.create().is_ok());
    if !has {
        eprintln!("skipped: this kernel has no Landlock");
    }
    has
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_reads_writes_and_starts_nothing_but_what_it_is_given() {
    if !has_landlock() {
        return;
    }
    let mut files = KUSTOMIZED.to_vec();
    files.push(("beside.yaml", "secret: 1\n"));
    let repository = repository(&files);
    let real = repository.path().canonicalize().unwrap();
    let script = format!(
        "repository={}\n\
         try() {{ (eval \"$2\") 2>/dev/null && echo \"$1\" >&9; }}\n\
         try home ': >\"$HOME/x\"'\n\
         try view 'read line <\"../view$repository/deployment.yaml\"'\n\
         try passwd 'read line </etc/passwd'\n\
         try repository 'read line <\"$repository/deployment.yaml\"'\n\
         try beside 'read line <\"../view$repository/beside.yaml\"'\n\
         try itself 'read line <\"$here/secret\"'\n\
         try listing 'for it in \"$here\"/*; do [ \"$it\" = \"$here/*\" ] || exit 0; done; exit 1'\n\
         try written ': >\"$here/written\"'\n\
         try work ': >written'\n\
         try copy ': >>\"../view$repository/deployment.yaml\"'\n\
         try cat '/bin/cat </dev/null'\n\
         try script '\"$here/other\"'\n\
         try signal \"kill -0 $PPID\"\n",
        real.display()
    );
    let tools = programs(&[("kustomize", &script), ("other", "exit 0")]);
    std::fs::write(tools.path().join("secret"), "secret\n").unwrap();
    let (_, out, err) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    // Signals are kept in from Linux 6.12 on.
    let record = recorded(tools.path()).replace("signal\n", "");
    assert_eq!(record, "home\nview\n", "{out}{err}");
    assert!(!tools.path().join("written").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_cannot_connect() {
    let bash = Path::new("/bin/bash");
    if !has_landlock() || !bash.exists() {
        eprintln!("skipped: Landlock or {} is missing", bash.display());
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[]);
    let script = format!("#!/bin/bash\necho called >&9\necho x >/dev/tcp/127.0.0.1/{port}\n");
    let path = tools.path().join("kustomize");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (_, out, _) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert_eq!(recorded(tools.path()), "called\n");
    assert!(out.contains("render-failed"), "{out}");
    let accepted = listener.accept();
    assert_eq!(accepted.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[cfg(target_os = "linux")]
#[test]
fn a_script_that_starts_another_program_is_told() {
    if !has_landlock() {
        return;
    }
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kustomize", "exec \"$here/other\" \"$@\""), ("other", "")]);
    let (_, out, _) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert!(
        out.contains(
            "it is a script, and these may start no other program: put the program itself"
        ),
        "{out}"
    );
}

#[test]
fn the_command_line_sets_how_long_a_program_may_take() {
    let mut files = KUSTOMIZED.to_vec();
    files.push(("lameduck.yaml", "render: {timeout: 5m}\n"));
    let repository = repository(&files);
    let tools = programs(&[("kustomize", "while :; do :; done")]);
    let mut command = check(repository.path(), tools.path());
    command.args(["--render", "auto", "--render-timeout", "1s"]);
    let (code, out, _) = run(&mut command);
    assert_eq!(code, 1);
    assert!(out.contains("it was stopped after 1s"), "{out}");
}

#[test]
fn a_program_that_does_not_end_is_stopped_with_all_it_started() {
    let mut files = KUSTOMIZED.to_vec();
    files.push(("lameduck.yaml", "render: {timeout: 2s}\n"));
    let repository = repository(&files);
    let tools = programs(&[("kustomize", "(while :; do :; done) &\necho $! >&9\nwait")]);
    let (code, out, _) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert_eq!(code, 1);
    let failure = out.lines().find(|line| line.contains("render-failed"));
    insta::assert_snapshot!(failure.unwrap(), @"kustomization.yaml:1:1: error[render-failed] `kustomize build .` fails: it was stopped after 2s (`render.timeout` in the configuration, or `--render-timeout`)");
    let pid = recorded(tools.path());
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    // Nobody may have waited for it yet.
    assert!(state.is_err() || state.unwrap().contains(") Z "), "{pid}");
}

/// Whether a process is gone, or only waits for somebody to ask how it ended.
fn is_over(pid: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    state.map_or(true, |state| state.contains(") Z "))
}

#[test]
fn what_a_program_leaves_behind_is_stopped_when_it_succeeds() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[(
        "kustomize",
        "(while :; do :; done) >/dev/null 2>&1 &\necho $! >&9\n",
    )]);
    run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    let pid = recorded(tools.path());
    // A process that was killed takes a moment to end.
    let ended = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        is_over(&pid)
    });
    assert!(ended, "{pid}");
}

#[test]
fn a_program_ends_with_the_run_that_started_it() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kustomize", "echo $$ >&9\nwhile :; do :; done")]);
    let mut run = std::process::Command::new("/bin/sh");
    run.args(["-c", "exec 9>>\"$0\"; exec \"$@\""])
        .arg(tools.path().join("record"))
        .arg(env!("CARGO_BIN_EXE_lameduck"))
        .args(["check", "--render", "auto"])
        .current_dir(repository.path())
        .env("PATH", tools.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut run = run.spawn().unwrap();
    let within_seconds = |is_so: &dyn Fn() -> bool| {
        (0..1000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            is_so()
        })
    };
    let started = within_seconds(&|| recorded(tools.path()).ends_with('\n'));
    // No program can see that coming.
    run.kill().unwrap();
    run.wait().unwrap();
    let pid = recorded(tools.path());
    assert!(started, "{pid}");
    assert!(within_seconds(&|| is_over(&pid)), "{pid}");
}

#[test]
fn endless_output_is_cut_off() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[(
        "kustomize",
        "l='# more and more and more'\nl=$l$l$l$l$l$l\nl=$l$l$l$l$l$l\nwhile :; do echo \"$l\"; done",
    )]);
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
    insta::assert_snapshot!(failure.unwrap(), @r#"kustomization.yaml:1:1: error[render-failed] `kustomize build .` fails: \u{1b}[31mred\u{1b}[0m ::error::x in (temporary directory) and more"#);
    // The raw files are judged instead.
    assert!(
        out.contains("deployment.yaml:12:17: note[missing-readiness-probe]"),
        "{out}"
    );
}

#[test]
fn a_program_that_gives_no_text_is_told() {
    let repository = repository(&KUSTOMIZED);
    for (script, told) in [
        ("printf '\\377'", "its output is not UTF-8 text"),
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
    let tools = programs(&[("kustomize", "echo called >&9")]);
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
        assert_eq!(recorded(tools.path()), "", "{text}");
        assert!(out.contains("base/deployment.yaml:12:17: warning"), "{out}");
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
fn a_directory_for_temporary_files_may_lie_inside_of_what_is_rendered() {
    let files = [&KUSTOMIZED[..], &CHART[..]].concat();
    let repository = repository(&files);
    let tools = programs(&[
        ("kustomize", "echo called >&9"),
        ("helm", "echo called >&9"),
    ]);
    let (code, out, err) = run(check(repository.path(), tools.path())
        .args(["--render", "auto"])
        .env("TMPDIR", repository.path().join("chart")));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(recorded(tools.path()), "called\ncalled\n");
}

#[test]
fn what_leads_out_of_the_repository_is_not_rendered_and_that_is_said() {
    let outside = repository(&[
        ("secret", "top secret\n"),
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", DEPLOYMENT),
    ]);
    let tools = programs(&[
        ("kustomize", "echo called >&9"),
        ("helm", "echo called >&9"),
    ]);
    let out_of = |path: &str| outside.path().join(path);
    let mut said = String::new();
    for text in [
        "resources: [link]",
        "resources: [folder]",
        "Resources: [link]",
        "components: [folder/base]",
        "configMapGenerator: [{name: a, files: [key=link]}]",
        "configMapGenerator: [{name: a, Files: [folder/secret]}]",
        "transformers: [plugin.yaml]",
    ] {
        let repository = repository(&[
            ("kustomization.yaml", text),
            ("deployment.yaml", DEPLOYMENT),
            (
                "plugin.yaml",
                "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\nPath: link\n",
            ),
        ]);
        std::os::unix::fs::symlink(out_of("secret"), repository.path().join("link")).unwrap();
        std::os::unix::fs::symlink(out_of(""), repository.path().join("folder")).unwrap();
        let (_, out, err) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
        assert!(!out.contains("secret"), "{out}");
        said.push_str(&err);
    }
    for link in ["values.yaml", "files/a", "templates/a.yaml", "charts/part"] {
        let repository = repository(&CHART);
        let link = repository.path().join("chart").join(link);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&link);
        let target = if link.ends_with("part") {
            "base"
        } else {
            "secret"
        };
        std::os::unix::fs::symlink(out_of(target), link).unwrap();
        let (_, out, err) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
        assert!(!out.contains("secret"), "{out}");
        said.extend(
            err.lines()
                .filter(|line| line.contains(": not "))
                .map(|line| format!("{line}\n")),
        );
    }
    assert_eq!(recorded(tools.path()), "");
    insta::assert_snapshot!(said, @"
    note: kustomization.yaml: not built, it takes in something outside of the repository (`link`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something outside of the repository (`folder`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something outside of the repository (`link`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something outside of the repository (`folder/base`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something outside of the repository (`link`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something outside of the repository (`folder/secret`): its raw files are checked
    note: kustomization.yaml: not built, it takes in something outside of the repository (`link`): its raw files are checked
    note: chart: not rendered, `chart/values.yaml` leads out of the repository
    note: chart: not rendered, `chart/files/a` leads out of the repository
    note: chart: not rendered, `chart/templates/a.yaml` leads out of the repository
    note: chart: not rendered, `chart/charts/part` leads out of the repository
    ");
}

#[test]
fn links_inside_of_the_repository_are_links_in_the_copy() {
    let mut files = CHART.to_vec();
    files.extend([
        (
            "app/kustomization.yaml",
            "resources: [link.yaml, folder/base]\n",
        ),
        ("common/deployment.yaml", DEPLOYMENT),
        ("common/base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("common/base/a.yaml", "a: 1\n"),
        ("common/values.yaml", "replicas: 7\n"),
    ]);
    let repository = repository(&files);
    let link = |target: &str, link: &str| {
        std::os::unix::fs::symlink(target, repository.path().join(link)).unwrap();
    };
    link("../common/deployment.yaml", "app/link.yaml");
    link("../common", "app/folder");
    std::fs::remove_file(repository.path().join("chart/values.yaml")).unwrap();
    link("../common/values.yaml", "chart/values.yaml");
    let view = format!(
        "../view{}",
        repository.path().canonicalize().unwrap().display()
    );
    let kustomize = format!(
        "cd {view}/app\n[ -L link.yaml ] && [ -L folder ] && [ -f link.yaml ] && echo linked >&9\n\
         [ -f folder/base/a.yaml ] && [ ! -e folder/values.yaml ] && echo whole >&9"
    );
    let helm = format!("read line <{view}/chart/values.yaml && echo \"$line\" >&9");
    let tools = programs(&[("kustomize", &kustomize), ("helm", &helm)]);
    let (_, _, err) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
    assert_eq!(err, "");
    assert_eq!(recorded(tools.path()), "linked\nwhole\nreplicas: 7\n");
}

#[test]
fn standard_input_is_not_mixed_with_what_is_on_disk() {
    let repository = repository(&KUSTOMIZED);
    let tools = programs(&[("kustomize", "echo called >&9")]);
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
    assert_eq!(recorded(tools.path()), "");
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
    let script = "echo called >&9";
    let tools = programs(&[("kustomize", script), ("helm", script)]);
    let mut command = check(repository.path(), tools.path());
    command
        .args(["--render", "auto"])
        .timeout(std::time::Duration::from_secs(60));
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("it has a plugin that is not understood (`pipe.yaml` of `generators`)"),
        "{err}"
    );
    assert!(
        err.contains("its dependency `part` is not in its charts/ folder"),
        "{err}"
    );
    assert_eq!(recorded(tools.path()), "");
}

#[test]
fn what_is_data_of_a_generator_or_changes_nothing_stays_judged() {
    let built = "echo 'apiVersion: v1'; echo 'kind: ConfigMap'; echo 'metadata: {name: a}'";
    let tools = programs(&[("kustomize", built)]);
    for fields in [
        "configMapGenerator: [{name: a, files: [prod/web.yaml]}]",
        "openapi: {path: prod/web.yaml}",
        "patches: [{path: prod/web.yaml, target: {kind: None}}]",
        "patches: [{path: prod/web.yaml, target: {kind: ConfigMap, name: none}}]",
        "patches: [{path: prod/web.yaml, target: {kind: ConfigMap, group: none}}]",
        "patches: [{path: prod/web.yaml, target: {kind: ConfigMap, labelSelector: a=none}}]",
        "patches: [{path: prod/web.yaml, target: {name: 'none.*'}}]",
        "patches: [{path: prod/web.yaml, target: {kind: ConfigMap}}]",
    ] {
        let kustomization = format!("resources: [a.yaml]\n{fields}\n");
        let repository = repository(&[
            ("kustomization.yaml", &kustomization),
            (
                "a.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
            ),
            ("prod/web.yaml", DEPLOYMENT),
        ]);
        let (_, out, err) = run(check(repository.path(), tools.path()).args(["--render", "auto"]));
        assert!(
            out.contains("prod/web.yaml:12:17: note[missing-readiness-probe]")
                || format!("{out}{err}").contains("1 patch"),
            "{fields}\n{out}{err}"
        );
    }
}

#[test]
fn a_library_hides_only_what_is_there_to_be_taken_in() {
    let library = "apiVersion: v2\nname: a\nversion: 1.0.0\ntype: library\n";
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
    let tools = programs(&[(
        "helm",
        "echo ---; echo '# Source: a/templates/other.yaml'; echo '# Source: a/charts/web/templates/web.yaml'; \
         echo 'a: 1'; echo '...'; echo '# Source: a/charts/web/templates/web.yaml'; echo 'b: 1'",
    )]);
    for files in [
        vec![
            ("k8s/Chart.yaml", library),
            ("k8s/templates/web.yaml", DEPLOYMENT),
        ],
        vec![
            ("Chart.yaml", library),
            ("templates/_part.yaml", "{{ define \"a\" }}{{ end }}\n"),
            ("charts/web/Chart.yaml", chart),
            ("charts/web/templates/web.yaml", DEPLOYMENT),
        ],
        vec![
            ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"),
            ("templates/other.yaml", "a: 1\n"),
            ("charts/web/Chart.yaml", chart),
            ("charts/web/templates/web.yaml", DEPLOYMENT),
        ],
    ] {
        let repository = repository(&files);
        let arguments = ["--render", "auto"];
        let (_, out, err) = run(check(repository.path(), tools.path()).args(arguments));
        let said = format!("{out}{err}");
        assert!(said.contains("Not judged: 1 Helm chart"), "{said}");
    }
}
