//! Any text as a manifest: no rule fails, and every format is well-formed.
#![no_main]

mod run;

use lameduck::report::{Format, Report, Style};
use lameduck::rules;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let sources = run::sources(text);
    let outcome = run::outcome(&sources);
    assert!(
        outcome.internal_errors.is_empty(),
        "{:?}",
        outcome.internal_errors
    );
    run::assert_in_place(&outcome, &sources);
    let report = Report {
        outcome: &outcome,
        sources: &sources,
        rules: rules::metas(),
        fails_from: lameduck::finding::Severity::Warning,
    };
    for format in Format::ALL {
        let mut content = Vec::new();
        report
            .write(format, &Style::default(), &mut content)
            .unwrap();
        let content = String::from_utf8(content).unwrap();
        let is_raw = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        assert!(!content.contains(is_raw), "{format}: {content:?}");
        if matches!(format, Format::Json | Format::Sarif | Format::Gitlab) {
            serde_json::from_str::<serde_json::Value>(&content).unwrap();
        }
    }
});
