//! `--render auto` with the real programs.
//!
//! `LAMEDUCK_KUSTOMIZE` and `LAMEDUCK_HELM` name their binaries. `.ci/run` installs them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rendering;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use rendering::{DEPLOYMENT, repository, run};

/// The directory of a program, where the environment names it.
fn programs(variable: &str) -> Option<PathBuf> {
    let Some(program) = std::env::var_os(variable) else {
        eprintln!("skipped: {variable} does not name the program");
        return None;
    };
    Some(PathBuf::from(program).parent().unwrap().to_owned())
}

/// `check --render auto` with the program that a variable names.
macro_rules! check_or_skip {
    ($variable:literal, $folder:expr) => {{
        let Some(programs) = programs($variable) else {
            return;
        };
        let mut command: Command = rendering::check($folder.path(), &programs);
        command.args(["--render", "auto"]);
        command
    }};
}

/// Every file and its text.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    let files = entries.into_iter().map(Result::unwrap);
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let text = std::fs::read(entry.path()).unwrap();
            (entry.into_path(), text)
        })
        .collect()
}

/// Base and overlays in which every way to set a value is used.
fn shop() -> tempfile::TempDir {
    repository(&[
        ("base/deployment.yaml", DEPLOYMENT),
        (
            "base/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  \
             ports: [{port: 80, targetPort: http}]\n",
        ),
        (
            "base/kustomization.yaml",
            "resources:\n  - deployment.yaml\n  - service.yaml\n",
        ),
        (
            "overlays/dev/kustomization.yaml",
            "namePrefix: dev-\nresources:\n  - ../../base\nreplicas:\n  - name: web\n    count: 1\n\
             images:\n  - name: registry.example/web\n    newTag: latest\n",
        ),
        (
            "overlays/prod/kustomization.yaml",
            "namespace: prod\nresources:\n  - ../../base\n  - pdb.yaml\ncomponents:\n  - ../../slow\n\
             patches:\n  - path: probes.yaml\n  - target: {kind: Deployment}\n    patch: |-\n      \
             - op: add\n        path: /spec/strategy\n        value:\n          rollingUpdate: \
             {maxSurge: 0, maxUnavailable: 3}\n",
        ),
        (
            "overlays/prod/pdb.yaml",
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  \
             minAvailable: 3\n  selector: {matchLabels: {app: web}}\n",
        ),
        (
            "overlays/prod/probes.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    \
             spec:\n      containers:\n        - name: web\n          livenessProbe: &probe\n            \
             httpGet: {path: /live, port: http}\n          readinessProbe: *probe\n",
        ),
        (
            "slow/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n  - path: \
             grace.json\n    target: {kind: Deployment, name: web}\n",
        ),
        (
            "slow/grace.json",
            "[{\"op\": \"add\",\n  \"path\": \"/spec/template/spec/terminationGracePeriodSeconds\",\n  \
             \"value\": 7}]\n",
        ),
        (
            "tools/job.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: tool}\nspec:\n  containers: \
                            [{name: tool, image: tool}]\n",
        ),
    ])
}

#[test]
fn findings_point_at_what_sets_the_value() {
    let folder = shop();
    let before = contents(folder.path());
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (code, out, err) = run(&mut check);
    assert_eq!((code, err.as_str()), (1, ""));
    let places: Vec<String> = out.lines().map(place).collect();
    insta::assert_snapshot!(places.join("\n"), @r"
    base/deployment.yaml:4:9: warning[missing-pod-spread]
    base/deployment.yaml:12:17: warning[missing-prestop]
    base/deployment.yaml:12:17: warning[missing-readiness-probe]
    base/deployment.yaml:12:17: warning[missing-resources]
    overlays/dev/kustomization.yaml:6:12: warning[single-replica]
    overlays/dev/kustomization.yaml:9:13: warning[mutable-image-tag]
    overlays/prod/kustomization.yaml:14:56: error[unsafe-rollout-strategy]
    overlays/prod/pdb.yaml:5:17: error[pdb-blocks-eviction]
    overlays/prod/probes.yaml:10:11: warning[identical-probes]
    overlays/prod/probes.yaml:10:11: note[missing-startup-probe]
    slow/grace.json:3:12: note[insufficient-grace-period]
    tools/job.yaml:3:18: note[bare-pod]
    tools/job.yaml:5:23: warning[missing-resources]
    tools/job.yaml:5:36: note[mutable-image-tag]
    2 errors,
    ");
    assert_eq!(contents(folder.path()), before);
    assert_eq!(run(&mut check), (code, out, err), "the second run");
}

/// A line of the concise report up to the rule.
fn place(line: &str) -> String {
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn overlays_that_differ_are_named() {
    let folder = shop();
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    check.args([
        "--format",
        "full=full.txt",
        "--select",
        "missing-readiness-probe",
    ]);
    run(&mut check);
    let full = std::fs::read_to_string(folder.path().join("full.txt")).unwrap();
    insta::assert_snapshot!(full, @r"
    Deployment dev-web

    warning[missing-readiness-probe] `web` takes requests without a readiness probe: they come before it
      can answer
       ╭─ base/deployment.yaml:12:17  container web
    12 │         - name: web
       │                 ───
       ╭─ base/service.yaml:3:18
     3 │ metadata: {name: web}
       │                  ─── requests come through this Service
       ╭─ overlays/dev/kustomization.yaml:1:1
     1 │ namePrefix: dev-
       │ ────────── found in what is rendered from here
      help: add a readinessProbe on an endpoint that fails while the container cannot serve; for an HTTP
            server:
            readinessProbe:
              httpGet:
                path: <path>
                port: http
      read more: lameduck explain missing-readiness-probe

    1 warning in 1 of 8 files (2 workloads)
    next: `lameduck explain missing-readiness-probe`
    ");
}

#[test]
fn a_named_overlay_is_judged_as_a_whole_and_a_named_base_where_it_is_at_fault() {
    let folder = shop();
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (_, out, _) = run(check.arg("overlays/dev"));
    let overlay: Vec<String> = out.lines().map(place).collect();
    insta::assert_snapshot!(overlay.join("\n"), @"
    base/deployment.yaml:12:17: warning[missing-prestop]
    base/deployment.yaml:12:17: warning[missing-readiness-probe]
    base/deployment.yaml:12:17: warning[missing-resources]
    overlays/dev/kustomization.yaml:6:12: warning[single-replica]
    overlays/dev/kustomization.yaml:9:13: warning[mutable-image-tag]
    5 warnings
    ");
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (_, out, _) = run(check.arg("base"));
    let base: Vec<String> = out.lines().map(place).collect();
    insta::assert_snapshot!(base.join("\n"), @r"
    base/deployment.yaml:4:9: warning[missing-pod-spread]
    base/deployment.yaml:12:17: warning[missing-prestop]
    base/deployment.yaml:12:17: warning[missing-readiness-probe]
    base/deployment.yaml:12:17: warning[missing-resources]
    overlays/dev/kustomization.yaml:6:12: warning[single-replica]
    overlays/prod/kustomization.yaml:14:56: error[unsafe-rollout-strategy]
    overlays/prod/pdb.yaml:5:17: error[pdb-blocks-eviction]
    overlays/prod/probes.yaml:10:11: warning[identical-probes]
    2 errors,
    ");
}

#[test]
fn a_file_has_the_same_findings_whatever_was_named() {
    let folder = shop();
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (_, all, _) = run(&mut check);
    let mut files = 0;
    for (file, _) in contents(folder.path()) {
        let file = file.strip_prefix(folder.path()).unwrap().to_str().unwrap();
        let findings = |out: &str| {
            let lines = out
                .lines()
                .filter(|line| line.starts_with(&format!("{file}:")));
            lines.map(str::to_owned).collect::<Vec<String>>()
        };
        let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
        let (_, own, _) = run(check.arg(file));
        assert_eq!(findings(&own), findings(&all), "{file}");
        files += usize::from(!findings(&own).is_empty());
    }
    assert_eq!(files, 7, "files with findings");
}

/// A Deployment with an annotation on itself and a comment at its container, and two overlays.
fn suppressed(prod: &str) -> tempfile::TempDir {
    let deployment = DEPLOYMENT
        .replace(
            "  name: web\nspec",
            "  name: web\n  annotations:\n    lameduck.dev/ignore.missing-prestop: \"drained elsewhere\"\nspec",
        )
        .replace(
            "- name: web\n",
            "- name: web # lameduck: ignore[missing-readiness-probe] none yet\n",
        );
    repository(&[
        ("base/deployment.yaml", &deployment),
        ("base/kustomization.yaml", "resources: [deployment.yaml]\n"),
        (
            "dev/kustomization.yaml",
            "resources: [../base]\nnamePrefix: dev-\n",
        ),
        ("prod/kustomization.yaml", prod),
    ])
}

#[test]
fn comments_and_annotations_speak_for_what_is_rendered_from_them() {
    let select = [
        "--select",
        "missing-prestop,missing-readiness-probe,unused-suppression,render-failed",
        "--show-suppressed",
    ];
    let folder = suppressed("resources: [../base]\nnamePrefix: prod-\n");
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (code, out, _) = run(check.args(select));
    assert_eq!(code, 0, "{out}");
    insta::assert_snapshot!(out, @r"
    base/deployment.yaml:14:17: note[missing-prestop] Deployment/dev-web: container `web` may take requests without a preStop hook: some come after SIGTERM (suppressed by annotation: drained elsewhere)
    base/deployment.yaml:14:17: note[missing-readiness-probe] Deployment/dev-web: `web` may take requests without a readiness probe: they come before it can answer (suppressed by comment: none yet)
    No findings in 4 objects of 4 files (1 workload); 2 suppressed
    ");

    // What is in use for one overlay is in use, though another one has no need of it.
    let hook = "resources: [../base]
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/template/spec/containers/0/lifecycle
        value: {preStop: {sleep: {seconds: 9}}}
";
    let folder = suppressed(hook);
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (code, out, _) = run(check.args(select));
    assert_eq!(code, 0, "{out}");

    // An overlay that takes the annotation away brings the finding back.
    let bare = "resources: [../base]
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: remove
        path: /metadata/annotations
";
    let folder = suppressed(bare);
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (code, out, _) = run(check.args(select));
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("prod/kustomization.yaml:1:1: note[missing-prestop]"),
        "{out}"
    );
}

#[test]
fn what_suppresses_nothing_in_any_overlay_is_said_once_and_in_its_file() {
    let folder = suppressed("resources: [../base]\n");
    let path = folder.path().join("base/deployment.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let probe = "          readinessProbe: {tcpSocket: {port: http}}\n          lifecycle: {preStop: {sleep: {seconds: 9}}}\n";
    std::fs::write(&path, text + probe).unwrap();
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (_, out, _) = run(&mut check);
    let found: Vec<String> = out.lines().map(place).collect();
    insta::assert_snapshot!(found.join("\n"), @"
    base/deployment.yaml:4:9: warning[missing-pdb]
    base/deployment.yaml:4:9: warning[missing-pod-spread]
    base/deployment.yaml:6:5: warning[unused-suppression]
    base/deployment.yaml:14:17: warning[missing-resources]
    base/deployment.yaml:14:40: warning[unused-suppression]
    5 warnings
    ");
}

#[test]
fn a_baseline_holds_whichever_overlays_were_named() {
    let folder = shop();
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (code, _, _) = run(check.args(["--write-baseline", "known.json"]));
    assert_eq!(code, 0);
    for named in ["overlays/prod", "overlays/dev", "base/deployment.yaml", "."] {
        let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
        let (code, out, _) = run(check.args(["--baseline", "known.json", named]));
        assert_eq!(code, 0, "{named}: {out}");
    }
}

#[test]
fn fixes_leave_alone_what_is_rendered() {
    let folder = shop();
    let before = contents(folder.path());
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (code, _, err) = run(check.arg("--unsafe-fixes"));
    assert_eq!(code, 1);
    assert!(err.ends_with("note: nothing to fix\n"), "{err}");
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_kustomization_that_cannot_be_built_is_a_finding() {
    let folder = repository(&[
        (
            "base/kustomization.yaml",
            "resources: [deployment.yaml, gone.yaml]\n",
        ),
        ("base/deployment.yaml", DEPLOYMENT),
        ("overlay/kustomization.yaml", "resources:\n  - ../base\n"),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (code, out, err) = run(check.args(["--select", "render-failed,missing-readiness-probe"]));
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!(out, @r"
    base/deployment.yaml:12:17: note[missing-readiness-probe] Deployment/web: `web` may take requests without a readiness probe: they come before it can answer
    overlay/kustomization.yaml:1:1: error[render-failed] `kustomize build overlay` fails: accumulating resources: accumulation err='accumulating resources from 'gone.yaml': evalsymlink failure on 'base/gone.yaml' : lstat base/gone.yaml: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on 'base/gone.yaml' : lstat base/gone.yaml: no such file or directory
    1 error, 1 note in 2 of 3 files (1 workload)
    ");
}

#[test]
fn generated_objects_point_at_their_generator() {
    let folder = repository(&[
        (
            "kustomization.yaml",
            "resources: [deployment.yaml]\nconfigMapGenerator:\n  - name: settings\n    literals: [mode=live]\n  - name: web\n    files: [data.yaml]\npatches:\n  - patch: |\n      apiVersion: v1\n      kind: ConfigMap\n      metadata: {name: settings}\n      data: {mode: 5}\n",
        ),
        ("deployment.yaml", DEPLOYMENT),
        // What is only data is not judged, which is said.
        ("data.yaml", DEPLOYMENT),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_KUSTOMIZE", folder);
    let (_, out, _) = run(&mut check);
    let places: Vec<String> = out.lines().map(place).collect();
    insta::assert_snapshot!(places.join("\n"), @r"
    deployment.yaml:4:9: warning[missing-pdb]
    deployment.yaml:4:9: warning[missing-pod-spread]
    deployment.yaml:12:17: note[missing-prestop]
    deployment.yaml:12:17: note[missing-readiness-probe]
    deployment.yaml:12:17: warning[missing-resources]
    kustomization.yaml:12:20: error[invalid-field]
    1 error,
    Not judged:
    ");
}

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
const TEMPLATE: &str = "\
{{- /* The workload:
of the chart */}}
{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      {{- with .Values.grace }}
      terminationGracePeriodSeconds: {{ . }}
      {{- end }}
      containers:
      {{- range .Values.sidecars }}
      - name: {{ .name }}
        image: {{ .image }}
      {{- end }}
      - name: app
        image: \"web:{{ .Values.tag }}\"
        ports:
        - containerPort: 8080
        livenessProbe:
          {{- toYaml .Values.probe | nindent 10 }}
        readinessProbe:
          {{- toYaml .Values.probe | nindent 10 }}
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: 8081
";
const VALUES: &str =
    "enabled: true\nreplicas: 1\ntag: latest\nprobe: {httpGet: {path: /, port: 8080}}\n";

#[test]
fn findings_of_charts_point_at_template_lines() {
    let folder = repository(&[
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: part, version: 0.1.0, alias: piece}]\n",
        ),
        ("charts/web/values.yaml", VALUES),
        ("charts/web/templates/web.yaml", TEMPLATE),
        (
            "charts/web/templates/tests/test.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations: {helm.sh/hook: test}\nspec: {containers: [{name: a, image: a}]}\n",
        ),
        ("charts/web/templates/NOTES.txt", "Thank you.\n"),
        (
            "charts/web/charts/folder/Chart.yaml",
            "apiVersion: v2\nname: part\nversion: 0.1.0\n",
        ),
        (
            "charts/web/charts/folder/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: part\nspec:\n  containers:\n  - name: a\n    image: a:1\n",
        ),
        (
            "charts/common/Chart.yaml",
            "apiVersion: v2\nname: common\nversion: 0.1.0\ntype: library\n",
        ),
        (
            "charts/common/templates/_all.yaml",
            "{{ define \"x\" }}{{ end }}\n",
        ),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
    let (code, out, err) = run(&mut check);
    assert_eq!(code, 1);
    let places: Vec<String> = out.lines().map(place).collect();
    insta::assert_snapshot!(format!("{}\n{err}", places.join("\n")), @"
    charts/web/charts/folder/templates/pod.yaml:4:3: note[bare-pod]
    charts/web/charts/folder/templates/pod.yaml:7:3: warning[missing-resources]
    charts/web/templates/web.yaml:10:3: warning[single-replica]
    charts/web/templates/web.yaml:25:7: warning[missing-prestop]
    charts/web/templates/web.yaml:25:7: warning[missing-resources]
    charts/web/templates/web.yaml:26:9: warning[mutable-image-tag]
    charts/web/templates/web.yaml:29:9: warning[identical-probes]
    charts/web/templates/web.yaml:29:9: note[missing-startup-probe]
    6 warnings,
    ");
}

#[test]
fn the_configuration_says_how_a_chart_is_rendered() {
    let folder = repository(&[
        ("chart/Chart.yaml", CHART),
        ("chart/values.yaml", VALUES),
        ("chart/templates/web.yaml", TEMPLATE),
        (
            "prod.yaml",
            "replicas: 2\ntag: v1\ngrace: 3\nsidecars: [{name: log, image: 'log:latest'}]\n",
        ),
        (
            "lameduck.yaml",
            "render:\n  helm:\n    - chart: chart\n      values: [prod.yaml]\n      release: shop\n      namespace: prod\n",
        ),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
    let (_, out, _) = run(check.args([
        "--select",
        "shutdown,mutable-image-tag,single-replica,missing-pdb",
    ]));
    insta::assert_snapshot!(out, @r"
    chart/templates/web.yaml:7:3: warning[missing-pdb] Deployment/shop: 2 replicas and no PodDisruptionBudget: a drain may evict all at once
    chart/templates/web.yaml:18:7: warning[insufficient-grace-period] Deployment/shop: `log` may be killed before it has finished: it has 3s after SIGTERM
    chart/templates/web.yaml:23:9: warning[mutable-image-tag] Deployment/shop: the tag of `log:latest` moves: pods may differ, and a rollback cannot restore it
    3 warnings in 1 of 1 file (1 workload)
    ");
}

#[test]
fn releases_of_one_chart_are_judged_apart() {
    let pdb = "{{- if .Values.pdb }}\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  \
               name: web\n  namespace: {{ .Release.Namespace }}\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels: {app: web}\n{{- end }}\n";
    let folder = repository(&[
        ("chart/Chart.yaml", CHART),
        ("chart/values.yaml", VALUES),
        ("chart/templates/web.yaml", TEMPLATE),
        ("chart/templates/pdb.yaml", pdb),
        ("with.yaml", "replicas: 2\npdb: true\n"),
        ("without.yaml", "replicas: 2\n"),
        (
            "lameduck.yaml",
            "render:\n  helm:\n    - {chart: chart, values: [with.yaml], namespace: one}\n    \
             - {chart: chart, values: [without.yaml], namespace: two}\n",
        ),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
    let (_, out, _) = run(check.args(["--select", "missing-pdb,mutable-image-tag"]));
    insta::assert_snapshot!(out, @r"
    chart/templates/web.yaml:7:3: warning[missing-pdb] Deployment/web: 2 replicas and no PodDisruptionBudget: a drain may evict all at once
    chart/templates/web.yaml:26:9: warning[mutable-image-tag] Deployment/web: the tag of `web:latest` moves: pods may differ, and a rollback cannot restore it
    2 warnings in 1 of 2 files (1 workload)
    ");
}

#[test]
fn a_chart_is_rendered_when_its_values_are_named() {
    let folder = repository(&[
        ("chart/Chart.yaml", CHART),
        ("chart/values.yaml", VALUES),
        ("chart/templates/web.yaml", TEMPLATE),
        ("prod.yaml", "replicas: 2\n"),
        ("other.yaml", "a: 1\n"),
        (
            "lameduck.yaml",
            "render: {helm: [{chart: chart, values: [prod.yaml]}]}\n",
        ),
    ]);
    for (named, expected) in [
        ("chart/values.yaml", true),
        ("prod.yaml", true),
        ("chart/Chart.yaml", true),
        ("chart/templates/web.yaml", true),
        ("other.yaml", false),
    ] {
        let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
        let (_, out, err) = run(check.arg(named));
        assert_eq!(
            out.contains("mutable-image-tag"),
            expected,
            "{named}: {out}{err}"
        );
    }
}

#[test]
fn a_chart_that_cannot_be_rendered_is_said() {
    let folder = repository(&[
        ("needy/Chart.yaml", CHART),
        (
            "needy/templates/a.yaml",
            "a: {{ required \"set .Values.a\" .Values.a }}\n",
        ),
        ("wrong/Chart.yaml", CHART),
        ("wrong/templates/a.yaml", "a: {{ .Values.a\n"),
        (
            "open/Chart.yaml",
            "apiVersion: v2\nname: open\nversion: 0.1.0\ndependencies: [{name: redis, version: 1.x, repository: 'https://example.com'}]\n",
        ),
        ("open/templates/a.yaml", "a: {{ .Values.a }}\n"),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
    let (code, out, err) = run(&mut check);
    assert_eq!(code, 1);
    insta::assert_snapshot!(format!("{out}\n{err}"), @"
    needy/templates/a.yaml:1:1: warning[render-failed] `helm template needy` fails: execution error at (web/templates/a.yaml:1:6): set .Values.a
    wrong/templates/a.yaml:1:1: warning[render-failed] `helm template wrong` fails: parse error at (web/templates/a.yaml:2): unclosed action started at web/templates/a.yaml:1
    2 warnings in 2 files (0 workloads)
    Not judged: 3 Helm charts (render with `helm template`)

    note: open: not rendered, its dependency `redis` is not in its charts/ folder (run `helm dependency build`)
    ");
}

#[test]
fn the_release_of_kubernetes_is_given_to_helm() {
    let folder = repository(&[
        ("chart/Chart.yaml", CHART),
        (
            "chart/templates/a.yaml",
            "{{- if semverCompare \"<1.30-0\" .Capabilities.KubeVersion.Version }}\napiVersion: v1\nkind: Pod\nmetadata: {name: old}\nspec: {containers: [{name: a, image: 'a:1'}]}\n{{- end }}\n",
        ),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
    let (code, _, _) = run(check.args(["--kubernetes-version", "1.29"]));
    assert_eq!(code, 1);
    let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
    let (code, _, _) = run(check.args(["--kubernetes-version", "1.33"]));
    assert_eq!(code, 0);
}

#[test]
fn one_value_of_several_templates_is_one_finding() {
    let template = |name: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: 0\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
             metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n        - name: app\n          \
             image: \"registry.example/app:{{{{ .Values.tag }}}}\"\n          \
             resources: {{requests: {{cpu: 1, memory: 1Gi}}, limits: {{memory: 1Gi}}}}\n"
        )
    };
    let own = template("own").replace("{{ .Values.tag }}", "latest");
    let folder = repository(&[
        ("chart/Chart.yaml", CHART),
        ("chart/values.yaml", "tag: latest\n"),
        ("chart/templates/a.yaml", &template("a")),
        ("chart/templates/b.yaml", &template("b")),
        ("chart/templates/c.yaml", &template("c")),
        ("chart/templates/own.yaml", &own),
    ]);
    let mut check = check_or_skip!("LAMEDUCK_HELM", folder);
    let (_, out, err) = run(check.args(["--select", "mutable-image-tag"]));
    let places: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split(": warning[").next())
        .filter(|line| line.contains("templates/"))
        .collect();
    assert_eq!(
        places,
        [
            "chart/templates/a.yaml:12:11",
            "chart/templates/own.yaml:12:11"
        ],
        "{out}{err}"
    );
}
