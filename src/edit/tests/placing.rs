//! Where documents, entries and lists go.

use super::*;

#[test]
fn documents_are_appended() {
    let work: &Work = &|editor, _| {
        editor.append_document(&[
            ("kind".to_owned(), Value::text("X")),
            ("spec".to_owned(), Value::map([("k", Value::Int(1))])),
        ])
    };
    let added = "kind: X\nspec:\n  k: 1\n";
    assert_eq!(edited("a: 1\n", work), format!("a: 1\n---\n{added}"));
    assert_eq!(edited("a: 1", work), format!("a: 1\n---\n{added}"));
    for below in [
        "---\n",
        "---\nb: 2\n",
        "...\n---\nb: 2\n",
        "# [END a]\n",
        "\n# about b\n---\nb: 2\n",
    ] {
        let text = format!("a: 1\n{below}");
        assert_eq!(edited(&text, work), format!("a: 1\n---\n{added}{below}"));
    }
    let commented = "a:\n  k: 1\n# b: 2\n";
    assert_eq!(edited(commented, work), format!("{commented}---\n{added}"));
    assert_eq!(
        edited("a: 1\r\n", work),
        format!("a: 1\n---\n{added}").replace('\n', "\r\n")
    );
    assert_eq!(edited("{\"a\": 1}", work), Refusal::Unusual.to_string());
}

#[test]
fn what_is_commented_out_stays_with_what_it_was_part_of() {
    let work: &Work = &|editor, root| editor.insert(root, "z", &Value::Int(1), Beside::Usual);
    for (before, after) in [
        ("a:\n- k: 1\n# - k: 2\n#   l: 3\n", "z: 1\n"),
        ("a:\n  - k: 1\n  # - k: 2\n", "z: 1\n"),
        ("a: 1\n# b: 2\n", "z: 1\n"),
    ] {
        assert_eq!(edited(before, work), format!("{before}{after}"));
    }
    // At the margin, only what reads as an entry belongs to the document.
    assert_eq!(edited("a: 1\n# [END a]\n", work), "a: 1\nz: 1\n# [END a]\n");
    let inner: &Work =
        &|editor, root| editor.insert(root.get("m").unwrap(), "z", &Value::Int(1), Beside::Usual);
    assert_eq!(
        edited("m:\n  a: 1\n  # a reason\nb: 2\n", inner),
        "m:\n  a: 1\n  # a reason\n  z: 1\nb: 2\n"
    );
    let between: &Work =
        &|editor, root| editor.insert(root, "z", &Value::Int(1), Beside::After("a"));
    assert_eq!(
        edited("a:\n- k: 1\n# - k: 2\n# about b\nb: 2\n", between),
        "a:\n- k: 1\n# - k: 2\nz: 1\n# about b\nb: 2\n"
    );
    assert_eq!(
        edited("a: 1\n# b: 0\nb: 2\n", between),
        "a: 1\nz: 1\n# b: 0\nb: 2\n"
    );
}

#[test]
fn lists_stand_as_those_around_them() {
    let work: &Work = &|editor, root| {
        let list = Value::List(vec![Value::Int(1)]);
        editor.insert(root.get("b").unwrap(), "z", &list, Beside::Usual)
    };
    assert_eq!(
        edited("a:\n  - 1\nb:\n  k:\n  - 1\n", work),
        "a:\n  - 1\nb:\n  k:\n  - 1\n  z:\n  - 1\n"
    );
    let elsewhere = "b:\n  k: 1\n---\na:\n- 1\n";
    assert_eq!(
        edited(elsewhere, work),
        "b:\n  k: 1\n  z:\n  - 1\n---\na:\n- 1\n"
    );
}
