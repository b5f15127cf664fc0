mod left_out;

use std::path::{Path, PathBuf};

use super::*;

const POD: &str = "apiVersion: v1\nkind: Pod\n";

/// A directory with files; the working directory of the run.
struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    /// A git repository, as far as discovery looks.
    fn repository(files: &[(&str, &str)]) -> Self {
        let tree = Self::new(files);
        std::fs::create_dir_all(tree.path().join(".git")).unwrap();
        tree
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn request<'a>(&'a self, paths: &'a [PathBuf]) -> Request<'a> {
        Request {
            cwd: self.path(),
            paths,
            stdin: None,
            exclude: &[],
            context: None,
            gitignore: true,
            folders: &[],
            bounds: InputBounds::default(),
            max_file_size: SizeLimit::default(),
        }
    }

    fn run(&self, paths: &[&str]) -> Discovered {
        discover(self.request(&owned(paths))).unwrap()
    }
}

fn skipped(discovered: &Discovered) -> Vec<(&str, SkippedBecause)> {
    let skipped = discovered.skipped.iter();
    skipped.map(|it| (it.path.as_str(), it.because)).collect()
}

fn owned(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

/// `named path` or `context path`, in order.
fn listed(discovered: &Discovered) -> Vec<String> {
    let role = |role| match role {
        Role::Named => "named",
        Role::Context => "context",
    };
    discovered
        .sources
        .iter()
        .map(|source| format!("{} {}", role(source.role()), source.path()))
        .collect()
}

fn scopes(discovered: &Discovered) -> Vec<(&str, &str)> {
    discovered
        .sources
        .iter()
        .map(|source| (source.root_path(), &*source.scope().0))
        .collect()
}

#[test]
fn a_named_file_has_its_repository_as_context() {
    let tree = Tree::repository(&[
        ("k8s/a.yaml", POD),
        ("k8s/b.yml", POD),
        ("other/c.yaml", POD),
        ("ci.yaml", "on: push\n"),
        ("readme.md", POD),
    ]);
    assert_eq!(
        listed(&tree.run(&["k8s/a.yaml"])),
        [
            "named k8s/a.yaml",
            "context k8s/b.yml",
            "context other/c.yaml"
        ]
    );
    assert_eq!(
        listed(&tree.run(&["k8s"])),
        [
            "named k8s/a.yaml",
            "named k8s/b.yml",
            "context other/c.yaml"
        ]
    );
}

#[test]
fn a_configuration_file_narrows_the_context_but_not_the_paths() {
    let tree = Tree::repository(&[
        ("team/lameduck.yaml", ""),
        ("team/a.yaml", POD),
        ("other/b.yaml", POD),
    ]);
    let discovered = tree.run(&["team/a.yaml"]);
    assert_eq!(listed(&discovered), ["named team/a.yaml"]);
    assert_eq!(scopes(&discovered), [("team/a.yaml", "team")]);
}

#[test]
fn outside_of_a_repository_a_file_has_its_folder_as_context() {
    let tree = Tree::new(&[
        ("k8s/a.yaml", POD),
        ("k8s/b.yaml", POD),
        ("k8s/deep/c.yaml", POD),
        ("d.yaml", POD),
    ]);
    assert_eq!(
        listed(&tree.run(&["k8s/a.yaml"])),
        ["named k8s/a.yaml", "context k8s/b.yaml"]
    );
    assert_eq!(
        listed(&tree.run(&["k8s"])),
        [
            "named k8s/a.yaml",
            "named k8s/b.yaml",
            "named k8s/deep/c.yaml"
        ]
    );
}

#[test]
fn nothing_is_read_twice() {
    let tree = Tree::repository(&[("k8s/a.yaml", POD)]);
    let absolute = tree.path().join("k8s/a.yaml");
    let discovered = tree.run(&[
        "k8s",
        "./k8s/a.yaml",
        "k8s/../k8s",
        absolute.to_str().unwrap(),
    ]);
    assert_eq!(listed(&discovered), ["named k8s/a.yaml"]);
}

#[test]
fn paths_are_relative_to_the_working_directory_and_to_the_root() {
    let tree = Tree::repository(&[("k8s/a.yaml", POD), ("ops/readme", "")]);
    let paths = owned(&["../k8s/a.yaml"]);
    let discovered = discover(Request {
        cwd: &tree.path().join("ops"),
        ..tree.request(&paths)
    })
    .unwrap();
    assert_eq!(listed(&discovered), ["named ../k8s/a.yaml"]);
    assert_eq!(scopes(&discovered), [("k8s/a.yaml", "k8s")]);
}

#[test]
fn a_scope_is_the_nearest_kustomization_or_the_folder() {
    let tree = Tree::repository(&[
        ("app/base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("app/base/a.yaml", POD),
        ("app/base/deep/b.yaml", POD),
        ("plain/c.yaml", POD),
        ("d.yaml", POD),
    ]);
    assert_eq!(
        scopes(&tree.run(&["."])),
        [
            ("app/base/a.yaml", "app/base"),
            ("app/base/deep/b.yaml", "app/base"),
            ("app/base/kustomization.yaml", "app/base"),
            ("d.yaml", "."),
            ("plain/c.yaml", "plain"),
        ]
    );
}

#[test]
fn scopes_of_two_repositories_do_not_meet() {
    let tree = Tree::new(&[
        ("one/.git/HEAD", ""),
        ("one/a.yaml", POD),
        ("two/.git/HEAD", ""),
        ("two/a.yaml", POD),
    ]);
    assert_eq!(
        scopes(&tree.run(&["one", "two"])),
        [("a.yaml", "one"), ("a.yaml", "two")]
    );
}

#[test]
fn templates_of_a_chart_are_skipped_and_counted() {
    let tree = Tree::repository(&[
        ("charts/web/Chart.yaml", "apiVersion: v2\nname: web\n"),
        ("charts/web/templates/a.yaml", "{{ x }}"),
        ("charts/web/templates/deep/b.yaml", POD),
        ("charts/web/crds/crd.yaml", POD),
        ("templates/c.yaml", POD),
    ]);
    let discovered = tree.run(&["."]);
    assert_eq!(
        listed(&discovered),
        [
            "named charts/web/Chart.yaml",
            "named charts/web/crds/crd.yaml",
            "named templates/c.yaml"
        ]
    );
    assert_eq!(&*discovered.sources.charts()[0].0, "charts/web");
    assert_eq!(discovered.charts()[0].templates.len(), 2);
    assert!(discovered.charts()[0].is_named());

    let elsewhere = tree.run(&["templates"]);
    assert_eq!(elsewhere.sources.charts().len(), 1);
    assert!(!elsewhere.charts()[0].is_named());
}

#[test]
fn gitignore_counts_inside_a_repository_unless_switched_off() {
    let files = [
        (".gitignore", "build/\n*.local.yaml\n"),
        ("a.yaml", POD),
        ("a.local.yaml", POD),
        ("build/b.yaml", POD),
    ];
    let tree = Tree::repository(&files);
    assert_eq!(listed(&tree.run(&["."])), ["named a.yaml"]);
    assert_eq!(
        listed(&tree.run(&["a.local.yaml", "build"])),
        ["named a.local.yaml", "context a.yaml", "named build/b.yaml"]
    );
    let all = discover(Request {
        gitignore: false,
        folders: &[],
        bounds: InputBounds::default(),
        max_file_size: SizeLimit::default(),
        ..tree.request(&owned(&["."]))
    });
    assert_eq!(all.unwrap().sources.len(), 3);
    assert_eq!(Tree::new(&files).run(&["."]).sources.len(), 3);
}

#[test]
fn hidden_directories_are_skipped_unless_named() {
    let tree = Tree::repository(&[
        ("a.yaml", POD),
        (".deploy/b.yaml", POD),
        (".git/c.yaml", POD),
    ]);
    let shown = tree.run(&["."]);
    assert_eq!(listed(&shown), ["named a.yaml"]);
    assert_eq!(
        skipped(&shown),
        [(".deploy/b.yaml", SkippedBecause::Hidden)]
    );
    assert_eq!(
        listed(&tree.run(&[".deploy"])),
        ["named .deploy/b.yaml", "context a.yaml"]
    );
}

#[test]
fn a_file_in_a_hidden_or_ignored_directory_has_its_neighbours_as_context() {
    let tree = Tree::repository(&[
        (".gitignore", "build/\n"),
        ("a.yaml", POD),
        (".deploy/b.yaml", POD),
        (".deploy/c.yaml", POD),
        ("build/d.yaml", POD),
        ("build/deep/e.yaml", POD),
    ]);
    assert_eq!(
        listed(&tree.run(&[".deploy/b.yaml"])),
        [
            "named .deploy/b.yaml",
            "context .deploy/c.yaml",
            "context a.yaml"
        ]
    );
    assert_eq!(
        listed(&tree.run(&["build/d.yaml"])),
        [
            "context a.yaml",
            "named build/d.yaml",
            "context build/deep/e.yaml"
        ]
    );
    assert_eq!(
        listed(&run_stdin(&tree, Some(".deploy/new.yaml"))),
        [
            "context .deploy/b.yaml",
            "context .deploy/c.yaml",
            "named .deploy/new.yaml",
            "context a.yaml"
        ]
    );
}

#[test]
fn excluded_files_are_not_read_even_when_named() {
    let tree = Tree::repository(&[("a.yaml", POD), ("old/b.yaml", POD), ("old/c.yaml", POD)]);
    let exclude = [PathGlob {
        base: tree.path().to_owned(),
        glob: "old/".to_owned(),
    }];
    let run = |paths: &[&str]| {
        discover(Request {
            exclude: &exclude,
            ..tree.request(&owned(paths))
        })
        .unwrap()
    };
    assert_eq!(listed(&run(&["."])), ["named a.yaml"]);
    let named = run(&["old/b.yaml", "old"]);
    assert_eq!(listed(&named), ["context a.yaml"]);
    insta::assert_snapshot!(named.notices.join("\n"), @r"
    old/b.yaml: skipped, it is excluded
    old: skipped, it is excluded
    ");
    assert_eq!(
        skipped(&named),
        [
            ("old", SkippedBecause::Excluded),
            ("old/b.yaml", SkippedBecause::Excluded)
        ]
    );
}

#[test]
fn the_configuration_narrows_and_widens_the_context() {
    let tree = Tree::repository(&[
        ("app/k8s/a.yaml", POD),
        ("app/k8s/b.yaml", POD),
        ("app/other/c.yaml", POD),
        ("app/lameduck.yaml", ""),
        ("platform/k8s/d.yaml", POD),
        ("platform/e.yaml", POD),
    ]);
    let run = |globs: &[&str], paths: &[&str]| {
        let context: Vec<PathGlob> = globs
            .iter()
            .map(|glob| PathGlob {
                base: tree.path().join("app"),
                glob: (*glob).to_owned(),
            })
            .collect();
        discover(Request {
            context: Some(&context),
            ..tree.request(&owned(paths))
        })
        .unwrap()
    };
    let a = ["app/k8s/a.yaml"];
    assert_eq!(listed(&run(&[], &a)), ["named app/k8s/a.yaml"]);
    assert_eq!(
        listed(&run(&["k8s/"], &a)),
        ["named app/k8s/a.yaml", "context app/k8s/b.yaml"]
    );
    assert_eq!(
        listed(&run(&["*.yaml", "!b.yaml", "../platform/k8s"], &a)),
        [
            "named app/k8s/a.yaml",
            "context app/other/c.yaml",
            "context platform/k8s/d.yaml"
        ]
    );
    // What is named is read anyway.
    assert_eq!(listed(&run(&[], &["app/k8s"])).len(), 2);
    let notices = run(&["../plattform/"], &a).notices;
    assert_eq!(notices, ["`context` names plattform, which does not exist"]);
}

#[test]
fn json_is_read_when_it_could_be_a_manifest() {
    let tree = Tree::repository(&[
        ("pod.json", r#"{"apiVersion": "v1", "kind": "Pod"}"#),
        ("package.json", r#"{"name": "x"}"#),
        ("patch.json", r#"[{"op": "remove", "path": "/spec"}]"#),
        ("odd.txt", POD),
    ]);
    assert_eq!(
        listed(&tree.run(&["."])),
        ["named patch.json", "named pod.json"]
    );
    assert_eq!(
        listed(&tree.run(&["odd.txt", "package.json"])),
        [
            "named odd.txt",
            "named package.json",
            "context patch.json",
            "context pod.json"
        ]
    );
}

#[test]
fn context_keeps_kustomizations_and_their_patches() {
    let tree = Tree::repository(&[
        ("a.yaml", POD),
        ("k/kustomization.yaml", "resources: [../a.yaml]\n"),
        ("k/patch.yaml", "- op: remove\n  path: /spec\n"),
        ("k/values.yaml", "path: x\nloop: y\n"),
        ("u/Kustomization", "resources: []\n"),
    ]);
    assert_eq!(
        listed(&tree.run(&["a.yaml"])),
        [
            "named a.yaml",
            "context k/kustomization.yaml",
            "context k/patch.yaml",
            "context u/Kustomization"
        ]
    );
}

#[test]
fn every_missing_path_is_an_error() {
    let tree = Tree::new(&[("a.yaml", POD)]);
    let errors = discover(tree.request(&owned(&["a.yaml", "b.yaml", "c"]))).unwrap_err();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    b.yaml: no such file or directory
    c: no such file or directory
    ");
}

#[test]
fn what_is_no_text_is_skipped() {
    let tree = Tree::new(&[]);
    tree.write("binary.yaml", b"a\0b");
    tree.write("locked.yaml", b"\0GITCRYPT\0x");
    tree.write("latin.yaml", b"name: caf\xe9\napiVersion: v1\n");
    tree.write("huge.yaml", vec![b'#'; 32 * 1024 * 1024 + 1]);
    let discovered = tree.run(&["."]);
    assert_eq!(listed(&discovered), ["named latin.yaml"]);
    let latin = discovered.sources.iter().next().unwrap();
    assert_eq!(latin.invalid_utf8(), Some(9));
    assert_eq!(&latin.text()[..13], "name: caf\u{fffd}\n");
    insta::assert_snapshot!(discovered.notices.join("\n"), @r"
    huge.yaml: skipped, at 32.1 MiB it is larger than 32 MiB (--max-file-size takes more)
    ");
    assert_eq!(
        skipped(&discovered),
        [
            ("binary.yaml", SkippedBecause::NotUtf8),
            ("huge.yaml", SkippedBecause::TooLarge),
            ("locked.yaml", SkippedBecause::Encrypted)
        ]
    );
    assert_eq!(discovered.unread, Vec::<String>::new());
    // What is named by hand must not be skipped with a word.
    let named = tree.run(&["binary.yaml", "latin.yaml", "locked.yaml"]);
    assert_eq!(
        named.unread,
        [
            "binary.yaml: it is not UTF-8 text: it holds NUL bytes",
            "latin.yaml: it is not UTF-8 text"
        ]
    );
    assert_eq!(listed(&named)[0], "named latin.yaml");
    assert_eq!(
        skipped(&named),
        [
            ("binary.yaml", SkippedBecause::NotUtf8),
            ("locked.yaml", SkippedBecause::Encrypted)
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_inside_and_never_in_circles() {
    use std::os::unix::fs::symlink;

    let outside = Tree::new(&[("secret.yaml", POD)]);
    let tree = Tree::repository(&[
        ("a.yaml", POD),
        (".data/mounted.yaml", POD),
        ("k/b.yaml", POD),
    ]);
    symlink("..", tree.path().join("k/loop")).unwrap();
    symlink("loop.yaml", tree.path().join("loop.yaml")).unwrap();
    symlink("a.yaml", tree.path().join("link.yaml")).unwrap();
    symlink(".data/mounted.yaml", tree.path().join("mounted.yaml")).unwrap();
    symlink(
        outside.path().join("secret.yaml"),
        tree.path().join("out.yaml"),
    )
    .unwrap();
    assert_eq!(
        listed(&tree.run(&["."])),
        ["named a.yaml", "named k/b.yaml", "named mounted.yaml"]
    );
    assert_eq!(
        listed(&tree.run(&["link.yaml"])),
        ["named a.yaml", "context k/b.yaml", "context mounted.yaml"]
    );
    assert_eq!(tree.run(&["k/loop"]).sources.len(), 3);
}

#[cfg(unix)]
#[test]
fn sockets_are_skipped() {
    let tree = Tree::repository(&[("a.yaml", POD)]);
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("socket.yaml")).unwrap();
    assert_eq!(listed(&tree.run(&["."])), ["named a.yaml"]);
    let named = tree.run(&["socket.yaml"]);
    insta::assert_snapshot!(named.unread.join("\n"), @"socket.yaml: it is not a regular file (use `-` to read standard input)");
    assert_eq!(
        skipped(&named),
        [("socket.yaml", SkippedBecause::Unreadable)]
    );
}

fn run_stdin(tree: &Tree, filename: Option<&str>) -> Discovered {
    discover(Request {
        stdin: Some(Stdin {
            bytes: b"apiVersion: v1\nkind: Service\n".to_vec(),
            filename: filename.map(PathBuf::from),
        }),
        ..tree.request(&[])
    })
    .unwrap()
}

#[test]
fn standard_input_has_the_repository_as_context() {
    let tree = Tree::repository(&[("k8s/a.yaml", POD), ("k8s/kustomization.yaml", "{}")]);
    let discovered = run_stdin(&tree, None);
    assert_eq!(
        listed(&discovered),
        [
            "named -",
            "context k8s/a.yaml",
            "context k8s/kustomization.yaml"
        ]
    );
    assert_eq!(scopes(&discovered)[0], ("-", "./-"), "it is deployed alone");

    let outside = Tree::new(&[("a.yaml", POD)]);
    assert_eq!(listed(&run_stdin(&outside, None)), ["named -"]);
}

#[test]
fn standard_input_takes_the_place_of_its_file() {
    let tree = Tree::repository(&[("k8s/a.yaml", POD), ("k8s/kustomization.yaml", "{}")]);
    for (filename, path) in [
        ("./k8s/a.yaml", "k8s/a.yaml"),
        ("k8s/new/b.yaml", "k8s/new/b.yaml"),
    ] {
        let discovered = run_stdin(&tree, Some(filename));
        let source = discovered
            .sources
            .iter()
            .find(|source| source.role() == Role::Named)
            .unwrap();
        assert_eq!(source.path(), path);
        assert_eq!(&*source.scope().0, "k8s");
        assert!(source.text().contains("Service"));
    }
}
