//! What people read: how findings are grouped, folded and wrapped, and what editors make of them.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::*;

/// A shop: so many Deployments, each with the same three findings, and one error.
fn shop(deployments: usize) -> (Outcome, Sources) {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    for index in 0..deployments {
        let text = DEPLOYMENT.replace("name: shop", &format!("name: shop-{index}"));
        let path = format!("deploy/overlays/production/shop-{index}.yaml");
        let source = add(&mut sources, &path, &text);
        let resource = Resource {
            container: Some("app".to_owned()),
            ..Resource::new(
                "apps/v1",
                "Deployment",
                Some("demo"),
                &format!("shop-{index}"),
            )
        };
        let object = Location {
            source,
            span: Span::new(0, 10),
        };
        for (rule, severity, marked) in [
            ("missing-prestop", Severity::Warning, "name: app"),
            ("single-replica", Severity::Note, "replicas"),
        ] {
            findings.push(Finding {
                rule,
                severity,
                resource: Some(resource.clone()),
                subject: Some(object),
                help: Some(Help::new(
                    "wait until the endpoints are gone, which takes a few seconds in every cluster \
                     there is:\nlifecycle: {}",
                )),
                ..finding(
                    place(&sources, source, marked),
                    &format!("container `app-{index}` takes requests without a preStop hook"),
                )
            });
        }
        if index == 0 {
            findings.push(Finding {
                resource: Some(resource),
                subject: Some(object),
                ..finding(place(&sources, source, "30"), "killed after 30s")
            });
        }
    }
    (outcome(findings), sources)
}

fn terminal(width: usize) -> Style {
    Style {
        width,
        fold: Fold::Many,
        ..Style::default()
    }
}

#[test]
fn a_large_report_at_80_columns() {
    let (outcome, sources) = shop(12);
    insta::assert_snapshot!(styled(Format::Full, &terminal(80), &outcome, &sources));
}

#[test]
fn a_large_report_at_120_columns() {
    let (outcome, sources) = shop(12);
    insta::assert_snapshot!(styled(Format::Full, &terminal(120), &outcome, &sources));
}

#[test]
fn a_small_report_at_80_columns() {
    let (outcome, sources) = shop(2);
    insta::assert_snapshot!(styled(Format::Full, &terminal(80), &outcome, &sources));
}

#[test]
fn a_large_report_is_folded_and_ends_with_the_errors() {
    let (outcome, sources) = shop(40);
    let full = styled(Format::Full, &terminal(80), &outcome, &sources);
    let findings = outcome.findings.len();
    assert!(full.lines().count() <= 6 * findings, "{full}");
    assert!(full.contains("+ 39 more:"), "{full}");
    assert!(full.contains("and 19 more: `--select"), "{full}");
    let at = |text: &str| full.find(text).expect("is there");
    assert!(at("note[single-replica]") < at("warning[missing-prestop]"));
    assert!(at("warning[missing-prestop]") < at("error[insufficient"));
    let lines: Vec<&str> = full.lines().collect();
    let screen = lines[lines.len() - 24..].join("\n");
    assert!(
        screen.contains("error       1  insufficient-grace-period"),
        "{screen}"
    );
    assert!(screen.contains("next: fix the error first"), "{screen}");
    let whole = Style {
        fold: Fold::Never,
        ..terminal(80)
    };
    let whole = styled(Format::Full, &whole, &outcome, &sources);
    assert_eq!(whole.matches("killed after 30s").count(), 1);
    let cards = whole.matches("takes requests without").count();
    assert_eq!(cards, findings - 1, "every finding is whole");
}

#[test]
fn what_was_said_is_not_repeated() {
    let (outcome, sources) = shop(2);
    let full = render(Format::Full, &outcome, &sources);
    assert_eq!(
        full.matches("lifecycle: {}").count(),
        2,
        "once for each rule: {full}"
    );
    let place = "deploy/overlays/production/shop-1.yaml:12:11";
    // The Deployment without an error is the first.
    let same = format!("same help as above ({place})");
    assert_eq!(full.matches(&same).count(), 1, "{full}");
    assert_eq!(full.matches("read more").count(), 3, "{full}");
}

#[test]
fn findings_are_grouped_as_asked() {
    let (outcome, sources) = shop(2);
    let by = |group_by| {
        let style = Style {
            group_by: Some(group_by),
            ..Style::default()
        };
        styled(Format::Full, &style, &outcome, &sources)
    };
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    assert_eq!(first(&by(GroupBy::Workload)), "Deployment demo/shop-1");
    assert_eq!(
        first(&by(GroupBy::File)),
        "deploy/overlays/production/shop-1.yaml"
    );
    assert!(first(&by(GroupBy::Rule)).starts_with("note[single-replica] "));
    // Folded, but not by rule: what is explained elsewhere is a line.
    let style = Style {
        group_by: Some(GroupBy::Workload),
        fold: Fold::Always,
        ..Style::default()
    };
    let full = styled(Format::Full, &style, &outcome, &sources);
    assert_eq!(full.matches(": like\n  deploy/").count(), 2, "{full}");
}

#[test]
fn many_overlays_are_one_line() {
    let mut sources = Sources::default();
    let app = add(&mut sources, "app.yaml", DEPLOYMENT);
    let mut shared = finding(place(&sources, app, "30"), "m");
    for overlay in ["dev", "prod"] {
        let path = format!("overlays/{overlay}/kustomization.yaml");
        let source = add(&mut sources, &path, "resources: [../../base]\n");
        shared.related.push(Label {
            location: place(&sources, source, "resources"),
            message: "found in what is rendered from here".to_owned(),
        });
    }
    let full = render(Format::Full, &outcome(vec![shared]), &sources);
    let line = "  found in what is rendered from here: overlays/dev/kustomization.yaml:1, \
                overlays/prod/kustomization.yaml:1\n";
    assert!(full.replace("\n    ", " ").contains(line), "{full}");
}

#[test]
fn a_long_line_is_cut_around_its_mark() {
    let mut sources = Sources::default();
    let text = format!("a: {} here {}\n", "x".repeat(90), "y".repeat(90));
    let source = add(&mut sources, "a.yaml", &text);
    let outcome = outcome(vec![finding(place(&sources, source, "here"), "m")]);
    let full = styled(Format::Full, &terminal(60), &outcome, &sources);
    assert_eq!(mark_under(&full, "here").1, "────");
    for line in full.lines() {
        assert!(line.width() <= 60, "{line}");
    }
}

#[test]
fn lines_that_go_and_come_have_colours() {
    let (mut outcome, sources) = sample();
    outcome.findings[0].help = Some(Help::new("write"));
    let style = Style {
        color: true,
        ..Style::default()
    };
    let full = styled(Format::Full, &style, &outcome, &sources);
    assert!(
        full.contains("\u{1b}[31m- terminationGracePeriodSeconds: 30"),
        "{full}"
    );
    assert!(
        full.contains("\u{1b}[32m+ terminationGracePeriodSeconds: 40"),
        "{full}"
    );
    let diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n";
    let shown = diff_in_color(&style, diff);
    assert!(shown.contains("\u{1b}[31m-old\u{1b}[39m\n"), "{shown:?}");
    assert_eq!(diff_in_color(&Style::default(), diff), diff);
}

proptest! {
    /// Nothing but a word that is longer than the line, or text to copy, is longer than the line.
    #[test]
    fn prose_stays_within_the_terminal(width in 40_usize..130, words in proptest::collection::vec("[a-z日]{1,12}", 1..40)) {
        let message = words.join(" ");
        let mut sources = Sources::default();
        let app = add(&mut sources, "app.yaml", DEPLOYMENT);
        let mut long = finding(place(&sources, app, "30"), &message);
        long.help = Some(Help::new(message.clone()));
        long.related.push(Label { location: place(&sources, app, "15"), message: message.clone() });
        let full = styled(Format::Full, &terminal(width), &outcome(vec![long]), &sources);
        for line in full.lines() {
            prop_assert!(line.width() <= width.max(61), "{line}\n{full}");
        }
    }
}

/// What the patterns of `docs/integrations.md` and those that editors bring along read, of a line of the
/// concise report.
#[test]
fn editors_read_the_concise_report() {
    let (outcome, sources) = shop(1);
    let report = styled(
        Format::Concise,
        &Style {
            quiet: true,
            ..Style::default()
        },
        &outcome,
        &sources,
    );
    let mut expected = String::new();
    for (line, column, severity, rule) in [
        ("12", "11", "warning", "missing-prestop"),
        ("7", "3", "note", "single-replica"),
        ("10", "38", "error", "insufficient-grace-period"),
    ] {
        let _ = writeln!(
            expected,
            "deploy/overlays/production/shop-0.yaml {line} {column} {severity} {rule}"
        );
    }
    let mut seen = String::new();
    for line in report.lines() {
        let all = pattern(VS_CODE).captures(line).expect("VS Code reads it");
        let _ = writeln!(
            seen,
            "{} {} {} {} {}",
            &all[1], &all[2], &all[3], &all[4], &all[5]
        );
        assert!(all[6].starts_with("Deployment/shop-0: "), "{line}");
        let vim = pattern(VIM).captures(line).expect("Vim reads it");
        assert_eq!((&vim[1], &vim[2], &vim[3]), (&all[1], &all[2], &all[3]));
        assert_eq!(vim[4], all[4][..1]);
        let emacs = pattern(EMACS).captures(line).expect("Emacs reads it");
        assert_eq!(
            (&emacs[1], &emacs[2], &emacs[3]),
            (&all[1], &all[2], &all[3])
        );
        assert_eq!(emacs.get(4).is_some(), &all[4] == "warning", "{line}");
        assert_eq!(emacs.get(5).is_some(), &all[4] == "note", "{line}");
    }
    assert_eq!(seen, expected);
    let page = include_str!("../../../docs/integrations.md");
    assert!(
        page.contains(&VS_CODE.replace('\\', "\\\\")),
        "the page has the same pattern"
    );
    assert!(page.contains(r" errorformat=%f:%l:%c:\ %t%*[a-z][%m"));
}

fn pattern(text: &str) -> regex::Regex {
    regex::Regex::new(text).expect("a pattern")
}

/// The problem matcher of the page.
const VS_CODE: &str = r"^(.+?):(\d+):(\d+): (error|warning|note)\[([a-z-]+)\] (.*)$";

/// `%f:%l:%c:\ %t%*[a-z][%m`: `%f` is a file, `%t` one character, `%*[a-z]` letters that are skipped.
const VIM: &str = r"^(.+?):(\d+):(\d+): (.)[a-z]+\[(.+)$";

/// The entry `gnu` of `compilation-error-regexp-alist-alist`, without programs before the file and ranges.
const EMACS: &str = r"^((?:[0-9]*[^0-9\n:])(?:[^\n :]| [^-/\n]|:[^ \n])*?)(?:: ?)(\d+)(?:[.:](\d+))?:(?:( *[Ww]arning)|( *[Nn]ote)|)";
