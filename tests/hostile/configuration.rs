//! Configurations, baselines, kustomizations and charts that were made to hurt.

use std::fmt::Write as _;

use super::{HEAD, POD, Repository};

const DEPTH: usize = 100_000;

fn laughs() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let inner = format!("*a{},", level - 1).repeat(10);
        let _ = writeln!(text, "a{level}: &a{level} [{inner}]");
    }
    text
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_with_its_place() {
    for (text, expected) in [
        ("exclude: [".repeat(DEPTH), "lameduck.yaml:1:"),
        (laughs(), "lameduck.yaml:6:"),
        ("select: &a [*a]\n".to_owned(), "lameduck.yaml:1:13: "),
        ("\u{1b}[2J##[error]: 1\n".to_owned(), "lameduck.yaml:1:"),
        ("exclude: '\n".to_owned(), "lameduck.yaml:"),
        ("- a\n".to_owned(), "lameduck.yaml:1:1: "),
        ("exclude: ['{a']\n".to_owned(), "lameduck.yaml:1:"),
    ] {
        let repository = Repository::new(&[("lameduck.yaml", &text), ("a.yaml", POD)]);
        let run = repository.run(&["check"]);
        run.ends(2, &[], &["error: ", expected]);
        assert_eq!(run.stdout, "");
        assert_eq!(crate::text::obeyed(&run.stderr, ""), None);
    }
    let repository = Repository::new(&[("a.yaml", POD)]);
    repository.write("lameduck.yaml", b"exclude: [\xff]\n");
    repository
        .run(&["check"])
        .ends(2, &[], &["error: lameduck.yaml"]);
    repository.sparse("lameduck.yaml", 100 << 20);
    repository
        .run(&["check"])
        .ends(2, &[], &["error: lameduck.yaml"]);
    let run = repository.run(&["check", "--config=."]);
    run.ends(2, &[], &["error: .: "]);
}

/// Whoever proposes a change to a repository may change its configuration, too.
#[test]
fn a_configuration_names_nothing_outside_of_its_repository() {
    for (text, expected) in [
        (
            "context: [k8s/, \"../../../../..\"]\n",
            "1:17: `../../../../..` lies outside of the repository, and this file may not name it: use --context DIR instead",
        ),
        (
            "context: [../up/*.yaml]\n",
            "1:11: `../up/*.yaml` lies outside",
        ),
        ("context: [../x/../../../etc/*]\n", "1:11: "),
        (
            "max-file-size: 1Gi\n",
            "1:16: this file may only lower the limit of 32 MiB: use --max-file-size 1Gi instead",
        ),
        (
            "baseline: ../../base.json\n",
            "1:11: `../../base.json` lies outside of the repository, and this file may not name it: use --baseline instead",
        ),
        ("baseline: /etc/passwd\n", "1:11: "),
        ("baseline: link.json\n", "1:11: "),
        (
            "baseline: ../.git/base.json\n",
            "1:11: `../.git/base.json` lies outside",
        ),
        ("baseline: git.json\n", "1:11: `git.json` lies outside"),
        ("mesh: {helm-values: [../.git/config]}\n", "1:22: "),
        (
            "mesh: {helm-values: [../../values.yaml]}\n",
            "1:22: `../../values.yaml` lies outside",
        ),
        (
            "render: {helm: [{chart: ../../chart}]}\n",
            "1:25: `../../chart` lies outside",
        ),
        (
            "render: {helm: [{chart: chart, values: [../../values.yaml]}]}\n",
            "1:41: `../../values.yaml` lies outside",
        ),
    ] {
        let repository = Repository::new(&[
            ("base.json", "{\"version\": 1, \"findings\": []}"),
            ("values.yaml", "a: b\n"),
            ("chart/Chart.yaml", "name: a\n"),
            ("etc/a.yaml", POD),
            ("r/k8s/a.yaml", POD),
            ("r/team/chart/Chart.yaml", "name: a\n"),
            ("r/team/lameduck.yaml", text),
        ]);
        std::fs::create_dir(repository.path("r/.git")).unwrap();
        std::fs::write(repository.path("r/.git/base.json"), "{}").unwrap();
        let link = repository.path("r/team/git.json");
        std::os::unix::fs::symlink("../.git/base.json", link).unwrap();
        std::os::unix::fs::symlink("..", repository.path("r/up")).unwrap();
        let link = repository.path("r/team/link.json");
        std::os::unix::fs::symlink("../../base.json", link).unwrap();
        let enter = "cd r/team; exec \"$@\"";
        let run = repository.script(enter, &["check"], std::process::Stdio::null());
        run.ends(2, &[], &[&format!("error: lameduck.yaml:{expected}")]);
        assert_eq!(run.stdout, "");
    }
    // Inside of it, a configuration may name what lies above itself.
    let text = "context: [../k8s/, ../../r/k8s/]\nbaseline: ../base.json\nmax-file-size: 1Mi\n";
    let repository = Repository::new(&[
        ("r/base.json", "{\"version\": 1, \"findings\": []}"),
        ("r/k8s/a.yaml", POD),
        ("r/team/b.yaml", POD),
        ("r/team/lameduck.yaml", text),
    ]);
    std::fs::create_dir(repository.path("r/.git")).unwrap();
    let enter = "cd r/team; exec \"$@\"";
    let run = repository.script(enter, &["check"], std::process::Stdio::null());
    run.ends(0, &["1 note in 1 of 1 file"], &[]);
}

/// What a person takes for the configuration is not ignored without a word.
#[test]
fn a_configuration_that_is_no_file_is_told() {
    for name in ["lameduck.yaml", ".lameduck.yaml"] {
        for (make, expected) in [
            ("mkdir", "it is not a regular file"),
            ("mkfifo", "it is not a regular file"),
            ("ln -s /dev/zero", "it is not a regular file"),
            ("ln -s missing.yaml", "No such file or directory"),
            (
                "ln -s ../elsewhere.yaml",
                "it is a link that leads out of the repository: name what it leads to",
            ),
        ] {
            let repository =
                Repository::new(&[("r/a.yaml", POD), ("elsewhere.yaml", "pedantic: true\n")]);
            std::fs::create_dir(repository.path("r/.git")).unwrap();
            let line = format!("cd r; {make} {name}; exec \"$@\"");
            let run = repository.script(&line, &["check"], std::process::Stdio::null());
            run.ends(2, &[], &["error: ", name, expected]);
            let enter = "cd r; exec \"$@\"";
            let arguments = ["check", "--no-config"];
            let run = repository.script(enter, &arguments, std::process::Stdio::null());
            run.ends(0, &["1 note"], &[]);
        }
    }
}

#[test]
fn a_baseline_that_cannot_be_read_is_told() {
    for text in [
        "{\"findings\":".repeat(DEPTH),
        "[".repeat(DEPTH),
        "{\"version\": 1, \"findings\": [{".to_owned(),
        "{\"version\": 18446744073709551616, \"findings\": []}".to_owned(),
        "{\"version\": 1, \"findings\": 3}".to_owned(),
        String::new(),
        laughs(),
    ] {
        let repository = Repository::new(&[("base.json", &text), ("a.yaml", POD)]);
        let run = repository.run(&["check", "--baseline=base.json"]);
        run.ends(2, &[], &["error: ", "base.json"]);
        let run = repository.run(&["check", "--write-baseline=base.json"]);
        run.ends(2, &[], &["error: ", "base.json"]);
        let kept = std::fs::read_to_string(repository.path("base.json"));
        assert_eq!(kept.unwrap(), text);
    }
    let repository = Repository::new(&[("a.yaml", POD)]);
    repository.sparse("base.json", 100 << 20);
    let run = repository.run(&["check", "--baseline=base.json"]);
    run.ends(2, &[], &["error: ", "base.json"]);
    let run = repository.run(&["check", "--baseline=."]);
    run.ends(2, &[], &["error: the baseline . cannot be read: "]);
}

#[test]
fn kustomizations_in_circles_end() {
    let mut wide = "resources:\n".to_owned();
    for index in 0..20_000 {
        let _ = writeln!(wide, "- pod.yaml\n- none{index}.yaml");
    }
    for text in [
        "resources: [., .., ../.., pod.yaml, /etc/passwd, /dev/zero, a, b]\n",
        "resources: [\"\\u001b[2J\", ##[error]x, '\n::error::']\nbases: [.]\ncomponents: [.]\n",
        "patches: [{path: kustomization.yaml}]\nresources: [kustomization.yaml]\n",
        "resources: 7\nimages: x\nreplicas: [[[]]]\n",
        "resources: &a [*a]\n",
        &laughs(),
        &"[".repeat(DEPTH),
        &wide,
    ] {
        let repository = Repository::new(&[
            ("kustomization.yaml", text),
            ("a/kustomization.yaml", "resources: [../b]\n"),
            ("b/kustomization.yaml", "resources: [../a, ..]\n"),
            ("pod.yaml", POD),
        ]);
        for path in [".", "kustomization.yaml", "pod.yaml"] {
            let run = repository.run(&["check", "--format=concise", path]);
            assert!([0, 1].contains(&run.code), "{run:?}");
            if path != "kustomization.yaml" {
                run.ends(run.code, &["pod.yaml:3:18: note[bare-pod] "], &[]);
            }
            assert_eq!(crate::text::obeyed(&run.stdout, ""), None);
            assert_eq!(crate::text::obeyed(&run.stderr, ""), None);
        }
    }
}

#[test]
fn charts_that_are_none_are_passed_over() {
    let deep = format!("{HEAD}data: {}\n", "[".repeat(DEPTH));
    for text in [
        "apiVersion: v2\nname: \"\\u001b[2J##[error]x\"\nversion: '\n",
        "dependencies: [{name: a, repository: 'file://.'}, {repository: 'file://..'}]\n",
        "&a [*a]\n",
        "",
        &laughs(),
        &"{a: ".repeat(DEPTH),
    ] {
        let repository = Repository::new(&[
            ("chart/Chart.yaml", text),
            ("chart/values.yaml", &deep),
            ("chart/templates/a.yaml", "{{ range }}\n\u{1b}[2J: [\n"),
            ("chart/charts/chart/Chart.yaml", text),
            ("pod.yaml", POD),
        ]);
        for path in [".", "chart"] {
            let run = repository.run(&["check", "--format=concise", path]);
            assert!([0, 1].contains(&run.code), "{run:?}");
            assert_eq!(
                run.stdout.contains("pod.yaml:3:18: "),
                path == ".",
                "{run:?}"
            );
            assert_eq!(crate::text::obeyed(&run.stdout, ""), None);
            assert_eq!(crate::text::obeyed(&run.stderr, ""), None);
        }
    }
}
