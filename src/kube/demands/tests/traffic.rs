//! Services, Ingresses, network policies and webhooks: what is written, and what is told of it.

use super::harness::assert_texts;

fn service(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n")
}

fn ingress(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web}}\nspec: {spec}\n"
    )
}

fn ingress_path(path: &str) -> String {
    ingress(&format!("{{rules: [{{http: {{paths: [{path}]}}}}]}}"))
}

fn network_policy(rest: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: web}}\nspec: {{podSelector: {{}}, {rest}}}\n"
    )
}

fn webhook(hooks: &str) -> String {
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {{name: web}}\nwebhooks: [{hooks}]\n"
    )
}

#[test]
fn services() {
    assert_texts(&[
        (service("{}"), &["the Service has no `ports`"]),
        (
            service("{type: ClusterIP, selector: {a: b}}"),
            &["the Service has no `ports`"],
        ),
        (service("{clusterIP: None}"), &[]),
        (
            service("{type: ExternalName}"),
            &["type ExternalName needs `externalName`"],
        ),
        (
            service(r#"{type: ExternalName, externalName: "https://a.b"}"#),
            &["`externalName` is not a DNS name"],
        ),
        (
            service("{type: ExternalName, externalName: a.b., clusterIP: 10.0.0.1}"),
            &["`clusterIP` does not apply to type ExternalName"],
        ),
        (
            service("{type: NodePort, clusterIP: None, ports: [{port: 80}]}"),
            &["a Service of type NodePort cannot be headless"],
        ),
        (
            service("{ports: [{port: 80}, {port: 81}]}"),
            &[
                "port 80 has no `name`, which several ports need",
                "port 81 has no `name`, which several ports need",
            ],
        ),
        (
            service("{ports: [{port: 80, name: a}, {port: 81, name: a}]}"),
            &["two ports are named `a`"],
        ),
    ]);
}

#[test]
fn more_services_1() {
    assert_texts(&[
        (
            service("{ports: [{port: 80, name: a}, {port: 80, name: b}]}"),
            &["port 80 of TCP is given twice"],
        ),
        (
            service("{ports: [{port: 80, name: a}, {port: 80, name: b, protocol: UDP}]}"),
            &[],
        ),
        (
            service("{ports: [{port: 80, nodePort: 30001}]}"),
            &["`nodePort` does not apply to type ClusterIP"],
        ),
        (
            service(
                "{type: NodePort, ports: [{port: 80, name: a, nodePort: 30001}, {port: 81, name: b, nodePort: 30001}]}",
            ),
            &["nodePort 30001 is given twice"],
        ),
        (
            service("{ports: [{name: a, targetPort: 80}]}"),
            &["port `a` has no `port`"],
        ),
        (
            service("{ports: [{port: 80, appProtocol: a b}]}"),
            &["`appProtocol` is not a name such as kubernetes.io/h2c"],
        ),
        (service("{ports: [~]}"), &["an item of `ports` is null"]),
        (
            service("{clusterIP: none, ports: [{port: 80}]}"),
            &["`none` is not an IP address or `None`"],
        ),
        (
            service("{clusterIPs: [10.0.0.1, host], clusterIP: 10.0.0.1, ports: [{port: 80}]}"),
            &["`host` is not an IP address"],
        ),
    ]);
}

#[test]
fn more_services_2() {
    assert_texts(&[
        (
            service("{externalIPs: [host], ports: [{port: 80}]}"),
            &["`host` is not an IP address"],
        ),
        (
            service("{loadBalancerClass: a/b, ports: [{port: 80}]}"),
            &["`loadBalancerClass` applies to type LoadBalancer only"],
        ),
        (
            service(
                "{type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/33], ports: [{port: 80}]}",
            ),
            &["`10.0.0.0/33` is not an address range"],
        ),
        (
            service("{externalTrafficPolicy: Local, ports: [{port: 80}]}"),
            &["`externalTrafficPolicy` does not apply to type ClusterIP"],
        ),
        (
            service("{healthCheckNodePort: 30000, ports: [{port: 80}]}"),
            &["`healthCheckNodePort` needs type LoadBalancer and `externalTrafficPolicy: Local`"],
        ),
        (
            service(
                "{sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}, ports: [{port: 80}]}",
            ),
            &["`timeoutSeconds` is not between 1 and 86400"],
        ),
        (
            service(
                "{sessionAffinityConfig: {clientIP: {timeoutSeconds: 10}}, ports: [{port: 80}]}",
            ),
            &[],
        ),
        (
            service("{ipFamilies: [IPv4, IPv4], ports: [{port: 80}]}"),
            &["`ipFamilies` has IPv4 twice"],
        ),
        (service(r#"{type: "${TYPE}"}"#), &[]),
    ]);
}

#[test]
fn more_services_3() {
    assert_texts(&[(service("{port: 80}"), &[])]);
}

#[test]
fn ingresses() {
    assert_texts(&[
        (
            ingress("{}"),
            &["the Ingress has neither `rules` nor `defaultBackend`"],
        ),
        (
            ingress("{defaultBackend: {}}"),
            &["the backend has no `service` or `resource`"],
        ),
        (
            ingress_path("{path: /, backend: {service: {name: web, port: {number: 80}}}}"),
            &["an item of `paths` has no `pathType`"],
        ),
        (
            ingress_path("{path: /, pathType: Prefix}"),
            &["an item of `paths` has no `backend`"],
        ),
        (
            ingress_path(
                "{path: api, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}",
            ),
            &["path `api` does not start with `/`"],
        ),
        (
            ingress_path(
                "{path: /a//b, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}",
            ),
            &["path `/a//b` contains `//`"],
        ),
        (
            ingress_path("{pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}"),
            &["a path of type Prefix needs `path`"],
        ),
        (
            ingress_path(
                "{pathType: ImplementationSpecific, backend: {service: {name: web, port: {number: 80}}}}",
            ),
            &[],
        ),
        (
            ingress_path("{path: /, pathType: Prefix, backend: {service: {name: web}}}"),
            &["the backend's Service has no `port`"],
        ),
    ]);
}

#[test]
fn more_ingresses_1() {
    assert_texts(&[
        (
            ingress_path(
                "{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http, number: 80}}}}",
            ),
            &["the backend's port has both a name and a number"],
        ),
        (
            ingress_path(
                "{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 0}}}}",
            ),
            &["the backend's port has neither `number` nor `name`"],
        ),
        (
            ingress_path(
                "{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}, resource: {kind: A, name: a}}}",
            ),
            &["the backend has both `service` and `resource`"],
        ),
        (
            ingress(r#"{rules: [{host: "a.example:80"}]}"#),
            &["host `a.example:80` is not a DNS name"],
        ),
        (
            ingress("{rules: [{host: 10.0.0.1}]}"),
            &["host `10.0.0.1` is an IP address"],
        ),
        (ingress(r#"{rules: [{host: "*.example.com"}]}"#), &[]),
        (
            ingress(r#"{rules: [{host: "a.*.example"}]}"#),
            &["host `a.*.example` is not a DNS name"],
        ),
        (
            ingress("{rules: [{http: {paths: []}}]}"),
            &["`http` has no `paths`"],
        ),
        (
            ingress(
                r#"{rules: [{host: a.example}], tls: [{hosts: ["https://a.example"], secretName: My_Secret}]}"#,
            ),
            &[
                "host `https://a.example` is not a DNS name",
                "`secretName` is not the name of a Secret",
            ],
        ),
    ]);
}

#[test]
fn more_ingresses_2() {
    assert_texts(&[
        ("apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: web}\nspec: {controller: nginx}\n".to_owned(), &["`controller` is not a name such as example.com/controller"]),
    ]);
}

#[test]
fn network_policies() {
    assert_texts(&[
        (
            network_policy("ingress: [{from: [{}]}]"),
            &["the peer names neither pods nor addresses"],
        ),
        (
            network_policy("ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]"),
            &["`ipBlock` does not go with a selector"],
        ),
        (
            network_policy("ingress: [{from: [{podSelector: {}, namespaceSelector: {}}]}]"),
            &[],
        ),
        (
            network_policy("ingress: [{from: [{ipBlock: {}}]}]"),
            &["`ipBlock` has no `cidr`"],
        ),
        (
            network_policy("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]"),
            &["`10.0.0.0` is not an address range"],
        ),
        (
            network_policy(
                "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8, 10.1.0.0/16]}}]}]",
            ),
            &["`11.0.0.0/8` is not a part of `cidr`"],
        ),
        (
            network_policy("ingress: [{ports: [{port: 0}]}]"),
            &["`port` is not between 1 and 65535"],
        ),
        (
            network_policy("ingress: [{ports: [{port: HTTP}]}]"),
            &["`HTTP` is not the name of a port"],
        ),
        (
            network_policy("ingress: [{ports: [{port: 80, endPort: 70}]}]"),
            &["`endPort` 70 is below `port` 80"],
        ),
    ]);
}

#[test]
fn more_network_policies_1() {
    assert_texts(&[
        (
            network_policy("ingress: [{ports: [{port: http, endPort: 90}]}]"),
            &["`endPort` needs a number as `port`"],
        ),
        (
            network_policy("ingress: [{ports: [{endPort: 90}]}]"),
            &["`endPort` needs `port`"],
        ),
        (
            network_policy("policyTypes: [Ingress, Egress, Ingress]"),
            &["`policyTypes` takes at most 2 types"],
        ),
    ]);
}

#[test]
fn webhooks() {
    assert_texts(&[
        (
            webhook("{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1]}"),
            &["`a.example.com` of `webhooks` has no `clientConfig`"],
        ),
        (
            webhook(
                "{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: web, namespace: web}}}",
            ),
            &[],
        ),
        (
            webhook("{name: a, clientConfig: {}}"),
            &[
                "`a` of `webhooks` has no `sideEffects`",
                "`a` of `webhooks` has no `admissionReviewVersions`",
                "`a` is not fully qualified",
                "`clientConfig` has no `service` or `url`",
            ],
        ),
        (
            webhook(
                r#"{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {url: "http://a"}}"#,
            ),
            &["`url` is not an https address"],
        ),
        (
            webhook(
                r#"{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {url: "https://a", service: {name: a, namespace: a}}}"#,
            ),
            &["`clientConfig` has both `service` and `url`"],
        ),
        (
            webhook(
                "{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: a, path: a//b, port: 0}}}",
            ),
            &[
                "`service` of `a.example.com` of `webhooks` has no `namespace`",
                "`path` `a//b` is not a plain path",
                "`port` is not between 1 and 65535",
            ],
        ),
        (
            webhook(
                "{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: web, namespace: web}}, timeoutSeconds: 31}",
            ),
            &["`timeoutSeconds` is not between 1 and 30"],
        ),
    ]);
}

#[test]
fn names_and_rules_of_webhooks() {
    assert_texts(&[
        (
            webhook(
                "{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: web, namespace: web}}}, {name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: web, namespace: web}}}",
            ),
            &["two webhooks are named `a.example.com`"],
        ),
        (
            webhook(
                "{name: a.example.com, sideEffects: None, admissionReviewVersions: [v2], clientConfig: {service: {name: web, namespace: web}}}",
            ),
            &["`admissionReviewVersions` has neither v1 nor v1beta1"],
        ),
    ]);
}

#[test]
fn more_webhooks_1() {
    assert_texts(&[
        (
            webhook(
                r#"{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: web, namespace: web}}, rules: [{operations: ["*", CREATE], apiGroups: [], apiVersions: [v1], resources: ["*", pods]}]}"#,
            ),
            &[
                "`*` in `operations` does not go with others",
                "an item of `rules` has no `apiGroups`",
                "`*` in `resources` does not go with other resources",
            ],
        ),
        (
            webhook(
                r#"{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: web, namespace: web}}, rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: ["pods/*", "pods/log"]}]}"#,
            ),
            &["`pods/log` is covered by a wildcard above"],
        ),
        (
            webhook(
                r#"{name: a.example.com, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {name: web, namespace: web}}, rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: ["*", "*/status"]}]}"#,
            ),
            &[],
        ),
    ]);
}
