//! Small files in which many things are compared with many others. Each run ends long before the bound on
//! its time; before the comparison was bounded it did not.

use super::Repository;

fn documents(count: usize, make: impl Fn(usize) -> String) -> String {
    (0..count).map(make).collect()
}

/// Texts one after the other, each with its number.
fn each(count: usize, make: impl Fn(usize) -> String) -> String {
    documents(count, make)
}

fn workload(nth: usize, labels: &str, metadata: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{nth}{metadata}}}\nspec:\n  \
         replicas: 3\n  selector: {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: \
         {{{labels}}}}}\n    spec: {{containers: [{{name: a, image: 'a:1'}}]}}\n"
    )
}

fn service(name: &str, selector: &str, ports: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{{selector}}}, \
         ports: [{ports}]}}\n"
    )
}

fn istio(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

/// That a check ends, and says this.
#[track_caller]
fn says(files: &[(&str, &str)], rule: &str, text: &str) {
    let repository = Repository::new(files);
    let run = repository.run(&["check", "--format=concise", "--pedantic", "--select", rule]);
    assert!(run.code < 2, "{run:?}");
    assert!(run.stdout.contains(text), "{text} in {}", run.stdout);
}

#[test]
fn annotations_for_each_of_many_containers() {
    let annotations = each(12_000, |nth| {
        format!("    lameduck.dev/ignore.c{nth}: missing-pdb\n")
    });
    let containers = each(12_000, |nth| {
        format!("      - {{name: c{nth}, image: 'a:1'}}\n")
    });
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  annotations:\n{annotations}spec:\n  \
         template:\n    spec:\n      containers:\n{containers}"
    );
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(1, &["unused-suppression", "hides nothing"], &[]);
}

#[test]
fn merged_annotations_for_each_of_many_containers() {
    let annotations = each(6_000, |nth| format!("  a{nth}: b\n"));
    let containers = each(6_000, |nth| {
        format!("      - {{name: c{nth}, image: 'a:1'}}\n")
    });
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nx: &all\n{annotations}metadata:\n  name: a\n  annotations:\n    \
         <<: *all\nspec:\n  template:\n    spec:\n      containers:\n{containers}"
    );
    let repository = Repository::new(&[("a.yaml", &text)]);
    let run = repository.run(&["check", "--format=concise"]);
    run.ends(1, &["a.yaml"], &[]);
}

#[test]
fn replicated_workloads_of_one_label() {
    let text = documents(5_000, |nth| workload(nth, "app: a", ""));
    let said = "`w0`, `w1`, `w2`";
    says(&[("a.yaml", &text)], "missing-pdb", said);
}

#[test]
fn workloads_that_others_select_too() {
    let text = documents(1_200, |nth| workload(nth, "a: w, t: x", ""))
        + &documents(1_200, |nth| workload(nth + 1_200, "a: w", ""));
    says(&[("a.yaml", &text)], "missing-pdb", "and 1190 more");
}

#[test]
fn namespaces_of_one_name() {
    let label = ", labels: {istio-injection: enabled}";
    let text = documents(3_000, |_| {
        format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n{label}}}\n")
    }) + &documents(3_000, |nth| workload(nth, "app: a", ", namespace: n"));
    let rules = "missing-readiness-gate,missing-hold-application";
    says(&[("a.yaml", &text)], rules, "");
}

#[test]
fn hosts_that_suggest_a_mesh() {
    let workloads = documents(500, |nth| workload(nth, "app: a", ""));
    let rules = documents(500, |nth| {
        istio(
            "DestinationRule",
            &format!("r{nth}"),
            "{host: '*.svc.cluster.local'}",
        )
    });
    let services = documents(500, |nth| {
        service(&format!("s{nth}"), &format!("q: x{nth}"), "{port: 80}")
    });
    let files = [
        ("a.yaml", workloads.as_str()),
        ("b.yaml", rules.as_str()),
        ("c.yaml", services.as_str()),
    ];
    says(&files, "missing-hold-application,missing-prestop", "");
}

#[test]
fn routes_of_one_service() {
    let routes = each(8_000, |nth| {
        format!("    - match: [{{uri: {{exact: /{nth}}}}}]\n")
    });
    let text = istio(
        "VirtualService",
        "v",
        &format!("\n  hosts: [a]\n  http:\n    - match: [{{uri: {{exact: /0}}}}]\n{routes}"),
    );
    says(
        &[("a.yaml", &text)],
        "unreachable-route",
        "route 2 is never reached",
    );
}

#[test]
fn a_pointer_of_many_steps() {
    let patch = format!(
        "resources: [a.yaml]\npatches:\n  - target: {{kind: Deployment}}\n    patch: '[{{\"op\": \"replace\", \
         \"path\": \"{}\", \"value\": 1}}]'\n",
        "/a".repeat(80_000)
    );
    let workload = workload(0, "app: a", "");
    let files = [
        ("kustomization.yaml", patch.as_str()),
        ("a.yaml", workload.as_str()),
    ];
    says(&files, "missing-resources", "a.yaml");
}

#[test]
fn ports_of_a_service_and_workloads_of_their_own() {
    let workloads = documents(1_200, |nth| {
        workload(nth, &format!("app: w, b: x{nth}"), "")
    });
    let text = workloads + &service("s", "app: w", &"{port: 1},".repeat(16_000));
    says(&[("a.yaml", &text)], "missing-readiness-probe", "");
}

#[test]
fn names_that_hosts_hold() {
    let hosts = each(10_000, |nth| format!("h{nth},"));
    let matches = "{sniHosts: [x]},".repeat(5_000);
    let spec = format!(
        "{{hosts: [{hosts}h7], tls: [{{match: [{matches}], route: [{{destination: {{host: a}}}}]}}]}}"
    );
    let text = istio("VirtualService", "v", &spec);
    says(
        &[("a.yaml", &text)],
        "invalid-field",
        "`hosts` has `h7` twice",
    );
}

#[test]
fn comments_above_a_long_line() {
    let comments = "# ab cd ef\n".repeat(12_000);
    let containers = each(3_000, |nth| format!("{{name: c{nth}, image: 'a:latest'}},"));
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec:\n  template:\n    spec:\n{comments}      \
         containers: [{containers}]\n"
    );
    says(
        &[("a.yaml", &text)],
        "missing-resources,mutable-image-tag",
        "",
    );
}

#[test]
fn hosts_of_service_entries() {
    let hosts = each(8_000, |nth| format!("'*.h{nth}',"));
    let ways = each(4_000, |nth| format!("{{destination: {{host: a{nth}}}}},"));
    let text = istio("ServiceEntry", "e", &format!("{{hosts: [{hosts}]}}"))
        + &istio(
            "VirtualService",
            "v",
            &format!("{{hosts: [a], http: [{{route: [{ways}]}}]}}"),
        )
        + &service("s", "app: a", "{port: 80}");
    says(&[("a.yaml", &text)], "unresolved-destination", "");
}

#[test]
fn namespaces_that_a_host_is_exported_to() {
    let exported = "a,".repeat(100_000);
    let ways = each(8_000, |nth| format!("{{destination: {{host: a{nth}}}}},"));
    let text = istio(
        "ServiceEntry",
        "e",
        &format!("{{hosts: ['*.h'], exportTo: [{exported}]}}"),
    ) + &istio(
        "VirtualService",
        "v",
        &format!("{{hosts: [a], http: [{{route: [{ways}]}}]}}"),
    ) + &service("s", "app: a", "{port: 80}");
    says(&[("a.yaml", &text)], "unresolved-destination", "");
}

#[test]
fn resources_of_one_kind() {
    let text = documents(8_000, |nth| {
        istio(
            "VirtualService",
            &format!("v{nth}"),
            &format!("{{hosts: [h{}]}}", nth % 7_999),
        )
    });
    let said = "VirtualService `v0` is also for host `h0`";
    says(&[("a.yaml", &text)], "conflicting-mesh-config", said);
}

#[test]
fn ports_that_a_service_lacks() {
    let ways = "{name: s, port: 9},".repeat(20_000);
    let text = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: a}}\nspec: {{rules: \
         [{{backendRefs: [{ways}]}}]}}\n"
    ) + &service("s", "app: a", &"{port: 1},".repeat(30_000));
    says(
        &[("a.yaml", &text)],
        "unresolved-backend",
        "no port 9 in Service `s`",
    );
}

#[test]
fn fixes_on_one_line() {
    let ports = "{\"port\":\"80\"},".repeat(15_000);
    let ports = ports.trim_end_matches(',');
    let text = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{{\"name\":\"a\"}},\"spec\":{{\"ports\":[{ports}]}}}}\n"
    );
    says(
        &[("a.yaml", &text)],
        "invalid-field",
        "expected an integer, found the string",
    );
}

#[test]
fn sleeps_of_many_containers() {
    let containers = each(6_000, |nth| {
        format!("{{name: c{nth}, image: b, lifecycle: {{preStop: {{sleep: {{seconds: 60}}}}}}}},")
    });
    let text =
        workload(0, "a: b", "").replace("[{name: a, image: 'a:1'}]", &format!("[{containers}]"));
    says(
        &[("a.yaml", &text)],
        "prestop-exceeds-grace-period",
        "preStop sleep of 60s exceeds",
    );
}

#[test]
fn parents_of_one_route() {
    let gateway = |kind: &str, name: &str, spec: &str| {
        format!(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
        )
    };
    let text = workload(0, "app: a", "")
        + &service("s", "app: a", "{port: 80}")
        + &gateway("Gateway", "g", "{gatewayClassName: gke-l7-rilb}")
        + &gateway(
            "HTTPRoute",
            "r",
            &format!(
                "{{parentRefs: [{}], rules: [{{backendRefs: [{{name: s}}]}}]}}",
                "{name: g},".repeat(30_000)
            ),
        );
    says(&[("a.yaml", &text)], "missing-prestop", "");
}

#[test]
fn routes_to_as_many_subsets() {
    let way = |nth| format!("{{route: [{{destination: {{host: s, subset: t{nth}}}}}]}},");
    let text = istio(
        "VirtualService",
        "v",
        &format!("{{hosts: [s], http: [{}]}}", each(8_000, way)),
    ) + &istio(
        "DestinationRule",
        "d",
        &format!(
            "{{host: s, subsets: [{}]}}",
            each(8_000, |nth| format!("{{name: t{nth}}},"))
        ),
    ) + &service("s", "app: a", "{port: 80}");
    says(
        &[("a.yaml", &text)],
        "unresolved-destination,unreachable-route",
        "route 2 is never reached",
    );
}

#[test]
fn gateways_that_are_missing() {
    let gateways = documents(600, |nth| istio("Gateway", &format!("g{nth}"), "{}"));
    let text = istio(
        "VirtualService",
        "v",
        &format!(
            "{{hosts: [s], gateways: [{}]}}",
            each(6_000, |nth| format!("missing-{nth},"))
        ),
    ) + &gateways;
    says(
        &[("a.yaml", &text)],
        "unresolved-destination",
        "no Gateway `missing-0` in view: no gateway takes its routes",
    );
}

#[test]
fn ports_that_destinations_name() {
    let text = istio(
        "VirtualService",
        "v",
        &format!(
            "{{hosts: [s], http: [{{route: [{}]}}]}}",
            "{destination: {host: s, port: {number: 2}}},".repeat(6_000)
        ),
    ) + &service("s", "app: a", &"{port: 1},".repeat(20_000));
    says(
        &[("a.yaml", &text)],
        "unresolved-destination",
        "`s` has no port 2",
    );
}

#[test]
fn service_entries_that_are_for_nobody() {
    let hidden = ",x".repeat(50);
    let entries = documents(900, |nth| {
        let spec = format!("{{exportTo: ['~'{hidden}], hosts: ['*.a']}}");
        istio("ServiceEntry", &format!("e{nth}"), &spec)
    });
    let ways = each(4_000, |nth| format!("{{destination: {{host: s{nth}}}}},"));
    let text = istio(
        "VirtualService",
        "v, namespace: q",
        &format!("{{hosts: [s], http: [{{route: [{ways}]}}]}}"),
    ) + &service("s, namespace: q", "app: a", "{port: 80}")
        + &entries;
    says(
        &[("a.yaml", &text)],
        "unresolved-destination",
        "no Service `s0` in view",
    );
}

#[test]
fn hosts_of_a_service_beside_many_workloads() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: n, labels: {istio-injection: disabled}}\n".to_owned()
        + &service("s, namespace: n", "z: b", "{port: 80}")
        + &istio(
            "VirtualService",
            "v, namespace: n",
            &format!("{{hosts: [{}]}}", "s,".repeat(8_000)),
        )
        + &documents(400, |nth| workload(nth, "a: b", ", namespace: n"));
    says(&[("a.yaml", &text)], "missing-waypoint", "");
}

#[test]
fn ports_of_a_service_over_probed_containers() {
    let ports = each(5_000, |nth| format!("{{port: {}}},", nth + 9));
    let containers = each(1_600, |nth| {
        format!("{{name: c{nth}, image: b, readinessProbe: {{tcpSocket: {{port: 1}}}}}},")
    });
    let text = service("s", "a: b", &ports).replace("spec: {", "spec: {clusterIP: None, ")
        + &workload(0, "a: b", "").replace("[{name: a, image: 'a:1'}]", &format!("[{containers}]"));
    says(&[("a.yaml", &text)], "missing-prestop", "");
}

#[test]
fn containers_without_an_image_and_with_unknown_fields() {
    let containers = "{name: a, b: c},".repeat(12_000);
    let text =
        workload(0, "a: b", "").replace("[{name: a, image: 'a:1'}]", &format!("[{containers}]"));
    says(&[("a.yaml", &text)], "unknown-field,invalid-field", "`b`");
}

#[test]
fn backends_and_gateways_that_share_a_name_with_many() {
    let text = format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r}}\nspec: {{rules: \
         [{{backendRefs: [{}]}}]}}\n",
        "{name: s},".repeat(10_000)
    ) + &istio(
        "VirtualService",
        "v",
        &format!("{{hosts: [a], gateways: [{}]}}", "s,".repeat(20_000)),
    ) + &documents(1_500, |_| service("s", "a: b", "{port: 1}"));
    says(
        &[("a.yaml", &text)],
        "unresolved-backend,unresolved-destination",
        "",
    );
}
