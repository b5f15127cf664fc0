use super::{Repository, deployment};

fn suppressed() -> Repository {
    let first = deployment(
        "a",
        "a # lameduck: ignore[mutable-image-tag] built right before",
    );
    let second = deployment("b", "b").replace(
        "  name: b\nspec",
        "  name: b\n  annotations: { lameduck.dev/ignore: mutable-image-tag }\nspec",
    );
    Repository::new(&[("a.yaml", &first), ("b.yaml", &second)])
}

#[test]
fn suppressed_findings_do_not_count_but_are_counted() {
    let run = suppressed().run("check --format concise");
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @"No findings in 2 objects of 2 files (2 workloads); 2 suppressed");
}

#[test]
fn they_are_shown_where_that_is_asked_for() {
    let repository = suppressed();
    let run = repository.run("check --format concise --show-suppressed");
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    a.yaml:17:18: warning[mutable-image-tag] Deployment/a: image `a` has no tag: pods may differ, and a rollback cannot restore it (suppressed by comment: built right before)
    b.yaml:18:18: warning[mutable-image-tag] Deployment/b: image `b` has no tag: pods may differ, and a rollback cannot restore it (suppressed by annotation)
    No findings in 2 objects of 2 files (2 workloads); 2 suppressed
    ");
    let run = repository.run("check a.yaml --show-suppressed");
    assert_eq!(run.code, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    Deployment a

    warning[mutable-image-tag] image `a` has no tag: pods may differ, and a rollback cannot restore it
       ╭─ a.yaml:17:18  container app, suppressed by comment: built right before
    17 │           image: a # lameduck: ignore[mutable-image-tag] built right before
       │                  ─ which means `latest`
      help: name the version that was tested, best with its digest:
            image: <name>:<version>@sha256:<digest>
      read more: lameduck explain mutable-image-tag

    No findings in 1 object of 1 file (1 workload); 1 suppressed
    ");
}

#[test]
fn formats_for_programs_carry_them() {
    let repository = suppressed();
    let json = repository.json("check");
    assert_eq!(json["summary"]["suppressed"], 2);
    assert_eq!(json["findings"][0]["suppressed"]["by"], "comment");
    assert_eq!(
        json["findings"][0]["suppressed"]["reason"],
        "built right before"
    );
    assert_eq!(json["findings"][1]["suppressed"]["by"], "annotation");
    let sarif: serde_json::Value =
        serde_json::from_str(&repository.run("check --format sarif").stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(
        results[0]["suppressions"][0]["justification"],
        "built right before"
    );
}

#[test]
fn what_hides_nothing_fails_the_run() {
    let repository = Repository::new(&[(
        "a.yaml",
        &deployment("a", "a:1 # lameduck: ignore[mutable-image-tag]"),
    )]);
    let run = repository.run("check --format concise");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.stdout, @r"
    a.yaml:17:41: warning[unused-suppression] this comment hides nothing: `mutable-image-tag` ran and found nothing here
    1 warning in 1 of 1 file (1 workload)
    ");
    for arguments in [
        "check --ignore unused-suppression",
        "check --select missing-pdb",
        "check --ignore mutable-image-tag",
    ] {
        let run = repository.run(arguments);
        assert_eq!(run.code, 0, "{arguments}: {}", run.stdout);
    }
    repository.write("lameduck.yaml", "rules: { unused-suppression: note }\n");
    assert_eq!(repository.run("check").code, 0);
}

#[test]
fn what_is_suppressed_is_not_fixed() {
    let text = deployment("a", "a:1").replace(
        "      containers",
        "      restartPolcy: Always # lameduck: ignore[unknown-field] kept\n      containers",
    );
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run("check --fix");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(repository.read("a.yaml"), text);
    // The same without the comment is fixed.
    repository.write(
        "a.yaml",
        &text.replace(" # lameduck: ignore[unknown-field] kept", ""),
    );
    assert_eq!(repository.run("check --fix").code, 0);
    assert!(
        repository
            .read("a.yaml")
            .contains("restartPolicy: Always\n")
    );
}

#[test]
fn a_suppression_that_fixing_makes_unused_is_reported() {
    let text = deployment("a", "a:1").replace(
        "      containers",
        "      # lameduck: ignore[excessive-grace-period]\n      terminationGracePeriodSecond: 30\n      containers",
    );
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run("check --fix --format concise");
    assert!(run.stdout.contains("unused-suppression"), "{}", run.stdout);
    assert!(!run.stdout.contains("unknown-field"), "{}", run.stdout);
}
