use std::sync::Arc;

use super::*;
use crate::finding::{Category, FixAvailability, RuleMeta};
use crate::kube::Object;
use crate::source::{NewSource, Scope};

static META: RuleMeta = RuleMeta {
    id: "failing",
    category: Category::Schema,
    severity: Severity::Warning,
    pedantic: false,
    summary: "",
    page: "",
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// Panics on objects of one name.
struct Failing;

impl Rule for Failing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, _: &Context<'_>, object: &Object, _: &mut Findings) {
        assert_ne!(object.name(), "bad", "a name it does not like");
    }
}

#[test]
fn a_rule_that_fails_loses_its_say_on_that_object_only() {
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: a, image: a:1}}]}}\n"
        )
    };
    let mut sources = Sources::default();
    sources.push(NewSource {
        path: "k8s/pods.yaml".to_owned(),
        root_path: "k8s/pods.yaml".to_owned(),
        text: Arc::from(format!("{}---\n{}", pod("bad"), pod("good"))),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("k8s")),
    });
    let settings = Settings::default();
    let inventory = Inventory::read(&sources, &settings);
    let mut rules: Vec<&'static dyn Rule> = vec![&Failing];
    let alone = run_rules(rules::all(), &sources, &inventory, &settings);
    rules.extend(rules::all());
    let outcome = run_rules(&rules, &sources, &inventory, &settings);
    let [error] = outcome.internal_errors.as_slice() else {
        panic!("{:?}", outcome.internal_errors);
    };
    for part in [
        "rule failing failed on Pod bad in k8s/pods.yaml",
        "a name it does not like",
        concat!("lameduck ", env!("CARGO_PKG_VERSION")),
        concat!(env!("CARGO_PKG_REPOSITORY"), "/issues"),
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!alone.findings.is_empty());
    assert_eq!(outcome.findings, alone.findings);
}
