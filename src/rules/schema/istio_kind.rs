//! Kinds and versions that Istio's groups do not have, for `unknown-kind`.

use crate::finding::Severity;
use crate::kube::Object;
use crate::kube::istio::{self, NEWEST};
use crate::rules::{Context, Report};
use crate::units::suggest;

/// What is wrong with the kind of an object in one of Istio's groups. Of a kind that is not known, only a misspelt
/// one is told: other meshes have kinds of their own in these groups.
pub(super) fn unknown<'a>(cx: &Context<'_>, object: &'a Object) -> Option<Report<'a>> {
    let (group, kind) = (object.group(), object.kind());
    let version = object.api_version().split_once('/')?.1;
    let kinds = || istio::SERVED.iter().filter(|(own, ..)| *own == group);
    kinds().next()?;
    let (key, message, help) = match kinds().find(|(_, known, _)| *known == kind) {
        Some((.., versions)) if versions.contains(&version) => return None,
        Some((.., versions)) => (
            "apiVersion",
            format!("Istio serves no {kind} in `{group}/{version}`"),
            format!("write `apiVersion: {group}/{}`", versions.first()?),
        ),
        None => {
            let near = suggest(kind, kinds().map(|(_, known, _)| *known))?;
            (
                "kind",
                format!("`{group}` has no kind {kind}"),
                format!("did you mean `kind: {near}`?"),
            )
        }
    };
    let istio = cx.settings.mesh.istio_version;
    let newer = istio.filter(|version| *version > NEWEST);
    let message = match newer {
        Some(version) => format!("{message}, as far as {NEWEST}: {version} may"),
        None => format!("{message}: the API server rejects it"),
    };
    let node = object.node().get(key).unwrap_or_else(|| object.name_node());
    let report = Report::object(object, node, message).help(help);
    Some(match newer {
        Some(_) => report.severity(Severity::Warning),
        None => report,
    })
}
