//! What is read, from outside: files that are too large, that are no files, and that cannot be read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rendering;

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use rendering::{DEPLOYMENT, repository, run};

fn lameduck(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin!("lameduck"));
    command.current_dir(directory).args(arguments);
    command
}

/// A manifest of this many bytes: the rest is a comment.
fn of_size(bytes: usize) -> String {
    let mut text = format!("{DEPLOYMENT}#");
    text.push_str(&"x".repeat(bytes - text.len() - 1));
    text.push('\n');
    text
}

#[test]
fn larger_files_are_passed_over_and_said_with_what_to_do() {
    let folder = repository(&[
        ("fits.yaml", &of_size(2048)),
        ("large.yaml", &of_size(2049)),
        ("lameduck.yaml", "max-file-size: 2Ki\n"),
    ]);
    for paths in [&["."] as &[&str], &["fits.yaml", "large.yaml"]] {
        let arguments = [&["check", "--format=concise"], paths].concat();
        let (code, out, err) = run(&mut lameduck(folder.path(), &arguments));
        assert_eq!(code, 1, "{err}");
        assert!(out.contains("fits.yaml:"), "{out}");
        assert!(!out.contains("large.yaml"), "{out}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(err, @"note: large.yaml: passed over, it has 2.1 KiB, more than 2 KiB (`max-file-size` in the configuration)");
        }
    }
    std::fs::write(folder.path().join("lameduck.yaml"), "max-file-size: 3Ki\n").unwrap();
    let (_, out, err) = run(&mut lameduck(folder.path(), &["check", "--format=concise"]));
    assert!(out.contains("large.yaml:"), "{out}");
    assert_eq!(err, "");
}

#[test]
fn standard_input_has_the_same_limit() {
    let folder = repository(&[("lameduck.yaml", "max-file-size: 2Ki\n")]);
    let arguments = ["check", "--format=concise", "-"];
    let (code, out, _) = run(lameduck(folder.path(), &arguments).write_stdin(of_size(2048)));
    assert_eq!(code, 1);
    assert!(out.contains("-:12:"), "{out}");
    let (_, out, err) = run(lameduck(folder.path(), &arguments).write_stdin(of_size(2049)));
    assert!(!out.contains("-:12:"), "{out}");
    let said =
        "note: -: passed over, it has more than 2 KiB (`max-file-size` in the configuration)\n";
    assert!(err.starts_with(said), "{err}");
}

#[test]
fn a_limit_that_cannot_be_kept_is_refused_with_its_place() {
    let folder = repository(&[("lameduck.yaml", "max-file-size: 4Gi\n")]);
    let (code, out, err) = run(&mut lameduck(folder.path(), &["check"]));
    assert_eq!((code, out.as_str()), (2, ""));
    insta::assert_snapshot!(err, @"error: lameduck.yaml:1:16: expected a size from 1 byte to 1Gi, such as 32Mi, found `4Gi`");
}
