//! Places that do not take what is written: each file is old or new, and nothing is left beside it.

use std::fs;
use std::process::{Command, Stdio};

use super::{FIXABLE, POD, Repository, permit};

/// That fixing could not write `a.yaml` and left it as it was.
#[track_caller]
fn is_left(repository: &Repository, text: &str) {
    assert_eq!(fs::read_to_string(repository.path("a.yaml")).unwrap(), text);
    assert_eq!(repository.names(), ["a.yaml"]);
}

#[test]
fn fixing_writes_where_it_can() {
    let repository = Repository::new(&[("a.yaml", FIXABLE)]);
    let run = repository.run(&["check", "--fix"]);
    run.ends(0, &["No findings"], &["applied 1 fix in 1 file"]);
    let fixed = FIXABLE.replacen("immutable: true\n", "", 1);
    is_left(&repository, &fixed);
}

#[test]
fn a_file_that_does_not_fit_is_left_as_it_was() {
    // Longer than the limit of files that is set.
    let text = format!("{FIXABLE}data: {{a: {}}}\n", "x".repeat(20_000));
    let repository = Repository::new(&[("a.yaml", &text)]);
    let line = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let arguments = ["check", "--fix", "--format=concise"];
    let run = repository.script(line, &arguments, Stdio::null());
    run.ends(
        2,
        &[],
        &["error: ", "a.yaml cannot be written: File too large"],
    );
    is_left(&repository, &text);
}

/// On a file system of its own, in a name space of its own, where the system lets a test make one.
#[test]
fn a_full_disk_leaves_a_file_as_it_was() {
    let text = format!("{FIXABLE}data: {{a: {}}}\n", "x".repeat(20_000));
    let repository = Repository::new(&[("a.yaml", &text)]);
    let script = "set -e
        mkdir disk
        mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null || exit 99
        cp -r a.yaml .git disk && cd disk
        cat /dev/zero >full 2>/dev/null || :
        code=0
        \"$@\" || code=$?
        cmp a.yaml ../a.yaml
        test \"$(ls)\" = \"$(printf 'a.yaml\\nfull')\"
        test \"$(ls -A)\" = \"$(printf '.git\\na.yaml\\nfull')\"
        exit $code";
    let mut inside = vec!["-rm", "bash", "-c", script, "bash"];
    let binary = assert_cmd::cargo::cargo_bin!("lameduck");
    inside.push(binary.to_str().unwrap());
    let mut tried = 0;
    for arguments in [
        &["check", "--fix", "--format=concise"] as &[&str],
        &["check", "--format=json=full.json"],
    ] {
        let _ = fs::remove_dir(repository.path("disk"));
        let mut command = Command::new("unshare");
        command.args(&inside).args(arguments);
        let run = super::finish(command, repository.0.path(), Stdio::null());
        if run.stderr.contains("unshare") || run.code == 99 {
            eprintln!("skipped: no file system can be mounted here");
            return;
        }
        run.ends(2, &[], &["cannot be written: No space left on device"]);
        tried += 1;
    }
    assert_eq!(tried, 2);
}

#[test]
fn a_device_that_is_full_is_told() {
    let repository = Repository::new(&[("a.yaml", POD)]);
    let run = repository.run(&["check", "--format=json=/dev/full", "--format=concise"]);
    let expected = "error: /dev/full cannot be written: No space left on device";
    run.ends(2, &["a.yaml:3:18: note[bare-pod] "], &[expected]);
    let run = repository.script("exec \"$@\" >/dev/full", &["check"], Stdio::null());
    let expected = "error: standard output cannot be written: No space left on device";
    run.ends(2, &[], &[expected]);
    assert_eq!(repository.names(), ["a.yaml"]);
}

#[test]
fn a_folder_that_may_not_be_written_to_is_left_as_it_was() {
    let repository = Repository::new(&[("a.yaml", FIXABLE)]);
    for arguments in [
        &["check", "--fix"] as &[&str],
        &["check", "--format=sarif=out.sarif"],
        &["check", "--write-baseline=new.json"],
        &["init"],
    ] {
        permit(repository.0.path(), 0o555);
        let run = repository.run_as_nobody(arguments);
        permit(repository.0.path(), 0o755);
        let Some(run) = run else { return };
        run.ends(
            2,
            &[],
            &["error: ", " cannot be written: Permission denied"],
        );
        is_left(&repository, FIXABLE);
    }
}

/// A reader that has seen enough ends the run without a word.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let text = format!("---\n{POD}").repeat(3_000);
    let repository = Repository::new(&[("a.yaml", &text)]);
    for format in ["concise", "json", "full"] {
        let line = "\"$@\" | head -1; exit ${PIPESTATUS[0]}";
        let arguments = ["check", "--fail-on=never", "--format", format];
        let run = repository.script(line, &arguments, Stdio::null());
        run.ends(0, &[], &[]);
        assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
        assert_eq!(run.stderr, "", "{run:?}");
    }
}

/// A link that a repository holds may lead anywhere.
#[test]
fn no_report_is_written_through_a_link_out_of_the_repository() {
    let repository = Repository::new(&[("r/a.yaml", FIXABLE), ("victim", "old\n")]);
    fs::create_dir_all(repository.path("r/.git")).unwrap();
    fs::create_dir_all(repository.path("r/in")).unwrap();
    fs::remove_dir(repository.path(".git")).unwrap();
    let links = "cd r; ln -sf ../victim out.sarif; ln -sfn .. up; ln -sfn in inner; ";
    let expected = "a link in its path leads out of the repository";
    for arguments in [
        ["check", "--format=sarif=out.sarif"],
        ["check", "--format=sarif=up/victim"],
        ["check", "--write-baseline=up/new.json"],
    ] {
        let line = format!("{links}exec \"$@\"");
        let run = repository.script(&line, &arguments, Stdio::null());
        run.ends(2, &[], &["error: ", expected]);
    }
    assert_eq!(
        fs::read_to_string(repository.path("victim")).unwrap(),
        "old\n"
    );
    assert!(!repository.path("new.json").exists());

    let line = format!("{links}exec \"$@\" >stdout.txt");
    for file in [
        "inner/a.sarif",
        "/dev/stdout",
        "/dev/fd/1",
        "/proc/self/fd/1",
        "/dev/null",
    ] {
        let format = format!("--format=sarif={file}");
        let arguments = ["check", &format, "--format=concise=text", "--fail-on=never"];
        let run = repository.script(&line, &arguments, Stdio::null());
        run.ends(0, &[], &[]);
        let written = fs::read_to_string(repository.path("r/stdout.txt")).unwrap();
        assert_eq!(
            written.contains("sarif-2.1.0"),
            file.contains("fd/1") || file.ends_with("stdout"),
            "{file}"
        );
    }
    assert!(repository.path("r/in/a.sarif").is_file());
    let line = format!("{links}\"$@\" --format=sarif=>(cat >piped.txt); sleep 1; cat piped.txt");
    let arguments = ["check", "--fail-on=never", "--format=concise=text"];
    let run = repository.script(&line, &arguments, Stdio::null());
    run.ends(0, &["sarif-2.1.0"], &[]);
}

#[test]
fn nothing_is_fixed_through_a_link_out_of_the_repository() {
    let repository = Repository::new(&[
        ("r/b.yaml", FIXABLE),
        ("victim.yaml", FIXABLE),
        ("folder/a.yaml", FIXABLE),
    ]);
    fs::create_dir_all(repository.path("r/.git")).unwrap();
    let line = "cd r; ln -sf ../victim.yaml a.yaml; ln -sfn ../folder folder; ln -sf b.yaml c.yaml; exec \"$@\"";
    for path in ["a.yaml", "folder", "folder/a.yaml"] {
        let arguments = ["check", "--fix", "--format=concise", path];
        let run = repository.script(line, &arguments, Stdio::null());
        let expected = "a link in its path leads out of the repository: name what it leads to";
        run.ends(2, &[], &["error: ", expected]);
    }
    for file in ["victim.yaml", "folder/a.yaml"] {
        assert_eq!(fs::read_to_string(repository.path(file)).unwrap(), FIXABLE);
    }
    let arguments = ["check", "--fix", "--format=concise", "c.yaml"];
    let run = repository.script(line, &arguments, Stdio::null());
    run.ends(0, &["No findings"], &["applied 1 fix in 1 file"]);
    assert!(
        fs::symlink_metadata(repository.path("r/c.yaml"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn without_git_the_folder_is_the_repository_that_links_stay_in() {
    let repository = Repository::new(&[("r/b.yaml", FIXABLE), ("victim.yaml", FIXABLE)]);
    fs::remove_dir(repository.path(".git")).unwrap();
    let line = "cd r; ln -sf ../victim.yaml a.yaml; ln -sf b.yaml c.yaml; exec \"$@\"";
    let run = |file| {
        let arguments = ["check", "--fix", "--format=concise", file];
        repository.script(line, &arguments, Stdio::null())
    };
    let expected = "a link in its path leads out of the repository: name what it leads to";
    run("a.yaml").ends(2, &[], &["error: ", expected]);
    run("c.yaml").ends(0, &[], &["applied 1 fix in 1 file"]);
    let victim = fs::read_to_string(repository.path("victim.yaml")).unwrap();
    assert_eq!(victim, FIXABLE);
}

#[test]
fn no_link_leads_into_a_git_directory() {
    let repository = Repository::new(&[
        ("b.yaml", FIXABLE),
        (".git/x.yaml", FIXABLE),
        (".git/hooks/pre-commit", "old"),
    ]);
    let line = "ln -sf .git/hooks/pre-commit report.txt; ln -sf .git/x.yaml a.yaml; exec \"$@\"";
    let run = |arguments: &[&str]| repository.script(line, arguments, Stdio::null());
    let refused = run(&["check", "--format=concise=report.txt"]);
    let expected = "a link in its path leads out of the repository";
    refused.ends(2, &[], &["error: ", expected]);
    run(&["check", "--format=concise"]).ends(1, &["in 1 of 1 file"], &[]);
    run(&["check", "--fix", "a.yaml"]).ends(2, &[], &["error: ", expected]);
    for (file, text) in [(".git/hooks/pre-commit", "old"), (".git/x.yaml", FIXABLE)] {
        let left = fs::read_to_string(repository.path(file)).unwrap();
        assert_eq!(left, text, "{file}");
    }
}

#[test]
fn files_of_any_name_are_fixed() {
    use std::os::unix::ffi::OsStrExt;
    let long = format!("{}.yaml", "a".repeat(250));
    let names: [&[u8]; 3] = [
        b"caf\xe9.yaml",
        long.as_bytes(),
        "ü\u{202e}.yaml".as_bytes(),
    ];
    for name in names {
        let repository = Repository::new(&[]);
        let file = repository.0.path().join(std::ffi::OsStr::from_bytes(name));
        if fs::write(&file, FIXABLE).is_err() {
            eprintln!("skipped: this file system has no such names");
            continue;
        }
        let run = repository.run(&["check", "--fix", "--format=concise"]);
        run.ends(0, &["No findings"], &["applied 1 fix in 1 file"]);
        let fixed = FIXABLE.replacen("immutable: true\n", "", 1);
        assert_eq!(fs::read_to_string(&file).unwrap(), fixed);
        assert_eq!(repository.names().len(), 1);
    }
}

#[test]
fn what_a_killed_run_left_is_gone_after_the_next() {
    let repository = Repository::new(&[("a.yaml", FIXABLE), (".lameduck-Ab12Cd.tmp", "half")]);
    let line = "touch -d '10 minutes ago' .lameduck-Ab12Cd.tmp; exec \"$@\"";
    let run = repository.script(line, &["check", "--fix"], Stdio::null());
    run.ends(0, &["No findings"], &["applied 1 fix in 1 file"]);
    assert_eq!(repository.names(), ["a.yaml"]);
}

/// Whoever proposes a change may put a link where a workflow names a file.
#[test]
fn nothing_is_read_through_a_link_out_of_the_repository() {
    let repository = Repository::new(&[
        ("r/b.yaml", FIXABLE),
        ("secret.yaml", "hunter2: [\n"),
        ("folder/a.yaml", FIXABLE),
    ]);
    fs::create_dir_all(repository.path("r/.git")).unwrap();
    let line = "cd r; ln -sf ../secret.yaml s.yaml; ln -sfn ../folder k8s; exec \"$@\"";
    for arguments in [
        &["check", "k8s"][..],
        &["check", "s.yaml"],
        &["check", "b.yaml", "--config", "s.yaml"],
        &["check", "b.yaml", "--baseline", "s.yaml"],
        &["timeline", "k8s/a.yaml"],
        &["check", "b.yaml", "--context", "k8s"],
        &["check", "-", "--stdin-filename", "k8s/in.yaml"],
    ] {
        let run = repository.script(line, arguments, Stdio::null());
        let expected = "a link in its path leads out of the repository: name what it leads to";
        run.ends(2, &[], &["error: ", expected]);
        let said = [run.stdout.as_str(), run.stderr.as_str()].concat();
        assert!(!said.contains("hunter2"), "{arguments:?}: {said}");
    }
    let line = "cd r; ln -sf ../secret.yaml .gitignore; exec \"$@\"";
    let run = repository.script(line, &["check", "--format=concise", "."], Stdio::null());
    run.ends(2, &[], &[".gitignore: a link, which git does not follow"]);
    // Each line becomes a pattern.
    let line = "cd r; yes '?' | head -c 400000 > .gitignore; exec \"$@\"";
    let run = repository.script(line, &["check", "--format=concise", "."], Stdio::null());
    run.ends(2, &[], &[".gitignore: ", "and its folder is skipped"]);
}
