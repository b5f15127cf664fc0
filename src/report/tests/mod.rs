//! Reports of small outcomes built by hand.

mod commands;
mod hosts;
mod people;
mod sarif_limits;
mod suppressed;

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::finding::{
    Applicability, Category, Edit, Finding, Fingerprint, Fix, FixAvailability, Help, LISTED, Label,
    Resource, Severity, Summary, SuppressedBy, Suppression,
};
use crate::source::{Location, NewSource, Role, Scope, SourceId, Span};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: demo
spec:
  replicas: 3
  template:
    spec:
      terminationGracePeriodSeconds: 30
      containers:
        - name: app
          lifecycle:
            preStop:
              sleep:
                seconds: 15
";

const BUDGET: &str = "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: shop
spec:
  minAvailable: 3
";

const RULES: &[RuleMeta] = &[
    RuleMeta {
        id: "insufficient-grace-period",
        category: Category::Shutdown,
        severity: Severity::Error,
        pedantic: false,
        summary: "The grace period is shorter than the shutdown takes",
        page: "---\nid: insufficient-grace-period\n---\n\n# The title\n\nThe kubelet kills\nwhat is \
               left.\n\n## Bad\n\n```yaml bad\na: 1\n```\n",
        options: &[],
        fix: FixAvailability::None,
        since: "0.1.0",
        checklist: &[],
    },
    RuleMeta {
        id: "pdb-blocks-eviction",
        category: Category::Availability,
        severity: Severity::Error,
        pedantic: true,
        summary: "The disruption budget never allows an eviction",
        page: "# Only a heading\n",
        options: &[],
        fix: FixAvailability::None,
        since: "0.1.0",
        checklist: &[],
    },
];

fn add(sources: &mut Sources, path: &str, text: &str) -> SourceId {
    sources.push(NewSource {
        path: path.to_owned(),
        root_path: format!("deploy/{path}"),
        text: text.into(),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope("deploy".into()),
    })
}

/// The place of the first occurrence of a text.
fn place(sources: &Sources, source: SourceId, text: &str) -> Location {
    let at = sources.get(source).text().find(text).expect("occurs");
    location(source, at, at + text.len())
}

fn location(source: SourceId, start: usize, end: usize) -> Location {
    Location {
        source,
        span: Span::new(start.try_into().unwrap(), end.try_into().unwrap()),
    }
}

fn finding(primary: Location, message: &str) -> Finding {
    Finding {
        rule: "insufficient-grace-period",
        category: Category::Shutdown,
        severity: Severity::Error,
        message: message.to_owned(),
        detail: None,
        help: None,
        primary,
        related: Vec::new(),
        resource: None,
        fix: None,
        subject: None,
        cause: String::new(),
        fingerprint: Fingerprint(0xfeed),
        suppressed: None,
        unfixable: None,
    }
}

fn outcome(findings: Vec<Finding>) -> Outcome {
    Outcome {
        findings,
        summary: Summary {
            files: 2,
            objects: 2,
            workloads: 1,
        },
        ..Outcome::default()
    }
}

fn styled(format: Format, style: &Style, outcome: &Outcome, sources: &Sources) -> String {
    let report = Report {
        outcome,
        sources,
        rules: RULES,
        fails_from: Severity::Warning,
    };
    let mut bytes = Vec::new();
    report.write(format, style, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn render(format: Format, outcome: &Outcome, sources: &Sources) -> String {
    styled(format, &Style::default(), outcome, sources)
}

/// Two findings: one with everything a finding can have, one with nothing beside its place.
fn sample() -> (Outcome, Sources) {
    let mut sources = Sources::default();
    let app = add(&mut sources, "app.yaml", DEPLOYMENT);
    let budget = add(&mut sources, "pod budget.yaml", BUDGET);
    let grace = place(&sources, app, "30");
    let rich = Finding {
        detail: None,
        help: Some(Help::of_fix("write", "terminationGracePeriodSeconds: 40")),
        related: vec![
            Label {
                location: place(&sources, app, "15"),
                message: "preStop delay: 15s (native sleep)".to_owned(),
            },
            Label {
                location: place(&sources, budget, "minAvailable"),
                message: "the budget of the same pods".to_owned(),
            },
        ],
        resource: Some(Resource {
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: Some("demo".to_owned()),
            name: "shop".to_owned(),
            container: Some("app".to_owned()),
        }),
        fix: Some(Fix {
            applicability: Applicability::Safe,
            title: "raise the grace period to 40".to_owned(),
            effect: Some("pods are replaced by a rollout".to_owned()),
            reveals: false,
            edits: vec![Edit {
                source: app,
                span: grace.span,
                text: "40".to_owned(),
            }],
        }),
        ..finding(
            grace,
            "grace period 30s < 15s preStop + 20s shutdown + 5s buffer = 40s",
        )
    };
    let bare = Finding {
        rule: "pdb-blocks-eviction",
        category: Category::Availability,
        severity: Severity::Note,
        ..finding(
            place(&sources, budget, "3"),
            "3 of 3 pods must stay available",
        )
    };
    (outcome(vec![rich, bare]), sources)
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    let error = "xml".parse::<Format>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown format `xml`, expected one of full, concise, json, sarif, github, gitlab, junit, markdown, html"
    );
}

#[test]
fn full() {
    let (outcome, sources) = sample();
    insta::assert_snapshot!(render(Format::Full, &outcome, &sources));
}

#[test]
fn full_in_ascii_and_narrow() {
    let (outcome, sources) = sample();
    let style = Style {
        unicode: false,
        width: 60,
        ..Style::default()
    };
    let text = styled(Format::Full, &style, &outcome, &sources);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn full_in_colour() {
    let (outcome, sources) = sample();
    let style = Style {
        color: true,
        quiet: true,
        ..Style::default()
    };
    let text = styled(Format::Full, &style, &outcome, &sources);
    assert!(text.contains("\u{1b}["), "{text}");
    assert!(!text.contains("2 of 2 files"), "{text}");
}

#[test]
fn concise() {
    let (outcome, sources) = sample();
    insta::assert_snapshot!(render(Format::Concise, &outcome, &sources), @r"
    app.yaml:10:38: error[insufficient-grace-period] Deployment/shop: grace period 30s < 15s preStop + 20s shutdown + 5s buffer = 40s
    pod budget.yaml:6:17: note[pdb-blocks-eviction] 3 of 3 pods must stay available
    1 error, 1 note in 2 of 2 files (1 workload); 1 fixable with --fix
    ");
    let style = Style {
        color: true,
        quiet: true,
        ..Style::default()
    };
    let text = styled(Format::Concise, &style, &outcome, &sources);
    assert!(
        text.starts_with("app.yaml:10:38: \u{1b}[1;31merror\u{1b}[0m["),
        "{text}"
    );
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn json() {
    let (outcome, sources) = sample();
    insta::assert_snapshot!(render(Format::Json, &outcome, &sources));
}

#[test]
fn sarif() {
    let (outcome, sources) = sample();
    insta::assert_snapshot!(render(Format::Sarif, &outcome, &sources));
}

#[test]
fn nothing_found() {
    let sources = Sources::default();
    let clean = outcome(Vec::new());
    for format in [Format::Full, Format::Concise] {
        assert_eq!(
            render(format, &clean, &sources),
            "No findings in 2 objects of 2 files (1 workload)\n"
        );
        assert_eq!(
            render(format, &Outcome::default(), &sources),
            "No findings: no manifest was read\n"
        );
    }
    assert_eq!(statistics(&clean), "");
    let json: serde_json::Value =
        serde_json::from_str(&render(Format::Json, &clean, &sources)).unwrap();
    assert_eq!(json["findings"], serde_json::json!([]));
    let sarif: serde_json::Value =
        serde_json::from_str(&render(Format::Sarif, &clean, &sources)).unwrap();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn statistics_count_by_rule_and_severity() {
    let mut sources = Sources::default();
    let app = add(&mut sources, "app.yaml", DEPLOYMENT);
    let at = place(&sources, app, "30");
    let mut findings = vec![finding(at, "a"), finding(at, "b"), finding(at, "c")];
    findings[1].severity = Severity::Warning;
    findings.push(Finding {
        rule: "a-rule",
        severity: Severity::Note,
        ..finding(at, "d")
    });
    let table = "     2  error    insufficient-grace-period\n     \
                 1  note     a-rule\n     \
                 1  warning  insufficient-grace-period\n";
    assert_eq!(statistics(&outcome(findings)), table);
}

/// What a manifest could hold to fool a reader or drive a terminal.
#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let text = "kind: Pod\nname: \u{1b}[2J\u{202e}\u{200b}evil\tx # \u{9b}31m\u{7}\n";
    let mut sources = Sources::default();
    let path = "a\u{1b}]0;title\u{7}\n.yaml";
    let source = add(&mut sources, path, text);
    let mut hostile = Finding {
        detail: Some("\u{1b}[31m\u{202e}\n".to_owned()),
        help: Some(Help::new("write\n\u{1b}[8mhidden".to_owned())),
        resource: Some(Resource {
            kind: "Pod\u{1b}c".to_owned(),
            name: "x\u{202e}y".to_owned(),
            container: Some("\u{feff}app".to_owned()),
            ..Resource::default()
        }),
        ..finding(place(&sources, source, "evil"), "name `\u{1b}[2Jevil\n`")
    };
    hostile.related.push(Label {
        location: place(&sources, source, "Pod"),
        message: "\u{9b}31m\r".to_owned(),
    });
    let outcome = outcome(vec![hostile]);
    for format in [
        Format::Full,
        Format::Concise,
        Format::Github,
        Format::Junit,
        Format::Markdown,
    ] {
        let text = render(format, &outcome, &sources);
        assert_eq!(sanitize(&text.replace('\n', "")), text.replace('\n', ""));
    }
    assert_eq!(
        render(Format::Concise, &outcome, &sources).lines().count(),
        2
    );
    insta::assert_snapshot!(render(Format::Full, &outcome, &sources));
}

/// The line under the one that holds the text, cut to the mark.
fn mark_under<'a>(full: &'a str, text: &str) -> (usize, &'a str) {
    let mut lines = full.lines().skip_while(|line| !line.contains(text));
    let line = lines.next().expect("the text is shown");
    let under = lines.next().expect("a mark follows");
    let column = |line: &str, at: usize| line[..at].chars().count();
    let wanted = column(line, line.find(text).unwrap());
    let start = under.find(['─', '┬', '▲']).expect("a mark");
    assert_eq!(column(under, start), wanted, "{full}");
    (wanted, under[start..].trim())
}

#[test]
fn a_mark_points_right_after_replaced_characters_and_tabs() {
    let mut sources = Sources::default();
    let source = add(&mut sources, "a.yaml", "a:\tb\u{1b}\u{200b}é: evil\n");
    let outcome = outcome(vec![finding(place(&sources, source, "evil"), "m")]);
    let full = render(Format::Full, &outcome, &sources);
    assert_eq!(mark_under(&full, "evil").1, "────");
    assert!(full.contains("a.yaml:1:10\n"), "{full}");
}

#[test]
fn windows_line_ends_and_no_line_end() {
    let mut sources = Sources::default();
    let crlf = add(&mut sources, "crlf.yaml", "a: 1\r\nkey: value\r\nc: 3");
    let mut findings = vec![
        finding(place(&sources, crlf, "value"), "in the middle"),
        finding(place(&sources, crlf, "3"), "at the end"),
    ];
    let end = sources.get(crlf).text().len();
    findings.push(finding(location(crlf, end, end), "after the end"));
    let outcome = outcome(findings);
    let full = render(Format::Full, &outcome, &sources);
    assert_eq!(mark_under(&full, "value").1, "─────");
    assert!(full.contains("crlf.yaml:2:6\n"), "{full}");
    assert!(full.contains("crlf.yaml:3:4\n"), "{full}");
    assert!(full.contains("crlf.yaml:3:5\n"), "{full}");
    assert!(full.contains('▲'), "{full}");
    assert!(!full.contains("\\u{d}"), "{full}");
}

#[test]
fn an_empty_file_and_a_span_over_line_ends_are_shown() {
    let mut sources = Sources::default();
    let empty = add(&mut sources, "empty.yaml", "");
    let text = "a: |\n  one\n  two\nb: 1\n";
    let block = add(&mut sources, "block.yaml", text);
    let outcome = outcome(vec![
        finding(location(empty, 0, 0), "empty"),
        finding(location(block, 3, 17), "block"),
        finding(location(block, 4, 5), "line break"),
        finding(location(block, text.len(), text.len()), "end"),
        finding(location(block, 99, 200), "past the end"),
    ]);
    insta::assert_snapshot!(render(Format::Full, &outcome, &sources));
}

#[test]
fn columns_count_characters() {
    let mut sources = Sources::default();
    let source = add(&mut sources, "ü.yaml", "größe: 日本 wert # 🦆\n");
    let outcome = outcome(vec![finding(place(&sources, source, "wert"), "m")]);
    assert!(render(Format::Concise, &outcome, &sources).starts_with("ü.yaml:1:11: "));
    let json = render(Format::Json, &outcome, &sources);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["findings"][0]["location"],
        serde_json::json!({
            "start": {"line": 1, "column": 11, "offset": 16},
            "end": {"line": 1, "column": 15, "offset": 20},
        })
    );
    let sarif = render(Format::Sarif, &outcome, &sources);
    assert!(sarif.contains("\"uri\": \"deploy/%C3%BC.yaml\""), "{sarif}");
    assert!(sarif.contains("\"startColumn\": 11"), "{sarif}");
}

/// Minified JSON: distant places of one line get windows of their own.
#[test]
fn a_very_long_line_is_cut_around_its_places() {
    let padding = "\"é\":0,".repeat(20_000);
    let text = format!("{{{padding}\"here\":1,{padding}\"there\":2,{padding}\"end\":3}}");
    let mut sources = Sources::default();
    let source = add(&mut sources, "min.json", &text);
    let mut far = finding(place(&sources, source, "here"), "m");
    far.related.push(Label {
        location: place(&sources, source, "there"),
        message: "label".to_owned(),
    });
    let outcome = outcome(vec![far]);
    let full = render(Format::Full, &outcome, &sources);
    assert!(full.len() < 4_000, "{} bytes", full.len());
    assert_eq!(mark_under(&full, "here").1, "────");
    assert_eq!(mark_under(&full, "there").1, "───── label");
    assert!(full.contains("…"), "{full}");
}

#[test]
fn many_findings_in_one_file() {
    const COUNT: usize = LISTED;
    let mut text = String::new();
    for index in 0..COUNT {
        let _ = writeln!(text, "key{index}: value{index}");
    }
    let mut sources = Sources::default();
    let source = add(&mut sources, "many.yaml", &text);
    let mut at = 0;
    let findings = text
        .lines()
        .map(|line| {
            let start = at + line.find("value").unwrap();
            at += line.len() + 1;
            finding(location(source, start, at - 1), "m")
        })
        .collect();
    let outcome = outcome(findings);
    let full = render(Format::Full, &outcome, &sources);
    assert!(full.contains("─ many.yaml:999:9\n"));
    // A frame shows the finding's line, however long the file is.
    assert!(full.lines().count() <= COUNT * 6);
    assert!(full.contains("\n1000 errors in 1 of 2 files (1 workload)\nnext: "));
    let json: serde_json::Value =
        serde_json::from_str(&render(Format::Json, &outcome, &sources)).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), COUNT);
    assert_eq!(json["findings"][999]["location"]["start"]["line"], 1_000);
}

#[test]
fn related_places_are_bounded() {
    let mut sources = Sources::default();
    let app = add(&mut sources, "app.yaml", DEPLOYMENT);
    let at = place(&sources, app, "30");
    let mut crowded = finding(at, "m");
    crowded.related = vec![
        Label {
            location: place(&sources, app, "replicas"),
            message: "here".to_owned(),
        };
        12
    ];
    let outcome = outcome(vec![crowded]);
    let full = render(Format::Full, &outcome, &sources);
    assert_eq!(full.matches("here").count(), 8, "{full}");
    assert!(full.contains("not shown: related places, 4 more"), "{full}");
    assert_eq!(
        render(Format::Json, &outcome, &sources)
            .matches("\"here\"")
            .count(),
        12
    );
}

/// As many findings as are listed in one line, which is the whole file.
#[test]
fn many_findings_in_one_line() {
    const COUNT: usize = LISTED;
    let text = "\"some-key\":{\"é\":[1,2,3]},".repeat(COUNT);
    let step = text.len() / COUNT;
    let mut sources = Sources::default();
    let source = add(&mut sources, "min.json", &text);
    let findings = (0..COUNT)
        .map(|index| finding(location(source, index * step, index * step + 10), "m"))
        .collect();
    let outcome = outcome(findings);
    let full = render(Format::Full, &outcome, &sources);
    assert_eq!(full.matches("──────────").count(), COUNT);
    assert!(full.len() < COUNT * 1_000);
    assert!(full.contains(&format!("─ min.json:1:{}\n", 999 * (step - 1) + 1)));
}

/// Texts that hold what excerpts must take care of, and places anywhere in them or beyond.
fn any_places() -> impl Strategy<Value = (String, Vec<(u32, u32)>)> {
    let piece = prop_oneof![
        Just("a: b\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\t".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("日本é🦆\u{301}".to_owned()),
        Just("\u{200b}".to_owned()),
        Just("x".repeat(250)),
        "[ -~]{0,8}",
    ];
    let text = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let places = proptest::collection::vec((0..400_u32, 0..300_u32), 1..5);
    (text, places)
}

proptest! {
    #[test]
    fn every_place_can_be_shown((text, places) in any_places(), unicode: bool) {
        let mut sources = Sources::default();
        let source = add(&mut sources, "any.yaml", &text);
        let mut locations = places.iter().map(|(start, length)| Location {
            source,
            span: Span::new(*start, start + length),
        });
        let mut any = finding(locations.next().unwrap(), "m");
        any.related = locations
            .map(|location| Label { location, message: "related".to_owned() })
            .collect();
        let related = any.related.len();
        let outcome = outcome(vec![any]);
        let style = Style { unicode, ..Style::default() };
        let full = styled(Format::Full, &style, &outcome, &sources);
        prop_assert!(full.matches("related").count() >= related, "{full}");
        prop_assert!(!full.contains("Failed to read"), "{full}");
        prop_assert!(full.len() < 12_000, "{full}");
        let line = full.replace('\n', "");
        prop_assert_eq!(sanitize(&line), &*line);
        for format in Format::ALL {
            prop_assert!(!render(format, &outcome, &sources).is_empty());
        }
    }
}
