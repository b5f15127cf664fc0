//! Small files in which everything has to do with everything.

use super::Repository;

/// An object for each number, as documents of one file.
fn documents(count: usize, make: impl Fn(usize) -> String) -> String {
    (0..count).map(make).collect()
}

fn deployment(name: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 3\n  \
         selector: {{matchLabels: {{app: a}}}}\n  template:\n    metadata: {{labels: {{app: a}}}}\n    \
         spec: {{containers: [{{name: a, image: 'a:1'}}]}}\n"
    )
}

fn budget(nth: usize) -> String {
    format!(
        "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: p{nth}}}\n\
         spec: {{minAvailable: 1, selector: {{}}}}\n"
    )
}

#[test]
fn budgets_over_all_workloads_point_at_few_of_them() {
    let text = documents(600, |nth| deployment(&format!("d{nth}"))) + &documents(600, budget);
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check", "--format=json", "--select=overlapping-pdbs"]);
    run.ends(
        1,
        &[
            "the pods of Deployment `d0` and 599 more",
            "selected by both, and 590 more",
        ],
        &[],
    );
    assert!(!run.stdout.contains("`d10`"), "one is named");
    repository.run(&["checklist", "."]);
}

#[test]
fn services_and_autoscalers_of_one_label_and_name() {
    let services = documents(600, |nth| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{nth}}}\n\
             spec: {{selector: {{app: a}}, ports: [{{port: 80, targetPort: web{nth}}}]}}\n"
        )
    });
    let autoscalers = documents(600, |nth| {
        format!(
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: h{nth}}}\n\
             spec: {{maxReplicas: 3, scaleTargetRef: {{kind: Deployment, name: d}}}}\n"
        )
    });
    let text = documents(600, |_| deployment("d")) + &services + &autoscalers;
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(
        1,
        &["unresolved-target-port", "hpa-conflicts-replicas"],
        &[],
    );
}

#[test]
fn kustomizations_that_take_in_one_another() {
    let repository = Repository::new(&[]);
    let all: Vec<String> = (0..300).map(|nth| format!("  - ../k{nth}\n")).collect();
    let all = all.concat();
    for nth in 0..300 {
        repository.write(
            &format!("k{nth}/kustomization.yaml"),
            format!("commonLabels: {{l{nth}: a}}\nresources:\n  - a.yaml\n{all}"),
        );
        repository.write(&format!("k{nth}/a.yaml"), deployment("d"));
    }
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(1, &["k299/a.yaml"], &[]);
}

#[test]
fn patterns_that_match_nothing() {
    let repository = Repository::new(&[]);
    repository.write(
        "a.yaml",
        documents(2000, |nth| deployment(&format!("d{nth}"))),
    );
    let patterns: Vec<String> = (0..5000)
        .map(|nth| format!("      - '*/x{nth}-*'\n"))
        .collect();
    let patterns = patterns.concat();
    let config = format!("overrides:\n  - workloads:\n{patterns}    pedantic: true\n");
    repository.write("lameduck.yaml", config);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(1, &["a.yaml"], &[]);
}

#[test]
fn one_annotation_with_many_values_of_another_type() {
    let values = documents(1000, |nth| format!("            K{nth}: {nth}\n"));
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n  \
         template:\n    metadata:\n      labels: {{a: b}}\n      annotations:\n        proxy.istio.io/config: |\n          \
         proxyMetadata:\n{values}    spec: {{containers: [{{name: a, image: 'a:1'}}]}}\n"
    );
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check", "--select=invalid-proxy-config", "--fix"]);
    run.ends(0, &[], &["applied 1 fix"]);
    let fixed = std::fs::read_to_string(repository.path("a.yaml")).unwrap();
    assert!(
        fixed.contains("K0: \"0\"") && fixed.contains("K999: \"999\""),
        "{fixed}"
    );
}

/// The files of a chain of folders, each in the one before.
#[cfg(unix)]
fn chains(repository: &Repository, count: usize, depth: usize) {
    for nth in 0..count {
        let mut folder = format!("{nth}");
        for _ in 0..depth {
            folder.push_str("/d");
            repository.write(&format!("{folder}/a.yaml"), "a: b\n");
        }
    }
}

// Others allow no paths of that length.
#[cfg(target_os = "linux")]
#[test]
fn folders_deep_inside_one_another() {
    let repository = Repository::new(&[("kustomization.yaml", "resources: []\n")]);
    chains(&repository, 3, 1500);
    repository
        .run(&["check", "--format=concise"])
        .ends(0, &[], &[]);
}

#[cfg(unix)]
#[test]
fn the_budget_holds_while_folders_are_walked() {
    let repository = Repository::new(&[]);
    chains(&repository, 20, 300);
    let run = repository.run(&["check", "--max-cpu-time=1ms"]);
    run.ends(2, &[], &["far more processor time than 0 bytes"]);
}
