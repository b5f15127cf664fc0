//! Ctrl-C and SIGTERM: exit codes, and what is left behind.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rendering;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use rendering::{DEPLOYMENT, recorded, repository};
use rustix::process::{Pid, Signal, kill_process};

/// Nothing here takes that long; a run that hangs is a failure, and no endless test.
const PATIENCE: Duration = Duration::from_secs(60);

fn lameduck(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin!("lameduck"));
    command
        .current_dir(directory)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn send(id: u32, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A line of what the system says of a process; where it says nothing, `None`.
fn status(id: u32, key: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim_start_matches(':').trim().to_owned())
}

/// Waits until the process has taken its signals over, or is over.
fn listens(id: u32) {
    if !Path::new("/proc/self/status").exists() {
        std::thread::sleep(Duration::from_secs(1));
        return;
    }
    let both = 1 << (Signal::INT.as_raw() - 1) | 1 << (Signal::TERM.as_raw() - 1);
    wait_for("the signals are handled", || {
        let state = status(id, "State").unwrap_or_default();
        let caught = status(id, "SigCgt").unwrap_or_default();
        state.starts_with('Z')
            || u64::from_str_radix(&caught, 16).is_ok_and(|caught| caught & both == both)
    });
}

/// How it ended, standard output and standard error, which must be short: nobody reads them before.
fn end(mut child: Child) -> (ExitStatus, String, String) {
    let mut status = None;
    wait_for("the run ends", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    let output = child.wait_with_output().unwrap();
    (
        status.unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Names of files, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Whether a process is there and at work.
fn lives(id: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", id.trim()));
    // Nobody may have waited for it yet.
    state.is_ok_and(|state| !state.contains(") Z "))
}

/// A `kustomize` that does this, which runs confined and tells by the open file 9, and a folder for
/// temporary files beside it.
fn builder(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("kustomize");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(folder.path().join("tmp")).unwrap();
    folder
}

fn rendering(repository: &Path, builder: &Path) -> Child {
    Command::new("/bin/sh")
        .args(["-c", "exec 9>>\"$0\"; exec \"$@\""])
        .arg(builder.join("record"))
        .arg(cargo_bin!("lameduck"))
        .args(["check", "--render=auto"])
        .current_dir(repository)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("PATH", builder)
        .env("TMPDIR", builder.join("tmp"))
        .spawn()
        .unwrap()
}

const KUSTOMIZED: [(&str, &str); 2] = [
    ("kustomization.yaml", "resources: [deployment.yaml]\n"),
    ("deployment.yaml", DEPLOYMENT),
];

#[test]
fn a_run_that_waits_for_standard_input_ends_with_the_code_of_the_signal() {
    let folder = repository(&[]);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        for command in ["check", "timeline", "checklist"] {
            let mut run = lameduck(folder.path(), &[command, "-"]);
            let child = run.stdin(Stdio::piped()).spawn().unwrap();
            listens(child.id());
            send(child.id(), signal);
            let (status, out, err) = end(child);
            assert_eq!(status.code(), Some(code), "{command}: {status}");
            assert_eq!((out.as_str(), err.as_str()), ("", ""), "{command}");
        }
    }
}

#[test]
fn a_run_that_is_over_keeps_its_exit_code() {
    let folder = repository(&[("a.yaml", DEPLOYMENT)]);
    let mut seen = BTreeMap::new();
    for delay in 0..30 {
        let child = lameduck(folder.path(), &["check", "--quiet"])
            .spawn()
            .unwrap();
        listens(child.id());
        std::thread::sleep(Duration::from_micros(delay * 700));
        // Nobody has waited for it: the number is still its own.
        send(child.id(), Signal::INT);
        let (status, out, err) = end(child);
        assert_eq!(err, "", "{status}");
        *seen.entry(status.code()).or_insert(0) += 1;
        if status.code() == Some(1) {
            assert!(out.contains("missing-readiness-probe"), "{out}");
        }
    }
    let known = [Some(1), Some(130)];
    assert!(seen.keys().all(|code| known.contains(code)), "{seen:?}");
}

/// Files with something to fix.
fn fixable(count: usize) -> tempfile::TempDir {
    let folder = repository(&[]);
    for index in 0..count {
        let text = DEPLOYMENT.replace("apps/v1", "apps/v1beta1");
        let text = text.replace("name: web\nspec", &format!("name: web-{index:03}\nspec"));
        fs::write(folder.path().join(format!("{index:03}.yaml")), text).unwrap();
    }
    folder
}

fn texts(folder: &Path) -> Vec<String> {
    let files = names(folder).into_iter().filter(|name| name != ".git");
    files
        .map(|name| fs::read_to_string(folder.join(name)).unwrap())
        .collect()
}

#[test]
fn every_file_is_the_old_or_the_fixed_one_and_nothing_lies_beside() {
    const COUNT: usize = 200;
    const FIX: [&str; 4] = [
        "check",
        "--unsafe-fixes",
        "--quiet",
        "--select=removed-api-version",
    ];
    let whole = fixable(COUNT);
    let old = texts(whole.path());
    let done = lameduck(whole.path(), &FIX).spawn().unwrap();
    assert_eq!(end(done).0.code(), Some(0));
    let fixed = texts(whole.path());
    assert!(old.iter().zip(&fixed).all(|(old, fixed)| old != fixed));

    let mut halfway = 0;
    for attempt in 0..12 {
        let folder = fixable(COUNT);
        let child = lameduck(folder.path(), &FIX).spawn().unwrap();
        let nth = folder.path().join(format!("{:03}.yaml", attempt * 5));
        let before = fs::read(&nth).unwrap();
        wait_for("a file is fixed", || fs::read(&nth).unwrap() != before);
        send(child.id(), [Signal::INT, Signal::TERM][attempt % 2]);
        let (status, _, err) = end(child);
        let expected: Vec<String> = (0..COUNT).map(|it| format!("{it:03}.yaml")).collect();
        let found = names(folder.path());
        assert_eq!(
            found.iter().filter(|it| *it != ".git").collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>()
        );
        let now = texts(folder.path());
        for (now, (old, fixed)) in now.iter().zip(old.iter().zip(&fixed)) {
            assert!(now == old || now == fixed, "{now}");
        }
        if now != fixed {
            halfway += 1;
            assert_eq!(
                status.code(),
                Some([130, 143][attempt % 2]),
                "{status} {err}"
            );
        }
    }
    assert!(halfway > 0, "no run was interrupted while it wrote");
}

#[test]
fn a_program_that_renders_does_not_live_on() {
    let repository = repository(&KUSTOMIZED);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let tools =
            builder("(while :; do :; done) &\necho x >\"$HOME/kept\"\necho \"$$ $!\" >&9\nwait");
        let child = rendering(repository.path(), tools.path());
        wait_for("the program runs", || {
            recorded(tools.path()).ends_with('\n')
        });
        assert_eq!(names(&tools.path().join("tmp")).len(), 1);
        send(child.id(), signal);
        let (status, out, err) = end(child);
        assert_eq!(status.code(), Some(code), "{status}");
        assert_eq!((out.as_str(), err.as_str()), ("", ""));
        let ids = recorded(tools.path());
        assert_eq!(ids.split_whitespace().count(), 2, "{ids}");
        for id in ids.split_whitespace() {
            wait_for("the program is gone", || !lives(id));
        }
        assert!(names(&tools.path().join("tmp")).is_empty());
    }
}

#[test]
fn a_second_signal_ends_a_run_that_still_cleans_up() {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("skipped: nothing says here whether a signal has arrived");
        return;
    }
    let repository = repository(&KUSTOMIZED);
    // So much that removing it takes a while.
    let tools = builder(
        "i=0\nwhile [ $i -lt 30000 ]; do : >\"$HOME/$i\"; i=$((i+1)); done\n\
         echo ready >&9\nwhile :; do :; done",
    );
    let child = rendering(repository.path(), tools.path());
    wait_for("the program runs", || !recorded(tools.path()).is_empty());
    send(child.id(), Signal::INT);
    wait_for("the first signal has arrived", || {
        status(child.id(), "ShdPnd").is_none_or(|pending| pending.trim_matches('0').is_empty())
    });
    send(child.id(), Signal::INT);
    let (status, ..) = end(child);
    assert_eq!(status.code(), Some(130), "{status}");
    let left = names(&tools.path().join("tmp"));
    assert_eq!(left.len(), 1, "the run waited until all was removed");
}

/// The child of a process, as soon as it runs this program.
fn child_of(id: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    let child = children.split_whitespace().next()?.parse().ok()?;
    (status(child, "Name")? == "lameduck").then_some(child)
}

#[test]
fn process_1_of_a_container_can_be_interrupted() {
    let isolated = ["--pid", "--fork", "--kill-child"];
    let may = Command::new("unshare").args(isolated).arg("true").output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: `unshare` is missing or may not make a namespace of processes");
        return;
    }
    let folder = repository(&[]);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let outer = Command::new("unshare")
            .args(isolated)
            .arg(cargo_bin!("lameduck"))
            .args(["check", "-"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut inner = None;
        wait_for("process 1 runs", || {
            inner = child_of(outer.id());
            inner.is_some()
        });
        let inner = inner.unwrap();
        assert!(status(inner, "NSpid").unwrap().ends_with("\t1"));
        listens(inner);
        send(inner, signal);
        let (status, ..) = end(outer);
        assert_eq!(status.code(), Some(code), "{status}");
    }
}
