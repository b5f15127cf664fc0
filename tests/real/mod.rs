//! Real manifests to run over.

#![allow(dead_code, reason = "each test crate uses a part")]

use std::path::{Path, PathBuf};

/// A folder of real manifests, a folder of each repository in it: what `LAMEDUCK_CORPUS` names, else
/// `shared/corpus` beside this project. Says so where there is none.
pub(crate) fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("LAMEDUCK_CORPUS").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = named.unwrap_or_else(beside);
    let is_there = folder.is_dir();
    if !is_there {
        eprintln!("skipped: LAMEDUCK_CORPUS names no folder of manifests");
    }
    is_there.then_some(folder)
}

/// YAML files that are no manifests: `not-manifests` in the corpus or beside it.
pub(crate) fn not_manifests() -> Option<PathBuf> {
    let corpus = corpus()?;
    let folder = [corpus.clone(), corpus.join("..")]
        .map(|folder| folder.join("not-manifests"))
        .into_iter()
        .find(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: {} has no folder not-manifests", corpus.display());
    }
    folder
}

/// The folders of the repositories, in order.
pub(crate) fn repositories(corpus: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(corpus).expect("the corpus is readable");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the corpus is readable").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}
