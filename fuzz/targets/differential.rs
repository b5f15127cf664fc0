//! Documents in every style that YAML has: structure, texts and places are those that PyYAML, whose
//! parser is the one that Kubernetes's was translated from, reads.
//!
//! Needs Python with PyYAML, which `LAMEDUCK_PYTHON` may name.
#![no_main]

mod documents;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use lameduck::yaml::{self, Content, Node, ScalarStyle};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Composes what it is sent, a length and a text, and answers with a line of JSON.
const READER: &str = r#"
import json, sys, yaml
loader = getattr(yaml, "CLoader", yaml.Loader)
def show(node):
    if isinstance(node, yaml.ScalarNode):
        style = node.style or ""
        null = not style and node.value in ("", "~", "null", "Null", "NULL")
        return [style, None, None] if null else [style, node.value, node.start_mark.index]
    if isinstance(node, yaml.SequenceNode):
        return [show(item) for item in node.value], "sequence"
    return [[show(key), show(value)] for key, value in node.value], "mapping"
read, write = sys.stdin.buffer, sys.stdout
while length := read.readline():
    text = read.read(int(length)).decode()
    try:
        answer = [show(node) for node in yaml.compose_all(text, loader)]
    except (yaml.YAMLError, RecursionError) as error:
        answer = str(error)
    print(json.dumps(answer), flush=True)
"#;

struct Reader {
    _child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    fn start() -> Option<Self> {
        let python = std::env::var_os("LAMEDUCK_PYTHON").unwrap_or_else(|| "python3".into());
        let mut child = Command::new(python)
            .args(["-c", READER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut reader = Self {
            questions: child.stdin.take()?,
            answers: BufReader::new(child.stdout.take()?),
            _child: child,
        };
        (reader.ask("a: 1") != Value::Null).then_some(reader)
    }

    fn ask(&mut self, text: &str) -> Value {
        let asked = write!(self.questions, "{}\n{text}", text.len());
        let mut line = String::new();
        if asked.is_ok() && self.questions.flush().is_ok() {
            let _ = self.answers.read_line(&mut line);
        }
        serde_json::from_str(&line).unwrap_or(Value::Null)
    }
}

fn reader() -> &'static Mutex<Reader> {
    static READER: OnceLock<Mutex<Reader>> = OnceLock::new();
    let start = || Reader::start().expect("a Python with PyYAML; LAMEDUCK_PYTHON may name one");
    READER.get_or_init(|| Mutex::new(start()))
}

fuzz_target!(|choices: &[u8]| {
    let text = documents::write(choices);
    let theirs = reader().lock().unwrap().ask(&text);
    match ours(&text) {
        Ok(ours) => {
            if let Some((ours, theirs)) = difference(&ours, &theirs) {
                panic!("lameduck reads {ours}, PyYAML {theirs}, in\n{text:?}:\n{text}");
            }
        }
        Err(why) => assert!(theirs.is_string(), "{why}\nPyYAML: {theirs}\n{text}"),
    }
});

/// The smallest parts that differ.
fn difference<'v>(one: &'v Value, other: &'v Value) -> Option<(&'v Value, &'v Value)> {
    match (one, other) {
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            let mut pairs = ones.iter().zip(others);
            let is_scalar = ones.len() == 3 && ones[0].is_string();
            let inner = pairs.find_map(|(one, other)| difference(one, other));
            inner.map(|inner| if is_scalar { (one, other) } else { inner })
        }
        _ => (one != other).then_some((one, other)),
    }
}

fn ours(text: &str) -> Result<Value, String> {
    let shared: Arc<str> = Arc::from(text);
    let mut shown = Vec::new();
    for document in yaml::parse(&shared).documents {
        match document.content {
            Content::Tree(tree) => shown.push(show(tree.root(), text)),
            Content::Broken(error) => return Err(error.message),
            Content::Empty => {}
        }
    }
    Ok(Value::Array(shown))
}

fn show(node: Node<'_>, text: &str) -> Value {
    let node = node.resolved();
    if let Some(style) = node.style() {
        let style = match style {
            ScalarStyle::Plain => "",
            ScalarStyle::SingleQuoted => "'",
            ScalarStyle::DoubleQuoted => "\"",
            ScalarStyle::Literal => "|",
            ScalarStyle::Folded => ">",
        };
        // PyYAML counts what stands before a node, such as its anchor, as part of it.
        let place = node.anchor().unwrap_or(node.span());
        let start = place.range().start;
        let characters = text[..start].chars().count();
        return match node.text() {
            // Where nothing stands, nothing has a place.
            None => json!([style, null, null]),
            Some(content) => json!([style, content, characters]),
        };
    }
    if node.is_sequence() {
        let items: Vec<Value> = node.items().map(|item| show(item, text)).collect();
        return json!([items, "sequence"]);
    }
    let entries = node.written_entries();
    let entries: Vec<Value> = entries
        .map(|entry| json!([show(entry.key, text), show(entry.value, text)]))
        .collect();
    json!([entries, "mapping"])
}
