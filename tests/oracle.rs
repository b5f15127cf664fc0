//! What the API server refuses is an error here, and nothing else is: over the rules' pages, the fixtures and
//! the workloads, over what fixing makes of them, and over thousands of objects with one fault each. What the
//! pages show as good, it accepts.
//!
//! The server is its own code (`tests/oracle`). Custom resources are not judged: it knows none of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod oracle_support;
mod pages;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use lameduck::engine;
use lameduck::finding::{Category, RuleMeta, Severity};
use lameduck::fix::{self, Verdict};
use lameduck::inventory::Inventory;
use lameduck::rules;
use lameduck::settings::Settings;
use lameduck::source::{NewSource, Role, Scope, Sources};
use oracle_support::mutations::{Mutant, mutants};
use oracle_support::{Dice, Judgement, NEWEST, OLDER, Oracle};
use pages::{Block, BlockKind, Run};
use rayon::prelude::*;

/// Objects with one fault each that the mutation test makes at least.
const MUTANTS: usize = 4_000;
/// Of what the server refuses, how many percent are errors here. Raise it with what is found.
const RECALL: usize = 99;

/// Objects of the pages that the server must accept at least.
const SHOWN: usize = 1_000;

/// Examples that are good although the server refuses them as they stand, by page and heading.
const REFUSED_AND_GOOD: [(&str, &str); 20] = [
    // Another rule has an error there.
    ("duplicate-object", "Good: of two API versions, one is gone"),
    ("missing-pdb", "Good: pods without labels"),
    ("missing-pod-spread", "Good: pods without labels"),
    (
        "pdb-selects-nothing",
        "Good: a template that is yet to be written",
    ),
    (
        "probe-timeout-exceeds-period",
        "Good: a probe without a handler",
    ),
    (
        "startup-probe-too-short",
        "Good: a probe without a handler, which is refused and kills nothing",
    ),
    (
        "unresolved-destination",
        "Good: the Service beside the rule has no name, and is refused",
    ),
    ("invalid-field", "Good: ports of probes"),
    (
        "invalid-lifecycle-hook",
        "Good: a preStop sleep as long as the grace period",
    ),
    ("missing-resources", "Good: an amount that cannot be read"),
    ("prestop-too-short", "Good: a sleep that cannot be read"),
    ("selector-mismatch", "Good: labels at the wrong level"),
    ("unknown-field", "Good: a version that was removed"),
    // No manifests of a cluster.
    (
        "invalid-field",
        "Good: the configuration of a function, and what stays local",
    ),
    ("invalid-yaml", "Good: broken, but no manifest"),
    ("unknown-kind", "Good: files of other programs"),
    // Something else completes them.
    ("invalid-field", "Good: what something else completes"),
    // Versions that a cluster serves when told to, or served once.
    (
        "removed-api-version",
        "Bad: a variant for old clusters (a note)",
    ),
    (
        "removed-api-version",
        "Good: a new kind in a group that only looks old",
    ),
    // `kubectl` sends what is left of a merge; the server refuses only such YAML itself.
    ("duplicate-key", "Good: overriding a merged key"),
];

/// A text to judge.
struct Given {
    name: String,
    text: String,
    /// Whether the server must take it.
    is_good: bool,
    /// Whether what the server refuses must be an error: nothing else completes it, as a kustomization or a
    /// template would.
    is_whole: bool,
}

/// An error that lameduck finds.
#[derive(Clone, Debug)]
struct Error {
    line: i64,
    rule: &'static str,
    message: String,
    /// Whether it says that the server refuses the object.
    refuses: bool,
}

fn errors(text: &str, version: &str) -> Vec<Error> {
    let mut sources = Sources::default();
    sources.push(NewSource {
        path: "x.yaml".to_owned(),
        root_path: "x.yaml".to_owned(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    });
    let settings = settings(version);
    let inventory = Inventory::read(&sources, &settings);
    let findings = engine::run(&sources, &inventory, &settings)
        .findings
        .into_iter();
    findings
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| {
            let source = sources.get(finding.primary.source);
            let accepted = [
                "API server accepts",
                "is accepted",
                "accepted, but",
                "accepts it",
            ];
            let is_form = finding.category == Category::Schema
                || matches!(finding.rule, "invalid-probe" | "invalid-lifecycle-hook");
            // What stands behind `...` is not refused but not seen, and what stands twice is overwritten.
            let is_seen = !matches!(finding.rule, "dropped-document" | "duplicate-object");
            Error {
                line: source.position(finding.primary.span.start).line.into(),
                rule: finding.rule,
                refuses: is_form
                    && is_seen
                    && !accepted.iter().any(|it| {
                        let mut said = std::iter::once(&finding.message).chain(&finding.detail);
                        said.any(|text| text.contains(it))
                    }),
                message: finding.message,
            }
        })
        .collect()
}

fn settings(version: &str) -> Settings {
    let mut settings = Settings::default();
    settings.common.kubernetes_version = Some(version.parse().unwrap());
    settings
}

/// Where server and lameduck differ over some texts.
fn differences(given: &[Given], oracle: &Oracle) -> String {
    let texts: Vec<String> = given.iter().map(|given| given.text.clone()).collect();
    let judged = oracle.judge(&texts);
    let found: Vec<Vec<Error>> = texts
        .par_iter()
        .map(|text| errors(text, oracle.version))
        .collect();
    let mut wrong = String::new();
    for ((given, judged), found) in given.iter().zip(judged).zip(found) {
        for judgement in &judged {
            let here: Vec<&Error> = found
                .iter()
                .filter(|error| judgement.lines.contains(&error.line))
                .collect();
            if let Some(difference) = difference(given, judgement, &here) {
                writeln!(
                    wrong,
                    "{}:{}: {difference}",
                    given.name,
                    judgement.lines.start()
                )
                .unwrap();
            }
        }
    }
    wrong
}

fn difference(given: &Given, judgement: &Judgement, here: &[&Error]) -> Option<String> {
    let said = judgement.problems.join("; ");
    let refusal = here.iter().find(|error| error.refuses);
    match (judgement.is_refused(), refusal) {
        (true, _) if given.is_good => {
            Some(format!("the server refuses what is shown as good: {said}"))
        }
        (true, _) if given.is_whole && here.is_empty() => {
            Some(format!("no error, but the server says {said}"))
        }
        (false, Some(error)) if judgement.is_judged() => Some(format!(
            "the server accepts it, but {}: {}",
            error.rule, error.message
        )),
        _ => None,
    }
}

/// The manifests of the fixtures and the workloads.
fn manifests() -> Vec<Given> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut given = Vec::new();
    for folder in ["fixtures", "tests/workloads"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            if path.extension().is_some_and(|it| it == "yaml") {
                given.push(Given {
                    is_good: name.contains("/healthy") && !name.contains("/overlays/"),
                    is_whole: !name.contains("/overlays/"),
                    text: std::fs::read_to_string(&path).unwrap(),
                    name,
                });
            }
        }
    }
    given
}

/// The manifests of the rules' pages. Many hold placeholders, or stand for what a kustomization completes, so they
/// show only that what is an error here is refused.
fn examples() -> Vec<Given> {
    let mut given = Vec::new();
    for meta in rules::metas() {
        for run in pages::runs(meta) {
            for block in &run.blocks {
                if block.kind != BlockKind::Config {
                    given.push(Given {
                        name: format!("{} / {} / {}", meta.id, run.heading, block.file),
                        text: block.text.clone(),
                        is_good: false,
                        is_whole: false,
                    });
                }
            }
        }
    }
    given
}

/// What fixing makes of some texts, where it changes them.
fn fixed(given: &[Given], version: &str) -> Vec<Given> {
    let fix = |given: &Given| {
        let mut sources = Sources::default();
        sources.push(NewSource {
            path: "x.yaml".to_owned(),
            root_path: "x.yaml".to_owned(),
            text: Arc::from(given.text.as_str()),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope(Arc::from("")),
        });
        let settings = settings(version);
        let lint = |sources: &Sources| {
            let inventory = Inventory::read(sources, &settings);
            Verdict::whole(engine::run(sources, &inventory, &settings).findings)
        };
        let fixed = fix::converge(&sources, &lint(&sources), true, lint);
        let text = fixed.texts.values().next()?.to_string();
        Some(Given {
            name: format!("{}, fixed", given.name),
            text,
            is_good: given.is_good,
            is_whole: given.is_whole,
        })
    };
    given.par_iter().filter_map(fix).collect()
}

/// Both releases that the tests know, as far as they are there.
fn oracles() -> Vec<Oracle> {
    [NEWEST, OLDER]
        .into_iter()
        .filter_map(Oracle::named)
        .collect()
}

#[test]
fn errors_in_the_examples_of_the_pages_are_refused() {
    for oracle in oracles() {
        let wrong = differences(&examples(), &oracle);
        assert!(wrong.is_empty(), "{}:\n{wrong}", oracle.version);
    }
}

#[test]
fn what_the_pages_show_as_good_is_accepted() {
    let Some(oracle) = Oracle::named(NEWEST) else {
        return;
    };
    let runs: Vec<(&RuleMeta, Run)> = rules::metas()
        .iter()
        .flat_map(|meta| pages::runs(meta).into_iter().map(move |run| (meta, run)))
        .collect();
    let mut blocks = Vec::new();
    for (meta, run) in &runs {
        let patches = patches(run, &oracle);
        let is_object = |it: &&Block| it.kind != BlockKind::Config && !patches.contains(&it.file);
        blocks.extend(
            run.blocks
                .iter()
                .filter(is_object)
                .map(|it| (meta, run, it)),
        );
    }
    let texts: Vec<String> = blocks.iter().map(|it| it.2.text.clone()).collect();
    let (mut accepted, mut wrong) = (0, String::new());
    let mut unused = BTreeSet::from(REFUSED_AND_GOOD);
    for ((meta, run, block), judged) in blocks.into_iter().zip(oracle.judge(&texts)) {
        accepted += judged.iter().filter(|it| it.verdict == "ok").count();
        for judgement in judged.iter().filter(|it| it.is_refused()) {
            if !is_shown_as_good(meta, run, block, judgement, oracle.version) {
                continue;
            }
            let example = (meta.id, run.heading.as_str());
            if REFUSED_AND_GOOD.contains(&example) {
                unused.remove(&example);
                continue;
            }
            let (line, said) = (judgement.lines.start(), judgement.problems.join("; "));
            writeln!(wrong, "{example:?}: {}:{line}: {said}", block.file).unwrap();
        }
    }
    assert!(wrong.is_empty(), "the server refuses:\n{wrong}");
    assert!(unused.is_empty(), "not refused: {unused:?}");
    eprintln!("the server accepts {accepted} objects of the pages");
    assert!(accepted >= SHOWN, "{accepted}");
}

/// The files of a run that its kustomizations list as patches: they are no objects.
fn patches(run: &Run, oracle: &Oracle) -> BTreeSet<String> {
    let mut patches = BTreeSet::new();
    let is_kustomization = |block: &&Block| block.file.ends_with("kustomization.yaml");
    for block in run.files().filter(is_kustomization) {
        let folder = Path::new(&block.file).parent().unwrap();
        for stream in oracle.read(std::slice::from_ref(&block.text)) {
            for kustomization in stream.documents {
                let listed = ["patches", "patchesStrategicMerge", "patchesJson6902"]
                    .into_iter()
                    .filter_map(|field| kustomization[field].as_array())
                    .flatten();
                for patch in listed {
                    let path = patch["path"].as_str().or(patch.as_str());
                    let file = path.map(|path| folder.join(path));
                    patches.extend(file.map(|file| file.to_string_lossy().into_owned()));
                }
            }
        }
    }
    patches
}

/// Whether a page shows an object as good that the server refuses: nothing else fills it in, it is for this
/// release, and the page's rule has no error there. (That its errors are those that are marked, `rule_pages` holds.)
fn is_shown_as_good(
    meta: &RuleMeta,
    run: &Run,
    block: &Block,
    judgement: &Judgement,
    version: &str,
) -> bool {
    let at = |line: i64| judgement.lines.contains(&line);
    let has_placeholder = (1..)
        .zip(block.text.lines())
        .any(|(line, text)| at(line) && (text.contains("${") || text.contains("{{")));
    let is_of_another_release = run
        .blocks
        .iter()
        .any(|it| it.kind == BlockKind::Config && it.text.contains("kubernetes-version"));
    let is_marked = || {
        errors(&block.text, version)
            .iter()
            .any(|error| at(error.line) && error.rule == meta.id)
    };
    !has_placeholder && !is_of_another_release && !is_marked()
}

#[test]
fn workloads_and_fixtures_are_judged_as_the_server_judges_them() {
    for oracle in oracles() {
        let wrong = differences(&manifests(), &oracle);
        assert!(wrong.is_empty(), "{}:\n{wrong}", oracle.version);
    }
}

#[test]
fn what_fixes_make_is_accepted_as_before() {
    for oracle in oracles() {
        let mut given = manifests();
        given.extend(examples());
        // A fix of what is refused may have to leave other faults.
        let texts: Vec<String> = given.iter().map(|given| given.text.clone()).collect();
        let judged = oracle.judge(&texts);
        for (given, judged) in given.iter_mut().zip(judged) {
            given.is_good = !judged.iter().any(Judgement::is_refused);
        }
        let wrong = differences(&fixed(&given, oracle.version), &oracle);
        assert!(wrong.is_empty(), "{}:\n{wrong}", oracle.version);
    }
}

/// An object on each line: what the server accepts although it looks odd, and what it refuses.
const ACCEPTED: &str = include_str!("oracle/accepted.jsonl");
const REFUSED: &str = include_str!("oracle/refused.jsonl");

#[test]
fn odd_objects_have_errors_where_they_are_refused() {
    let (_, version) = NEWEST;
    let lines = |text: &'static str| {
        let lines: Vec<(usize, &str)> = text.lines().enumerate().collect();
        lines.into_par_iter()
    };
    let missed: Vec<String> = lines(REFUSED)
        .filter(|(_, text)| errors(text, version).is_empty())
        .map(|(at, text)| format!("refused.jsonl:{}: {text}", at + 1))
        .collect();
    let wrong: Vec<String> = lines(ACCEPTED)
        .filter_map(|(at, text)| {
            let error = errors(text, version).into_iter().find(|it| it.refuses)?;
            Some(format!(
                "accepted.jsonl:{}: {}: {text}",
                at + 1,
                error.message
            ))
        })
        .collect();
    assert!(missed.is_empty(), "no error:\n{}", missed.join("\n"));
    assert!(wrong.is_empty(), "errors:\n{}", wrong.join("\n"));
}

#[test]
fn odd_objects_are_judged_so_by_the_server() {
    let Some(oracle) = Oracle::named(NEWEST) else {
        return;
    };
    for (name, text, are_refused) in [("accepted", ACCEPTED, false), ("refused", REFUSED, true)] {
        let texts: Vec<String> = text.lines().map(str::to_owned).collect();
        let judged = oracle.judge(&texts);
        for (at, judged) in judged.iter().enumerate() {
            let is_refused = judged.iter().any(Judgement::is_refused);
            assert_eq!(is_refused, are_refused, "{name}.jsonl:{}", at + 1);
        }
    }
}

#[test]
fn one_fault_is_found_where_the_server_finds_it() {
    let Some(oracle) = Oracle::named(NEWEST) else {
        return;
    };
    let mut dice = Dice::new(1);
    let mutants = mutants(&objects(&oracle), MUTANTS, &mut dice);
    assert!(mutants.len() >= MUTANTS, "{}", mutants.len());
    let texts: Vec<String> = mutants.iter().map(|mutant| mutant.text.clone()).collect();
    let judged = oracle.judge(&texts);
    let found: Vec<Vec<Error>> = texts
        .par_iter()
        .map(|text| errors(text, oracle.version))
        .collect();
    let (mut refused, mut hit) = (0, 0);
    let mut false_errors = String::new();
    let mut missed = String::new();
    for ((mutant, judged), found) in mutants.iter().zip(judged).zip(found) {
        let Mutant { kind, what, text } = mutant;
        if let Some(judgement) = judged.iter().find(|judgement| judgement.is_refused()) {
            refused += 1;
            hit += usize::from(!found.is_empty());
            if found.is_empty() {
                writeln!(missed, "{kind}: {what}: {}", judgement.problems.join("; ")).unwrap();
            }
        } else if let Some(error) = found.iter().find(|error| error.refuses) {
            let (rule, message) = (error.rule, &error.message);
            writeln!(false_errors, "{kind}: {what}: {rule}: {message}\n{text}").unwrap();
        }
    }
    eprintln!(
        "{hit} of {refused} refused mutants are errors, of {} in all",
        texts.len()
    );
    if let Some(file) = std::env::var_os("LAMEDUCK_ORACLE_MISSES") {
        std::fs::write(file, missed).unwrap();
    }
    assert!(
        false_errors.is_empty(),
        "the server accepts these:\n{false_errors}"
    );
    assert!(
        hit * 100 >= refused * RECALL,
        "{hit} of {refused} is less than {RECALL} %"
    );
}

/// The objects of fixtures and workloads that the server accepts, and in which nothing here is an error, each a
/// text of its own.
fn objects(oracle: &Oracle) -> Vec<serde_json::Value> {
    let texts: Vec<String> = manifests().into_iter().map(|given| given.text).collect();
    let objects: Vec<serde_json::Value> = oracle
        .read(&texts)
        .into_iter()
        .flat_map(|stream| stream.documents)
        .collect();
    let texts: Vec<String> = objects.iter().map(serde_json::Value::to_string).collect();
    let judged = oracle.judge(&texts);
    let is_sound = |text: &String, judged: &[Judgement]| {
        judged.iter().all(|it| it.verdict == "ok") && errors(text, oracle.version).is_empty()
    };
    let sound = objects.into_iter().zip(texts.iter().zip(judged));
    sound
        .filter(|(_, (text, judged))| is_sound(text, judged))
        .map(|(object, _)| object)
        .collect()
}
