//! Files that are none, that no one may read, that change under the reader, and names that lie.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{POD, Repository, permit};
use crate::text::obeyed;

#[test]
fn links_in_circles_end() {
    let repository = Repository::new(&[("pod.yaml", POD)]);
    symlink(".", repository.path("self")).unwrap();
    symlink("b.yaml", repository.path("a.yaml")).unwrap();
    symlink("a.yaml", repository.path("b.yaml")).unwrap();
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(
        0,
        &["pod.yaml:3:18: note[bare-pod] ", "1 note in 1 of 1 file"],
        &[],
    );
    let run = repository.run(&["check", "a.yaml"]);
    run.ends(
        2,
        &[],
        &["error: a.yaml: Too many levels of symbolic links"],
    );
}

#[test]
fn pipes_are_not_waited_for() {
    let repository = Repository::new(&[("pod.yaml", POD)]);
    let made = Command::new("mkfifo")
        .args([
            repository.path("a.yaml"),
            repository.path("kustomization.yaml"),
        ])
        .status();
    assert!(made.unwrap().success());
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(0, &["pod.yaml:3:18: note[bare-pod] "], &[]);
    let run = repository.run(&["check", "a.yaml"]);
    run.ends(2, &[], &["a.yaml: it is not a regular file"]);
}

#[test]
fn endless_input_is_cut_off() {
    let repository = Repository::new(&[]);
    let zeros = File::open("/dev/zero").unwrap();
    let run = repository.run_with(&["check", "-"], zeros.into());
    run.ends(0, &["No findings"], &["-: ", "larger than"]);

    let mut endless = Command::new("yes")
        .arg("apiVersion: v1\nkind: Pod")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let run = repository.run_with(&["check", "-"], endless.stdout.take().unwrap().into());
    endless.wait().unwrap();
    run.ends(0, &["No findings"], &["-: ", "larger than"]);
}

/// Whether it also fails the run is told by other tests.
#[test]
fn what_may_not_be_read_is_told() {
    let repository = Repository::new(&[
        ("pod.yaml", POD),
        ("secret.yaml", POD),
        ("closed/inner.yaml", POD),
    ]);
    for path in ["secret.yaml", "closed"] {
        permit(&repository.path(path), 0o000);
    }
    permit(repository.0.path(), 0o755);
    let run = repository.run_as_nobody(&["check", "--format=concise"]);
    permit(&repository.path("closed"), 0o755);
    let Some(run) = run else { return };
    let expected = ["secret.yaml", "closed", "Permission denied"];
    run.ends(run.code, &["pod.yaml:3:18: note[bare-pod] "], &expected);
    assert!([0, 2].contains(&run.code), "{run:?}");
}

#[test]
fn names_of_files_are_shown_and_not_obeyed() {
    let names: [&[u8]; 6] = [
        b"a\n::error::x.yaml",
        b"::error::x.yaml",
        b"##[error]x ##vso[task.complete]y.yaml",
        "\u{1b}]0;title\u{7}\u{9b}2J\u{202e}lmay.yaml".as_bytes(),
        b"no utf-8 \xff\xfe.yaml",
        b"<script>`|[a](b)&.yaml",
    ];
    let repository = Repository::new(&[]);
    for name in names {
        let path = repository.0.path().join(OsStr::from_bytes(name));
        fs::write(path, format!("{POD}foo: 1\n")).unwrap();
    }
    for format in lameduck::report::Format::ALL {
        let run = repository.run(&["check", "--format", format.as_str()]);
        assert_eq!(run.code, 1, "{run:?}");
        assert_eq!(obeyed(&run.stdout, format.as_str()), None, "{run:?}");
        assert_eq!(obeyed(&run.stderr, ""), None, "{run:?}");
    }
    for command in ["timeline", "checklist"] {
        let run = repository.run(&[command]);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(obeyed(&run.stdout, ""), None, "{run:?}");
    }
    // A name that is asked for and not there is told, too.
    let run = repository.run(&["check", "\u{1b}[2J\n::error::\u{202e}"]);
    assert_eq!(run.code, 2);
    assert_eq!(obeyed(&run.stderr, ""), None, "{run:?}");
}

#[test]
fn files_that_change_while_they_are_read_harm_nothing() {
    let repository = Repository::new(&[("pod.yaml", POD)]);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let long = POD.repeat(200);
            while !over.load(Ordering::Relaxed) {
                for index in 0..20 {
                    let path = repository.path(&format!("folder/{index}.yaml"));
                    let _ = fs::create_dir_all(repository.path("folder"));
                    let _ = fs::write(&path, &long);
                    let _ = fs::write(&path, "");
                    let _ = fs::write(&path, POD);
                    let _ = fs::remove_file(&path);
                }
                let _ = fs::remove_dir_all(repository.path("folder"));
            }
        });
        for round in 0..40 {
            let arguments: &[&str] = match round % 4 {
                0 => &["check", "--fix"],
                1 => &["check", "folder", "folder/3.yaml"],
                _ => &["check"],
            };
            let run = repository.run(arguments);
            assert!([0, 1, 2].contains(&run.code), "{run:?}");
        }
        over.store(true, Ordering::Relaxed);
    });
}
