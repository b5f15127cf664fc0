//! `unknown-kind`

use super::istio_kind;
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::tables::kinds::{self, NEWEST, ServedKind};
use crate::kube::tables::removed::removed;
use crate::kube::{Object, is_placeholder};
use crate::rules::text::FEW;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::{Version, only_slip, suggest};

static META: RuleMeta = RuleMeta {
    id: "unknown-kind",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A kind that its API version does not have",
    page: include_str!("../../../rules/schema/unknown-kind.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnknownKind;

impl Rule for UnknownKind {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let (api_version, kind) = (object.api_version(), object.kind());
        // A version that is gone has a rule of its own.
        if removed(api_version, kind).is_some()
            || is_placeholder(api_version)
            || is_placeholder(kind)
            || kind.ends_with("List")
        {
            return;
        }
        if let Some(report) = istio_kind::unknown(cx, object) {
            out.push(report);
            return;
        }
        let version = cx.settings.kubernetes_version;
        if let Some(served) = kinds::served(api_version, kind) {
            if let Some(version) = version.filter(|version| *version < served.since) {
                out.push(too_new(object, served, version));
            }
            return;
        }
        match Kind::of(object) {
            Kind::Theirs => {}
            Kind::Unknown => out.push(unknown(object, None, version)),
            Kind::Misspelt(meant) => {
                out.push(unknown(object, Some(with_fields(object, meant)), version));
            }
        }
    }
}

/// A kind that Kubernetes does not serve.
enum Kind {
    /// It may well be a custom resource or another program's file.
    Theirs,
    Unknown,
    /// Another one was likely meant.
    Misspelt(&'static ServedKind),
}

impl Kind {
    /// The likely kind is looked for last: it takes longer than all the rest.
    fn of(object: &Object) -> Self {
        let (api_version, kind) = (object.api_version(), object.kind());
        if kinds::is_no_object(api_version, kind) {
            return Self::Theirs;
        }
        let is_named = object.node().get("metadata").is_some();
        let group = object.group();
        let is_core = group.is_empty();
        if kinds::is_closed(group) && (!is_core || api_version == "v1") {
            return match suggestion(api_version, kind) {
                Some(meant) => Self::Misspelt(meant),
                None if is_named => Self::Unknown,
                None => Self::Theirs,
            };
        }
        // Groups of custom resources have a dot. Other programs' files may have any version.
        if group.contains('.') || !is_named {
            return Self::Theirs;
        }
        let meant = suggestion(api_version, kind);
        match meant.filter(|it| it.kind.eq_ignore_ascii_case(kind)) {
            Some(meant) => Self::Misspelt(meant),
            None => Self::Theirs,
        }
    }
}

fn suggestion(api_version: &str, kind: &str) -> Option<&'static ServedKind> {
    let same_name = |row: &&ServedKind| row.kind.eq_ignore_ascii_case(kind);
    let here = kinds::kinds_of(api_version).unwrap_or_default();
    let stable = || kinds::all().filter(|row| is_stable(row));
    here.iter()
        .find(same_name)
        .or_else(|| in_group_of(api_version, stable().filter(same_name)))
        .or_else(|| stable().find(same_name))
        .or_else(|| named(suggest(kind, here.iter().map(|row| row.kind))?, here.iter()))
        .or_else(|| named(suggest(kind, stable().map(|row| row.kind))?, stable()))
}

/// The version of the likely kind that has the object's fields: metrics and behavior of an autoscaler came
/// with its second.
fn with_fields(object: &Object, meant: &'static ServedKind) -> &'static ServedKind {
    let has = |key| object.node().at(&["spec", key]).is_some();
    if meant.api_version != "autoscaling/v1" || !(has("metrics") || has("behavior")) {
        return meant;
    }
    let second = kinds::kinds_of("autoscaling/v2").unwrap_or_default();
    named(meant.kind, second.iter()).unwrap_or(meant)
}

fn named(
    kind: &str,
    mut rows: impl Iterator<Item = &'static ServedKind>,
) -> Option<&'static ServedKind> {
    rows.find(|row| row.kind == kind)
}

/// The last of the rows that is in the group of this API version.
fn in_group_of(
    api_version: &str,
    rows: impl Iterator<Item = &'static ServedKind>,
) -> Option<&'static ServedKind> {
    let group = |text: &str| text.split_once('/').map(|(group, _)| group.to_owned());
    let wanted = group(api_version);
    rows.filter(|row| group(row.api_version) == wanted).last()
}

fn is_stable(row: &ServedKind) -> bool {
    !row.api_version.contains("alpha") && !row.api_version.contains("beta")
}

fn unknown<'r>(
    object: &'r Object,
    meant: Option<&'static ServedKind>,
    version: Option<Version>,
) -> Report<'r> {
    let (api_version, kind) = (object.api_version(), object.kind());
    let is_newer = version.is_some_and(|version| version > NEWEST);
    let message = if is_newer {
        format!("Kubernetes {NEWEST}, the newest known, has no {kind} in `{api_version}`")
    } else {
        format!("`{api_version}` has no kind {kind}: the API server rejects it")
    };
    let is_other_kind = meant.is_some_and(|meant| meant.kind != kind);
    let is_other_version = meant.is_some_and(|meant| meant.api_version != api_version);
    let key = if is_other_version {
        "apiVersion"
    } else {
        "kind"
    };
    let node = object.node().get(key);
    let report = Report::object(object, node.unwrap_or_else(|| object.name_node()), message);
    let report = if is_newer {
        report.severity(Severity::Warning)
    } else {
        report
    };
    let Some(meant) = meant else {
        return report.help(known(api_version));
    };
    let report = report.help(match (is_other_version, is_other_kind) {
        (true, true) => format!(
            "did you mean `apiVersion: {}` and `kind: {}`?",
            meant.api_version, meant.kind
        ),
        (true, false) => format!("did you mean `apiVersion: {}`?", meant.api_version),
        _ => format!("did you mean `kind: {}`?", meant.kind),
    });
    let (new, wanted) = match (is_other_version, is_other_kind) {
        (true, false) if is_only_place(meant) => (meant.api_version, node),
        (false, true) if is_slip(meant, kind) => (meant.kind, node),
        _ => return report,
    };
    let Some(wanted) = wanted else {
        return report;
    };
    let title = format!("write {key}: {new}");
    report.fix(Applicability::Unsafe, title, object, |editor| {
        editor.set(wanted, &Value::text(new))
    })
}

/// Whether no other group has a kind of this name.
fn is_only_place(meant: &ServedKind) -> bool {
    let group = |row: &ServedKind| row.api_version.split_once('/').map(|(group, _)| group);
    kinds::all()
        .filter(|row| row.kind == meant.kind)
        .all(|row| group(row) == group(meant))
}

fn is_slip(meant: &ServedKind, kind: &str) -> bool {
    let here = kinds::kinds_of(meant.api_version).unwrap_or_default();
    only_slip(kind, here.iter().map(|row| row.kind)) == Some(meant.kind)
}

fn known(api_version: &str) -> String {
    match kinds::kinds_of(api_version) {
        // A long list of names that are all far from this one helps nobody.
        Some(kinds) if kinds.len() > FEW => format!(
            "none of the {} kinds of `{api_version}` has a name like it; a custom resource has \
             `apiVersion: <group>/<version>`",
            kinds.len()
        ),
        Some(kinds) => {
            let names: Vec<&str> = kinds.iter().map(|row| row.kind).collect();
            format!("`{api_version}` has {}", names.join(", "))
        }
        None => format!("Kubernetes {NEWEST} serves no `{api_version}`"),
    }
}

/// A kind that the cluster does not serve yet.
fn too_new<'r>(object: &'r Object, served: &ServedKind, version: Version) -> Report<'r> {
    let node = object.node().get("apiVersion");
    let message = format!(
        "{} of `{}` comes with Kubernetes {}: {version} rejects it",
        served.kind, served.api_version, served.since
    );
    Report::object(object, node.unwrap_or_else(|| object.name_node()), message)
        .help("use a version that the cluster serves, or raise `kubernetes-version`")
}
