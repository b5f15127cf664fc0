use super::harness::{assert_faults, assert_rows, pod, workload};
use crate::kube::demands::cron;

#[test]
fn deployments() {
    assert_rows(
        |text| workload("Deployment", text),
        &[
            (
                "minReadySeconds: 600",
                "`progressDeadlineSeconds` 600 is not above",
            ),
            (
                "minReadySeconds: 10\nprogressDeadlineSeconds: 10",
                "is not above `minReadySeconds` 10",
            ),
            ("minReadySeconds: ${READY}\nprogressDeadlineSeconds: 0", ""),
            (
                "strategy: {type: Recreate, rollingUpdate: {}}",
                "`rollingUpdate` with the strategy Recreate",
            ),
            // What else is wrong with a strategy is `unsafe-rollout-strategy`'s.
            (
                "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}",
                "",
            ),
            ("strategy: {rollingUpdate: {maxSurge: 0}}", ""),
        ],
    );
    let never = workload("Deployment", "")
        .replace("    spec:\n", "    spec:\n      restartPolicy: Never\n");
    assert_faults(&never, &["`restartPolicy` Never in a Deployment"]);
    let empty = workload("ReplicaSet", "").replace("{matchLabels: {app: web}}", "{}");
    assert_faults(&empty, &["the `selector` of the ReplicaSet is empty"]);
}

#[test]
fn replication_controllers() {
    let controller = |spec: &str| {
        format!(
            "apiVersion: v1\nkind: ReplicationController\nmetadata: {{name: web}}\nspec: {spec}"
        )
    };
    let pod = "spec: {containers: [{name: app, image: app}]}";
    let fault = "neither a `selector` nor labels in its template";
    for (spec, expected) in [
        (format!("{{template: {{{pod}}}}}"), fault),
        (
            format!("{{selector: {{}}, template: {{metadata: {{labels: {{}}}}, {pod}}}}}"),
            fault,
        ),
        (
            format!("{{template: {{metadata: {{labels: {{app: web}}}}, {pod}}}}}"),
            "",
        ),
        (
            format!("{{template: {{metadata: {{labels: '${{LABELS}}'}}, {pod}}}}}"),
            "",
        ),
    ] {
        let expected: &[&str] = if expected.is_empty() {
            &[]
        } else {
            &[expected]
        };
        assert_faults(&controller(&spec), expected);
    }
}

#[test]
fn stateful_sets() {
    assert_rows(
        |text| workload("StatefulSet", text),
        &[
            ("revisionHistoryLimit: -1", ""),
            (
                "updateStrategy: {type: OnDelete, rollingUpdate: {}}",
                "with the strategy OnDelete",
            ),
            (
                "updateStrategy: {rollingUpdate: {partition: -1}}",
                "`partition` `-1` is negative",
            ),
            (
                "updateStrategy: {rollingUpdate: {maxUnavailable: 0}}",
                "of a StatefulSet is 0",
            ),
            ("serviceName: My_Svc", "is not a DNS label"),
            ("ordinals: {start: -1}", "is negative"),
            (
                "volumeClaimTemplates: [{apiVersion: v1alpha1, kind: Claim, metadata: {name: data}, \
                 spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]",
                "",
            ),
            (
                "volumeClaimTemplates: [{metadata: {name: data}}]",
                "has no `spec`",
            ),
            (
                "volumeClaimTemplates: [{metadata: {name: data}, \
                 spec: {resources: {requests: {storage: 1Gi}}}}]",
                "has no `accessModes`",
            ),
            (
                "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]",
                "does not say how much `storage`",
            ),
        ],
    );
    assert_faults(
        &workload("StatefulSet", "").replace("  name: web", "  name: db.main"),
        &["`db.main` is not a DNS label"],
    );
    let mounted = workload(
        "StatefulSet",
        "volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], \
         resources: {requests: {storage: 1Gi}}}}]",
    )
    .replace(
        "image: app}",
        "image: app, volumeMounts: [{name: data, mountPath: /data}]}",
    );
    assert_faults(&mounted, &[]);
}

#[test]
fn jobs() {
    assert_rows(
        |text| workload("Job", text),
        &[
            ("completionMode: Indexed", ""),
            (
                "completionMode: Indexed\nparallelism: 2",
                "without `completions`",
            ),
            (
                "backoffLimitPerIndex: 1",
                "without `completionMode: Indexed`",
            ),
            (
                "selector: {matchLabels: {a: b}}",
                "without `manualSelector: true`",
            ),
            ("manualSelector: true", "has no `selector`"),
            ("managedBy: me", "is not a name such as"),
            (
                "podFailurePolicy: {rules: [{action: Ignore}]}",
                "has neither exit codes nor conditions",
            ),
            (
                "podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [0]}}]}",
                "exit code 0",
            ),
            (
                "podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [2, 1]}}]}",
                "not in ascending order",
            ),
            (
                "podFailurePolicy: {rules: [{action: FailIndex, onPodConditions: [{type: A}]}]}",
                "FailIndex without",
            ),
        ],
    );
    let without = workload("Job", "").replace("      restartPolicy: Never\n", "");
    assert_faults(&without, &["a Job's pods have no `restartPolicy`"]);
    let long = workload("Job", "").replace("  name: web", &format!("  name: {}", "a".repeat(64)));
    assert_faults(&long, &["has 64 characters, more than 63"]);
}

#[test]
fn cron_jobs() {
    let cron = |text: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: web}}\nspec:\n  {text}\n  \
             jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: \
             [{{name: app, image: app}}]}}}}}}}}\n"
        )
    };
    assert_rows(
        cron,
        &[
            ("schedule: '0 3 * * *'", ""),
            ("schedule: ''", "has no `schedule`"),
            (
                "schedule: '0 24 * * *'",
                "schedule `0 24 * * *`: `24` in the hour",
            ),
            (
                "schedule: TZ=UTC 0 3 * * *",
                "a time zone in the `schedule`",
            ),
        ],
    );
    assert_rows(
        cron,
        &[
            ("schedule: '@daily'\n  timeZone: Europe/Berlin", ""),
            (
                "schedule: '@daily'\n  timeZone: Mars/Phobos",
                "is not a time zone",
            ),
            (
                "schedule: '@daily'\n  timeZone: Local",
                "is not a time zone",
            ),
            ("schedule: ${SCHEDULE}", ""),
        ],
    );
    let long =
        cron("schedule: '@daily'").replace("name: web}", &format!("name: {}}}", "a".repeat(53)));
    assert_faults(&long, &["has 53 characters, more than 52"]);
}

#[test]
fn schedules() {
    for good in [
        "* * * * *",
        "*/5 0-23/2 1,15 jan-DEC sun",
        "0 0 ? * MON-FRI",
        "5/10 * * * *",
        ",1 * * * *",
        "@hourly",
        "@every 1h30m",
        "@every 1.5h",
    ] {
        assert_eq!(cron::parse(good), Ok(()), "{good}");
    }
    for bad in [
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "*/0 * * * *",
        "5-1 * * * *",
        "1-2-3 * * * *",
        "*/1/2 * * * *",
        "a * * * *",
        "-1 * * * *",
        "@reboot",
        "@every soon",
        "@every 5",
    ] {
        assert!(cron::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn messages_are_short() {
    let text = pod("tolerations: [{}]\nvolumes: [{name: a, hostPath: {}}]\nhostname: a.b");
    let found = super::harness::faults(&text);
    assert_eq!(found.len(), 3, "{found:?}");
    for fault in found {
        let (_, message) = fault.split_once(": ").unwrap();
        assert!(
            message.ends_with(": the API server refuses it"),
            "{message}"
        );
        assert!(message.len() <= 90, "{message}");
    }
}

#[test]
fn knative_services() {
    let text = "\
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: web}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 60
      containerConcurrency: 5
      containers:
        - image: app
          stdin: false
          lifecycle: {preStop: {sleep: {seconds: 1}}}
          volumeMounts: [{name: injected, mountPath: /a}]
";
    assert_faults(
        text,
        &[
            "`terminationGracePeriodSeconds` in a Knative Service: its webhook refuses it",
            "`lifecycle` in a Knative Service",
        ],
    );
}
