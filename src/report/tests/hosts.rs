//! Formats that a host of code reviews reads: nothing in a manifest may mean anything to it.

use pulldown_cmark::{Event, Options, Parser, Tag};
use quick_xml::events::Event as Xml;

use super::*;

#[test]
fn github() {
    let (outcome, sources) = sample();
    insta::assert_snapshot!(render(Format::Github, &outcome, &sources));
}

#[test]
fn gitlab() {
    let (outcome, sources) = sample();
    insta::assert_snapshot!(render(Format::Gitlab, &outcome, &sources));
}

#[test]
fn junit() {
    let (mut outcome, mut sources) = sample();
    outcome.checked = sources.iter().map(crate::source::Source::id).collect();
    let clean = add(&mut sources, "clean.yaml", "kind: Pod\n");
    outcome.checked.push(clean);
    let again = Finding {
        severity: Severity::Warning,
        ..outcome.findings[0].clone()
    };
    outcome.findings.insert(1, again);
    insta::assert_snapshot!(render(Format::Junit, &outcome, &sources));
}

#[test]
fn markdown() {
    let (outcome, sources) = sample();
    insta::assert_snapshot!(render(Format::Markdown, &outcome, &sources));
}

#[test]
fn nothing_is_said_where_nothing_was_found() {
    let sources = Sources::default();
    let clean = outcome(Vec::new());
    let line = "No findings in 2 objects of 2 files (1 workload)\n";
    assert_eq!(render(Format::Github, &clean, &sources), line);
    assert_eq!(render(Format::Gitlab, &clean, &sources), "[]\n");
    assert_eq!(
        render(Format::Markdown, &clean, &sources),
        format!("<!-- lameduck -->\n**lameduck**: {line}")
    );
    assert_eq!(
        render(Format::Junit, &clean, &sources),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"lameduck\" tests=\"0\" failures=\"0\" errors=\"0\"/>\n"
    );
}

/// A place without a file cannot be annotated, and one over several lines has no columns.
#[test]
fn github_places() {
    let mut sources = Sources::default();
    let stdin = sources.push(NewSource {
        path: "-".to_owned(),
        root_path: "-".to_owned(),
        text: "a: 1\n".into(),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope("".into()),
    });
    let odd = add(
        &mut sources,
        "a,b:100%\n.yaml",
        "a: |\n  one\n  two\nb: 1\n",
    );
    let outcome = outcome(vec![
        finding(place(&sources, stdin, "1"), "from a pipe"),
        finding(location(odd, 3, 17), "a block, 50%"),
    ]);
    insta::assert_snapshot!(render(Format::Github, &outcome, &sources), @r"
    ::error title=lameduck (insufficient-grace-period)::standard input:1:4: from a pipe.
    ::error file=deploy/a%2Cb%3A100%25%0A.yaml,line=1,endLine=3,title=lameduck (insufficient-grace-period)::a block, 50%25.
    2 errors in 2 of 2 files (1 workload)
    ");
}

#[test]
fn a_comment_is_cut_to_what_people_read() {
    const COUNT: usize = 2_000;
    let mut sources = Sources::default();
    let app = add(&mut sources, "app.yaml", DEPLOYMENT);
    let at = place(&sources, app, "30");
    let findings = (0..COUNT)
        .map(|index| Finding {
            severity: if index == COUNT - 1 {
                Severity::Error
            } else {
                Severity::Note
            },
            help: Some(Help::new("help ".repeat(20))),
            ..finding(at, &format!("number {index} {}", "x".repeat(5_000)))
        })
        .collect();
    let comment = render(Format::Markdown, &outcome(findings), &sources);
    assert!(comment.len() <= 20_000, "{}", comment.len());
    assert!(comment.len() > 15_000, "{}", comment.len());
    let first = comment
        .lines()
        .find(|line| line.contains("number"))
        .expect("an item");
    assert!(first.contains("number 1999 "), "{first}");
    let folded = comment.split_once("<details>").expect("details").1;
    let items = folded.lines().filter(|it| it.starts_with("- ")).count();
    let cut = format!("{} findings are not listed", COUNT - items);
    assert!(comment.contains(&cut), "{comment}");
}

/// What a reviewer of a change sees first fits on a screen, and the rest is there.
#[test]
fn a_comment_of_150_findings_is_short() {
    const RULES: [&str; 10] = [
        "missing-prestop",
        "missing-pdb",
        "missing-resources",
        "identical-probes",
        "single-replica",
        "mutable-image-tag",
        "missing-pod-spread",
        "missing-startup-probe",
        "removed-api-version",
        "insufficient-grace-period",
    ];
    let mut sources = Sources::default();
    let path = "deploy/kubernetes/overlays/production/a-service-of-some-name.yaml";
    let app = add(&mut sources, path, DEPLOYMENT);
    let at = place(&sources, app, "30");
    let yaml = "spec:\n  template:\n    spec:\n      key: value\n".repeat(6);
    let findings = (0..150).map(|index| {
        let rule = RULES[index % 10];
        Finding {
            rule,
            severity: match rule {
                "removed-api-version" => Severity::Error,
                "single-replica" => Severity::Note,
                _ => Severity::Warning,
            },
            help: Some(Help::new(format!("what to write:\n{yaml}"))),
            resource: Some(Resource::new(
                "apps/v1",
                "Deployment",
                Some("production"),
                "a-service",
            )),
            ..finding(
                at,
                &format!(
                    "container `app-{index}` may lose requests {}",
                    "x".repeat(60)
                ),
            )
        }
    });
    let comment = render(Format::Markdown, &outcome(findings.collect()), &sources);
    assert!(comment.len() < 20_000, "{}", comment.len());
    assert!(!comment.contains("not listed"), "{comment}");
    let (seen, folded) = comment.split_once("<details>").expect("details");
    assert!(seen.lines().count() <= 40, "{seen}");
    let items = folded.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(items, 150);
}

/// What could mean something to a shell of a runner, a browser, or a parser.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("::error::x".to_owned()),
        Just("##[add-mask]x".to_owned()),
        Just("\n::set-output name=a::b\r\n".to_owned()),
        Just("%0A::stop-commands::x".to_owned()),
        Just("</failure>]]>".to_owned()),
        Just("<!-- --><img src=x onerror=y>".to_owned()),
        Just("[a](https://example.com) ![b](x)".to_owned()),
        Just("https://example.com www.example.com a@example.com".to_owned()),
        Just("@team #12 owner/repo#3 0123456789abcdef".to_owned()),
        Just("`code` ``` ~~~ | a | b \\| c \\\\| d".to_owned()),
        Just("</details></code></summary>\n\n# title\n".to_owned()),
        Just("\u{0}\u{b}\u{1b}[31m\u{fffe}\u{ffff}\u{85}\u{2028}".to_owned()),
        Just("日本é🦆".to_owned()),
        "[ -~]{0,12}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// One finding that says a text wherever a finding can.
fn everywhere(text: &str, path: &str) -> (Outcome, Sources) {
    let mut sources = Sources::default();
    let source = add(&mut sources, path, "kind: Pod\n");
    let at = place(&sources, source, "Pod");
    let resource = Resource {
        api_version: text.to_owned(),
        kind: text.to_owned(),
        namespace: Some(text.to_owned()),
        name: text.to_owned(),
        container: Some(text.to_owned()),
    };
    let loud = Finding {
        help: Some(Help::new(text.to_owned())),
        resource: Some(resource),
        related: vec![Label {
            location: at,
            message: text.to_owned(),
        }],
        ..finding(at, text)
    };
    (outcome(vec![loud]), sources)
}

proptest! {
    #[test]
    fn only_our_own_commands_reach_the_runner(text in any_text(), path in any_text()) {
        let (outcome, sources) = everywhere(&text, &path);
        let report = render(Format::Github, &outcome, &sources);
        let lines: Vec<&str> = report.split(['\n', '\r']).collect();
        // One command, the summary, and what follows the last line break.
        prop_assert_eq!(lines.len(), 3, "{}", report);
        let rest = lines[0].strip_prefix("::error ").expect("a command");
        let (properties, _) = rest.split_once("::").expect("the end of the properties");
        let names: Vec<&str> = properties
            .split(',')
            .map(|property| property.split('=').next().unwrap_or_default())
            .collect();
        // Standard input is no file.
        let place = ["file", "line", "endLine", "col", "endColumn"];
        let place = if path == "-" { &[][..] } else { &place };
        prop_assert_eq!(names, [place, &["title"]].concat());
        prop_assert!(!lines[1].contains("::"));
    }

    #[test]
    fn json_of_any_text_is_json(text in any_text(), path in any_text()) {
        let (outcome, sources) = everywhere(&text, &path);
        for format in [Format::Json, Format::Sarif, Format::Gitlab] {
            let report = render(format, &outcome, &sources);
            let value: serde_json::Value = serde_json::from_str(&report).unwrap();
            prop_assert!(value.is_object() || value.is_array());
        }
    }

    #[test]
    fn junit_of_any_text_is_xml(text in any_text(), path in any_text()) {
        let (outcome, sources) = everywhere(&text, &path);
        let report = render(Format::Junit, &outcome, &sources);
        let forbidden = |char: char| {
            matches!(char, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
        };
        prop_assert!(!report.contains(forbidden), "{report}");
        let mut reader = quick_xml::Reader::from_str(&report);
        let mut elements = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Xml::Start(start) => {
                    for attribute in start.attributes() {
                        attribute.unwrap();
                    }
                    elements.push(start.name().as_ref().to_owned());
                }
                Xml::Eof => break,
                _ => {}
            }
        }
        prop_assert_eq!(elements, ["testsuites", "testsuite", "testcase", "failure"]);
    }

    #[test]
    fn markdown_of_any_text_is_a_row_and_two_items(text in any_text(), path in any_text()) {
        let (outcome, sources) = everywhere(&text, &path);
        let report = render(Format::Markdown, &outcome, &sources);
        let (mut cells, mut items) = (0, 0);
        let mut in_block = false;
        for event in Parser::new_ext(&report, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(Tag::TableCell) => cells += 1,
                Event::Start(Tag::Item) => items += 1,
                Event::Start(Tag::CodeBlock(_)) => in_block = true,
                Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_block = false,
                Event::Start(tag) => prop_assert!(
                    !matches!(tag, Tag::Link { .. } | Tag::Image { .. } | Tag::Heading { .. }
                        | Tag::BlockQuote(_) | Tag::Emphasis | Tag::Strikethrough),
                    "{tag:?} in {report}"
                ),
                Event::InlineHtml(html) => prop_assert!(false, "{html} in {report}"),
                Event::Html(html) => prop_assert!(is_ours(&html), "{html} in {report}"),
                Event::Text(shown) if !in_block => prop_assert!(
                    !shown.contains(['@', '#', '\\', '`', '$', '~']) && !shown.contains("://"),
                    "{shown} in {report}"
                ),
                _ => {}
            }
        }
        // The error stands there and in its details.
        prop_assert_eq!((cells, items), (8, 2), "{}", report);
    }
}

/// Whether a line of HTML has no tags but those that frame a finding's advice.
fn is_ours(html: &str) -> bool {
    let mut rest = html.trim_end().to_owned();
    for ours in [
        "<!-- lameduck -->",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<code>",
        "</code>",
    ] {
        rest = rest.replace(ours, "");
    }
    !rest.contains(['<', '>', '@', '`'])
}
