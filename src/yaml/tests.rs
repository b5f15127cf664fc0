use std::fmt::Write as _;
use std::sync::Arc;

use super::*;

pub(super) fn documents(text: &str) -> Vec<Document> {
    parse(&Arc::from(text)).documents
}

fn tree(text: &str) -> Tree {
    let mut documents = documents(text);
    assert_eq!(documents.len(), 1, "{text}");
    match documents.remove(0).content {
        Content::Tree(tree) => tree,
        other => panic!("{text}: {other:?}"),
    }
}

pub(super) fn error(text: &str) -> SyntaxError {
    match documents(text).remove(0).content {
        Content::Broken(error) => error,
        other => panic!("{text}: {other:?}"),
    }
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.range()]
}

/// The text of every node of a tree, in order.
fn slices(text: &str) -> Vec<String> {
    let tree = tree(text);
    (0..tree.nodes.len())
        .map(|id| tree.node(NodeId(u32::try_from(id).unwrap())).span())
        .map(|span| slice(text, span).to_owned())
        .collect()
}

/// A document's value in JSON, as a way to compare shapes.
pub(super) fn json(node: Node<'_>) -> serde_json::Value {
    use serde_json::{Value, json};
    match node.kind() {
        Kind::Scalar(Scalar::Null) => Value::Null,
        Kind::Scalar(Scalar::Bool(value)) => json!(value),
        Kind::Scalar(Scalar::Int(value)) => json!(value),
        Kind::Scalar(Scalar::Unsigned(value)) => json!(value),
        Kind::Scalar(Scalar::Float(value)) => json!(value),
        Kind::Scalar(Scalar::Text(value)) => json!(value),
        Kind::Sequence => node.items().map(json).collect(),
        Kind::Mapping => node
            .entries()
            .map(|entry| (entry.key.key_text().to_owned(), json(entry.value)))
            .collect(),
    }
}

pub(super) fn value(text: &str) -> String {
    json(tree(text).root()).to_string()
}

#[test]
fn documents_are_split_at_separator_lines() {
    let text = "a: 1\n---\n# only a comment\n--- # comment\nb: 2\n---   \n~\n";
    let found = documents(text);
    let kinds: Vec<bool> = found
        .iter()
        .map(|document| matches!(document.content, Content::Tree(_)))
        .collect();
    assert_eq!(kinds, [true, false, true, false]);
    assert_eq!(slice(text, found[2].span), "b: 2\n");
}

#[test]
fn a_broken_document_costs_only_itself() {
    let text = "a: 1\n---\nb: [1\nc: 2\n---\nd: 3\n";
    let found = documents(text);
    assert_eq!(found.len(), 3);
    assert!(matches!(found[0].content, Content::Tree(_)));
    let Content::Broken(error) = &found[1].content else {
        panic!()
    };
    assert!(found[1].span.contains(error.span));
    assert!(matches!(found[2].content, Content::Tree(_)));
}

#[test]
fn separators_with_content_are_broken() {
    for separator in ["---foo", "--- {a: 1}", "--- !!map", "----"] {
        let text = format!("a: 1\n{separator}\nb: 1\n---\nc: 1\n");
        let found = documents(&text);
        assert_eq!(found.len(), 3, "{separator}");
        let Content::Broken(error) = &found[1].content else {
            panic!("{separator}")
        };
        assert_eq!(slice(&text, error.span), separator);
        assert!(matches!(found[2].content, Content::Tree(_)));
    }
}

#[test]
fn a_directive_is_broken_and_what_follows_is_not() {
    let found = documents("# c\n%YAML 1.1\n---\na: 1\n");
    assert!(matches!(found[0].content, Content::Broken(_)));
    assert!(matches!(found[1].content, Content::Tree(_)));
}

#[test]
fn text_after_an_end_marker_is_dropped() {
    let text = "a: 1\n...\n# c\nb: [2\n\n---\nc: 1\n";
    let found = documents(text);
    assert_eq!(slice(text, found[0].dropped.unwrap()), "b: [2");
    assert!(matches!(found[0].content, Content::Tree(_)));
    assert_eq!(found[1].dropped, None);
    assert_eq!(documents("a: 1\n... # c\n# d\n\n")[0].dropped, None);
    let text = "{a: 1}\nfoo: bar\n";
    assert_eq!(slice(text, documents(text)[0].dropped.unwrap()), "foo: bar");
    let text = "- a\n... # end\nfoo: bar\n";
    assert_eq!(slice(text, documents(text)[0].dropped.unwrap()), "foo: bar");
}

#[test]
fn text_before_a_document_and_two_dashes_are_no_separator() {
    let wrong = |text: &str| {
        let found = documents(text);
        let error = match &found[0].content {
            Content::Broken(error) => error.clone(),
            _ => found[0].stray_text(text).expect(text),
        };
        (slice(text, error.span).to_owned(), error.message)
    };
    for text in [
        "--\n# the site\na: 1\n",
        "# c\n--\na: 1\n",
        "a: 1\n--\nb: 1\n",
    ] {
        let (place, message) = wrong(text);
        assert_eq!(place, "--", "{text}");
        assert!(message.contains("did you mean `---`?"), "{message}");
    }
    assert_eq!(wrong("\"x\"\na: 1\n").0, "\"x\"");
    assert_eq!(wrong("[x]\na: 1\n").0, "[x]");
    for text in ["a: |\n  --\n", "x\n...\na: 1\n", "{a: 1}\nfoo: bar\n"] {
        let document = &documents(text)[0];
        assert!(matches!(document.content, Content::Tree(_)), "{text}");
        assert_eq!(document.stray_text(text), None, "{text}");
    }
}

#[test]
fn byte_order_mark_and_crlf() {
    let text = "\u{feff}a: é\r\nb:\r\n  - 2\r\n";
    let root = tree(text);
    let b = root.root().get("b").unwrap();
    assert_eq!(
        slice(text, root.root().entry("a").unwrap().value.span()),
        "é"
    );
    assert_eq!(slice(text, b.span()), "- 2");
    assert_eq!(documents("a: 1\r\n---\r\nb: 1").len(), 2);
}

#[test]
fn concatenated_json_is_several_documents() {
    let found = documents("{\n\t\"a\": \"}{\",\n\t\"b\": [1]\n}{\"c\":1}\n {\"d\":\"\\\"\"}\n");
    let values: Vec<String> = found
        .iter()
        .map(|document| match &document.content {
            Content::Tree(tree) => json(tree.root()).to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        values,
        [r#"{"a":"}{","b":[1]}"#, r#"{"c":1}"#, r#"{"d":"\""}"#]
    );
    // A template is none, however often it opens braces.
    assert_eq!(documents("{{ if }}\na: 1\n{{ end }}\n").len(), 1);
}

#[test]
fn spans_are_tight() {
    assert_eq!(
        slices("a: 1 # c\nb: 'x'\nc:\n"),
        ["a: 1 # c\nb: 'x'\nc:", "a", "1", "b", "'x'", "c", ""]
    );
    assert_eq!(
        slices("x: { a: [1, 2] } # c\n")[2..],
        ["{ a: [1, 2] }", "a", "[1, 2]", "1", "2"]
    );
    assert_eq!(slices("- [a: 1]\n")[2], "a: 1");
    assert_eq!(slices("a: \"x\n  y\"\n")[2], "\"x\n  y\"");
}

#[test]
fn sequences_start_at_their_first_dash() {
    let text = "a: # - c\n- 1\n- - 2\n  - 3\n# end\nb: &x\n  - 4\n\nc: !!seq\n- - 5\n";
    let found = slices(text);
    assert_eq!(found[2], "- 1\n- - 2\n  - 3");
    assert_eq!(found[4], "- 2\n  - 3");
    assert!(found.contains(&"- 4".to_owned()));
    assert!(found.contains(&"- - 5".to_owned()) && found.contains(&"- 5".to_owned()));
}

#[test]
fn a_tab_after_a_dash_is_refused_as_kubectl_does() {
    for text in [
        "a:\n-\tb\n",
        "a:\n-\t\n",
        "a:\n- \tb: 1\n",
        "-\t&x b\n- 2\n",
        "- - 1\n  -\tb\n",
    ] {
        let error = error(text);
        assert_eq!(slice(text, error.span), "\t", "{text:?}");
        assert!(error.message.contains("a tab after `-`"), "{error}");
    }
    for text in [
        "a:\n- b\tc\n",
        "a:\tb\n",
        "- b\t\n",
        "[1,\tb,\t2]\n",
        "- |\n  -\tb\n",
    ] {
        let documents = documents(text);
        assert!(matches!(documents[0].content, Content::Tree(_)), "{text:?}");
    }
}

#[test]
fn the_last_line_has_its_line_break_as_kubectl_reads_it() {
    for (text, read) in [
        ("a: |\n  b", "b\n"),
        ("a: |+\n  b", "b\n"),
        ("a: |-\n  b", "b"),
        ("a: >\n  b  ", "b  \n"),
        ("a: |\n  b\n", "b\n"),
        ("a: |\n  b\n  ", "b\n"),
        ("a: |+\n  b\n\n", "b\n\n"),
    ] {
        assert_eq!(
            tree(text).root().get("a").unwrap().text(),
            Some(read),
            "{text:?}"
        );
    }
}

#[test]
fn block_scalars_span_from_header_to_last_line() {
    let text =
        "a: |\n  x\n  y \n\n# c\nb: &q >- # > c\n  z\n\nc: |+\n  w\n\nd: |\n\n\ne: !t |2-\n    v";
    let found = slices(text);
    assert_eq!(found[2], "|\n  x\n  y ");
    assert_eq!(found[4], ">- # > c\n  z");
    assert_eq!(found[6], "|+\n  w\n");
    assert_eq!(found[8], "|");
    assert_eq!(found[10], "|2-\n    v");
}

#[test]
fn anchors_aliases_and_comments_have_their_spans() {
    let text = "a: &x # c\n  k: 1\nb: *x # d\n";
    let tree = tree(text);
    let root = tree.root();
    let (a, b) = (
        root.entry("a").unwrap().value,
        root.entry("b").unwrap().value,
    );
    assert_eq!(slice(text, a.anchor().unwrap()), "&x");
    assert_eq!((slice(text, b.span()), b.is_alias()), ("*x", true));
    assert_eq!(b.resolved().id(), a.id());
    assert_eq!(b.get("k").unwrap().scalar(), Some(Scalar::Int(1)));
    let comments: Vec<&str> = tree
        .comments()
        .iter()
        .map(|c| slice(text, c.span))
        .collect();
    assert_eq!(comments, ["# c", "# d"]);
    let text = "{a: 1}\n# after\n";
    assert_eq!(self::tree(text).comments().len(), 1);
}

#[test]
fn aliases_are_refused_where_the_decoder_refuses_them() {
    assert!(!error("a: *x\n").budget);
    assert!(!error("a: &x [*x]\n").budget);
    assert!(!error("a: &x.y 1\n").budget);
    assert_eq!(value("a: &x 1\nb: &x 2\nc: *x\n"), r#"{"a":1,"b":2,"c":2}"#);
    assert!(matches!(
        documents("a: &x 1\n---\nb: *x\n")[1].content,
        Content::Broken(_)
    ));
}

#[test]
fn budgets_on_aliases_and_depth() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut chain = "a0: &a0 {x: 1}\n".to_owned();
    for level in 1..300 {
        let before = level - 1;
        let _ = writeln!(
            bomb,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{before}"); 10].join(", ")
        );
        let _ = writeln!(chain, "a{level}: &a{level} {{<<: *a{before}}}");
    }
    assert!(error(&bomb).budget);
    assert!(error(&chain).budget);
    for deep in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(1000),
    ] {
        assert!(error(&deep).budget, "{}", error(&deep));
    }
    let nested = format!("{}1{}", "[".repeat(150), "]".repeat(150));
    assert_eq!(tree(&nested).nodes.len(), 151);
}

#[test]
fn merges_follow_the_order_of_the_text() {
    let base = "x: &x {k: 1, l: 1}\ny: &y {k: 2, m: 2}\n";
    let merged = |text: &str| {
        let tree = tree(&format!("{base}z:\n{text}"));
        json(tree.root().get("z").unwrap()).to_string()
    };
    assert_eq!(merged("  <<: *x\n  k: 9\n"), r#"{"k":9,"l":1}"#);
    assert_eq!(merged("  k: 9\n  <<: *x\n"), r#"{"k":1,"l":1}"#);
    assert_eq!(merged("  <<: *x\n  <<: *y\n"), r#"{"k":2,"l":1,"m":2}"#);
    assert_eq!(merged("  <<: [*x, *y]\n"), r#"{"k":1,"l":1,"m":2}"#);
    assert_eq!(merged("  <<: {<<: *x, k: 5}\n"), r#"{"k":5,"l":1}"#);
    assert_eq!(merged("  \"<<\": *x\n"), r#"{"<<":{"k":1,"l":1}}"#);
    assert!(!error("<<: 3\n").budget);
    assert!(!error("x: &x [{a: 1}]\ny: {<<: *x}\n").budget);
}

#[test]
fn duplicate_keys_are_noted_and_the_last_wins() {
    let text = "a: 1\n\"a\": 2\nyes: 3\ntrue: 4\nb: {a: 1}\na: 5\n";
    let tree = tree(text);
    let pairs: Vec<(u32, u32)> = tree
        .duplicate_keys()
        .iter()
        .map(|pair| {
            (
                tree.node(pair.first).span().start,
                tree.node(pair.second).span().start,
            )
        })
        .collect();
    assert_eq!(pairs, [(0, 5), (12, 19), (5, 37)]);
    assert_eq!(value(text), r#"{"a":5,"b":{"a":1},"true":4}"#);
    assert_eq!(tree.root().written_entries().count(), 6);
    let mut many = String::new();
    for key in 0..100_000 {
        let _ = writeln!(many, "k{}: 1", key % 99_999);
    }
    assert_eq!(self::tree(&many).duplicate_keys().len(), 1);
}

#[test]
fn keys_that_the_decoder_refuses() {
    for text in [
        "{{ a }}: 1\n",
        "? [a]\n: 1\n",
        "~: 1\n",
        ": 1\n",
        "a: {{ b }}\n",
    ] {
        assert!(!error(text).budget, "{text}");
    }
}

#[test]
fn scalars_by_style_and_tag() {
    assert_eq!(
        value("[yes, 'yes', \"1\", !!str 3, !!int \"3\", !foo 3, ! 4, =, '']\n").replace(' ', ""),
        r#"[true,"yes","1","3",3,"3","4","=",""]"#
    );
    assert_eq!(
        value("a: |\n  1\nb: >-\n  2\n  3\n"),
        r#"{"a":"1\n","b":"2 3"}"#
    );
    let tree = tree("a: 1.10\nb: ~\nc: yes\nd: [1]\n");
    let text = |key| tree.root().get(key).unwrap().text();
    assert_eq!(
        [text("a"), text("b"), text("c"), text("d")],
        [Some("1.10"), None, Some("yes"), None]
    );
}

#[test]
fn plain_texts_are_borrowed_from_the_file() {
    let tree = tree("a: b\nc: 'd'\ne: \"f\"\n");
    assert!(tree.decoded.is_empty());
}

#[test]
fn quoted_texts_may_continue_at_the_indentation_of_their_key() {
    let text =
        "k:\n  \"a\": \"one\n  two\n\n  three\"\n  b: 'it''s\n  fine'\n  c: 1\nd: \"x\ny\"\n";
    assert_eq!(
        value(text),
        r#"{"d":"x y","k":{"a":"one two\nthree","b":"it's fine","c":1}}"#
    );
    assert_eq!(slices(text)[4], "\"one\n  two\n\n  three\"");
}

#[test]
fn comments_may_follow_quotes_and_brackets_at_once() {
    let text = "a: 'x'#é\nb: [1]# d\nc: {#e\n  f: 1}#\n# g\n";
    assert_eq!(value(text), r#"{"a":"x","b":[1],"c":{"f":1}}"#);
    let tree = tree(text);
    let comments: Vec<&str> = tree
        .comments()
        .iter()
        .map(|c| slice(text, c.span))
        .collect();
    assert_eq!(comments, ["#é", "# d", "#e", "#", "# g"]);
}

#[test]
fn paths_name_list_elements() {
    let tree = tree(
        "metadata:\n  annotations: {a.b/c: 1}\nspec:\n  containers:\n  - name: app\n    ports: [{port: 1}]\n",
    );
    let root = tree.root();
    let containers = root.at(&["spec", "containers"]).unwrap();
    let port = containers.items().next().unwrap().get("ports").unwrap();
    let port = port.items().next().unwrap().entry("port").unwrap();
    assert_eq!(port.value.path(), "spec.containers[app].ports[0].port");
    assert_eq!(port.key.path(), port.value.path());
    let annotation = root.at(&["metadata", "annotations", "a.b/c"]).unwrap();
    assert_eq!(annotation.path(), "metadata.annotations[a.b/c]");
    assert_eq!(root.path(), "");
}

#[test]
fn paths_count_through_long_lists() {
    let tree = tree(&format!("a: &a [{}]\nb: *a\n", "{}, [x, y], ".repeat(500)));
    let items = tree.root().get("a").unwrap().items();
    for (position, item) in items.enumerate() {
        assert_eq!(item.path(), format!("a[{position}]"));
        if let Some(last) = item.items().nth(1) {
            assert_eq!(last.path(), format!("a[{position}][1]"));
        }
    }
}

mod arbitrary {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) {
        let inside = |span: Span| {
            assert!(span.start <= span.end, "{span:?} in {text:?}");
            assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
        };
        for document in documents(text) {
            inside(document.span);
            document.dropped.into_iter().for_each(inside);
            match document.content {
                Content::Empty => {}
                Content::Broken(error) => inside(error.span),
                Content::Tree(tree) => {
                    tree.comments()
                        .iter()
                        .for_each(|comment| inside(comment.span));
                    for id in 0..tree.nodes.len() {
                        let node = tree.node(NodeId(u32::try_from(id).unwrap()));
                        inside(node.span());
                        node.anchor().into_iter().for_each(inside);
                        if let Some(parent) = node.parent() {
                            assert!(parent.span().contains(node.span()), "{node:?} in {text:?}");
                        }
                        node.path();
                        if let Ok(Some(embedded)) = parse_embedded(node) {
                            for data in &embedded.nodes {
                                inside(data.span);
                                assert!(node.resolved().span().contains(data.span));
                            }
                        }
                    }
                    json(tree.root());
                }
            }
        }
    }

    /// More than elsewhere, in proportion: a case takes little time.
    fn many_cases() -> ProptestConfig {
        let config = ProptestConfig::default();
        ProptestConfig {
            cases: config.cases.saturating_mul(8),
            ..config
        }
    }

    proptest! {
        #![proptest_config(many_cases())]

        #[test]
        fn text_never_panics(text in any::<String>()) {
            check(&text);
        }

        #[test]
        fn yaml_like_text_never_panics(
            text in r#"([ \n\r\t:\-#&*!|>'"{}\[\],?<%.ab1é~]|\n  |: |- |---\n|<<: |&a |\*a|\n\.\.\.\n){0,60}"#
        ) {
            check(&text);
        }

        #[test]
        fn written_scalars_are_read_back(
            entries in proptest::collection::btree_map("[a-z]{3,8}", "[ -~é]{0,20}", 1..8)
        ) {
            let mut text = String::new();
            for (key, value) in &entries {
                let value = value.replace('\'', "''");
                let _ = writeln!(text, "k{key}: '{value}' # c");
            }
            let tree = tree(&text);
            for (key, value) in &entries {
                let found = tree.root().get(&format!("k{key}")).unwrap();
                prop_assert_eq!(found.as_str(), Some(value.as_str()));
            }
        }
    }
}
