//! `missing-tracing`

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};

static META: RuleMeta = RuleMeta {
    id: "missing-tracing",
    category: Category::Mesh,
    severity: Severity::Note,
    pedantic: true,
    summary: "Nothing in view configures tracing for the mesh",
    page: include_str!("../../../rules/mesh/missing-tracing.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &["tracing"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingTracing;

impl Rule for MissingTracing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let inventory = cx.inventory;
        if !speaks_for_mesh(cx, object) || inventory.is_open(object) || inventory.is_traced(object)
        {
            return;
        }
        // One finding for a mesh: at its configuration, else at the first namespace of the scope.
        let what = "what first suggests a mesh";
        let first = inventory.shared(object, what, String::new(), || {
            inventory
                .objects()
                .filter(|other| inventory.same_scope(object, other) && speaks_for_mesh(cx, other))
                .min_by_key(|other| matches!(other.body(), Body::Namespace(_)))
                .map(Object::number)
        });
        if *first != Some(object.number()) {
            return;
        }
        let root = inventory.root_namespace();
        let message =
            "tracing is not enabled: a slow request cannot be followed through its services";
        let help = format!(
            "name a tracer of `meshConfig.extensionProviders`, as with `otel` here:\n\
             apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata:\n  name: default\n  \
             namespace: {root}\nspec:\n  tracing:\n    - providers:\n        - name: otel\n      \
             randomSamplingPercentage: 1"
        );
        let report = Report::object(object, object.name_node(), message);
        let detail = "neither by a Telemetry resource nor by a mesh configuration in view";
        out.push(report.detail(detail).help(help));
    }
}

/// A mesh configuration, or a namespace of the mesh.
fn speaks_for_mesh(cx: &Context<'_>, object: &Object) -> bool {
    match object.body() {
        Body::Namespace(_) => cx.inventory.mesh_label(object).is_some(),
        Body::IstioOperator(_) | Body::ConfigMap(_) => cx
            .inventory
            .mesh_configs()
            .any(|(config, _)| std::ptr::eq(config, object)),
        _ => false,
    }
}
