use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::engine;
use crate::rules::{metas, unused_suppression};
use crate::source::{NewSource, Scope};

fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        let (path, role) = match path.strip_prefix("context:") {
            Some(path) => (path, Role::Context),
            None => (*path, Role::Named),
        };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        sources.push(NewSource {
            path: path.to_owned(),
            root_path: path.to_owned(),
            text: Arc::from(*text),
            invalid_utf8: None,
            role,
            scope: Scope(folder.into()),
        });
    }
    sources
}

fn judged(sources: &Sources, settings: &Settings) -> (Inventory, Outcome) {
    let inventory = Inventory::read(sources, settings);
    let mut outcome = engine::run(sources, &inventory, settings);
    apply(&mut outcome, &view(sources, &inventory, settings));
    engine::finish(&mut outcome.findings, sources);
    (inventory, outcome)
}

fn view<'a>(sources: &'a Sources, inventory: &'a Inventory, settings: &'a Settings) -> View<'a> {
    View {
        sources,
        inventory,
        settings,
        rules: metas(),
        unused: unused_suppression(),
        configs: &[],
        is_whole: false,
    }
}

/// Suppressed findings, and those about suppressions.
fn verdicts_in(files: &[(&str, &str)], settings: &Settings) -> String {
    let sources = sources(files);
    let (_, outcome) = judged(&sources, settings);
    let mut shown = String::new();
    for finding in &outcome.findings {
        let line = sources
            .get(finding.primary.source)
            .position(finding.primary.span.start)
            .line;
        let place = sources
            .get(finding.primary.source)
            .slice(finding.primary.span);
        if let Some(suppression) = &finding.suppressed {
            let _ = writeln!(shown, "{line} {} {suppression}", finding.rule);
        } else if finding.rule == unused_suppression().id {
            let _ = writeln!(shown, "{line} `{place}` {}", finding.message);
        }
    }
    shown
}

fn verdicts(text: &str) -> String {
    verdicts_in(&[("a.yaml", text)], &Settings::default())
}

/// A Deployment with four lines to change: the first key, the replicas, the first container and the
/// image of the second.
fn deployment(first: &str, replicas: &str, app: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1 {first}\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2 \
         {replicas}\n  selector: {{ matchLabels: {{ app: web }} }}\n  template:\n    metadata: {{ \
         labels: {{ app: web }} }}\n    spec:\n      containers:\n        - name: app {app}\n          \
         image: example.com/web\n        - name: log\n          image: example.com/log {image}\n"
    )
}

#[test]
fn a_comment_speaks_for_the_outermost_node_of_its_line() {
    // The item, not the list that starts with it nor only its name.
    insta::assert_snapshot!(
        verdicts(&deployment("", "", "# lameduck: ignore[mutable-image-tag] built here", "")),
        @"13 mutable-image-tag suppressed by comment: built here"
    );
    // The entry, not the mapping that starts with it.
    insta::assert_snapshot!(
        verdicts(&deployment("", "# lameduck: ignore[missing-pdb, mutable-image-tag]", "", "")),
        @r"
    6 `missing-pdb` this comment hides nothing: `missing-pdb` ran and found nothing here
    6 `mutable-image-tag` this comment hides nothing: `mutable-image-tag` ran and found nothing here
    "
    );
    // The document.
    insta::assert_snapshot!(
        verdicts(&deployment("# lameduck: ignore[missing-pdb, mutable-image-tag]", "", "", "")),
        @r"
    4 missing-pdb suppressed by comment
    13 mutable-image-tag suppressed by comment
    15 mutable-image-tag suppressed by comment
    "
    );
}

#[test]
fn a_comment_on_the_line_above_speaks_like_one_on_the_line() {
    let above = |comment: &str| {
        deployment("", "", "", "").replace(
            "        - name: log",
            &format!("{comment}\n        - name: log"),
        )
    };
    insta::assert_snapshot!(verdicts(&above("        # lameduck: ignore[mutable-image-tag]")), @"16 mutable-image-tag suppressed by comment");
    insta::assert_snapshot!(
        verdicts(&above("# lameduck: ignore[mutable-image-tag] why\n# and more")), @"17 mutable-image-tag suppressed by comment: why");
    // Nothing is right below it.
    insta::assert_snapshot!(verdicts(&above("# lameduck: ignore[mutable-image-tag]\n")), @"14 `mutable-image-tag` this comment is not at a node, so nothing is ignored: it covers what starts on its line, or for the line right below it");
}

#[test]
fn comments_around_the_separator_speak_for_the_document_below() {
    let two = deployment("", "", "", "").replace("web", "one");
    let other = deployment("", "", "", "");
    for header in [
        "---\n# lameduck: ignore[missing-pdb] x\n",
        "--- # lameduck: ignore[missing-pdb] x\n",
        "# lameduck: ignore[missing-pdb] x\n---\n",
    ] {
        let text = format!("{two}{header}{other}");
        let shown = verdicts(&text);
        assert!(shown.starts_with('2'), "{header}: {shown}");
        assert_eq!(shown.lines().count(), 1, "{header}: {shown}");
        assert!(
            shown.contains("missing-pdb suppressed by comment: x"),
            "{shown}"
        );
    }
}

#[test]
fn a_comment_for_the_file_may_stand_anywhere() {
    let text = deployment("", "", "", "");
    for text in [
        format!("# lameduck: ignore-file[mutable-image-tag] x\n---\n{text}"),
        format!("{text}# lameduck: ignore-file[mutable-image-tag] x\n"),
        format!("{text}---\n# lameduck: ignore-file[mutable-image-tag] x\n"),
    ] {
        let shown = verdicts(&text);
        assert_eq!(
            shown
                .matches("mutable-image-tag suppressed by comment: x")
                .count(),
            2,
            "{shown}"
        );
        assert_eq!(shown.lines().count(), 2, "{shown}");
    }
}

#[test]
fn a_header_speaks_for_a_file_that_cannot_be_read() {
    let text =
        "# lameduck: ignore-file[invalid-yaml] filled in later\napiVersion: v1\nkind: Pod\na: [\n";
    insta::assert_snapshot!(verdicts(text), @"4 invalid-yaml suppressed by comment: filled in later");
    let unused = text.replace("invalid-yaml", "missing-pdb");
    assert_eq!(verdicts(&unused), "");
}

#[test]
fn text_is_no_comment() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: |\n    # lameduck: \
                ignore[missing-pbd]\n    b: 1\n  b: \"# lameduck: ignore[x]\"\n";
    assert_eq!(verdicts(text), "");
}

#[test]
fn flow_collections_and_items_below_their_dash() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  restartPolicy: Never\n  containers: [\n    \
                { name: a, image: a }, # lameduck: ignore[mutable-image-tag]\n    { name: b, image: b },\n  \
                ]\n  initContainers:\n    - # lameduck: ignore[mutable-image-tag]\n      name: c\n      \
                image: c\n    - name: d # lameduck: ignore[mutable-image-tag]\n      image: d\n";
    insta::assert_snapshot!(verdicts(text), @r"
    7 mutable-image-tag suppressed by comment
    13 mutable-image-tag suppressed by comment
    15 mutable-image-tag suppressed by comment
    ");
}

#[test]
fn what_is_meant_but_says_nothing_is_told() {
    let text = deployment(
        "",
        "# lameduck: ignore single-replica",
        "# lameduck: ignore[missing-pbd, shutdown]",
        "# lameduck: ignroe[x]",
    ) + "    # lameduck: ignore[missing-pdb]\n";
    insta::assert_snapshot!(verdicts(&text), @r"
    6 `ignore single-replica` `ignore` names no rule in brackets, so nothing is ignored
    12 `missing-pbd` there is no rule `missing-pbd`, so nothing is ignored, did you mean `missing-pdb`?
    12 `shutdown` `shutdown` is a category, so nothing is ignored: name the rules
    15 `ignroe` `ignroe` says nothing, did you mean `ignore`?
    16 `missing-pdb` this comment is not at a node, so nothing is ignored: it covers what starts on its line, or for the line right below it
    ");
}

const ANNOTATED: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations:\n    \
    OWN\nspec:\n  replicas: 2\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata:\n      \
    labels: { app: web }\n      annotations:\n        TEMPLATE\n    spec:\n      containers:\n        \
    - name: app\n          image: example.com/web\n        - name: log\n          image: example.com/log\n";

fn annotated(own: &str, template: &str) -> String {
    verdicts(&ANNOTATED.replace("OWN", own).replace("TEMPLATE", template))
}

#[test]
fn annotations_are_read_from_the_object_and_from_its_template() {
    insta::assert_snapshot!(annotated(
        "lameduck.dev/ignore: \"missing-pdb, mutable-image-tag\"",
        "lameduck.dev/ignore.missing-pod-spread: one node",
    ), @r"
    4 missing-pdb suppressed by annotation
    4 missing-pod-spread suppressed by annotation: one node
    18 mutable-image-tag suppressed by annotation
    20 mutable-image-tag suppressed by annotation
    ");
    insta::assert_snapshot!(annotated(
        "lameduck.dev/ignore.app: \"mutable-image-tag\"",
        "lameduck.dev/ignore.missing-resources.log: sized elsewhere",
    ), @r"
    18 mutable-image-tag suppressed by annotation
    19 missing-resources suppressed by annotation: sized elsewhere
    ");
}

#[test]
fn a_word_that_is_no_rule_is_told_once_however_often_it_stands_there() {
    let words = "because ".repeat(20_000);
    let told = annotated(
        &format!("lameduck.dev/ignore: \"missing-pdb {words}\""),
        "a: b",
    );
    let told_once = told.matches("there is no rule `because`").count() == 1;
    assert!(told_once, "{}", told.get(..500).unwrap_or(&told));
}

#[test]
fn annotations_that_hide_nothing_are_told() {
    insta::assert_snapshot!(annotated(
        "lameduck.dev/ignore: \"missing-pbd single-replica\"",
        "lameduck.dev/ignore.missing-pdp: x",
    ), @r"
    6 `missing-pbd` there is no rule `missing-pbd`, so nothing is ignored, did you mean `missing-pdb`?
    6 `single-replica` this annotation hides nothing: `single-replica` ran and found nothing here
    14 `lameduck.dev/ignore.missing-pdp` there is no rule `missing-pdp`, so nothing is ignored, did you mean `missing-pdb`?
    ");
    insta::assert_snapshot!(annotated(
        "lameduck.dev/ignore.missing-resources.lgo: x",
        "lameduck.dev/ingore: missing-pdb",
    ), @r"
    6 `lameduck.dev/ignore.missing-resources.lgo` there is no container `lgo` here, so nothing is ignored
    14 `lameduck.dev/ingore` `lameduck.dev/ingore` is not an annotation that is read, so nothing is ignored, did you mean `lameduck.dev/ignore`?
    ");
    assert_eq!(
        annotated(
            "lameduck.dev/ignore: ${RULES}",
            "lameduck.dev/startup-time: 3s"
        ),
        ""
    );
}

#[test]
fn annotations_work_in_json() {
    let text = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "annotations":
        {"lameduck.dev/ignore": "bare-pod,missing-pdb"}},
        "spec": {"containers": [{"name": "a", "image": "a:1"}]}}"#;
    insta::assert_snapshot!(verdicts(text), @r"
    1 bare-pod suppressed by annotation
    2 `missing-pdb` this annotation hides nothing: `missing-pdb` ran and found nothing here
    ");
}

#[test]
fn a_rule_that_did_not_run_leaves_nothing_unused() {
    let text = deployment("# lameduck: ignore[single-replica]", "", "", "");
    assert_ne!(verdicts(&text), "");
    let mut settings = Settings::default();
    settings.common.ignore.insert("single-replica".to_owned());
    assert_eq!(verdicts_in(&[("a.yaml", &text)], &settings), "");
    // As little as one that is only read as context.
    assert_eq!(
        verdicts_in(&[("context:a.yaml", &text)], &Settings::default()),
        ""
    );
    // A pedantic rule runs only where it is asked for.
    let text = deployment("# lameduck: ignore[missing-liveness-probe]", "", "", "");
    assert_eq!(verdicts(&text), "");
}

#[test]
fn what_hides_a_pedantic_finding_is_not_unused() {
    let budget = |name: &str| {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{ name: {name} }}\nspec:\n  \
             maxUnavailable: 1\n  selector: {{ matchLabels: {{ app: web }} }}\n"
        )
    };
    let files = [
        ("a.yaml", deployment("", "", "", "")),
        ("b.yaml", budget("b")),
        (
            "c.yaml",
            format!("# lameduck: ignore-file[overlapping-pdbs]\n{}", budget("c")),
        ),
    ];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    assert_eq!(verdicts_in(&files, &Settings::default()), "");
    let mut settings = Settings::default();
    settings.common.pedantic = true;
    assert!(verdicts_in(&files, &settings).contains("overlapping-pdbs suppressed"));
}

#[test]
fn unused_suppressions_can_be_hidden_like_everything_else() {
    let text = deployment(
        "# lameduck: ignore[unused-suppression] shared with others",
        "# lameduck: ignore[single-replica]",
        "",
        "",
    );
    insta::assert_snapshot!(verdicts(&text), @"6 unused-suppression suppressed by comment: shared with others");
    let text = deployment("# lameduck: ignore[unused-suppression]", "", "", "");
    insta::assert_snapshot!(verdicts(&text), @r"
    1 `unused-suppression` this comment hides nothing: `unused-suppression` ran and found nothing here
    ");
}

#[test]
fn line_breaks_of_either_kind_will_do() {
    let text = deployment(
        "",
        "# lameduck: ignore[single-replica] why",
        "# lameduck: ignore[mutable-image-tag] built here",
        "",
    );
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(verdicts(&windows), verdicts(&text));
}

#[test]
fn what_is_not_seen_whole_leaves_nothing_unused() {
    let text = deployment("# lameduck: ignore[single-replica]", "", "", "");
    let verdicts =
        |other: (&str, &str)| verdicts_in(&[("a.yaml", &text), other], &Settings::default());
    assert_ne!(verdicts(("b.yaml", "")), "");
    let patched = "resources: [a.yaml]\nreplicas: [{ name: web, count: 3 }]\n";
    assert_eq!(verdicts(("kustomization.yaml", patched)), "");
    let labelled = "resources: [a.yaml]\nlabels: [{ pairs: { a: b }, includeSelectors: true }]\n";
    assert_ne!(verdicts(("kustomization.yaml", labelled)), "");
    let release =
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: more }\n";
    assert_eq!(verdicts(("b.yaml", release)), "");
}
