//! Little that is made much of: names and values that many findings repeat, findings without number,
//! input without end.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::{FIXABLE, POD, Repository, Run};

const FORMATS: [&str; 9] = [
    "full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html",
];

/// A Deployment of containers that have much to find fault with.
fn deployment(name: &str, containers: impl Iterator<Item = String>) -> String {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
         metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n"
    );
    for container in containers {
        let _ = writeln!(text, "        - {container}");
    }
    text
}

fn many(count: usize) -> impl Iterator<Item = String> {
    (0..count)
        .map(|index| format!("{{name: c{index}, image: x:1, ports: [{{containerPort: 80}}]}}"))
}

#[track_caller]
fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn a_name_does_not_multiply() {
    let long = format!("{{name: {}, image: x:1}}", "b".repeat(100_000));
    let text = deployment(&"a".repeat(100_000), [long].into_iter().chain(many(1_000)));
    let repository = Repository::new(&[("a.yaml", &text)]);
    for format in FORMATS {
        let run = repository.run(&["check", "--format", format]);
        assert_eq!(run.code, 1, "{format}: {}", run.stderr);
        let length = run.stdout.len();
        assert!(length < 32 << 20, "{format}: {length} bytes");
        let longest = run.stdout.split(|char: char| !char.is_ascii_lowercase());
        let longest = longest.map(str::len).max().unwrap_or(0);
        // A page shows some of the text itself, and each name as far as any may go.
        assert!(longest <= 253, "{format}: {longest} letters");
    }
    let report = json(&repository.run(&["check", "--format=json"]));
    let finding = &report["findings"][0];
    assert_eq!(finding["resource"]["name"].as_str().unwrap().len(), 253);
    let cut = format!("`{}…` has no cpu request", "b".repeat(100));
    let findings = report["findings"].as_array().unwrap();
    let has_cut = |it: &Value| it["message"].as_str().unwrap().contains(&cut);
    assert!(findings.iter().any(has_cut));
    for command in ["checklist", "timeline"] {
        let run = repository.run(&[command, "--format=json"]);
        assert!(
            run.stdout.len() < 32 << 20,
            "{command}: {}",
            run.stdout.len()
        );
    }
}

#[test]
fn what_aliases_stand_for_is_counted_in_bytes() {
    let expected = "aliases stand for more than 8.0 MiB of text";
    let name = "a".repeat(2_000_000);
    let containers = std::iter::once(format!("{{name: &n {name}, image: x:1}}"));
    let containers = containers.chain((0..1_000).map(|_| "{name: *n, image: x:1}".to_owned()));
    let repository =
        Repository::new(&[("a.yaml", &deployment("web", containers)), ("b.yaml", POD)]);
    for format in ["concise", "html"] {
        let run = repository.run(&["check", "--format", format]);
        run.ends(1, &[expected, "bare-pod"], &[]);
    }

    // Each document is modest, and all of the file together is not.
    let document = |index: usize| {
        let name = "b".repeat(10_000);
        let values = "*n, ".repeat(100);
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a{index}, annotations: {{a: &n {name}}}}}\n\
             data: {{a: [{values}]}}\n"
        )
    };
    let text: String = (0..30).map(document).collect();
    let repository = Repository::new(&[("a.yaml", &text), ("b.yaml", POD)]);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(1, &[expected, "b.yaml:3:18: note[bare-pod] "], &[]);
    let refused = run.stdout.matches(expected).count();
    assert_eq!(refused, 22, "{run:?}");
}

#[test]
fn a_reason_does_not_multiply() {
    let reason = "because ".repeat(1_000);
    let text = deployment("web", many(1_000)).replace(
        "{name: web}\n",
        &format!("{{name: web, annotations: {{lameduck.dev/ignore: \"missing-resources -- {reason}\"}}}}\n"),
    );
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check", "--format=json"]);
    assert!(run.stdout.len() < 6 << 20, "{} bytes", run.stdout.len());
}

#[test]
fn not_every_finding_is_listed_and_every_one_counts() {
    const COUNT: usize = 3_000;
    let text = deployment("web", many(COUNT));
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = |arguments: &[&str]| {
        let select = ["check", "--select=missing-resources"];
        repository.run(&[&select, arguments].concat())
    };
    let report = json(&run(&["--format=json"]));
    assert_eq!(report["findings"].as_array().unwrap().len(), 1_000);
    let unlisted = serde_json::json!([
        {"path": "a.yaml", "rule": "missing-resources", "count": COUNT - 1_000},
    ]);
    assert_eq!(report["unlisted"], unlisted);
    let summary = &report["summary"];
    let counted = ["errors", "warnings", "notes"].map(|key| summary[key].as_u64().unwrap());
    assert_eq!(counted.iter().sum::<u64>(), COUNT as u64);

    let said = "a.yaml: not listed: 2000 more findings of missing-resources";
    for format in ["full", "concise", "github", "html"] {
        let run = run(&["--format", format]);
        assert!(run.stdout.contains(said), "{format}: {}", run.stderr);
    }
    let log = json(&run(&["--format=sarif"]));
    let log = &log["runs"][0];
    assert_eq!(log["results"].as_array().unwrap().len(), 1_000);
    let notices = &log["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notices[0]["message"]["text"], said);
    let issues = json(&run(&["--format=gitlab"]));
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), 1_001);
    let said = "2000 more findings of missing-resources in this file, not listed";
    assert_eq!(issues[1_000]["description"], said);
    let tests = run(&["--format=junit"]).stdout;
    assert!(tests.contains("tests=\"1001\"") && tests.contains(said));
    let comment = run(&["--format=markdown"]).stdout;
    assert!(comment.contains("findings are not listed"), "{comment}");

    let run = run(&["--write-baseline=base.json", "--format=concise"]);
    run.ends(0, &["3000 suppressed"], &["base.json lists 3000 findings"]);
    let run = repository.run(&[
        "check",
        "--select=missing-resources",
        "--baseline=base.json",
        "--fail-on=note",
    ]);
    run.ends(0, &["3000 suppressed"], &[]);
}

#[test]
fn a_large_baseline_takes_little_memory() {
    let repository = Repository::new(&[("a.yaml", POD)]);
    let mut text = "{\n  \"version\": 1,\n  \"findings\": [".to_owned();
    let mut index = 0_u64;
    while text.len() < 24 << 20 {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}\n    {{\"path\":\"k8s/team-{}/app-{}.yaml\",\"resource\":\"Deployment shop/app-{index}\",\
             \"container\":\"app\",\"rule\":\"missing-prestop\",\"message\":\"container `app` has no preStop \
             hook: requests fail while it stops\",\"fingerprint\":\"{index:016x}\"}}",
            index % 50,
            index % 5_000,
        );
        index += 1;
    }
    text.push_str("\n  ]\n}\n");
    repository.write("base.json", &text);
    // What the run takes without it, and 250 MB: each thread reserves 64 MB, when it first asks for any.
    let limit = |kib: u32| format!("ulimit -v {kib} 2>/dev/null || :\nexec \"$@\"");
    let arguments = ["check", "--baseline=base.json", "--jobs=1", "a.yaml"];
    let least = (8..40).map(|step| step * 16_384).find(|kib| {
        let mut command = std::process::Command::new("bash");
        let binary = assert_cmd::cargo::cargo_bin!("lameduck");
        command.args(["-c", &limit(*kib), "bash"]).arg(binary);
        command.args(["check", "--jobs=1", "a.yaml"]);
        command.current_dir(repository.path("."));
        command
            .output()
            .is_ok_and(|run| run.status.code() == Some(0))
    });
    let Some(least) = least else {
        eprintln!("skipped: the memory of a run cannot be limited here");
        return;
    };
    let run = repository.script(&limit(least + 250_000), &arguments, Stdio::null());
    run.ends(0, &["bare-pod"], &[]);
}

#[test]
fn a_run_reads_so_much_and_no_more() {
    let repository = Repository::new(&[("a.yaml", POD), ("k8s/b.yaml", POD)]);
    for (bound, expected) in [
        (
            "--max-files=1",
            "error: there are more than 1 files to read: name fewer paths",
        ),
        (
            "--max-total-size=300",
            "error: the files to read hold more than 300 bytes: name fewer paths",
        ),
    ] {
        for path in [".", "a.yaml"] {
            let run = repository.run(&["check", bound, path]);
            run.ends(2, &[], &[expected, bound.split('=').next().unwrap()]);
        }
    }
    let run = repository.run(&["check", "--max-files=2", "--max-total-size=4Ki"]);
    run.ends(0, &["2 notes in 2 of 2 files"], &[]);
    let run = repository.run(&["check", "--max-total-size=0"]);
    run.ends(2, &[], &["expected a size such as 4Gi, found `0`"]);
}

#[test]
fn a_run_takes_so_much_time_and_memory_and_no_more() {
    let documents: Vec<String> = (0..4_000)
        .map(|index| POD.replace("{name: a}", &format!("{{name: a{index}}}")))
        .collect();
    let repository = Repository::new(&[("a.yaml", &documents.join("---\n"))]);
    for (bound, what) in [
        ("--max-cpu-time=1ms", "far more processor time than"),
        ("--max-memory=1Mi", "more than 1.0 MiB of memory for"),
    ] {
        let flag = bound.split('=').next().unwrap();
        // Nothing unfinished is left of a report that was to become a file.
        let run = repository.run(&["check", bound, "--format=json=report.json"]);
        run.ends(2, &[], &["error: the run took ", what, flag]);
        let left = std::fs::read_dir(repository.path(".")).unwrap();
        let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(
            left.collect::<BTreeSet<_>>(),
            BTreeSet::from([".git", "a.yaml"].map(str::to_owned))
        );
    }
    let run = repository.run(&["check", "--max-cpu-time=10m", "--max-memory=4Gi"]);
    run.ends(0, &["4000 notes in 1 of 1 file"], &[]);
}

#[test]
fn flags_take_more_than_the_configuration_may() {
    let repository = Repository::new(&[("r/a.yaml", POD), ("b/b.yaml", POD)]);
    std::fs::create_dir(repository.path("r/.git")).unwrap();
    std::fs::remove_dir(repository.path(".git")).unwrap();
    repository.sparse("r/large.yaml", 33 << 20);
    let run = repository.script("cd r; exec \"$@\"", &["check"], Stdio::null());
    run.ends(
        0,
        &["1 note in 1 of 1 file"],
        &["large.yaml: ", "larger than 32 MiB"],
    );
    let arguments = ["check", "--max-file-size=64Mi"];
    let run = repository.script("cd r; exec \"$@\"", &arguments, Stdio::null());
    run.ends(0, &["1 file that is not UTF-8: large.yaml"], &[]);
    let arguments = ["check", "--context=../none"];
    let run = repository.script("cd r; exec \"$@\"", &arguments, Stdio::null());
    run.ends(2, &[], &["error: ../none: no such file or directory"]);
    let run = repository.script(
        "cd r; exec \"$@\"",
        &["check", "--context=../b/b.yaml"],
        Stdio::null(),
    );
    run.ends(2, &[], &["error: --context: ../b/b.yaml is not a folder"]);
}

/// What is fixed is no less than without bounds.
#[test]
fn fixing_goes_beyond_what_is_listed() {
    let fixable = FIXABLE.replace("immutable: true\nimmutable: true\n", "data: {}\ndata: {}\n");
    let documents: Vec<String> = (0..1_200)
        .map(|index| {
            format!(
                "---\n{}",
                fixable.replace("{name: a}", &format!("{{name: a{index}}}"))
            )
        })
        .collect();
    let documents = documents.concat();
    let repository = Repository::new(&[("a.yaml", &documents)]);
    let run = repository.run(&["check", "--fix", "--format=concise"]);
    run.ends(0, &["No findings"], &["applied 1200 fixes in 1 file"]);
}

#[test]
fn standard_error_has_an_end() {
    let keys: Vec<String> = (0..5_000).map(|index| format!("key{index}: a\n")).collect();
    let keys = keys.concat();
    let repository = Repository::new(&[("lameduck.yaml", &keys), ("a.yaml", POD)]);
    let run = repository.run(&["check"]);
    run.ends(2, &[], &["error: 4000 more, which are not listed\n"]);
    assert_eq!(run.stderr.lines().count(), 1_001);
}
