//! What `conflicting-mesh-config` says of the labels of a Namespace.

use crate::kube::{Object, is_placeholder};
use crate::rules::{Findings, Report};

/// A namespace with several switches. A sidecar keeps a pod out of the ambient mesh (the annotation
/// `sidecar.istio.io/status` in cni/pkg/util/podutil.go).
pub(super) fn check(object: &Object, out: &mut Findings) {
    let says = |key: &str, value: &str| object.label(key).filter(|it| it.text() == Some(value));
    let switch = match object.label("istio-injection") {
        Some(_) => says("istio-injection", "enabled").map(|it| ("istio-injection", it)),
        None => object
            .label("istio.io/rev")
            .filter(|it| it.text().is_some_and(|text| !text.is_empty()))
            .map(|it| ("istio.io/rev", it)),
    };
    if let Some(ambient) = says("istio.io/dataplane-mode", "ambient")
        && let Some((key, switch)) = switch
    {
        let message = format!("pods with the sidecar of `{key}` stay out of the ambient mesh");
        let report = Report::object(object, ambient, message)
            .help("keep one of the two labels, and label single pods for the other way");
        out.push(report.related(object, switch, "the label that counts"));
        return;
    }
    check_revision(object, out);
}

/// Both switches of injection: the older one wins.
fn check_revision(object: &Object, out: &mut Findings) {
    let (Some(switch), Some(revision)) = (
        object.label("istio-injection"),
        object.label("istio.io/rev"),
    ) else {
        return;
    };
    let (Some(value), Some(name)) = (switch.text(), revision.text()) else {
        return;
    };
    if is_placeholder(value) || is_placeholder(name) || value.is_empty() || name.is_empty() {
        return;
    }
    let message = format!(
        "label `istio-injection` overrides `istio.io/rev`: revision `{name}` does not inject here"
    );
    let report = Report::object(object, revision, message).help(
        "keep `istio.io/rev` alone for a revision, `istio-injection` alone for the default one",
    );
    out.push(report.related(object, switch, "the label that counts"));
}
