//! `lameduck timeline`, from outside.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn lameduck(arguments: &str) -> Command {
    let mut command = Command::new(cargo_bin!("lameduck"));
    command
        .args(arguments.split_whitespace())
        .current_dir(ROOT)
        .env_remove("NO_COLOR")
        .env("LC_ALL", "C");
    command
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

fn json(arguments: &str) -> Value {
    serde_json::from_str(&stdout(&mut lameduck(arguments))).unwrap()
}

const FIXTURES: [&str; 4] = [
    "bad-service",
    "good-service",
    "classic-sidecar",
    "native-sidecar",
];

#[test]
fn the_fixtures() {
    for name in FIXTURES {
        let drawn = |options: &str| {
            let arguments = format!("timeline fixtures/{name}.yaml --mesh sidecar {options}");
            stdout(&mut lameduck(&arguments))
        };
        insta::assert_snapshot!(format!("{name}"), drawn(""));
        insta::assert_snapshot!(format!("{name}.json"), drawn("--format json"));
        insta::assert_snapshot!(format!("{name}.svg"), drawn("--format svg"));
    }
    insta::assert_snapshot!(
        "ascii",
        stdout(&mut lameduck(
            "timeline fixtures/native-sidecar.yaml --ascii"
        ))
    );
}

#[test]
fn helpers_leave_by_their_own_clocks() {
    let manifest = |name: &str, annotations: &str, extra: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata:\n      \
             labels: {{app: {name}}}\n      annotations: {{{annotations}}}\n    spec:\n      \
             terminationGracePeriodSeconds: 60\n      containers:\n        - name: app\n          \
             image: example.com/app:1.4.2\n          args: [serve, --shutdown-timeout=20s]\n          \
             lifecycle: {{preStop: {{sleep: {{seconds: 15}}}}}}\n{extra}"
        )
    };
    let proxy = |args: &str| {
        format!(
            "        - name: sql\n          image: x/cloud-sql-proxy:2.14.0\n          args: [{args}]\n"
        )
    };
    let all = [
        manifest(
            "linkerd",
            "linkerd.io/inject: enabled, \
             config.alpha.linkerd.io/proxy-wait-before-exit-seconds: '40'",
            "",
        ),
        manifest(
            "dapr",
            "dapr.io/enabled: 'true', dapr.io/block-shutdown-duration: 30s",
            "",
        ),
        manifest("at-once", "", &proxy("p:r:d")),
        manifest(
            "waits",
            "",
            &proxy("--max-sigterm-delay=35s, --min-sigterm-delay=5s, p:r:d"),
        ),
        manifest(
            "linkerd-native",
            "linkerd.io/inject: enabled, config.linkerd.io/proxy-enable-native-sidecar: 'true', \
             config.alpha.linkerd.io/proxy-wait-before-exit-seconds: '40'",
            "",
        ),
        manifest(
            "consul",
            "consul.hashicorp.com/connect-inject: 'true'",
            "      initContainers:\n        - name: sql\n          restartPolicy: Always\n          \
             image: x/cloud-sql-proxy:2.14.0\n          args: [--max-sigterm-delay=10s, p:r:d]\n",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all.yaml"), all.join("---\n")).unwrap();
    let mut command = lameduck("timeline all.yaml --no-config --ascii");
    insta::assert_snapshot!("helpers", stdout(command.current_dir(folder.path())));
}

#[test]
fn knative_makes_its_timeout_the_grace_period() {
    let manifest = |extra: &str| {
        format!(
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  \
             template:\n    spec:\n      containers:\n        - name: app\n          image: a/b:1\n          \
             args: [--shutdown-timeout=90s]\n{extra}"
        )
    };
    for (extra, sum) in [
        ("", "grace period 300s (default) >= 90s shutdown"),
        (
            "      timeoutSeconds: 60\n",
            "grace period 60s < 90s shutdown",
        ),
    ] {
        let output = lameduck("timeline - --no-context --format json")
            .write_stdin(manifest(extra))
            .output()
            .unwrap();
        let drawn: Value = serde_json::from_slice(&output.stdout).unwrap();
        let sums = sums(&drawn);
        assert!(sums.iter().any(|text| text.starts_with(sum)), "{sums:#?}");
    }
}

#[test]
fn the_recovery_time_objective_is_drawn() {
    let manifest = |annotations: &str, probe: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, annotations: \
             {{lameduck.dev/rto: 60s}}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
             metadata: {{labels: {{app: web}}, annotations: {{{annotations}}}}}\n    spec:\n      containers:\n        \
             - name: app\n          image: a/b:1\n{probe}"
        )
    };
    let probe = |failures: u32| {
        format!(
            "          startupProbe: {{httpGet: {{port: 80}}, initialDelaySeconds: 10, periodSeconds: 5, \
             failureThreshold: {failures}}}\n"
        )
    };
    for (annotations, probe, fit, text) in [
        (
            "",
            probe(8),
            "fits",
            "10s at the earliest, 50s at the latest",
        ),
        (
            "",
            probe(20),
            "exceeds",
            "10s at the earliest, 110s at the latest",
        ),
        (
            "lameduck.dev/startup-time: 30s",
            probe(20),
            "fits",
            "30s at the earliest (30s to start,",
        ),
        (
            "lameduck.dev/startup-time: 90s",
            String::new(),
            "exceeds",
            "90s at the earliest",
        ),
        (
            "",
            String::new(),
            "unknown",
            "0s at the earliest, without a limit on its start",
        ),
    ] {
        let output = lameduck("timeline - --no-context --format json")
            .write_stdin(manifest(annotations, &probe))
            .output()
            .unwrap();
        let drawn: Value = serde_json::from_slice(&output.stdout).unwrap();
        let startup = &drawn["timelines"][0]["startup"];
        let bars = startup["bars"].as_array().unwrap();
        let bar = bars
            .iter()
            .find(|bar| bar["what"] == "recovery time objective");
        assert!(bar.is_some(), "{bars:#?}");
        let verdicts = startup["verdicts"].as_array().unwrap();
        let verdict = verdicts.iter().find(|it| {
            let said = it["text"].as_str().unwrap();
            said.starts_with("recovery time objective 60s")
        });
        let verdict = verdict.unwrap();
        assert_eq!(verdict["fit"], fit, "{verdict}");
        assert!(
            verdict["text"].as_str().unwrap().contains(text),
            "{verdict}"
        );
    }
}

/// The sums of all verdicts: what stands before the first colon.
fn sums(timelines: &Value) -> Vec<String> {
    let all = timelines["timelines"].as_array().unwrap().iter();
    let clocks = all.flat_map(|timeline| [&timeline["startup"], &timeline["shutdown"]]);
    clocks
        .flat_map(|clock| clock["verdicts"].as_array().unwrap())
        .map(|verdict| verdict["text"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_numbers_are_those_of_the_rules() {
    let manifest = |grace: u64, sleep: u64, shutdown: &str, failures: u64| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  \
             minReadySeconds: 5\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
             metadata:\n      labels: {{app: web, sidecar.istio.io/inject: \"true\"}}\n      \
             annotations: {{sidecar.istio.io/nativeSidecar: \"false\"}}\n    spec:\n      \
             terminationGracePeriodSeconds: {grace}\n      containers:\n        - name: app\n          \
             image: a/b:1\n          args: [{shutdown:?}, \"--startup-delay=70s\"]\n          \
             ports: [{{containerPort: 8080}}]\n          \
             startupProbe: {{httpGet: {{port: 8080}}, failureThreshold: {failures}}}\n          \
             lifecycle: {{preStop: {{sleep: {{seconds: {sleep}}}}}}}\n"
        )
    };
    let mut spoken = 0;
    for (grace, sleep, shutdown, failures) in [
        (30, 15, "--shutdown-timeout=25s", 3),
        (20, 10, "serve", 90),
        (3600, 15, "--shutdown-timeout=2h", 60),
        (31, 30, "--graceful-timeout=0.5", 61),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("web.yaml");
        std::fs::write(&file, manifest(grace, sleep, shutdown, failures)).unwrap();
        let file = file.display();
        let sums = sums(&json(&format!("timeline {file} --format json")));
        let findings = json(&format!("check {file} --format json --no-config"));
        for finding in findings["findings"].as_array().unwrap() {
            let message = finding["message"].as_str().unwrap();
            let help = finding["help"].as_str().unwrap_or_default();
            let mut lines = help.lines();
            // The sum of a finding, in the words that both share.
            let sum = match finding["rule"].as_str().unwrap() {
                "insufficient-grace-period" => {
                    let line = lines.find_map(|line| Some(&line[line.find("grace period ")?..]));
                    line.unwrap()
                }
                "startup-exceeds-progress-deadline" => lines.next().unwrap(),
                "startup-probe-too-short" => lines.next().unwrap().split("; ").next().unwrap(),
                "sidecar-exits-before-app" => {
                    let leaves = message.split("the sidecar exits after ").nth(1).unwrap();
                    leaves.split(',').next().unwrap()
                }
                _ => continue,
            };
            spoken += 1;
            assert!(
                sums.iter().any(|text| text.contains(sum)),
                "{message}\n{sums:#?}"
            );
        }
    }
    assert!(spoken >= 8, "only {spoken} findings were compared");
}

#[test]
fn one_workload() {
    let drawn = |options: &str| stdout(&mut lameduck(&format!("timeline fixtures {options}")));
    let one = drawn("--workload deployment/good-service");
    assert!(one.contains("good-service") && !one.contains("bad-service"));
    assert_eq!(one, drawn("--workload good-service"));
    let two = drawn("--workload bad-service --workload good-service");
    assert!(two.contains("Deployment demo/good-service") && two.contains("Deployment demo/bad"));

    let missing = lameduck("timeline fixtures --workload Deployment/god-service")
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(missing.stderr).unwrap(),
        "error: --workload: no long-running workload `Deployment/god-service` in the named paths, \
         did you mean `Deployment/good-service`?\n"
    );
}

#[test]
fn what_is_no_long_running_workload_is_not_drawn() {
    let job =
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {}}}\n";
    let output = lameduck("timeline - --no-context")
        .write_stdin(job)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "note: no long-running workload found\n"
    );
}

#[test]
fn nothing_is_taken_for_known_that_is_not() {
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  \
        selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    \
        spec:\n      terminationGracePeriodSeconds: ${GRACE}\n      containers:\n        - name: app\n          image: a/b:1\n          \
        livenessProbe: {httpGet: {port: 80}, periodSeconds: \"${PERIOD}\"}\n          \
        lifecycle: {preStop: {exec: {command: [/stop]}}}\n";
    let run = lameduck("timeline -")
        .write_stdin(manifest)
        .output()
        .unwrap();
    insta::assert_snapshot!("unknown", String::from_utf8(run.stdout).unwrap());
}
