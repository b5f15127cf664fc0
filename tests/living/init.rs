use super::{Repository, deployment, run_in};

const MESHED: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: { istio-injection: \
                      enabled }\n";

fn repository() -> Repository {
    let shop =
        deployment("web", "web").replace("name: web\nspec", "name: web\n  namespace: shop\nspec");
    let strange = deployment("odd", "odd:1").replace(
        "name: odd\nspec",
        "name: odd\n  namespace: \"a\\nb: c # \\e[31m\"\nspec",
    );
    Repository::new(&[
        ("base/web.yaml", &shop),
        ("base/namespace.yaml", MESHED),
        ("base/odd.yaml", &strange),
        (
            "base/kustomization.yaml",
            "resources: [web.yaml, namespace.yaml, odd.yaml]\n",
        ),
        (
            "overlays/dev/kustomization.yaml",
            "resources: [../../base]\n",
        ),
        ("overlays/my dev/dev/a.yaml", MESHED),
        ("charts/api/Chart.yaml", "name: api\n"),
        ("charts/api/templates/a.yaml", "{{ .Values.x }}\n"),
        ("vendor/lib/pod.yaml", &deployment("vendored", "x")),
        ("api/testdata/pod.yaml", &deployment("example", "x")),
        (
            "kind.yaml",
            "kind: Cluster\nnodes: [{ image: \"kindest/node:v1.33.1@sha256:0\" }]\n",
        ),
        (
            "base/istiod.yaml",
            &deployment("istiod", "docker.io/istio/pilot:1.27.3"),
        ),
    ])
}

#[test]
fn it_writes_what_it_sees() {
    let repository = repository();
    let run = repository.run("init");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout, @r"
    wrote lameduck.yaml (7 manifests in 7 files, 3 workloads)
    next: lameduck check
          lameduck check --write-baseline lameduck-baseline.json  (leaves the 2 findings of today for later)
    ");
    insta::assert_snapshot!("starter", repository.read("lameduck.yaml"));
    // It can be read, and leaves out what it says.
    let before = run.stdout;
    let run = repository.run("check --format json");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(!run.stdout.contains("vendored"), "{before}");
    assert!(!run.stdout.contains("testdata"), "{before}");
    // What it says next works.
    assert_eq!(
        repository
            .run("check --write-baseline lameduck-baseline.json")
            .code,
        0
    );
}

#[test]
fn every_key_in_it_can_be_switched_on() {
    let repository = repository();
    repository.run("init");
    let text: String = repository
        .read("lameduck.yaml")
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key)
                if !key.trim_start().starts_with('#') && !key.starts_with("  #") && is_key(key) =>
            {
                format!("{key}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    repository.write(
        "lameduck-baseline.json",
        "{\"version\": 1, \"findings\": []}",
    );
    repository.write("lameduck.yaml", &text);
    let run = repository.run("check --format concise");
    assert!(run.code < 2, "{text}{}", run.stderr);
    assert!(
        text.contains("\noverrides: [{ paths: [/overlays/dev/]"),
        "{text}"
    );
}

/// Prose stands behind a space.
fn is_key(line: &str) -> bool {
    !line.starts_with(' ') || line.starts_with("  ")
}

#[test]
fn a_baseline_that_is_there_is_named() {
    let repository = repository();
    repository.run("check --write-baseline lameduck-baseline.json");
    repository.run("init");
    let text = repository.read("lameduck.yaml");
    assert!(
        text.contains("\nbaseline: lameduck-baseline.json\n"),
        "{text}"
    );
    assert_eq!(repository.run("check").code, 0);
}

#[test]
fn a_baseline_is_written_where_it_is_asked_for() {
    let repository = repository();
    let run = repository.run("init --baseline");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("lameduck-baseline.json lists "),
        "{}",
        run.stderr
    );
    assert!(!run.stdout.contains("--write-baseline"), "{}", run.stdout);
    assert!(
        repository
            .read("lameduck.yaml")
            .contains("\nbaseline: lameduck-baseline.json\n")
    );
    assert_eq!(repository.run("check").code, 0);
    assert_eq!(repository.run("check --no-config").code, 1);
}

#[test]
fn releases_that_differ_are_not_written() {
    let repository = Repository::new(&[
        ("a.yaml", &deployment("a", "istio/pilot:1.26.0")),
        ("b.yaml", &deployment("b", "istio/proxyv2:1.27.0")),
    ]);
    assert_eq!(repository.run("init").code, 0);
    let text = repository.read("lameduck.yaml");
    assert!(
        !text.contains("1.26") && !text.contains("\n  istio-version"),
        "{text}"
    );
}

#[test]
fn what_is_there_is_left_alone() {
    let repository = repository();
    repository.write(".lameduck.yaml", "# mine\n");
    let run = repository.run("init");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(run.stderr, @"error: .lameduck.yaml is already here: it is left as it is");
    assert_eq!(repository.read(".lameduck.yaml"), "# mine\n");
    assert!(!repository.path("lameduck.yaml").exists());

    // One above goes on to hold elsewhere.
    let run = run_in(&repository.path("base"), "init");
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stderr, @"note: ../.lameduck.yaml does not count below this directory any more: `extends: ../.lameduck.yaml` in lameduck.yaml builds on it");
}

#[test]
fn an_empty_folder_is_fine() {
    let repository = Repository::new(&[]);
    let run = repository.run("init");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(run.stdout, @r"
    wrote lameduck.yaml (0 manifests in 0 files, 0 workloads)
    next: lameduck check
    ");
    assert_eq!(repository.run("check").code, 0);
}
