use std::sync::Arc;

use crate::kube::read_source;
use crate::source::{NewSource, Role, Scope, Sources};
use crate::yaml::IssueKind;

/// The issues and faults of the objects of a text, by what they are about.
fn told(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let id = sources.push(NewSource {
        path: "a.yaml".to_owned(),
        root_path: "a.yaml".to_owned(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    });
    let manifests = read_source(sources.get(id));
    let mut found = Vec::new();
    for object in &manifests.objects {
        for issue in object.issues() {
            let node = object.node_of(issue.node);
            found.push(match &issue.kind {
                IssueKind::UnknownField { .. } => {
                    format!("unknown {}", node.text().unwrap_or_default())
                }
                IssueKind::Invalid { .. } => format!("invalid {}", node.path()),
            });
        }
        for fault in object.faults() {
            found.push(fault.message.clone());
        }
    }
    found
}

const ROUTE: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders, namespace: shop}
spec:
";

#[test]
fn what_the_crds_take_is_accepted() {
    for rest in [
        "  parentRefs: [{name: public, sectionName: https, port: 443}]\n  hostnames: [shop.example.com]\n  \
         rules:\n    - matches: [{path: {type: PathPrefix, value: /}, headers: [{name: a, value: b}], method: GET}]\n      \
         filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}], remove: [c]}}]\n      \
         backendRefs: [{name: orders, port: 80, weight: 90}]\n      timeouts: {request: 5s}\n      \
         retry: {attempts: 2, codes: [503], backoff: 1s}\n",
        "  rules:\n    - filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /}}}]\n",
        "  rules: [{filters: [{type: CORS, cors: {allowMethods: ['*'], maxAge: 5}}]}]\n",
    ] {
        assert_eq!(told(&format!("{ROUTE}{rest}")), [""; 0], "{rest}");
    }
    let grant = "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: a}\nspec:\n  \
                 from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: b}]\n  to: [{group: '', kind: Service}]\n";
    assert_eq!(told(grant), [""; 0]);
}

#[test]
fn what_the_crds_do_not_have_is_told() {
    for (rest, expected) in [
        ("  parentRef: {name: public}\n", "unknown parentRef"),
        (
            "  rules: [{backendRefs: [{name: a, port: http}]}]\n",
            "invalid ",
        ),
        (
            "  rules: [{matches: [{path: {type: Prefix, value: /}}]}]\n",
            "invalid ",
        ),
        ("  rules: [{backendRefs: [{port: 80}]}]\n", "name"),
        ("  rules: [{filters: [{urlRewrite: {}}]}]\n", "type"),
        ("  hostnames: shop.example.com\n", "invalid "),
    ] {
        let found = told(&format!("{ROUTE}{rest}"));
        assert_eq!(found.len(), 1, "{rest}: {found:?}");
        assert!(found[0].contains(expected), "{rest}: {found:?}");
    }
}

#[test]
fn versions_that_the_crds_no_longer_have_are_not_judged() {
    let old = ROUTE.replace("/v1\n", "/v1alpha1\n");
    assert_eq!(told(&format!("{old}  gateways: {{allow: All}}\n")), [""; 0]);
}
