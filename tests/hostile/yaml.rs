//! YAML that is small to write and large to read, deep, endless, or no text at all.

use std::fmt::Write as _;

use super::{HEAD, POD, Repository};

const DEPTH: usize = 100_000;

/// The text in `a.yaml`, beside a file that is judged as if nothing were the matter.
#[track_caller]
fn is_refused(text: &str, expected: &[&str]) {
    let repository = Repository::new(&[("a.yaml", text), ("b.yaml", POD)]);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(1, expected, &[]);
    run.ends(1, &["b.yaml:3:18: note[bare-pod] "], &[]);
}

#[test]
fn a_billion_laughs_are_not_laughed() {
    let mut text = format!("{HEAD}data:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let inner = format!("*a{},", level - 1).repeat(10);
        let _ = writeln!(text, "  a{level}: &a{level} [{inner}]");
    }
    let expected = "aliases stand for more than 1000000 values";
    is_refused(&text, &["a.yaml:10:", " error[invalid-yaml] ", expected]);
}

#[test]
fn merges_of_merges_are_counted() {
    let mut text = format!("{HEAD}data:\n  a0: &a0 {{k0: x, k1: y}}\n");
    for level in 1..60 {
        let inner = level - 1;
        let _ = writeln!(
            text,
            "  a{level}: &a{level} {{<<: [*a{inner}, *a{inner}], k{level}: {{<<: *a{inner}}}}}"
        );
    }
    let expected = "aliases stand for more than 1000000 values";
    is_refused(&text, &["a.yaml:", " error[invalid-yaml] ", expected]);
}

#[test]
fn a_value_that_holds_itself_is_refused() {
    let expected = "a.yaml:4:14: error[invalid-yaml] Kubernetes cannot read this: this alias \
                    stands for a node that holds it";
    is_refused(&format!("{HEAD}data: &a {{b: *a}}\n"), &[expected]);
}

#[test]
fn nesting_has_an_end() {
    let expected = "more than 200 collections lie within one another";
    let nest = |open: &str, close: &str| open.repeat(DEPTH) + &close.repeat(DEPTH);
    for value in [
        nest("[", ""),
        nest("[", "]"),
        nest("{a: ", "}"),
        nest("[{a: ", "}]"),
        format!("\n  {}x", nest("- ", "")),
        format!("\n  {}x", nest("? ", "")),
    ] {
        let text = format!("{HEAD}data: {value}\n");
        is_refused(&text, &["a.yaml:", " error[invalid-yaml] ", expected]);
    }
    // As deep as fits into the limit of files: each line is one longer than the one above.
    let mut block = String::new();
    for depth in 0..5_000 {
        let _ = writeln!(block, "{:depth$}a:", "");
    }
    is_refused(
        &format!("{HEAD}{block}"),
        &["a.yaml:204:201: error[invalid-yaml] ", expected],
    );
}

/// Nobody can tell whether broken JSON was meant for Kubernetes, so it is told and skipped.
#[test]
fn deep_json_is_skipped() {
    let text = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"data\":{}{}}}",
        "[".repeat(DEPTH),
        "]".repeat(DEPTH)
    );
    let repository = Repository::new(&[("a.json", &text)]);
    let run = repository.run(&["check", "a.json"]);
    let expected = "more than 200 collections lie within one another";
    run.ends(0, &["No findings"], &["a.json:1:", expected]);
}

#[test]
fn a_file_of_a_hundred_megabytes_is_not_read() {
    let repository = Repository::new(&[("b.yaml", POD)]);
    repository.sparse("a.yaml", 100 << 20);
    for path in ["a.yaml", "."] {
        let run = repository.run(&["check", "--fail-on=note", path]);
        let code = i32::from(path == ".");
        run.ends(code, &[], &["a.yaml: ", "larger than"]);
    }
}

#[test]
fn one_line_just_below_the_limit_is_read() {
    let line = "x".repeat((32 << 20) - 1_000);
    let repository = Repository::new(&[]);
    repository.write("a.yaml", format!("{HEAD}data: {{a: {line}}}\nfoo: 1\n"));
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(1, &["a.yaml:5:1: error[unknown-field] "], &[]);
}

#[test]
fn a_million_documents_are_read() {
    let repository = Repository::new(&[]);
    repository.write("a.yaml", "---\n".repeat(1_000_000) + POD);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(0, &["a.yaml:1000003:18: note[bare-pod] "], &[]);
}

/// Of a million objects the text alone is larger than a file may be; these take seconds.
#[test]
fn fifty_thousand_objects_are_read() {
    let mut text = String::new();
    for index in 0..50_000 {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a{index}}}\n"
        );
    }
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check"]);
    run.ends(
        0,
        &["No findings in 50000 objects of 1 file (0 workloads)"],
        &[],
    );
}

/// The time for each of these grew with the square of its size once, beyond three minutes in a build
/// for development.
#[test]
fn what_is_said_of_every_line_is_said_in_time() {
    let comments = format!(
        "{HEAD}{}",
        "# lameduck: ignore[missing-pdb]\n".repeat(30_000)
    );
    is_refused(
        &comments,
        &["a.yaml: not listed: 29000 more findings of unused-suppression"],
    );

    let keys = format!("{HEAD}data:\n{}", "  k: v\n".repeat(100_000));
    let repository = Repository::new(&[("a.yaml", &keys)]);
    let run = repository.run(&["check", "--format=json"]);
    run.ends(
        1,
        &["; 99899 more keys of this object are given twice"],
        &[],
    );

    let braces = format!("{HEAD}data: {}\n", "{a: ".repeat(2_000_000));
    is_refused(&braces, &["a.yaml:4:803: error[invalid-yaml] "]);
}

#[test]
fn what_is_no_utf8_is_told() {
    let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(POD.encode_utf16());
        units.flat_map(order).collect()
    };
    let nul = [POD.as_bytes(), b"# \0\n"].concat();
    for bytes in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), nul] {
        let repository = Repository::new(&[]);
        repository.write("a.yaml", bytes);
        let run = repository.run(&["check", "a.yaml"]);
        let expected = "error: a.yaml: it is not UTF-8 text: it holds NUL bytes\n";
        run.ends(
            2,
            &[
                "No findings: no manifest was read",
                "1 file that is not UTF-8: a.yaml",
            ],
            &[expected],
        );
        let run = repository.run(&["check"]);
        run.ends(0, &["1 file that is not UTF-8: a.yaml"], &[]);
    }
    let repository = Repository::new(&[]);
    repository.write(
        "a.yaml",
        [HEAD.as_bytes(), b"data: {a: \xff\xfe}\n"].concat(),
    );
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(
        1,
        &["a.yaml:4:11: error[invalid-yaml] ", "invalid UTF-8"],
        &[],
    );
    let run = repository.run(&["check", "--format=concise", "a.yaml"]);
    let expected = "error: a.yaml: it is not UTF-8 text\n";
    run.ends(2, &["a.yaml:4:11: error[invalid-yaml] "], &[expected]);
    // The mark of UTF-8 is not part of the text.
    let repository = Repository::new(&[("a.yaml", &format!("\u{feff}{POD}"))]);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(0, &["a.yaml:3:18: note[bare-pod] "], &[]);
}
