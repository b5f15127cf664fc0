//! The laws of fixing, over real manifests and over generated ones.
//!
//! Fixing is idempotent, changes no path but those that its edits cover, loses no comment, keeps line
//! breaks, and its result parses.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod laws;
mod real;

use std::path::Path;
use std::sync::Arc;

use lameduck::discover::{Request, discover};
use lameduck::source::{NewSource, Role, Scope, Sources};
use lameduck::units::SizeLimit;
use lameduck::yaml::{self, Content};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rayon::prelude::*;

/// One folder as one run of the tool reads it.
fn read(folder: &Path) -> Sources {
    let discovered = discover(Request {
        cwd: folder,
        paths: &[".".into()],
        stdin: None,
        exclude: &[],
        context: None,
        gitignore: false,
        folders: &[],
        bounds: lameduck::settings::InputBounds::default(),
        max_file_size: SizeLimit::default(),
    });
    discovered.expect("the folder is readable").sources
}

fn check(repository: &Path) -> Result<usize, String> {
    laws::check(&read(repository)).map_err(|why| format!("{}/{why}", repository.display()))
}

#[test]
fn real_manifests() {
    let Some(corpus) = real::corpus() else { return };
    let results: Vec<Result<usize, String>> = real::repositories(&corpus)
        .par_iter()
        .map(|repository| check(repository))
        .collect();
    let wrong: Vec<&String> = results.iter().filter_map(|it| it.as_ref().err()).collect();
    for why in &wrong {
        eprintln!("{why}\n");
    }
    assert!(wrong.is_empty(), "{} repositories break a law", wrong.len());
    let fixes: usize = results.iter().flatten().sum();
    assert!(fixes > 0, "no fix in {}", corpus.display());
    eprintln!("{fixes} fixes");
}

/// How many fixes of one rule are tried alone in each repository of real manifests, where the environment
/// asks for it: each is a run of its own.
fn asked_alone() -> Option<usize> {
    let asked = std::env::var("LAMEDUCK_FIXES_ALONE").ok();
    asked.map(|it| it.parse().expect("a number"))
}

#[test]
fn a_fix_alone_brings_no_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("fixtures"), root.join("tests/workloads")];
    match asked_alone().zip(real::corpus()) {
        Some((_, corpus)) => folders.extend(real::repositories(&corpus)),
        None => eprintln!("skipped: LAMEDUCK_FIXES_ALONE asks for no fixes of real manifests"),
    }
    let results: Vec<(usize, Vec<String>)> = folders
        .par_iter()
        .map(|folder| {
            let (tried, wrong) = laws::alone::check(&read(folder), asked_alone().unwrap_or(2));
            let placed = wrong
                .iter()
                .map(|why| format!("{}/{why}", folder.display()));
            (tried, placed.collect())
        })
        .collect();
    let wrong: Vec<&String> = results.iter().flat_map(|(_, wrong)| wrong).collect();
    for why in &wrong {
        eprintln!("{why}");
    }
    let tried: usize = results.iter().map(|(tried, _)| tried).sum();
    assert!(tried > 0, "no fix was tried");
    assert!(
        wrong.is_empty(),
        "{} of {tried} bring a finding",
        wrong.len()
    );
    eprintln!("{tried} fixes alone");
}

/// One file as all there is.
fn alone(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.push(NewSource {
        path: "file.yaml".to_owned(),
        root_path: "file.yaml".to_owned(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    });
    sources
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        max_shrink_iters: 200,
        failure_persistence: None,
        // The same manifests on every machine.
        rng_seed: RngSeed::Fixed(0x1a3e_d0c5),
        ..ProptestConfig::default()
    })]

    #[test]
    fn generated_manifests(text in laws::generate::manifests()) {
        for document in yaml::parse(&Arc::from(text.as_str())).documents {
            let Content::Broken(error) = document.content else { continue };
            return Err(TestCaseError::fail(format!("no YAML: {error}")));
        }
        laws::check(&alone(&text)).map_err(TestCaseError::fail)?;
    }
}
