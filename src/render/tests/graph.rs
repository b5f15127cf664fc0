use std::path::{Path, PathBuf};

use super::super::files::Files;
use super::super::graph::Graph;
use super::super::layers::speakers;
use super::super::ways::Ways;
use crate::discover::{Request, discover, relative};
use crate::units::SizeLimit;

/// A folder of kustomizations, looked at.
fn with<T>(files: &[(&str, &str)], look: impl FnOnce(&Path, &Graph) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut discovered = discover(Request {
        cwd: &root,
        paths: &[PathBuf::from(".")],
        stdin: None,
        exclude: &[],
        context: None,
        gitignore: true,
        folders: &[],
        bounds: crate::settings::InputBounds::default(),
        max_file_size: SizeLimit::default(),
    })
    .unwrap();
    let mut files = Files::new(&mut discovered, &root);
    let graph = Graph::of(&mut files);
    look(&root, &graph)
}

fn shown<'p>(root: &Path, paths: impl IntoIterator<Item = &'p PathBuf>) -> String {
    let paths = paths.into_iter().map(|path| relative(root, path));
    paths.collect::<Vec<_>>().join(" ")
}

#[test]
fn tops_are_what_no_other_takes_in() {
    let files = [
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", "apiVersion: v1\nkind: Pod\n"),
        ("part/kustomization.yaml", "kind: Component\n"),
        (
            "dev/kustomization.yml",
            "resources: [../base]\ncomponents: [../part]\n",
        ),
        (
            "prod/Kustomization",
            "bases: [../base/]\npatches: [{path: p.yaml}]\n",
        ),
        ("prod/p.yaml", "a: 1\n"),
        // Flux has a kind of this name, too.
        (
            "flux/kustomization.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n",
        ),
        ("empty/kustomization.yaml", ""),
        ("loose/kustomization.yaml", "kind: Component\n"),
    ];
    with(&files, |root, graph| {
        assert_eq!(shown(root, &graph.tops()), "dev prod");
        let closure = graph.closure(&root.join("prod"), usize::MAX).unwrap();
        assert_eq!(shown(root, &closure.directories), "base prod");
        assert_eq!(shown(root, &closure.files), "base/a.yaml prod/p.yaml");
        assert_eq!(closure.obstacle, None);
    });
}

#[test]
fn circles_come_to_an_end() {
    let files = [
        ("a/kustomization.yaml", "resources: [../b, ../a]\n"),
        (
            "b/kustomization.yaml",
            "resources: [../a]\ncomponents: [../b]\n",
        ),
        ("c/kustomization.yaml", "resources: [../a, .]\n"),
    ];
    with(&files, |root, graph| {
        assert_eq!(shown(root, &graph.tops()), "");
        let closure = graph.closure(&root.join("c"), usize::MAX).unwrap();
        assert_eq!(shown(root, &closure.directories), "a b c");
    });
}

#[test]
fn a_kustomization_speaks_once_on_however_many_ways_it_is_taken_in() {
    let mut files = vec![
        (
            "top/kustomization.yaml".to_owned(),
            "resources: [../l0a, ../l0b]".to_owned(),
        ),
        (
            "end/kustomization.yaml".to_owned(),
            "resources: [a.yaml]".to_owned(),
        ),
        ("end/a.yaml".to_owned(), String::new()),
    ];
    for level in 0..20 {
        let next = match level {
            19 => "[../end]".to_owned(),
            _ => format!("[../l{0}a, ../l{0}b]", level + 1),
        };
        for side in ["a", "b"] {
            let file = format!("l{level}{side}/kustomization.yaml");
            files.push((file, format!("resources: {next}")));
        }
    }
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    with(&files, |root, graph| {
        let found = speakers(graph, &root.join("top"), &root.join("end/a.yaml"));
        assert_eq!(found.len(), 2 + 2 * 20);
        assert_eq!(found.first(), Some(&root.join("end")));
        assert_eq!(found.last(), Some(&root.join("top")));
    });
}

#[test]
fn every_file_that_is_read_is_known() {
    let text = "resources: [a.yaml]\ncrds: [crd.json]\nconfigurations: [names.yaml]\n\
                patchesStrategicMerge:\n  - s.yaml\n  - |-\n    kind: Inline\n\
                patchesJson6902: [{path: j.json, target: {kind: Pod}}]\n\
                replacements: [{path: r.yaml}]\nopenapi: {path: schema.json}\n\
                configMapGenerator: [{name: c, files: [key=data.yaml, plain.yaml], envs: [e.env]}]\n\
                secretGenerator: [{name: s, env: s.env}]\n\
                transformers: [t.yaml]\n";
    let names = [
        "a.yaml",
        "crd.json",
        "data.yaml",
        "e.env",
        "j.json",
        "names.yaml",
        "plain.yaml",
        "r.yaml",
        "s.env",
        "s.yaml",
        "schema.json",
    ];
    let mut files = vec![
        ("kustomization.yaml", text),
        ("t.yaml", "apiVersion: builtin\nkind: PrefixTransformer\n"),
    ];
    files.extend(names.map(|name| (name, "a: 1\n")));
    with(&files, |root, graph| {
        let closure = graph.closure(root, usize::MAX).unwrap();
        assert_eq!(shown(root, &closure.files), names.join(" ") + " t.yaml");
        assert_eq!(closure.obstacle, None);
    });
}

#[test]
fn programs_are_an_obstacle() {
    let obstacle = |transformer: &str| {
        let files = [
            ("kustomization.yaml", "transformers: [t.yaml]\n"),
            ("t.yaml", transformer),
        ];
        with(&files, |root, graph| {
            graph.closure(root, usize::MAX).unwrap().obstacle
        })
    };
    assert_eq!(
        obstacle("apiVersion: builtin\nkind: LabelTransformer\n"),
        None
    );
    for program in [
        "apiVersion: example.com/v1\nkind: Validate\n",
        "apiVersion: builtin\nkind: LabelTransformer\n---\nkind: Other\n",
        "apiVersion: builtin\nkind: LabelTransformer\nmetadata:\n  annotations:\n    \
         config.kubernetes.io/function: |\n      container: {image: example}\n",
    ] {
        let told = "it runs a plugin (`t.yaml` of `transformers`)";
        assert_eq!(obstacle(program).as_deref(), Some(told), "{program}");
    }
}

#[test]
fn what_is_taken_in_and_not_understood_is_an_obstacle() {
    let obstacle = |text: &str| {
        let files = [
            ("kustomization.yaml", "resources: [a/sub]\n"),
            ("a/sub/kustomization.yaml", text),
        ];
        with(&files, |root, graph| {
            assert_eq!(shown(root, &graph.tops()), ".", "{text}");
            graph.closure(root, usize::MAX).unwrap().obstacle
        })
    };
    assert_eq!(obstacle("resources: []\n"), None);
    for text in [
        "",
        "- a\n",
        "a: [\n",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n",
        "resources:\u{85}- \"https://example.com/a.yaml\"\u{85}",
        "configurations: [!!binary aHR0cHM6Ly9leGFtcGxlLmNvbS9hLnlhbWw=]\n",
        "!!binary cmVzb3VyY2Vz: [a.yaml]\n",
        "resources: [] # \u{2028}bases: [a]\n",
    ] {
        assert!(obstacle(text).is_some(), "{text}");
    }
}

#[test]
fn plugins_that_are_not_understood_are_an_obstacle() {
    const PLUGIN: &str = "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: a}\n";
    let obstacle = |entry: &str, plugin: &str| {
        let text = format!("transformers: [{}]\n", serde_json::json!(entry));
        let files = [
            ("kustomization.yaml", text.as_str()),
            ("t.yaml", plugin),
            ("folder/kustomization.yaml", "resources: []\n"),
        ];
        with(&files, |root, graph| {
            graph.closure(root, usize::MAX).unwrap().obstacle
        })
    };
    for entry in ["t.yaml", "./t.yaml", PLUGIN] {
        assert_eq!(obstacle(entry, PLUGIN), None, "{entry}");
    }
    for entry in [
        "",
        "folder",
        "missing.yaml",
        "#/\u{85}{\"apiVersion\":\"builtin\"}",
        "!!map {\"apiVersion\":\"builtin\"}",
        "{",
        "# a: b\n",
        "apiVersion: builtin\nkind: List\nitems: []\n",
        "- apiVersion: builtin\n",
    ] {
        assert!(obstacle(entry, PLUGIN).is_some(), "{entry}");
    }
    for plugin in [
        "",
        "a: [\n",
        "apiVersion: builtin\nkind: OtherList\n",
        "apiVersion: builtin\nkind: A\nitems: []\n",
        "- apiVersion: builtin\n",
        "apiVersion: builtin\nkind: A\nkind: B\n",
        "apiVersion: builtin\nkind: A\n# \u{85}path: a\n",
        "apiVersion: builtin\nkind: A\n---\n- [\n",
    ] {
        assert!(obstacle("t.yaml", plugin).is_some(), "{plugin}");
    }
}

#[test]
fn a_path_that_leads_out_is_an_obstacle_though_nothing_is_there() {
    let obstacle = |path: &str| {
        let text = format!("resources: [{}]\n", serde_json::json!(path));
        with(&[("a/kustomization.yaml", text.as_str())], |root, graph| {
            let closure = graph.closure(&root.join("a"), usize::MAX).unwrap();
            closure.obstacle
        })
    };
    for inside in ["missing.yaml", "../missing", "../a/missing"] {
        assert_eq!(obstacle(inside), None, "{inside}");
    }
    let above_all = "../".repeat(60);
    for path in ["../../missing", "/missing", &format!("{above_all}missing")] {
        let told = obstacle(path).unwrap();
        assert!(told.contains("outside of the repository"), "{told}");
    }
    // Back into the repository, by a way that leads elsewhere from a copy of it.
    with(&[("kustomization.yaml", "resources: []\n")], |root, _| {
        let back = format!("{above_all}{}/missing", relative(Path::new("/"), root));
        assert!(obstacle(&back).is_some(), "{back}");
    });
}

#[test]
fn what_takes_in_too_much_has_no_closure() {
    let files = [
        ("kustomization.yaml", "resources: [a, b.yaml]\n"),
        ("a/kustomization.yaml", "resources: [c.yaml]\n"),
        ("a/c.yaml", "a: 1\n"),
        ("b.yaml", "a: 1\n"),
    ];
    with(&files, |root, graph| {
        let size = graph.closure(root, usize::MAX).unwrap().size();
        assert!(graph.closure(root, size).is_some());
        assert!(graph.closure(root, size - 1).is_none());
        assert!(graph.closure(root, 0).is_none());
    });
}

#[test]
fn kustomizations_are_loaded_for_each_way_that_leads_to_them() {
    let mut files = vec![
        (
            "k0/kustomization.yaml".to_owned(),
            "resources: [a.yaml]\n".to_owned(),
        ),
        (
            "k0/a.yaml".to_owned(),
            "apiVersion: v1\nkind: Pod\n".to_owned(),
        ),
    ];
    for nth in 1..=40 {
        for side in ["l", "r"] {
            let text = format!("namePrefix: {side}-\nresources: [../k{}]\n", nth - 1);
            files.push((format!("k{nth}{side}/kustomization.yaml"), text));
        }
        let text = format!("resources: [../k{nth}l, ../k{nth}r]\n");
        files.push((format!("k{nth}/kustomization.yaml"), text));
    }
    files.push((
        "circle/kustomization.yaml".to_owned(),
        "resources: [../k1, ../circle]\n".to_owned(),
    ));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (&**path, &**text))
        .collect();
    with(&files, |root, graph| {
        let mut ways = Ways::of(graph);
        let mut loads = |directory: &str| ways.loads(&root.join(directory));
        assert_eq!(loads("k0"), 1);
        assert_eq!(loads("k1"), 5);
        assert_eq!(loads("k2"), 13);
        assert_eq!(loads("k40"), (1 << 42) - 3);
        assert_eq!(loads("circle"), 7, "what takes in itself ends there");
        assert_eq!(loads("none"), 1);
    });
}
