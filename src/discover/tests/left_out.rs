//! What a walk leaves out: ignored and hidden files, and repositories inside of others.

use super::*;

#[test]
fn no_gitignore_hides_what_git_tracks() {
    let tree = Tree::repository(&[
        (".gitignore", "*\n"),
        ("a.yaml", POD),
        ("k8s/b.yaml", POD),
        ("k8s/.c.yaml", POD),
        ("k8s/untracked.yaml", POD),
        ("old/d.yaml", POD),
    ]);
    let none = tree.run(&["."]);
    assert_eq!(listed(&none), Vec::<String>::new());
    let ignored = SkippedBecause::Ignored;
    assert_eq!(
        skipped(&none),
        [
            ("a.yaml", ignored),
            ("k8s/.c.yaml", SkippedBecause::Hidden),
            ("k8s/b.yaml", ignored),
            ("k8s/untracked.yaml", ignored),
            ("old/d.yaml", ignored),
        ]
    );
    let files = [
        "a.yaml",
        "gone.yaml",
        "k8s/.c.yaml",
        "k8s/b.yaml",
        "old/d.yaml",
    ];
    tree.write(
        ".git/index",
        crate::discover::index::tests::index(2, &files),
    );
    let exclude = [PathGlob {
        base: tree.path().to_owned(),
        glob: "old/".to_owned(),
    }];
    let tracked = discover(Request {
        exclude: &exclude,
        ..tree.request(&owned(&["."]))
    });
    let tracked = tracked.unwrap();
    assert_eq!(listed(&tracked), ["named a.yaml", "named k8s/b.yaml"]);
    assert_eq!(
        skipped(&tracked),
        [
            ("k8s/.c.yaml", SkippedBecause::Hidden),
            ("k8s/untracked.yaml", ignored)
        ]
    );
    assert_eq!(
        listed(&tree.run(&["k8s"])),
        ["context a.yaml", "named k8s/b.yaml", "context old/d.yaml"]
    );
}

#[test]
fn what_is_left_out_and_holds_no_manifest_is_not_told() {
    let tree = Tree::repository(&[
        (".gitignore", "node_modules/\nbuild/\n"),
        (".github/workflows/ci.yaml", "on: push\njobs: {}\n"),
        ("a.yaml", POD),
        ("build/openapi.json", "{\"openapi\": \"3.0.0\"}"),
        (
            "build/values.yaml",
            "ingress:\n  apiVersion: v1\n  kind: x\n",
        ),
        ("node_modules/x/pod.yaml", POD),
    ]);
    assert_eq!(skipped(&tree.run(&["."])), []);
}

#[test]
fn the_innermost_repository_counts() {
    let tree = Tree::new(&[
        ("a.yaml", POD),
        ("one/.git/HEAD", ""),
        ("one/a.yaml", POD),
        ("one/sub/.git", "gitdir: ../.git/modules/sub"),
        ("one/sub/a.yaml", POD),
        ("two/.git/HEAD", ""),
        ("two/k8s/a.yaml", POD),
        ("two/k8s/b.yaml", POD),
    ]);
    let numbers = |paths: &[&str]| {
        let sources = tree.run(paths).sources;
        let numbers = sources.iter().map(|source| sources.repository(source));
        let mut numbers: Vec<usize> = numbers.collect();
        let files = numbers.len();
        numbers.dedup();
        (files, numbers.len())
    };
    assert_eq!(numbers(&["."]), (5, 4));
    assert_eq!(numbers(&["one", "two"]), (4, 3));
    assert_eq!(numbers(&["two/k8s"]), (2, 1));
}

#[test]
fn vendored_go_modules_are_skipped_unless_named() {
    let tree = Tree::repository(&[
        ("go.mod", "module example.org/web\n"),
        ("a.yaml", POD),
        ("vendor/k8s.io/x/node.yaml", POD),
        ("charts/vendor/b.yaml", POD),
    ]);
    let shown = tree.run(&["."]);
    assert_eq!(
        listed(&shown),
        ["named a.yaml", "named charts/vendor/b.yaml"]
    );
    assert_eq!(
        skipped(&shown),
        [("vendor/k8s.io/x/node.yaml", SkippedBecause::Vendored)]
    );
    let named = tree.run(&["vendor"]);
    assert!(listed(&named).contains(&"named vendor/k8s.io/x/node.yaml".to_owned()));
}

#[test]
fn no_spelling_nor_crowd_hides_a_hidden_manifest() {
    let manifests = [
        "\"apiVersion\": v1\n'kind': Pod\n".to_owned(),
        "{apiVersion: v1, kind: Pod}\n".to_owned(),
        "  apiVersion: v1\n  kind: Pod\n".to_owned(),
        "\"\\x61piVersion\": v1\n\"\\u006bind\": Pod\n".to_owned(),
        format!("# {}\n{POD}", "x".repeat(300_000)),
    ];
    for text in &manifests {
        let tree = Tree::repository(&[(".hid/web.yaml", text)]);
        assert_eq!(
            skipped(&tree.run(&["."])),
            [(".hid/web.yaml", SkippedBecause::Hidden)],
            "{text:.80}"
        );
    }
    let escaped = "{\"\\u0061piVersion\": \"v1\", \"\\u006bind\": \"Pod\"}";
    let tree = Tree::repository(&[(".a.json", escaped), ("a.json", escaped)]);
    let found = tree.run(&["."]);
    assert_eq!(listed(&found), ["named a.json"]);
    assert_eq!(skipped(&found), [(".a.json", SkippedBecause::Hidden)]);

    let tree = Tree::repository(&[(".hid/web.yaml", POD), (".hid/utf16.yaml", "a\0")]);
    for nth in 0..1000 {
        tree.write(&format!(".a/{nth}.yaml"), "a: 1\n");
    }
    let unseen = SkippedBecause::Unseen;
    let left_out = [(".hid/utf16.yaml", unseen), (".hid/web.yaml", unseen)];
    assert_eq!(skipped(&tree.run(&["."])), left_out);
}

#[test]
fn what_git_tracks_in_folders_of_tools_is_told() {
    let files = [".yarn/web.yaml", "k8s/.cache/a/web.yaml"];
    let tree = Tree::repository(&[(files[0], POD), (files[1], POD), (".npm/other.yaml", POD)]);
    let index = crate::discover::index::tests::index(2, &files);
    tree.write(".git/index", index);
    let hidden = files.map(|file| (file, SkippedBecause::Hidden));
    assert_eq!(skipped(&tree.run(&["."])), hidden);
}
