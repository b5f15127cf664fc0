//! Any lines as comments and annotations of a manifest with mistakes: no finding is lost, none is
//! suppressed whose rule is not named, and a baseline of what is left suppresses it.
#![no_main]

mod run;

use std::collections::BTreeSet;

use lameduck::engine;
use lameduck::finding::{Finding, SuppressedBy};
use lameduck::inventory::Inventory;
use lameduck::rules;
use lameduck::settings::Settings;
use lameduck::suppress::{self, Baseline, Coverage, View};
use libfuzzer_sys::fuzz_target;

const MANIFEST: &str = include_str!("../../fixtures/bad-service.yaml");

/// Words that a fuzzer finds too rarely.
const WORDS: &[&str] = &[
    "lameduck: ignore[identical-probes] both are right",
    "lameduck: ignore-file[missing-pdb, missing-startup-probe]",
    "lameduck: ignore[insufficient-grace-period,unused-suppression]",
    "lameduck.dev/ignore: missing-pdb, missing-startup-probe",
    "lameduck.dev/ignore.identical-probes.app: \"both are right\"",
];

/// The manifest with each line as a comment or, if it looks like one, an annotation; where it goes its
/// number says.
fn annotated(lines: &[(u8, &str)]) -> String {
    let mut manifest: Vec<String> = MANIFEST.lines().map(str::to_owned).collect();
    let places = manifest.len();
    for (choice, line) in lines {
        let line = match line.split_once('\n') {
            _ if choice % 3 == 0 => WORDS[usize::from(*choice) / 3 % WORDS.len()],
            Some((first, _)) => first,
            None => line,
        };
        let at = usize::from(*choice).wrapping_mul(7) % places;
        let Some(target) = manifest.get_mut(at) else {
            continue;
        };
        let indent: String = target.chars().take_while(|char| *char == ' ').collect();
        let is_above = choice % 2 == 0;
        if line.contains("lameduck.dev/") && target.trim_start().starts_with("name:") {
            *target = format!("{target}\n{indent}annotations:\n{indent}  {line}");
        } else if is_above {
            *target = format!("{indent}# {line}\n{target}");
        } else {
            *target = format!("{target} # {line}");
        }
    }
    manifest.join("\n")
}

fn told(findings: &[Finding]) -> BTreeSet<(&'static str, u32, String)> {
    let told = |it: &Finding| (it.rule, it.primary.span.start, it.message.clone());
    findings.iter().map(told).collect()
}

fuzz_target!(|given: (&str, Vec<(u8, &str)>)| {
    let (baseline, lines) = given;
    let text = annotated(&lines);
    let mut sources = run::sources(&text);
    let aside = run::push(&mut sources, "baseline.json", baseline);
    let _ = Baseline::parse(sources.get(aside));

    let settings = Settings::default();
    let inventory = Inventory::read(&sources, &settings);
    let mut outcome = engine::run(&sources, &inventory, &settings);
    let before = told(&outcome.findings);
    let view = View {
        sources: &sources,
        inventory: &inventory,
        settings: &settings,
        rules: rules::metas(),
        unused: rules::unused_suppression(),
        configs: &[],
        is_whole: true,
    };
    suppress::apply(&mut outcome, &view);
    let unused = rules::unused_suppression().id;
    for finding in &outcome.findings {
        let is_suppressed = finding.suppressed.is_some();
        assert!(!is_suppressed || text.contains(finding.rule), "{finding:?}");
    }
    let mut after = told(&outcome.findings);
    after.retain(|(rule, _, _)| *rule != unused);
    assert_eq!(before, after);
    run::assert_in_place(&outcome, &sources);

    engine::finish(&mut outcome.findings, &sources);
    let baseline = Baseline::of(&outcome, &Baseline::default(), &view, &Coverage::default());
    let written = baseline.to_text().unwrap();
    let mut again = run::sources("");
    let file = run::push(&mut again, "baseline.json", &written);
    let read = Baseline::parse(again.get(file)).unwrap();
    assert_eq!(read.len(), baseline.len());
    read.suppress(&mut outcome.findings);
    for finding in &outcome.findings {
        let by = finding.suppressed.as_ref().map(|it| it.by);
        assert!(by.is_some(), "{finding:?}");
        assert!(by != Some(SuppressedBy::Baseline) || baseline.len() > 0);
    }
});
