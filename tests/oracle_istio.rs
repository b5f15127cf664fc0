//! What Istio refuses is an error here, and nothing else is: over the rules' pages, the fixtures and the workloads.
//!
//! Istio's own code says it: the schemas and CEL rules of its CRDs, and its webhook (`tests/oracle/istio`). Objects
//! of Kubernetes are not judged.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod oracle_support;
mod pages;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use lameduck::engine;
use lameduck::finding::{Category, Finding, Severity};
use lameduck::inventory::Inventory;
use lameduck::rules;
use lameduck::settings::Settings;
use lameduck::source::{NewSource, Role, Scope, Sources};
use oracle_support::{ISTIO, Oracle};
use pages::BlockKind;
use rayon::prelude::*;

/// Objects of Istio's kinds that are compared at least, and how many of them Istio refuses at least.
const OBJECTS: usize = 150;
const REFUSED: usize = 15;

/// A name and a text. Of one that something else completes, only what is wrong in it is judged.
type Given = (String, String);

fn given() -> Vec<Given> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut given = Vec::new();
    for folder in ["fixtures", "tests/workloads"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|it| it == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                given.push((path.display().to_string(), text));
            }
        }
    }
    for meta in rules::metas() {
        for run in pages::runs(meta) {
            for block in &run.blocks {
                if block.kind != BlockKind::Config {
                    let name = format!("{} / {} / {}", meta.id, run.heading, block.file);
                    given.push((name, block.text.clone()));
                }
            }
        }
    }
    // What something else fills in or completes is not judged here.
    given.retain(|(name, text)| {
        !["${", "$(", "{{"].iter().any(|it| text.contains(it)) && !name.contains("overlays")
    });
    given
}

/// The lines of errors that say what is wrong with an object by itself.
fn errors(text: &str) -> Vec<(i64, Finding)> {
    let mut sources = Sources::default();
    sources.push(NewSource {
        path: "x.yaml".to_owned(),
        root_path: "x.yaml".to_owned(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    });
    let settings = Settings::default();
    let inventory = Inventory::read(&sources, &settings);
    let findings = engine::run(&sources, &inventory, &settings).findings;
    let is_form = |finding: &Finding| {
        let is_of_form = finding.category == Category::Schema && finding.rule != "duplicate-object";
        finding.severity == Severity::Error
            && (is_of_form || finding.rule == "invalid-proxy-config")
    };
    findings
        .into_iter()
        .filter(is_form)
        .map(|finding| {
            let source = sources.get(finding.primary.source);
            let line = source.position(finding.primary.span.start).line;
            (line.into(), finding)
        })
        .collect()
}

/// Rows of what Istio refuses and accepts, as manifests, each with whether it must be refused.
fn rows() -> Vec<(String, bool)> {
    let rows = include_str!("../src/kube/demands/tests/istio/rows.txt");
    let mut place = Vec::new();
    let mut manifests = Vec::new();
    for line in rows.lines() {
        if let Some(header) = line.strip_prefix("## ") {
            place = header.splitn(3, ' ').collect();
        } else if let (Some((text, expected)), [api, kind, spec]) =
            (line.split_once(" =>"), place.as_slice())
            && !text.contains("${")
        {
            let spec = spec.replace('$', text);
            let manifest = format!(
                "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
            );
            manifests.push((manifest, !expected.trim().is_empty()));
        }
    }
    manifests
}

#[test]
fn rows_are_judged_as_istio_judges_them() {
    let Some(oracle) = Oracle::named(ISTIO) else {
        return;
    };
    let rows = rows();
    let texts: Vec<String> = rows.iter().map(|(text, _)| text.clone()).collect();
    let judged = oracle.judge(&texts);
    let mut wrong = String::new();
    for ((text, is_refused), judged) in rows.iter().zip(judged) {
        let said = judged.first().unwrap();
        if (said.verdict == "invalid") != *is_refused && !text.contains("backendUtilization") {
            writeln!(
                wrong,
                "{text}{}: {}",
                said.verdict,
                said.problems.join("; ")
            )
            .unwrap();
        }
    }
    println!("{} rows", rows.len());
    assert!(wrong.is_empty(), "{wrong}");
    assert!(rows.len() > 200);
}

#[test]
fn examples_are_judged_as_istio_judges_them() {
    let Some(oracle) = Oracle::named(ISTIO) else {
        return;
    };
    let given = given();
    let texts: Vec<String> = given.iter().map(|(_, text)| text.clone()).collect();
    let judged = oracle.judge(&texts);
    let found: Vec<_> = texts.par_iter().map(|text| errors(text)).collect();
    let (mut compared, mut refused, mut wrong) = (0, 0, String::new());
    for (((name, _), judged), found) in given.iter().zip(judged).zip(found) {
        for judgement in judged {
            if judgement.verdict != "ok" && judgement.verdict != "invalid" {
                continue;
            }
            compared += 1;
            refused += usize::from(judgement.verdict == "invalid");
            let here = found
                .iter()
                .find(|(line, _)| judgement.lines.contains(line));
            let at = format!("{name}:{}", judgement.lines.start());
            match here {
                None if judgement.verdict == "invalid" => {
                    let said = judgement.problems.join("; ");
                    writeln!(wrong, "{at}: no error, but Istio says {said}").unwrap();
                }
                Some((_, finding)) if judgement.verdict == "ok" => {
                    let (rule, message) = (finding.rule, &finding.message);
                    writeln!(wrong, "{at}: Istio accepts it, but {rule}: {message}").unwrap();
                }
                _ => {}
            }
        }
    }
    println!("{compared} objects, {refused} refused");
    assert!(wrong.is_empty(), "{wrong}");
    assert!(
        compared >= OBJECTS && refused >= REFUSED,
        "{compared}, {refused}"
    );
}
