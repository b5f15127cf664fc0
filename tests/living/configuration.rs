use super::{Repository, deployment};

/// A service that takes requests, in three places.
fn repository(config: &str) -> Repository {
    let web = deployment("web", "web").replace("replicas: 0", "replicas: 2");
    let legacy = deployment("legacy-web", "web").replace("replicas: 0", "replicas: 2");
    Repository::new(&[
        ("lameduck.yaml", config),
        ("overlays/dev/web.yaml", &web),
        ("overlays/prod/web.yaml", &web),
        ("overlays/prod/legacy.yaml", &legacy),
    ])
}

const SHOW: &str = "check --format concise --select mutable-image-tag,missing-pdb";

fn findings(config: &str, arguments: &str) -> String {
    let run = repository(config).run(arguments);
    assert!(run.code < 2, "{}", run.stderr);
    run.stdout
        .lines()
        .filter_map(|line| {
            line.split_whitespace()
                .collect::<Vec<_>>()
                .get(..2)
                .map(|it| it.join(" "))
        })
        .filter(|line| line.starts_with("overlays"))
        .map(|line| line + "\n")
        .collect()
}

#[test]
fn without_overrides() {
    insta::assert_snapshot!(findings("", SHOW), @r"
    overlays/dev/web.yaml:4:9: warning[missing-pdb]
    overlays/dev/web.yaml:17:18: warning[mutable-image-tag]
    overlays/prod/legacy.yaml:4:9: warning[missing-pdb]
    overlays/prod/legacy.yaml:17:18: warning[mutable-image-tag]
    overlays/prod/web.yaml:4:9: warning[missing-pdb]
    overlays/prod/web.yaml:17:18: warning[mutable-image-tag]
    ");
}

#[test]
fn paths_and_workloads_select_what_an_override_speaks_of() {
    let config = "overrides:\n  - paths: [overlays/dev/]\n    ignore: [missing-pdb]\n  - workloads: \
                  ['*/legacy-*']\n    rules: { mutable-image-tag: error }\n  - paths: overlays/prod/\n    \
                  workloads: [Deployment/web]\n    rules: { missing-pdb: off }\n";
    insta::assert_snapshot!(findings(config, "check --format concise --ignore probes,shutdown,missing-pod-spread"), @r"
    overlays/dev/web.yaml:17:18: warning[mutable-image-tag]
    overlays/prod/legacy.yaml:4:9: warning[missing-pdb]
    overlays/prod/legacy.yaml:17:18: error[mutable-image-tag]
    overlays/prod/web.yaml:17:18: warning[mutable-image-tag]
    ");
}

#[test]
fn later_overrides_win_and_flags_win_over_all() {
    let config = "rules: { missing-pdb: error }\noverrides:\n  - paths: [overlays/]\n    rules: { missing-pdb: \
                  note }\n  - paths: [overlays/prod/]\n    rules: { missing-pdb: warning }\n";
    insta::assert_snapshot!(findings(config, "check --format concise --select missing-pdb"), @r"
    overlays/dev/web.yaml:4:9: note[missing-pdb]
    overlays/prod/legacy.yaml:4:9: warning[missing-pdb]
    overlays/prod/web.yaml:4:9: warning[missing-pdb]
    ");
    let config =
        "overrides: [{ paths: [overlays/], select: [mutable-image-tag], ignore: [missing-pdb] }]\n";
    insta::assert_snapshot!(findings(config, "check --format concise --select missing-pdb"), @r"
    overlays/dev/web.yaml:4:9: warning[missing-pdb]
    overlays/prod/legacy.yaml:4:9: warning[missing-pdb]
    overlays/prod/web.yaml:4:9: warning[missing-pdb]
    ");
}

#[test]
fn what_is_known_of_applications_and_mesh_differs_too() {
    let config = "overrides:\n  - paths: [overlays/dev/]\n    lifecycle: { shutdown-timeout: 50s }\n  - workloads: \
                  [Deployment/legacy-web]\n    mesh: { mode: sidecar, native-sidecars: false }\n";
    let port = "          image: web\n          ports: [{ containerPort: 80 }]\n";
    let repository = repository(config);
    for file in [
        "overlays/dev/web.yaml",
        "overlays/prod/web.yaml",
        "overlays/prod/legacy.yaml",
    ] {
        let text = repository
            .read(file)
            .replace("          image: web\n", port);
        repository.write(file, &text);
    }
    let run = repository
        .run("check --format concise --select insufficient-grace-period,missing-hold-application");
    insta::assert_snapshot!(run.stdout, @r"
    overlays/dev/web.yaml:16:17: error[insufficient-grace-period] Deployment/web: `app` needs 55s to stop, but is killed after 30s (default)
    overlays/prod/legacy.yaml:4:9: warning[missing-hold-application] Deployment/legacy-web: the app may start before its proxy, and its first calls fail
    1 error, 1 warning in 2 of 3 files (3 workloads); 1 fixable with --fix, 1 more with --unsafe-fixes
    ");
}

#[test]
fn options_of_rules_differ_too() {
    let config = "overrides:\n  - paths: [overlays/dev/]\n    rules: { missing-resources: { require-cpu-limit: true } }\n";
    insta::assert_snapshot!(findings(config, "check --format concise --select missing-resources"), @"overlays/dev/web.yaml:18:11: warning[missing-resources]");
}

#[test]
fn findings_of_a_rule_can_be_excluded_by_file() {
    let config = "rules: { missing-pdb: { exclude: [overlays/dev/] }, mutable-image-tag: { exclude: [overlays/, \
                  '*.json'] } }\n";
    let repository = repository(config);
    let run = repository.run(&format!("{SHOW},unused-suppression --show-suppressed"));
    insta::assert_snapshot!(run.stdout, @r"
    lameduck.yaml:1:95: warning[unused-suppression] this pattern hides nothing: `mutable-image-tag` ran and found nothing here
    overlays/dev/web.yaml:4:9: warning[missing-pdb] Deployment/web: 2 replicas and no PodDisruptionBudget: a drain may evict all at once (suppressed by config)
    overlays/dev/web.yaml:17:18: warning[mutable-image-tag] Deployment/web: image `web` has no tag: pods may differ, and a rollback cannot restore it (suppressed by config)
    overlays/prod/legacy.yaml:4:9: warning[missing-pdb] Deployment/legacy-web: 2 replicas and no PodDisruptionBudget: a drain may evict all at once
    overlays/prod/legacy.yaml:17:18: warning[mutable-image-tag] Deployment/legacy-web: image `web` has no tag: pods may differ, and a rollback cannot restore it (suppressed by config)
    overlays/prod/web.yaml:4:9: warning[missing-pdb] Deployment/web: 2 replicas and no PodDisruptionBudget: a drain may evict all at once
    overlays/prod/web.yaml:17:18: warning[mutable-image-tag] Deployment/web: image `web` has no tag: pods may differ, and a rollback cannot restore it (suppressed by config)
    3 warnings in 3 of 3 files (3 workloads); 2 fixable with --unsafe-fixes; 4 suppressed
    ");
    // A part of what a pattern speaks of says nothing about it.
    let run = repository
        .run("check overlays/dev --format concise --select mutable-image-tag,unused-suppression");
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn errors_have_their_place() {
    let repository = repository(
        "overrides:\n  - ignore: [missing-pdb]\n  - paths: [a/]\n  - paths: []\n    pedantic: true\n  - paths: \
         ['[z-a]']\n    workloads: [web]\n    fail-on: note\n    mesh: { root-namespace: a, mod: b }\n    \
         ignor: [x]\n    rules: { missing-pbd: off }\n  - a\nrules:\n  missing-pdb: { exclude: '!a', \
         exclud: b }\ncontext: { a: b }\nbaseline: [a]\n",
    );
    let run = repository.run("check");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @r"
    error: lameduck.yaml:2:5: an override without `paths` and `workloads` would hold for everything: put its keys at the top level
    error: lameduck.yaml:3:5: this override sets nothing
    error: lameduck.yaml:4:12: `paths` names nothing
    error: lameduck.yaml:6:13: `[z-a]` is not a valid pattern: invalid range; 'z' > 'a'
    error: lameduck.yaml:7:17: `web` is not a valid pattern: expected Kind/name, such as Deployment/legacy-*
    error: lameduck.yaml:8:5: `fail-on` holds for the whole run and cannot stand in `overrides`
    error: lameduck.yaml:9:13: `root-namespace` holds for the whole run and cannot stand in `overrides`
    error: lameduck.yaml:9:32: unknown key `mod`, did you mean `mode`?
    error: lameduck.yaml:10:5: unknown key `ignor`, did you mean `ignore`?
    error: lameduck.yaml:11:14: unknown rule `missing-pbd`, did you mean `missing-pdb`?
    error: lameduck.yaml:12:5: expected a mapping, found the text `a`
    error: lameduck.yaml:14:27: a pattern that starts with `!` excludes nothing here
    error: lameduck.yaml:14:33: unknown option of missing-pdb `exclud`, did you mean `exclude`?
    error: lameduck.yaml:15:10: expected a list, found a mapping
    error: lameduck.yaml:16:11: expected a file, found a list
    ");
}
