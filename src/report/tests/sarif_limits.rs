//! Logs of more than code scanning takes.

use serde_json::Value;

use super::*;
use crate::report::sarif::{Limits, write_within};

const GENEROUS: Limits = Limits {
    results: 1_000,
    locations: 1_000,
    compressed: 1_000_000,
};

/// Findings whose messages are their positions, and their severities.
fn numbered(severities: &[Severity]) -> (Outcome, Sources) {
    let mut sources = Sources::default();
    let files = severities.len().div_ceil(LISTED);
    let places: Vec<Location> = (0..files)
        .map(|file| {
            let app = add(&mut sources, &format!("app{file}.yaml"), DEPLOYMENT);
            place(&sources, app, "30")
        })
        .collect();
    let findings = severities
        .iter()
        .enumerate()
        .map(|(index, severity)| Finding {
            severity: *severity,
            ..finding(places[index / LISTED], &index.to_string())
        })
        .collect();
    (outcome(findings), sources)
}

/// The run of a log, and what else was said.
fn run(limits: &Limits, outcome: &Outcome, sources: &Sources) -> (Value, Vec<String>) {
    let report = Report {
        outcome,
        sources,
        rules: RULES,
        fails_from: Severity::Warning,
    };
    let mut log = Vec::new();
    let cuts = write_within(limits, &report, &mut log).unwrap();
    let log: Value = serde_json::from_slice(&log).unwrap();
    (log["runs"][0].clone(), cuts)
}

fn messages(run: &Value) -> Vec<&str> {
    let results = run["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["message"]["text"].as_str().unwrap())
        .collect()
}

#[test]
fn the_least_severe_are_left_out_and_that_is_said() {
    use Severity::{Error, Note, Warning};
    let (mut outcome, sources) = numbered(&[Note, Error, Warning, Note, Error, Warning]);
    outcome.findings[4].suppressed = Some(Suppression {
        by: SuppressedBy::Config,
        reason: None,
    });
    let limits = Limits {
        results: 3,
        ..GENEROUS
    };
    let (run, cuts) = run(&limits, &outcome, &sources);
    assert_eq!(messages(&run), ["1.", "2.", "5."]);
    assert_eq!(
        cuts,
        [
            "3 of 6 results are left out, the least severe, to stay within the 3 results and 1 MB \
             (compressed) that code scanning is sure to take"
        ]
    );
    assert_eq!(
        run["invocations"],
        serde_json::json!([{
            "executionSuccessful": true,
            "toolExecutionNotifications": [{"level": "warning", "message": {"text": cuts[0]}}],
        }])
    );
}

#[test]
fn nothing_is_said_where_all_fits() {
    let (outcome, sources) = numbered(&[Severity::Note; 3]);
    let limits = Limits {
        results: 3,
        ..GENEROUS
    };
    let (run, cuts) = run(&limits, &outcome, &sources);
    assert_eq!(run["results"].as_array().unwrap().len(), 3);
    assert!(cuts.is_empty(), "{cuts:?}");
    assert_eq!(
        run["invocations"],
        serde_json::json!([{"executionSuccessful": true}])
    );
}

#[test]
fn a_log_that_is_too_large_loses_as_few_as_it_must() {
    let (mut outcome, sources) = numbered(&[Severity::Warning; 300]);
    let random = |seed: u64| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (index, finding) in (0..).zip(&mut outcome.findings) {
        // Nothing that gzip could save.
        let help = (0..40).fold(String::new(), |mut text, part| {
            let _ = write!(text, "{:x} ", random(random(index * 40 + part) ^ 0xfeed));
            text
        });
        finding.help = Some(Help::new(help));
    }
    let limits = Limits {
        compressed: 40_000,
        ..GENEROUS
    };
    let (run, cuts) = run(&limits, &outcome, &sources);
    let kept = messages(&run).len();
    assert!((60..150).contains(&kept), "{kept}");
    assert!(cuts[0].starts_with(&format!("{} of 300 results", 300 - kept)));
}

/// The rules alone may be more than fits; then there is nothing left to cut.
#[test]
fn no_limit_is_too_small_to_end() {
    let (outcome, sources) = numbered(&[Severity::Error; 20]);
    let limits = Limits {
        compressed: 1,
        ..GENEROUS
    };
    let (run, cuts) = run(&limits, &outcome, &sources);
    assert!(messages(&run).is_empty());
    assert!(cuts[0].starts_with("20 of 20 results"), "{cuts:?}");
}

#[test]
fn related_locations_are_cut_per_result() {
    let (mut outcome, sources) = sample();
    let label = outcome.findings[0].related[0].clone();
    outcome.findings[0].related = vec![label; 1_200];
    let (run, cuts) = run(&GENEROUS, &outcome, &sources);
    let related = run["results"][0]["relatedLocations"].as_array().unwrap();
    assert_eq!(related.len(), 999);
    assert_eq!(
        cuts,
        [
            "related locations are left out of 1 results: code scanning takes no more than 1000 \
          locations of one"
        ]
    );
}

#[test]
fn a_failed_rule_is_told() {
    let outcome = Outcome {
        internal_errors: vec!["rule x failed on Pod y".to_owned()],
        ..Outcome::default()
    };
    let (run, _) = run(&GENEROUS, &outcome, &Sources::default());
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"],
        "rule x failed on Pod y"
    );
}

/// What GitHub documents, with as many findings as it takes and some more.
#[test]
fn code_scanning_gets_what_it_takes() {
    let (mut outcome, sources) = numbered(&vec![Severity::Warning; 25_003]);
    outcome.findings[0].severity = Severity::Note;
    let report = Report {
        outcome: &outcome,
        sources: &sources,
        rules: RULES,
        fails_from: Severity::Warning,
    };
    let mut log = Vec::new();
    let cuts = report
        .write(Format::Sarif, &Style::default(), &mut log)
        .unwrap();
    assert!(cuts[0].starts_with("3 of 25003 results are left out"));
    let log: Value = serde_json::from_slice(&log).unwrap();
    let results = messages(&log["runs"][0]);
    assert_eq!(results.len(), 25_000);
    assert_eq!((results[0], results[24_999]), ("1.", "25000."));
}
