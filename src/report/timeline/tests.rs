//! Drawings of clocks built by hand.

use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::svg::Drawing;
use super::*;
use crate::finding::{BarKind, Resource, Verdict};
use crate::source::{Location, NewSource, Role, Scope, Span};

const KINDS: [BarKind; 7] = [
    BarKind::Limit,
    BarKind::Wait,
    BarKind::Work,
    BarKind::Buffer,
    BarKind::Sidecar,
    BarKind::Probe,
    BarKind::Kill,
];

fn extent() -> impl Strategy<Value = Extent> {
    let time = prop_oneof![0_u64..100, 0_u64..100_000_000].prop_map(Duration::from_secs);
    (0..4, time.clone(), time).prop_map(|(form, one, other)| {
        let (from, to) = (one.min(other), one.max(other));
        match form {
            0 => Extent::Before,
            1 => Extent::Between { from, to },
            2 => Extent::AtLeast { from, to },
            _ => Extent::At(from),
        }
    })
}

/// Text that cannot be taken for the row of a drawing.
fn unmarked(text: &str) -> String {
    text.replace('◆', "")
}

fn bar() -> impl Strategy<Value = Bar> {
    let owner = prop_oneof![Just("pod".to_owned()), "[a-z-]{1,63}", "\\PC{0,80}"];
    (owner, 0..KINDS.len(), extent(), "\\PC{0,200}").prop_map(|(owner, kind, extent, by)| Bar {
        owner,
        what: "drain from SIGTERM",
        kind: KINDS[kind],
        extent,
        stated: vec![Stated {
            by: unmarked(&by),
            location: None,
        }],
    })
}

fn clock() -> impl Strategy<Value = Clock> {
    let verdict = "\\PC{0,200}".prop_map(|text| Verdict {
        fit: Fit::Exceeds,
        text: unmarked(&text),
    });
    (
        prop::collection::vec(bar(), 0..12),
        prop::collection::vec(verdict, 0..3),
    )
        .prop_map(|(bars, verdicts)| Clock { bars, verdicts })
}

fn sources_of_one() -> Sources {
    let mut sources = Sources::default();
    sources.push(NewSource {
        path: "web.yaml".to_owned(),
        root_path: "web.yaml".to_owned(),
        text: "kind: Deployment\n".into(),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope("".into()),
    });
    sources
}

fn timeline(shutdown: Clock) -> Timeline {
    let sources = sources_of_one();
    Timeline {
        resource: Resource::new("apps/v1", "Deployment", Some("demo"), "web"),
        location: Location {
            source: sources.iter().next().unwrap().id(),
            span: Span::new(0, 4),
        },
        startup: Clock::default(),
        shutdown,
    }
}

/// Left, right, top and bottom of every text, in a drawing of this width. Characters of a
/// monospaced font of 12px are 7.3px wide at most and reach 10px up and 3px down.
fn boxes(drawing: &Drawing, width: f64) -> Vec<(f64, f64, f64, f64)> {
    let texts = drawing.texts.iter();
    texts
        .map(|text| {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let (wide, y) = (text.content.width() as f64 * 7.3, text.y as f64);
            let x = text.x / 100.0 * width;
            let left = match text.anchor {
                "start" => x,
                "middle" => x - wide / 2.0,
                _ => x - wide,
            };
            (left, left + wide, y - 10.0, y + 3.0)
        })
        .collect()
}

proptest! {
    #[test]
    fn labels_of_a_drawing_never_overlap(clock in clock()) {
        let sources = Sources::default();
        for (sources, widths) in [
            (None, &[320.0, 390.0, 1280.0][..]),
            (Some(&sources), &[760.0][..]),
        ] {
            let drawing = Drawing::new(&clock, "Deployment web", "Shutdown", "", sources);
            for width in widths {
                let boxes = boxes(&drawing, *width);
                for (index, one) in boxes.iter().enumerate() {
                    prop_assert!(one.0 >= -1.0 && one.1 <= width + 1.0, "{one:?} of {width}");
                    for other in &boxes[index + 1..] {
                        let apart = one.1 <= other.0 || other.1 <= one.0
                            || one.3 <= other.2 || other.3 <= one.2;
                        prop_assert!(apart, "{one:?} and {other:?} at {width}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_line_of_a_drawing_is_wider_than_the_terminal(
        clock in clock(),
        width in 80_usize..140,
        unicode in any::<bool>(),
    ) {
        let style = Style { unicode, width, ..Style::default() };
        let mut out = Vec::new();
        write_timelines(&[timeline(clock)], &Unjudged::default(), &sources_of_one(), TimelineFormat::Text, &style, &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows = text.lines().filter(|line| line.contains("◆") || line.contains("drain from"));
        for line in rows {
            prop_assert!(line.width() <= width, "{}: {line}", line.width());
        }
    }
}

/// What is spelled out takes more columns than it had.
#[test]
fn a_label_that_reads_as_a_command_keeps_its_column() {
    let clock = Clock {
        bars: vec![Bar {
            owner: ":".to_owned(),
            what: "drain from SIGTERM",
            kind: BarKind::Limit,
            extent: Extent::Before,
            stated: Vec::new(),
        }],
        verdicts: Vec::new(),
    };
    let style = Style::default();
    let mut out = Vec::new();
    let timelines = [timeline(clock)];
    write_timelines(
        &timelines,
        &Unjudged::default(),
        &sources_of_one(),
        TimelineFormat::Text,
        &style,
        &mut out,
    )
    .unwrap();
    let text = String::from_utf8(out).unwrap();
    let row = text
        .lines()
        .find(|line| line.contains("drain from"))
        .unwrap();
    assert!(row.starts_with("  \\u{3a}: drain from"), "{row}");
    assert!(row.width() <= style.width, "{}: {row}", row.width());
}

#[test]
fn text_of_a_manifest_is_shown_and_not_obeyed() {
    let clock = Clock {
        bars: vec![Bar {
            owner: "\u{1b}[31m</text><script>&\u{202e}".to_owned(),
            what: "preStop hook",
            kind: BarKind::Wait,
            extent: Extent::At(Duration::from_secs(1)),
            stated: vec![Stated {
                by: "\"]]><script>".to_owned(),
                location: None,
            }],
        }],
        verdicts: Vec::new(),
    };
    for format in [TimelineFormat::Text, TimelineFormat::Svg] {
        let mut out = Vec::new();
        let style = Style::default();
        let timelines = [timeline(clock.clone())];
        write_timelines(
            &timelines,
            &Unjudged::default(),
            &sources_of_one(),
            format,
            &style,
            &mut out,
        )
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
        assert!(format == TimelineFormat::Text || !text.contains("<script"));
    }
}
