use proptest::prelude::*;

use super::agree::scanned;

#[path = "../../../tests/real/mod.rs"]
mod real;

/// What stands on lines that the scanner knows, that it nearly knows, and that mean something else.
const LINES: &[&str] = &[
    "",
    " ",
    "#",
    "# c",
    "#c",
    "a:",
    "a: ",
    "a: # c",
    "a: #",
    "a:#c",
    "a: b",
    "a: b ",
    "a: b # c",
    "a: b #",
    "a: b#c",
    "a: #b",
    "a:  b",
    "a : b",
    "a:b",
    "a: b: c",
    "a: b:",
    "a: b:c",
    "a: b c",
    "a: b, c",
    "a: |",
    "a: |-",
    "a: |+",
    "a: | ",
    "a: |2",
    "a: | # c",
    "a: >",
    "a: >-",
    "- |",
    "- |-",
    "b",
    "b c",
    "b # c",
    "\"a\": b",
    "'a': b",
    "a: \"b\"",
    "a: \"b\" ",
    "a: \"b\" # c",
    "a: \"b\"# c",
    "a: \"b\"c",
    "a: \"b\\n\"",
    "a: \"b",
    "b\"",
    "a: 'b'",
    "a: 'b''c'",
    "a: 'b",
    "b'",
    "a: '#b'",
    "a: \"b: c\"",
    "a: []",
    "a: [ ]",
    "a: [b]",
    "a: [b, c]",
    "a: [b,c]",
    "a: [b , c]",
    "a: [b,]",
    "a: [,]",
    "a: [b: c]",
    "a: [b",
    "b]",
    "a: [\"b\", 'c']",
    "a: [[b], {c: d}]",
    "a: [b:c, d:80]",
    "a: [a=b, 5%, -x, --y]",
    "a: [-]",
    "a: [- b]",
    "a: [b c]",
    "a: []b",
    "a: [] # c",
    "a: []# c",
    "a: {}",
    "a: { }",
    "a: {b: c}",
    "a: {b: c, d: [e]}",
    "a: {b: {c: d}}",
    "a: {b:}",
    "a: {b: }",
    "a: {b}",
    "a: {b: c,}",
    "a: {b:c}",
    "a: {b: c",
    "a: {{ b }}",
    "[b]",
    "{b: c}",
    "a: ~",
    "a: null",
    "~: a",
    "null: a",
    "yes: a",
    "true: a",
    "1: a",
    "0x1: a",
    "<<: a",
    "<<: {}",
    "a: *b",
    "a: &b c",
    "&b a: c",
    "a: !!str b",
    "!!str a: b",
    "? a",
    ": b",
    "?",
    ":",
    "-",
    "- ",
    "-b",
    "-b: c",
    "--- b",
    "...",
    "... # c",
    ".a: b",
    "_a: b",
    "/a: b",
    "a.b/c-d: e",
    "é: b",
    "a: é",
    "a: \u{a0}",
    "a: \u{2028}",
    "a: \u{85}",
    "\u{feff}a: b",
    "a: b\tc",
    "a:\tb",
    "\ta: b",
    "a: b\r",
    "a: %b",
    "a: @b",
    "a: `b",
    "%a",
    "a: ,b",
    "a: ]b",
    "a: }b",
    "a: b]",
    "a: -",
    "a: - b",
    "a: -b",
    "a: ?b",
    "a: ? b",
    "a: :b",
    "a: \\b",
    "a: =",
    "a: <<",
    "a: b---",
    "a: ---",
    "a: ...",
    "c: d",
    "c:",
    "d: e",
    "a: |\n  b\n  c",
    "a: |-\n    b\n\n    c\n",
    "a: |\n\n  b",
    "a: |\n  b\n   \n  c",
    "a: |\n  # b\n# c",
    "a: |\n  b\n # c",
];

/// How a line goes on from those above it.
#[derive(Clone, Debug)]
struct Step {
    /// Of a hundred: as it should be, further out, or anywhere.
    place: usize,
    dashes: usize,
    line: &'static str,
}

fn step() -> impl Strategy<Value = Step> {
    let known = &[
        "a: b", "b: c # d", "c:", "d: # e", "e: [f]", "g: \"h\"", "# i", "", "j",
    ][..];
    let line = prop_oneof![prop::sample::select(known), prop::sample::select(LINES)];
    let dashes = prop_oneof![5 => Just(0), 2 => Just(1), 1 => 0..3_usize];
    (0..100_usize, dashes, line).prop_map(|(place, dashes, line)| Step {
        place,
        dashes,
        line,
    })
}

/// Lines that mostly fit one another.
fn written(steps: &[Step]) -> String {
    let mut text = String::new();
    // Columns of open collections, and whether they are of dashes.
    let mut open = vec![(0, false)];
    let mut opens = false;
    for Step {
        place,
        dashes,
        line,
    } in steps
    {
        let (last, _) = *open.last().unwrap();
        let column = match place {
            0..70 if opens => last + 1 + place % 3,
            70..92 if open.len() > 1 => {
                open.pop();
                open.last().unwrap().0
            }
            92..96 => place % 4,
            _ => last,
        };
        open.retain(|(at, _)| *at < column || *at == column && !opens);
        let in_sequence = open.last().is_some_and(|it| *it == (column, true));
        let dashes = if in_sequence && place % 8 > 0 {
            1.max(*dashes)
        } else {
            *dashes
        };
        let blanks = " ".repeat(column);
        // A block's further lines are indented, too.
        let line = line.replace('\n', &format!("\n{}", " ".repeat(column + 2 * dashes)));
        text.extend([&blanks, &"- ".repeat(dashes), &line, "\n"]);
        open.extend((0..dashes).map(|dash| (column + 2 * dash, true)));
        if line.contains(':') || dashes == 0 {
            open.push((column + 2 * dashes, false));
        }
        open.dedup();
        opens = line.ends_with(':') || line.ends_with(": # e") || dashes > 0 && line.is_empty();
    }
    text
}

/// More than elsewhere, in proportion: a case takes little time, and few are understood.
fn many_cases() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: config.cases.saturating_mul(40),
        ..config
    }
}

proptest! {
    #![proptest_config(many_cases())]

    #[test]
    fn any_lines_give_the_tree_of_the_parser(
        steps in prop::collection::vec(step(), 1..9),
        is_terminated in any::<bool>(),
    ) {
        let text = written(&steps);
        let text = text.strip_suffix('\n').filter(|_| !is_terminated).unwrap_or(&text);
        scanned(text).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn real_manifests_give_the_tree_of_the_parser() {
    let Some(corpus) = real::corpus() else { return };
    let (mut known, mut whole) = (0, 0);
    for entry in walkdir::WalkDir::new(corpus) {
        let path = entry.unwrap().into_path();
        let is_yaml = path
            .extension()
            .is_some_and(|it| it == "yaml" || it == "yml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        if is_yaml {
            whole += text.len();
            known += scanned(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
    // There is no use in a scanner that leaves most to the parser.
    assert!(known * 10 > whole * 7, "{known} of {whole} bytes");
}

#[test]
fn what_is_common_is_understood() {
    let text = "\
# A comment
apiVersion: v1
kind: Pod   # another
metadata:
  labels: {app: web, tier: \"front\"}
  annotations:
spec:
  containers:
  - name: 'web'
    command: [sh, -c, \"sleep 5\"]
    args:
      - |
        set -e

        run
    env: []
";
    assert_eq!(scanned(text), Ok(text.len()));
}
