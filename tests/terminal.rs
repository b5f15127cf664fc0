//! What a person sees who runs the binary on a terminal: a real one, as `script` makes it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

/// A shell command on a terminal of its own, where there is `script` (util-linux).
fn on_a_terminal(directory: &Path, command: &str) -> Option<Command> {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script`");
        return None;
    }
    let command = command.replace("lameduck", cargo_bin!("lameduck").to_str().unwrap());
    let mut script = Command::new("script");
    script
        .args(["-qec", &command, "/dev/null"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh")
        .env_remove("CI");
    Some(script)
}

#[test]
fn a_long_run_shows_progress_and_wipes_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let Some(mut script) = on_a_terminal(folder.path(), "cat pipe | lameduck check -") else {
        return;
    };
    let mut run = script.spawn().unwrap();
    let mut screen = run.stdout.take().unwrap();
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains("reading standard input … ") {
        assert_eq!(screen.read(&mut byte).unwrap(), 1, "ended early");
        seen.extend(byte);
    }
    std::fs::write(&pipe, POD).unwrap();
    screen.read_to_end(&mut seen).unwrap();
    assert!(run.wait().unwrap().code().is_some());
    let seen = String::from_utf8(seen).unwrap();
    let (before, report) = seen.rsplit_once("\r\u{1b}[K").unwrap();
    assert!(
        before.contains("lameduck: reading standard input"),
        "{seen}"
    );
    assert!(report.contains("1 of 1 file"), "{seen}");
    assert!(!report.contains('…'), "{seen}");
}

#[test]
fn ctrl_c_leaves_a_clean_line() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    // Open for writing, too: nobody writes, and it does not end.
    let command = "exec 3<>pipe; exec lameduck check - <&3";
    let Some(mut script) = on_a_terminal(folder.path(), command) else {
        return;
    };
    let mut run = script.stdin(Stdio::piped()).spawn().unwrap();
    let mut screen = run.stdout.take().unwrap();
    let mut seen = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&seen).contains("reading standard input … ") {
        assert_eq!(screen.read(&mut byte).unwrap(), 1, "ended early");
        seen.extend(byte);
    }
    let mut keyboard = run.stdin.take().unwrap();
    keyboard.write_all(b"\x03").unwrap();
    screen.read_to_end(&mut seen).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let seen = String::from_utf8(seen).unwrap();
    assert!(seen.ends_with("\r\u{1b}[K"), "{seen:?}");
}

#[test]
fn nothing_is_shown_to_those_who_do_not_watch() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pod.yaml"), POD).unwrap();
    let slowly = "(sleep 1.5; cat pod.yaml) |";
    for command in [
        format!("{slowly} lameduck check - --quiet"),
        format!("{slowly} CI=true lameduck check -"),
        format!("{slowly} TERM=dumb lameduck check -"),
        format!("{slowly} lameduck check - 2>log; cat log"),
    ] {
        let Some(mut script) = on_a_terminal(folder.path(), &command) else {
            return;
        };
        let seen = String::from_utf8(script.output().unwrap().stdout).unwrap();
        assert!(
            !seen.contains("reading standard input"),
            "{command}: {seen}"
        );
    }
}

#[test]
fn a_terminal_gets_no_control_characters_of_a_manifest_and_a_file_gets_all() {
    let rule = "\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders}
spec:
  host: orders # \u{202e}
  trafficPolicy:
    outlierDetection: {consecutiveErrors: 3}
---
a document that cannot be read: \u{1b}]0;title\u{7}
";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rule.yaml"), rule).unwrap();
    let diff = "lameduck check --diff --select ignored-outlier-field rule.yaml";
    for (command, is_raw) in [(diff.to_owned(), false), (format!("{diff} | cat"), true)] {
        let Some(mut script) = on_a_terminal(folder.path(), &command) else {
            return;
        };
        let seen = String::from_utf8(script.output().unwrap().stdout).unwrap();
        assert!(seen.contains("consecutiveGatewayErrors"), "{seen:?}");
        assert_eq!(seen.contains("\u{1b}]0;title"), is_raw, "{seen:?}");
        assert_eq!(seen.contains('\u{202e}'), is_raw, "{seen:?}");
    }
}

const THREE: &str = "\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a}
spec:
  host: a
  trafficPolicy:
    outlierDetection:
      consecutiveErrors: 3
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: b}
spec:
  host: b
  trafficPolicy:
    outlierDetection:
      consecutiveErrors: 4
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: c}
spec:
  host: c
  trafficPolicy:
    outlierDetection:
      consecutiveErrors: 5
";

/// What the file holds after these answers, and what was on the screen.
fn reviewed(answers: &str) -> Option<(String, String)> {
    reviewed_in(THREE, answers)
}

fn reviewed_in(text: &str, answers: &str) -> Option<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, text).unwrap();
    let review = "lameduck check --review --select ignored-outlier-field,invalid-field rules.yaml";
    let mut script = on_a_terminal(folder.path(), review)?;
    let mut run = script.stdin(Stdio::piped()).spawn().unwrap();
    let mut keyboard = run.stdin.take().unwrap();
    keyboard.write_all(answers.as_bytes()).unwrap();
    let mut seen = String::new();
    run.stdout
        .take()
        .unwrap()
        .read_to_string(&mut seen)
        .unwrap();
    drop(keyboard);
    assert!(run.wait().unwrap().code().is_some());
    Some((std::fs::read_to_string(file).unwrap(), seen))
}

#[test]
fn fixes_are_reviewed_one_by_one() {
    let Some((text, seen)) = reviewed("y\n?\nn\ni\nthe old mesh reads it\n") else {
        return;
    };
    assert!(seen.contains("(1/3) rules.yaml:8"), "{seen}");
    assert!(seen.contains("no pod restarts"), "{seen}");
    assert!(seen.contains("q  ask no more"), "{seen}");
    let expected = THREE
        .replacen("consecutiveErrors: 3", "consecutiveGatewayErrors: 3", 1)
        .replace(
            "      consecutiveErrors: 5",
            "      # lameduck: ignore[ignored-outlier-field] the old mesh reads it\n      \
             consecutiveErrors: 5",
        );
    assert_eq!(text, expected, "{seen}");
    assert!(seen.contains("1 suppressed"), "{seen}");
}

#[test]
fn all_fixes_of_a_rule_or_none_of_the_rest() {
    let Some((all, _)) = reviewed("n\na\n") else {
        return;
    };
    assert_eq!(all.matches("consecutiveErrors").count(), 1, "{all}");
    let (none, _) = reviewed("q\n").unwrap();
    assert_eq!(none, THREE);
    let (one, _) = reviewed("y\nq\n").unwrap();
    assert_eq!(one.matches("consecutiveErrors").count(), 2, "{one}");
    // What was said of a whole rule holds for what had not been reached yet.
    let slip = "  trafficPolicy:\n    outlierDetection:\n      consecutiveErrors: 4\n";
    let other = THREE.replace(slip, &format!("{slip}  exportTo: [1]\n"));
    assert_ne!(other, THREE);
    let (whole, seen) = reviewed_in(&other, "a\nq\n").unwrap();
    assert_eq!(whole.matches("consecutiveErrors").count(), 0, "{seen}");
    assert!(whole.contains("exportTo: [1]"), "{seen}");
}

#[test]
fn what_was_refused_stays_though_it_is_like_what_was_accepted() {
    let first = THREE.split("---\n").next().unwrap();
    let twins = format!("{first}---\n{}", first.replace("name: a", "name: b"));
    assert_eq!(twins.matches("consecutiveErrors").count(), 2);
    let Some((text, seen)) = reviewed_in(&twins, "y\nn\n") else {
        return;
    };
    assert_eq!(text.matches("consecutiveErrors").count(), 1, "{seen}");
    let first = text.split("---\n").next().unwrap();
    assert!(first.contains("consecutiveGatewayErrors"), "{text}");
}
