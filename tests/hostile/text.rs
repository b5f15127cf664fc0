//! Text of manifests that means something to a terminal or to the runner of a CI job.

use super::{POD, Repository};

/// Whatever a terminal or a runner would obey in a report. `github` is ours to command.
pub(crate) fn obeyed(report: &str, format: &str) -> Option<String> {
    let hidden = |char: &char| {
        char.is_control() && !matches!(char, '\n' | '\t')
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(char) = report.chars().find(hidden) {
        return Some(format!("{char:?}"));
    }
    let lower = report.to_lowercase();
    for marker in ["##[", "##vso[", "##teamcity["] {
        if lower.contains(marker) {
            return Some(marker.to_owned());
        }
    }
    let is_ours = |line: &str| {
        let commands = ["::error file=", "::warning file=", "::notice file="];
        format == "github" && commands.iter().any(|it| line.starts_with(it))
    };
    report
        .lines()
        .find(|line| line.trim_start().starts_with("::") && !is_ours(line))
        .map(str::to_owned)
}

/// In keys, values, block scalars, comments and names.
fn manifest(raw: &str, escaped: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment # {raw}
metadata:
  name: \"{escaped}\"
  annotations:
    lameduck.dev/attest.tracing: \"{escaped}\"
    lameduck.dev/ignore: \"{escaped}\"
spec:
  replicas: \"{escaped}\"
  strategy: {{type: \"{escaped}\"}}
  # lameduck: ignore[{raw}] {raw}
  selector: {{matchLabels: {{app: a}}}}
  template:
    metadata: {{labels: {{app: a}}}}
    spec:
      \"{escaped}\": 1
      containers:
        - name: \"{escaped}\"
          image: \"{escaped}\" # {raw}
          ports: [{{containerPort: 80, name: \"{escaped}\"}}]
          lifecycle:
            preStop:
              exec:
                command:
                  - sh
                  - -c
                  - |
                    sleep 5
                    {raw}
---
apiVersion: v1
kind: Service
metadata: {{name: a}}
spec: {{selector: {{app: a}}, ports: [{{port: 80, targetPort: \"{escaped}\"}}]}}
"
    )
}

#[test]
fn no_text_of_a_manifest_is_obeyed_in_any_report() {
    for (raw, escaped) in [
        ("::error::x", "x\\n::error::x\\r\\n ::add-mask::a b c"),
        ("##[error]x", "##[error]x\\n##[group]y"),
        (
            "##vso[task.complete]x",
            "a ##vso[task.setvariable variable=a]b",
        ),
        ("##teamcity[buildStop]", "##teamcity[buildStop]"),
        (
            "\u{202e}\u{2066}x\u{200b}",
            "\\e[31m\\e]0;x\\a\\u009b2J\\u202e\\u2066",
        ),
        ("x \u{9b}2J", "\\x7f\\b\\0\\v"),
    ] {
        let repository = Repository::new(&[("a.yaml", &manifest(raw, escaped))]);
        for format in lameduck::report::Format::ALL {
            let arguments = ["check", "--show-suppressed", "--format", format.as_str()];
            let run = repository.run(&arguments);
            assert_eq!(run.code, 1, "{run:?}");
            assert_eq!(obeyed(&run.stdout, format.as_str()), None, "{run:?}");
            assert_eq!(obeyed(&run.stderr, ""), None, "{run:?}");
        }
        for arguments in [
            &["timeline"] as &[&str],
            &["timeline", "--format=svg"],
            &["timeline", "--format=json"],
            &["checklist"],
            &["checklist", "--format=markdown"],
            &["checklist", "--format=html"],
            &["checklist", "--format=json"],
            &["timeline", "--workload=\u{1b}[2J\n::error::x"],
            &["check", "--write-baseline=/dev/stdout", "--format=concise"],
        ] {
            let run = repository.run(arguments);
            assert!([0, 2].contains(&run.code), "{run:?}");
            assert_eq!(obeyed(&run.stdout, ""), None, "{arguments:?}: {run:?}");
            assert_eq!(obeyed(&run.stderr, ""), None, "{arguments:?}: {run:?}");
        }
    }
}

/// Whoever reads a report sees that something is there.
#[test]
fn what_is_not_obeyed_is_shown() {
    let text = manifest("##[error]x", "\\e[31m ##[error]y");
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check"]);
    run.ends(
        1,
        &["\\u{23}#[error]x", "\\u{1b}[31m \\u{23}#[error]y"],
        &[],
    );
    let run = repository.run(&["check", "--format=json"]);
    run.ends(1, &["\\u001b[31m \\u0023#[error]y"], &[]);
}

#[test]
fn what_nobody_sees_is_shown() {
    for (char, shown) in [
        ('\u{1bca0}', "\\u{1bca0}"),
        ('\u{13430}', "\\u{13430}"),
        ('\u{fffc}', "\\u{fffc}"),
        ('\u{2800}', "\\u{2800}"),
        ('\u{e000}', "\\u{e000}"),
        ('\u{10fffd}', "\\u{10fffd}"),
    ] {
        let pod = POD.replace("name: a}", &format!("name: \"a{char}b\"}}"));
        let repository = Repository::new(&[("a.yaml", &pod)]);
        for format in ["full", "html", "markdown", "junit"] {
            let run = repository.run(&["check", "--format", format]);
            assert!(run.stdout.contains(shown), "{format}: {run:?}");
            assert!(!run.stdout.contains(char), "{format}: {run:?}");
        }
    }
}

#[test]
fn a_checklist_mentions_nobody_and_links_nothing() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: \"@team www.example.com\"\n  \
                annotations:\n    lameduck.dev/attest.chaos-tests: \"@octocat, 2026-11-01, \
                https://example.com/x #12\"\nspec: {template: {spec: {containers: [{name: \"@a\", image: b}]}}}\n";
    let repository = Repository::new(&[("a.yaml", text)]);
    let run = repository.run(&["checklist", "--format=markdown", "--today=2026-11-26"]);
    for text in [
        "`@team`",
        "`www.example.com`",
        "`@octocat`",
        "`https://example.com/x`",
        "`#12`",
    ] {
        assert!(run.stdout.contains(text), "{text}: {}", run.stdout);
    }
}
