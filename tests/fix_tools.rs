//! What fixing makes of manifests, as other programs read it: kubectl's decoder and PyYAML.
//!
//! Each test skips, and says so, where its program is missing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use assert_cmd::cargo::cargo_bin;
use lameduck::rules;
use lameduck::yaml::{self, Content, Node};
use pages::BlockKind;

/// The fixtures and the flawed forms of the workloads.
fn manifests() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let flawed = walkdir::WalkDir::new(root.join("tests/workloads"));
    let fixtures = walkdir::WalkDir::new(root.join("fixtures"));
    let mut files: Vec<PathBuf> = fixtures
        .into_iter()
        .chain(flawed)
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
        .filter(|path| !path.ends_with("healthy.yaml"))
        .collect();
    files.sort();
    files
}

/// A folder with `before.yaml` and, where fixing changes it, `after.yaml`.
fn fixed(manifest: &Path) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (
        folder.path().join("before.yaml"),
        folder.path().join("after.yaml"),
    );
    std::fs::copy(manifest, &after).unwrap();
    let output = Command::new(cargo_bin!("lameduck"))
        .current_dir(folder.path())
        .args(["check", "--no-config", "--unsafe-fixes", "after.yaml"])
        .output()
        .unwrap();
    assert_ne!(output.status.code(), Some(2), "{}", manifest.display());
    std::fs::copy(manifest, &before).unwrap();
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    (text(&before) != text(&after)).then_some(folder)
}

/// Names of what fixing changes, and folders with `before.yaml` and `after.yaml`: the manifests
/// above, and what the pages of the rules show.
fn changes() -> Vec<(String, tempfile::TempDir)> {
    let manifests = manifests().into_iter().filter_map(|manifest| {
        let folder = fixed(&manifest)?;
        Some((manifest.display().to_string(), folder))
    });
    let runs = rules::metas()
        .iter()
        .flat_map(|meta| pages::runs(meta).into_iter().map(|run| (meta.id, run)));
    let shown = runs.flat_map(|(rule, run)| {
        let after = run.blocks.iter().filter(|it| it.kind == BlockKind::Fixed);
        let shown = after.map(|after| {
            let before = run.files().find(|it| it.file == after.file).unwrap();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("before.yaml"), &before.text).unwrap();
            std::fs::write(folder.path().join("after.yaml"), &after.text).unwrap();
            (format!("{rule}: {}, {}", run.heading, after.file), folder)
        });
        shown.collect::<Vec<_>>()
    });
    manifests.chain(shown).collect()
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let found = Command::new(program).args(arguments).output();
    let runs = found.is_ok_and(|output| output.status.success());
    if !runs {
        eprintln!("skipped: `{program} {}` does not run", arguments.join(" "));
    }
    runs
}

/// Whether kubectl decodes a file into the types of the objects in it; nothing is asked of a cluster.
fn is_accepted(file: &Path) -> bool {
    let output = Command::new("kubectl")
        .env("KUBECONFIG", "/dev/null")
        .args(["set", "env", "--local", "-o", "yaml", "LAMEDUCK=1", "-f"])
        .arg(file)
        .output()
        .unwrap();
    // Said of what was decoded: it is no workload.
    let errors = String::from_utf8_lossy(&output.stderr);
    let is_decoded = errors.contains("does not have a pod template");
    output.status.success() || is_decoded && !errors.contains("unable to decode")
}

#[test]
fn kubectl_accepts_what_it_accepted() {
    if !runs("kubectl", &["version", "--client"]) {
        return;
    }
    let mut accepted = 0;
    for (name, folder) in changes() {
        if is_accepted(&folder.path().join("before.yaml")) {
            accepted += 1;
            let after = folder.path().join("after.yaml");
            assert!(is_accepted(&after), "{name}");
        }
    }
    assert!(accepted > 100, "only {accepted} changes say something");
}

/// Prints the paths at which two files differ, each scalar by the text of its value.
const DIFFERENCE: &str = r#"
import sys, yaml
def flat(node, path, out):
    if isinstance(node, dict):
        for key, value in node.items(): flat(value, f"{path}.{key}", out)
    elif isinstance(node, list):
        for index, value in enumerate(node): flat(value, f"{path}[{index}]", out)
    else: out[path] = repr(node)
def read(name):
    out = {}
    documents = [it for it in yaml.safe_load_all(open(name)) if it is not None]
    for index, document in enumerate(documents): flat(document, str(index), out)
    return out
old, new = read(sys.argv[1]), read(sys.argv[2])
for path in sorted(old.keys() | new.keys()):
    if old.get(path) != new.get(path): print(path)
"#;

/// The same paths, by the trees of this program.
fn difference(folder: &Path) -> BTreeSet<String> {
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let mut scalars = BTreeMap::new();
        let documents = yaml::parse(&Arc::from(text)).documents.into_iter();
        let trees = documents.filter_map(|document| match document.content {
            Content::Tree(tree) => Some(tree),
            Content::Empty | Content::Broken(_) => None,
        });
        for (index, tree) in trees.enumerate() {
            flatten(tree.root(), &index.to_string(), &mut scalars);
        }
        scalars
    };
    let (old, new) = (read("before.yaml"), read("after.yaml"));
    let paths = old.keys().chain(new.keys());
    let changed = paths.filter(|path| old.get(*path) != new.get(*path));
    changed.cloned().collect()
}

fn flatten(node: Node<'_>, path: &str, scalars: &mut BTreeMap<String, String>) {
    if let Some(scalar) = node.scalar() {
        scalars.insert(path.to_owned(), format!("{scalar:?}"));
    }
    for entry in node.entries() {
        let below = format!("{path}.{}", entry.key.key_text());
        flatten(entry.value.resolved(), &below, scalars);
    }
    for (index, item) in node.items().enumerate() {
        flatten(item.resolved(), &format!("{path}[{index}]"), scalars);
    }
}

#[test]
fn pyyaml_sees_the_same_changes() {
    let python = std::env::var("LAMEDUCK_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !runs(&python, &["-c", "import yaml"]) {
        return;
    }
    let mut compared = 0;
    for (name, folder) in changes() {
        let output = Command::new(&python)
            .current_dir(folder.path())
            .args(["-c", DIFFERENCE, "before.yaml", "after.yaml"])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {errors}");
        let seen: BTreeSet<String> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        assert_eq!(seen, difference(folder.path()), "{name}");
        compared += 1;
    }
    assert!(compared > 100, "only {compared} changes were compared");
}
