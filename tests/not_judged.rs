//! What is read and not judged is said in every format.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod rendering;

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use rendering::{repository, run};

const RELEASE: &str = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: shop}
spec:
  interval: 10m
  chart:
    spec:
      chart: shop
      version: 1.2.3
      sourceRef: {kind: HelmRepository, name: shop}
";

const APPLICATION: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  project: default
  source: {repoURL: 'https://git.example.com/shop.git', path: deploy, targetRevision: main}
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
";

const FORMATS: [&str; 9] = [
    "full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html",
];

fn lameduck(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin!("lameduck"));
    command.current_dir(directory).args(arguments);
    command
}

/// A repository with something for every reason but what the system does not let us read.
fn one_of_each() -> tempfile::TempDir {
    let object = |api_version: &str, kind: &str, rest: &str| {
        format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n{rest}")
    };
    let config_map = object("v1", "ConfigMap", "");
    let customs: Vec<String> = ["A", "B", "B", "C", "D", "E"]
        .iter()
        .zip("abcdef".chars())
        .map(|(kind, name)| {
            let named = format!("name: {name}");
            object("example.com/v1", kind, "").replace("name: a", &named)
        })
        .collect();
    let files = [
        (
            "lameduck.yaml",
            "max-file-size: 2Ki\nexclude: [old/]\n".to_owned(),
        ),
        ("app.yaml", format!("{config_map}---\n{RELEASE}")),
        ("release.yaml", RELEASE.to_owned()),
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\n".to_owned(),
        ),
        ("charts/web/templates/a.yaml", "{{ x }}\n".to_owned()),
        (
            "overlay/kustomization.yaml",
            "resources: ['https://example.com/base?ref=v1']\npatches: [{path: patch.yaml}]\n"
                .to_owned(),
        ),
        (
            "overlay/patch.yaml",
            object("apps/v1", "Deployment", "spec: {replicas: 2}\n"),
        ),
        (
            "template.yaml",
            "{{- if .x }}\na: 1\n{{- end }}\n".to_owned(),
        ),
        (
            "claim.yaml",
            object("v1", "ConfigMap", "").replace("name: a", "name: '${NAME}'"),
        ),
        (
            "secret.yaml",
            object(
                "v1",
                "Secret",
                "sops: {mac: 'ENC[AES256_GCM,data:x,type:str]'}\n",
            ),
        ),
        ("broken.yaml", "a: [\n".to_owned()),
        ("large.yaml", "# ".repeat(2_000)),
        ("old/a.yaml", config_map),
        ("custom.yaml", customs.join("---\n")),
        ("values.yaml", "a: 1\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    let folder = repository(&files);
    std::fs::write(folder.path().join("locked.yaml"), b"\0GITCRYPT\0x").unwrap();
    std::fs::write(folder.path().join("binary.yaml"), b"a\0b").unwrap();
    folder
}

#[test]
fn every_format_says_what_was_not_judged() {
    let folder = one_of_each();
    for format in FORMATS {
        let arguments = ["check", "--format", format, ".", "old"];
        let (code, out, err) = run(&mut lameduck(folder.path(), &arguments));
        assert_eq!(code, 0, "{format}: {err}{out}");
        // Of the formats with much around it the parts that speak of it.
        let out = match format {
            "sarif" => {
                let log: serde_json::Value = serde_json::from_str(&out).unwrap();
                serde_json::to_string_pretty(&log["runs"][0]["invocations"]).unwrap()
            }
            "html" => {
                let section = out.split("<h2 id=\"not-judged\">").nth(1).unwrap();
                section.split("</section>").next().unwrap().to_owned()
            }
            _ => out,
        };
        insta::assert_snapshot!(format!("not_judged__{format}"), format!("{out}\n--\n{err}"));
    }
}

#[test]
fn a_generator_alone_is_named_in_every_format() {
    for (text, kind) in [(RELEASE, "HelmRelease"), (APPLICATION, "Application")] {
        let folder = repository(&[("a.yaml", text)]);
        for format in FORMATS {
            let (code, out, err) = run(&mut lameduck(
                folder.path(),
                &["check", "--no-config", "--format", format],
            ));
            assert_eq!(code, 0, "{err}");
            assert!(format!("{out}{err}").contains(kind), "{format}: {out}{err}");
        }
        let (_, out, _) = run(&mut lameduck(folder.path(), &["check", "--format=concise"]));
        assert!(
            out.starts_with("No findings: no object was judged\n"),
            "{out}"
        );
    }
}

#[test]
fn timelines_and_checklists_say_it_too() {
    let folder = repository(&[("a.yaml", RELEASE)]);
    let said = "Not judged: 1 HelmRelease (render with `helm template`)";
    for command in ["timeline", "checklist"] {
        let (code, out, err) = run(&mut lameduck(folder.path(), &[command]));
        assert_eq!(code, 0, "{err}");
        assert!(err.contains(&format!("note: {said}\n")), "{command}: {err}");
        assert!(!out.contains("HelmRelease"), "{out}");
        let (_, out, _) = run(&mut lameduck(folder.path(), &[command, "--format=json"]));
        let document: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(document["skipped"][0]["reason"], "generator");
        assert_eq!(document["skipped"][0]["example"], "a.yaml");
    }
    for format in ["markdown", "html"] {
        let arguments = ["checklist", "--format", format];
        let (_, out, _) = run(&mut lameduck(folder.path(), &arguments));
        assert!(out.contains("1 HelmRelease"), "{out}");
    }
}

/// Notes go; what programs read stays.
#[test]
fn quiet_leaves_it_to_the_formats_for_programs() {
    let folder = repository(&[("a.yaml", RELEASE)]);
    for format in FORMATS {
        let arguments = ["check", "--quiet", "--format", format];
        let (_, out, err) = run(&mut lameduck(folder.path(), &arguments));
        assert_eq!(err, "");
        let is_said = !["full", "concise", "gitlab"].contains(&format);
        assert_eq!(out.contains("HelmRelease"), is_said, "{format}: {out}");
    }
}

#[test]
fn a_diff_does_not_hide_it() {
    let folder = repository(&[("a.yaml", RELEASE)]);
    let (code, _, err) = run(&mut lameduck(folder.path(), &["check", "--fix", "--diff"]));
    assert_eq!(code, 0);
    assert!(err.contains("note: Not judged: 1 HelmRelease"), "{err}");
}
