//! Keys of ConfigMaps and Secrets that containers read by name.

use std::collections::HashSet;
use std::sync::Arc;

use crate::kube::{Body, ContainerRef, Object, Workload, is_placeholder};
use crate::rules::text::{FEW, and_more};
use crate::rules::{Context, Findings, Report};
use crate::units::suggest;
use crate::yaml::{Node, path_below};

/// Reports the variables of a workload whose key the object in view lacks.
pub(super) fn check_keys(cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
    for container in workload.template().containers() {
        let list = container.node.get("env").into_iter();
        for variable in list.flat_map(Node::items).map(Node::resolved) {
            let Some(source) = variable.get("valueFrom") else {
                continue;
            };
            for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
                if let Some(reference) = source.get(field) {
                    check(cx, workload, container, (kind, reference), out);
                }
            }
        }
    }
}

fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    (kind, reference): (&str, Node<'_>),
    out: &mut Findings,
) {
    let is_optional = reference.get("optional").and_then(Node::text) == Some("true");
    let (Some(name), Some(key_node)) = (
        reference.get("name").and_then(Node::text),
        reference.get("key"),
    ) else {
        return;
    };
    let Some(key) = key_node.text() else {
        return;
    };
    let holder = container.object();
    if is_optional
        || is_placeholder(name)
        || is_placeholder(key)
        || holder.is_unknown(key_node)
        || cx.inventory.is_set_elsewhere(holder, key_node, "")
    {
        return;
    }
    let Some(object) = nearest(cx, workload, kind, name) else {
        return;
    };
    let known = Keys::of(cx, object, kind);
    if may_have(cx, object, &known, key) {
        return;
    }
    let message = format!(
        "no key `{key}` in {kind} `{name}`: `{}` does not start",
        container.name()
    );
    let data = object
        .node()
        .get("data")
        .or(object.node().get("stringData"));
    out.push(
        Report::container(workload, container, key_node, message)
            .help(help(&known, key))
            .related(
                object,
                data.unwrap_or_else(|| object.name_node()),
                "its keys",
            ),
    );
}

fn help(known: &Keys, key: &str) -> String {
    if let Some(near) = suggest(key, known.all.iter().map(String::as_str)) {
        return format!("did you mean `{near}`?");
    }
    let shown = known.all.iter().take(FEW).map(|key| format!("`{key}`"));
    let shown: Vec<String> = shown.collect();
    format!("it has {}", and_more(&shown, known.all.len()))
}

/// The object that is meant, where one alone can be: in the workload's file, else in its scope.
fn nearest<'a>(
    cx: &Context<'a>,
    workload: Workload<'_>,
    kind: &str,
    name: &str,
) -> Option<&'a Object> {
    let own = workload.template().object();
    let key = format!("{kind} {name} {}", own.number());
    let what = "the object whose keys variables name";
    let found = cx.inventory.shared(own, what, key, || {
        Some(find_nearest(cx, own, kind, name)?.number())
    });
    cx.inventory.numbered((*found)?)
}

fn find_nearest<'a>(cx: &Context<'a>, own: &Object, kind: &str, name: &str) -> Option<&'a Object> {
    let inventory = cx.inventory;
    let named: Vec<&Object> = inventory
        .objects_named(name)
        .filter(|it| inventory.same_namespace(it, own))
        .collect();
    // What makes Secrets of other objects may add keys.
    let is_plain = |it: &&Object| it.group().is_empty();
    if !named
        .iter()
        .all(|it| is_plain(it) || !it.kind().contains("Secret"))
    {
        return None;
    }
    let in_scope =
        |it: &&Object| it.kind() == kind && is_plain(it) && inventory.same_scope(it, own);
    let all: Vec<&Object> = named.into_iter().filter(in_scope).collect();
    let in_file: Vec<&Object> = all
        .iter()
        .copied()
        .filter(|it| it.source() == own.source())
        .collect();
    match (in_file.as_slice(), all.as_slice()) {
        ([only], _) | ([], [only]) => Some(only),
        _ => None,
    }
}

/// The keys of a ConfigMap or Secret.
struct Keys {
    /// In their order.
    all: Vec<String>,
    set: HashSet<String>,
    /// Whether something that no file shows may put others there.
    may_have_others: bool,
}

impl Keys {
    fn of(cx: &Context<'_>, object: &Object, kind: &str) -> Arc<Self> {
        let key = format!("{} {kind}", object.number());
        cx.inventory
            .shared(object, "keys that variables name", key, || {
                Self::read(cx, object, kind)
            })
    }

    fn read(cx: &Context<'_>, object: &Object, kind: &str) -> Self {
        const FILLED: [&str; 6] = [
            "replicat",
            "reflect",
            "inject",
            "generat",
            "service-account",
            "sync",
        ];
        let annotations = object.node().at(&["metadata", "annotations"]);
        let is_filled = annotations
            .into_iter()
            .flat_map(Node::entries)
            .any(|entry| {
                let name = entry.key.key_text();
                FILLED.iter().any(|word| name.contains(word))
            });
        let kind_of_secret = object.node().get("type").and_then(Node::text);
        let is_token = kind_of_secret.is_some_and(|it| it.contains("service-account-token"));
        let all: Vec<String> = keys(object, kind).map(str::to_owned).collect();
        let may_have_others = all.is_empty()
            || all.iter().any(|key| is_placeholder(key))
            || cx.inventory.is_among_patches(object)
            || is_generated(cx, object, kind)
            || is_filled
            || is_token
            || object.is_encrypted() && object.group() == "bitnami.com";
        Self {
            set: all.iter().cloned().collect(),
            all,
            may_have_others,
        }
    }
}

/// Whether the key is there, or something that no file shows may put it there.
fn may_have(cx: &Context<'_>, object: &Object, known: &Keys, key: &str) -> bool {
    let is_set = |field: &str| {
        let path = path_below(field, key);
        cx.inventory.is_set_elsewhere(object, object.node(), &path)
    };
    known.may_have_others
        || known.set.contains(key)
        || ["data", "stringData"].iter().any(|field| is_set(field))
}

/// Whether a kustomization of the object's scope generates or merges keys into one of its name.
fn is_generated(cx: &Context<'_>, object: &Object, kind: &str) -> bool {
    let field = match kind {
        "Secret" => "secretGenerator",
        _ => "configMapGenerator",
    };
    cx.inventory.all_objects().any(|other| {
        let list = other.node().get(field).into_iter();
        let mut names = list.flat_map(Node::items).map(|it| it.get("name"));
        matches!(other.body(), Body::Kustomization(_))
            && names.any(|name| name.and_then(Node::text) == Some(object.name()))
            && cx.inventory.same_scope(other, object)
    })
}

/// What a variable can name: `binaryData` serves none.
fn keys<'a>(object: &'a Object, kind: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let fields: &[&str] = match kind {
        "Secret" => &["data", "stringData"],
        _ => &["data"],
    };
    fields
        .iter()
        .filter_map(|field| object.node().get(field))
        .flat_map(Node::entries)
        .map(|entry| entry.key.key_text())
}
