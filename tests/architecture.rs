//! Who may import whom, and sizes that tell that something is off.
//!
//! When a better cut shows itself, change the table here and in `CONTRIBUTING.md` in the same
//! commit, and say why.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod scan;

use std::path::{Path, PathBuf};

use scan::{Code, Import};

/// Every room under `src/`, and the rooms it may import beside [`FOR_ALL`].
const ROOMS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("source", &[]),
    ("yaml", &["source"]),
    ("settings", &["source"]),
    ("finding", &["source", "settings"]),
    ("edit", &["yaml", "source", "finding"]),
    ("kube", &["yaml", "source"]),
    ("discover", &["yaml", "source", "settings"]),
    (
        "render",
        &["discover", "yaml", "kube", "source", "settings"],
    ),
    ("lifecycle", &["kube", "settings"]),
    (
        "inventory",
        &["lifecycle", "kube", "yaml", "source", "settings"],
    ),
    (
        "clocks",
        &["inventory", "lifecycle", "kube", "yaml", "settings"],
    ),
    (
        "rules",
        &[
            "clocks",
            "inventory",
            "lifecycle",
            "kube",
            "yaml",
            "edit",
            "finding",
            "source",
            "settings",
        ],
    ),
    (
        "timeline",
        &[
            "clocks",
            "inventory",
            "lifecycle",
            "kube",
            "yaml",
            "finding",
            "source",
            "settings",
        ],
    ),
    (
        "checklist",
        &[
            "clocks",
            "inventory",
            "lifecycle",
            "kube",
            "yaml",
            "finding",
            "source",
            "settings",
        ],
    ),
    (
        "engine",
        &["rules", "inventory", "finding", "source", "settings"],
    ),
    (
        "suppress",
        &["inventory", "finding", "kube", "yaml", "source", "settings"],
    ),
    (
        "skipped",
        &[
            "discover",
            "inventory",
            "kube",
            "finding",
            "source",
            "settings",
        ],
    ),
    ("report", &["finding", "source"]),
    ("fix", &["finding", "yaml", "source"]),
    ("config", &["settings", "finding", "yaml", "source"]),
    (
        "cli",
        &[
            "config",
            "fix",
            "report",
            "skipped",
            "suppress",
            "render",
            "engine",
            "rules",
            "checklist",
            "timeline",
            "clocks",
            "lifecycle",
            "inventory",
            "discover",
            "kube",
            "settings",
            "finding",
            "yaml",
            "source",
        ],
    ),
];

/// Durations, quantities and versions are vocabulary.
const FOR_ALL: &str = "units";

/// Libraries that stay behind the door of a room, so that they can be exchanged there.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("ignore", &["discover", "settings"]),
    ("clap", &["cli"]),
    ("flate2", &["report"]),
    ("pulldown_cmark", &["report"]),
    ("quick_xml", &["report"]),
    ("similar", &["fix", "report"]),
    ("aho_corasick", &["render"]),
    ("which", &["render"]),
    ("rustix", &["render", "cli"]),
    ("landlock", &["render"]),
    ("nix", &["render"]),
    ("regex_syntax", &["report"]),
    ("signal_hook", &["cli"]),
    ("askama", &["report"]),
    ("jiff", &["checklist", "cli"]),
];

const MAX_FILE: usize = 600;
const MAX_RULE: usize = 250;
const MAX_MAIN: usize = 40;
const MAX_FUNCTION: usize = 60;

/// A file under `src/`.
struct File {
    /// Relative to `src/`, with `/`.
    path: String,
    code: Code,
}

impl File {
    fn room(&self) -> &str {
        let room = self.path.split('/').next().unwrap();
        room.strip_suffix(".rs").unwrap_or(room)
    }

    /// How many modules deep the file is: `yaml/mod.rs` 1, `yaml/tree.rs` 2.
    fn depth(&self) -> usize {
        let module = self.path.strip_suffix("/mod.rs").unwrap_or(&self.path);
        module.split('/').count()
    }

    /// A room's tests may build their input with any room.
    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.contains("/tests/")
    }
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    walkdir::WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path: &PathBuf| path.extension().is_some_and(|it| it == "rs"))
        .map(|path| File {
            path: path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/"),
            code: Code::new(&std::fs::read_to_string(&path).unwrap()),
        })
        .collect()
}

/// What is wrong with a file's imports.
fn violations(file: &File) -> Vec<String> {
    if file.room() == "lib" || file.is_test() {
        return Vec::new();
    }
    let room = file.room();
    let mut found = Vec::new();
    let mut complain = |import: &Import, what: String| {
        found.push(format!("src/{}:{}: {what}", file.path, import.line));
    };
    for import in file.code.imports() {
        if import.in_tests {
            continue;
        }
        match import.root.as_str() {
            "crate" if room == "main" => {}
            "crate" => {
                let target = import.target.as_str();
                let allowed = ROOMS
                    .iter()
                    .find(|(name, _)| *name == room)
                    .map_or(&[][..], |(_, allowed)| allowed);
                if target != room && target != FOR_ALL && !allowed.contains(&target) {
                    complain(&import, format!("`{room}` may not import `{target}`"));
                }
            }
            "super" => {
                if import.supers >= file.depth() + import.nested {
                    complain(&import, "reach other rooms by `crate::`".to_owned());
                }
            }
            library => {
                let homes = LIBRARIES.iter().find(|(name, _)| *name == library);
                if homes.is_some_and(|(_, homes)| !homes.contains(&room)) {
                    complain(&import, format!("`{room}` may not use `{library}`"));
                }
            }
        }
    }
    found
}

fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        code: Code::new(text),
    }
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let found: Vec<String> = files().iter().flat_map(violations).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    let files = files();
    let mut rooms: Vec<&str> = files.iter().map(File::room).collect();
    rooms.retain(|room| !["lib", "main"].contains(room));
    rooms.sort_unstable();
    rooms.dedup();
    let mut table: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    table.sort_unstable();
    assert_eq!(rooms, table);
}

#[test]
fn the_table_has_no_circle() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for import in *allowed {
            let place = ROOMS.iter().position(|(name, _)| name == import);
            assert!(
                place.is_some_and(|place| place < at),
                "`{room}` imports `{import}`, which must stand before it"
            );
        }
    }
}

#[test]
fn a_forbidden_import_is_found() {
    let hits = |path, text| violations(&file(path, text)).len();
    assert_eq!(hits("yaml/tree.rs", "use crate::kube::Workload;"), 1);
    assert_eq!(
        hits("yaml/tree.rs", "use crate::{source::Span, finding::Fix};"),
        1
    );
    assert_eq!(hits("yaml/tree.rs", "fn f() -> crate::kube::Kind { }"), 1);
    assert_eq!(hits("yaml/tree.rs", "use super::super::kube::Kind;"), 1);
    assert_eq!(hits("kube/mod.rs", "use clap::Parser;"), 1);
    assert_eq!(hits("yaml/tree.rs", "use crate::source::Span;"), 0);
    assert_eq!(hits("yaml/tree.rs", "use crate::units::Version;"), 0);
    assert_eq!(hits("yaml/tree.rs", "use super::Tree;"), 0);
    assert_eq!(
        hits(
            "yaml/tree.rs",
            "// crate::kube\nconst A: &str = \"crate::kube\";"
        ),
        0
    );
    assert_eq!(
        hits(
            "yaml/mod.rs",
            "mod tests { use super::*; use crate::kube::Kind; }"
        ),
        0
    );
}

#[test]
fn files_are_small() {
    let mut found = Vec::new();
    for file in files() {
        let limit = match file.path.as_str() {
            "main.rs" => MAX_MAIN,
            // A rule: rules/<category>/<rule>.rs.
            path if path.starts_with("rules/") && path.matches('/').count() == 2 => MAX_RULE,
            _ => MAX_FILE,
        };
        let lines = file.code.line_count();
        if lines > limit {
            found.push(format!("src/{}: {lines} lines, at most {limit}", file.path));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn functions_are_small() {
    let mut found = Vec::new();
    for file in files() {
        for function in file.code.functions() {
            if function.lines > MAX_FUNCTION {
                found.push(format!(
                    "src/{}:{}: `{}` has {} lines, at most {MAX_FUNCTION}",
                    file.path, function.line, function.name, function.lines
                ));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn main_only_calls_the_command_line() {
    let files = files();
    let main = files.iter().find(|file| file.path == "main.rs").unwrap();
    for import in main.code.imports() {
        if import.root == "lameduck" {
            assert_eq!(import.target, "cli");
        }
    }
}
