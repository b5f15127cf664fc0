//! Whether a workload takes requests, and what says so.

use super::*;

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
fn only_a_service_deployed_with_the_workload_is_certain() {
    let with_port =
        DEPLOYMENT.replace("image: web:1", "image: web:1, ports: [{containerPort: 80}]");
    let traffic = |path: &str, deployment: &str| {
        let inventory = inventory(&[("a/web.yaml", deployment), (path, SERVICE)]);
        let workload = inventory.workloads().next().unwrap();
        let serving = inventory.serving(workload);
        (serving.traffic(), serving.services().count())
    };
    assert_eq!(traffic("a/service.yaml", DEPLOYMENT), (Traffic::Yes, 1));
    assert_eq!(traffic("b/service.yaml", DEPLOYMENT), (Traffic::No, 0));
    assert_eq!(traffic("b/service.yaml", &with_port), (Traffic::Likely, 0));
}

/// The traffic of the first workload, and what says so.
fn traffic(text: &str) -> (Traffic, Vec<String>) {
    let inventory = inventory(&[("a.yaml", text)]);
    let workload = inventory.workloads().next().unwrap();
    let serving = inventory.serving(workload);
    let evidence = serving.evidence(None).into_iter();
    (
        serving.traffic(),
        evidence.map(|evidence| evidence.message).collect(),
    )
}

#[test]
fn ports_say_what_they_can_where_no_service_is_beside_the_workload() {
    let of = |container: &str| traffic(&with_container(container)).0;
    let ready = "readinessProbe: {httpGet: {path: /r, port: 8080}}";
    let named = "name: app, image: a:1, ports: [{name: http, containerPort: 8080}]";
    assert_eq!(of(&format!("{named}, {ready}")), Traffic::Yes);
    assert_eq!(of(named), Traffic::Likely);
    let plain = "name: app, image: a:1, ports: [{containerPort: 8080}]";
    assert_eq!(of(plain), Traffic::Likely);
    assert_eq!(of(&format!("{plain}, {ready}")), Traffic::No, "for probes");
    assert_eq!(
        of("name: app, image: a:1, ports: [{name: metrics, containerPort: 80}]"),
        Traffic::No
    );
    assert_eq!(
        of(&format!("{plain}, command: [sleep, infinity]")),
        Traffic::No
    );
    assert_eq!(
        of("name: app, image: b/redis_exporter:1, ports: [{containerPort: 80}]"),
        Traffic::No
    );
    let (_, evidence) = traffic(&with_container(plain));
    assert_eq!(
        evidence,
        ["declares port 8080, and no Service is in view next to it"]
    );
    let other = SERVICE.replace("app: web", "app: other");
    let file = format!("{}---\n{other}", with_container(plain));
    assert_eq!(
        traffic(&file).0,
        Traffic::No,
        "Services are there, for others"
    );
}

#[test]
fn what_only_waits_takes_no_requests_whatever_selects_it() {
    for command in [
        "[sleep, 1d]",
        "[tail, -f, /dev/null]",
        "[sh, -c, 'while :; do sleep 9; done']",
    ] {
        let file = with_container(&format!("name: app, image: a:1, command: {command}"));
        assert_eq!(
            traffic(&format!("{file}---\n{SERVICE}")).0,
            Traffic::No,
            "{command}"
        );
    }
}

#[test]
fn ports_of_injected_sidecars_are_not_the_applications() {
    let of = |annotations: &str, target: i32| {
        let file = DEPLOYMENT.replace(
            "      labels: {app: web}\n    spec",
            &format!("      labels: {{app: web}}\n      annotations: {{{annotations}}}\n    spec"),
        );
        let service = SERVICE.replace("port: 80", &format!("port: 80, targetPort: {target}"));
        traffic(&format!("{file}---\n{service}")).0
    };
    let dapr = "dapr.io/enabled: 'true'";
    assert_eq!(of(dapr, 3500), Traffic::No, "nothing is handed on");
    let app_port = format!("{dapr}, dapr.io/app-port: '5005'");
    assert_eq!(of(&app_port, 3500), Traffic::Yes);
    assert_eq!(of(&app_port, 9090), Traffic::No);
    assert_eq!(of("dapr.io/enabled: 'false'", 3500), Traffic::Yes);
    assert_eq!(of("linkerd.io/inject: enabled", 4191), Traffic::No);
    assert_eq!(
        of("consul.hashicorp.com/connect-inject: 'true'", 20000),
        Traffic::Yes
    );
    assert_eq!(
        of("vault.hashicorp.com/agent-inject: 'true'", 8200),
        Traffic::No
    );
    assert_eq!(of("a: b", 8200), Traffic::Yes);
}

#[test]
fn calls_of_the_api_server_end_with_its_patience() {
    let webhook = |rest: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n\
             metadata: {{name: web}}\nwebhooks:\n  - {{name: a.b.c{rest}, \
             clientConfig: {{service: {{name: web, namespace: shop}}}}}}\n"
        )
    };
    let seconds = |seconds| Traffic::Bounded(std::time::Duration::from_secs(seconds));
    let of = |others: &str| traffic(&format!("{DEPLOYMENT}---\n{SERVICE}---\n{others}"));
    assert_eq!(
        of(&webhook("")),
        (
            seconds(10),
            vec!["the API server calls the pods through this Service".to_owned()]
        )
    );
    assert_eq!(of(&webhook(", timeoutSeconds: 25")).0, seconds(25));
    let api = "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.a.b}\n\
               spec: {service: {name: web, namespace: shop}}\n";
    assert_eq!(of(api).0, seconds(30));
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: out}\n\
                 spec: {rules: [{backendRefs: [{name: web, port: 80}]}]}\n";
    assert_eq!(
        of(&format!("{}---\n{route}", webhook(""))),
        (
            Traffic::Yes,
            vec![
                "requests come through this Service".to_owned(),
                "this HTTPRoute sends requests to Service `web`".to_owned()
            ]
        )
    );
}

#[test]
fn flagger_makes_the_services_of_its_canary() {
    let canary = "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: web}\nspec:\n  \
                  targetRef: {kind: Deployment, name: web}\n  service: {port: 80}\n";
    let file = with_container("name: app, image: a:1, ports: [{name: metrics, containerPort: 1}]");
    assert_eq!(traffic(&file).0, Traffic::No);
    assert_eq!(traffic(&format!("{file}---\n{canary}")).0, Traffic::Yes);
    let other = canary.replace("name: web}\n  service", "name: api}\n  service");
    assert_eq!(traffic(&format!("{file}---\n{other}")).0, Traffic::No);
}
