//! Which of several places an answer rests on.

use super::*;

/// A Deployment of this name, with the label `app` of this value, in a namespace or none.
fn workload(name: &str, app: &str, namespace: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}{namespace}}}\nspec:\n  \
         selector: {{matchLabels: {{app: {app}}}}}\n  template:\n    \
         metadata: {{labels: {{app: {app}}}}}\n    \
         spec: {{containers: [{{name: app, image: a:1}}]}}\n"
    )
}

fn scaler(namespace: &str) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
         metadata: {{name: web{namespace}}}\nspec:\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n  \
         minReplicas: 4\n  maxReplicas: 9\n"
    )
}

fn budget(app: &str) -> String {
    format!(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec:\n  \
         maxUnavailable: 1\n  selector: {{matchLabels: {{app: {app}}}}}\n"
    )
}

fn both(one: &str, other: &str) -> String {
    format!("{one}---\n{other}")
}

/// How near each of the autoscalers and budgets is that count for the first workload.
fn found(files: &[(&str, &str)]) -> Vec<Nearness> {
    let inventory = inventory(files);
    let first = inventory.workloads().next().unwrap();
    let autoscalers = inventory.autoscalers(first);
    let all = autoscalers.chain(inventory.budgets_of(first));
    all.map(|(_, relation)| relation.nearness).collect()
}

#[test]
fn what_stands_beside_a_copy_belongs_to_the_copy() {
    let web = workload("web", "web", "");
    let (scaler, budget) = (scaler(""), budget("web"));
    for object in [&scaler, &budget] {
        assert_eq!(
            found(&[("a/web.yaml", &web), ("b/it.yaml", object)]),
            [Nearness::Elsewhere],
            "beside no copy"
        );
        assert_eq!(
            found(&[
                ("a/web.yaml", &web),
                ("b/it.yaml", object),
                ("b/web.yaml", &web)
            ]),
            [],
            "beside a copy of the target"
        );
        let other = workload("api", "web", "");
        assert_eq!(
            found(&[
                ("a/web.yaml", &web),
                ("b/it.yaml", object),
                ("b/api.yaml", &other)
            ]),
            [Nearness::Elsewhere],
            "beside something else"
        );
    }
}

#[test]
fn a_copy_of_another_namespace_is_none() {
    let (web, elsewhere) = (
        workload("web", "web", ", namespace: a"),
        workload("web", "web", ", namespace: b"),
    );
    let scaler = scaler(", namespace: a");
    let files = [
        ("a/web.yaml", web.as_str()),
        ("b/it.yaml", &scaler),
        ("b/web.yaml", &elsewhere),
    ];
    assert_eq!(found(&files), [Nearness::Elsewhere]);
}

#[test]
fn variants_in_one_directory_have_what_stands_in_their_file() {
    let web = workload("web", "web", "");
    let whole = both(&web, &both(&scaler(""), &budget("web")));
    let (own, of_copy) = (Nearness::File, Nearness::Elsewhere);
    assert_eq!(
        found(&[("a.yaml", &whole), ("b.yaml", &whole)]),
        [own, of_copy, own, of_copy]
    );
    assert_eq!(
        found(&[("a.yaml", &web), ("b.yaml", &whole)]),
        [of_copy, of_copy]
    );
    let split = both(&scaler(""), &budget("web"));
    assert_eq!(
        found(&[("a.yaml", &web), ("b.yaml", &web), ("c.yaml", &split)]),
        [Nearness::Directory, Nearness::Directory],
        "beside both"
    );
}

#[test]
fn directories_of_one_kustomization() {
    let web = workload("web", "web", "");
    let whole = both(&web, &scaler(""));
    let kustomization = ("kustomization.yaml", "resources: [a/web.yaml, b/it.yaml]\n");
    assert_eq!(
        found(&[
            ("a/web.yaml", &web),
            ("b/it.yaml", &scaler("")),
            kustomization
        ]),
        [Nearness::Scope]
    );
    assert_eq!(
        found(&[("a/web.yaml", &web), ("b/it.yaml", &whole), kustomization]),
        [Nearness::Elsewhere]
    );
}

#[test]
fn what_an_overlay_adds_is_for_its_own_base() {
    let web = workload("web", "web", "");
    let scaler = scaler("");
    let installation = [
        ("chart/web.yaml", web.as_str()),
        (
            "kustomize/base/kustomization.yaml",
            "resources: [web.yaml]\n",
        ),
        ("kustomize/base/web.yaml", &web),
        (
            "kustomize/prod/kustomization.yaml",
            "resources: [../base, hpa.yaml]\n",
        ),
        ("kustomize/prod/hpa.yaml", &scaler),
    ];
    assert_eq!(found(&installation), []);
    // Of the base itself nobody knows whether it is deployed alone.
    assert_eq!(found(&installation[1..]), [Nearness::Elsewhere]);
}

#[test]
fn standard_input_is_a_view_of_its_own() {
    let web = workload("web", "web", "");
    let scaled = |with_copy: bool| {
        let mut sources = Sources::default();
        let mut push = |path: &str, text: &str, scope| {
            sources.push(NewSource {
                path: path.to_owned(),
                root_path: path.to_owned(),
                text: Arc::from(text),
                invalid_utf8: None,
                role: Role::Named,
                scope,
            });
        };
        push("-", &web, Scope::of_stdin());
        push("hpa.yaml", &scaler(""), Scope(Arc::from("")));
        if with_copy {
            push("web.yaml", &web, Scope(Arc::from("")));
        }
        let inventory = Inventory::read(&sources, &Settings::default());
        let first = inventory.workloads().next().unwrap();
        let found = inventory.autoscalers(first).map(|(_, it)| it.nearness);
        found.collect::<Vec<_>>()
    };
    assert_eq!(scaled(false), [Nearness::Elsewhere], "it may silence");
    assert_eq!(scaled(true), []);
}

/// How many relations there are between so many scopes, whose objects have one name each, or one in all.
fn relations(scopes: usize, name: impl Fn(usize) -> String) -> usize {
    let text = |nth| {
        both(
            &workload(&name(nth), "web", ""),
            &both(&scaler(""), &budget("web")),
        )
    };
    let files: Vec<(String, String)> = (0..scopes)
        .map(|nth| (format!("{nth}/web.yaml"), text(nth)))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (&**path, &**text))
        .collect();
    let inventory = inventory(&files);
    for workload in inventory.workloads() {
        let nearest = inventory.budgets_of(workload).next();
        assert_eq!(
            nearest.map(|(_, relation)| relation.nearness),
            Some(Nearness::File)
        );
    }
    inventory.relations()
}

#[test]
fn relations_grow_with_the_scopes_and_no_faster() {
    let one_name = |scopes| relations(scopes, |_| "web".to_owned());
    assert_eq!(one_name(400), 2 * one_name(200));
    let own_names = |scopes| relations(scopes, |nth| format!("web-{nth}"));
    assert!(own_names(800) < 3 * own_names(400));
}
