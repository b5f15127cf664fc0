//! What findings rest on and what they advise: the evidence they name, the severity that it allows, and
//! values that stand in the manifest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod real;
mod rendering;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use rendering::repository;
use serde_json::Value;

/// The findings of some files that lie in one repository.
fn findings(files: &[(&str, &str)], arguments: &[&str]) -> Vec<Value> {
    let folder = repository(files);
    run(folder.path(), arguments)
}

fn run(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = Command::cargo_bin("lameduck")
        .unwrap()
        .current_dir(folder)
        .args(["check", "--no-config", "--format", "json", "."])
        .args(arguments)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    report["findings"].as_array().unwrap().clone()
}

/// The findings of one rule in one file.
fn of<'f>(found: &'f [Value], rule: &str, path: &str) -> Vec<&'f Value> {
    let fits = |it: &&Value| it["rule"] == rule && it["path"] == path;
    found.iter().filter(fits).collect()
}

fn text<'f>(finding: &'f Value, key: &str) -> &'f str {
    finding[key].as_str().unwrap_or_default()
}

/// `path:line: message` of each related place.
fn related(finding: &Value) -> Vec<String> {
    let places = finding["related"].as_array().unwrap().iter();
    places
        .map(|place| {
            format!(
                "{}:{}: {}",
                text(place, "path"),
                place["location"]["start"]["line"],
                text(place, "message")
            )
        })
        .collect()
}

fn workload(kind: &str, name: &str, labels: &str, spec: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n{spec}  \
         selector: {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n    \
         spec:\n      containers:\n{container}"
    )
}

fn service(name: &str, labels: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  \
         selector: {{{labels}}}\n  ports: [{{port: 80, targetPort: 8080}}]\n"
    )
}

const APP: &str = "        - {name: app, image: \"registry.example/app:1\", ports: [{name: http, containerPort: 8080}]}\n";

fn deployment(name: &str, labels: &str, spec: &str) -> String {
    workload("Deployment", name, labels, spec, APP)
}

#[test]
fn nobody_is_told_to_double_what_keeps_its_own_data() {
    let of_images = |images: &[&str], spec: &str| {
        let containers: Vec<String> = images
            .iter()
            .map(|image| {
                let name = image.rsplit('/').next().unwrap().split(':').next().unwrap();
                format!("        - {{name: {name}, image: \"{image}\", ports: [{{containerPort: 8080}}]}}\n")
            })
            .collect();
        let spec = format!("  replicas: 1\n{spec}");
        let file = workload("Deployment", "app", "app: app", &spec, &containers.concat());
        let file = format!("{file}---\n{}", service("app", "app: app"));
        let found = findings(&[("a.yaml", &file)], &["--select", "single-replica"]);
        let finding = of(&found, "single-replica", "a.yaml")[0];
        (
            text(finding, "severity").to_owned(),
            text(finding, "help").contains("replicas: 2"),
        )
    };
    let note = ("note".to_owned(), false);
    for images in [
        &["rabbitmq:3.6.8-management", "kbudde/rabbitmq-exporter:1"][..],
        &["examples-bookinfo-mongodb:1.5.0"],
        &["weaveworksdemos/catalogue-db:0.3.0"],
        &["confluentinc/cp-kafka:7.6.0"],
        &["jaegertracing/all-in-one:1"],
        &["openzipkin/zipkin:3"],
        &["grafana/tempo:2"],
        &["getmeili/meilisearch:v1.5"],
        &["documentdb-local:pg17-0.1.0"],
        &["grafana/grafana:11.0.0"],
        &["selenium/hub:4.0"],
        &["longhornio/nfs-backupstore:1"],
    ] {
        assert_eq!(of_images(images, ""), note, "{images:?}");
    }
    let warning = ("warning".to_owned(), true);
    for images in [
        &["registry.example/orders-with-jaeger:1"][..],
        &["provectuslabs/kafka-ui:1"],
        &["openzipkin/zipkin-collector:1"],
        &["registry.example/web:1"],
    ] {
        assert_eq!(of_images(images, ""), warning, "{images:?}");
    }
    // The strategy says that two must not run at once.
    let recreate = "  strategy: {type: Recreate}\n";
    assert_eq!(
        of_images(&["registry.example/shop-operator:1"], recreate),
        note
    );
    let (severity, _) = of_images(&["registry.example/shop-operator:1"], "");
    assert_eq!(severity, "note");
}

#[test]
fn data_on_the_pods_own_volume_is_not_doubled() {
    let of = |path: &str| {
        let container = format!(
            "        - {{name: app, image: \"registry.example/app:1\", ports: [{{containerPort: 8080}}], \
             volumeMounts: [{{name: v, mountPath: {path}}}]}}\n      volumes: [{{name: v, emptyDir: {{}}}}]\n"
        );
        let file = workload(
            "Deployment",
            "app",
            "app: app",
            "  replicas: 1\n",
            &container,
        );
        let file = format!("{file}---\n{}", service("app", "app: app"));
        let found = findings(&[("a.yaml", &file)], &["--select", "single-replica"]);
        text(&found[0], "severity").to_owned()
    };
    assert_eq!(of("/var/lib/app"), "note");
    assert_eq!(of("/srv/data"), "note");
    assert_eq!(of("/tmp"), "warning");
    assert_eq!(of("/var/cache"), "warning");
}

#[test]
fn a_second_replica_of_who_elects_a_leader_waits() {
    let container = "        - {name: manager, image: \"registry.example/app:1\", args: [--leader-elect], \
                     ports: [{name: http, containerPort: 8080}], readinessProbe: {httpGet: {path: /r, port: 8081}}}\n";
    let file = workload(
        "Deployment",
        "app",
        "app: app",
        "  replicas: 1\n",
        container,
    );
    let found = findings(
        &[("a.yaml", &file)],
        &["--select", "single-replica,missing-prestop"],
    );
    let finding = of(&found, "single-replica", "a.yaml")[0];
    assert_eq!(text(finding, "severity"), "note");
    assert!(
        text(finding, "message").contains("may take requests"),
        "{finding}"
    );
    assert!(
        text(finding, "help").contains("waits until the leader is gone"),
        "{finding}"
    );
    // Nobody waits for an answer of it.
    assert!(of(&found, "missing-prestop", "a.yaml").is_empty());
}

#[test]
fn a_load_generator_takes_no_requests() {
    let container = "        - {name: main, image: \"registry.example/loadgen:1\"}\n";
    let file = workload("Deployment", "loadgenerator", "app: load", "", container);
    let file = format!("{file}---\n{}", service("load", "app: load"));
    let found = findings(
        &[("a.yaml", &file)],
        &["--select", "single-replica,missing-prestop"],
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_control_plane_of_another_folder_makes_sidecars_native() {
    let app = deployment("app", "app: app", "").replace(
        "labels: {app: app}}\n    spec",
        "labels: {app: app, sidecar.istio.io/inject: \"true\"}}\n    spec",
    );
    let istiod = |value: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: istiod, namespace: istio-system}}\nspec:\n  \
             selector: {{matchLabels: {{app: istiod}}}}\n  template:\n    metadata: {{labels: {{app: istiod}}}}\n    \
             spec: {{containers: [{{name: discovery, image: \"istio/pilot:1.26.1\", env: \
             [{{name: ENABLE_NATIVE_SIDECARS, value: '{value}'}}]}}]}}\n"
        )
    };
    let count = |value: &str| {
        let files = [
            ("app/a.yaml", app.as_str()),
            ("istio/i.yaml", &istiod(value)),
        ];
        let select = [
            "--select",
            "missing-hold-application,sidecar-exits-before-app",
        ];
        of(
            &findings(&files, &select),
            "missing-hold-application",
            "app/a.yaml",
        )
        .len()
    };
    assert_eq!(count("true"), 0);
    assert_eq!(count("false"), 1);
}

#[test]
fn a_check_of_readiness_does_not_become_one_of_the_process_by_patience() {
    let of = |path: &str| {
        let probe = format!("{{httpGet: {{path: {path}, port: 8080}}}}");
        let container = format!(
            "        - {{name: app, image: \"registry.example/app:1\", ports: [{{name: http, containerPort: 8080}}], \
             livenessProbe: {probe}, readinessProbe: {probe}}}\n"
        );
        let file = workload("Deployment", "app", "app: app", "", &container);
        let found = findings(&[("a.yaml", &file)], &["--select", "identical-probes"]);
        (
            text(&found[0], "help").contains("failureThreshold"),
            found[0]["fix"].is_object(),
        )
    };
    assert_eq!(of("/ready"), (false, false));
    assert_eq!(of("/status"), (true, true));
    let parked = deployment("app", "app: app", "  replicas: 0\n").replace(
        "containerPort: 8080}]",
        "containerPort: 8080}], livenessProbe: {httpGet: {path: /, port: 8080}}, readinessProbe: {httpGet: {path: /, port: 8080}}",
    );
    assert!(findings(&[("a.yaml", &parked)], &["--select", "identical-probes"]).is_empty());
}

#[test]
fn a_service_with_pods_beside_it_is_no_evidence_elsewhere() {
    let select = ["--select", "missing-prestop,single-replica"];
    let both = format!(
        "{}---\n{}",
        deployment("face", "app: face", ""),
        service("face", "app: face")
    );
    let files = [
        ("one/a.yaml", both.as_str()),
        ("two/b.yaml", &deployment("face2", "app: face", "")),
    ];
    let found = findings(&files, &select);
    let finding = of(&found, "missing-prestop", "two/b.yaml")[0];
    assert_eq!(text(finding, "severity"), "note");
    assert_eq!(
        related(finding),
        ["two/b.yaml:10: declares port http, and no Service is in view next to it"]
    );
    // What selects nothing beside it may be for any of its namespace.
    let files = [
        ("services/a.yaml", service("face", "app: face")),
        ("pods/b.yaml", deployment("face", "app: face", "")),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    let found = findings(&files, &select);
    let finding = of(&found, "missing-prestop", "pods/b.yaml")[0];
    assert_eq!(text(finding, "severity"), "warning");
    assert_eq!(
        related(finding),
        ["services/a.yaml:3: requests come through this Service"]
    );
}

#[test]
fn the_route_of_the_same_file_is_the_evidence() {
    let all = format!(
        "{}---\n{}---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: shop}}\n\
         spec: {{defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}}}\n",
        deployment("web", "app: web", ""),
        service("web", "app: web")
    );
    let files = [("one.yaml", all.as_str()), ("two.yaml", all.as_str())];
    let found = findings(&files, &["--select", "missing-prestop"]);
    for path in ["one.yaml", "two.yaml"] {
        let places = related(of(&found, "missing-prestop", path)[0]);
        assert_eq!(places.len(), 2, "{places:?}");
        assert!(
            places.iter().all(|place| place.starts_with(path)),
            "{places:?}"
        );
    }
}

#[test]
fn files_of_a_directory_may_be_variants() {
    let alone = workload(
        "StatefulSet",
        "store",
        "app: store",
        "  replicas: 1\n  serviceName: store\n",
        APP,
    );
    let many = alone
        .replace("name: store,", "name: stores,")
        .replace("replicas: 1", "replicas: 4");
    let service = service("store", "app: store");
    let select = ["--select", "missing-pdb,missing-prestop,single-replica"];
    let files = [
        ("alone.yaml", alone.as_str()),
        ("many.yaml", &many),
        ("service.yaml", &service),
    ];
    let found = findings(&files, &select);
    // Nobody certainly takes over, and somebody may.
    assert!(of(&found, "missing-prestop", "alone.yaml").is_empty());
    assert!(of(&found, "single-replica", "alone.yaml").is_empty());
    let budget = of(&found, "missing-pdb", "many.yaml")[0];
    assert_eq!(
        text(budget, "message"),
        "4 replicas and no PodDisruptionBudget: a drain may evict all at once"
    );
    assert!(budget["fix"].is_null(), "{budget}");
    let kustomization = "resources: [alone.yaml, many.yaml, service.yaml]\n";
    let joined = [&files[..], &[("kustomization.yaml", kustomization)]].concat();
    let found = findings(&joined, &select);
    assert_eq!(of(&found, "missing-prestop", "alone.yaml").len(), 1);
    let budget = of(&found, "missing-pdb", "many.yaml")[0];
    assert!(
        text(budget, "detail").contains("share a selector"),
        "{budget}"
    );
}

#[test]
fn two_workloads_of_a_folder_answer_for_one_service_elsewhere() {
    let first = deployment("frontend", "app: frontend", "");
    let second = deployment("frontend-v2", "app: frontend", "");
    let copy = deployment("frontend", "app: frontend", "");
    let service = service("frontend", "app: frontend");
    let files = [
        ("canary/a.yaml", first.as_str()),
        ("canary/b.yaml", &second),
        ("app/a.yaml", &copy),
        ("app/service.yaml", &service),
    ];
    let found = findings(&files, &["--select", "single-replica"]);
    assert_eq!(of(&found, "single-replica", "app/a.yaml").len(), 1);
    assert!(
        of(&found, "single-replica", "canary/a.yaml").is_empty(),
        "{found:?}"
    );
    assert!(of(&found, "single-replica", "canary/b.yaml").is_empty());
}

#[test]
fn what_an_overlay_switches_on_may_take_requests() {
    let off = format!(
        "{}---\n{}",
        deployment("web", "app: web", "  replicas: 0\n"),
        service("web", "app: web")
    );
    let files = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", off.as_str()),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nreplicas: [{name: web, count: 1}]\n",
        ),
    ];
    let found = findings(&files, &["--select", "missing-prestop"]);
    let finding = of(&found, "missing-prestop", "base/web.yaml")[0];
    assert_eq!(text(finding, "severity"), "note");
    assert!(
        text(finding, "message").contains("may take requests"),
        "{finding}"
    );
}

#[test]
fn a_budget_that_selects_nothing_blocks_nothing() {
    let budget = |namespace: &str| {
        format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web{namespace}}}\nspec:\n  \
             maxUnavailable: 0\n  selector: {{matchLabels: {{app: other}}}}\n"
        )
    };
    let select = ["--select", "pdb-blocks-eviction,pdb-selects-nothing"];
    let rules = |namespace: &str| -> Vec<String> {
        let file = format!(
            "{}---\n{}",
            deployment("web", "app: web", ""),
            budget(namespace)
        );
        let found = findings(&[("a.yaml", &file)], &select);
        let said = found
            .iter()
            .map(|it| format!("{} {}", text(it, "severity"), text(it, "rule")));
        said.collect()
    };
    assert_eq!(rules(", namespace: shop"), ["warning pdb-selects-nothing"]);
    // Whose namespace it is nobody says.
    assert_eq!(rules(""), ["note pdb-selects-nothing"]);
    let alone = findings(&[("a.yaml", &budget(""))], &select);
    assert_eq!(text(&alone[0], "rule"), "pdb-blocks-eviction");
    let beta = budget("")
        .replace("policy/v1\n", "policy/v1beta1\n")
        .replace("{matchLabels: {app: other}}", "{}");
    let found = findings(&[("a.yaml", &beta)], &select);
    assert!(!text(&found[0], "help").contains("{} selects"), "{found:?}");
}

#[test]
fn the_least_number_of_pods_that_allows_an_eviction_is_named() {
    let file = format!(
        "{}---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web, namespace: shop}}\nspec:\n  \
         minAvailable: 80%\n  selector: {{matchLabels: {{app: web}}}}\n---\napiVersion: autoscaling/v2\n\
         kind: HorizontalPodAutoscaler\nmetadata: {{name: web, namespace: shop}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  minReplicas: 1\n  maxReplicas: 10\n",
        deployment("web", "app: web", "")
    );
    let found = findings(&[("a.yaml", &file)], &["--select", "pdb-blocks-eviction"]);
    assert!(
        text(&found[0], "help").contains("raise minReplicas until 5 pods run"),
        "{found:?}"
    );
}

#[test]
fn the_root_of_a_split_needs_no_pods() {
    let apex = service("web-apex", "app: web-apex");
    let split = "apiVersion: split.smi-spec.io/v1alpha2\nkind: TrafficSplit\nmetadata: {name: web, namespace: shop}\n\
                 spec:\n  service: web-apex\n  backends: [{service: web, weight: 100}]\n";
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web, namespace: shop}\n\
                 spec:\n  parentRefs: [{kind: Service, group: \"\", name: web-apex, port: 80}]\n  \
                 rules: [{backendRefs: [{name: web, port: 80}]}]\n";
    let web = format!(
        "{}---\n{}",
        deployment("web", "app: web", ""),
        service("web", "app: web")
    );
    for (routed, expected) in [(split, 0), (route, 0), ("", 1)] {
        let files = [
            ("web.yaml", web.as_str()),
            ("apex.yaml", &apex),
            ("split.yaml", routed),
        ];
        let found = findings(&files, &["--select", "dangling-service"]);
        assert_eq!(found.len(), expected, "{found:?}");
    }
}

#[test]
fn a_log_that_a_probe_reads_is_kept() {
    let of = |probe: &str| {
        let container = format!(
            "        - name: app\n          image: registry.example/app:1\n          \
             command: [bash, -c, \"/srv/run 2>&1 | tee /var/log/app.log\"]\n{probe}"
        );
        let file = workload("Deployment", "app", "app: app", "", &container);
        let found = findings(&[("a.yaml", &file)], &["--select", "signal-not-forwarded"]);
        text(&found[0], "help").to_owned()
    };
    let reads =
        "          livenessProbe: {exec: {command: [sh, -c, 'grep up /var/log/app.log']}}\n";
    let help = of(reads);
    assert!(help.contains("> >(tee /var/log/app.log)"), "{help}");
    assert!(!help.contains("without the pipe"), "{help}");
    assert!(of("").contains("without the pipe"));
}

#[test]
fn a_comment_says_what_is_missing_on_purpose() {
    let file = |comment: &str| {
        let container =
            format!("{APP}      # {comment}\n      terminationGracePeriodSeconds: 300\n");
        let app = workload(
            "Deployment",
            "web",
            "app: web",
            "  replicas: 2\n",
            &container,
        );
        format!("{app}---\n{}", service("web", "app: web"))
    };
    let of = |comment: &str| {
        let found = findings(
            &[("a.yaml", &file(comment))],
            &["--select", "missing-prestop"],
        );
        (
            text(&found[0], "severity").to_owned(),
            found[0]["fix"].is_null(),
        )
    };
    let explained = ("note".to_owned(), true);
    assert_eq!(
        of("No pre-stop hook is required, SIGTERM is all that it takes."),
        explained
    );
    assert_eq!(
        of("It keeps answering as a lame duck after SIGTERM."),
        explained
    );
    let open = ("warning".to_owned(), false);
    assert_eq!(
        of("Without a preStop hook or drain logic it loses requests."),
        open
    );
    assert_eq!(of("TODO: preStop hook needed"), open);
}

#[test]
fn one_node_cannot_hold_what_is_spread_for_certain() {
    let of = |constraint: &str| {
        let container = format!("{APP}      topologySpreadConstraints: [{{{constraint}}}]\n");
        let file = workload(
            "Deployment",
            "web",
            "app: web",
            "  replicas: 2\n",
            &container,
        );
        let found = findings(&[("a.yaml", &file)], &["--select", "missing-pdb"]);
        text(&found[0], "message").contains("drains of several nodes")
    };
    let hostname =
        "maxSkew: 1, topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}";
    assert!(of(&format!("{hostname}, whenUnsatisfiable: DoNotSchedule")));
    assert!(!of(&format!(
        "{hostname}, whenUnsatisfiable: ScheduleAnyway"
    )));
    let other = hostname.replace("app: web", "app: api");
    assert!(!of(&format!("{other}, whenUnsatisfiable: DoNotSchedule")));
}

#[test]
fn members_that_hold_data_are_not_evicted_while_they_are_not_ready() {
    let claims = "  volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], \
                  resources: {requests: {storage: 1Gi}}}}]\n";
    let of = |claims: &str| {
        let spec = format!("  replicas: 3\n  serviceName: web\n{claims}");
        let set = workload("StatefulSet", "web", "app: web", &spec, APP);
        let found = findings(&[("a.yaml", &set)], &["--select", "missing-pdb"]);
        let advised = text(&found[0], "help").contains("AlwaysAllow");
        let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: shop}\n\
                      spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}\n";
        let file = format!("{set}---\n{budget}");
        let select = ["--select", "blocked-by-unhealthy-pods"];
        (advised, !findings(&[("a.yaml", &file)], &select).is_empty())
    };
    assert_eq!(of(""), (true, true));
    assert_eq!(of(claims), (false, false));
}

#[test]
fn a_part_lacks_what_the_whole_has() {
    let patch = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: speaker}\nspec:\n  template:\n    \
                 metadata: {labels: {app: speaker}}\n    spec:\n      containers:\n        \
                 - {name: frr, image: \"registry.example/frr:1\"}\n        - {name: speaker, args: [--frr]}\n";
    let image = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: manager}\nspec:\n  template:\n    \
                 spec:\n      containers:\n        - {name: manager, image: \"registry.example/manager:1\"}\n";
    let found = findings(
        &[
            ("config/speaker-patch.yaml", patch),
            ("config/image_patch.yaml", image),
        ],
        &[],
    );
    assert!(found.is_empty(), "{found:?}");
    let found = findings(
        &[
            ("deploy/speaker.yaml", patch),
            ("deploy/manager.yaml", image),
        ],
        &[],
    );
    assert_eq!(
        of(&found, "selector-mismatch", "deploy/speaker.yaml").len(),
        1
    );
    assert_eq!(
        of(&found, "selector-mismatch", "deploy/manager.yaml").len(),
        1
    );
}

/// Values that the documentation of Kubernetes gives to what is left out, and what tools answer on.
const DOCUMENTED: [&str; 1] = ["/"];

/// What a text writes into fields that only the author of a manifest can fill.
fn values(text: &str) -> Vec<&str> {
    const KEYS: [&str; 6] = [
        "path",
        "port",
        "targetPort",
        "containerPort",
        "service",
        "command",
    ];
    let lines = text.lines().map(|line| line.trim_start_matches([' ', '-']));
    let entries = lines.filter_map(|line| line.split_once(": "));
    entries
        .filter(|(key, _)| KEYS.contains(key))
        .flat_map(|(_, value)| value.split([',', '[', ']', '{', '}']))
        .map(|value| value.trim().trim_matches(['"', '\'']))
        .filter(|value| !value.is_empty() && !value.starts_with('<'))
        .collect()
}

#[test]
fn the_values_of_an_advice_are_found() {
    let text = "add:\nreadinessProbe:\n  httpGet:\n    path: /ready\n    port: <its port>\n  exec:\n    \
                command: [sh, \"-c\"]";
    assert_eq!(values(text), ["/ready", "sh", "-c"]);
}

/// The findings of a folder, and that each holds only what it may: no value that nobody wrote, and of
/// rules about requests a label that says where these come from.
fn hold_what_they_rest_on(folder: &Path) -> usize {
    const ABOUT_REQUESTS: [&str; 4] = [
        "missing-liveness-probe",
        "missing-prestop",
        "missing-readiness-probe",
        "single-replica",
    ];
    let found = run(folder, &["--pedantic"]);
    for finding in &found {
        let edits = finding["fix"]["edits"].as_array();
        let edits = edits.into_iter().flatten().map(|edit| text(edit, "text"));
        let paths = finding["related"].as_array().unwrap().iter();
        let paths = paths
            .map(|place| text(place, "path"))
            .chain([text(finding, "path")]);
        let files: String = paths
            .filter_map(|path| fs::read_to_string(folder.join(path)).ok())
            .collect();
        let advised = edits.chain([text(finding, "help")]);
        for value in advised.flat_map(values) {
            assert!(
                files.contains(value) || DOCUMENTED.contains(&value),
                "`{value}` stands nowhere: {finding:#}"
            );
        }
        if ABOUT_REQUESTS.contains(&text(finding, "rule")) {
            assert!(!related(finding).is_empty(), "no evidence: {finding:#}");
        }
    }
    found.len()
}

#[test]
fn workloads_get_no_invented_value() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workloads");
    assert!(hold_what_they_rest_on(&folder) > 100);
}

#[test]
fn real_manifests_get_no_invented_value() {
    let Some(folder) = real::corpus() else {
        return;
    };
    for repository in real::repositories(&folder) {
        hold_what_they_rest_on(&repository);
    }
}

#[test]
fn what_the_kubelet_grants_at_least_is_named() {
    let of = |grace: u32, hook: &str, rule: &str| {
        let container = format!(
            "        - name: app\n          image: registry.example/app:1\n          \
             ports: [{{name: http, containerPort: 8080}}]\n{hook}      terminationGracePeriodSeconds: {grace}\n"
        );
        let app = workload(
            "Deployment",
            "web",
            "app: web",
            "  replicas: 2\n",
            &container,
        );
        let file = format!("{app}---\n{}", service("web", "app: web"));
        let found = findings(&[("a.yaml", &file)], &["--select", rule]);
        text(of(&found, rule, "a.yaml")[0], "message").to_owned()
    };
    let hook = "          lifecycle: {preStop: {exec: {command: [/bin/drain]}}}\n";
    let without = of(0, "", "zero-grace-period");
    assert!(
        without.contains("gets 2s") && !without.contains("preStop"),
        "{without}"
    );
    let with = of(0, hook, "zero-grace-period");
    assert!(
        with.contains("gets 1s") && with.contains("SIGTERM 2s"),
        "{with}"
    );
    let sleep = "          lifecycle: {preStop: {exec: {command: [sleep, '30']}}}\n";
    let all = of(30, sleep, "prestop-exceeds-grace-period");
    assert!(all.contains("gets 2s after SIGTERM"), "{all}");
}

#[test]
fn a_startup_probe_asks_just_what_the_liveness_probe_asks() {
    let container = "        - name: app\n          image: registry.example/app:1\n          livenessProbe:\n            \
                     httpGet:\n              path: /live\n              port: 8080\n              \
                     httpHeaders: [{name: X-Probe, value: \"1\"}]\n            timeoutSeconds: 7\n";
    let app = workload(
        "Deployment",
        "web",
        "app: web",
        "  replicas: 2\n",
        container,
    );
    let file = format!("{app}---\n{}", service("web", "app: web"));
    let found = findings(&[("a.yaml", &file)], &["--select", "missing-startup-probe"]);
    let finding = &found[0];
    let fix = text(&finding["fix"]["edits"][0], "text");
    for advised in [text(finding, "help"), fix] {
        assert!(advised.contains("timeoutSeconds: 7"), "{advised}");
        assert!(advised.contains("X-Probe"), "{advised}");
        assert!(advised.contains("path: /live"), "{advised}");
    }
    let help = text(finding, "help");
    assert!(help.contains("= 20s; add a startup probe"), "{help}");
}

#[test]
fn datagrams_are_lost_and_not_refused() {
    let of = |protocol: &str| {
        let udp = service("web", "app: web")
            .replace("{port: 80,", &format!("{{port: 80, protocol: {protocol},"));
        let app = deployment("web", "app: web", "  replicas: 2\n");
        let found = findings(
            &[("a.yaml", &format!("{app}---\n{udp}"))],
            &["--select", "missing-prestop"],
        );
        text(&found[0], "severity").to_owned()
    };
    assert_eq!(of("UDP"), "note");
    assert_eq!(of("TCP"), "warning");
}

#[test]
fn a_generated_file_is_known_by_its_head() {
    let of = |head: &str| {
        let app = deployment("web", "app: web", "  replicas: 2\n");
        let file = format!("{head}{app}---\n{}", service("web", "app: web"));
        let found = findings(&[("a.yaml", &file)], &["--select", "missing-prestop"]);
        found[0]["fix"].is_null()
    };
    assert!(of("# GENERATED FILE. TO UPDATE, modify the templates.\n"));
    assert!(!of("# The shop's web server.\n"));
}

#[test]
fn ports_that_are_known_for_tls_are_asked_over_it() {
    let of = |port: &str| {
        let app =
            deployment("web", "app: web", "").replace("name: http, containerPort: 8080", port);
        let service = service("web", "app: web").replace("8080", port.rsplit(' ').next().unwrap());
        let found = findings(
            &[("a.yaml", &format!("{app}---\n{service}"))],
            &["--select", "missing-readiness-probe"],
        );
        text(&found[0], "help").contains("scheme: HTTPS")
    };
    assert!(of("containerPort: 9443"));
    assert!(!of("containerPort: 8080"));
}

/// The help of the only finding of a rule.
fn help_of(rule: &str, file: &str) -> String {
    let found = findings(&[("a.yaml", file)], &["--select", rule]);
    let found = of(&found, rule, "a.yaml");
    assert_eq!(found.len(), 1, "{rule}: {found:?}");
    text(found[0], "help").to_owned()
}

#[test]
fn a_route_is_moved_up_only_where_it_is_the_more_specific_one() {
    let routes = |first: &str, second: &str| {
        let file = format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a, namespace: shop}}\n\
             spec:\n  hosts: [a]\n  http:\n    - {first}\n    - {second}\n"
        );
        help_of("unreachable-route", &file)
    };
    let to = |subset: &str, weight: &str| {
        format!("route: [{{destination: {{host: a, subset: {subset}}}{weight}}}]")
    };
    let split = routes(
        &format!("{{{}}}", to("one", ", weight: 55")),
        &format!("{{{}}}", to("two", ", weight: 45")),
    );
    for part in [
        "one `route` list",
        "subset: one",
        "weight: 55",
        "subset: two",
        "weight: 45",
    ] {
        assert!(split.contains(part), "{split}");
    }
    let alike = routes(
        &format!("{{{}}}", to("one", "")),
        &format!("{{{}}}", to("two", "")),
    );
    assert!(
        alike.contains("give the first one a `match`, or delete this one"),
        "{alike}"
    );
    let differs = routes(
        &format!("{{timeout: 5s, {}}}", to("one", ", weight: 55")),
        &format!("{{{}}}", to("two", ", weight: 45")),
    );
    assert!(
        differs.contains("give the first one a `match`"),
        "{differs}"
    );
    let matching = |path: &str| {
        format!(
            "{{match: [{{uri: {{prefix: {path}}}}}], {}}}",
            to("one", "")
        )
    };
    let narrower = routes(&matching("/a"), &matching("/a/b"));
    assert!(
        narrower.contains("move the more specific one up"),
        "{narrower}"
    );
    let same = routes(&matching("/a"), &matching("/a"));
    assert!(
        same.contains("another `match`, or delete this one"),
        "{same}"
    );
}

#[test]
fn what_hardly_changes_is_refused_and_not_overwritten() {
    let message = |object: &str| {
        let other = object.replace("{name: a}", "{name: a, labels: {b: c}}");
        let file = format!("{object}---\n{other}");
        let found = findings(&[("a.yaml", &file)], &["--select", "duplicate-object"]);
        text(of(&found, "duplicate-object", "a.yaml")[0], "message").to_owned()
    };
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n";
    let map = |more: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{more}data: {{a: b}}\n")
    };
    assert!(message(pod).contains("may refuse the later one"));
    assert!(message(&map("immutable: true\n")).contains("may refuse the later one"));
    assert!(message(&map("")).contains("the one applied last counts"));
}

#[test]
fn a_new_destination_rule_stands_beside_its_service_and_invents_no_limit() {
    let file = format!(
        "{}---\n{}",
        deployment(
            "web",
            "app: web, sidecar.istio.io/inject: \"true\"",
            "  replicas: 2\n"
        ),
        service("web", "app: web")
    );
    let help = help_of("missing-circuit-breaker", &file);
    assert!(help.contains("namespace: shop"), "{help}");
    assert!(help.contains("http1MaxPendingRequests: <limit>"), "{help}");
}

#[test]
fn a_missing_gateway_is_not_the_only_one() {
    let file = |others: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: out, namespace: shop}}\n\
             spec: {{servers: [{{port: {{number: 80, name: http, protocol: HTTP}}, hosts: [\"*\"]}}]}}\n---\n\
             apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a, namespace: shop}}\n\
             spec: {{hosts: [a.example.com], gateways: [egress{others}], \
             http: [{{route: [{{destination: {{host: a.example.com}}}}]}}]}}\n"
        )
    };
    let message = |others: &str| {
        let found = findings(
            &[("a.yaml", &file(others))],
            &["--select", "unresolved-destination"],
        );
        text(of(&found, "unresolved-destination", "a.yaml")[0], "message").to_owned()
    };
    assert!(message("").ends_with("no gateway takes its routes"));
    assert!(message(", mesh").ends_with("only `mesh` takes its routes"));
    assert!(message(", mesh, out").ends_with("only the others take its routes"));
}

#[test]
fn a_controller_is_known_by_the_whole_name_of_its_image() {
    let help = |image: &str, args: &str| {
        let container = format!(
            "        - {{name: app, image: \"{image}\"{args}, ports: [{{name: http, containerPort: 8080}}]}}\n"
        );
        let file = workload(
            "Deployment",
            "app",
            "app: app",
            "  replicas: 1\n",
            &container,
        );
        let file = format!("{file}---\n{}", service("app", "app: app"));
        help_of("single-replica", &file)
    };
    for (image, args) in [
        ("registry.example/flagger-console:1.4.2", ""),
        ("registry.example/not-controller:1.4.2", ""),
        (
            "registry.example/linkerd-io/controller:1.4.2",
            ", args: [identity]",
        ),
    ] {
        assert!(help(image, args).contains("replicas: 2"), "{image}");
    }
    for image in [
        "registry.example/flagger:1.4.2",
        "registry.example/job-controller:1.4.2",
    ] {
        assert!(help(image, "").contains("election of a leader"), "{image}");
    }
}

#[test]
fn evidence_of_one_container_is_none_of_another() {
    let probes = "livenessProbe: {httpGet: {path: /, port: 1}}, readinessProbe: {httpGet: {path: /, port: 1}}";
    let containers = format!(
        "        - {{name: app, image: \"registry.example/app:1\", {probes}, ports: [{{name: secure, containerPort: 1}}]}}\n        \
         - {{name: scraper, image: \"registry.example/scraper:1\", readinessProbe: {{httpGet: {{path: /, port: 2}}}}, \
         ports: [{{name: http, containerPort: 2}}]}}\n"
    );
    let file = workload("Deployment", "app", "app: app", "", &containers);
    let found = findings(&[("a.yaml", &file)], &["--select", "identical-probes"]);
    let found = of(&found, "identical-probes", "a.yaml");
    assert_eq!(text(found[0], "severity"), "note");
    assert!(
        !related(found[0])
            .iter()
            .any(|it| it.contains("for clients")),
        "{found:?}"
    );
}

/// A workload of Istio's mesh whose annotations are given, as lines.
fn annotated(kind: &str, annotations: &[&str]) -> String {
    let lines: Vec<String> = annotations
        .iter()
        .map(|line| format!("        {line}\n"))
        .collect();
    let (head, selector) = match kind {
        "Job" => ("batch/v1", ""),
        _ => ("apps/v1", "  selector: {matchLabels: {app: web}}\n"),
    };
    format!(
        "apiVersion: {head}\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n{selector}  template:\n    \
         metadata:\n      labels: {{app: web}}\n      annotations:\n{}    spec:\n      restartPolicy: {}\n      \
         containers:\n        - {{name: web, image: \"registry.example/web:1.4.2\"}}\n",
        lines.concat(),
        if kind == "Job" { "Never" } else { "Always" }
    )
}

#[test]
fn helps_for_annotations_fit_what_is_there() {
    let job = annotated("Job", &["sidecar.istio.io/inject: \"true\""]);
    let help = help_of("deprecated-inject-annotation", &job);
    let block = "metadata:\n  labels:\n    sidecar.istio.io/inject: \"true\"\n  annotations:\n    \
                 sidecar.istio.io/nativeSidecar: \"true\"";
    assert!(help.contains(block), "{help}");
    let hold = "sidecar.istio.io/holdApplicationUntilProxyStarts: \"true\"";
    let of = |config: &str| {
        let file = annotated("Deployment", &[config, hold]);
        help_of("ineffective-istio-annotation", &file)
    };
    let json = of("proxy.istio.io/config: '{\"concurrency\": 2}'");
    assert!(
        json.contains("\"holdApplicationUntilProxyStarts\": true"),
        "{json}"
    );
    let yaml = of("proxy.istio.io/config: 'concurrency: 2'");
    assert!(
        yaml.contains("\nholdApplicationUntilProxyStarts: true"),
        "{yaml}"
    );
    let service = service("web", "app: web");
    let waits = [
        "linkerd.io/inject: enabled",
        "lameduck.dev/shutdown-timeout: 20s",
    ];
    let linkerd = format!("{}---\n{service}", annotated("Deployment", &waits));
    let help = help_of("sidecar-exits-before-app", &linkerd);
    let block = "metadata:\n  annotations:\n    config.alpha.linkerd.io/proxy-wait-before-exit-seconds: \"20\"";
    assert!(help.contains(block), "{help}");
}

/// Which of two meshes' sidecars is there, nobody knows.
#[test]
fn where_two_meshes_inject_each_sidecar_is_a_note() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {istio-injection: enabled}\n  \
                     annotations: {linkerd.io/inject: enabled}\n";
    let of = |namespace: &str| {
        let app = deployment("web", "app: web", "");
        let file = format!("{namespace}---\n{app}---\n{}", service("web", "app: web"));
        let found = findings(
            &[("a.yaml", &file)],
            &[
                "--select",
                "sidecar-exits-before-app",
                "--shutdown-timeout",
                "20s",
            ],
        );
        let severities = found.iter().map(|it| text(it, "severity").to_owned());
        severities.collect::<Vec<_>>()
    };
    assert_eq!(of(namespace), ["note", "note"]);
    let istio = namespace.replace("linkerd.io/inject: enabled", "a: b");
    assert_ne!(of(&istio), ["note"]);
}

#[test]
fn a_budget_with_the_labels_of_another_is_corrected_instead_of_a_second_one() {
    const APP: &str = "        - {name: app, image: registry.example/app:1.4.2}\n";
    let gateway = |name: &str| {
        workload(
            "Deployment",
            name,
            &format!("app: {name}"),
            "  replicas: 2\n",
            APP,
        )
    };
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: ingress}\nspec:\n  \
                  maxUnavailable: 1\n  selector: {matchLabels: {app: ingress}}\n";
    let (ingress, egress) = (gateway("ingress"), gateway("egress"));
    let found = findings(
        &[
            ("ingress/deployment.yaml", &ingress),
            ("ingress/budget.yaml", budget),
            ("egress/deployment.yaml", &egress),
            ("egress/budget.yaml", budget),
        ],
        &["--select", "missing-pdb"],
    );
    let [finding] = of(&found, "missing-pdb", "egress/deployment.yaml")[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        text(finding, "help"),
        "let PodDisruptionBudget `ingress` select these pods, or add another one:\nspec:\n  selector:\n    \
         matchLabels:\n      app: egress"
    );
    assert_eq!(
        related(finding),
        [
            "egress/deployment.yaml:5: the replicas",
            "egress/budget.yaml:3: selects no pods here, by the same labels with other values"
        ]
    );
    assert_eq!(finding["fix"], Value::Null);
    assert_eq!(found.len(), 1);

    // A folder of budgets for workloads elsewhere is no copy.
    let found = findings(
        &[
            ("ingress/deployment.yaml", &ingress),
            ("egress/deployment.yaml", &egress),
            ("egress/budget.yaml", budget),
        ],
        &["--select", "missing-pdb"],
    );
    let [finding] = of(&found, "missing-pdb", "egress/deployment.yaml")[..] else {
        panic!("{found:?}");
    };
    assert!(
        text(finding, "help").starts_with("add a budget"),
        "{finding}"
    );
}

#[test]
fn a_match_for_some_requests_needs_a_route_for_the_others() {
    const FAULT: &str = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  \
                         hosts: [web]\n  http:\n    - fault: {abort: {httpStatus: 503, percentage: {value: 10}}}\n      \
                         route: [{destination: {host: web}}]\n";
    let help = |text: &str| {
        let found = findings(&[("routes.yaml", text)], &["--select", "unscoped-fault"]);
        text_of(&found)
    };
    assert!(help(FAULT).contains("add a copy of this route without `fault` and `match`"));
    let rest = format!("{FAULT}    - route: [{{destination: {{host: web}}}}]\n");
    assert!(help(&rest).starts_with("inject only into requests that ask for it:\n"));
}

/// The help of the only finding.
fn text_of(found: &[Value]) -> String {
    let [finding] = found else {
        panic!("{found:?}");
    };
    text(finding, "help").to_owned()
}

#[test]
fn a_conflict_names_what_both_rules_set() {
    let rule = |name: &str, policy: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec:\n  host: web\n  trafficPolicy: {policy}\n---\n"
        )
    };
    let help = |one: &str, other: &str| {
        let both = rule("one", one) + &rule("other", other);
        let found = findings(
            &[("rules.yaml", &both)],
            &["--select", "destination-rule-conflict"],
        );
        text_of(&found)
    };
    assert_eq!(
        help("{tls: {mode: DISABLE}}", "{tls: {mode: ISTIO_MUTUAL}}"),
        "both set `tls.mode`: keep the one that you mean"
    );
    assert_eq!(
        help("{tls: {mode: DISABLE}}", "{loadBalancer: {simple: RANDOM}}"),
        "put the settings of both into one DestinationRule for the host"
    );
}

#[test]
fn no_drain_takes_the_only_pod_that_a_budget_holds() {
    const APP: &str =
        "        - {name: app, image: registry.example/app:1.4.2, ports: [{containerPort: 80}]}\n";
    let app = workload("Deployment", "web", "app: web", "  replicas: 1\n", APP);
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec:\n  \
                   selector: {app: web}\n  ports: [{name: http, port: 80}]\n";
    let budget = "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: shop}\n\
                  spec:\n  minAvailable: 1\n  selector: {matchLabels: {app: web}}\n";
    let found = |text: &str| findings(&[("web.yaml", text)], &["--select", "single-replica"]);
    let free = found(&format!("{app}{service}"));
    assert_eq!(
        text(&free[0], "message"),
        "1 replica takes requests: a drain or crash leaves nobody to answer"
    );
    let held = found(&format!("{app}{service}{budget}"));
    assert_eq!(
        text(&held[0], "message"),
        "1 replica takes requests: a crash leaves nobody to answer"
    );
    assert_eq!(
        text_of(&held),
        "run at least 2 replicas, on different nodes:\nreplicas: 2"
    );
}

#[test]
fn the_command_that_becomes_the_application_is_named() {
    let help = |image: &str, script: &str| {
        let container = format!(
            "        - {{name: app, image: \"{image}\", command: [sh, -c, \"{script}\"], ports: [{{containerPort: 8080}}]}}\n"
        );
        help_of(
            "signal-not-forwarded",
            &workload("Deployment", "app", "app: app", "", &container),
        )
    };
    let last = help("debian:12", "prepare && /srv/app --port 80");
    assert!(last.contains("put `exec` before `/srv/app`"), "{last}");
    let su = help("debian:12", "prepare; su -c '/srv/app' app");
    assert!(su.contains("in place of `su`"), "{su}");
    let ended = help("debian:12", "/srv/app; echo ended");
    assert!(ended.contains("make the application the last"), "{ended}");
    let script = help("debian:12", "/srv/bin/start.sh");
    assert!(script.contains("that script has to start"), "{script}");
    let kept = help(
        "node:22-alpine",
        "cp /config/* /srv/ && npm install && npm start",
    );
    assert!(
        kept.contains("in place of the last command, `npm …`"),
        "{kept}"
    );
    assert!(!kept.contains("command:"), "{kept}");
    let alone = help("node:22-alpine", "npm start");
    assert!(alone.contains("command: [<runtime>, <script>]"), "{alone}");
}

#[test]
fn two_policies_are_joined_only_where_they_do_not_exclude_each_other() {
    let help = |one: &str, other: &str| {
        let rule = |name: &str, spec: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: {name}, namespace: shop}}\n\
                 spec: {{host: a, {spec}}}\n"
            )
        };
        let file = format!("{}---\n{}", rule("one", one), rule("other", other));
        help_of("destination-rule-conflict", &file)
    };
    let tls = |mode: &str| format!("trafficPolicy: {{tls: {{mode: {mode}}}}}");
    assert_eq!(
        help(&tls("DISABLE"), &tls("ISTIO_MUTUAL")),
        "both set `tls.mode`: keep the one that you mean"
    );
    let balanced = "trafficPolicy: {loadBalancer: {simple: RANDOM}}";
    assert_eq!(
        help(&tls("DISABLE"), balanced),
        "put the settings of both into one DestinationRule for the host"
    );
    let both = "trafficPolicy: {tls: {mode: SIMPLE}, loadBalancer: {simple: RANDOM}}";
    assert!(
        help(&tls("DISABLE"), both).ends_with("; both set `tls.mode`: keep the one that you mean")
    );
    let subset = |version: &str| format!("subsets: [{{name: a, labels: {{version: {version}}}}}]");
    assert!(help(&subset("a"), &subset("b")).ends_with("each subset once"));
}

#[test]
fn another_form_of_the_own_rule_defines_nothing_here() {
    let rule = |subset: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: a, namespace: shop}}\n\
             spec: {{host: a, subsets: [{{name: {subset}, labels: {{version: {subset}}}}}]}}\n"
        )
    };
    let route = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a, namespace: shop}\n\
                 spec: {hosts: [a], http: [{route: [{destination: {host: a, subset: canary}}]}]}\n";
    let own = format!("{}---\n{route}", rule("stable"));
    let found = findings(
        &[("a.yaml", &own), ("b.yaml", &rule("blue"))],
        &["--select", "unresolved-destination"],
    );
    let found = of(&found, "unresolved-destination", "a.yaml");
    assert_eq!(text(found[0], "help"), "defined are: stable");
}

#[test]
fn a_pasted_circuit_breaker_brings_no_demand_for_limits() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web, namespace: shop}\n\
                spec: {host: web, trafficPolicy: {loadBalancer: {simple: RANDOM}}}\n";
    let file = format!(
        "{}---\n{}---\n{rule}",
        deployment(
            "web",
            "app: web, sidecar.istio.io/inject: \"true\"",
            "  replicas: 2\n"
        ),
        service("web", "app: web")
    );
    let help = help_of("missing-circuit-breaker", &file);
    assert!(help.contains("http1MaxPendingRequests: <limit>"), "{help}");
    assert!(help.contains("maxEjectionPercent: 50"), "{help}");
}

#[test]
fn a_canary_has_its_own_guard() {
    let rollout = deployment(
        "web",
        "app: web, sidecar.istio.io/inject: \"true\"",
        "  replicas: 2\n",
    )
    .replace("apps/v1", "argoproj.io/v1alpha1")
    .replace("kind: Deployment", "kind: Rollout")
    .replace(
        "  replicas: 2\n",
        "  replicas: 2\n  strategy: {canary: {canaryService: canary, stableService: stable}}\n",
    );
    let file = format!(
        "{rollout}---\n{}---\n{}",
        service("canary", "app: web"),
        service("stable", "app: web")
    );
    let found = findings(
        &[("a.yaml", &file)],
        &["--select", "missing-circuit-breaker"],
    );
    let names: Vec<&str> = found
        .iter()
        .map(|it| text(&it["resource"], "name"))
        .collect();
    assert_eq!(names, ["stable"]);
}

#[test]
fn what_no_cluster_takes_is_warned_of_once() {
    let severity = |version: &str, arguments: &[&str]| {
        let file = format!(
            "{}---\n{}",
            deployment("web", "app: web", "  replicas: 2\n").replace("apps/v1", version),
            service("web", "app: web")
        );
        let found = findings(&[("a.yaml", &file)], arguments);
        let found = of(&found, "missing-prestop", "a.yaml");
        assert_eq!(found.len(), 1, "{found:?}");
        text(found[0], "severity").to_owned()
    };
    assert_eq!(severity("apps/v1", &[]), "warning");
    assert_eq!(severity("apps/v1beta1", &[]), "note");
    assert_eq!(
        severity("apps/v1beta1", &["--ignore", "removed-api-version"]),
        "warning"
    );
    assert_eq!(
        severity("apps/v1beta1", &["--kubernetes-version", "1.15"]),
        "warning"
    );
}

#[test]
fn a_policy_of_a_namespace_speaks_of_its_clients_and_of_the_rule_that_counts() {
    let rule = |name: &str, namespace: &str, host: &str, mode: &str| {
        format!(
            "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: {name}, namespace: \
             {namespace}}}\nspec:\n  host: '{host}'\n  trafficPolicy: {{tls: {{mode: {mode}}}}}\n"
        )
    };
    let policy = |spec: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: off, namespace: shop}}\n\
             spec:\n{spec}  mtls: {{mode: DISABLE}}\n"
        )
    };
    let found = |text: &str| {
        let found = findings(&[("mesh.yaml", text)], &["--select", "mtls-disabled"]);
        let mut found = found.into_iter();
        found
            .find(|it| it["resource"]["kind"] == "PeerAuthentication")
            .unwrap()
    };
    let wide = found(&(policy("") + &rule("all", "istio-system", "*.local", "ISTIO_MUTUAL")));
    assert_eq!(
        text(&wide, "message"),
        "`DISABLE` refuses mutual TLS, but clients of namespace `shop` use it: they fail"
    );
    let covered = rule("all", "istio-system", "*.local", "DISABLE")
        + &rule("own", "shop", "*.shop.svc.cluster.local", "ISTIO_MUTUAL");
    let covered = found(&(policy("") + &covered));
    assert!(!text(&covered, "help").contains("`all`"), "{covered}");
    let two = rule("ratings", "shop", "ratings", "DISABLE")
        + &rule("details", "shop", "details", "DISABLE");
    let one = found(&(policy("  selector: {matchLabels: {app: details}}\n") + &two));
    assert!(text(&one, "help").contains("`details`"), "{one}");
    assert!(related(&one)[0].ends_with(": sends plain text"), "{one}");
}

#[test]
fn only_the_defaults_that_differ_are_named() {
    let help = |version: &str, kind: &str| {
        let file = deployment("web", "app: web", "")
            .replace("apps/v1", version)
            .replace("kind: Deployment", &format!("kind: {kind}"));
        help_of("removed-api-version", &file)
    };
    assert_eq!(
        help("apps/v1beta1", "Deployment"),
        "write `apiVersion: apps/v1`"
    );
    assert!(help("extensions/v1beta1", "Deployment").ends_with("the defaults of rollouts differ"));
    assert!(help("apps/v1beta1", "StatefulSet").contains("`OnDelete` by default"));
    assert!(help("extensions/v1beta1", "DaemonSet").contains("`OnDelete` by default"));
    assert_eq!(
        help("extensions/v1beta1", "ReplicaSet"),
        "write `apiVersion: apps/v1`"
    );
}

#[test]
fn a_grace_period_of_nothing_names_the_service_that_loses_requests() {
    let file = format!(
        "{}---\n{}",
        deployment("web", "app: web", "").replace(
            "      containers:",
            "      terminationGracePeriodSeconds: 0\n      containers:"
        ),
        service("web", "app: web")
    );
    let found = findings(&[("a.yaml", &file)], &["--select", "zero-grace-period"]);
    let related = related(of(&found, "zero-grace-period", "a.yaml")[0]);
    assert!(
        related
            .iter()
            .any(|it| it.ends_with("requests come through this Service")),
        "{related:?}"
    );
}
