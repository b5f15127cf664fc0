//! What holds of every fix, read from the texts and the spans of the edits alone.
//!
//! Every token of a document (a key, a scalar) is followed from the old text to the new by its
//! offset. Those that no edit touches must read the same and hang in the same place: below the same
//! keys, and as far from the token before them in the tree.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

pub(crate) mod alone;
pub(crate) mod generate;

use std::collections::BTreeMap;
use std::sync::Arc;

use lameduck::engine;
use lameduck::finding::{Edit, Finding, apply};
use lameduck::fix::{self, Fixed, Verdict};
use lameduck::inventory::Inventory;
use lameduck::settings::Settings;
use lameduck::source::{SourceId, Sources, Span};
use lameduck::yaml::{self, Content, Node, NodeId};

/// What the rules say, pedantic ones too.
pub(crate) fn lint(sources: &Sources) -> Vec<Finding> {
    let mut settings = Settings::default();
    settings.common.pedantic = true;
    let inventory = Inventory::read(sources, &settings);
    engine::run(sources, &inventory, &settings).findings
}

fn relint(sources: &Sources) -> Verdict {
    Verdict::whole(lint(sources))
}

/// Checks all laws of fixing on some sources; how many fixes there were.
pub(crate) fn check(sources: &Sources) -> Result<usize, String> {
    let findings = lint(sources);
    single_fixes(sources, &findings)?;
    fixes_together(sources, &findings)?;
    for unsafely in [false, true] {
        settled(sources, &findings, unsafely)?;
    }
    Ok(findings.iter().filter(|it| it.fix.is_some()).count())
}

/// Each fix by itself does what its edits say and nothing else.
fn single_fixes(sources: &Sources, findings: &[Finding]) -> Result<(), String> {
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        for (source, edits) in by_source(&fix.edits) {
            edited(sources.get(source).text(), &edits).map_err(|why| {
                let path = sources.get(source).path();
                format!("{path}: {} ({}): {why}", finding.rule, fix.title)
            })?;
        }
    }
    Ok(())
}

/// As many fixes as do not touch one another, all at once.
fn fixes_together(sources: &Sources, findings: &[Finding]) -> Result<(), String> {
    let mut chosen: Vec<Edit> = Vec::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let touches = |one: &Edit, other: &Edit| {
            one.source == other.source
                && one.span.start <= other.span.end
                && other.span.start <= one.span.end
        };
        let free = |edit: &Edit| !chosen.iter().any(|other| touches(edit, other));
        if fix.edits.iter().all(free) {
            chosen.extend(fix.edits.iter().cloned());
        }
    }
    for (source, edits) in by_source(&chosen) {
        let source = sources.get(source);
        edited(source.text(), &edits)
            .map_err(|why| format!("{}: fixes together: {why}", source.path()))?;
    }
    Ok(())
}

/// Fixing ends, and what it ends in is a fixed point that has lost nothing.
fn settled(sources: &Sources, findings: &[Finding], unsafely: bool) -> Result<(), String> {
    let fixed = fix::converge(
        sources,
        &Verdict::whole(findings.to_vec()),
        unsafely,
        relint,
    );
    for (id, after) in &fixed.texts {
        let source = sources.get(*id);
        let wrong = |why| format!("{}: fixed: {why}", source.path());
        if source.invalid_utf8().is_some() {
            return Err(wrong("what is no UTF-8 was changed".to_owned()));
        }
        parses(source.text(), after).map_err(wrong)?;
        // Over several rounds a moved entry may have taken its comments along.
        let whole = [Edit {
            source: *id,
            span: Span::new(0, u32::MAX),
            text: String::new(),
        }];
        keeps_comments(source.text(), after, &whole).map_err(wrong)?;
        keeps_line_breaks(source.text(), after).map_err(wrong)?;
    }
    let sources = sources.with_texts(&fixed.texts);
    let again = fix::converge(&sources, &relint(&sources), unsafely, relint);
    match again.texts.iter().next() {
        None => Ok(()),
        Some((id, text)) => {
            let path = sources.get(*id).path();
            let diff = fix::unified(path, sources.get(*id).text(), text);
            Err(format!(
                "fixed twice is not fixed once ({}):\n{diff}",
                done(&again)
            ))
        }
    }
}

fn done(fixed: &Fixed) -> String {
    let mut rules: Vec<&str> = fixed.applied.iter().map(|entry| entry.rule).collect();
    rules.dedup();
    rules.join(", ")
}

fn by_source(edits: &[Edit]) -> BTreeMap<SourceId, Vec<Edit>> {
    let mut sorted: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
    for edit in edits {
        sorted.entry(edit.source).or_default().push(edit.clone());
    }
    for edits in sorted.values_mut() {
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    }
    sorted
}

/// The text after sorted edits, which must do no more than they say.
pub(crate) fn edited(before: &str, edits: &[Edit]) -> Result<String, String> {
    let after = apply(before, edits).ok_or("the edits overlap or split a character")?;
    let judge = || {
        parses(before, &after)?;
        keeps_paths(before, &after, edits)?;
        keeps_comments(before, &after, edits)?;
        keeps_line_breaks(before, &after)
    };
    match judge() {
        Ok(()) => Ok(after),
        Err(why) => Err(format!("{why}\n{}", fix::unified("file", before, &after))),
    }
}

/// No document is broken that was not.
fn parses(before: &str, after: &str) -> Result<(), String> {
    let broken = |text: &str| {
        let documents = yaml::parse(&Arc::from(text)).documents.into_iter();
        documents
            .filter(|it| matches!(it.content, Content::Broken(_)))
            .count()
    };
    if broken(after) > broken(before) {
        return Err("it no longer parses".to_owned());
    }
    Ok(())
}

/// A CRLF file has no other line break, and no other file has one.
fn keeps_line_breaks(before: &str, after: &str) -> Result<(), String> {
    let crlf = |text: &str| text.matches("\r\n").count();
    let lf = |text: &str| text.matches('\n').count() - crlf(text);
    let kept = match (crlf(before), lf(before)) {
        (0, _) => crlf(after) == 0,
        (_, 0) => lf(after) == 0,
        // Of a mixture nothing is expected.
        _ => true,
    };
    kept.then_some(()).ok_or("line breaks are mixed".to_owned())
}

/// Every comment is still there; those that no edit touches, in their order.
fn keeps_comments(before: &str, after: &str, edits: &[Edit]) -> Result<(), String> {
    let (old, new) = (comments(before), comments(after));
    let mut left = new.iter();
    for (start, comment) in &old {
        let is_touched = touches(edits, *start, start + comment.len());
        if !is_touched && !left.any(|(_, other)| other == comment) {
            return Err(format!("comment {comment:?} is lost or has moved"));
        }
        let count = |all: &[(usize, String)]| all.iter().filter(|it| it.1 == *comment).count();
        if count(&new) < count(&old) {
            return Err(format!("comment {comment:?} is lost"));
        }
    }
    Ok(())
}

fn comments(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for document in yaml::parse(&Arc::from(text)).documents {
        if let Content::Tree(tree) = document.content {
            let spans = tree.comments().iter().map(|comment| comment.span.range());
            found.extend(spans.map(|range| (range.start, text[range].to_owned())));
        }
    }
    found
}

/// A key or a scalar, and where it hangs.
struct Token {
    start: usize,
    end: usize,
    text: String,
    /// From the document down: the offset of the key and its text; `None` for an item.
    above: Vec<Option<(usize, String)>>,
    /// From the document down: the collections that hold it.
    holders: Vec<(usize, NodeId)>,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (nth, document) in yaml::parse(&Arc::from(text)).documents.iter().enumerate() {
        if let Content::Tree(tree) = &document.content {
            collect(
                tree.root(),
                nth,
                &mut Vec::new(),
                &mut Vec::new(),
                &mut tokens,
            );
        }
    }
    for token in &mut tokens {
        // The empty lines that a block scalar keeps end where the next entry starts.
        token.end = token.start + text[token.start..token.end].trim_end().len();
    }
    tokens
}

fn collect(
    node: Node<'_>,
    document: usize,
    above: &mut Vec<Option<(usize, String)>>,
    holders: &mut Vec<(usize, NodeId)>,
    tokens: &mut Vec<Token>,
) {
    let mut push = |node: Node<'_>, text, above: &[_], holders: &[_]| {
        tokens.push(Token {
            start: node.span().range().start,
            end: node.span().range().end,
            text,
            above: above.to_vec(),
            holders: holders.to_vec(),
        });
    };
    if node.is_alias() {
        push(node, "an alias".to_owned(), above, holders);
        return;
    }
    if let Some(scalar) = node.scalar() {
        push(node, format!("{scalar:?}"), above, holders);
        return;
    }
    holders.push((document, node.id()));
    for entry in node.written_entries() {
        push_key(entry.key, above, holders, tokens);
        let key = entry.key.span().range().start;
        above.push(Some((key, entry.key.key_text().to_owned())));
        collect(entry.value, document, above, holders, tokens);
        above.pop();
    }
    for item in node.items() {
        above.push(None);
        collect(item, document, above, holders, tokens);
        above.pop();
    }
    holders.pop();
}

fn push_key(
    key: Node<'_>,
    above: &[Option<(usize, String)>],
    holders: &[(usize, NodeId)],
    tokens: &mut Vec<Token>,
) {
    tokens.push(Token {
        start: key.span().range().start,
        end: key.span().range().end,
        text: format!("{:?}:", key.key_text()),
        above: above.to_vec(),
        holders: holders.to_vec(),
    });
}

fn keeps_paths(before: &str, after: &str, edits: &[Edit]) -> Result<(), String> {
    let kept: Vec<Token> = tokens(before)
        .into_iter()
        .filter(|it| it.start < it.end && !touches(edits, it.start, it.end))
        .collect();
    let written = written(edits);
    let new: Vec<Token> = tokens(after)
        .into_iter()
        .filter(|it| it.start < it.end && !written.iter().any(|range| within(it, range)))
        .collect();
    let mut previous: Option<(&Token, &Token)> = None;
    let mut rest = new.iter();
    for old in &kept {
        let shown = || format!("{} at {}", old.text, old.start);
        let new = rest.next().ok_or_else(|| format!("{} is lost", shown()))?;
        if new.start != shifted(edits, old.start) || new.text != old.text {
            return Err(format!("{} became {} at {}", shown(), new.text, new.start));
        }
        if old.above.len() != new.above.len() {
            return Err(format!("{} has moved to another depth", shown()));
        }
        for (one, other) in old.above.iter().zip(&new.above) {
            let same = match (one, other) {
                (None, None) => true,
                (Some((at, key)), Some((new_at, new_key))) => {
                    touches(edits, *at, at + key.len().max(1))
                        || key == new_key && *new_at == shifted(edits, *at)
                }
                _ => false,
            };
            if !same {
                return Err(format!("{} has moved from {one:?} to {other:?}", shown()));
            }
        }
        if let Some((old_previous, new_previous)) = previous
            && common(old_previous, old) != common(new_previous, new)
        {
            return Err(format!("{} has moved in the tree", shown()));
        }
        previous = Some((old, new));
    }
    match rest.next() {
        None => Ok(()),
        Some(new) => Err(format!("{} at {} came from nowhere", new.text, new.start)),
    }
}

/// How many collections hold both.
fn common(one: &Token, other: &Token) -> usize {
    let pairs = one.holders.iter().zip(&other.holders);
    pairs.take_while(|(one, other)| one == other).count()
}

/// Whether an edit replaces a part of a range or inserts inside it.
fn touches(edits: &[Edit], start: usize, end: usize) -> bool {
    edits.iter().any(|edit| {
        let range = edit.span.range();
        range.start < end && range.end > start
    })
}

fn shifted(edits: &[Edit], at: usize) -> usize {
    let before = edits.iter().take_while(|edit| edit.span.range().end <= at);
    before.fold(at, |at, edit| {
        at + edit.text.len() - edit.span.range().len()
    })
}

/// Where the texts of the edits stand in the new text.
fn written(edits: &[Edit]) -> Vec<std::ops::Range<usize>> {
    let mut shift = 0_isize;
    let mut ranges = Vec::new();
    for edit in edits {
        let start = edit.span.range().start.checked_add_signed(shift).unwrap();
        ranges.push(start..start + edit.text.len());
        shift += isize::try_from(edit.text.len()).unwrap()
            - isize::try_from(edit.span.range().len()).unwrap();
    }
    ranges
}

fn within(token: &Token, range: &std::ops::Range<usize>) -> bool {
    range.start <= token.start && token.start < range.end
}
