//! The executable blocks of the rules' pages.

#![allow(dead_code, reason = "each test crate uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::ops::Range;
use std::path::{Path, PathBuf};

use lameduck::finding::RuleMeta;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// The file name of a block that gives none.
const ONLY_FILE: &str = "manifest.yaml";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Bad,
    Good,
    Fixed,
    Config,
}

#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) file: String,
    /// Lines and columns named by `at=`.
    pub(crate) at: Vec<(u32, u32)>,
    pub(crate) text: String,
    /// Where the fenced block stands in the page.
    pub(crate) range: Range<usize>,
}

/// The blocks below one heading.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) heading: String,
    pub(crate) blocks: Vec<Block>,
}

impl Run {
    /// The blocks that are judged.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Block> {
        let is_file = |block: &&Block| matches!(block.kind, BlockKind::Bad | BlockKind::Good);
        self.blocks.iter().filter(is_file)
    }
}

/// A file with executed blocks.
pub(crate) struct Document {
    pub(crate) file: PathBuf,
    pub(crate) text: String,
}

/// What is executed of a rule: its page, and cases that the page has no room for.
pub(crate) fn documents(meta: &RuleMeta) -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("rules")
        .join(meta.category.as_str());
    let mut documents = vec![Document {
        file: folder.join(format!("{}.md", meta.id)),
        text: meta.page.to_owned(),
    }];
    let file = folder.join(meta.id).join("cases.md");
    if let Ok(text) = std::fs::read_to_string(&file) {
        documents.push(Document { file, text });
    }
    documents
}

/// The runs of a rule's page and cases, in their order.
pub(crate) fn runs(meta: &RuleMeta) -> Vec<Run> {
    let documents = documents(meta);
    documents
        .iter()
        .flat_map(|it| runs_of(meta, &it.text))
        .collect()
}

/// The runs of a document, in their order.
pub(crate) fn runs_of(meta: &RuleMeta, text: &str) -> Vec<Run> {
    let body = if text.starts_with("---\n") {
        front_matter(text).1
    } else {
        text
    };
    let mut runs: Vec<Run> = Vec::new();
    let mut heading = None;
    let mut block: Option<Block> = None;
    let before = text.len() - body.len();
    for (event, range) in Parser::new(body).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if level != HeadingLevel::H1 => {
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(heading) = heading.take() {
                    runs.push(Run {
                        heading,
                        blocks: Vec::new(),
                    });
                }
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                block = block_of(meta.id, &info);
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some(mut block) = block.take() {
                    block.range = before + range.start..before + range.end;
                    let run = runs.last_mut().expect("a block stands below a heading");
                    run.blocks.push(block);
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
                if let Some(block) = &mut block {
                    block.text.push_str(&text);
                }
            }
            _ => {}
        }
    }
    runs.retain(|run| !run.blocks.is_empty());
    runs
}

/// A block that is executed, or `None` for one that only shows something.
fn block_of(rule: &str, info: &str) -> Option<Block> {
    let mut words = info.split_whitespace();
    let language = words.next()?;
    if !matches!(language, "yaml" | "json") {
        return None;
    }
    let kind = match words.next()? {
        "bad" => BlockKind::Bad,
        "good" => BlockKind::Good,
        "fixed" => BlockKind::Fixed,
        "config" => BlockKind::Config,
        other => panic!("{rule}: unknown kind of block `{other}` in `{info}`"),
    };
    let mut block = Block {
        kind,
        file: ONLY_FILE.to_owned(),
        at: Vec::new(),
        text: String::new(),
        range: 0..0,
    };
    for word in words {
        match word.split_once('=') {
            Some(("file", file)) => file.clone_into(&mut block.file),
            Some(("at", at)) => {
                let (line, column) = at.split_once(':').expect("at=LINE:COLUMN");
                block
                    .at
                    .push((line.parse().unwrap(), column.parse().unwrap()));
            }
            _ => panic!("{rule}: unknown word `{word}` in `{info}`"),
        }
    }
    Some(block)
}

/// The pairs at the head of a page, and what follows them.
pub(crate) fn front_matter(page: &str) -> (Vec<(&str, &str)>, &str) {
    let rest = page
        .strip_prefix("---\n")
        .expect("a page starts with front matter");
    let (matter, body) = rest
        .split_once("\n---\n")
        .expect("front matter ends with ---");
    let pairs = matter
        .lines()
        .map(|line| {
            line.split_once(": ")
                .unwrap_or_else(|| panic!("no `key: value`: {line}"))
        })
        .collect();
    (pairs, body)
}
