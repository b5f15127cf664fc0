//! `lameduck checklist`, from outside.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use lameduck::checklist::ITEMS;
use lameduck::rules::metas;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const TODAY: &str = "--today 2026-11-26";

fn lameduck(arguments: &str) -> Command {
    let mut command = Command::new(cargo_bin!("lameduck"));
    command
        .args(arguments.split_whitespace())
        .current_dir(ROOT)
        .env_remove("NO_COLOR")
        .env("LC_ALL", "C");
    command
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// The exit code, the items of the only workload, and standard error.
fn check(manifest: &str, arguments: &str) -> (i32, Value, String) {
    let arguments = format!("checklist - --no-context --format json {TODAY} {arguments}");
    let output = lameduck(&arguments).write_stdin(manifest).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    (
        output.status.code().unwrap(),
        document["checklists"][0]["items"].clone(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn state(items: &Value, id: &str) -> (String, String) {
    let items = items.as_array().unwrap();
    let item = items.iter().find(|item| item["id"] == id).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&item["state"]), text(&item["because"][0]["text"]))
}

fn deployment(annotations: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations:\n    a: b\n\
         {annotations}spec:\n  replicas: 2\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        - name: app\n          \
         image: a/b:1\n          ports: [{{containerPort: 8080}}]\n"
    )
}

#[test]
fn the_items() {
    let list: Vec<String> = ITEMS
        .iter()
        .map(|item| format!("{}: {} ({})", item.area.as_str(), item.title, item.id))
        .collect();
    insta::assert_snapshot!("items", list.join("\n"));
    let ids: BTreeSet<&str> = ITEMS.iter().map(|item| item.id).collect();
    assert_eq!(ids.len(), ITEMS.len());
}

#[test]
fn rules_name_items_that_exist() {
    let ids: BTreeSet<&str> = ITEMS.iter().map(|item| item.id).collect();
    for rule in metas() {
        for item in rule.checklist {
            assert!(ids.contains(item), "{} names `{item}`", rule.id);
        }
    }
    // What the manifests can show, some rule can speak against.
    for item in &ITEMS {
        let is_tied = metas().iter().any(|rule| rule.checklist.contains(&item.id));
        let has_rules = ["Kubernetes", "Mesh"].contains(&item.area.as_str());
        assert!(is_tied || !has_rules, "no rule names `{}`", item.id);
    }
}

#[test]
fn the_fixtures_in_every_format() {
    for format in ["table", "markdown", "json"] {
        let arguments = format!(
            "checklist fixtures/bad-service.yaml fixtures/good-service.yaml \
             fixtures/classic-sidecar.yaml --format {format} {TODAY}"
        );
        insta::assert_snapshot!(format, stdout(&mut lameduck(&arguments)));
    }
    let arguments = format!("checklist fixtures/native-sidecar.yaml --ascii {TODAY}");
    insta::assert_snapshot!("ascii", stdout(&mut lameduck(&arguments)));
}

#[test]
fn the_mesh_is_asked_about_where_there_is_one() {
    for (mesh, expected) in [
        ("none", "not in a mesh"),
        (
            "auto",
            "nothing in view puts it in a mesh; if it is in one, pass --mesh",
        ),
        ("ambient", "an ambient mesh has no sidecars"),
    ] {
        let (_, items, _) = check(&deployment(""), &format!("--mesh {mesh}"));
        assert_eq!(
            state(&items, "sidecar-lifecycle"),
            ("not applicable".to_owned(), expected.to_owned())
        );
    }
    let (_, items, _) = check(&deployment(""), "--mesh sidecar");
    assert_eq!(state(&items, "sidecar-lifecycle").0, "failed");
    assert_eq!(state(&items, "mtls").0, "needs a person");
}

#[test]
fn attestations() {
    let attest =
        |text: &str| deployment(&format!("    lameduck.dev/attest.chaos-tests: {text:?}\n"));
    let (_, items, err) = check(&attest("alice, 2026-11-01, https://wiki/chaos"), "");
    assert_eq!(
        (state(&items, "chaos-tests"), err.as_str()),
        (
            (
                "passed".to_owned(),
                "attested by alice, 2026-11-01, https://wiki/chaos".to_owned()
            ),
            ""
        )
    );
    let expiring = attest("alice, 2026-01-01, https://wiki/chaos expires=2026-11-26");
    assert_eq!(state(&check(&expiring, "").1, "chaos-tests").0, "passed");
    let expired = attest("alice, 2026-01-01, https://wiki/chaos, expires=2026-11-25");
    assert_eq!(
        state(&check(&expired, "").1, "chaos-tests"),
        (
            "failed".to_owned(),
            "the attestation has expired: alice, 2026-01-01, https://wiki/chaos; expires 2026-11-25"
                .to_owned()
        )
    );
    let (_, items, err) = check(&attest("done"), "");
    assert_eq!(
        state(&items, "chaos-tests"),
        (
            "needs a person".to_owned(),
            "its attestation cannot be read".to_owned()
        )
    );
    assert_eq!(
        err,
        "warning: -:7:5: lameduck.dev/attest.chaos-tests: expected \"who, when as YYYY-MM-DD, \
         link\", and optionally expires=YYYY-MM-DD\n"
    );
    let unknown = deployment("    lameduck.dev/attest.chaos-test: a, 2026-01-01, b\n");
    assert_eq!(
        check(&unknown, "").2,
        "warning: -:7:5: lameduck.dev/attest.chaos-test: the checklist has no item `chaos-test`, \
         did you mean `chaos-tests`?\n"
    );
}

#[test]
fn a_rule_outweighs_an_attestation_and_the_template_the_object() {
    let manifest = deployment("    lameduck.dev/attest.prestop-hook: a, 2026-01-01, b\n");
    assert_eq!(state(&check(&manifest, "").1, "prestop-hook").0, "failed");
    let manifest = deployment("    lameduck.dev/attest.idempotency: own, 2026-01-01, b\n").replace(
        "metadata: {labels: {app: web}}",
        "metadata: {labels: {app: web}, annotations: {lameduck.dev/attest.idempotency: \"template, \
         2026-01-01, b\"}}",
    );
    let (_, text) = state(&check(&manifest, "").1, "idempotency");
    assert_eq!(text, "attested by template, 2026-01-01, b");
}

/// Items of the checklist, what is in view beside a workload `web` of the namespace `shop` (its API version,
/// kind, namespace and spec), and whether it is evidence for the item.
const WITNESSES: &str = r#"
rto-rpo-metrics yes monitoring.coreos.com/v1 PrometheusRule monitoring {groups: [{name: a, rules: [{alert: Down, expr: 'up{namespace="shop"} == 0'}]}]}
rto-rpo-metrics no monitoring.coreos.com/v1 PrometheusRule monitoring {groups: [{name: a, rules: [{alert: Down, expr: 'up{namespace="cart"} == 0'}]}]}
lifecycle-metrics yes monitoring.coreos.com/v1 PodMonitor shop {selector: {matchLabels: {app: web}}}
lifecycle-metrics no monitoring.coreos.com/v1 PodMonitor cart {selector: {matchLabels: {app: web}}}
lifecycle-metrics yes monitoring.coreos.com/v1 PodMonitor cart {namespaceSelector: {matchNames: [shop]}, selector: {matchLabels: {app: web}}}
lifecycle-metrics no monitoring.coreos.com/v1 PodMonitor shop {selector: {matchLabels: {app: other}}}
synthetic-monitoring yes monitoring.coreos.com/v1 Probe monitoring {targets: {staticConfig: {static: ['http://web.shop.svc/health']}}}
backup-and-restore yes velero.io/v1 Schedule velero {template: {includedNamespaces: [shop]}}
backup-and-restore no velero.io/v1 Schedule velero {template: {includedNamespaces: [cart]}}
chaos-tests yes chaos-mesh.org/v1alpha1 PodChaos chaos {selector: {namespaces: [shop], labelSelectors: {app: web}}}
chaos-tests yes litmuschaos.io/v1alpha1 ChaosEngine litmus {appinfo: {appns: shop, applabel: app=web}}
chaos-tests no litmuschaos.io/v1alpha1 ChaosEngine litmus {appinfo: {appns: shop, applabel: app=cart}}
"#;

#[test]
fn what_is_in_view_speaks_for_what_a_person_says() {
    let witnesses = WITNESSES.lines().filter(|line| !line.is_empty());
    let workload = deployment("").replace("  name: web\n", "  name: web\n  namespace: shop\n");
    for line in witnesses {
        let words: Vec<&str> = line.splitn(6, ' ').collect();
        let [item, is_evidence, api, kind, namespace, spec] = words[..] else {
            panic!("{line}");
        };
        let is_evidence = is_evidence == "yes";
        let witness = format!(
            "---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: it, namespace: {namespace}}}\n\
             spec: {spec}\n"
        );
        let (_, items, _) = check(&format!("{workload}{witness}"), "");
        let (state, text) = state(&items, item);
        let expected = if is_evidence {
            "evidence in view"
        } else {
            "needs a person"
        };
        assert_eq!(state, expected, "{witness}");
        assert_eq!(text.contains("names its"), is_evidence, "{text}");
        // It never passes the item.
        let (code, ..) = check(&format!("{workload}{witness}"), "--fail-on-unmet");
        assert_eq!(code, 1);
    }
}

#[test]
fn helpers_of_a_pod_are_judged_like_a_mesh_s() {
    let with = |annotations: &str, containers: &str| {
        let manifest = deployment("").replace(
            "metadata: {labels: {app: web}}",
            &format!("metadata: {{labels: {{app: web}}, annotations: {{{annotations}}}}}"),
        );
        let (_, items, _) = check(&format!("{manifest}{containers}"), "");
        state(&items, "sidecar-lifecycle")
    };
    let native =
        "linkerd.io/inject: enabled, config.linkerd.io/proxy-enable-native-sidecar: 'true'";
    assert_eq!(with(native, "").0, "passed");
    let (state, text) = with(
        "dapr.io/enabled: 'true', dapr.io/block-shutdown-duration: 20s",
        "",
    );
    assert_eq!(state, "needs a person");
    assert!(text.contains("the Dapr sidecar starts before"), "{text}");
    let proxy = "        - {name: sql, image: x/cloud-sql-proxy:2.14.0, args: [p:r:d]}\n";
    let (state, text) = with("a: b", proxy);
    assert_eq!(
        (state.as_str(), text.contains("`sql`")),
        ("needs a person", true)
    );
    let sidecar =
        "      initContainers: [{name: sql, image: x/cloud-sql-proxy:2, restartPolicy: Always}]\n";
    assert_eq!(with("a: b", sidecar).0, "passed");
}

#[test]
fn the_recovery_objective_stands_with_its_item() {
    let (_, items, _) = check(&deployment("    lameduck.dev/rto: 90s\n"), "");
    let items = items.as_array().unwrap();
    let item = items
        .iter()
        .find(|item| item["id"] == "rto-rpo-metrics")
        .unwrap();
    assert_eq!(item["state"], "needs a person");
    let told = item["because"][1]["text"].as_str().unwrap();
    assert!(
        told.starts_with("recovery time objective 90s: container `app`"),
        "{told}"
    );
    assert_eq!(item["because"][1]["line"], 7);
}

#[test]
fn what_does_not_run_passes_nothing() {
    let good = std::fs::read_to_string(format!("{ROOT}/fixtures/good-service.yaml")).unwrap();
    assert_eq!(
        state(&check(&good, "").1, "pod-disruption-budget").0,
        "passed"
    );
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("lameduck.yaml");
    std::fs::write(&config, "ignore: [missing-pdb]\n").unwrap();
    let (_, items, _) = check(&good, &format!("--config {}", config.display()));
    assert_eq!(
        state(&items, "pod-disruption-budget"),
        (
            "needs a person".to_owned(),
            "missing-pdb does not run, by the configuration".to_owned()
        )
    );
    let parked = good.replace("replicas: 2", "replicas: 0");
    assert_eq!(
        state(&check(&parked, "").1, "prestop-hook"),
        (
            "not applicable".to_owned(),
            "parked at 0 replicas".to_owned()
        )
    );
}

#[test]
fn what_ends_by_itself_is_asked_less() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      \
               restartPolicy: Never\n      containers:\n        - {name: a, image: a/b:1}\n";
    let (_, items, _) = check(job, "");
    assert_eq!(state(&items, "requests-and-limits").0, "failed");
    assert_eq!(state(&items, "idempotency").0, "needs a person");
    assert_eq!(
        state(&items, "prestop-hook"),
        ("not applicable".to_owned(), "runs to completion".to_owned())
    );
}

#[test]
fn unmet_items_fail_where_that_is_asked_for() {
    assert_eq!(check(&deployment(""), "").0, 0);
    assert_eq!(check(&deployment(""), "--fail-on-unmet").0, 1);
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let arguments = format!("checklist {arguments}");
        let output = lameduck(&arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        output.status.code().unwrap()
    };
    assert_eq!(run("--fail-on-unmet"), 0);
    assert_eq!(run("--today 2026-02-30"), 2);
    assert_eq!(run("nowhere"), 2);
}
