//! Whatever a manifest says, no line of a report is a command to the runner of a CI job, and none
//! drives the terminal that shows it.

use proptest::prelude::*;

use super::*;
use crate::finding::{
    Area, Bar, BarKind, Because, Checklist, ChecklistItem, ChecklistRow, Clock, Extent, Fit, Help,
    ItemState, Stated, Timeline, Verdict,
};
use crate::report::text::is_unprintable;

/// What a manifest can hold: commands, in all places of a line, between what is none.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("::error::x".to_owned()),
        Just("::add-mask::x ::stop-commands::y".to_owned()),
        Just("\n \t::set-output name=a::b\r\n".to_owned()),
        Just("\r::debug::".to_owned()),
        Just("##[error]x".to_owned()),
        Just("##vso[task.setvariable variable=a]x".to_owned()),
        Just("##TeamCity[buildStop]".to_owned()),
        Just("\u{9b}2J\u{202e}\u{2066}\u{1b}]0;x\u{7}".to_owned()),
        Just("#\u{200b}#[a]:\u{200b}:".to_owned()),
        Just(" word".repeat(12)),
        "[ :#\\[\n\r`]{1,6}",
        "[ -~]{0,12}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A clock that says a text in every place.
fn clock(text: &str, at: Location) -> Clock {
    Clock {
        bars: vec![Bar {
            owner: text.to_owned(),
            what: "preStop hook",
            kind: BarKind::Wait,
            extent: Extent::Before,
            stated: vec![Stated {
                by: text.to_owned(),
                location: Some(at),
            }],
        }],
        verdicts: vec![Verdict {
            fit: Fit::Exceeds,
            text: text.to_owned(),
        }],
    }
}

/// A run that says a text in every place where a run can say something.
fn everywhere(text: &str, path: &str) -> (Outcome, Sources) {
    let mut sources = Sources::default();
    let source = add(&mut sources, path, &format!("kind: Pod\n# {text}\n"));
    let at = place(&sources, source, "Pod");
    let own = || text.to_owned();
    let resource = Resource {
        container: Some(own()),
        ..Resource::new(text, text, Some(text), text)
    };
    let clock = clock(text, at);
    let loud = Finding {
        help: Some(Help::new(own())),
        resource: Some(resource.clone()),
        related: vec![Label {
            location: at,
            message: own(),
        }],
        fix: Some(Fix {
            applicability: Applicability::Safe,
            title: own(),
            effect: Some(own()),
            reveals: false,
            edits: vec![Edit {
                source,
                span: at.span,
                text: own(),
            }],
        }),
        ..finding(at, text)
    };
    let mut outcome = outcome(vec![loud.clone(), loud]);
    outcome.findings[1].suppressed = Some(Suppression {
        by: SuppressedBy::Comment,
        reason: Some(own()),
    });
    outcome.timelines = vec![Timeline {
        resource: resource.clone(),
        location: at,
        startup: clock.clone(),
        shutdown: clock,
    }];
    outcome.checklists = vec![Checklist {
        resource,
        location: at,
        rows: vec![ChecklistRow {
            item: ChecklistItem {
                id: "tracing",
                area: Area::Mesh,
                title: "Tracing",
            },
            state: ItemState::Passed,
            because: vec![Because {
                text: own(),
                rule: None,
                location: Some(at),
            }],
        }],
    }];
    (outcome, sources)
}

/// Every report of a run, with its name.
fn reports(outcome: &Outcome, sources: &Sources, style: &Style) -> Vec<(String, String)> {
    let mut reports: Vec<(String, String)> = Format::ALL
        .into_iter()
        .map(|format| (format.to_string(), styled(format, style, outcome, sources)))
        .collect();
    let mut add = |name: &str, written: Vec<u8>| {
        reports.push((name.to_owned(), String::from_utf8(written).unwrap()));
    };
    for format in [
        TimelineFormat::Text,
        TimelineFormat::Json,
        TimelineFormat::Svg,
    ] {
        let mut out = Vec::new();
        write_timelines(
            &outcome.timelines,
            &outcome.unjudged,
            sources,
            format,
            style,
            &mut out,
        )
        .unwrap();
        add(&format!("timeline {format:?}"), out);
    }
    for format in [
        ChecklistFormat::Table,
        ChecklistFormat::Json,
        ChecklistFormat::Markdown,
        ChecklistFormat::Html,
    ] {
        let mut out = Vec::new();
        write_checklists(
            &outcome.checklists,
            &outcome.unjudged,
            sources,
            format,
            false,
            style,
            &mut out,
        )
        .unwrap();
        add(&format!("checklist {format:?}"), out);
    }
    reports
}

/// What a runner would obey in a report, or a terminal; one command is ours in `github`.
fn obeyed(name: &str, report: &str) -> Option<String> {
    let lower = report.to_lowercase();
    for marker in ["##[", "##vso[", "##teamcity["] {
        if lower.contains(marker) {
            return Some(marker.to_owned());
        }
    }
    let mut commands = report
        .split(['\n', '\r'])
        .filter(|line| line.trim_start().starts_with("::"));
    if name == "github" {
        let ours = commands.next().is_some_and(|it| it.starts_with("::error "));
        if !ours {
            return Some("no command of ours".to_owned());
        }
    }
    if let Some(command) = commands.next() {
        return Some(command.to_owned());
    }
    report
        .chars()
        .find(|char| is_unprintable(*char) && !matches!(char, '\n' | '\t'))
        .map(|char| format!("{char:?}"))
}

proptest! {
    #[test]
    fn no_text_of_a_manifest_is_obeyed(
        text in any_text(),
        path in any_text(),
        unicode: bool,
        width in 20..120_usize,
    ) {
        let (outcome, sources) = everywhere(&text, &path);
        let style = Style { unicode, width, show_suppressed: true, ..Style::default() };
        for (name, report) in reports(&outcome, &sources, &style) {
            prop_assert_eq!(obeyed(&name, &report), None, "{}: {}", name, report);
        }
    }
}

/// The check itself can fail.
#[test]
fn what_a_runner_obeys_is_recognised() {
    for report in [
        "a\n  ::error::x",
        "a ##[x]",
        "##VSO[x]",
        "\u{9b}",
        "##teamcity[x]",
    ] {
        assert!(obeyed("full", report).is_some(), "{report}");
    }
    assert!(obeyed("github", "::error file=a::b\n::warning file=a::b").is_some());
}

/// Programs get the text as it was, however it is written.
#[test]
fn json_keeps_the_text() {
    let text = "::error::x\n##[error]\u{9b}2J\u{202e}";
    let (outcome, sources) = everywhere(text, "a.yaml");
    let json = render(Format::Json, &outcome, &sources);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][0]["message"], text);
    let sarif = render(Format::Sarif, &outcome, &sources);
    assert!(sarif.contains("\\u0023#[error]\\u009b2J\\u202e"), "{sarif}");
}

/// What only looks like a command is shown as it is.
#[test]
fn ordinary_colons_and_hashes_stay() {
    let text = "std::string, # ## heading, a ::error:: b";
    let (outcome, sources) = everywhere(text, "a.yaml");
    let full = render(Format::Full, &outcome, &sources);
    assert!(full.contains(text), "{full}");
    assert!(!full.contains("\\u{"), "{full}");
}
