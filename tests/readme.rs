//! What the README shows is what the tool does. `BLESS=1` rewrites it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_readme_is_true() {
    let path = Path::new(ROOT).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is readable");
    let fresh = refresh(&readme, |marker| match marker.split_once(": ") {
        Some(("output", arguments)) => Some(output(arguments)),
        None if marker == "rules" => Some(rules()),
        _ => None,
    });
    if std::env::var_os("BLESS").is_some_and(|it| it == "1") {
        std::fs::write(&path, &fresh).expect("the README is writable");
    } else {
        assert!(
            fresh == readme,
            "README.md is stale; `BLESS=1 cargo test --test readme` would make it\n{fresh}"
        );
    }
}

#[test]
fn what_the_readme_links_to_exists() {
    let readme =
        std::fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README is readable");
    for target in readme.split("](").skip(1) {
        let target = target.split([')', '#']).next().unwrap_or_default();
        let elsewhere = target.is_empty() || target.contains("://");
        assert!(
            elsewhere || Path::new(ROOT).join(target).exists(),
            "README.md links to {target}, which does not exist"
        );
    }
}

#[test]
fn only_what_stands_between_markers_changes() {
    let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n<!-- y -->\n";
    let fresh = refresh(text, |marker| (marker == "x").then(|| "new\n".to_owned()));
    assert_eq!(fresh, "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n<!-- y -->\n");
}

/// Replaces what stands between `<!-- marker -->` and `<!-- /marker -->`, where the closing marker
/// repeats the opening one up to a colon.
fn refresh(text: &str, content: impl Fn(&str) -> Option<String>) -> String {
    let mut fresh = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        fresh.push_str(line);
        fresh.push('\n');
        let marker = line
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        let Some((marker, content)) = marker.and_then(|it| Some((it, content(it)?))) else {
            continue;
        };
        let name = marker.split(':').next().unwrap_or_default();
        let end = format!("<!-- /{name} -->");
        assert!(
            lines.any(|line| line == end),
            "`{end}` is missing after `{line}`"
        );
        let _ = writeln!(fresh, "{content}{end}");
    }
    fresh
}

fn lameduck(arguments: &str) -> String {
    let run = Command::new(cargo_bin("lameduck"))
        .args(arguments.split_whitespace())
        .current_dir(ROOT)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs");
    assert!(
        matches!(run.status.code(), Some(0 | 1)),
        "lameduck {arguments}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8(run.stdout).expect("the output is UTF-8")
}

fn output(arguments: &str) -> String {
    let printed = lameduck(arguments);
    assert!(!printed.is_empty(), "lameduck {arguments} printed nothing");
    format!(
        "```console\n$ lameduck {arguments}\n{}\n```\n",
        printed.trim_end()
    )
}

/// The table of rules, from the format that carries what is known about them.
fn rules() -> String {
    let log: Value = serde_json::from_str(&lameduck("check fixtures --format sarif"))
        .expect("the SARIF log is JSON");
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("the log describes the rules");
    assert!(!rules.is_empty(), "the log describes no rule");
    let mut table = "| rule | severity | finds |\n|---|---|---|\n".to_owned();
    for rule in rules {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let id = text(&rule["id"]);
        let category = text(&rule["properties"]["tags"][0]);
        let configuration = &rule["defaultConfiguration"];
        let pedantic = if configuration["enabled"] == false {
            " (pedantic)"
        } else {
            ""
        };
        let _ = writeln!(
            table,
            "| [`{id}`](rules/{category}/{id}.md) | {}{pedantic} | {} |",
            text(&configuration["level"]),
            text(&rule["shortDescription"]["text"])
                .trim_end_matches('.')
                .replace('|', "\\|"),
        );
    }
    table
}
