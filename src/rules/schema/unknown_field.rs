//! `unknown-field`

use crate::edit::{Advice, Refusal};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::tables::kinds::NEWEST;
use crate::kube::tables::removed::removed;
use crate::kube::tables::wrong_fields::{self, Mend};
use crate::kube::{Object, istio};
use crate::rules::{Context, Findings, Report, Rule, backend};
use crate::units::{only_slip, suggest};
use crate::yaml::{IssueKind, Node};

static META: RuleMeta = RuleMeta {
    id: "unknown-field",
    category: Category::Schema,
    severity: Severity::Error,
    pedantic: false,
    summary: "A field that the object's schema does not have",
    page: include_str!("../../../rules/schema/unknown-field.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct UnknownField;

impl Rule for UnknownField {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        // Such an object is refused as a whole.
        if removed(object.api_version(), object.kind()).is_some() {
            return;
        }
        let is_of_istio = object.group().ends_with(".istio.io");
        let may_be_newer = cx
            .settings
            .kubernetes_version
            .is_some_and(|version| version > NEWEST)
            && !is_of_istio;
        let istio = cx.settings.mesh.istio_version;
        let newer_istio = istio.filter(|version| is_of_istio && *version > istio::NEWEST);
        for issue in object.issues() {
            let IssueKind::UnknownField { structure, known } = issue.kind else {
                continue;
            };
            let node = object.node_of(issue.node);
            let field = node.text().unwrap_or_default();
            if is_encryption(object, node) {
                continue;
            }
            let place = place_of(object, node);
            let message =
                format!("unknown field `{field}` in `{place}`: it is rejected or dropped");
            let near = || suggest(field, known.iter().copied());
            let help = wrong_fields::hint(structure, field)
                .map(str::to_owned)
                .or_else(|| Some(format!("did you mean `{}`?", near()?)));
            if may_be_newer && help.is_none() {
                continue;
            }
            let help = help.unwrap_or_else(|| format!("known here: {}", known.join(", ")));
            if let Some(version) = newer_istio {
                let message = format!(
                    "unknown field `{field}` in `{place}`: Istio {version} may have it, {} has not",
                    istio::NEWEST
                );
                let report = Report::object(object, node, message).help(help);
                out.push(report.severity(Severity::Warning));
                continue;
            }
            let report = Report::object(object, node, message).help(help);
            out.push(mended((structure, known), object, node, report));
        }
    }
}

/// With the fix, where it is known what the field was meant to be.
fn mended<'r>(
    (structure, known): (&'static str, &[&'static str]),
    object: &Object,
    node: Node<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let field = node.text().unwrap_or_default();
    if structure == "IngressBackend" && field == "serviceName" {
        return new_backend(object, node, report);
    }
    let is_told = wrong_fields::hint(structure, field).is_some();
    let slip = only_slip(field, known.iter().copied()).filter(|_| !is_told);
    match wrong_fields::mend(structure, field).or(slip.map(Mend::Rename)) {
        Some(mend) => apply(structure, mend, object, node, report),
        None => report,
    }
}

/// Whether a key holds what SOPS needs to decrypt the object; it is taken away then.
fn is_encryption(object: &Object, key: Node<'_>) -> bool {
    let is_top = key
        .parent()
        .is_some_and(|parent| parent.id() == object.node().id());
    is_top && key.text() == Some("sops") && object.is_encrypted()
}

/// The path of the mapping that holds a key; the kind where that is the object itself.
fn place_of(object: &Object, key: Node<'_>) -> String {
    let path = key.parent().map(Node::path);
    path.filter(|path| !path.is_empty())
        .unwrap_or_else(|| object.kind().to_owned())
}

/// Names the Service as `networking.k8s.io/v1` has it.
fn new_backend<'r>(object: &Object, key: Node<'_>, report: Report<'r>) -> Report<'r> {
    let Some(mapping) = key.parent() else {
        return report;
    };
    let holder = mapping.parent();
    let entry = holder.and_then(|holder| {
        let mut entries = holder.written_entries();
        entries.find(|entry| entry.value.id() == mapping.id())
    });
    let Some((entry, service)) = entry.zip(backend::service(mapping)) else {
        return report;
    };
    let yaml = Advice::below(&[], [("service", service)]).yaml();
    let title = "name the Service as networking.k8s.io/v1 has it";
    report
        .help_of_fix("a backend names its Service so", &yaml)
        .fix(Applicability::Unsafe, title, object, |editor| {
            backend::rewrite(editor, entry, entry.key.key_text())
        })
}

/// Renames the field or moves it to where it belongs.
fn apply<'r>(
    structure: &str,
    mend: Mend,
    object: &Object,
    key: Node<'_>,
    report: Report<'r>,
) -> Report<'r> {
    let field = key.text().unwrap_or_default();
    let meant = match mend {
        Mend::Rename(name) => name,
        Mend::Move { .. } => field,
    };
    let applicability = if wrong_fields::takes_a_person(structure, meant) {
        Applicability::Unsafe
    } else {
        Applicability::Safe
    };
    let title = match mend {
        Mend::Rename(name) => format!("rename `{field}` to `{name}`"),
        Mend::Move { path: [], .. } => format!("move `{field}` one level up"),
        Mend::Move { path, .. } => format!("move `{field}` to `{}`", path.join(".")),
    };
    report.fix(applicability, title, object, |editor| match mend {
        Mend::Rename(name) => editor.rename(key, name),
        Mend::Move { up, path } => {
            let mapping = key.parent().ok_or(Refusal::Moot)?;
            let mut entries = mapping.written_entries();
            let entry = entries.find(|entry| entry.key.id() == key.id());
            let target = (0..up).try_fold(mapping, |at, _| at.parent());
            let (entry, target) = entry.zip(target).ok_or(Refusal::Moot)?;
            editor.relocate(entry, target, path, field)
        }
    })
}
