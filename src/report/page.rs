//! The page of a rule, for a terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use similar::{Change, ChangeTag, TextDiff};

use super::Style;
use super::paint::{Color, paint};
use super::text::wrap;
use crate::finding::RuleMeta;

/// Lines of a page at most: more than two screens are not read.
const LINES: usize = 90;
/// The page's own headings, in the order in which a reader with a finding asks.
const SECTIONS: [&str; 7] = [
    "Why it matters",
    "Fix",
    "What it reports",
    "Options",
    "When to ignore",
    "What it does not report",
    "References",
];

/// Writes what a person needs who has a finding of the rule: why it matters and how to fix it first, then what
/// exactly is reported, and an example with its fix. What is beyond [`LINES`] is left out from the end.
///
/// # Errors
/// When writing fails.
pub fn write_page(rule: &RuleMeta, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let severity = if rule.pedantic {
        format!("{} (with --pedantic)", rule.severity)
    } else {
        rule.severity.to_string()
    };
    let mut page = vec![
        format!(
            "{} {}",
            paint(style, Color::Bold, rule.id),
            paint(style, Color::Dim, &format!("{severity}, {}", rule.category))
        ),
        String::new(),
    ];
    page.extend(paragraph(
        &format!("{}.", rule.summary.trim_end_matches('.')),
        style,
    ));
    let end = [String::new(), format!("Examples: {}", rule.url())];
    let room = LINES - end.len();
    let mut parts: Vec<Vec<String>> = Vec::new();
    for (index, heading) in SECTIONS.iter().enumerate() {
        if let Some(section) = rule.section(heading) {
            let mut part = vec![String::new(), title(heading, style)];
            part.extend(lines(section, style));
            parts.push(part);
        }
        // Behind what is reported.
        if index == 2 {
            parts.extend(example(rule, style));
        }
    }
    for part in parts {
        if page.len() + part.len() <= room {
            page.extend(part);
        }
    }
    page.extend(end);
    let mut text = page.join("\n");
    text.push('\n');
    out.write_all(text.as_bytes())
}

fn title(text: &str, style: &Style) -> String {
    paint(style, Color::Bold, text)
}

fn paragraph(text: &str, style: &Style) -> Vec<String> {
    wrap(text, style.width).lines().map(str::to_owned).collect()
}

/// The first example that is bad, and what fixing changes in it, file by file.
fn example(rule: &RuleMeta, style: &Style) -> Option<Vec<String>> {
    let mut heading = String::new();
    let mut is_heading = false;
    // The file and the kind of block, and its text.
    let mut blocks: Vec<(String, String, String)> = Vec::new();
    let mut is_block = false;
    for event in Parser::new(rule.text()) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                if !blocks.is_empty() {
                    break;
                }
                heading.clear();
                is_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => is_heading = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info)))
                if heading.starts_with("Bad") =>
            {
                let mut words = info.split_whitespace().skip(1);
                let kind = words.next().unwrap_or_default().to_owned();
                let file = words.find_map(|word| word.strip_prefix("file="));
                blocks.push((file.unwrap_or_default().to_owned(), kind, String::new()));
                is_block = true;
            }
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Text(text) | Event::Code(text) => {
                if is_heading {
                    heading.push_str(&text);
                }
                if let Some((_, _, block)) = blocks.last_mut().filter(|_| is_block) {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    let mut shown = vec![String::new(), title(&heading, style)];
    for (file, _, bad) in blocks.iter().filter(|it| it.1 == "bad" || it.1 == "good") {
        let bad = unmarked(bad);
        let fixed = blocks.iter().find(|it| it.1 == "fixed" && it.0 == *file);
        let fixed = fixed.map_or_else(|| bad.clone(), |(_, _, fixed)| unmarked(fixed));
        shown.push(match file.as_str() {
            "" => String::new(),
            file => paint(style, Color::Dim, &format!("  # {file}")),
        });
        let changes = TextDiff::from_lines(&bad, &fixed);
        shown.extend(
            changes
                .iter_all_changes()
                .map(|change| changed(&change, style)),
        );
    }
    (!blocks.is_empty()).then_some(shown)
}

fn changed(change: &Change<&str>, style: &Style) -> String {
    let (sign, color) = match change.tag() {
        ChangeTag::Equal => (' ', None),
        ChangeTag::Delete => ('-', Some(Color::Red)),
        ChangeTag::Insert => ('+', Some(Color::Green)),
    };
    let line = format!("  {sign} {}", change.value());
    match (line.trim_end(), color) {
        (line, Some(color)) => paint(style, color, line),
        (line, None) => line.to_owned(),
    }
}

/// The example without the marks that tests read.
fn unmarked(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(" # ~ ") {
        Some((line, _)) => line,
        None => line,
    });
    lines.fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// Markdown as lines: wrapped paragraphs and lists, code and tables as they stand.
fn lines(markdown: &str, style: &Style) -> Vec<String> {
    let mut lines = Vec::new();
    let mut text = String::new();
    let mut items: Vec<Option<u64>> = Vec::new();
    let mut is_code = false;
    let mut is_table = false;
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES);
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Table(_)) => {
                flush(&mut text, &mut lines, &items, style);
                let table = markdown.get(range).unwrap_or_default();
                lines.push(String::new());
                lines.extend(table.trim_end().lines().map(str::to_owned));
                is_table = true;
            }
            Event::End(TagEnd::Table) => is_table = false,
            // It stands there as it is written.
            _ if is_table => {}
            _ if is_code => match event {
                Event::End(TagEnd::CodeBlock) => is_code = false,
                Event::Text(code) => {
                    lines.extend(code.lines().map(|line| format!("    {line}")));
                }
                _ => {}
            },
            Event::Start(Tag::CodeBlock(_)) => {
                flush(&mut text, &mut lines, &items, style);
                lines.push(String::new());
                is_code = true;
            }
            Event::Start(Tag::List(first)) => {
                flush(&mut text, &mut lines, &items, style);
                if items.is_empty() && !lines.is_empty() {
                    lines.push(String::new());
                }
                items.push(first);
            }
            Event::End(TagEnd::List(_)) => {
                items.pop();
            }
            Event::End(TagEnd::Item | TagEnd::Paragraph | TagEnd::Heading(_)) => {
                flush(&mut text, &mut lines, &items, style);
                if matches!(event, Event::End(TagEnd::Item))
                    && let Some(Some(number)) = items.last_mut()
                {
                    *number += 1;
                }
            }
            Event::Text(part) => text.push_str(&part),
            Event::Code(code) => {
                let _ = write!(text, "`{code}`");
            }
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    flush(&mut text, &mut lines, &items, style);
    lines
}

/// Ends a paragraph, or an item of a list.
fn flush(text: &mut String, lines: &mut Vec<String>, items: &[Option<u64>], style: &Style) {
    let whole = std::mem::take(text);
    if whole.trim().is_empty() {
        return;
    }
    let indent = "  ".repeat(items.len());
    let mark = match items.last() {
        None => {
            if lines.last().is_some_and(|line| !line.is_empty()) {
                lines.push(String::new());
            }
            String::new()
        }
        Some(None) => format!("{}- ", "  ".repeat(items.len() - 1)),
        Some(Some(number)) => format!("{}{number}. ", "  ".repeat(items.len() - 1)),
    };
    let wrapped = wrap(whole.trim(), style.width.saturating_sub(mark.len()));
    for (index, line) in wrapped.lines().enumerate() {
        let head = if index == 0 { &mark } else { &indent };
        lines.push(format!("{head}{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::metas;

    fn page(rule: &RuleMeta) -> String {
        let mut page = Vec::new();
        write_page(rule, &Style::default(), &mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn every_page_is_short_and_says_early_how_to_fix() {
        for rule in metas() {
            let page = page(rule);
            let count = page.lines().count();
            assert!(count <= LINES, "{}: {count} lines", rule.id);
            let fix = page.lines().position(|line| line == "Fix");
            assert!(fix.is_some_and(|fix| fix < 40), "{}:\n{page}", rule.id);
            assert!(!page.contains("# ~"), "{}", rule.id);
            let texts = page.lines().filter(|line| !line.starts_with(['|', ' ']));
            let longest = texts.map(|line| line.chars().count()).max();
            assert!(
                longest <= Some(80 + rule.url().len()),
                "{}: {longest:?}",
                rule.id
            );
        }
    }

    #[test]
    fn markdown_becomes_lines() {
        let style = Style {
            width: 40,
            ..Style::default()
        };
        let table = "| a | b |\n|---|---|\n| `c` | d |\n";
        assert_eq!(
            lines(table, &style).join("\n"),
            format!("\n{}", table.trim_end())
        );
        let text = "One `two` three\nfour five six seven eight nine.\n\n- a\n- b\n  - c\n\n1. x\n2. y\n\n```yaml\na: 1\n```\n";
        insta::assert_snapshot!(lines(text, &style).join("\n"), @r"
        One `two` three four five six seven
        eight nine.

        - a
        - b
          - c

        1. x
        2. y

            a: 1
        ");
    }

    #[test]
    fn an_example_shows_what_fixing_changes() {
        let rule = metas().iter().find(|it| it.id == "missing-pdb").unwrap();
        let page = page(rule);
        assert!(page.contains("  + kind: PodDisruptionBudget\n"), "{page}");
    }
}
