//! Pages of outcomes built by hand.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::*;
use crate::finding::{
    Bar, BarKind, Because, Category, ChecklistItem, ChecklistRow, Clock, Extent, Finding, Fit,
    Help, ItemState, Label, Outcome, Resource, Stated, Timeline, Verdict,
};
use crate::source::{Location, NewSource, Role, Scope, SourceId, Span};

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[test]
fn the_policy_lets_in_what_the_page_holds() {
    assert_eq!(STYLE_HASH, hash(STYLE), "STYLE_HASH is stale");
    assert_eq!(SCRIPT_HASH, hash(SCRIPT), "SCRIPT_HASH is stale");
}

/// Everything that HTML, SVG, CSS, a script or a terminal might take for its own.
const HOSTILE: &str = "</script></style></title><script>alert(1)</script><img src=x onerror=alert(1)>\
    \"'`&amp;<!--]]>{{x}}\u{0}\u{1b}[31m\u{202e}\u{2028}javascript:alert(1)";

fn sources() -> (Sources, SourceId) {
    let mut sources = Sources::default();
    let id = sources.push(NewSource {
        path: format!("{HOSTILE}.yaml"),
        root_path: format!("{HOSTILE}.yaml"),
        text: format!("a: 1\n# {HOSTILE}\nname: {HOSTILE}\nb: 2\n").into(),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope("".into()),
    });
    (sources, id)
}

fn text() -> String {
    HOSTILE.to_owned()
}

fn place(source: SourceId) -> Location {
    Location {
        source,
        span: Span::new(10, 40),
    }
}

fn resource() -> Resource {
    Resource {
        container: Some(text()),
        ..Resource::new("apps/v1", HOSTILE, Some(HOSTILE), HOSTILE)
    }
}

fn finding(source: SourceId) -> Finding {
    Finding {
        rule: "missing-pdb",
        category: Category::Availability,
        severity: Severity::Error,
        message: text(),
        detail: Some(HOSTILE.to_owned()),
        help: Some(Help::new(format!("{HOSTILE}\n{HOSTILE}"))),
        primary: place(source),
        related: vec![Label {
            location: Location {
                source,
                span: Span::new(0, 4),
            },
            message: text(),
        }],
        resource: Some(resource()),
        fix: None,
        unfixable: None,
        subject: None,
        cause: String::new(),
        fingerprint: crate::finding::Fingerprint::default(),
        suppressed: None,
    }
}

fn hostile(source: SourceId) -> Outcome {
    let location = place(source);
    let resource = resource();
    let clock = Clock {
        bars: vec![Bar {
            owner: text(),
            what: "preStop hook",
            kind: BarKind::Wait,
            extent: Extent::Before,
            stated: vec![Stated {
                by: text(),
                location: Some(location),
            }],
        }],
        verdicts: vec![Verdict {
            fit: Fit::Exceeds,
            text: text(),
        }],
    };
    Outcome {
        findings: vec![finding(source)],
        timelines: vec![Timeline {
            resource: resource.clone(),
            location,
            startup: clock.clone(),
            shutdown: clock,
        }],
        checklists: vec![Checklist {
            resource,
            location,
            rows: vec![ChecklistRow {
                item: ChecklistItem {
                    id: "tracing",
                    area: crate::finding::Area::Mesh,
                    title: "Tracing",
                },
                state: ItemState::Passed,
                because: vec![Because {
                    text: text(),
                    rule: None,
                    location: Some(location),
                }],
            }],
        }],
        ..Outcome::default()
    }
}

#[test]
fn text_of_a_manifest_is_text() {
    let (sources, id) = sources();
    let outcome = hostile(id);
    let report = Report {
        outcome: &outcome,
        sources: &sources,
        rules: &[],
        fails_from: Severity::Warning,
    };
    let mut page = Vec::new();
    write(&report, &Style::default(), &mut page).unwrap();
    let mut list = Vec::new();
    super::write_checklists(&outcome.checklists, &outcome.unjudged, &sources, &mut list).unwrap();
    for (page, scripts) in [(page, 1), (list, 0)] {
        let page = String::from_utf8(page).unwrap();
        for own in [
            "<script",
            "</script>",
            "<style",
            "</style>",
            "<title",
            "</title>",
        ] {
            let expected = if own.contains("script") { scripts } else { 1 };
            assert_eq!(page.matches(own).count(), expected, "{own}");
        }
        assert!(!page.contains("<img"), "{page}");
        for char in ['\u{0}', '\u{1b}', '\u{202e}', '\u{2028}'] {
            assert!(!page.contains(char), "{char:?}");
        }
        // Nothing but the two policies and the page's own markup is an attribute.
        assert!(!page.contains("\"'`"), "a quote ends no attribute");
    }
}

#[test]
fn a_page_refers_to_nothing() {
    let (sources, id) = sources();
    let outcome = hostile(id);
    let report = Report {
        outcome: &outcome,
        sources: &sources,
        rules: &[],
        fails_from: Severity::Warning,
    };
    let mut page = Vec::new();
    write(&report, &Style::default(), &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for reference in [
        "<img", "<link", "<iframe", "<object", "url(", "@import", " style=",
    ] {
        assert!(!page.contains(reference), "{reference}");
    }
    for link in page.split("href=\"").skip(1) {
        assert!(link.starts_with('#'), "{link}");
    }
}
