//! Tells the program which commit it is built from, for `--version`.
//!
//! In this order: what `LAMEDUCK_COMMIT` says, what `cargo package` noted, what git says. Builds
//! without optimisation do not ask git: they would be made anew with every commit.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LAMEDUCK_COMMIT");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let commit = given()
        .or_else(|| packaged(&root))
        .or_else(|| checked_out(&root));
    let version = variable("CARGO_PKG_VERSION");
    let version = match commit.as_deref().and_then(|commit| commit.get(..9)) {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    println!("cargo::rustc-env=LAMEDUCK_VERSION={version}");
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn given() -> Option<String> {
    hash(&variable("LAMEDUCK_COMMIT"))
}

/// The first thing in a text that is a commit's hash.
fn hash(text: &str) -> Option<String> {
    text.split(|char: char| !char.is_ascii_hexdigit())
        .find(|word| word.len() >= 40)
        .map(str::to_lowercase)
}

/// What stands in a package from a registry, which has no repository around it.
fn packaged(root: &Path) -> Option<String> {
    let noted = root.join(".cargo_vcs_info.json");
    hash(&std::fs::read_to_string(noted).ok()?)
}

fn checked_out(root: &Path) -> Option<String> {
    // Vendored into another repository, the commit would be that one's.
    if variable("PROFILE") != "release" || !root.join(".git").exists() {
        return None;
    }
    let head = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    let moving = ["HEAD", "logs/HEAD", "packed-refs"].into_iter();
    for name in moving.chain(head.as_deref()) {
        let path = git(root, &["rev-parse", "--git-path", name]).map(|path| root.join(path));
        // A path that does not exist would count as changed every time.
        if let Some(path) = path.filter(|path| path.exists()) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    hash(&git(root, &["rev-parse", "HEAD"])?)
}

/// What git prints, where there is a git and it works.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
