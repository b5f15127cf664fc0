//! Istio's objects: what is written, and what is told of it.

use super::harness::{assert_faults, assert_rows};

/// See its first lines.
const ROWS: &str = include_str!("rows.txt");

#[test]
fn what_istio_refuses_is_told() {
    let mut place = None;
    let mut count = 0;
    for line in ROWS.lines().filter(|line| !line.starts_with("# ")) {
        if let Some(header) = line.strip_prefix("## ") {
            place = Some(header.splitn(3, ' ').collect::<Vec<_>>());
            continue;
        }
        let Some((text, expected)) = line.split_once(" =>") else {
            assert_eq!(line, "");
            continue;
        };
        let [api, kind, spec] = place.as_deref().unwrap() else {
            panic!("{line}")
        };
        let spec = spec.replace('$', text);
        let manifest = format!(
            "apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"
        );
        let expected: Vec<&str> = expected
            .trim()
            .split(" & ")
            .filter(|part| !part.is_empty())
            .collect();
        assert_faults(&manifest, &expected);
        count += 1;
    }
    assert!(count > 200, "{count}");
}

#[test]
fn words_in_capitals_are_filled_in_later() {
    assert_faults(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  \
         hosts: [WEB_HOST]\n  http: [{route: [{destination: {host: DEX_SERVICE.DEX_NAMESPACE.svc}}]}]\n",
        &[],
    );
}

#[test]
fn metadata() {
    let with = |metadata: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {metadata}\nspec: \
             {{host: web}}\n"
        )
    };
    assert_rows(
        with,
        &[
            ("{namespace: shop}", "the object has no `metadata.name`"),
            ("{name: web.v1, finalizers: [cleanup]}", ""),
            (
                "{name: web, namespace: Shop_EU}",
                "is not the name of a namespace",
            ),
            (
                "{name: web, annotations: {istio.io/dry-run: 'true'}}",
                "for AuthorizationPolicies only",
            ),
            (
                "{name: web, annotations: {internal.istio.io/parents: a}}",
                "Istio's own annotation",
            ),
        ],
    );
    let gateway = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: web.v1}\n\
                   spec: {servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: ['*']}]}\n";
    assert_faults(gateway, &["has a dot"]);
}
