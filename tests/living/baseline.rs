use super::{Repository, deployment};

const WRITE: &str = "check --write-baseline base.json";
const CHECK: &str = "check --format concise --baseline base.json";

/// Two containers with the same fault, and a Deployment that is fine.
fn repository() -> Repository {
    let twins = deployment("twins", "web").replace(
        "          resources:",
        "          env:\n            - { name: A, value: 1 }\n            - { name: B, value: 1 }\n          resources:",
    );
    Repository::new(&[
        ("k8s/twins.yaml", &twins),
        ("k8s/fine.yaml", &deployment("fine", "fine:1")),
    ])
}

#[test]
fn only_new_findings_count() {
    let repository = repository();
    assert_eq!(repository.run("check").code, 1);
    let run = repository.run(&format!("{WRITE} --format concise"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stderr, @"note: base.json lists 3 findings; --baseline base.json or `baseline:` in lameduck.yaml uses it");
    insta::assert_snapshot!(run.stdout, @"No findings in 2 objects of 2 files (2 workloads); 3 suppressed");
    insta::assert_snapshot!(repository.read("base.json"), @r#"
    {
      "version": 1,
      "findings": [
        {"path":"k8s/twins.yaml","resource":"Deployment twins","rule":"invalid-field","message":"`spec.template.spec.containers[app].env[A].value`: expected a string, found the number `1`: quote it","fingerprint":"a2abf2a47bb6f78f"},
        {"path":"k8s/twins.yaml","resource":"Deployment twins","rule":"invalid-field","message":"`spec.template.spec.containers[app].env[B].value`: expected a string, found the number `1`: quote it","fingerprint":"690534876298aa58"},
        {"path":"k8s/twins.yaml","resource":"Deployment twins","container":"app","rule":"mutable-image-tag","message":"image `web` has no tag: pods may differ, and a rollback cannot restore it","fingerprint":"8da9f6d698a3f9c8"}
      ]
    }
    "#);

    let run = repository.run(CHECK);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let json = repository.json("check --baseline base.json");
    assert_eq!(json["findings"][0]["suppressed"]["by"], "baseline");
    // A real regression.
    repository.write("k8s/fine.yaml", &deployment("fine", "fine:latest"));
    let run = repository.run(CHECK);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.stdout, @r"
    k8s/fine.yaml:17:18: warning[mutable-image-tag] Deployment/fine: the tag of `fine:latest` moves: pods may differ, and a rollback cannot restore it
    1 warning in 1 of 2 files (2 workloads); 3 suppressed
    ");
}

#[test]
fn a_comma_that_is_left_behind_is_named() {
    let repository = repository();
    repository.run(WRITE);
    let text = repository.read("base.json").replace("}\n  ]", "},\n  ]");
    repository.write("base.json", &text);
    let run = repository.run(CHECK);
    assert_eq!(run.code, 2);
    let expected = "the last entry ends with a comma: remove it";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

#[test]
fn it_survives_new_lines_and_another_format() {
    let repository = repository();
    repository.run(WRITE);
    let text = repository.read("k8s/twins.yaml");
    let comments = "# a line\n".repeat(50);
    let other = deployment("other", "other:1");
    repository.write("k8s/twins.yaml", &format!("{comments}{other}---\n{text}"));
    let run = repository.run(CHECK);
    assert_eq!(run.code, 0, "{}", run.stdout);

    let reformatted = text
        .replace(
            "{ name: A, value: 1 }",
            "name: A\n              value:   1 # why",
        )
        .replace("image: web", "image: \"web\"")
        .replace(
            "    matchLabels:\n      app: twins",
            "    { matchLabels: { app: twins } }",
        );
    repository.write("k8s/twins.yaml", &format!("\n\n{reformatted}"));
    let run = repository.run(CHECK);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn it_survives_what_is_put_before_an_item() {
    let route = |name: &str, host: &str| {
        format!(
            "    - name: {name}\n      route: [{{ destination: {{ host: web }} }}, {{ destination: {{ hots: {host} }} }}]\n"
        )
    };
    let service = |routes: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{ name: web }}\nspec:\n  hosts: [web]\n  http:\n{routes}"
        )
    };
    let list = |items: &[String]| {
        let items: String = items
            .iter()
            .map(|item| format!("  - {}", item.trim_end().replace('\n', "\n    ")) + "\n")
            .collect();
        format!("apiVersion: v1\nkind: List\nitems:\n{items}")
    };
    let bad = service(&route("a", "web"));
    let repository = Repository::new(&[("a.yaml", &list(std::slice::from_ref(&bad)))]);
    let flags = "--select unknown-field";
    repository.run(&format!("{WRITE} {flags}"));
    let listed = repository.read("base.json");
    assert!(listed.contains("hots"), "{listed}");
    let more = bad.replace("route: [", "route: [{ destination: { host: other } }, ");
    repository.write("a.yaml", &list(&[deployment("a", "a:1"), more]));
    let run = repository.run(&format!("{CHECK} {flags}"));
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("1 suppressed"), "{}", run.stdout);
}

#[test]
fn it_does_not_survive_another_object_or_another_cause() {
    let repository = repository();
    repository.run(WRITE);
    let text = repository.read("k8s/twins.yaml");
    repository.write(
        "k8s/twins.yaml",
        &text.replace("name: twins", "name: heirs"),
    );
    assert_eq!(repository.run(CHECK).code, 1);
    repository.write("k8s/twins.yaml", &text.replace("image: web", "image: api"));
    let run = repository.run(CHECK);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.stdout, @r"
    base.json:6:5: note[unused-suppression] the baseline still lists a finding of `mutable-image-tag` of Deployment twins that is no longer there
    k8s/twins.yaml:17:18: warning[mutable-image-tag] Deployment/twins: image `api` has no tag: pods may differ, and a rollback cannot restore it
    1 warning, 1 note in 2 of 2 files (2 workloads); 2 suppressed
    ");
}

#[test]
fn identical_findings_are_told_apart() {
    let twice = |one: &str, other: &str| {
        let text = deployment("twins", "a:1");
        let container = |image: &str| {
            format!(
                "        - image: {image}\n          resources:\n            requests: {{ cpu: 1, memory: \
                 1Gi }}\n            limits: {{ memory: 1Gi }}\n"
            )
        };
        let head = text.split("        - name: app").next().unwrap();
        format!("{head}{}{}", container(one), container(other))
    };
    let repository = Repository::new(&[("a.yaml", &twice("web", "web:1"))]);
    repository.run("check --select mutable-image-tag --write-baseline base.json");
    let check = "check --select mutable-image-tag --baseline base.json";
    assert_eq!(repository.run(check).code, 0);
    repository.write("a.yaml", &twice("web", "web"));
    assert_eq!(repository.run(check).code, 1);
    repository.run("check --select mutable-image-tag --write-baseline base.json");
    assert_eq!(repository.run(check).code, 0);
}

#[test]
fn entries_that_match_nothing_are_told_and_pruned() {
    let repository = repository();
    repository.run(WRITE);
    let listed = repository.read("base.json");
    let fixed = repository
        .read("k8s/twins.yaml")
        .replace("image: web", "image: web:1");
    repository.write("k8s/twins.yaml", &fixed);
    let run = repository.run(CHECK);
    assert_eq!(run.code, 0, "a note fails nothing: {}", run.stdout);
    insta::assert_snapshot!(run.stdout, @r"
    base.json:6:5: note[unused-suppression] the baseline still lists a finding of `mutable-image-tag` of Deployment twins that is no longer there
    1 note in 1 of 2 files (2 workloads); 2 suppressed
    ");

    // Not where the rule or the file has no say.
    for arguments in ["--ignore mutable-image-tag", "k8s/fine.yaml"] {
        let run = repository.run(&format!("{CHECK} {arguments}"));
        assert!(!run.stdout.contains("mutable-image-tag"), "{}", run.stdout);
    }
    // Nor is it dropped there.
    for arguments in [
        "k8s/fine.yaml",
        "--ignore mutable-image-tag",
        "--select missing-pdb",
    ] {
        repository.run(&format!("{WRITE} {arguments}"));
        assert_eq!(repository.read("base.json"), listed, "{arguments}");
    }

    let run = repository.run(WRITE);
    insta::assert_snapshot!(run.stderr, @"note: base.json lists 2 findings; dropped 1 earlier entry; --baseline base.json or `baseline:` in lameduck.yaml uses it");
    assert!(!repository.read("base.json").contains("mutable-image-tag"));
}

#[test]
fn entries_of_files_that_are_gone_are_told() {
    let repository = repository();
    repository.run(WRITE);
    std::fs::remove_file(repository.path("k8s/twins.yaml")).unwrap();
    for (paths, told) in [("", true), ("k8s", true), ("k8s/fine.yaml", false)] {
        let run = repository.run(&format!("{CHECK} {paths}"));
        assert_eq!(
            run.stdout.contains("unused-suppression"),
            told,
            "{paths}: {}",
            run.stdout
        );
    }
}

#[test]
fn the_configuration_can_name_it() {
    let repository = repository();
    repository.write("lameduck.yaml", "baseline: ci/base.json\n");
    let run = repository.run("check");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr.replace(repository.folder.path().to_str().unwrap(), "REPO"), @"error: the baseline ci/base.json cannot be read: No such file or directory (os error 2); --write-baseline writes one");
    std::fs::create_dir(repository.path("ci")).unwrap();
    assert_eq!(
        repository.run("check --write-baseline ci/base.json").code,
        0
    );
    assert_eq!(repository.run("check").code, 0);
    // From anywhere, and the flag wins.
    assert_eq!(super::run_in(&repository.path("k8s"), "check").code, 0);
    repository.write("empty.json", "{\"version\": 1, \"findings\": []}\n");
    assert_eq!(repository.run("check --baseline empty.json").code, 1);
}

#[test]
fn a_broken_baseline_is_an_error_and_is_not_replaced() {
    let repository = repository();
    for text in [
        "",
        "[]",
        "{",
        "{\"version\": 2, \"findings\": []}",
        "{\"version\": 1}",
        "{\"version\": 1, \"findings\": [{\"path\": \"a\", \"rule\": \"b\"}]}",
        "{\"version\": 1, \"findings\": [\n{\"path\": \"a\", \"rule\": \"b\", \"fingerprint\": \"c\"}]}",
    ] {
        repository.write("base.json", text);
        for arguments in [WRITE, CHECK] {
            let run = repository.run(arguments);
            assert_eq!(run.code, 2, "{text}: {}", run.stderr);
            assert!(
                run.stderr.starts_with("error: base.json:"),
                "{text}: {}",
                run.stderr
            );
        }
        assert_eq!(repository.read("base.json"), text);
    }
    insta::assert_snapshot!(repository.run(CHECK).stderr, @"error: base.json:2:1: expected a fingerprint of 16 hexadecimal digits, found `c`");
    let run = repository.run("check --baseline missing.json");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.stderr, @"error: the baseline missing.json cannot be read: No such file or directory (os error 2); --write-baseline writes one");
    let run = repository.run("check --write-baseline missing/base.json");
    assert_eq!(run.code, 2);
    let run = repository.run("check --baseline a --write-baseline b");
    assert_eq!(run.code, 2);
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    let repository = repository();
    repository.run(WRITE);
    let first = repository.read("base.json");
    repository.run(WRITE);
    assert_eq!(repository.read("base.json"), first);
    super::run_in(
        &repository.path("k8s"),
        "check .. --write-baseline ../base.json",
    );
    assert_eq!(repository.read("base.json"), first);
}

#[test]
fn one_written_with_pedantic_findings_holds_without_them() {
    let budget = |name: &str| {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{ name: {name} }}\nspec:\n  \
             maxUnavailable: 1\n  selector: {{ matchLabels: {{ app: web }} }}\n"
        )
    };
    let web = deployment("web", "web:1").replace("replicas: 0", "replicas: 2");
    let repository = Repository::new(&[
        ("web.yaml", &web),
        ("b.yaml", &budget("b")),
        ("c.yaml", &budget("c")),
    ]);
    repository.run(&format!("{WRITE} --pedantic"));
    assert!(repository.read("base.json").contains("overlapping-pdbs"));
    let run = repository.run(CHECK);
    assert!(!run.stdout.contains("unused-suppression"), "{}", run.stdout);
    repository.run(WRITE);
    assert!(repository.read("base.json").contains("overlapping-pdbs"));
}
