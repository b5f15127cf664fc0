//! `--render auto` over charts and kustomizations that mean harm, with the real programs.
//!
//! `LAMEDUCK_KUSTOMIZE` and `LAMEDUCK_HELM` name their binaries. `.ci/run` installs them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rendering;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rendering::{DEPLOYMENT, check, repository, run};

/// The directory of a program, where the environment names it.
fn programs(variable: &str) -> Option<PathBuf> {
    let Some(program) = std::env::var_os(variable) else {
        eprintln!("skipped: {variable} does not name the program");
        return None;
    };
    Some(PathBuf::from(program).parent().unwrap().to_owned())
}

/// Standard output and standard error of a run that renders.
fn rendered(folder: &Path, programs: &Path) -> (String, String) {
    let mut command = check(folder, programs);
    command
        .args(["--render", "auto"])
        .timeout(std::time::Duration::from_secs(120));
    let (code, out, err) = run(&mut command);
    assert!(code < 2, "{err}");
    (out, err)
}

/// A server that nothing must connect to.
struct Bait(TcpListener);

impl Bait {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}/bait.yaml", self.0.local_addr().unwrap())
    }

    fn is_untouched(&self) -> bool {
        matches!(self.0.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

/// A chart that quotes a file in an image, which a finding shows.
fn quoting(file: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: a\n      \
         image: {{{{ .Files.Get \"{file}\" | trim | quote }}}}\n"
    )
}

#[test]
fn a_name_that_looks_like_a_flag_is_never_passed_on() {
    let Some(programs) = programs("LAMEDUCK_HELM") else {
        return;
    };
    for name in [
        "--post-renderer=sh",
        "--post-renderer=/bin/sh",
        "--validate",
        "--enable-dns",
        "--output-dir=out",
        "--kubeconfig=config",
        "--kube-apiserver=http://127.0.0.1:1",
        "--repo=http://127.0.0.1:1",
        "--dependency-update",
        "-g",
        "-",
        "web\n--debug",
        "Web_1",
    ] {
        let folder = repository(&[
            ("chart/templates/a.yaml", "touch \"$PWD/called\" called\n"),
            (
                "chart/Chart.yaml",
                &format!(
                    "apiVersion: v2\nname: {}\nversion: 0.1.0\n",
                    serde_json::json!(name)
                ),
            ),
        ]);
        let called = folder.path().join("called");
        std::fs::write(
            folder.path().join("chart/templates/a.yaml"),
            format!("touch {}\n", called.display()),
        )
        .unwrap();
        let (out, _) = rendered(folder.path(), &programs);
        assert!(!called.exists(), "{name}");
        assert!(
            out.starts_with("chart/Chart.yaml:2:7: warning[render-failed]")
                && out.contains("cannot be the name of a release"),
            "{name}: {out}"
        );
    }
}

#[test]
fn a_chart_shows_nothing_that_lies_outside_of_the_repository() {
    let Some(programs) = programs("LAMEDUCK_HELM") else {
        return;
    };
    let outside = repository(&[
        ("secret", "top-secret:latest\n"),
        ("values.yaml", "image: top-secret:latest\n"),
        ("Chart.yaml", CHART),
        (
            "templates/pod.yaml",
            &DEPLOYMENT.replace("web:1.4.2", "top-secret:latest"),
        ),
    ]);
    for (link, target) in [
        ("files/link", "secret"),
        ("templates/link.yaml", "templates/pod.yaml"),
        ("values.yaml", "values.yaml"),
        ("charts/part", ""),
        ("files", ""),
    ] {
        let folder = repository(&[
            ("chart/Chart.yaml", CHART),
            ("chart/templates/a.yaml", &quoting("files/link")),
        ]);
        let link = folder.path().join("chart").join(link);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(outside.path().join(target), &link).unwrap();
        let (out, err) = rendered(folder.path(), &programs);
        assert!(!out.contains("secret"), "{out}");
        assert!(err.contains("leads out of the repository"), "{err}");
    }

    // What is not linked is there; the credentials of git are not.
    for (file, is_shown) in [
        ("files/own", true),
        (".git/config", false),
        (".GIT/config", false),
    ] {
        let folder = repository(&[
            ("Chart.yaml", CHART),
            ("files/own", "own-file:latest\n"),
            (".git/config", "own-file:latest\n"),
            ("templates/a.yaml", &quoting(file)),
        ]);
        let (out, _) = rendered(folder.path(), &programs);
        assert_eq!(out.contains("own-file:latest"), is_shown, "{out}");
    }
}

#[test]
fn values_of_the_configuration_stay_inside_of_the_repository() {
    let Some(programs) = programs("LAMEDUCK_HELM") else {
        return;
    };
    let outside = repository(&[("values.yaml", "image: top-secret:latest\n")]);
    let folder = repository(&[
        ("chart/Chart.yaml", CHART),
        (
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    \
             - {name: a, image: {{ .Values.image | quote }}}\n",
        ),
    ]);
    let values = outside.path().join("values.yaml");
    std::fs::write(
        folder.path().join("lameduck.yaml"),
        format!(
            "render: {{helm: [{{chart: chart, values: [{}]}}]}}\n",
            values.display()
        ),
    )
    .unwrap();
    let mut command = check(folder.path(), &programs);
    let (code, out, err) = run(command.args(["--render", "auto"]));
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("lies outside of the repository"), "{err}");
    symlink(&values, folder.path().join("link.yaml")).unwrap();
    std::fs::write(
        folder.path().join("lameduck.yaml"),
        "render: {helm: [{chart: chart, values: [link.yaml]}]}\n",
    )
    .unwrap();
    let mut command = check(folder.path(), &programs);
    let (_, out, err) = run(command.args(["--render", "auto"]));
    assert!(!out.contains("secret"), "{out}");
    assert!(
        err.contains("out of the repository") || err.contains("outside of the repository"),
        "{err}"
    );
}

#[test]
fn a_values_file_is_one_file_whatever_its_name() {
    let Some(programs) = programs("LAMEDUCK_HELM") else {
        return;
    };
    let bait = Bait::new();
    let name = format!("a.yaml,{}", bait.url().replace("//", "/"));
    let config = serde_json::json!({"render": {"helm": [{"chart": "chart", "values": [name]}]}});
    let mut files = vec![
        ("chart/Chart.yaml", CHART),
        (
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, \
             image: {{ .Values.image | quote }}}]}\n",
        ),
        (name.as_str(), "image: seen:latest\n"),
    ];
    let config = config.to_string();
    files.push(("lameduck.yaml", &config));
    let folder = repository(&files);
    let (out, err) = rendered(folder.path(), &programs);
    assert!(out.contains("`seen:latest`"), "{out}{err}");
    std::fs::write(folder.path().join(&name), "a: [\n").unwrap();
    let (out, err) = rendered(folder.path(), &programs);
    assert!(out.contains("render-failed"), "{out}{err}");
    assert!(out.contains("failed to parse a.yaml,"), "{out}{err}");
    assert!(bait.is_untouched());
}

#[test]
fn a_schema_of_values_that_refers_elsewhere_keeps_a_chart_from_being_rendered() {
    let Some(programs) = programs("LAMEDUCK_HELM") else {
        return;
    };
    let bait = Bait::new();
    let schema = serde_json::json!({"$ref": bait.url()}).to_string();
    let folder = repository(&[
        ("chart/Chart.yaml", CHART),
        ("chart/values.yaml", "a: 1\n"),
        ("chart/values.schema.json", &schema),
        ("chart/templates/a.yaml", "a: {{ .Values.a }}\n"),
    ]);
    let (_, err) = rendered(folder.path(), &programs);
    assert!(
        err.contains("chart: not rendered, a `values.schema.json` of it refers to something else"),
        "{err}"
    );
    assert!(bait.is_untouched());
}

#[test]
fn a_schema_of_values_that_has_an_address_for_a_name_is_used_without_asking_for_it() {
    let Some(programs) = programs("LAMEDUCK_HELM") else {
        return;
    };
    for id in [
        "https://example.com/web.schema.json",
        "http://example.com#",
        "web.schema.json",
        "/properties/web",
    ] {
        let schema = serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": id,
            "$ref": "#/$defs/all",
            "$defs": {
                "all": {"properties": {"web": {"$id": "/web", "$ref": "#/$defs/inner",
                    "$defs": {"inner": {"$ref": "#/$defs/text"}, "text": {"type": "string"}}}}},
            },
        });
        let schema = schema.to_string();
        for (values, expected) in [
            ("web: a\n", "mutable-image-tag"),
            ("web: 1\n", "render-failed"),
        ] {
            let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - {name: a, \
                       image: {{ .Values.web | quote }}}\n";
            let folder = repository(&[
                ("chart/Chart.yaml", CHART),
                ("chart/values.yaml", values),
                ("chart/values.schema.json", &schema),
                ("chart/templates/a.yaml", pod),
            ]);
            let (out, err) = rendered(folder.path(), &programs);
            assert!(out.contains(expected), "{id}: {out}{err}");
        }
    }
}

#[test]
fn a_chart_that_eats_memory_or_does_not_end_is_stopped() {
    let Some(programs) = programs("LAMEDUCK_HELM") else {
        return;
    };
    let chart = |template: &str| {
        repository(&[
            ("chart/Chart.yaml", CHART),
            ("chart/templates/a.yaml", template),
            ("lameduck.yaml", "render: {timeout: 100s}\n"),
        ])
    };
    let folder = chart("a: {{ range until 1000000000 }}x{{ end }}\n");
    let (out, _) = rendered(folder.path(), &programs);
    let stopped = "it was stopped, because it needed more than 2.0 GiB of memory";
    if cfg!(target_os = "linux") {
        assert!(out.contains(stopped), "{out}");
    }
    let folder = chart(
        "{{ define \"a\" }}{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}{{ end }}{{ include \"a\" . }}\n",
    );
    std::fs::write(
        folder.path().join("lameduck.yaml"),
        "render: {timeout: 2s}\n",
    )
    .unwrap();
    let (out, _) = rendered(folder.path(), &programs);
    assert!(out.contains("it was stopped after 2s"), "{out}");
}

/// A kustomization for every field that names files, with an entry in it.
fn kustomizations(entry: &str) -> Vec<String> {
    let entry = serde_json::json!(entry);
    [
        "resources: [ENTRY]",
        "bases: [ENTRY]",
        "components: [ENTRY]",
        "crds: [ENTRY]",
        "configurations: [ENTRY]",
        "patchesStrategicMerge: [ENTRY]",
        "patches: [{path: ENTRY, target: {kind: Deployment}}]",
        "patchesJson6902: [{path: ENTRY, target: {kind: Deployment, name: web, version: v1}}]",
        "replacements: [{path: ENTRY}]",
        "configMapGenerator: [{name: a, files: [ENTRY]}]",
        "configMapGenerator: [{name: a, envs: [ENTRY]}]",
        "secretGenerator: [{name: a, files: [ENTRY]}]",
        "secretGenerator: [{name: a, env: ENTRY}]",
        "openapi: {path: ENTRY}",
        "generators: [ENTRY]",
        "transformers: [ENTRY]",
        "validators: [ENTRY]",
    ]
    .map(|text| text.replace("ENTRY", &entry.to_string()))
    .into()
}

/// Other spellings of the same field, which Go takes as well.
fn spellings(text: &str) -> Vec<String> {
    let (field, rest) = text.split_once(':').unwrap();
    let mut first = field.to_owned();
    first[..1].make_ascii_uppercase();
    let long = field.replacen('s', "\u{17f}", 1);
    let nested = rest
        .replace("path:", "Path:")
        .replace("files:", "FILES:")
        .replace("envs:", "Envs:")
        .replace("env:", "ENV:");
    [
        text.to_owned(),
        format!("{first}:{rest}"),
        format!("{}:{rest}", field.to_uppercase()),
        format!("{long}:{rest}"),
        format!("{first}:{nested}"),
        format!("<<: {{{field}:{rest}}}"),
    ]
    .into()
}

#[test]
fn no_field_of_a_kustomization_reaches_the_network() {
    let Some(programs) = programs("LAMEDUCK_KUSTOMIZE") else {
        return;
    };
    let bait = Bait::new();
    for text in kustomizations(&bait.url()) {
        for text in spellings(&text) {
            let text = format!("{text}\n");
            let folder = repository(&[
                ("kustomization.yaml", &text),
                ("deployment.yaml", DEPLOYMENT),
            ]);
            let (_, err) = rendered(folder.path(), &programs);
            assert!(bait.is_untouched(), "{text}");
            assert!(err.contains("it takes in something remote"), "{text}{err}");
        }
    }
}

#[test]
fn other_forms_of_addresses_are_refused() {
    let Some(programs) = programs("LAMEDUCK_KUSTOMIZE") else {
        return;
    };
    let bait = Bait::new();
    let other = repository(&[
        ("kustomization.yaml", "resources: [pod.yaml]\n"),
        (
            "pod.yaml",
            &DEPLOYMENT.replace("web:1.4.2", "top-secret:latest"),
        ),
    ]);
    let url = bait.url();
    let host = url.strip_prefix("http://").unwrap();
    for entry in [
        format!("file://{}", other.path().display()),
        format!("FILE://{}", other.path().display()),
        format!("git::file://{}", other.path().display()),
        format!("HTTP://{host}"),
        format!("git::http://{host}"),
        format!("{url}?a: b"),
        format!("https://{host}"),
        format!("ssh://git@{host}"),
        format!("git@{host}:org/app"),
        "github.com/org/app".to_owned(),
        "GitHub.com:org/app".to_owned(),
    ] {
        for field in ["resources", "Components", "Transformers"] {
            let text = format!("{field}: [{}]\n", serde_json::json!(entry));
            let folder = repository(&[("kustomization.yaml", &text)]);
            let (out, err) = rendered(folder.path(), &programs);
            assert!(bait.is_untouched(), "{text}");
            assert!(!out.contains("secret"), "{out}");
            assert!(err.contains("it takes in something remote"), "{text}{err}");
        }
    }
}

#[test]
fn plugins_of_kustomize_itself_reach_neither_the_network_nor_other_files() {
    let Some(programs) = programs("LAMEDUCK_KUSTOMIZE") else {
        return;
    };
    let bait = Bait::new();
    let outside = repository(&[("secret", "image: top-secret:latest\n")]);
    for (entry, told) in [
        (bait.url(), "something remote"),
        ("link".to_owned(), "something outside of the repository"),
    ] {
        for (field, kind, rest) in [
            ("transformers", "PatchTransformer", "path: ENTRY"),
            ("transformers", "PatchTransformer", "Path: ENTRY"),
            (
                "transformers",
                "PatchStrategicMergeTransformer",
                "paths: [ENTRY]",
            ),
            ("transformers", "PatchJson6902Transformer", "PATH: ENTRY"),
            (
                "transformers",
                "ReplacementTransformer",
                "Replacements: [{path: ENTRY}]",
            ),
            (
                "transformers",
                "ValueAddTransformer",
                "targetFilePath: ENTRY",
            ),
            ("generators", "ConfigMapGenerator", "files: [ENTRY]"),
            ("Generators", "ConfigMapGenerator", "Files: [key=ENTRY]"),
            ("generators", "SecretGenerator", "envs: [ENTRY]"),
            ("validators", "PatchTransformer", "path: ENTRY"),
        ] {
            let rest = rest.replace("ENTRY", &entry);
            let plugin =
                format!("apiVersion: builtin\nkind: {kind}\nmetadata:\n  name: a\n{rest}\n");
            for entry in ["plugin.yaml", &plugin] {
                let text = format!(
                    "resources: [deployment.yaml]\n{field}: [{}]\n",
                    serde_json::json!(entry)
                );
                let folder = repository(&[
                    ("kustomization.yaml", &text),
                    ("deployment.yaml", DEPLOYMENT),
                    ("plugin.yaml", &plugin),
                ]);
                symlink(outside.path().join("secret"), folder.path().join("link")).unwrap();
                let (out, err) = rendered(folder.path(), &programs);
                assert!(bait.is_untouched(), "{text}");
                assert!(!out.contains("secret"), "{out}");
                assert!(err.contains(told), "{text}{plugin}{err}");
            }
        }
    }
}

#[test]
fn no_field_of_a_kustomization_leaves_the_repository() {
    let Some(programs) = programs("LAMEDUCK_KUSTOMIZE") else {
        return;
    };
    let outside = repository(&[
        (
            "pod.yaml",
            &DEPLOYMENT.replace("web:1.4.2", "top-secret:latest"),
        ),
        ("base/kustomization.yaml", "resources: [../pod.yaml]\n"),
    ]);
    let up = format!(
        "../{}/pod.yaml",
        outside.path().file_name().unwrap().display()
    );
    for entry in ["link.yaml", "folder/pod.yaml", "folder/base", &up] {
        for text in kustomizations(entry) {
            let folder = repository(&[("kustomization.yaml", &text)]);
            symlink(
                outside.path().join("pod.yaml"),
                folder.path().join("link.yaml"),
            )
            .unwrap();
            symlink(outside.path(), folder.path().join("folder")).unwrap();
            let (out, err) = rendered(folder.path(), &programs);
            assert!(!out.contains("secret"), "{text}{out}");
            assert!(err.contains("outside of the repository"), "{text}{err}");
        }
    }
}

#[test]
fn kustomizations_that_are_taken_in_again_and_again_are_not_built() {
    let Some(programs) = programs("LAMEDUCK_KUSTOMIZE") else {
        return;
    };
    let mut files = vec![
        (
            "k0/kustomization.yaml".to_owned(),
            "resources: [a.yaml]\n".to_owned(),
        ),
        ("k0/a.yaml".to_owned(), DEPLOYMENT.to_owned()),
    ];
    for nth in 1..=11 {
        for side in ["l", "r"] {
            let text = format!("namePrefix: {side}{nth}-\nresources: [../k{}]\n", nth - 1);
            files.push((format!("k{nth}{side}/kustomization.yaml"), text));
        }
        let text = format!("resources: [../k{nth}l, ../k{nth}r]\n");
        files.push((format!("k{nth}/kustomization.yaml"), text));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (&**path, &**text))
        .collect();
    let folder = repository(&files);
    let (_, err) = rendered(folder.path(), &programs);
    let said = "k11/kustomization.yaml: not built, it takes in the same folders again and again, over 2000 \
                times";
    assert!(err.contains(said), "{err}");
}
