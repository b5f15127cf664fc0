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
fn a_page_loads_nothing_and_links_to_the_pages_of_rules_alone() {
    let (sources, id) = sources();
    let outcome = hostile(id);
    let report = Report {
        outcome: &outcome,
        sources: &sources,
        rules: crate::rules::metas(),
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
    let links = page.split("href=\"").skip(1);
    let (inner, outer): (Vec<_>, Vec<_>) = links
        .filter_map(|link| link.split('"').next())
        .partition(|link| link.starts_with('#'));
    let known = crate::rules::metas().iter();
    let urls: Vec<String> = known.map(crate::finding::RuleMeta::url).collect();
    assert!(!outer.is_empty());
    for link in outer {
        assert!(urls.iter().any(|url| url == link), "{link}");
    }
    for link in inner {
        let target = format!("id=\"{}\"", link.trim_start_matches('#'));
        assert_eq!(page.matches(&target).count(), 1, "{link}");
    }
}

/// A finding of a rule and severity, with help, in the first line.
fn plain(source: SourceId, rule: &'static str, severity: Severity, help: &str) -> Finding {
    Finding {
        rule,
        severity,
        message: format!("`{rule}` speaks"),
        help: Some(Help::new(help)),
        resource: Some(Resource::new("apps/v1", "Deployment", None, "web")),
        related: Vec::new(),
        ..finding(source)
    }
}

#[test]
fn errors_come_first_and_the_same_help_once() {
    let (sources, id) = sources();
    let rules = crate::rules::metas();
    let mut findings = vec![plain(id, "single-replica", Severity::Note, "n")];
    findings.extend((0..30).map(|_| plain(id, "missing-pdb", Severity::Warning, "set `a: 1`")));
    findings.push(plain(id, "missing-prestop", Severity::Warning, "w"));
    findings.push(plain(id, "selector-mismatch", Severity::Error, "e"));
    let findings: Vec<&Finding> = findings.iter().collect();
    let groups = findings::groups(&findings, rules, &sources);
    let seen: Vec<_> = groups
        .iter()
        .map(|it| (it.rule, it.findings.len(), it.open))
        .collect();
    assert_eq!(
        seen,
        [
            ("selector-mismatch", 1, true),
            ("missing-pdb", 30, false),
            ("missing-prestop", 1, false),
            ("single-replica", 1, false),
        ]
    );
    let pdb = &groups[1].findings;
    assert!(pdb[0].open && !pdb[1].open);
    assert_eq!(pdb[0].same_help, None);
    assert_eq!(
        pdb[0].help.0,
        [("set ".to_owned(), false), ("a: 1".to_owned(), true)]
    );
    assert_eq!(pdb[29].same_help, Some(pdb[0].id));
    assert!(pdb[29].help.is_empty() && pdb[29].copy.is_empty());
}

#[test]
fn the_overview_counts_all_and_names_the_worst_first() {
    let (_, id) = sources();
    let mut outcome = Outcome::default();
    for (name, severity, count) in [
        ("many-notes", Severity::Note, 40),
        ("one-error", Severity::Error, 1),
        ("two-warnings", Severity::Warning, 2),
    ] {
        for _ in 0..count {
            outcome.findings.push(Finding {
                resource: Some(Resource::new("apps/v1", "Deployment", None, name)),
                ..plain(id, "missing-pdb", severity, "h")
            });
        }
    }
    let rows: Vec<_> = overview::rules(&outcome)
        .iter()
        .map(|row| (row.severity, row.count, row.objects))
        .collect();
    assert_eq!(rows, [("error", 1, 1), ("warning", 2, 1), ("note", 40, 1)]);
    let (worst, others) = overview::worst(&overview::by_object(&outcome), &BTreeMap::new());
    let worst: Vec<_> = worst.iter().map(|row| row.object.as_str()).collect();
    assert_eq!(worst, ["Deployment one-error", "Deployment two-warnings"]);
    assert_eq!(others, 0);
}

#[test]
fn many_checklists_only_name_what_is_alike_in_most() {
    let (sources, id) = sources();
    let page = |count: usize| {
        let mut outcome = hostile(id);
        let checklist = &mut outcome.checklists[0];
        let mut row = checklist.rows[0].clone();
        row.item.id = "idempotency";
        row.state = ItemState::NeedsPerson;
        row.because[0].text = "that doing it twice does no harm".to_owned();
        checklist.rows.push(row);
        outcome.checklists = vec![outcome.checklists[0].clone(); count];
        for (number, list) in outcome.checklists.iter_mut().enumerate() {
            list.resource = Resource::new("apps/v1", "Deployment", None, &format!("d{number}"));
        }
        let report = Report {
            outcome: &outcome,
            sources: &sources,
            rules: &[],
            fails_from: Severity::Warning,
        };
        let mut page = Vec::new();
        write(&report, &Style::default(), &mut page).unwrap();
        String::from_utf8(page).unwrap()
    };
    let whole = page(50);
    assert_eq!(
        whole.matches("that doing it twice does no harm").count(),
        50
    );
    assert!(!whole.contains("lameduck checklist --workload"));
    let short = page(51);
    assert!(!short.contains("that doing it twice does no harm"));
    assert_eq!(short.matches("<td>idempotency</td>").count(), 51);
    assert_eq!(short.matches("<code>tracing</code>").count(), 51);
    assert!(short.contains("lameduck checklist --workload"));
}

#[test]
fn of_very_many_findings_the_marked_lines_are_shown() {
    let (sources, id) = sources();
    let lines = |count: usize| {
        let one = || plain(id, "missing-pdb", Severity::Warning, "h");
        let findings: Vec<Finding> = std::iter::repeat_with(one).take(count).collect();
        let findings: Vec<&Finding> = findings.iter().collect();
        let groups = findings::groups(&findings, crate::rules::metas(), &sources);
        let of = |at: usize| -> usize {
            let blocks = groups[0].findings[at].blocks.iter();
            blocks.map(|block| block.lines.len()).sum()
        };
        (of(0), of(count - 1))
    };
    let (first, last) = lines(100);
    assert!(first == last && first > 1, "{first} {last}");
    assert_eq!(lines(101), (first, 1));
}
