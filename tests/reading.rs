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
fn larger_files_are_skipped_and_said_with_what_to_do() {
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
            insta::assert_snapshot!(err, @"note: large.yaml: skipped, at 2.1 KiB it is larger than 2 KiB (--max-file-size takes more)");
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
    let said = "note: -: skipped, it is larger than 2 KiB (--max-file-size takes more)\n";
    assert!(err.starts_with(said), "{err}");
}

#[test]
fn standard_input_that_is_skipped_is_not_taken_for_fixed() {
    let folder = repository(&[("lameduck.yaml", "max-file-size: 2Ki\nexclude: [vendor/]\n")]);
    let filename = "--stdin-filename=vendor/a.yaml";
    for (arguments, text) in [
        (&["check", "--fix", "-"] as &[&str], of_size(2049)),
        (&["check", "--fix", "-"], "a: \0".to_owned()),
        (&["check", "--fix", filename, "-"], of_size(1024)),
    ] {
        let (code, out, err) = run(lameduck(folder.path(), arguments).write_stdin(text));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        let said = "error: standard input is not fixed: it was skipped\n";
        assert!(err.contains(said), "{err}");
    }
}

#[test]
fn a_limit_that_cannot_be_kept_is_refused_with_its_place() {
    let folder = repository(&[("lameduck.yaml", "max-file-size: 4Gi\n")]);
    let (code, out, err) = run(&mut lameduck(folder.path(), &["check"]));
    assert_eq!((code, out.as_str()), (2, ""));
    insta::assert_snapshot!(err, @"error: lameduck.yaml:1:16: expected a size from 1 byte to 1Gi, such as 32Mi, found `4Gi`");
}

/// `lameduck` with this much memory and no more, in MiB: what is read without end ends soon.
#[cfg(unix)]
fn bounded(directory: &Path, memory: u32, arguments: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command
        .current_dir(directory)
        .arg("-c")
        .arg(format!("ulimit -v {}; exec \"$@\"", memory * 1024))
        .arg("bash")
        .arg(cargo_bin!("lameduck"))
        .args(arguments)
        .env("RAYON_NUM_THREADS", "2")
        .timeout(std::time::Duration::from_secs(60));
    command
}

#[cfg(unix)]
fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_baseline_is_a_regular_file() {
    let folder = repository(&[("a.yaml", DEPLOYMENT)]);
    pipe(&folder.path().join("pipe"));
    for flag in ["--write-baseline", "--baseline"] {
        for file in ["/dev/zero", "/dev/full", "pipe", "."] {
            let arguments = ["check", "a.yaml", flag, file];
            let (code, out, err) = run(&mut bounded(folder.path(), 1024, &arguments));
            assert_eq!((code, out.as_str()), (2, ""), "{flag} {file}: {err}");
            assert!(err.starts_with("error: the baseline "), "{err}");
            assert!(err.contains("it is not a regular file"), "{err}");
            assert!(folder.path().join("pipe").exists());
        }
    }
}

#[cfg(unix)]
#[test]
fn a_baseline_is_read_up_to_the_limit() {
    let folder = repository(&[
        ("a.yaml", DEPLOYMENT),
        ("lameduck.yaml", "max-file-size: 1Mi\n"),
    ]);
    let baseline = folder.path().join("baseline.json");
    let sparse = std::fs::File::create(&baseline).unwrap();
    sparse.set_len(64 << 30).unwrap();
    for flag in ["--write-baseline", "--baseline"] {
        let arguments = ["check", "a.yaml", flag, "baseline.json"];
        let (code, out, err) = run(&mut bounded(folder.path(), 1024, &arguments));
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        let said = "error: the baseline baseline.json cannot be read: at 64.0 GiB it is larger than 1 MiB \
                    (--max-file-size takes more)";
        assert!(err.starts_with(said), "{err}");
    }
    assert_eq!(std::fs::metadata(baseline).unwrap().len(), 64 << 30);
}

#[cfg(unix)]
#[test]
fn a_configuration_is_read_up_to_a_limit_and_may_come_through_a_pipe() {
    let folder = repository(&[("a.yaml", DEPLOYMENT)]);
    let arguments = ["check", "--config=/dev/zero"];
    let (code, out, err) = run(&mut bounded(folder.path(), 1024, &arguments));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        err.ends_with("/dev/zero: it is larger than 32 MiB\n"),
        "{err}"
    );

    let arguments = ["check", "--config=/dev/stdin"];
    let (code, out, err) =
        run(lameduck(folder.path(), &arguments).write_stdin("ignore: [probes, availability]\n"));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(!out.contains("missing-readiness-probe"), "{out}");
}

#[cfg(unix)]
#[test]
fn what_a_configuration_names_is_a_regular_file() {
    let folder = repository(&[("a.yaml", DEPLOYMENT)]);
    pipe(&folder.path().join("pipe"));
    let outside = "`/dev/zero` lies outside of the repository";
    for (file, said) in [
        ("/dev/zero", outside),
        ("pipe", "Helm values `pipe`: it is not a regular file"),
    ] {
        let config = format!("mesh: {{helm-values: [{file}]}}\n");
        std::fs::write(folder.path().join("lameduck.yaml"), config).unwrap();
        let (code, out, err) = run(&mut bounded(folder.path(), 1024, &["check"]));
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(said), "{err}");
    }
}

/// `lameduck` as somebody who has to keep to permissions, where that can be had: root reads anything.
#[cfg(unix)]
fn restrained(directory: &Path, arguments: &[&str]) -> Option<Command> {
    use std::os::unix::fs::PermissionsExt;
    let binary = cargo_bin!("lameduck");
    let probe = directory.join("probe");
    std::fs::write(&probe, "").unwrap();
    std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o0)).unwrap();
    let is_root = std::fs::read(&probe).is_ok();
    std::fs::remove_file(probe).unwrap();
    if !is_root {
        return Some(lameduck(directory, arguments));
    }
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let may = std::process::Command::new("setpriv")
        .args(user)
        .arg(binary)
        .arg("--version")
        .current_dir(directory)
        .output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: root reads anything, and `setpriv` cannot run lameduck as another user"
        );
        return None;
    }
    let mut command = Command::new("setpriv");
    command.args(user).arg(binary);
    command.args(arguments).current_dir(directory);
    Some(command)
}

#[cfg(unix)]
fn forbid(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o0)).unwrap();
}

/// Folders have to be given back before they can be removed by whoever is not root.
#[cfg(unix)]
fn allow(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn what_was_asked_for_and_cannot_be_read_ends_with_2() {
    let folder = repository(&[
        ("k8s/closed.yaml", DEPLOYMENT),
        ("k8s/folder/a.yaml", DEPLOYMENT),
        ("k8s/open.yaml", DEPLOYMENT),
    ]);
    forbid(&folder.path().join("k8s/closed.yaml"));
    forbid(&folder.path().join("k8s/folder"));
    let file = "error: k8s/closed.yaml: cannot be read: Permission denied (os error 13)\n";
    let below = "error: k8s/folder: cannot be read: Permission denied (os error 13)\n";
    for command in ["check", "timeline", "checklist"] {
        for (paths, said) in [
            (&["k8s/closed.yaml"] as &[&str], file.to_owned()),
            (&["k8s/folder"], below.to_owned()),
            (&["k8s"], [file, below].concat()),
            (&["k8s", "k8s/open.yaml", "."], [file, below].concat()),
        ] {
            let arguments = [&[command, "--quiet"], paths].concat();
            let Some(mut run_) = restrained(folder.path(), &arguments) else {
                return allow(&folder.path().join("k8s/folder"));
            };
            let (code, out, err) = run(&mut run_);
            assert_eq!((code, err), (2, said), "{arguments:?}");
            // The rest is judged.
            let is_judged = out.contains("web");
            assert_eq!(is_judged, paths.contains(&"k8s"), "{arguments:?}: {out}");
        }
    }
    allow(&folder.path().join("k8s/folder"));
}

#[cfg(unix)]
#[test]
fn context_that_cannot_be_read_is_said_and_no_failure() {
    let folder = repository(&[
        (
            "a/pod.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
        ("b/closed.yaml", DEPLOYMENT),
    ]);
    forbid(&folder.path().join("b/closed.yaml"));
    let Some(mut command) = restrained(folder.path(), &["check", "a"]) else {
        return;
    };
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 0);
    insta::assert_snapshot!(err, @"note: b/closed.yaml: cannot be read: Permission denied (os error 13)");
}

#[cfg(unix)]
#[test]
fn a_baseline_is_not_written_over_with_less_than_all() {
    let folder = repository(&[("a.yaml", DEPLOYMENT), ("b.yaml", DEPLOYMENT)]);
    let baseline = folder.path().join("baseline.json");
    let write = ["check", "--quiet", "--write-baseline=baseline.json"];
    assert_eq!(run(&mut lameduck(folder.path(), &write)).0, 0);
    let before = std::fs::read_to_string(&baseline).unwrap();
    assert!(before.contains("b.yaml"));
    forbid(&folder.path().join("b.yaml"));
    let Some(mut command) = restrained(folder.path(), &write) else {
        return;
    };
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 2);
    insta::assert_snapshot!(err, @r"
    warning: baseline.json is not written: not all could be read
    error: b.yaml: cannot be read: Permission denied (os error 13)
    ");
    assert_eq!(std::fs::read_to_string(&baseline).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn an_ignore_file_is_a_regular_file() {
    let folder = repository(&[
        ("a.yaml", DEPLOYMENT),
        ("below/b.yaml", DEPLOYMENT),
        (".gitignore", "ignored.yaml\n"),
    ]);
    let below = folder.path().join("below/.gitignore");
    let above = folder.path().join(".gitignore");
    let check = |arguments: &[&str]| {
        let arguments = [&["check", "--format=concise"], arguments].concat();
        run(&mut bounded(folder.path(), 1024, &arguments))
    };
    for trap in [true, false] {
        let _ = std::fs::remove_file(&below);
        if trap {
            pipe(&below);
        } else {
            std::os::unix::fs::symlink("/dev/zero", &below).unwrap();
        }
        let why = if trap {
            "it is not a regular file"
        } else {
            "a link, which git does not follow"
        };
        let said = format!("below/.gitignore: {why}, and its folder is skipped\n");
        for paths in [&["."] as &[&str], &["below"], &["below/b.yaml"]] {
            let is_named = !paths[0].ends_with("yaml");
            let (code, out, err) = check(paths);
            let word = if is_named { "error" } else { "note" };
            assert_eq!(code, if is_named { 2 } else { 1 }, "{paths:?}");
            assert_eq!(err, format!("{word}: {said}"), "{paths:?}");
            assert_eq!(out.contains("b.yaml"), !is_named, "{paths:?}: {out}");
        }
        let (code, out, err) = check(&["--no-gitignore"]);
        assert_eq!((code, err.as_str()), (1, ""));
        assert!(out.contains("b.yaml"), "{out}");
    }
    std::fs::remove_file(&below).unwrap();
    std::fs::remove_file(&above).unwrap();
    pipe(&above);
    let (code, _, err) = check(&["below"]);
    assert_eq!(code, 2);
    let said = "error: .gitignore: it is not a regular file, and its folder is skipped\n";
    assert_eq!(err, said);
}
