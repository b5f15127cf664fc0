//! Membership, hosts, proxies and mutual TLS.

use super::*;
use crate::settings::MeshMode;

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
    let service = ("k8s/service.yaml", SHOP_SERVICE);
    assert_eq!(
        membership(&plain, &[("k8s/rule.yaml", rule), service]),
        Membership::Likely
    );
    assert_eq!(
        membership(&plain, &[("other/rule.yaml", rule), service]),
        Membership::Unknown
    );
    let of_another = rule.replace("host: web", "host: api");
    assert_eq!(
        membership(&plain, &[("k8s/rule.yaml", &of_another), service]),
        Membership::Unknown,
        "it names another workload"
    );
    assert_eq!(
        membership(&format!("{plain}---\n{of_another}"), &[]),
        Membership::Likely,
        "it stands in the same file"
    );
    let policy = |labels: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n\
             metadata: {{name: web, namespace: shop}}\n\
             spec: {{selector: {{matchLabels: {{{labels}}}}}, mtls: {{mode: STRICT}}}}\n"
        )
    };
    for (labels, expected) in [
        ("app: web", Membership::Likely),
        ("app: api", Membership::Unknown),
    ] {
        let policy = policy(labels);
        assert_eq!(membership(&plain, &[("k8s/p.yaml", &policy)]), expected);
    }
    let annotated = deployment("", "proxy.istio.io/config: \"\"", "");
    assert_eq!(membership(&annotated, &[]), Membership::Likely);
}

#[test]
fn other_templates_than_the_sidecars_are_none() {
    let with = |templates: &str| {
        let annotation = format!("inject.istio.io/templates: \"{templates}\"");
        let labelled = deployment(", sidecar.istio.io/inject: \"true\"", &annotation, "");
        membership(&labelled, &[])
    };
    assert_eq!(with("sidecar"), Membership::Sidecar);
    assert_eq!(with("gateway"), Membership::Gateway);
    assert_eq!(with("grpc-agent"), Membership::None);
    assert_eq!(with("sidecar,custom"), Membership::Unknown);
    assert_eq!(with("custom"), Membership::Unknown);
}

#[test]
fn in_openshift_service_mesh_2_the_annotation_is_the_switch() {
    let annotated = deployment("", "sidecar.istio.io/inject: \"true\"", "");
    let roll = "apiVersion: maistra.io/v1\nkind: ServiceMeshMemberRoll\n\
                metadata: {name: default, namespace: mesh}\nspec: {members: [shop]}\n";
    assert_eq!(membership(&annotated, &[]), Membership::Likely);
    assert_eq!(
        membership(&annotated, &[("mesh/roll.yaml", roll)]),
        Membership::Sidecar
    );
}

#[test]
fn the_settings_override_all_but_opt_outs() {
    let mut settings = Settings::default();
    settings.common.mesh.mode = MeshMode::Sidecar;
    let plain = deployment("", "", "");
    assert_eq!(membership_with(&settings, &plain, &[]), Membership::Sidecar);
    let out = deployment(", sidecar.istio.io/inject: \"false\"", "", "");
    assert_eq!(membership_with(&settings, &out, &[]), Membership::None);
    settings.common.mesh.mode = MeshMode::None;
    let labelled = deployment(", sidecar.istio.io/inject: \"true\"", "", "");
    assert_eq!(membership_with(&settings, &labelled, &[]), Membership::None);
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
            Target::Unfinished { name, namespace } => format!("nearly {name} in {namespace}"),
            Target::Absent { name, namespace } => format!("no {name} in {namespace:?}"),
        }
    };
    for host in [
        "web",
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
    let bank = "web.bank.svc.cluster.local";
    assert_eq!(resolve("\"*\"", bank), "no web in Some(\"bank\")");
    assert_eq!(resolve("\"*\"", "web.bank"), "elsewhere");
    for host in ["web.shop", "web.shop.svc"] {
        assert_eq!(resolve("\"*\"", host), "nearly web in shop", "{host}");
    }
}

#[test]
fn rules_are_read_where_istio_reads_them() {
    let route = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, \
                 namespace: front}\nspec: {hosts: [web]}\n";
    let found = |namespace: &str, spec: &str| {
        let rule = rule(namespace, "web.shop.svc.cluster.local", spec);
        let inventory = inventory(&[("a/v.yaml", route), ("b/r.yaml", &rule)]);
        let from = kind(&inventory, "VirtualService");
        inventory
            .rules_for(from, "web.shop.svc.cluster.local")
            .count()
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
    settings.common.mesh.termination_drain_duration = Some(std::time::Duration::from_secs(30));
    settings.common.mesh.exit_on_zero_active_connections = Some(false);
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
fn another_repository_says_nothing_of_the_mesh() {
    let enabled = namespace("istio-injection: enabled");
    let operator = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: a}\nspec:\n  \
                    values: {pilot: {env: {ENABLE_NATIVE_SIDECARS: \"true\"}}}\n  \
                    meshConfig: {defaultConfig: {holdApplicationUntilProxyStarts: true}}\n";
    let web = deployment("", "", "");
    let files = [
        ("one/k8s/web.yaml", web.as_str()),
        ("two/cluster/shop.yaml", &enabled),
        ("two/mesh/operator.yaml", operator),
    ];
    let facts = |roots: &[&str]| {
        let inventory = repositories(&files, &Settings::default(), roots);
        let web = inventory.workloads().next().unwrap();
        (
            inventory.mesh(web).membership,
            inventory.proxy_kind(web),
            inventory.holds_mesh_wide(web),
        )
    };
    let together = (Membership::Sidecar, ProxyKind::Native, true);
    let apart = (Membership::Unknown, ProxyKind::Unknown, false);
    assert_eq!(facts(&[]), together);
    assert_eq!(facts(&["."]), together);
    assert_eq!(facts(&["one", "two"]), apart);
    assert_eq!(facts(&[".", "two"]), apart);
    assert_eq!(facts(&["one", "on"]), apart);
}
