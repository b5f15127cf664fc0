//! What kubectl reads otherwise than YAML's specification, or than other parsers, says: each kind of text
//! once. `tests/oracle_yaml.rs` finds them, and holds these samples beside kubectl's own decoder.

/// Texts that are read, and as what.
pub(crate) const READ: &[(&str, &str)] = &[
    // A dash in a flow list that a comma or bracket follows is text.
    ("a: [tar, xf, -]\n", r#"{"a":["tar","xf","-"]}"#),
    ("a: [-, b]\n", r#"{"a":["-","b"]}"#),
    // What looks like a key in a flow collection.
    ("{key with: colon, b: 1}\n", r#"{"b":1,"key with":"colon"}"#),
    ("[a b: c]\n", r#"[{"a b":"c"}]"#),
    ("{a:b}\n", r#"{"a:b":null}"#),
    ("{a, b: 1}\n", r#"{"a":null,"b":1}"#),
    ("{a: 1,}\n", r#"{"a":1}"#),
    ("{a : , b: }\n", r#"{"a":null,"b":null}"#),
    ("[http://a.b/c, a:b]\n", r#"["http://a.b/c","a:b"]"#),
    // Tabs, where they do not indent.
    ("a:\t1\t# c\nb: [\t1,\n\t2]\n", r#"{"a":1,"b":[1,2]}"#),
    ("a: \"x\n\ty\"\n", r#"{"a":"x y"}"#),
    // A comment needs no blank behind a quote or a bracket, and a quoted text no indentation.
    ("a: 'x'#c\nb: \"y\nz\"#c\n", r#"{"a":"x","b":"y z"}"#),
    // Behind what is complete, the rest is not read.
    ("\"a\" b\n", r#""a""#),
    ("a: 1\n%TAG ! tag:x,1:\nb: 2\n", r#"{"a":1}"#),
    ("[]: x\n", "[]"),
    // Properties of nothing, and tags that nobody knows.
    (
        "a: &x\nb: !!str\nc: !foo 3\nd: *x\n",
        r#"{"a":null,"b":"","c":"3","d":null}"#,
    ),
    (
        "a: !!binary aGk=\nb: ! 3\nc: !<tag:yaml.org,2002:int> '3'\n",
        r#"{"a":"hi","b":"3","c":3}"#,
    ),
    (
        "x: &x {k: 1}\nz:\n  ! <<: *x\n",
        r#"{"x":{"k":1},"z":{"k":1}}"#,
    ),
    // Numbers as keys are texts in decimal digits.
    (
        "0x10: a\n010: b\n1e3: c\n1.50: d\n1e6: e\n",
        r#"{"1.5":"d","1000":"c","16":"a","1e+06":"e","8":"b"}"#,
    ),
    (".inf: a\n", r#"{".inf":"a"}"#),
    // What JSON cannot hold does no harm where it takes no effect.
    ("a: {b: .inf, ~: 1}\na: 1\n", r#"{"a":1}"#),
    // Line breaks of YAML 1.1, and returns, which the reading of lines takes off.
    (
        "a: 1\u{85}b: 2\u{2028}c: 3\rd: 4\r\ne: 5\n",
        r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#,
    ),
    ("a: 'x\r\r\ny'\n", r#"{"a":"x y"}"#),
    ("a: |\r\n  x\r\n  y", r#"{"a":"x\ny\n"}"#),
    // A byte order mark is taken off the file, and off a document.
    ("\u{feff}a: 1\n", r#"{"a":1}"#),
    ("\u{feff}\u{feff}a: 1\n", r#"{"a":1}"#),
    ("a: b\u{feff}\n", "{\"a\":\"b\u{feff}\"}"),
    // A block scalar at the root may stand in column 1, its header before a comment without a blank.
    ("|#c\n a\n", r#""a\n""#),
    ("- >\n\n a\n  b\n c\n", r#"["\na\n b\nc\n"]"#),
    // `---#` separates documents, and is text where its decoder sees it.
    ("---#\n", r#""---#""#),
    // JSON has escapes of its own, knows no merge, and may be indented with tabs.
    (
        "{\"a\\/b\": \"\\ud83d\\ude00\",\n\t\"<<\": {}}\n",
        r#"{"<<":{},"a/b":"😀"}"#,
    ),
    (
        "\t{\"a\": \"\u{2028}\u{7f}\"}\n\t\n",
        "{\"a\":\"\u{2028}\u{7f}\"}",
    ),
];

/// Texts that are refused, and part of why.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    ("a:\n  b: 1\n\t\n  c: 2\n", "a tab cannot indent"),
    ("a:\n  b: 1\n \t# c\n  c: 2\n", "a tab cannot indent"),
    ("a: b\n\tc\n", "a tab cannot indent"),
    ("a: |\n\tb\n", "a tab cannot indent"),
    ("- a: \"\\/\"\n", "escape"),
    ("- a: \"\\ud83d\\ude00\"\n", "surrogate"),
    ("- \"\\x4\"\n", "hexadecimal"),
    ("{a:}\n---\n{a: b: c}\n", ""),
    ("a: b: c\n", "a `:` cannot stand here"),
    ("a: - b\n", "a list cannot start here"),
    ("a: [\n- b]\n", "stands in a flow collection"),
    ("a: [@b]\n", "starts with `@`"),
    ("a: 1\nb\n", "a `:` is missing"),
    ("a: 1\n b: 2\n", "a `:` cannot stand here"),
    ("a: \"b\n---#\n", "never closed"),
    ("a: \"b\n... \n\"", "starts with `---` or `...`"),
    ("a: |0\n b\n", "indented by 0"),
    ("a: | b\n", "header of a block scalar"),
    ("a: !!int x\n", "does not fit"),
    ("a: !x!y z\n", "tag handle"),
    ("a: &x.y 1\n", "an anchor's name"),
    ("a: .inf\n", "no such number"),
    ("~: 1\n", "missing or null"),
    ("9223372036854775808: a\n", "this large for a key"),
    ("%FOO\na: 1\n", "directives"),
    ("a: 1\n%FOO\n", "directives"),
    ("a: \0\n", "U+0000"),
    ("a: \u{7f}\n", "U+007F"),
    ("{\"a\": 1}{\"b\": 2}\n---\nc: 3\n", "must be JSON"),
    ("{\"a\": 1e999}\n", "no such number"),
];
