//! What objects are to each other, on small folders.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::settings::MeshMode;
use crate::source::{NewSource, Role};

/// A folder of files; kustomizations make scopes.
fn folder(files: &[(&str, &str)], settings: &Settings) -> Inventory {
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
            let (service, _) = inventory.selected_by(workload).next().unwrap();
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

fn namespace(labels: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {{{labels}}}}}\n")
}

fn membership_with(settings: &Settings, workload: &str, others: &[(&str, &str)]) -> Membership {
    let files: Vec<(&str, &str)> = others
        .iter()
        .copied()
        .chain([("k8s/web.yaml", workload)])
        .collect();
    let inventory = folder(&files, settings);
    let workload = inventory.workloads().next().unwrap();
    inventory.mesh(workload).membership
}

fn membership(workload: &str, others: &[(&str, &str)]) -> Membership {
    membership_with(&Settings::default(), workload, others)
}

#[test]
fn the_pods_labels_decide_before_the_namespaces() {
    let enabled = namespace("istio-injection: enabled");
    let elsewhere = [("cluster/shop.yaml", enabled.as_str())];
    let inject = |value| deployment(&format!(", sidecar.istio.io/inject: \"{value}\""), "", "");
    assert_eq!(membership(&inject("true"), &[]), Membership::Sidecar);
    assert_eq!(membership(&inject("false"), &elsewhere), Membership::None);
    assert_eq!(
        membership(&deployment("", "", ""), &elsewhere),
        Membership::Sidecar
    );
    assert_eq!(
        membership(&deployment("", "", ""), &[]),
        Membership::Unknown
    );
    let revision = deployment(", istio.io/rev: stable", "", "");
    assert_eq!(membership(&revision, &[]), Membership::Sidecar);
}

#[test]
fn an_opt_out_wins() {
    let enabled = namespace("istio-injection: enabled");
    let elsewhere = [("cluster/shop.yaml", enabled.as_str())];
    let annotated = deployment("", "sidecar.istio.io/inject: \"false\"", "");
    assert_eq!(membership(&annotated, &elsewhere), Membership::None);
    let host = deployment("", "", "hostNetwork: true\n      ");
    assert_eq!(membership(&host, &elsewhere), Membership::None);
    let disabled = namespace("istio-injection: disabled");
    let labelled = deployment(", sidecar.istio.io/inject: \"true\"", "", "");
    assert_eq!(
        membership(&labelled, &[("cluster/shop.yaml", &disabled)]),
        Membership::None
    );
    // The label beats the annotation of the same name.
    let both = deployment(
        ", sidecar.istio.io/inject: \"true\"",
        "sidecar.istio.io/inject: \"false\"",
        "",
    );
    assert_eq!(membership(&both, &[]), Membership::Sidecar);
}

#[test]
fn the_namespaces_injection_label_beats_its_revision_label() {
    let both = namespace("istio-injection: disabled, istio.io/rev: stable");
    assert_eq!(
        membership(&deployment("", "", ""), &[("ns.yaml", &both)]),
        Membership::None
    );
    let revision = namespace("istio.io/rev: stable");
    assert_eq!(
        membership(&deployment("", "", ""), &[("ns.yaml", &revision)]),
        Membership::Sidecar
    );
}

#[test]
fn ambient_is_a_mesh_without_sidecars() {
    let ambient = namespace("istio.io/dataplane-mode: ambient");
    let elsewhere = [("ns.yaml", ambient.as_str())];
    assert_eq!(
        membership(&deployment("", "", ""), &elsewhere),
        Membership::Ambient
    );
    let out = deployment(", istio.io/dataplane-mode: none", "", "");
    assert_eq!(membership(&out, &elsewhere), Membership::None);
    let without = deployment(", sidecar.istio.io/inject: \"false\"", "", "");
    assert_eq!(membership(&without, &elsewhere), Membership::Ambient);
    let annotated = deployment("", "ambient.istio.io/redirection: enabled", "");
    assert_eq!(membership(&annotated, &[]), Membership::Ambient);
}

#[test]
fn the_namespace_beside_a_workload_is_its_own() {
    let on = namespace("istio-injection: enabled");
    let off = namespace("istio-injection: disabled");
    let both = [("dev/ns.yaml", off.as_str()), ("k8s/ns.yaml", on.as_str())];
    assert_eq!(
        membership(&deployment("", "", ""), &both),
        Membership::Sidecar
    );
    assert_eq!(
        membership(&deployment("", "", ""), &both[..1]),
        Membership::None
    );
}

#[test]
fn resources_of_the_mesh_beside_it_only_suggest() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n\
                metadata: {name: web, namespace: shop}\nspec: {host: web}\n";
    let plain = deployment("", "", "");
    assert_eq!(
        membership(&plain, &[("k8s/rule.yaml", rule)]),
        Membership::Likely
    );
    assert_eq!(
        membership(&plain, &[("other/rule.yaml", rule)]),
        Membership::Unknown
    );
    let annotated = deployment("", "proxy.istio.io/config: \"\"", "");
    assert_eq!(membership(&annotated, &[]), Membership::Likely);
}

#[test]
fn the_settings_override_all_but_opt_outs() {
    let mut settings = Settings::default();
    settings.mesh.mode = MeshMode::Sidecar;
    let plain = deployment("", "", "");
    assert_eq!(membership_with(&settings, &plain, &[]), Membership::Sidecar);
    let out = deployment(", sidecar.istio.io/inject: \"false\"", "", "");
    assert_eq!(membership_with(&settings, &out, &[]), Membership::None);
    settings.mesh.mode = MeshMode::None;
    let labelled = deployment(", sidecar.istio.io/inject: \"true\"", "", "");
    assert_eq!(membership_with(&settings, &labelled, &[]), Membership::None);
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
    // In another scope it may be for another variant: nothing is known then.
    assert_eq!(
        replicas(&[("a/a.yaml", &three), ("b/b.yaml", scaler)]),
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
                inventory.selected_by(workload).count(),
            )
        })
        .collect();
    assert_eq!(selected, [("web", 0), ("api", 1)]);
}

#[test]
fn a_service_for_metrics_brings_no_requests() {
    let plain = deployment("", "", "");
    let service = |name: &str, port: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  \
             selector: {{app: web}}\n  ports: [{{name: {port}, port: 80}}]\n"
        )
    };
    let is_serving = |service: &str| {
        let inventory = inventory(&[("a.yaml", &plain), ("b.yaml", service)]);
        let workload = inventory.workloads().next().unwrap();
        inventory.serving(workload).is_serving()
    };
    assert!(is_serving(&service("web", "http")));
    for port in ["metrics", "http-metrics", "https-profiling"] {
        assert!(!is_serving(&service("web", port)), "{port}");
    }
    assert!(!is_serving(&service("web-metrics-service", "https")));
    assert!(!is_serving(&service("web-monitor-service", "https")));
}

#[test]
fn a_far_service_brings_requests_only_to_a_declared_port() {
    let with_port =
        DEPLOYMENT.replace("image: web:1", "image: web:1, ports: [{containerPort: 80}]");
    let is_serving = |path: &str, deployment: &str| {
        let inventory = inventory(&[("a/web.yaml", deployment), (path, SERVICE)]);
        let workload = inventory.workloads().next().unwrap();
        let serving = inventory.serving(workload);
        (serving.is_serving(), serving.services().count())
    };
    assert_eq!(is_serving("a/service.yaml", DEPLOYMENT), (true, 1));
    assert_eq!(is_serving("b/service.yaml", DEPLOYMENT), (false, 0));
    assert_eq!(is_serving("b/service.yaml", &with_port), (true, 1));
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
        let found = inventory.earlier_namesake(named(&inventory, "it", 1));
        found.map(|(_, together)| together)
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
    let earlier = |nth| inventory.earlier_namesake(it(nth)).map(|(_, why)| why);
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

const SHOP_SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: \
                       {selector: {app: web}, ports: [{port: 80}]}\n";

fn rule(namespace: &str, host: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: rule, \
         namespace: {namespace}}}\nspec: {{host: {host}{spec}}}\n"
    )
}

fn kind<'a>(inventory: &'a Inventory, kind: &str) -> &'a Object {
    let mut objects = inventory.objects();
    objects.find(|object| object.kind() == kind).unwrap()
}

#[test]
fn hosts_resolve_to_services_entries_or_nothing() {
    let entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e, \
                 namespace: bank}\nspec: {hosts: [ledger, \"*.example.com\"], exportTo: [EXPORT]}\n";
    let rule = rule("shop", "web", "");
    let resolve = |export: &str, host: &str| {
        let entry = entry.replace("EXPORT", export);
        let inventory = inventory(&[
            ("a/s.yaml", SHOP_SERVICE),
            ("a/r.yaml", &rule),
            ("b/e.yaml", &entry),
        ]);
        match inventory.resolve(kind(&inventory, "DestinationRule"), host) {
            Target::Services(services) => format!("{} services", services.len()),
            Target::Elsewhere => "elsewhere".to_owned(),
            Target::Absent { name, namespace } => format!("no {name} in {namespace:?}"),
        }
    };
    for host in [
        "web",
        "web.shop",
        "web.shop.svc.cluster.local",
        "*.shop.svc.cluster.local",
        "*",
    ] {
        assert_eq!(resolve("\"*\"", host), "1 services", "{host}");
    }
    for host in [
        "ledger",
        "api.example.com",
        "web.shop.svc.west.example",
        "${HOST}",
    ] {
        let expected = if host.starts_with("web") {
            "1 services"
        } else {
            "elsewhere"
        };
        assert_eq!(resolve("\"*\"", host), expected, "{host}");
    }
    assert_eq!(resolve("\".\"", "ledger"), "no ledger in Some(\"shop\")");
    assert_eq!(resolve("\"*\"", "web.bank"), "no web in Some(\"bank\")");
}

#[test]
fn rules_are_read_where_istio_reads_them() {
    let route = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, \
                 namespace: front}\nspec: {hosts: [web.shop]}\n";
    let found = |namespace: &str, spec: &str| {
        let rule = rule(namespace, "web.shop.svc.cluster.local", spec);
        let inventory = inventory(&[("a/v.yaml", route), ("b/r.yaml", &rule)]);
        let from = kind(&inventory, "VirtualService");
        inventory.rules_for(from, "web.shop").count()
    };
    for namespace in ["front", "shop", "istio-system"] {
        assert_eq!(found(namespace, ""), 1, "{namespace}");
    }
    assert_eq!(found("other", ""), 0);
    assert_eq!(found("shop", ", exportTo: [\".\"]"), 0);
    assert_eq!(found("shop", ", exportTo: [front]"), 1);
    assert_eq!(found("shop", ", exportTo: [back]"), 0);
}

#[test]
fn the_pods_word_about_its_proxy_comes_before_the_meshs() {
    const MESH: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio}\ndata:\n  mesh: |\n    \
                        defaultConfig:\n      terminationDrainDuration: 20s\n      proxyMetadata:\n        \
                        EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"\n";
    let drain = |annotations: &str, settings: &Settings| {
        let web = deployment("", annotations, "");
        let inventory = folder(&[("a/web.yaml", &web), ("b/mesh.yaml", MESH)], settings);
        let told = inventory.proxy_settings(inventory.workloads().next().unwrap());
        let drain = told.termination_drain().map(|told| told.value.as_secs());
        (
            drain,
            told.exit_on_zero().map(|told| told.value),
            told.is_readable(),
        )
    };
    let mut settings = Settings::default();
    assert_eq!(drain("", &settings), (Some(20), Some(true), true));
    let own = "proxy.istio.io/config: \"terminationDrainDuration: 50s\"";
    assert_eq!(drain(own, &settings), (Some(50), Some(true), true));
    let unknown = "proxy.istio.io/config: \"terminationDrainDuration: ${DRAIN}\"";
    assert!(!drain(unknown, &settings).2);
    let misnamed = "sidecar.istio.io/terminationDrainDuration: 50s";
    assert!(!drain(misnamed, &settings).2);
    settings.mesh.termination_drain_duration = Some(std::time::Duration::from_secs(30));
    settings.mesh.exit_on_zero_active_connections = Some(false);
    assert_eq!(drain("", &settings), (Some(30), Some(false), true));
}

#[test]
fn proxy_config_resources_come_between_pod_and_mesh() {
    let resource = |namespace: &str, selector: &str, exit: &str| {
        format!(
            "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {{name: p, \
             namespace: {namespace}}}\nspec: {{selector: {{matchLabels: {{{selector}}}}}, \
             environmentVariables: {{EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"{exit}\"}}}}\n---\n"
        )
    };
    let exit = |annotations: &str, resources: &[String]| {
        let web = deployment("", annotations, "");
        let inventory = inventory(&[("a/web.yaml", &web), ("b/p.yaml", &resources.concat())]);
        let told = inventory.proxy_settings(inventory.workloads().next().unwrap());
        told.exit_on_zero().map(|told| told.value)
    };
    let root = resource("istio-system", "", "false");
    let own = resource("shop", "", "true");
    let pod = resource("shop", "app: web", "false");
    let other = resource("shop", "app: other", "true");
    assert_eq!(exit("", &[other]), None);
    assert_eq!(exit("", &[root.clone(), own.clone()]), Some(true));
    assert_eq!(exit("", &[root, own, pod.clone()]), Some(false));
    let annotation =
        "proxy.istio.io/config: '{proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"}}'";
    assert_eq!(exit(annotation, &[pod]), Some(true));
}

#[test]
fn the_narrowest_policy_sets_the_mode() {
    use crate::kube::istio::peer_authentication::MutualTlsMode as Mode;
    let policy = |namespace: &str, spec: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: p, \
             namespace: {namespace}}}\nspec: {{{spec}}}\n---\n"
        )
    };
    let root = policy("istio-system", "mtls: {mode: STRICT}");
    let own = policy("shop", "mtls: {mode: PERMISSIVE}");
    let unset = policy("shop", "mtls: {mode: UNSET}");
    let pod = policy(
        "shop",
        "selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}",
    );
    let mode = |policies: &[&str], port| {
        let web = deployment("", "", "");
        let inventory = inventory(&[("a/web.yaml", &web), ("b/p.yaml", &policies.concat())]);
        let found = inventory.mtls_mode(inventory.workloads().next().unwrap(), port);
        found.map(|(_, mode)| mode)
    };
    assert_eq!(mode(&[], None), None);
    assert_eq!(mode(&[&root], None), Some(Mode::Strict));
    assert_eq!(mode(&[&root, &own], None), Some(Mode::Permissive));
    assert_eq!(mode(&[&root, &unset], None), Some(Mode::Strict));
    assert_eq!(mode(&[&root, &own, &pod], None), Some(Mode::Strict));
    assert_eq!(mode(&[&root, &own, &pod], Some(8080)), Some(Mode::Disable));
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
    let relations: Vec<Relation> = inventory.selected_by(workload).map(|(_, it)| it).collect();
    assert_eq!(relations.len(), 2);
    assert!(relations.iter().all(|relation| !relation.certain));
    assert!(!inventory.serving(workload).is_serving());
}
