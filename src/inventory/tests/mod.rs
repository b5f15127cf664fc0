//! What objects are to each other, on small folders.

mod mesh;
mod nearest;
mod serving;

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::source::{NewSource, Role};

/// A folder of files; kustomizations make scopes.
fn folder(files: &[(&str, &str)], settings: &Settings) -> Inventory {
    repositories(files, settings, &[])
}

/// With these roots of repositories.
fn repositories(files: &[(&str, &str)], settings: &Settings, roots: &[&str]) -> Inventory {
    let mut sources = Sources::default();
    for (path, text) in files {
        let directory = Path::new(path).parent().unwrap();
        let kustomized = directory.ancestors().find(|ancestor| {
            let file = ancestor.join("kustomization.yaml");
            files.iter().any(|(path, _)| Path::new(path) == file)
        });
        sources.push(NewSource {
            path: (*path).to_owned(),
            root_path: (*path).to_owned(),
            text: Arc::from(*text),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope(Arc::from(kustomized.unwrap_or(directory).to_str().unwrap())),
        });
    }
    sources.set_repositories(roots.iter().map(|it| (*it).to_owned()).collect());
    Inventory::read(&sources, settings)
}

fn inventory(files: &[(&str, &str)]) -> Inventory {
    folder(files, &Settings::default())
}

#[test]
fn what_stands_in_the_same_file_comes_first() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: \
                   {selector: {app: web}, ports: [{port: 80}]}\n";
    let variant = format!("{service}---\n{}", deployment("", "", ""));
    let inventory = inventory(&[("a.yaml", &variant), ("b.yaml", &variant)]);
    let files: Vec<bool> = inventory
        .workloads()
        .map(|workload| {
            let (service, _) = inventory.services_of(workload).next().unwrap();
            service.source() == workload.object().source()
        })
        .collect();
    assert_eq!(files, [true, true]);
}

/// A Deployment `web` in namespace `shop`, with labels and annotations of its pods.
fn deployment(labels: &str, annotations: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata:\n      \
         labels: {{app: web{labels}}}\n      annotations: {{{annotations}}}\n    spec:\n      \
         {spec}containers: [{{name: app, image: a:1}}]\n"
    )
}

fn replicas(files: &[(&str, &str)]) -> Option<i32> {
    let inventory = inventory(files);
    let workload = inventory.workloads().next().unwrap();
    inventory.replicas(workload).count()
}

#[test]
fn effective_replicas() {
    let plain = deployment("", "", "");
    let three = plain.replacen("spec:\n", "spec:\n  replicas: 3\n", 1);
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
                  metadata: {name: web, namespace: shop}\nspec:\n  \
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  \
                  minReplicas: 4\n  maxReplicas: 9\n";
    assert_eq!(replicas(&[("a.yaml", &plain)]), Some(1));
    assert_eq!(replicas(&[("a.yaml", &three)]), Some(3));
    assert_eq!(replicas(&[("a.yaml", &three), ("b.yaml", scaler)]), Some(4));
    // In another scope it may be for another variant: of several replicas there are no fewer, of one
    // nothing is known.
    assert_eq!(
        replicas(&[("a/a.yaml", &three), ("b/b.yaml", scaler)]),
        Some(3)
    );
    assert_eq!(
        replicas(&[("a/a.yaml", &plain), ("b/b.yaml", scaler)]),
        None
    );
    let placeholder = plain.replacen("spec:\n", "spec:\n  replicas: ${REPLICAS}\n", 1);
    assert_eq!(replicas(&[("a.yaml", &placeholder)]), None);
}

#[test]
fn a_kustomization_sets_what_its_patches_say() {
    let base = deployment("", "", "");
    let inventory = inventory(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", &base),
        (
            "prod/kustomization.yaml",
            "namespace: live\nresources: [../base]\nreplicas: [{name: web, count: 3}]\n\
             patches:\n  - path: grace.yaml\n  - target: {kind: Deployment, name: web}\n    patch: |-\n      \
             - op: add\n        path: /spec/template/spec/containers/0/readinessProbe\n        \
             value: {tcpSocket: {port: 80}}\n",
        ),
        (
            "prod/grace.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    \
             spec: {terminationGracePeriodSeconds: 60}\n",
        ),
    ]);
    let workload = inventory.workloads().next().unwrap();
    let object = workload.object();
    assert_eq!(inventory.workloads().count(), 1, "a patch is no workload");
    assert_eq!(inventory.replicas(workload).count(), None);
    let spec = workload.template().spec_node().unwrap();
    assert!(inventory.is_set_elsewhere(object, spec, "terminationGracePeriodSeconds"));
    assert!(!inventory.is_set_elsewhere(object, spec, "hostNetwork"));
    let container = workload.template().main_containers().next().unwrap();
    assert!(inventory.is_set_elsewhere(object, container.node, "readinessProbe"));
    assert!(inventory.is_set_elsewhere(object, container.node, "readinessProbe.tcpSocket.port"));
    assert!(!inventory.is_set_elsewhere(object, container.node, "livenessProbe"));
    assert_eq!(
        inventory.namespace(object),
        Some("shop"),
        "only prod is in namespace live"
    );
}

/// Whether `spec.replicas` of what `base/` holds is set on every way to a cluster, with these overlays.
fn is_always_set(files: &[(&str, &str)]) -> bool {
    let web = deployment("", "", "");
    let base = [
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", &web),
    ];
    let inventory = inventory(&[&base, files].concat());
    let object = inventory.workloads().next().unwrap().object();
    inventory.is_always_set_elsewhere(object, object.node(), "spec.replicas")
}

#[test]
fn an_overlay_does_not_speak_for_what_another_deploys_as_it_is() {
    let sets = "resources: [../base]\nreplicas: [{name: web, count: 3}]\n";
    let plain = "resources: [../base]\n";
    let (one, other) = ("one/kustomization.yaml", "other/kustomization.yaml");
    assert!(is_always_set(&[(one, sets)]));
    assert!(is_always_set(&[(one, sets), (other, sets)]));
    assert!(!is_always_set(&[(one, sets), (other, plain)]));
    // What lies between sets it for both.
    let through = "resources: [../between]\n";
    let between = ("between/kustomization.yaml", sets);
    assert!(is_always_set(&[(one, through), (other, through), between]));
    assert!(!is_always_set(&[(one, through), (other, plain), between]));
    // Nor does one that only includes a component.
    let component = "kind: Component\nreplicas: [{name: web, count: 3}]\n";
    let lent = ("lent/kustomization.yaml", component);
    let includes = "resources: [../base]\ncomponents: [../lent]\n";
    assert!(is_always_set(&[(one, includes), lent]));
    assert!(!is_always_set(&[(one, includes), (other, plain), lent]));
}

#[test]
fn a_file_that_kustomize_does_not_read_there_is_not_set_by_it() {
    let web = deployment("", "", "");
    let files = [
        ("prod/web.yaml", web.as_str()),
        (
            "evil/kustomization.yaml",
            "resources: [../prod/web.yaml]\nreplicas: [{name: web, count: 3}]\n",
        ),
    ];
    let inventory = inventory(&files);
    let object = inventory.workloads().next().unwrap().object();
    assert!(inventory.is_set_elsewhere(object, object.node(), "spec.replicas"));
    assert!(!inventory.is_always_set_elsewhere(object, object.node(), "spec.replicas"));
}

#[test]
fn what_becomes_the_content_of_a_config_map_is_no_object() {
    let web = deployment("", "", "");
    let judged = |kustomization: &str| {
        let files = [("kustomization.yaml", kustomization), ("web.yaml", &web)];
        inventory(&files).workloads().count()
    };
    let generator = "configMapGenerator: [{name: x, files: [web.yaml]}]\n";
    assert_eq!(judged(generator), 0);
    assert_eq!(
        judged("secretGenerator: [{name: x, files: [a.txt, a=web.yaml]}]\n"),
        0
    );
    assert_eq!(judged(&format!("resources: [web.yaml]\n{generator}")), 1);
}

#[test]
fn what_a_kustomization_deploys_is_no_patch_for_another() {
    let web = deployment("", "", "");
    let patches = "patches: [{path: ../base/web.yaml}]\n";
    let inventory = inventory(&[
        (
            "base/kustomization.yaml",
            "resources: [web.yaml]\npatches: [{path: web.yaml}]\n",
        ),
        ("base/web.yaml", &web),
        (
            "evil/kustomization.yaml",
            &format!("resources: [../base]\n{patches}"),
        ),
    ]);
    let workload = inventory.workloads().next().expect("it is judged");
    let spec = workload.template().spec_node().unwrap();
    assert!(!inventory.is_set_elsewhere(workload.object(), spec, "containers"));
}

#[test]
fn a_patch_may_use_patterns_and_the_name_that_a_base_gives() {
    let base = deployment("", "", "");
    let is_set = |patch: &str| {
        let inventory = inventory(&[
            (
                "web/kustomization.yaml",
                "resources: [web.yaml]\nnamePrefix: eu-\n",
            ),
            ("web/web.yaml", &base),
            (
                "prod/kustomization.yaml",
                &format!("resources: [../web]\n{patch}"),
            ),
        ]);
        let workload = inventory.workloads().next().unwrap();
        inventory.is_set_elsewhere(workload.object(), workload.object().node(), "spec.replicas")
    };
    let patch = |target: &str| {
        is_set(&format!(
            "patches:\n  - target: {target}\n    patch: '[{{op: add, path: /spec/replicas, value: 3}}]'\n"
        ))
    };
    assert!(patch("{kind: Deployment|StatefulSet}"));
    assert!(patch("{kind: Deployment, name: eu-web}"));
    assert!(patch("{name: .*web}"));
    assert!(!patch("{kind: StatefulSet}"));
    assert!(!patch("{kind: Deployment, name: us-web}"));
    assert!(!patch("{kind: Deployment, name: eu-web-admin}"));
    assert!(is_set("replicas: [{name: eu-web, count: 3}]\n"));
}

#[test]
fn a_release_opens_the_namespace_it_deploys_to() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n\
                   metadata: {name: db, namespace: flux-system}\nspec: {targetNamespace: shop}\n";
    let plain = deployment("", "", "");
    let is_open = |files: &[(&str, &str)]| {
        let inventory = inventory(files);
        let workload = inventory.workloads().next().unwrap();
        inventory.is_open(workload.object())
    };
    assert!(is_open(&[
        ("a/web.yaml", &plain),
        ("b/release.yaml", release)
    ]));
    assert!(!is_open(&[("a/web.yaml", &plain)]));
}

#[test]
fn documents_of_one_file_are_told_apart() {
    let one = deployment("", "", "");
    let two = one
        .replace("name: web", "name: api")
        .replace("app: web", "app: api");
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\n\
                  metadata: {name: api, namespace: shop}\nspec: {selector: {matchLabels: {app: api}}}\n";
    let file = [one.as_str(), &two, budget].join("---\n");
    let inventory = inventory(&[("all.yaml", &file)]);
    let selected: Vec<(&str, usize)> = inventory
        .workloads()
        .map(|workload| {
            (
                workload.object().name(),
                inventory.budgets_of(workload).count(),
            )
        })
        .collect();
    assert_eq!(selected, [("web", 0), ("api", 1)]);
}

fn with_container(container: &str) -> String {
    DEPLOYMENT.replace("{name: app, image: web:1}", &format!("{{{container}}}"))
}

#[test]
fn somebody_takes_over_from_a_pod_that_goes() {
    let of = |text: &str| {
        let inventory = inventory(&[("a.yaml", text)]);
        inventory.is_taken_over(inventory.workloads().next().unwrap())
    };
    let spec = |fields: &str| {
        DEPLOYMENT.replace(
            "spec:\n  selector",
            &format!("spec:\n  {fields}\n  selector"),
        )
    };
    assert!(of(DEPLOYMENT), "a rollout starts the new pod first");
    assert!(!of(&spec("strategy: {type: Recreate}")));
    assert!(of(&spec("replicas: 2\n  strategy: {type: Recreate}")));
    assert!(!of(&spec(
        "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}"
    )));
    let kind = |kind: &str| DEPLOYMENT.replace("kind: Deployment", &format!("kind: {kind}"));
    assert!(!of(&kind("StatefulSet")));
    assert!(of(&kind("DaemonSet")));
    assert!(!of(&kind("ReplicaSet")));
    let port = with_container("name: app, image: a:1, ports: [{containerPort: 80, hostPort: 80}]");
    assert!(!of(&port), "the new pod needs the port of the old one");
    let volume = DEPLOYMENT.replace(
        "      containers",
        "      volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]\n      containers",
    );
    assert!(!of(&volume));
    let other = DEPLOYMENT.replace("  name: web", "  name: web-2");
    assert!(of(&format!(
        "{}---\n{SERVICE}---\n{other}",
        kind("StatefulSet")
    )));
    let store = with_container("name: db, image: docker.io/library/postgres:16");
    assert!(!of(&store), "a second one does not hold the data");
}

#[test]
fn replicas_are_a_range_under_an_autoscaler() {
    let of = |autoscaler: &str| {
        let inventory = inventory(&[("a.yaml", &format!("{DEPLOYMENT}---\n{autoscaler}"))]);
        match inventory.replicas(inventory.workloads().next().unwrap()) {
            Replicas::Known { count, most, .. } => (count, most),
            other => panic!("{other:?}"),
        }
    };
    let hpa = |bounds: &str| {
        format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\n\
             spec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}, {bounds}}}\n"
        )
    };
    assert_eq!(of(&hpa("minReplicas: 2, maxReplicas: 5")), (2, 5));
    assert_eq!(of(&hpa("maxReplicas: 5")), (1, 5));
    assert_eq!(of(&hpa("minReplicas: 3, maxReplicas: '${MOST}'")), (3, 100));
    let keda = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\n\
                spec: {scaleTargetRef: {name: web}, minReplicaCount: 0}\n";
    assert_eq!(of(keda), (1, 100));
}

fn object<'a>(inventory: &'a Inventory, kind: &str) -> &'a Object {
    inventory.objects().find(|it| it.kind() == kind).unwrap()
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - {name: app, image: web:1}
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{port: 80}]
";

fn named<'a>(inventory: &'a Inventory, name: &str, nth: usize) -> &'a Object {
    inventory
        .objects()
        .filter(|it| it.name() == name)
        .nth(nth)
        .unwrap()
}

fn config_map(version: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: it{rest}}}\n")
}

#[test]
fn namesakes_of_one_file_differ_by_group_kind_and_namespace_only() {
    let twin = |first: &str, second: &str| {
        let inventory = inventory(&[("a.yaml", &format!("{first}---\n{second}"))]);
        let found = inventory.repeated(named(&inventory, "it", 1));
        found.map(|it| it.together)
    };
    let map = |rest: &str| config_map("v1", "ConfigMap", rest);
    assert_eq!(twin(&map(""), &map("")), Some(Together::File));
    assert_eq!(twin(&map(""), &map(", namespace: a")), None);
    assert_eq!(twin(&map(", namespace: b"), &map(", namespace: a")), None);
    let budget = |version| config_map(version, "PodDisruptionBudget", "");
    assert_eq!(
        twin(&budget("policy/v1beta1"), &budget("policy/v1")),
        Some(Together::File)
    );
    assert_eq!(
        twin(
            &config_map("extensions/v1beta1", "Ingress", ""),
            &config_map("networking.k8s.io/v1", "Ingress", "")
        ),
        Some(Together::File)
    );
    assert_eq!(
        twin(
            &config_map("a.example.org/v1", "Widget", ""),
            &config_map("b.example.org/v1", "Widget", "")
        ),
        None
    );
}

#[test]
fn what_is_applied_together() {
    let map = config_map("v1", "ConfigMap", "");
    let kustomization = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n\
                         resources: [a.yaml, ../plain/b.yaml]\n";
    let inventory = inventory(&[
        ("k/kustomization.yaml", kustomization),
        ("k/a.yaml", &map),
        ("k/unlisted.yaml", &map),
        ("plain/b.yaml", &map),
        ("plain/c.yaml", &map),
        ("else/d.yaml", &map),
    ]);
    let it = |nth| named(&inventory, "it", nth);
    let together = |one, other| inventory.together(it(one), it(other));
    assert_eq!(together(0, 1), None, "one is not listed");
    assert_eq!(together(0, 2), Some(Together::Kustomization));
    assert_eq!(together(2, 3), Some(Together::Directory));
    assert_eq!(together(3, 4), None);
    let earlier = |nth| inventory.repeated(it(nth)).map(|it| it.together);
    assert_eq!(
        (0..5).map(earlier).collect::<Vec<_>>(),
        [
            None,
            None,
            Some(Together::Kustomization),
            Some(Together::Directory),
            None
        ]
    );
}

#[test]
fn labels_that_a_kustomization_sets_may_match_anything() {
    let service = SERVICE.replace("app: web", "app: web, team: shop");
    let kustomization = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n\
                         resources: [a.yaml]\ncommonLabels: {team: shop}\n";
    let file = format!("{DEPLOYMENT}---\n{service}");
    let with = inventory(&[("kustomization.yaml", kustomization), ("a.yaml", &file)]);
    let relation = |inventory: &Inventory| {
        let selected = inventory.selects(object(inventory, "Service")).next();
        selected.map(|(_, relation)| relation.certain)
    };
    assert_eq!(relation(&with), Some(false));
    let without = inventory(&[("a.yaml", &file)]);
    assert_eq!(relation(&without), None);
}

#[test]
fn a_label_that_only_a_kustomization_sets_is_no_reason_to_speak() {
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  \
               template:\n    metadata: {labels: {app: web}}\n    \
               spec: {containers: [{name: app, image: a:1}]}\n";
    let selecting = |kind: &str, api_version: &str, selector: &str| {
        format!(
            "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {selector}\n"
        )
    };
    let service = selecting(
        "Service",
        "v1",
        "{ports: [{port: 80}], selector: {app: web, stage: prod}}",
    );
    let budget = selecting(
        "PodDisruptionBudget",
        "policy/v1",
        "{maxUnavailable: 1, selector: {matchLabels: {stage: prod}}}",
    );
    let inventory = inventory(&[
        (
            "kustomization.yaml",
            "resources: [web.yaml, service.yaml, budget.yaml]\ncommonLabels: {stage: prod}\n",
        ),
        ("web.yaml", web),
        ("service.yaml", &service),
        ("budget.yaml", &budget),
    ]);
    let workload = inventory.workloads().next().unwrap();
    let selecting = inventory
        .services_of(workload)
        .chain(inventory.budgets_of(workload));
    let relations: Vec<Relation> = selecting.map(|(_, it)| it).collect();
    assert_eq!(relations.len(), 2);
    assert!(relations.iter().all(|relation| !relation.certain));
    assert!(!inventory.serving(workload).is_serving());
}
