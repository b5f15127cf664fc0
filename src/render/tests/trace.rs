use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::graph::trees;
use super::super::layers::{Aim, Layer, Piece};
use super::super::trace::Trace;
use crate::source::{Location, SourceId, Span};
use crate::yaml::Tree;

const FALLBACK: u32 = 99;

fn tree(text: &str) -> Arc<Tree> {
    let mut trees = trees(&text.into());
    assert_eq!(trees.len(), 1, "{text}");
    Arc::new(trees.remove(0))
}

/// What a layer says, and as which kind of layer.
enum Given<'a> {
    Merge(&'a str),
    /// For whatever a selector chooses.
    Selected(&'a str),
    Operations(&'a str),
    Settings(&'a str),
}

/// For the value at the end of each path of the built object: what file it was traced to (0 the
/// manifest, then the layers) and the text there.
fn traced(built: &str, manifest: &str, layers: &[Given<'_>]) -> BTreeMap<String, String> {
    let mut texts = vec![manifest.to_owned()];
    let piece = |number: usize, text: &str| {
        let tree = tree(text);
        Piece {
            source: SourceId(u32::try_from(number).unwrap()),
            root: tree.root().id(),
            tree,
        }
    };
    let built = tree(built);
    let mut trace = Trace::new(built.root(), Some(piece(0, manifest)));
    for (number, layer) in (1..).zip(layers) {
        let (text, layer): (&str, fn(Piece) -> Layer) = match layer {
            Given::Merge(text) => (text, |piece| Layer::Merge(piece, Aim::Sure)),
            Given::Selected(text) => (text, |piece| Layer::Merge(piece, Aim::Possible)),
            Given::Operations(text) => (text, |piece| Layer::Operations(piece, Aim::Sure)),
            Given::Settings(text) => (text, Layer::Settings),
        };
        texts.push(text.to_owned());
        trace.add(&layer(piece(number, text)));
    }
    let fallback = Location {
        source: SourceId(FALLBACK),
        span: Span::default(),
    };
    let places: BTreeMap<Span, Location> = trace.places(fallback).into_iter().collect();
    let mut found = BTreeMap::new();
    let mut todo = vec![built.root()];
    while let Some(node) = todo.pop() {
        todo.extend(node.entries().map(|entry| entry.value));
        todo.extend(node.items());
        if node.scalar().is_none() {
            continue;
        }
        let place = places[&node.span()];
        let told = match texts.get(place.source.0 as usize) {
            Some(text) => format!("{} {}", place.source.0, &text[place.span.range()]),
            None => "unknown".to_owned(),
        };
        found.insert(node.path(), told);
    }
    found
}

fn shown(found: &BTreeMap<String, String>) -> String {
    let lines = found.iter().map(|(path, told)| format!("{path}: {told}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_last_layer_that_changes_a_value_sets_it() {
    let found = traced(
        "spec: {a: 1, b: 2, c: 3, d: 4, e: 5, mode: 420}\n",
        "spec: {a: 1, b: 1, c: 3, d: 1, mode: 0644}\n",
        &[
            Given::Merge("spec: {b: 2, c: 3, d: 2}\n"),
            Given::Merge("spec: {b: 2}\n"),
        ],
    );
    // What repeats a value does not set it; what a later step set, nobody here knows.
    insta::assert_snapshot!(shown(&found), @"
    spec.a: 0 1
    spec.b: 1 2
    spec.c: 0 3
    spec.d: unknown
    spec.e: unknown
    spec.mode: 0 0644
    ");
}

#[test]
fn elements_of_lists_are_told_apart_by_what_they_say() {
    let found = traced(
        "c:\n- {name: new, image: n}\n- {name: app, image: a, args: [x, y], ports: [{containerPort: 443, protocol: TCP}, {containerPort: 80, protocol: TCP}]}\n",
        "c:\n- {name: app, image: a, args: [x, y], ports: [{containerPort: 80, protocol: TCP}]}\n",
        &[Given::Merge(
            "c:\n- {name: app, ports: [{containerPort: 443, protocol: TCP}]}\n- {name: new, image: n}\n",
        )],
    );
    insta::assert_snapshot!(shown(&found), @"
    c[app].args[0]: 0 x
    c[app].args[1]: 0 y
    c[app].image: 0 a
    c[app].name: 0 app
    c[app].ports[0].containerPort: 1 443
    c[app].ports[0].protocol: 1 TCP
    c[app].ports[1].containerPort: 0 80
    c[app].ports[1].protocol: 0 TCP
    c[new].image: 1 n
    c[new].name: 1 new
    ");
}

#[test]
fn operations_follow_their_pointers() {
    let found = traced(
        "spec: {list: [{name: first}, {name: old, v: 1}, {name: last}], a/b: 2, gone: 3, kept: 4}\n",
        "spec: {list: [{name: old}], kept: 4}\n",
        &[Given::Operations(
            "- {op: add, path: /spec/list/0/v, value: 1}\n\
             - {op: add, path: /spec/list/0, value: {name: first}}\n\
             - {op: add, path: /spec/list/-, value: {name: last}}\n\
             - {op: add, path: /spec/a~1b, value: 2}\n\
             - {op: replace, path: /spec/gone, value: 9}\n\
             - {op: test, path: /spec/kept, value: 4}\n\
             - {op: replace, path: /no/such/path, value: 4}\n",
        )],
    );
    insta::assert_snapshot!(shown(&found), @"
    spec.a/b: 1 2
    spec.gone: unknown
    spec.kept: 0 4
    spec.list[first].name: 1 first
    spec.list[last].name: 1 last
    spec.list[old].name: 0 old
    spec.list[old].v: 1 1
    ");
}

#[test]
fn settings_of_a_kustomization_set_values() {
    let found = traced(
        "metadata: {name: dev-web, namespace: dev, labels: {team: a, app: web}}\n\
         spec: {replicas: 2, c: [{image: 'r/web:2'}, {image: 'x/db@sha256:1'}, {image: other}]}\n",
        "metadata: {name: web, labels: {app: web}}\n\
         spec: {replicas: 1, c: [{image: 'web:1'}, {image: db}, {image: other}]}\n",
        &[Given::Settings(
            "namespace: dev\nnamePrefix: dev-\nlabels: [{pairs: {team: a}}]\n\
             replicas: [{name: web, count: 2}]\n\
             images: [{name: web, newName: r/web, newTag: '2'}, {name: db, newName: x/db, digest: 'sha256:1'}]\n",
        )],
    );
    insta::assert_snapshot!(shown(&found), @"
    metadata.labels.app: 0 web
    metadata.labels.team: 1 a
    metadata.name: 0 web
    metadata.namespace: 1 dev
    spec.c[0].image: 1 '2'
    spec.c[1].image: 1 'sha256:1'
    spec.c[2].image: 0 other
    spec.replicas: 1 2
    ");
}

#[test]
fn names_are_followed_through_what_kustomize_adds_to_them() {
    let found = traced(
        "metadata: {name: dev-web}\nspec: {ref: {configMapName: dev-settings-h4sh, key: dev-a}}\n",
        "metadata: {name: web}\nspec: {ref: {configMapName: settings, key: a}}\n",
        &[],
    );
    insta::assert_snapshot!(shown(&found), @"
    metadata.name: 0 web
    spec.ref.configMapName: 0 settings
    spec.ref.key: unknown
    ");
}

#[test]
fn what_a_targeted_patch_calls_itself_means_nothing() {
    let found = traced(
        "kind: Deployment\nmetadata: {name: web}\nspec: {a: 1, b: 2}\n",
        "kind: Deployment\nmetadata: {name: web}\nspec: {a: 1}\n",
        &[
            Given::Merge("kind: Any\nmetadata: {name: any}\nspec: {b: 2}\n"),
            // Whether a selector chose the object, only the values tell.
            Given::Selected("spec: {a: 5}\n"),
        ],
    );
    insta::assert_snapshot!(shown(&found), @"
    kind: 0 Deployment
    metadata.name: 0 web
    spec.a: 0 1
    spec.b: 1 2
    ");
}

#[test]
fn long_lists_of_texts_are_told_apart_by_what_they_say() {
    let line = |at: usize| format!("- t{at}\n");
    let built: String = (0..2_000).map(line).collect();
    let manifest: String = (0..2_000).rev().map(line).collect();
    let found = traced(&format!("a:\n{built}"), &format!("a:\n{manifest}"), &[]);
    for at in [0, 1, 700, 1_999] {
        assert_eq!(found[&format!("a[{at}]")], format!("0 t{at}"));
    }
}
