//! What kubectl reads, lameduck reads: texts in every style, and with every fault, that a grammar and
//! mutations of real ways of writing give, through kubectl's own decoder (`tests/oracle`).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::format_push_string,
    reason = "texts are put together as they come"
)]

mod oracle_support;
#[path = "../src/yaml/dialect/samples.rs"]
mod samples;

use std::collections::{BTreeMap, HashMap};
use std::mem::discriminant;
use std::sync::Arc;

use lameduck::yaml::{self, Content, Kind, Node, Scalar};
use oracle_support::{Dice, NEWEST, Oracle, Stream};
use serde_json::{Value, json};

/// How many texts each way of making them gives.
const TEXTS: usize = 20_000;

#[test]
fn texts_are_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::named(NEWEST) else {
        return;
    };
    // The same in every run, as property tests are, unless somebody searches further.
    let seed = std::env::var("PROPTEST_RNG_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(0_u64);
    for (number, way) in (1..).zip(["grammar", "lines", "mutated"]) {
        let mut dice = Dice::new(seed.wrapping_mul(3).wrapping_add(number));
        let texts: Vec<String> = (0..TEXTS)
            .map(|_| match way {
                "grammar" => Grammar { dice: &mut dice }.stream(),
                "lines" => lines(&mut dice),
                _ => mutated(&mut dice),
            })
            .collect();
        compare(way, &texts, &oracle);
    }
}

#[test]
fn samples_are_what_kubectl_reads() {
    let Some(oracle) = Oracle::named(NEWEST) else {
        return;
    };
    let texts: Vec<String> = samples::READ
        .iter()
        .map(|(text, _)| (*text).to_owned())
        .collect();
    for ((text, read), stream) in samples::READ.iter().zip(oracle.read(&texts)) {
        let read: Value = serde_json::from_str(read).unwrap();
        assert_eq!(
            (stream.documents, stream.error),
            (vec![read], None),
            "{text:?}"
        );
    }
    let texts: Vec<String> = samples::REFUSED
        .iter()
        .map(|(text, _)| (*text).to_owned())
        .collect();
    for (text, stream) in texts.iter().zip(oracle.read(&texts)) {
        assert!(stream.error.is_some(), "{text:?}: {stream:?}");
    }
}

#[test]
fn real_manifests_are_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::named(NEWEST) else {
        return;
    };
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("fixtures"), root.join("tests/workloads")];
    folders.extend(std::env::var_os("LAMEDUCK_CORPUS").map(Into::into));
    let texts: Vec<String> = folders
        .into_iter()
        .flat_map(walkdir::WalkDir::new)
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| {
            path.extension()
                .is_some_and(|it| it == "yaml" || it == "yml")
        })
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
        .collect();
    compare("real", &texts, &oracle);
}

fn compare(way: &str, texts: &[String], oracle: &Oracle) {
    let (mut read, mut refused, mut undecided, mut known) = (0, 0, 0, 0);
    let mut differences = Vec::new();
    for (text, theirs) in texts.iter().zip(oracle.read(texts)) {
        let ours = ours(text);
        if ours.is_undecided {
            undecided += 1;
        } else if is_known_to_differ(text) {
            known += 1;
        } else if let Some(difference) = difference(&ours, &theirs) {
            differences.push(format!("{text:?}\n{text}\n{difference}"));
        } else if theirs.error.is_some() {
            refused += 1;
        } else {
            read += 1;
        }
    }
    eprintln!(
        "{way}: {read} read, {refused} refused, {undecided} undecided, {known} known to differ, {} different",
        differences.len()
    );
    let shown = differences.iter().take(25).map(String::as_str);
    assert!(
        differences.is_empty(),
        "{} of {}:\n{}",
        differences.len(),
        texts.len(),
        shown.collect::<Vec<_>>().join("\n=====\n")
    );
    // Else the texts say little.
    assert!(read * 20 > texts.len() && (undecided + known) * 100 < texts.len());
}

/// What `yaml::tokens` says it reads otherwise: several byte order marks at the start of a document, and
/// directives whose `---` does not stand on a line of its own to kubectl.
fn is_known_to_differ(text: &str) -> bool {
    let document = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_marked =
        document.starts_with("\u{feff}\u{feff}") || document.contains("\n\u{feff}\u{feff}");
    let breaks = ["\r---", "\u{85}---", "\u{2028}---", "\u{2029}---"];
    let is_directed =
        text.contains('%') && breaks.iter().any(|line_break| text.contains(line_break));
    is_marked || is_directed
}

/// What lameduck reads of a text, up to the first document that is refused.
struct Ours {
    documents: Vec<Value>,
    error: Option<String>,
    /// Whether kubectl may read it in several ways: keys that are the same only as texts have no order.
    is_undecided: bool,
}

fn ours(text: &str) -> Ours {
    let mut ours = Ours {
        documents: Vec::new(),
        error: None,
        is_undecided: false,
    };
    // As kubectl does, the document before a separator that is refused is given up with it.
    let given_up = "only a comment may follow `---`";
    for document in yaml::parse(&Arc::from(text)).documents {
        match document.content {
            Content::Empty => {}
            Content::Tree(tree) => {
                ours.is_undecided |= is_undecided(tree.root());
                ours.documents.push(shown(tree.root()));
            }
            Content::Broken(error) => {
                ours.is_undecided |= error.budget;
                ours.error = Some(error.message);
                break;
            }
        }
    }
    if ours
        .error
        .as_ref()
        .is_some_and(|error| error.starts_with(given_up))
    {
        ours.error = Some(given_up.to_owned());
    }
    ours
}

fn is_undecided(root: Node<'_>) -> bool {
    let mut kinds = HashMap::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        for entry in node.written_entries() {
            if let Some(scalar) = entry.key.scalar() {
                let kind = discriminant(&scalar);
                if *kinds.entry(entry.key.key_text()).or_insert(kind) != kind {
                    return true;
                }
            }
            open.push(entry.value);
        }
        open.extend(node.items());
        // Each alias is gone through only where it stands for little.
        if open.len() > 10_000 {
            return true;
        }
    }
    false
}

fn shown(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Scalar(Scalar::Null) => Value::Null,
        Kind::Scalar(Scalar::Bool(value)) => json!(value),
        Kind::Scalar(Scalar::Int(value)) => json!(value),
        Kind::Scalar(Scalar::Unsigned(value)) => json!(value),
        Kind::Scalar(Scalar::Float(value)) => json!(value),
        Kind::Scalar(Scalar::Text(value)) => json!(value),
        Kind::Sequence => node.items().map(shown).collect(),
        Kind::Mapping => {
            let entries = node.entries();
            let pairs: BTreeMap<&str, Value> = entries
                .map(|it| (it.key.key_text(), shown(it.value)))
                .collect();
            json!(pairs)
        }
    }
}

fn difference(ours: &Ours, theirs: &Stream) -> Option<String> {
    match (&ours.error, &theirs.error) {
        (Some(error), None) => {
            return Some(format!(
                "refused here: {error}\nkubectl: {:?}",
                theirs.documents
            ));
        }
        (None, Some(error)) => {
            return Some(format!("read here: {:?}\nkubectl: {error}", ours.documents));
        }
        _ => {}
    }
    let mut documents = ours.documents.as_slice();
    let is_given_up = ours.error.as_deref() == Some("only a comment may follow `---`");
    if is_given_up && documents.len() == theirs.documents.len() + 1 {
        documents = &documents[..documents.len() - 1];
    }
    let theirs = theirs.documents.as_slice();
    let mut pairs = documents.iter().zip(theirs);
    let inner = pairs.find_map(|(one, other)| unequal(one, other));
    let whole = || (documents.len() != theirs.len()).then(|| (json!(documents), json!(theirs)));
    let (one, other) = inner.or_else(whole)?;
    Some(format!("here: {one}\nkubectl: {other}"))
}

/// The smallest parts that differ.
fn unequal(one: &Value, other: &Value) -> Option<(Value, Value)> {
    let inner = match (one, other) {
        (Value::Array(one), Value::Array(other)) => one
            .iter()
            .zip(other)
            .find_map(|(one, other)| unequal(one, other)),
        (Value::Object(one), Value::Object(other)) => one
            .iter()
            .find_map(|(key, value)| other.get(key).and_then(|other| unequal(value, other))),
        _ => None,
    };
    inner.or_else(|| (!is_equal(one, other)).then(|| (one.clone(), other.clone())))
}

fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            // What reads the answers rounds the last bit now and then.
            let (near, far) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            one == other || (near - far).abs() <= near.abs() * f64::EPSILON
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|other| is_equal(value, other)))
        }
        _ => one == other,
    }
}

/// Scalars as they may be written, whatever they are.
const SCALARS: &[&str] = &[
    "a",
    "b",
    "key",
    "a b",
    "a-b",
    "a.b/c",
    "x:y",
    "a#b",
    "a?b",
    "-a",
    "?a",
    ":a",
    "--",
    "a,b",
    "a]",
    "a}",
    "[a",
    "{a",
    "1",
    "0",
    "-1",
    "+1",
    "007",
    "08",
    "0x10",
    "0X1f",
    "0o17",
    "0b11",
    "-0b1",
    "1_000",
    "_1",
    "1_",
    "1.5",
    "1.",
    ".5",
    "-.5",
    "1e3",
    "1E-3",
    "1e",
    "9223372036854775807",
    "9223372036854775808",
    "+9223372036854775808",
    "18446744073709551616",
    "-9223372036854775809",
    ".inf",
    "-.Inf",
    ".nan",
    "1e400",
    "0.1",
    "100m",
    "1:30",
    "2001-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "~",
    "null",
    "Null",
    "nULL",
    "true",
    "True",
    "yes",
    "no",
    "on",
    "OFF",
    "y",
    "N",
    "tRue",
    "<<",
    "=",
    "''",
    "'a'",
    "'it''s'",
    "'a: b'",
    "' a '",
    "\"\"",
    "\"a\"",
    "\"\\n\\t\\\"\\\\\"",
    "\"\\x41\\u00e9\\U0001F600\"",
    "\"\\/\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"\\q\"",
    "\"\\N\\_\\L\\P\\e\\0\\ \"",
    "\"a # b\"",
    "é",
    "日本",
    "\u{a0}",
    "a\u{feff}b",
    "\u{1f600}",
    "!!str 1",
    "!!int 1",
    "!!int \"0x1\"",
    "!!int a",
    "!!float 1",
    "!!bool yes",
    "!!null ~",
    "!!null",
    "!!binary aGk=",
    "!!binary a",
    "!!timestamp 2001-01-01",
    "!!timestamp x",
    "!foo 1",
    "! 1",
    "!<tag:yaml.org,2002:int> 1",
    "!!str",
    "!a!b c",
    "!!map x",
    "&x a",
    "*x",
    "&y [1]",
    "*y",
    "&z {k: v}",
    "*z",
    "&x !!str 1",
    "!!str &x 1",
    "&x",
    "@a",
    "`a",
    "%a",
    "a: b",
    "- a",
    "?",
    ":",
    "-",
    "---",
    "...",
];

/// Blanks, mostly one.
const GAPS: &[&str] = &[" ", " ", " ", " ", " ", " ", " ", "  ", "\t", " \t", ""];

/// Texts that mostly have a structure, in every style.
struct Grammar<'d> {
    dice: &'d mut Dice,
}

impl Grammar<'_> {
    fn stream(&mut self) -> String {
        let mut text = String::new();
        if self.dice.once_in(60) {
            text.push_str(self.dice.one_of(&[
                "\u{feff}",
                "\u{feff}\u{feff}",
                "%YAML 1.1\n",
                "%TAG ! tag:x,1:\n",
                "\u{feff}\u{feff}\u{feff}",
            ]));
        }
        if self.dice.once_in(6) {
            text.push_str(self.dice.one_of(&[
                "---\n",
                "--- # c\n",
                "---\n---\n",
                "--- \n",
                "---\t\n",
                "\n---\n",
                "--- a\n",
                "---a\n",
                "# c\n---\n",
            ]));
        }
        let documents = if self.dice.once_in(5) {
            1 + self.dice.below(3)
        } else {
            1
        };
        for number in 0..documents {
            if number > 0 {
                text.push_str(self.dice.one_of(&[
                    "---\n",
                    "---\n",
                    "---\n",
                    "--- # c\n",
                    "...\n",
                    "...\n---\n",
                    "\u{feff}---\n",
                    "... # c\n",
                    "---\n\u{feff}",
                    "---\n%YAML 1.1\n",
                    "...\na: 1\n",
                ]));
            }
            let form = self.dice.below(12);
            if form == 0 {
                text.push_str(&self.json(0));
                text.push_str(self.dice.one_of(&["\n", "", " ", "{}\n", "\n{}\n", "\n\n"]));
            } else if form == 1 {
                text.push_str(&self.flow(0));
                text.push('\n');
            } else {
                let indent = self.dice.one_of(&[&0, &0, &0, &0, &1, &2]);
                self.block(*indent, 0, &mut text);
            }
        }
        if self.dice.once_in(8) {
            text.push_str(self.dice.one_of(&[
                "# end",
                "...",
                "...\nb: 2\n",
                "%TAG ! x\n",
                "%x\n",
                "}",
                "  x: 1\n",
                "\t\n",
                " \t# c\n",
                "\"a\" b\n",
                "- x\n",
            ]));
        }
        match self.dice.below(30) {
            0 => text.replace('\n', "\r\n"),
            1 => text.replace('\n', "\r"),
            2 => text.trim_end().to_owned(),
            3 => text.replacen(
                '\n',
                self.dice
                    .one_of(&["\u{85}", "\u{2028}", "\u{2029}", "\r\r\n", "\r"]),
                1,
            ),
            _ => text,
        }
    }

    fn block(&mut self, indent: usize, depth: usize, text: &mut String) {
        let is_mapping = self.dice.below(5) > 1;
        for _ in 0..=self.dice.below(4) {
            if self.dice.once_in(14) {
                text.push_str(self.dice.one_of(&[
                    "\n", "  \n", "\t\n", "# c\n", "   # c\n", " \t# c\n", "\t# c\n",
                ]));
            }
            let shift = if self.dice.once_in(40) {
                self.dice.below(3)
            } else {
                0
            };
            text.push_str(&" ".repeat(indent + shift));
            if is_mapping {
                self.key(text);
            } else {
                text.push('-');
            }
            self.block_value(indent, depth, is_mapping, text);
        }
    }

    fn key(&mut self, text: &mut String) {
        match self.dice.below(30) {
            0 => text.push_str("? "),
            1 => text.push_str("? a\n: "),
            2 => text.push_str(&format!("{}: ", self.flow(2))),
            3..6 => text.push_str(&format!("{}:", self.dice.one_of(SCALARS))),
            8 => text.push_str("<<:"),
            9 => text.push_str(&format!("{}:", "k".repeat(1010 + self.dice.below(30)))),
            10 => text.push_str("a :"),
            11 => text.push(':'),
            _ => text.push_str(
                self.dice
                    .one_of(&["a:", "b:", "c:", "d:", "name:", "\"a\":", "'b':"]),
            ),
        }
    }

    fn block_value(&mut self, indent: usize, depth: usize, in_mapping: bool, text: &mut String) {
        match self.dice.below(16) {
            0..4 if depth < 4 => {
                if self.dice.once_in(10) {
                    text.push_str(self.dice.one_of(&[
                        " &x",
                        " !!map",
                        " *x",
                        " # c",
                        " \t",
                        " &y !!seq",
                        " |",
                        " >",
                    ]));
                }
                text.push('\n');
                let deeper = if in_mapping {
                    self.dice.one_of(&[&2, &2, &1, &4, &0])
                } else {
                    &2
                };
                self.block(indent + *deeper, depth + 1, text);
            }
            4 if depth < 4 && !in_mapping => {
                // On the line of the dash.
                let mut inner = String::new();
                self.block(indent + 2, depth + 1, &mut inner);
                text.push(' ');
                text.push_str(inner.trim_start_matches(' '));
            }
            5 | 6 => {
                text.push_str(self.dice.one_of(GAPS));
                text.push_str(&self.flow(depth));
                self.line_end(text);
            }
            7 | 8 => self.block_scalar(indent, text),
            9 => {
                // A scalar over several lines.
                let quote = self.dice.one_of(&["", "\"", "'", ""]);
                let deeper = " ".repeat(indent + self.dice.below(3));
                let middle = self.dice.one_of(&[
                    "\n",
                    "\n\n",
                    "  \n",
                    "\\\n",
                    "\n\t",
                    "\n \t \n",
                    "\n# c\n",
                    "\n---\n",
                    "\n\u{2028}",
                ]);
                text.push_str(&format!(" {quote}a{middle}{deeper}b{quote}"));
                self.line_end(text);
            }
            10 => text.push('\n'),
            _ => {
                text.push_str(self.dice.one_of(GAPS));
                let scalars = self.dice.one_of(&[SCALARS, &SCALARS[..8]]);
                text.push_str(self.dice.one_of(scalars));
                self.line_end(text);
            }
        }
    }

    fn line_end(&mut self, text: &mut String) {
        text.push_str(match self.dice.below(12) {
            0 => " # c\n",
            1 => self.dice.one_of(&[
                "#c\n", "\t# c\n", " \n", "\t\n", " x\n", " : b\n", ",\n", " ]\n",
            ]),
            _ => "\n",
        });
    }

    fn block_scalar(&mut self, indent: usize, text: &mut String) {
        let header = self.dice.one_of(&[
            "|", "|", ">", "|-", ">-", "|+", ">+", "|2", "|2-", ">+1", "|-3", "|0", "|10", "| # c",
            "|#c", "| x", "|\t", "|+-",
        ]);
        text.push_str(&format!(" {header}\n"));
        for _ in 0..self.dice.below(5) {
            let deeper = indent + self.dice.one_of(&[&2, &2, &2, &2, &1, &3, &4, &0]);
            let line = self.dice.one_of(&[
                "a",
                "b c",
                "- x",
                "k: v",
                "# c",
                "",
                "",
                "\tt",
                "a  ",
                " ",
                "'",
                "é",
                "\u{85}",
                "a\u{2029}b",
            ]);
            text.push_str(&format!("{}{line}\n", " ".repeat(deeper)));
        }
        if self.dice.once_in(3) {
            text.push_str(self.dice.one_of(&[
                "\n", "\n\n", " \n", "\t\n", "      \n", "# c\n", "---\n", "...\n",
            ]));
        }
    }

    fn flow(&mut self, depth: usize) -> String {
        let is_mapping = self.dice.once_in(2);
        let mut parts = Vec::new();
        for _ in 0..self.dice.below(4) {
            let value = if depth < 4 && self.dice.once_in(4) {
                self.flow(depth + 1)
            } else {
                (*self.dice.one_of(SCALARS)).to_owned()
            };
            let colon = self
                .dice
                .one_of(&[": ", ": ", ": ", ":", " :", " : ", ":\n  ", "\n : "]);
            parts.push(match self.dice.below(14) {
                0 => value,
                1 => format!("? {value}"),
                2 => format!("{value}{colon}"),
                3 => format!("? a{colon}{value}"),
                4 => format!("\"a\"{colon}{value}"),
                _ if is_mapping => format!(
                    "{}{colon}{value}",
                    self.dice.one_of(&["a", "b", "c", "<<", "'d'"])
                ),
                5 => format!("a{colon}{value}"),
                _ => value,
            });
        }
        let comma = self.dice.one_of(&[
            ", ", ", ", ",", " , ", ",\n  ", ",\n", ", # c\n ", ",\t", ", , ", "\n",
        ]);
        let (open, close) = if is_mapping { ("{", "}") } else { ("[", "]") };
        let end = self
            .dice
            .one_of(&["", "", "", "", " ", ",", "\n", " # c\n", "\t"]);
        let close = if self.dice.once_in(60) { "" } else { close };
        format!("{open}{}{end}{close}", parts.join(comma))
    }

    /// JSON, mostly.
    fn json(&mut self, depth: usize) -> String {
        let strings = [
            "\"a\"",
            "\"b\"",
            "\"\\/\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\"é\"",
            "\"\u{2028}\"",
            "\"<<\"",
            "\"a\\\"b\"",
            "\"\\x41\"",
            "\"\\b\\f\"",
        ];
        let scalars = [
            "1",
            "-0",
            "1.5",
            "1e3",
            "true",
            "null",
            "\"x\"",
            "\"yes\"",
            "01",
            "1e2000",
            "yes",
            "'a'",
            "\"\\ud800\\u0041\"",
            "123456789012345678901234567890",
        ];
        let space = self
            .dice
            .one_of(&["", "", " ", "\n", "\t", "\n\t", "  ", " # c\n"]);
        let mut parts = Vec::new();
        for _ in 0..self.dice.below(4) {
            let value = if depth < 4 && self.dice.once_in(3) {
                self.json(depth + 1)
            } else {
                (*self.dice.one_of(&scalars)).to_owned()
            };
            parts.push(format!(
                "{}{space}:{space}{value}",
                self.dice.one_of(&strings)
            ));
        }
        let comma = self.dice.one_of(&[",", ", ", ",\n", ",,", ",\t"]);
        if depth > 0 && self.dice.once_in(3) {
            return format!(
                "[{space}{}]",
                parts
                    .iter()
                    .map(|part| part.rsplit(':').next().unwrap())
                    .collect::<Vec<_>>()
                    .join(comma)
            );
        }
        let end = if self.dice.once_in(30) { "," } else { "" };
        format!("{{{space}{}{end}{space}}}", parts.join(comma))
    }
}

/// Pieces one behind the other, without any sense.
fn lines(dice: &mut Dice) -> String {
    const PIECES: &[&str] = &[
        " ", " ", " ", "  ", "\n", "\n", "\n", "\n", "\n  ", "\n    ", "\n- ", "a", "b", "a", "1",
        ": ", ": ", ":", "- ", "-", "? ", "?", "[", "]", "{", "}", ",", ", ", "#", " # c", "\"",
        "'", "|", ">", "|\n", "|-\n  ", ">\n  ", "&a ", "*a", "&a\n", "!!str ", "!!int ", "! ",
        "!", "%", "@", "\t", "\\", "~", "<<: ", "<<: *a", "a: b\n", "a:\n", "\n---\n", "\n...\n",
        "\r\n", "\r", "é", "\u{85}", "\u{2028}", "\u{feff}", "\u{7f}", "null", "yes", "0x1", "---",
        "...", "'a'", "\"b\"", "\"\\n\"", "\\u0041",
    ];
    (0..=dice.below(14)).map(|_| dice.one_of(PIECES)).collect()
}

/// How people write manifests.
const WRITTEN: &[&str] = &[
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web # the front\n  labels: {app: web, tier: \"front\"}\nspec:\n  ports:\n  - port: 80\n    targetPort: http\n  - {port: 443, name: https}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n        - name: app\n          image: web:1.2\n          args: [\"--port\", \"8080\", -v]\n          command:\n            - sh\n            - -c\n            - |\n              set -e\n              exec app --name \"$NAME\"\n",
    "# A comment\n---\n# Source: chart/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.conf: |-\n    x = 1\n\n    y = 2\n  b: >\n    folded\n    text\n\n    more\n  c: 'it''s'\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n...\n",
    "x-common: &common\n  cpu: 100m\n  memory: 128Mi\na:\n  <<: *common\n  cpu: 200m\nb: *common\nc:\n  <<: [*common, {d: 1}]\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n\t\"metadata\": {\"name\": \"a\", \"annotations\": {\"a\\/b\": \"\\u00e9\"}},\n\t\"spec\": {\"containers\": [{\"name\": \"a\", \"ports\": [{\"containerPort\": 80}]}]}}\n",
    "env:\n- name: A\n  value: \"1\"\n- name: B\n  value: yes\n- name: C\n  value: 0755\n- name: D\n  value: \"a\n    b\n\n    c\"\n- {name: E, value: 1e3}\n",
    "? complex\n: value\n? - a\n: b\nlist:\n- - 1\n  - 2\n-\n  - 3\n- a: b\n  c: d\n",
    "schedule: '*/5 * * * *'\nhost: \"*.example.com\"\nexpr: a && b\ntime: 12:30\nurl: http://a.b/c?d=e#f\nflag: --x=y\nempty:\nnothing: ~\nkeys: [a, b,\n  c, # d\n  e]\nmap: {a: 1, b: [2, 3],\n  c: {d: e}}\n",
];

/// What is put in, or stands for something else, in a mutation.
const INSERTS: &[&str] = &[
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    ":",
    ": ",
    "-",
    "- ",
    "#",
    " #",
    ",",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\\",
    "|",
    ">",
    "&",
    "*",
    "!",
    "%",
    "@",
    "`",
    "?",
    "? ",
    "~",
    "---\n",
    "...\n",
    "\n---\n",
    "&a ",
    "*a",
    "*common",
    "!!str ",
    "!!int ",
    "! ",
    "<<: ",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{a0}",
    "é",
    "\0",
    "\u{1}",
    "0",
    "1",
    "_",
    ".",
    "e",
    "\\/",
    "\\u",
    "\\x4",
    "%YAML 1.1\n",
    "%TAG ! a\n",
    "\n\t\n",
    "\n \t# c\n",
    "'",
    "\"\"",
    "key with: colon",
    "{a:}",
    "[tar, xf, -]",
    "# c",
];

fn mutated(dice: &mut Dice) -> String {
    let mut text = (*dice.one_of(WRITTEN)).to_owned();
    for _ in 0..=dice.below(3) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        if places.is_empty() {
            break;
        }
        let at = places[dice.below(places.len())];
        let far = places[dice.below(places.len())];
        let near = places
            .iter()
            .copied()
            .find(|place| *place > at)
            .unwrap_or(text.len());
        match dice.below(8) {
            0 => text.replace_range(at..near, ""),
            1 | 2 => text.replace_range(at..near, dice.one_of(INSERTS)),
            3 | 4 => text.insert_str(at, dice.one_of(INSERTS)),
            5 => {
                let copied = text[at.min(far)..at.max(far)].to_owned();
                let copied: String = copied.chars().take(40).collect();
                text.insert_str(at, &copied);
            }
            6 => {
                // A line moves.
                let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
                let line = lines.remove(dice.below(lines.len()));
                lines.insert(dice.below(lines.len() + 1), line);
                text = lines.concat();
            }
            _ => {
                // The indentation of a line changes.
                let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
                let which = dice.below(lines.len());
                let line = lines[which].trim_start_matches(' ').to_owned();
                lines[which] = format!("{}{line}", " ".repeat(dice.below(12)));
                text = lines.concat();
            }
        }
    }
    text
}
