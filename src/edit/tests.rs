mod placing;

use super::*;
use crate::source::{NewSource, Role, Scope, Sources};

type Work = dyn Fn(&Editor<'_>, Node<'_>) -> Edits;

/// The text after the edits, which must parse; refusals in words.
fn edited(text: &str, work: &Work) -> String {
    let mut sources = Sources::default();
    let source = sources.push(NewSource {
        path: String::new(),
        root_path: String::new(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    });
    let stream = yaml::parse(&Arc::from(text));
    let Content::Tree(tree) = &stream.documents[0].content else {
        panic!("{text}")
    };
    let editor = Editor::new(source, tree).unwrap();
    let edits = match work(&editor, tree.root()) {
        Ok(edits) => edits,
        Err(refusal) => return refusal.to_string(),
    };
    let result = finding::apply(text, &edits).expect("edits do not overlap");
    for document in yaml::parse(&Arc::from(result.as_str())).documents {
        assert!(!matches!(document.content, Content::Broken(_)), "{result}");
    }
    result
}

fn set(path: &'static [&'static str], value: Value) -> Box<Work> {
    Box::new(move |editor, root| editor.set(root.at(path).unwrap(), &value))
}

fn insert(path: &'static [&'static str], key: &'static str, value: Value) -> Box<Work> {
    Box::new(move |editor, root| editor.insert_at(root, path, key, value.clone()))
}

fn remove(path: &'static [&'static str], key: &'static str) -> Box<Work> {
    Box::new(move |editor, root| editor.remove(root.at(path).unwrap().entry(key).unwrap()))
}

/// Moves `a.k` to `b.k`.
fn relocate(editor: &Editor<'_>, root: Node<'_>) -> Edits {
    let entry = root.at(&["a"]).unwrap().entry("k").unwrap();
    editor.relocate(entry, root, &["b"], "k")
}

#[test]
fn scalars_keep_their_quotes() {
    for (before, value, after) in [
        ("a: 1 # c\n", Value::Int(2), "a: 2 # c\n"),
        ("a: \"1\"\n", Value::Int(2), "a: 2\n"),
        ("a: x\n", Value::text("w"), "a: w\n"),
        ("a: x\n", Value::text("yes"), "a: \"yes\"\n"),
        ("a: x\n", Value::text("b: c"), "a: \"b: c\"\n"),
        ("a: 'x'\n", Value::text("it's"), "a: 'it''s'\n"),
        ("a: 'x'\n", Value::text("1\n2"), "a: \"1\\n2\"\n"),
        ("a: \"x\"\n", Value::text("y\""), "a: \"y\\\"\"\n"),
        (
            "a: |\r\n  x\r\n",
            Value::text("y\nz\n"),
            "a: |\r\n  y\r\n  z\r\n",
        ),
        ("a: |-\n   x\n", Value::text("y"), "a: |-\n   y\n"),
        ("{\"a\": 1}", Value::text("x"), "{\"a\": \"x\"}"),
        ("a: &x 1\n", Value::Int(2), "a: &x 2\n"),
    ] {
        assert_eq!(edited(before, &*set(&["a"], value)), after, "{before}");
    }
}

#[test]
fn what_is_shared_tagged_or_folded_is_refused() {
    let shared = Refusal::Shared.to_string();
    let unusual = Refusal::Unusual.to_string();
    let anchored = "a: &x\n  k: 1\nb: *x\n";
    assert_eq!(edited(anchored, &*set(&["a", "k"], Value::Int(2))), shared);
    assert_eq!(
        edited(anchored, &*insert(&["b"], "l", Value::Int(2))),
        shared
    );
    assert_eq!(edited(anchored, &*remove(&[], "a")), shared);
    assert_eq!(edited(anchored, &*remove(&[], "b")), "a: &x\n  k: 1\n");
    assert_eq!(
        edited("a: !!str 1\n", &*set(&["a"], Value::Int(2))),
        unusual
    );
    let folded = "a: >\n  x\n  y\n";
    assert_eq!(edited(folded, &*set(&["a"], Value::text("z"))), unusual);
    let merged = "d: &d {k: 1}\na:\n  <<: *d\n  l: 2\n";
    assert_eq!(edited(merged, &*set(&["a", "k"], Value::Int(2))), shared);
    let exists = Refusal::Exists.to_string();
    assert_eq!(edited(merged, &*insert(&["a"], "k", Value::Int(2))), exists);
    let complex = "? a\n: 1\n";
    assert_eq!(edited(complex, &*insert(&[], "k", Value::Int(2))), unusual);
}

#[test]
fn plain_values_are_quoted_as_they_stand() {
    let quote: &Work = &|editor, root| editor.quote(root.get("a").unwrap());
    assert_eq!(edited("a: yes # c\n", quote), "a: \"yes\" # c\n");
    assert_eq!(edited("{a: 0o7, b: 1}\n", quote), "{a: \"0o7\", b: 1}\n");
    assert_eq!(edited("a: 'x'\n", quote), Refusal::Unusual.to_string());
}

#[test]
fn keys_are_renamed_in_their_quotes() {
    let rename: &Work = &|editor, root| editor.rename(root.entry("a").unwrap().key, "b");
    assert_eq!(edited("a: 1 # c\n", rename), "b: 1 # c\n");
    assert_eq!(edited("{\"a\": 1}", rename), "{\"b\": 1}");
    assert_eq!(edited("'a': 1\n", rename), "'b': 1\n");
    assert_eq!(edited("a: 1\nb: 2\n", rename), Refusal::Exists.to_string());
}

#[test]
fn block_entries_stand_where_the_documentation_has_them() {
    let probe = insert(&[], "failureThreshold", Value::Int(30));
    assert_eq!(
        edited(
            "periodSeconds: 5 # c\nhttpGet:\n  port: 1\n  # p\n\n# end\n",
            &*probe
        ),
        "periodSeconds: 5 # c\nfailureThreshold: 30\nhttpGet:\n  port: 1\n  # p\n\n# end\n"
    );
    let grace = insert(&["spec"], "terminationGracePeriodSeconds", Value::Int(60));
    assert_eq!(
        edited("spec:\n  # the app\n  containers:\n  - name: a", &*grace),
        "spec:\n  terminationGracePeriodSeconds: 60\n  # the app\n  containers:\n  - name: a"
    );
    let hook = insert(&[], "lifecycle", Value::Int(1));
    assert_eq!(
        edited("readinessProbe: 1\nlivenessProbe: 2\nenv: 3\n", &*hook),
        "readinessProbe: 1\nlivenessProbe: 2\nlifecycle: 1\nenv: 3\n"
    );
    let any = insert(&[], "z", Value::Int(1));
    assert_eq!(
        edited("b: |+\n  x\n\nc: |+\n  y\n\n", &*any),
        "b: |+\n  x\n\nc: |+\n  y\n\nz: 1\n"
    );
    assert_eq!(
        edited("b:\n  c: 1\n  # d: 2\n# e", &*any),
        "b:\n  c: 1\n  # d: 2\nz: 1\n# e"
    );
    assert_eq!(edited("b: 1", &*any), "b: 1\nz: 1");
    assert_eq!(
        edited("b:\r\n  c: 1\r\n", &*any),
        "b:\r\n  c: 1\r\nz: 1\r\n"
    );
    let named: &Work = &|editor, root| editor.insert(root, "z", &Value::Int(1), Beside::After("a"));
    assert_eq!(edited("a: 1 # c\nb: 2\n", named), "a: 1 # c\nz: 1\nb: 2\n");
    let before: &Work =
        &|editor, root| editor.insert(root, "z", &Value::Int(1), Beside::Before("b"));
    assert_eq!(
        edited("a: 1\n# b\nb: 2\n", before),
        "a: 1\nz: 1\n# b\nb: 2\n"
    );
    assert_eq!(edited("{a: 1, b: 2}\n", before), "{a: 1, z: 1, b: 2}\n");
}

#[test]
fn an_entry_goes_into_a_sequence_item() {
    let work: &Work = &|editor, root| {
        let item = root.get("l").unwrap().items().next().unwrap();
        editor.insert(item, "name", &Value::text("x"), Beside::Usual)
    };
    assert_eq!(
        edited("l:\n- image: a\n", work),
        "l:\n- name: x\n  image: a\n"
    );
    assert_eq!(
        edited("l:\n  - # c\n    image: a\n", work),
        "l:\n  - # c\n    name: x\n    image: a\n"
    );
}

#[test]
fn nested_values_follow_the_layout_of_the_document() {
    let value = || {
        Value::map([
            ("m", Value::map([("k", Value::text("true"))])),
            (
                "l",
                Value::List(vec![Value::map([
                    ("a", Value::Int(1)),
                    ("b", Value::Int(2)),
                ])]),
            ),
            ("t", Value::Literal("x: 1\ny: 2\n".to_owned())),
        ])
    };
    assert_eq!(
        edited("a:\n    b:\n    - c\n", &*insert(&[], "z", value())),
        "a:\n    b:\n    - c\nz:\n    m:\n        k: \"true\"\n    l:\n    - a: 1\n      b: 2\n    t: |\n        x: 1\n        y: 2\n"
    );
    assert_eq!(
        edited("a:\n  b:\n    - c\n", &*insert(&[], "z", value())),
        "a:\n  b:\n    - c\nz:\n  m:\n    k: \"true\"\n  l:\n    - a: 1\n      b: 2\n  t: |\n    x: 1\n    y: 2\n"
    );
}

#[test]
fn flow_mappings_get_their_commas() {
    let any = insert(&[], "z", Value::map([("k", Value::text("v"))]));
    assert_eq!(edited("{a: 1, b: }\n", &*any), "{a: 1, b:, z: {k: v} }\n");
    assert_eq!(edited("{a: 1,}\n", &*any), "{a: 1, z: {k: v},}\n");
    assert_eq!(
        edited("{\n  a: 1 # c\n}\n", &*any),
        "{\n  a: 1, # c\n  z: {\n    k: v\n  }\n}\n"
    );
    assert_eq!(
        edited("x: {}\n", &*insert(&["x"], "z", Value::Int(1))),
        "x:\n  z: 1\n"
    );
}

#[test]
fn comments_in_flow_mappings_stay_with_their_entries() {
    let text = "{\n  # one\n  a: 1, # un\n  # two\n  b: 2 # deux\n}\n";
    for (place, after) in [
        (
            Beside::After("a"),
            "{\n  # one\n  a: 1, # un\n  z: 3,\n  # two\n  b: 2 # deux\n}\n",
        ),
        (
            Beside::Before("a"),
            "{\n  z: 3,\n  # one\n  a: 1, # un\n  # two\n  b: 2 # deux\n}\n",
        ),
        (
            Beside::After("b"),
            "{\n  # one\n  a: 1, # un\n  # two\n  b: 2, # deux\n  z: 3\n}\n",
        ),
    ] {
        let work = move |editor: &Editor<'_>, root: Node<'_>| {
            editor.insert(root, "z", &Value::Int(3), place)
        };
        assert_eq!(edited(text, &work), after);
    }
}

#[test]
fn text_has_no_needless_quotes() {
    for (text, block, flow) in [
        ("5xx,reset", "5xx,reset", "\"5xx,reset\""),
        ("exec /srv/run -v", "exec /srv/run -v", "exec /srv/run -v"),
        ("-c", "-c", "\"-c\""),
        ("a:1", "a:1", "\"a:1\""),
        ("a: 1", "\"a: 1\"", "\"a: 1\""),
        ("a #1", "\"a #1\"", "\"a #1\""),
        ("- a", "\"- a\"", "\"- a\""),
        ("yes", "\"yes\"", "\"yes\""),
        ("12:30", "\"12:30\"", "\"12:30\""),
        ("2026-01-02", "\"2026-01-02\"", "\"2026-01-02\""),
        ("=", "\"=\"", "\"=\""),
        ("*", "\"*\"", "\"*\""),
        ("", "\"\"", "\"\""),
    ] {
        let add = insert(&[], "z", Value::text(text));
        assert_eq!(edited("a: b\n", &*add), format!("a: b\nz: {block}\n"));
        assert_eq!(edited("{a: b}\n", &*add), format!("{{a: b, z: {flow}}}\n"));
        let set = move |editor: &Editor<'_>, root: Node<'_>| {
            editor.set(root.get("a").unwrap(), &Value::text(text))
        };
        assert_eq!(edited("a: b\n", &set), format!("a: {block}\n"));
        assert_eq!(edited("{a: b}\n", &set), format!("{{a: {flow}}}\n"));
    }
}

proptest::proptest! {
    /// Without quotes only where that reads as the same text, next to other keys, too.
    #[test]
    fn text_is_read_as_it_was_meant(text in "[ -~]{0,8}|[-0-9:.TZ]{1,6}|[a-z~=#,:{}\\[\\] ]{1,6}") {
        for before in ["a: b\nc: d\n", "{a: b, c: d}\n"] {
            let after = edited(before, &*insert(&[], "z", Value::text(&*text)));
            let stream = yaml::parse(&Arc::from(after.as_str()));
            let [yaml::Document { content: Content::Tree(tree), .. }] = stream.documents.as_slice() else {
                panic!("{after}");
            };
            let found = tree.root().get("z").unwrap().scalar();
            assert_eq!(found, Some(yaml::Scalar::Text(&text)), "{after}");
            assert_eq!(tree.root().entries().count(), 3, "{after}");
        }
    }
}

#[test]
fn json_is_pretty_where_it_was() {
    let any = insert(&[], "z", Value::map([("k", Value::text("v"))]));
    assert_eq!(
        edited("{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n", &*any),
        "{\n\t\"a\": {\n\t\t\"b\": 1\n\t},\n\t\"z\": {\n\t\t\"k\": \"v\"\n\t}\n}\n"
    );
    assert_eq!(
        edited("{\"a\": 1}", &*any),
        "{\"a\": 1, \"z\": {\"k\": \"v\"}}"
    );
    assert_eq!(
        edited("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", &*any),
        "{\n  \"a\": {\n    \"b\": 1\n  },\n  \"z\": {\n    \"k\": \"v\"\n  }\n}\n"
    );
    let nested = insert(&["a"], "z", Value::Int(1));
    assert_eq!(edited("{\"a\": {}}", &*nested), "{\"a\": {\"z\": 1}}");
    let kind = insert(&[], "kind", Value::text("x"));
    assert_eq!(
        edited("{\"spec\": 1}", &*kind),
        "{\"kind\": \"x\", \"spec\": 1}"
    );
}

#[test]
fn what_is_missing_of_a_path_is_made() {
    let work = insert(&["metadata", "annotations"], "k", Value::text("v"));
    assert_eq!(
        edited("spec: 1\n", &*work),
        "metadata:\n  annotations:\n    k: v\nspec: 1\n"
    );
    for void in ["", " {}", " null", " ~"] {
        assert_eq!(
            edited(&format!("metadata:\n  annotations:{void} # c\n"), &*work),
            "metadata:\n  annotations: # c\n    k: v\n"
        );
    }
    assert_eq!(
        edited("metadata: {name: a}\n", &*work),
        "metadata: {name: a, annotations: {k: v}}\n"
    );
    let list = insert(&[], "k", Value::List(vec![Value::Int(1)]));
    for void in ["", " []", " {}", " ~"] {
        assert_eq!(
            edited(&format!("a: 1\nk:{void}\nb: 2\n"), &*list),
            "a: 1\nk:\n  - 1\nb: 2\n"
        );
    }
    assert_eq!(
        edited("metadata: x\n", &*work),
        Refusal::Unusual.to_string()
    );
}

#[test]
fn a_field_is_set_or_added() {
    let put = |path: &'static [&'static str]| -> Box<Work> {
        Box::new(move |editor, root| editor.put(root, path, "k", Value::Int(2)))
    };
    for (before, after) in [
        ("k: 1 # c\n", "k: 2 # c\n"),
        ("k: # c\n", "k: 2 # c\n"),
        ("k:\r\na: 1\r\n", "k: 2\r\na: 1\r\n"),
        ("k: ~\n", "k: 2\n"),
        ("{k: , a: 1}\n", "{k: 2 , a: 1}\n"),
        ("a: 1\n", "a: 1\nk: 2\n"),
        ("k: [1]\n", "it is written in a way that is not edited"),
        (
            "k: &x\na: *x\n",
            "it is written in a way that is not edited",
        ),
    ] {
        assert_eq!(edited(before, &*put(&[])), after, "{before}");
    }
    assert_eq!(edited("a:\n  k: 1\n", &*put(&["a"])), "a:\n  k: 2\n");
    assert_eq!(edited("a:\n", &*put(&["a", "b"])), "a:\n  b:\n    k: 2\n");
}

#[test]
fn entries_go_with_their_own_comments_only() {
    assert_eq!(
        edited(
            "a: 1\n\n# of b\nb: 2 # b\n# of c\nc: 3\n",
            &*remove(&[], "b")
        ),
        "a: 1\n\n# of c\nc: 3\n"
    );
    assert_eq!(edited("a: 1\r\nb: 2", &*remove(&[], "b")), "a: 1");
    let kept = "a: |+\n  x\nb: 2\n\nc: 3\n";
    assert_eq!(
        edited(kept, &*remove(&[], "b")),
        Refusal::Unusual.to_string()
    );
    assert_eq!(
        edited("a:\n  k: 1\nb: 2\n", &*remove(&["a"], "k")),
        "b: 2\n"
    );
    assert_eq!(edited("{a: 1, b: 2}\n", &*remove(&[], "a")), "{b: 2}\n");
    assert_eq!(edited("{a: 1, b: 2}\n", &*remove(&[], "b")), "{a: 1}\n");
    assert_eq!(
        edited("{a: 1, # c\n b: 2}\n", &*remove(&[], "a")),
        Refusal::Comment.to_string()
    );
}

#[test]
fn an_entry_with_comments_is_not_removed_unseen() {
    let work: &Work = &|editor, root| editor.remove_uncommented(root.entry("a").unwrap());
    assert_eq!(edited("a: 1\n# b\nb: 2 # b\n", work), "# b\nb: 2 # b\n");
    for commented in [
        "a: 1 # c\nb: 2\n",
        "# c\na: 1\nb: 2\n",
        "a:\n  # c\n  k: 1\nb: 2\n",
    ] {
        assert_eq!(edited(commented, work), Refusal::Comment.to_string());
    }
}

#[test]
fn an_entry_takes_the_place_of_another() {
    let work: &Work = &|editor, root| {
        let entry = root.entry("a").unwrap();
        editor.replace(entry, "z", &Value::map([("k", Value::Int(1))]))
    };
    for (before, after) in [
        ("a: 1 # c\nb: 2\n", "z:\n  k: 1 # c\nb: 2\n"),
        ("a:\n  l: 3\n\n# d\nb: 2\n", "z:\n  k: 1\n\n# d\nb: 2\n"),
        ("a: [1,\r\n  2]\r\n", "z:\r\n  k: 1\r\n"),
        ("{a: 1, b: 2}\n", "{z: {k: 1}, b: 2}\n"),
        ("a:\n", "z:\n  k: 1\n"),
        ("a:\n  # why\n  l: 3\n", "a comment would be lost"),
        ("a: &x 1\nb: *x\n", "the node is shared through an alias"),
        ("a: 1\nz: 2\n", "the key is there already"),
    ] {
        assert_eq!(edited(before, work), after, "{before}");
    }
}

#[test]
fn a_comment_stays_out_of_a_literal_block() {
    let work: &Work = &|editor, root| {
        let text = Value::embedded(&[("k".to_owned(), Value::Bool(true))]);
        editor.replace(root.entry("a").unwrap(), "z", &text)
    };
    assert_eq!(
        edited("a: 1 # c\nb: 2\n", work),
        "z: | # c\n  k: true\nb: 2\n"
    );
    assert_eq!(edited("a: 1", work), "z: |\n  k: true");
}

#[test]
fn a_moved_entry_takes_its_comments_along() {
    assert_eq!(
        edited(
            "a:\n  # why\n  k: '1' # c\n  l: 2\nb:\n    m: 3\n",
            &relocate
        ),
        "a:\n  l: 2\nb:\n    m: 3\n    # why\n    k: '1' # c\n"
    );
    assert_eq!(
        edited("c: 0\na:\n  # why\n  k: 1 # c\n  l: 2\n", &relocate),
        "c: 0\na:\n  l: 2\nb:\n  # why\n  k: 1 # c\n"
    );
    let up: &Work = &|editor, root| {
        let entry = root
            .get("spec")
            .unwrap()
            .entry("terminationGracePeriodSeconds")
            .unwrap();
        editor.relocate(entry, root, &["pod"], "terminationGracePeriodSeconds")
    };
    assert_eq!(
        edited(
            "spec:\n  terminationGracePeriodSeconds: 60 # long\n  x: 1\npod:\n  containers: []\n",
            up
        ),
        "spec:\n  x: 1\npod:\n  terminationGracePeriodSeconds: 60 # long\n  containers: []\n"
    );
    assert_eq!(
        edited("a:\n  k: 1\nb:\n  m: 3\n", &relocate),
        "b:\n  m: 3\n  k: 1\n"
    );
    assert_eq!(
        edited("c: 0\na:\n  k: 1\n", &relocate),
        "c: 0\nb:\n  k: 1\n"
    );
    assert_eq!(
        edited("a: {k: [1], l: 2}\nb: {m: 3}\n", &relocate),
        "a: {l: 2}\nb: {m: 3, k: [1]}\n"
    );
    let down: &Work = &|editor, root| {
        let selector = root.get("a").unwrap();
        editor.relocate(selector.entry("k").unwrap(), selector, &["m"], "k")
    };
    assert_eq!(edited("a:\n  k: 1 # c\n", down), "a:\n  m:\n    k: 1 # c\n");
    assert_eq!(
        edited("a:\n  # b\n  k: 1\n  l: 2\n", down),
        "a:\n  # b\n  m:\n    k: 1\n  l: 2\n"
    );
}

#[test]
fn a_moved_entry_may_take_the_place_of_what_it_leaves() {
    let pool: &Work = &|editor, root| {
        let entry = root.get("http").unwrap().entry("connectTimeout").unwrap();
        editor.relocate(entry, root, &["tcp"], "connectTimeout")
    };
    assert_eq!(
        edited("x: 1\nhttp:\n  connectTimeout: 1s\ny: 2\n", pool),
        "x: 1\ntcp:\n  connectTimeout: 1s\ny: 2\n"
    );
    assert_eq!(
        edited("c: 0\na:\n  # why\n  k: 1 # c\n", &relocate),
        "c: 0\nb:\n  # why\n  k: 1 # c\n"
    );
    let outer = "c: 0\na: # lost\n  k: 1\n";
    assert_eq!(edited(outer, &relocate), Refusal::Comment.to_string());
    let inner = "a:\n  k:\n    # lost\n    x: 1\n  l: 2\nb:\n  m: 3\n";
    assert_eq!(edited(inner, &relocate), Refusal::Comment.to_string());
}

#[test]
fn embedded_yaml_keeps_its_style() {
    let work: &Work = &|editor, root| {
        editor.within(root.get("a").unwrap(), |editor, root| {
            editor.insert(root, "hold", &Value::Bool(true), Beside::Usual)
        })
    };
    for (before, after) in [
        (
            "a: |\n  # c\n  k: 1\nb: 2\n",
            "a: |\n  # c\n  k: 1\n  hold: true\nb: 2\n",
        ),
        ("a: |-\r\n  k: 1\r\n", "a: |-\r\n  k: 1\r\n  hold: true\r\n"),
        ("a: '{\"k\": 1}'\n", "a: '{\"k\": 1, \"hold\": true}'\n"),
        ("a: \"{k: 1}\"\n", "a: \"{k: 1, hold: true}\"\n"),
        ("a: \"k: 1\"\n", "a: \"k: 1\\nhold: true\"\n"),
        ("a: '1'\n", "it is written in a way that is not edited"),
        ("a: '{k: 1'\n", "it is written in a way that is not edited"),
    ] {
        assert_eq!(edited(before, work), after, "{before}");
    }
}
