use assert_cmd::Command;
use serde_json::Value;

use super::{Repository, Run, deployment};

const SCALER: &str = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web }\nspec:\n  \
                      scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }\n  \
                      minReplicas: 1\n  maxReplicas: 4\n";

/// A Deployment that asks for two replicas.
fn two() -> String {
    deployment("web", "web:1").replace("replicas: 0", "replicas: 2")
}

fn piped(repository: &Repository, arguments: &str, text: &str) -> Run {
    let output = Command::cargo_bin("lameduck")
        .unwrap()
        .current_dir(repository.path(""))
        .env("NO_COLOR", "1")
        .args(arguments.split_whitespace())
        .write_stdin(text)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The findings of a rule.
fn of_rule(report: &Value, rule: &str) -> Vec<Value> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|it| it["rule"] == rule).cloned().collect()
}

#[test]
fn standard_input_is_judged_next_to_the_repository() {
    const CHECK: &str = "check - --format concise --select hpa-conflicts-replicas,missing-pdb";
    let repository = Repository::new(&[("k8s/hpa.yaml", SCALER), ("k8s/web.yaml", &two())]);
    let run = piped(&repository, CHECK, &two());
    assert!(run.stdout.contains("missing-pdb"), "{}", run.stdout);
    assert!(
        !run.stdout.contains("hpa-conflicts-replicas"),
        "{}",
        run.stdout
    );
    assert_eq!(
        run.stderr,
        "note: standard input is judged next to 2 files of the repository, which can only silence \
         findings; --no-context leaves them out\n"
    );
    let alone = piped(&repository, &format!("{CHECK} --no-context"), &two());
    assert_eq!((alone.stdout, alone.stderr.as_str()), (run.stdout, ""));
}

#[test]
fn a_kustomization_in_the_working_directory_is_not_for_standard_input() {
    let repository = Repository::new(&[
        (
            "kustomization.yaml",
            "namespace: shop\nresources: [hpa.yaml]\nreplicas: [{name: web, count: 3}]\n",
        ),
        ("hpa.yaml", SCALER),
    ]);
    let run = piped(
        &repository,
        "check - --format json --select missing-pdb",
        &two(),
    );
    assert_eq!(
        run.code, 0,
        "an autoscaler of no copy may be for it: {}",
        run.stdout
    );
    let run = piped(
        &repository,
        "check - --no-context --format json --select missing-pdb",
        &two(),
    );
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(of_rule(&report, "missing-pdb").len(), 1, "{report}");
}

#[test]
fn no_context_judges_the_named_paths_alone() {
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: web }\nspec:\n  \
                  maxUnavailable: 1\n  selector: { matchLabels: { app: web } }\n";
    let repository = Repository::new(&[("app/web.yaml", &two()), ("budgets/web.yaml", budget)]);
    let check = "check app/web.yaml --format concise --select missing-pdb";
    assert_eq!(repository.run(check).code, 0);
    assert_eq!(repository.run(&format!("{check} --no-context")).code, 1);
    let both = repository.run(&format!("{check} --no-context --context budgets"));
    assert_eq!(both.code, 2, "{}", both.stderr);
}

/// What `kubectl get -o yaml` prints of a Deployment.
fn dump() -> String {
    two().replacen(
        "metadata:",
        "status: {}\nmetadata:\n  uid: 5d7a6a0e-7f0f-4f6d-9d6a-0b6f7d1f9f10\n  resourceVersion: '12'",
        1,
    )
}

#[test]
fn dumps_in_files_are_for_the_api_server_to_judge() {
    let repository = Repository::new(&[("dump.yaml", &dump())]);
    let report = repository.json("check dump.yaml");
    assert!(
        report["findings"].as_array().unwrap().is_empty(),
        "{report}"
    );
    assert_eq!(report["skipped"][0]["reason"], "dump", "{report}");
    let misspelt = dump().replace("replicas: 2", "replicas: 2\n  replica: 2");
    repository.write("dump.yaml", &misspelt);
    let report = repository.json("check dump.yaml");
    assert_eq!(of_rule(&report, "unknown-field").len(), 1, "{report}");
}

#[test]
fn dumps_through_standard_input_are_judged_without_fixes() {
    let repository = Repository::new(&[]);
    let run = piped(&repository, "check - --format json", &dump());
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let found = of_rule(&report, "missing-pdb");
    assert_eq!(found.len(), 1, "{report}");
    assert!(found[0].get("fix").is_none_or(Value::is_null), "{report}");
    let written = piped(&repository, "check - --format json", &two());
    let report: Value = serde_json::from_str(&written.stdout).unwrap();
    assert!(
        of_rule(&report, "missing-pdb")[0]["fix"].is_object(),
        "{report}"
    );
}

#[test]
fn generated_files_are_not_fixed() {
    let chart = two().replacen(
        "metadata:",
        "metadata:\n  labels: { helm.sh/chart: web-1.0.0 }",
        1,
    );
    let installed = two().replacen(
        "metadata:",
        "metadata:\n  labels: { install.operator.istio.io/owning-resource: unknown }",
        1,
    );
    for (path, text) in [
        ("web.yaml", installed),
        (
            "web.yaml",
            format!("---\n# Source: web/templates/deployment.yaml\n{}", two()),
        ),
        (
            "web.yaml",
            format!(
                "# Code generated by controller-gen. DO NOT EDIT.\n---\n{}",
                two()
            ),
        ),
        ("web.gen.yaml", two()),
        (
            "web.yaml",
            format!("---\n# Source: web/templates/deployment.yaml\n{chart}"),
        ),
    ] {
        let repository = Repository::new(&[(path, &text)]);
        let report = repository.json("check");
        let found = of_rule(&report, "missing-pdb");
        assert_eq!(found.len(), 1, "{report}");
        assert!(found[0].get("fix").is_none_or(Value::is_null), "{report}");
        let help = found[0]["help"].as_str().unwrap();
        assert!(help.contains("change its source"), "{help}");
        repository.run("check --unsafe-fixes");
        assert_eq!(repository.read(path), text);
    }
    // A comment further down, or a chart's label alone, is none.
    for text in [format!("{}# DO NOT EDIT below\n", two()), chart] {
        let repository = Repository::new(&[("web.yaml", &text)]);
        let report = repository.json("check");
        assert!(
            of_rule(&report, "missing-pdb")[0]["fix"].is_object(),
            "{report}"
        );
    }
}

#[test]
fn files_that_sops_has_signed_are_never_edited() {
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: { name: keys }\ndata:\n  \
                  a: ENC[AES256_GCM,data:x,type:str]\nsops:\n  mac: ENC[AES256_GCM,data:y,type:str]\n  \
                  lastmodified: '2026-01-01T00:00:00Z'\n";
    let text = format!("{}{secret}", two());
    let repository = Repository::new(&[("web.yaml", &text)]);
    let run = repository.run("check --unsafe-fixes --select missing-pdb");
    assert_eq!(repository.read("web.yaml"), text);
    assert!(run.stderr.contains("SOPS"), "{}", run.stderr);
    let sealed = "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: keys }\n\
                  spec: { encryptedData: { a: x } }\n";
    let repository = Repository::new(&[("web.yaml", &format!("{}{sealed}", two()))]);
    repository.run("check --unsafe-fixes --select missing-pdb");
    assert!(repository.read("web.yaml").contains("PodDisruptionBudget"));
}

#[test]
fn a_comment_that_explains_a_value_is_a_reason() {
    let with = |comment: &str| {
        let text = format!("{}---\n{SCALER}", two())
            .replace("replicas: 2", &format!("replicas: 2{comment}"));
        let repository = Repository::new(&[("web.yaml", &text)]);
        let report = repository.json("check --select hpa-conflicts-replicas");
        let found = of_rule(&report, "hpa-conflicts-replicas");
        assert_eq!(found.len(), 1, "{report}");
        let severity = found[0]["severity"].as_str().unwrap().to_owned();
        (severity, found[0]["fix"].is_object())
    };
    assert_eq!(with(""), ("warning".to_owned(), true));
    assert_eq!(
        with(" # replicas: 3"),
        ("warning".to_owned(), false),
        "a comment would be lost"
    );
    assert_eq!(
        with(" # where the autoscaler starts from"),
        ("note".to_owned(), false)
    );
    assert_eq!(
        with(
            "\n  # Where the next value comes from,\n  # nobody knows any more\n  minReadySeconds: 1"
        ),
        ("warning".to_owned(), true),
        "it is for the next line"
    );
}

/// A Deployment that asks for two replicas, by hand and as a release has it.
fn by_hand_and_released() -> (String, String) {
    let released = two().replace("web:1", "registry.example/web:1.4.2");
    (
        two(),
        format!("# This file is autogenerated. Do not edit.\n{released}"),
    )
}

#[test]
fn what_is_found_in_a_copy_counts_at_its_original() {
    let (by_hand, released) = by_hand_and_released();
    let repository =
        Repository::new(&[("k8s/web.yaml", &by_hand), ("release/all.yaml", &released)]);
    let check = "check . --select missing-pdb";
    let report = repository.json(check);
    let found = of_rule(&report, "missing-pdb");
    let [original, copy] = &found[..] else {
        panic!("{report}");
    };
    assert_eq!(original["path"], "k8s/web.yaml");
    assert_eq!(original["suppressed"], Value::Null);
    assert_eq!(report["summary"]["suppressed"], 1);
    assert_eq!(report["summary"]["warnings"], 1);
    assert_eq!(copy["path"], "release/all.yaml");
    assert_eq!(
        copy["suppressed"],
        serde_json::json!({"by": "original", "reason": "reported at k8s/web.yaml:4"})
    );
}

#[test]
fn a_copy_is_reported_where_its_original_says_something_else_or_is_not_named() {
    let (by_hand, released) = by_hand_and_released();
    let repository =
        Repository::new(&[("k8s/web.yaml", &by_hand), ("release/all.yaml", &released)]);
    let check = "check release --select missing-pdb";
    assert_eq!(of_rule(&repository.json(check), "missing-pdb").len(), 1);

    repository.write(
        "k8s/web.yaml",
        &by_hand.replace("replicas: 2", "replicas: 3"),
    );
    let check = "check . --select missing-pdb";
    assert_eq!(of_rule(&repository.json(check), "missing-pdb").len(), 2);
}

#[test]
fn a_baseline_knows_what_is_found_in_a_copy() {
    let (by_hand, released) = by_hand_and_released();
    let repository =
        Repository::new(&[("k8s/web.yaml", &by_hand), ("release/all.yaml", &released)]);
    repository.run("check . --select missing-pdb --write-baseline known.json");
    let run = repository.run("check release --select missing-pdb --baseline known.json");
    assert_eq!(run.code, 0, "{}", run.stdout);
}
