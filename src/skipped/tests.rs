use std::path::PathBuf;

use super::*;
use crate::discover::{Request, discover};
use crate::settings::{InputBounds, Settings};
use crate::units::SizeLimit;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// The rows of a repository, `reason[ kind] count example`, and what is not judged at all.
fn rows_of(files: &[(&str, &str)], paths: &[&str], renders: bool) -> (Vec<String>, usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let discovered = discover(Request {
        cwd: folder.path(),
        paths: &paths,
        stdin: None,
        exclude: &[],
        context: None,
        folders: &[],
        bounds: InputBounds::default(),
        gitignore: true,
        max_file_size: SizeLimit::default(),
    })
    .unwrap();
    let inventory = Inventory::read(&discovered.sources, &Settings::default());
    let unjudged = unjudged(&discovered, &inventory, renders);
    let rows = unjudged.rows.iter().map(|row| {
        let kind = row
            .kind
            .as_ref()
            .map_or(String::new(), |it| format!(" {it}"));
        format!(
            "{}{kind} {} {}",
            row.reason.as_str(),
            row.count,
            row.example
        )
    });
    (rows.collect(), unjudged.objects, unjudged.files)
}

fn rows(files: &[(&str, &str)]) -> Vec<String> {
    rows_of(files, &["."], false).0
}

fn object(api_version: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n{rest}")
}

#[test]
fn what_is_judged_is_not_counted() {
    let role = object("rbac.authorization.k8s.io/v1", "Role", "rules: []\n");
    let broken = "apiVersion: v1\nkind: Pod\n  a: [\n";
    let files = [
        ("a.yaml", CONFIG_MAP),
        ("b.yaml", &role),
        // Reported by a rule.
        ("c.yaml", broken),
        ("lameduck.yaml", "mesh: {sidecars: true}\n"),
        ("empty.yaml", "# nothing\n---\n"),
    ];
    assert_eq!(rows_of(&files, &["."], false), (Vec::new(), 0, 0));
}

#[test]
fn generators_and_custom_resources_are_counted_by_kind() {
    let release = object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "");
    let both = format!("{CONFIG_MAP}---\n{release}");
    let flux_1 = object("helm.fluxcd.io/v1", "HelmRelease", "");
    let files = [
        ("b.yaml", both.as_str()),
        ("c.yaml", &format!("# the shop\n---\n{release}")),
        ("d.yaml", &flux_1),
        (
            "e.yaml",
            &object("argoproj.io/v1alpha1", "ApplicationSet", ""),
        ),
        (
            "f.yaml",
            &object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", ""),
        ),
        ("g.yaml", &object("cert-manager.io/v1", "Certificate", "")),
        // Not an API of Kubernetes itself, though its name ends so.
        (
            "h.yaml",
            &object("snapshot.storage.k8s.io/v1", "VolumeSnapshot", ""),
        ),
        ("i.yaml", &object("example.com/v1", "\"::error::x\"", "")),
    ];
    let expected = [
        "generator HelmRelease 3 b.yaml:5",
        "generator ApplicationSet 1 e.yaml",
        "generator Kustomization 1 f.yaml",
        "custom-resource Certificate 1 g.yaml",
        "custom-resource VolumeSnapshot 1 h.yaml",
        "custom-resource 1 i.yaml",
    ];
    let (rows, objects, files) = rows_of(&files, &["."], false);
    assert_eq!(rows, expected);
    // Of b.yaml something is judged.
    assert_eq!((objects, files), (8, 7));
}

#[test]
fn charts_are_counted_without_those_inside_and_without_libraries() {
    let files = [
        ("web/Chart.yaml", "apiVersion: v2\nname: web\n"),
        ("web/values.yaml", "a: 1\n"),
        ("web/templates/a.yaml", "{{ x }}\n"),
        ("web/charts/db/Chart.yaml", "apiVersion: v2\nname: db\n"),
        ("web/charts/db/templates/a.yaml", "{{ x }}\n"),
        (
            "lib/Chart.yaml",
            "apiVersion: v2\nname: lib\ntype: library\n",
        ),
        ("lib/templates/_a.yaml", "{{ x }}\n"),
        ("k/a.yaml", CONFIG_MAP),
    ];
    assert_eq!(rows(&files), ["unrendered-chart 1 web"]);
    // A chart that is only context is not what was asked about.
    assert_eq!(rows_of(&files, &["k"], false).0, Vec::<String>::new());
}

#[test]
fn parts_of_kustomizations_are_counted() {
    let kustomization = "resources: ['https://example.com/base?ref=v1']\n\
                         patches:\n- path: patch.yaml\n- path: list.yaml\n";
    let files = [
        ("o/kustomization.yaml", kustomization),
        (
            "o/patch.yaml",
            &object("apps/v1", "Deployment", "spec: {replicas: 2}\n"),
        ),
        (
            "o/list.yaml",
            "- {op: add, path: /spec/replicas, value: 3}\n",
        ),
        ("values.yaml", "a: 1\n---\nb: 2\n"),
        (
            "loose.yaml",
            "- {op: add, path: /spec/replicas, value: 3}\n",
        ),
    ];
    let expected = [
        "remote 1 o/kustomization.yaml",
        "patch 2 o/list.yaml",
        "unused-patch 1 loose.yaml",
        "no-manifest 2 values.yaml",
    ];
    assert_eq!(rows(&files), expected);
}

#[test]
fn placeholders_count_where_rules_would_read_them() {
    let pod = |image: &str, argument: &str| {
        let spec = format!(
            "spec:\n  containers:\n  - name: a\n    image: {image}\n    args: ['{argument}']\n    \
             env: [{{name: A, value: '{argument}'}}]\n"
        );
        object("v1", "Pod", &spec)
    };
    let script = format!("{CONFIG_MAP}data: {{a: 'echo ${{HOME}}'}}\n");
    let image = pod("registry.example/a:${TAG}", "x");
    let files = [
        ("a.yaml", image.as_str()),
        ("b.yaml", &pod("registry.example/a:1", "${HOME}")),
        ("c.yaml", &script),
        ("d.yaml", "{{- if .x }}\napiVersion: v1\n{{- end }}\n"),
        ("e.yaml", &object("'{{ .api }}'", "Deployment", "")),
    ];
    assert_eq!(
        rows(&files),
        ["unrendered-template 2 d.yaml", "placeholder 1 a.yaml"]
    );
}

#[test]
fn encrypted_objects_are_counted_whatever_their_kind() {
    let sops = "sops: {mac: 'ENC[AES256_GCM,data:x,type:str]'}\n";
    let config_map = format!("{CONFIG_MAP}{sops}");
    let files = [
        ("a.yaml", config_map.as_str()),
        ("b.yaml", &object("v1", "Secret", sops)),
        (
            "c.yaml",
            &object("bitnami.com/v1alpha1", "SealedSecret", ""),
        ),
        ("d.yaml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"),
        ("e.yaml", &object("v1", "Secret", "sops: {}\n")),
    ];
    assert_eq!(rows(&files), ["encrypted 4 a.yaml"]);
}

#[test]
fn what_is_no_yaml_is_counted() {
    assert_eq!(
        rows(&[("a.yaml", "a: 1\n---\nb: [\n")]),
        ["not-yaml 1 a.yaml:3", "no-manifest 1 a.yaml"]
    );
}
