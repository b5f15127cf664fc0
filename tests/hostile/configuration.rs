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
                run.ends(run.code, &["pod.yaml:3:18 note bare-pod "], &[]);
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
                run.stdout.contains("pod.yaml:3:18 "),
                path == ".",
                "{run:?}"
            );
            assert_eq!(crate::text::obeyed(&run.stdout, ""), None);
            assert_eq!(crate::text::obeyed(&run.stderr, ""), None);
        }
    }
}
