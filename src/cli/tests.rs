use std::path::PathBuf;

use clap::{CommandFactory, Parser};

use super::args::{Cli, Command, Output};
use super::run;
use crate::report::Format;

fn help(path: &[&str]) -> String {
    let mut command = Cli::command();
    command.build();
    for name in path {
        command = command.find_subcommand(name).unwrap().clone();
    }
    command.render_long_help().to_string()
}

#[test]
fn the_definition_holds() {
    Cli::command().debug_assert();
}

#[test]
fn help_is_readable_at_80_columns() {
    for path in [
        &[] as &[&str],
        &["check"],
        &["timeline"],
        &["checklist"],
        &["explain"],
        &["rules"],
        &["completions"],
        &["man"],
    ] {
        for line in help(path).lines() {
            assert!(line.chars().count() <= 80, "{path:?}: {line}");
        }
    }
    insta::assert_snapshot!("help", help(&[]));
    insta::assert_snapshot!("help-check", help(&["check"]));
}

fn parse(arguments: &[&str]) -> Result<Command, String> {
    Cli::try_parse_from([&["lameduck"], arguments].concat())
        .map(|cli| cli.command)
        .map_err(|error| error.to_string())
}

#[test]
fn a_format_may_name_a_file() {
    let command = parse(&["check", "--format", "concise", "--format=json=a=b.json"]).unwrap();
    let Command::Check(args) = command else {
        panic!("{command:?}");
    };
    assert_eq!(
        args.outputs,
        [
            Output {
                format: Format::Concise,
                file: None
            },
            Output {
                format: Format::Json,
                file: Some(PathBuf::from("a=b.json"))
            },
        ]
    );
}

#[test]
fn wrong_values_say_what_is_expected() {
    for (arguments, expected) in [
        (["--format", "jsno"], "did you mean `json`?"),
        (["--format", "json="], "expected the name of a file"),
        (["--kubernetes-version", "33"], "a version such as 1.33"),
        (["--istio-version", "x"], "a version such as 1.27"),
        (["--mesh", "sidecars"], "auto, sidecar, ambient, none"),
        (["--fail-on", "warn"], "error, warning, note, never"),
        (["--shutdown-timeout", "long"], "a duration such as 30s"),
        (["--render-timeout", "0s"], "expected some time"),
        (["--jobs", "0"], "--jobs"),
    ] {
        let error = parse(&[&["check"], arguments.as_slice()].concat()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

/// One warning: the container has no resources.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    \
                   - name: app\n      image: example/app:1\n";

/// Runs `check` over one manifest, with the reports in files. Gives the exit code or the errors,
/// and what the file `out` holds.
fn check(arguments: &[&str]) -> (Result<u8, Vec<String>>, String) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("pod.yaml");
    std::fs::write(&manifest, POD).unwrap();
    let place = |argument: &&str| argument.replace("OUT", folder.path().to_str().unwrap());
    let mut given = vec![
        "lameduck".to_owned(),
        "check".to_owned(),
        "--no-config".to_owned(),
    ];
    given.extend(arguments.iter().map(place));
    given.push(manifest.to_str().unwrap().to_owned());
    let cli = Cli::try_parse_from(given).unwrap();
    let code = run(&cli.command, crate::rules::all()).map_err(|failure| failure.messages);
    let out = std::fs::read_to_string(folder.path().join("out")).unwrap_or_default();
    (code, out)
}

#[test]
fn the_exit_code_follows_fail_on_whatever_the_format() {
    for format in Format::ALL {
        let format = format!("--format={format}=OUT/out");
        for (fail_on, expected) in [("error", 0), ("warning", 1), ("note", 1), ("never", 0)] {
            let (code, out) = check(&["--quiet", &format, "--fail-on", fail_on]);
            assert_eq!(code, Ok(expected), "{format} {fail_on}");
            assert!(out.contains("missing-resources"), "{out}");
        }
    }
}

#[test]
fn two_reports_need_two_places() {
    for arguments in [
        ["--format=json", "--format=full"],
        ["--format=json=OUT/out", "--format=sarif=OUT/out"],
    ] {
        let (code, out) = check(&arguments);
        let messages = code.unwrap_err();
        assert!(messages[0].starts_with("--format: two reports would go to "));
        assert_eq!(out, "");
    }
}

#[test]
fn a_report_that_cannot_be_written_does_not_keep_others_back() {
    let (code, out) = check(&["--format=json=OUT/missing/x", "--format=concise=OUT/out"]);
    let messages = code.unwrap_err();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].contains("missing/x cannot be written: "));
    assert!(out.contains("missing-resources"));
}

#[test]
fn jobs_change_nothing_but_the_number_of_threads() {
    let format = "--format=json=OUT/out";
    assert_eq!(check(&[format, "--jobs", "1"]).0, Ok(1));
    assert_eq!(check(&[format, "--jobs", "3"]).0, Ok(1));
}

/// The command lines of a text: what starts with the name of this program and a word.
fn command_lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            continue;
        }
        let pieces: Vec<&str> = if is_code {
            line.split(['|', '\'', '"']).collect()
        } else {
            // What stands between backticks.
            line.split('`').skip(1).step_by(2).collect()
        };
        for piece in pieces {
            let piece = piece.split(" #").next().unwrap();
            let piece = piece.split(" > ").next().unwrap().trim();
            let command = ["- run: ", "- script: ", "- ", "$ ", "entry: "]
                .iter()
                .find_map(|before| piece.strip_prefix(before))
                .unwrap_or(piece);
            if command.starts_with("lameduck ") {
                found.push(command.to_owned());
            }
        }
    }
    found
}

/// Whoever copies a line from the documentation must not be told that it is wrong.
#[test]
fn documented_command_lines_are_accepted() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    pages.extend(
        std::fs::read_dir(root.join("docs"))
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    let mut count = 0;
    for page in pages {
        for line in command_lines(&std::fs::read_to_string(&page).unwrap()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let Err(error) = Cli::try_parse_from(words) {
                let asked = error.kind() == clap::error::ErrorKind::DisplayHelp;
                assert!(asked, "{}: {line}\n{error}", page.display());
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count} command lines were found");
}

#[test]
fn command_lines_are_found_where_documentation_has_them() {
    let text = "as `lameduck rules` and `x` say\n```sh\na | lameduck check - # b\n- run: lameduck \
                explain x > y\n  sh 'lameduck check'\nlameduck\n```\nlameduck check\n";
    assert_eq!(
        command_lines(text),
        [
            "lameduck rules",
            "lameduck check -",
            "lameduck explain x",
            "lameduck check"
        ]
    );
}
