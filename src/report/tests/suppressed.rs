//! What does not count.

use super::*;

#[test]
fn suppressed_findings_are_carried_by_formats_for_programs_only() {
    let (mut outcome, sources) = sample();
    for (finding, by) in outcome
        .findings
        .iter_mut()
        .zip([SuppressedBy::Annotation, SuppressedBy::Baseline])
    {
        finding.suppressed = Some(Suppression {
            by,
            reason: Some("known".to_owned()),
        });
    }
    assert_eq!(outcome.count(Severity::Error), 0);
    for format in [Format::Full, Format::Concise, Format::Github] {
        let text = render(format, &outcome, &sources);
        assert!(
            text.starts_with("No findings in 2 objects of 2 files"),
            "{text}"
        );
    }
    for format in [Format::Gitlab, Format::Junit, Format::Markdown] {
        let text = render(format, &outcome, &sources);
        assert!(!text.contains("insufficient-grace-period"), "{text}");
    }
    assert_eq!(statistics(&outcome), "");
    let json: serde_json::Value =
        serde_json::from_str(&render(Format::Json, &outcome, &sources)).unwrap();
    assert_eq!(json["summary"]["suppressed"], 2);
    assert_eq!(json["summary"]["errors"], 0);
    assert_eq!(
        json["findings"][0]["suppressed"],
        serde_json::json!({"by": "annotation", "reason": "known"})
    );
    let sarif: serde_json::Value =
        serde_json::from_str(&render(Format::Sarif, &outcome, &sources)).unwrap();
    let results = &sarif["runs"][0]["results"];
    assert_eq!(
        results[0]["suppressions"],
        serde_json::json!([{"kind": "inSource", "justification": "known"}])
    );
    assert_eq!(results[1]["suppressions"][0]["kind"], "external");
}
