//! Where a fix is offered: what a maintainer would merge as it is. Elsewhere advice is help alone, and says
//! why.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod rendering;

use std::path::Path;

use assert_cmd::Command;
use rendering::repository;
use serde_json::Value;

/// The findings of some files that lie in one repository.
fn findings(files: &[(&str, &str)]) -> Vec<Value> {
    let folder = repository(files);
    check(folder.path())
}

fn check(folder: &Path) -> Vec<Value> {
    let output = Command::cargo_bin("lameduck")
        .unwrap()
        .current_dir(folder)
        .args(["check", "--no-config", "--format", "json", "."])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    report["findings"].as_array().unwrap().clone()
}

/// Whether the only finding of a rule has a fix; `None` without a finding.
fn offers(found: &[Value], rule: &str) -> Option<bool> {
    let mut own = found.iter().filter(|it| it["rule"] == rule);
    let first = own.next()?;
    assert!(own.next().is_none(), "{rule} is found twice: {found:?}");
    Some(!first["fix"].is_null())
}

/// What the only fix of a rule writes.
fn written(found: &[Value], rule: &str) -> String {
    let own = found.iter().find(|it| it["rule"] == rule).unwrap();
    let edits = own["fix"]["edits"].as_array().unwrap().iter();
    edits.map(|it| it["text"].as_str().unwrap()).collect()
}

const ADVICE: [&str; 3] = ["missing-prestop", "missing-pdb", "missing-pod-spread"];

/// A Deployment that a Service leads to.
fn served(name: &str, image: &str, spec: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n{spec}  \
         selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        \
         app: {name}\n    spec:\n{pod}      containers:\n        - name: main\n          image: {image}\n          \
         ports:\n            - containerPort: 8080\n          readinessProbe:\n            httpGet:\n              \
         path: /ready\n              port: 8080\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  \
         namespace: shop\nspec:\n  selector:\n    app: {name}\n  ports:\n    - port: 80\n      targetPort: 8080\n"
    )
}

fn web(spec: &str, pod: &str) -> String {
    served("web", "registry.example/web:1.4.2", spec, pod)
}

const THREE: &str = "  replicas: 3\n";

#[test]
fn advice_is_offered_where_a_workload_is_to_be_relied_on() {
    let file = web(THREE, "");
    let found = findings(&[("apps/web/web.yaml", &file)]);
    for rule in ADVICE {
        assert_eq!(offers(&found, rule), Some(true), "{rule}");
    }
    for path in [
        "hack/web.yaml",
        "deploy/dev/web.yaml",
        "manifests-loadtest/web.yaml",
        "mesh-workshop/web.yaml",
    ] {
        let found = findings(&[(path, &file)]);
        for rule in ADVICE {
            assert_eq!(offers(&found, rule), Some(false), "{rule} in {path}");
        }
    }
    let bad = format!("# BAD PRACTICE: nothing waits for anything.\n{file}");
    let found = findings(&[("apps/web/web.yaml", &bad)]);
    for rule in ADVICE {
        assert_eq!(offers(&found, rule), Some(false), "{rule}");
    }
}

#[test]
fn tools_and_stand_ins_get_advice_without_a_fix() {
    for image in [
        "mailhog/mailhog:v1.0.1",
        "adminer:4",
        "ealen/echo-server:0.9",
    ] {
        let found = findings(&[("apps/a.yaml", &served("a", image, THREE, ""))]);
        for rule in ADVICE {
            assert_eq!(offers(&found, rule), Some(false), "{rule} of {image}");
        }
    }
}

#[test]
fn load_for_others_needs_no_budget() {
    for image in ["locustio/locust:2.15", "weaveworksdemos/load-test:0.1.1"] {
        let found = findings(&[("apps/a.yaml", &served("a", image, THREE, ""))]);
        for rule in ADVICE {
            assert_eq!(offers(&found, rule), None, "{rule} of {image}");
        }
    }
}

#[test]
fn a_hook_is_offered_where_rollouts_are_to_lose_no_request() {
    let offers = |spec: &str, pod: &str| {
        let found = findings(&[("web.yaml", &web(spec, pod))]);
        offers(&found, "missing-prestop")
    };
    assert_eq!(offers("  replicas: 2\n", ""), Some(true));
    assert_eq!(offers("  replicas: 1\n", ""), Some(false));
    let first = "  replicas: 1\n  strategy:\n    rollingUpdate:\n      maxUnavailable: 0\n";
    assert_eq!(offers(first, ""), Some(true));
    let soon = "      terminationGracePeriodSeconds: 5\n";
    assert_eq!(offers("  replicas: 2\n", soon), Some(false));
}

#[test]
fn a_grace_period_of_0_is_raised_where_something_is_lost_by_it() {
    let none = "      terminationGracePeriodSeconds: 0\n";
    let served = web(THREE, none);
    let found = findings(&[("web.yaml", &served)]);
    assert_eq!(offers(&found, "zero-grace-period"), Some(true));
    let (alone, _) = served.split_once("---").unwrap();
    let (alone, _) = alone.split_once("          ports:").unwrap();
    let found = findings(&[("web.yaml", alone)]);
    assert_eq!(offers(&found, "zero-grace-period"), Some(false));
}

#[test]
fn ejection_is_bounded_where_there_are_endpoints_enough() {
    let rule = |errors: u32| {
        format!(
            "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: web\n  namespace: \
             shop\nspec:\n  host: web\n  trafficPolicy:\n    outlierDetection:\n      consecutive5xxErrors: \
             {errors}\n      maxEjectionPercent: 100\n"
        )
    };
    let offers = |replicas: u32, errors: u32| {
        let spec = format!("  replicas: {replicas}\n");
        let file = web(&spec, "") + &rule(errors);
        offers(
            &findings(&[("web.yaml", &file)]),
            "outlier-ejection-unbounded",
        )
    };
    assert_eq!(offers(6, 5), Some(true));
    assert_eq!(offers(2, 5), Some(false));
    // What ejects at the first error is there to be seen.
    assert_eq!(offers(6, 1), Some(false));
}

#[test]
fn copies_are_changed_where_they_come_from() {
    let file = web(THREE, "");
    for path in [
        "third_party/web/web.yaml",
        "apps/web/upstream/base/web.yaml",
    ] {
        let found = findings(&[(path, &file)]);
        for rule in ADVICE {
            assert_eq!(offers(&found, rule), Some(false), "{rule} in {path}");
        }
        let help = found.iter().find(|it| it["rule"] == "missing-pdb").unwrap();
        let help = help["help"].as_str().unwrap();
        assert!(help.contains("change it where it comes from"), "{help}");
    }
    // A variant of one's own, for a channel of that name.
    let found = findings(&[("overlays/upstream/web.yaml", &file)]);
    assert_eq!(offers(&found, "missing-pdb"), Some(true));
    let installed = file.replacen(
        "metadata:\n",
        "metadata:\n  labels: {operator.istio.io/component: IngressGateways}\n",
        1,
    );
    let found = findings(&[("web.yaml", &installed)]);
    assert_eq!(offers(&found, "missing-pdb"), Some(false));
}

/// A Deployment whose keys all stand in order.
fn sorted(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    app: {name}\n    part: shop\n    tier: \
         web\n  name: {name}\n  namespace: shop\nspec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: \
         {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n        part: shop\n        tier: \
         web\n    spec:\n      containers:\n      - image: registry.example/{name}:1.4.2\n        name: {name}\n        \
         ports:\n        - containerPort: 8080\n          name: http\n"
    )
}

#[test]
fn a_folder_whose_keys_all_stand_in_order_is_written_by_a_program() {
    let texts: Vec<_> = ["a", "b", "c", "d"].map(sorted).into();
    let paths = ["m/a.yaml", "m/b.yaml", "m/c.yaml", "m/d.yaml"];
    let mut files: Vec<_> = paths
        .into_iter()
        .zip(texts.iter().map(String::as_str))
        .collect();
    let offered = |files: &[(&str, &str)]| {
        let found = findings(files);
        let budgets = found.iter().filter(|it| it["rule"] == "missing-pdb");
        budgets.filter(|it| !it["fix"].is_null()).count()
    };
    assert_eq!(offered(&files), 0);
    assert_eq!(offered(&files[1..]), 3);
    let by_hand = texts[0].replace(
        "  name: a\n  namespace: shop\n",
        "  namespace: shop\n  name: a\n",
    );
    files[0].1 = &by_hand;
    assert_eq!(offered(&files), 4);
}

#[test]
fn a_folder_for_older_releases_keeps_its_api_versions() {
    let budget = |version: &str| {
        format!(
            "apiVersion: {version}\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  minAvailable: 1\n  \
             selector:\n    matchLabels:\n      app: web\n"
        )
    };
    let (old, new) = (budget("policy/v1beta1"), budget("policy/v1"));
    let found = findings(&[("ha/pdb.yaml", &old), ("ha-1.21+/pdb.yaml", &new)]);
    assert_eq!(offers(&found, "removed-api-version"), Some(false));
    let found = findings(&[("ha/pdb.yaml", &old), ("web/pdb.yaml", &new)]);
    assert_eq!(offers(&found, "removed-api-version"), Some(true));
}

#[test]
fn a_collection_is_left_to_the_files_that_it_collects() {
    let texts: Vec<String> = (0..4)
        .map(|number| web(THREE, "").replace("web", &format!("web{number}")))
        .collect();
    let objects: Vec<&str> = texts.iter().flat_map(|it| it.split("---\n")).collect();
    let all = objects.join("---\n");
    let paths: Vec<String> = (0..objects.len())
        .map(|it| format!("deploy/parts/{it}.yaml"))
        .collect();
    let mut files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(objects).collect();
    files.push(("deploy/all.yaml", &all));
    let found = findings(&files);
    let fixed: Vec<&str> = found
        .iter()
        .filter(|it| it["rule"] == "missing-pod-spread" && !it["fix"].is_null())
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    assert_eq!(fixed.len(), 4);
    assert!(!fixed.contains(&"deploy/all.yaml"), "{fixed:?}");
}

#[test]
fn a_budget_is_corrected_in_all_labels_that_differ() {
    let file = |labels: &str| {
        let budget = format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  \
             maxUnavailable: 1\n  selector:\n    matchLabels:\n{labels}"
        );
        web(THREE, "") + &budget
    };
    let text = file("      app: wbe\n      tier: front\n");
    let found = findings(&[("web.yaml", &text)]);
    assert_eq!(offers(&found, "pdb-selects-nothing"), Some(true));
    let edits = written(&found, "pdb-selects-nothing");
    assert!(
        edits.contains("web") && !edits.contains("tier"),
        "{edits:?}"
    );
    // Of two that are as near, nobody says which one is meant.
    let other = |name: &str| web(THREE, "").replace(": web\n", &format!(": {name}\n"));
    let budget = file("      app: wbe\n").replace(
        "  name: web\n  namespace: shop\nspec:\n  max",
        "  name: all\n  namespace: shop\nspec:\n  max",
    );
    let (_, budget) = budget.rsplit_once("---\n").unwrap();
    let text = format!("{}---\n{}---\n{budget}", other("web1"), other("web2"));
    let found = findings(&[("web.yaml", &text)]);
    assert_ne!(offers(&found, "pdb-selects-nothing"), Some(true));
}

#[test]
fn what_is_added_is_indented_like_its_neighbours() {
    let file = web(THREE, "").replacen(
        "metadata:\n  name: web\n  namespace: shop\n",
        "metadata:\n name: web\n namespace: shop\n",
        1,
    );
    let found = findings(&[("web.yaml", &file)]);
    let edits = written(&found, "missing-pod-spread");
    assert!(
        edits.contains(
            "\n          labelSelector:\n            matchLabels:\n              app: web"
        ),
        "{edits}"
    );
}
