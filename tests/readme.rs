//! What the README and the pages under `docs/` show is what the tool does. `BLESS=1` rewrites them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use lameduck::config::{self, About, Shape};
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The README and the pages under `docs/`.
fn pages() -> Vec<PathBuf> {
    let docs = walkdir::WalkDir::new(Path::new(ROOT).join("docs")).sort_by_file_name();
    docs.into_iter()
        .map(|entry| entry.expect("docs/ is readable").into_path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .chain([Path::new(ROOT).join("README.md")])
        .collect()
}

fn text_of(page: &Path) -> String {
    std::fs::read_to_string(page).expect("the page is readable")
}

#[test]
fn the_pages_are_true() {
    for path in pages() {
        let page = text_of(&path);
        let fresh = refresh(&page, |marker| match marker.split_once(": ") {
            Some(("output", arguments)) => Some(output(arguments)),
            None if marker == "rules" => Some(rules()),
            None if marker == "keys" => Some(keys()),
            _ => None,
        });
        if std::env::var_os("BLESS").is_some_and(|it| it == "1") {
            std::fs::write(&path, &fresh).expect("the page is writable");
        } else {
            assert!(
                fresh == page,
                "{} is stale; `BLESS=1 cargo test --test readme` would make it\n{fresh}",
                path.display()
            );
        }
    }
}

/// The picture in the README.
#[test]
fn the_timeline_is_drawn_as_it_is() {
    let file = Path::new(ROOT).join("docs/timeline.svg");
    let fresh = lameduck("timeline fixtures/classic-sidecar.yaml --format svg");
    if std::env::var_os("BLESS").is_some_and(|it| it == "1") {
        std::fs::write(&file, &fresh).expect("the picture is writable");
    } else {
        assert!(
            text_of(&file) == fresh,
            "docs/timeline.svg is stale; `BLESS=1 cargo test --test readme` would make it"
        );
    }
}

#[test]
fn the_readme_is_read_to_its_end() {
    let lines = text_of(&Path::new(ROOT).join("README.md")).lines().count();
    assert!(lines <= 180, "{lines} lines, at most 180");
}

#[test]
fn what_the_pages_link_to_exists() {
    for path in pages() {
        for link in text_of(&path).split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            if target.contains("://") {
                continue;
            }
            let target = match target {
                "" => path.clone(),
                target => path.with_file_name(target),
            };
            assert!(
                target.exists() && (anchor.is_empty() || anchors(&target).contains(anchor)),
                "{} links to {link}, which does not exist",
                path.display()
            );
        }
    }
}

/// What links to headings of a page end in.
fn anchors(page: &Path) -> BTreeSet<String> {
    let page = text_of(page);
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
            let title: String = line
                .trim_start_matches('#')
                .trim()
                .chars()
                .filter(kept)
                .collect();
            title.to_lowercase().replace(' ', "-")
        })
        .collect()
}

/// The configurations that the pages show can be read.
#[test]
fn the_configurations_of_the_pages_are_read() {
    let page = text_of(&Path::new(ROOT).join("docs/configuration.md"));
    let text = page
        .split("```yaml\n")
        .find(|block| block.starts_with("kubernetes-version"));
    let text = text
        .and_then(|block| block.split("```").next())
        .expect("an example");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lameduck.yaml");
    std::fs::write(&file, text).expect("the file is writable");
    let read = config::load(&file, "the example", lameduck::rules::metas());
    assert!(read.is_ok(), "{read:?}");
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

/// The table of the configuration's keys.
fn keys() -> String {
    let mut table =
        "| key | takes | in `overrides` | default | says |\n|---|---|---|---|---|\n".to_owned();
    rows(&config::keys(), "", &mut table);
    table
}

fn rows(keys: &[&About], above: &str, table: &mut String) {
    let top: Vec<&str> = config::keys().iter().map(|about| about.name).collect();
    for about in keys {
        let path = format!("{above}{}", about.name);
        if !matches!(about.shape, Shape::Section(_)) {
            let _ = writeln!(
                table,
                "| `{path}` | {} | {} | {} | {} |",
                takes(about.shape),
                if about.varies { "yes" } else { "" },
                about.default,
                about.summary,
            );
        }
        match about.shape {
            Shape::Section(keys) | Shape::WordOrSection(_, keys) => {
                rows(&keys(), &format!("{path}."), table);
            }
            Shape::Sections(keys) => {
                let own = keys().into_iter().filter(|it| !top.contains(&it.name));
                rows(&own.collect::<Vec<_>>(), &format!("{path}[]."), table);
            }
            _ => {}
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn takes(shape: Shape) -> String {
    match shape {
        Shape::Bool => "`true` or `false`".to_owned(),
        Shape::Duration => "a duration".to_owned(),
        Shape::Size => "a size".to_owned(),
        Shape::Version => "a version".to_owned(),
        Shape::Word(words) => quoted(&words()),
        Shape::WordOrSection(words, _) => format!("{}, or a mapping", quoted(&words())),
        Shape::Text(what) => what.to_owned(),
        Shape::Texts(what) => format!("a list of {what}"),
        Shape::Selectors => "a list of rules and categories".to_owned(),
        Shape::Rules => "a mapping by rule".to_owned(),
        Shape::Section(_) => "a mapping".to_owned(),
        Shape::Sections(_) => "a list of mappings".to_owned(),
    }
}

/// The table of rules, as the program lists them.
fn rules() -> String {
    let listed: Value =
        serde_json::from_str(&lameduck("rules --format json")).expect("the list is JSON");
    let rules = listed["rules"].as_array().expect("a list of rules");
    assert!(!rules.is_empty(), "no rule is listed");
    let mut table = "| rule | severity | finds |\n|---|---|---|\n".to_owned();
    for rule in rules {
        let text = |key: &str| rule[key].as_str().expect("a text").to_owned();
        let (id, category) = (text("id"), text("category"));
        let pedantic = if rule["pedantic"] == true {
            " (pedantic)"
        } else {
            ""
        };
        let _ = writeln!(
            table,
            "| [`{id}`](../rules/{category}/{id}.md) | {}{pedantic} | {} |",
            text("severity"),
            text("summary").replace('|', "\\|"),
        );
    }
    table
}
