//! `missing-mtls-policy`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::Object;
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-mtls-policy",
    category: Category::Mesh,
    severity: Severity::Note,
    pedantic: true,
    summary: "A namespace of the mesh takes plain text",
    page: include_str!("../../../rules/mesh/missing-mtls-policy.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["mtls"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingMtlsPolicy;

impl Rule for MissingMtlsPolicy {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(label) = cx.inventory.mesh_label(object) else {
            return;
        };
        let name = object.name();
        // A policy that is not strict is a finding of its own.
        if cx.inventory.is_open(object) || cx.inventory.is_strict(name).is_some() {
            return;
        }
        let root = cx.inventory.root_namespace();
        let message = "no PeerAuthentication in view: the pods of this namespace accept plain text";
        let help = format!(
            "once every client has a sidecar (in `{root}` it holds for the whole mesh):\n\
             apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: default\n  \
             namespace: {name}\nspec:\n  mtls:\n    mode: STRICT"
        );
        let report = Report::object(object, object.name_node(), message)
            .detail("from anyone, under Istio's default PERMISSIVE")
            .help(help);
        out.push(report.related(object, label, "puts the namespace's pods in the mesh"));
    }
}
