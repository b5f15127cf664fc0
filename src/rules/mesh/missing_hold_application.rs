//! `missing-hold-application`

use super::native::unless_native;
use super::proxy_config::Settings;
use crate::edit::Value;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::{
    Mesh, OlderIstio, ProxyKind, is_data_store, is_stand_in, only_generates_load, written_proxy,
};
use crate::kube::{ContainerRef, PROXY_CONFIG_ANNOTATION, PodTemplate, ProxyAnnotation, Workload};
use crate::lifecycle::signal;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::Version;
use crate::yaml::{Entry, Node, Tree, path_below};

static META: RuleMeta = RuleMeta {
    id: "missing-hold-application",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "The app may start before its sidecar proxy",
    page: include_str!("../../../rules/mesh/missing-hold-application.md"),
    options: &[],
    fix: FixAvailability::Unsafe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct MissingHoldApplication;

impl Rule for MissingHoldApplication {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let mesh = cx.inventory.mesh(workload);
        let template = workload.template();
        let proxy = cx.inventory.proxy_kind(workload);
        // A gateway's only container is the proxy itself.
        let has_app = template.main_containers().next().is_some();
        if !mesh.has_sidecar()
            || !has_app
            || proxy == ProxyKind::Native
            || is_complete(template)
            || is_data_store(workload)
            // A first call that fails loses nobody a request.
            || only_generates_load(workload)
            || template
                .main_containers()
                .all(|it| signal::only_waits(it.data))
            || cx.inventory.replicas(workload).is_parked()
            || cx.inventory.holds_mesh_wide(workload)
            || is_held_or_told(cx, workload)
        {
            return;
        }
        let mut report = report(workload, &mesh, proxy).unless_trial(cx, workload);
        if let Some(older) = cx.inventory.older_istio(workload.object(), HOLDS_SINCE) {
            out.push(of_older(&older, report));
            return;
        }
        // What runs to its end runs for something; what only stays may wait for `kubectl exec`.
        let is_idle = workload.is_long_running()
            && !template.containers().any(is_told_something)
            && !cx.inventory.serving(workload).may_serve();
        if is_idle {
            report.withhold("nothing says that the pod calls or answers anybody");
        }
        // What only answers, as far as its image says, makes no calls that could fail.
        out.push(if is_stand_in(workload) {
            report.severity(Severity::Note)
        } else {
            report
        });
    }
}

/// The release that holds pods by their annotation (istio.io/latest/news/releases/1.7.x/announcing-1.7/change-notes).
const HOLDS_SINCE: Version = Version::new(1, 7);

/// With a release that knows no hold, the application has to wait by itself.
fn of_older<'a>(older: &OlderIstio<'a>, report: Report<'a>) -> Report<'a> {
    let report = report
        .without_fix()
        .severity(Severity::Note)
        .detail(format!("Istio {} cannot hold it", older.release))
        .help(format!(
            "let the application try again until its proxy answers; from Istio {HOLDS_SINCE} on, \
             `holdApplicationUntilProxyStarts` holds it"
        ));
    match &older.by {
        Some(by) => report.related(by.object, by.node, by.message.clone()),
        None => report,
    }
}

/// Whether anything but its image says what a container does: whom it calls stands there, if anywhere.
fn is_told_something(container: ContainerRef<'_>) -> bool {
    const TOLD: [&str; 10] = [
        "args",
        "command",
        "env",
        "envFrom",
        "lifecycle",
        "livenessProbe",
        "ports",
        "readinessProbe",
        "startupProbe",
        "volumeMounts",
    ];
    TOLD.iter()
        .any(|field| !container.field(&[field]).is_absent())
}

/// Whether the proxy is in the manifest already, as it will run. With `image: auto` the injector still
/// fills it in.
fn is_complete(template: PodTemplate<'_>) -> bool {
    template.annotation("sidecar.istio.io/status").is_some() || written_proxy(template).is_some()
}

/// Whether the workload asks for the hold, or tries to in a way that `ineffective-istio-annotation`
/// reports.
fn is_held_or_told(cx: &Context<'_>, workload: Workload<'_>) -> bool {
    let template = workload.template();
    let own = template.object();
    let set_by_patch = template.node().is_some_and(|node| {
        let field = path_below("metadata.annotations", PROXY_CONFIG_ANNOTATION);
        cx.inventory.is_always_set_elsewhere(own, node, &field)
    });
    let ineffective = annotations(template)
        .chain(
            own.node()
                .at(&["metadata", "annotations"])
                .into_iter()
                .flat_map(Node::entries),
        )
        .filter_map(|entry| entry.key.text())
        .any(|key| key.ends_with(".istio.io/holdApplicationUntilProxyStarts"));
    let misplaced = (!template.path().is_empty())
        .then(|| own.annotation(PROXY_CONFIG_ANNOTATION))
        .flatten();
    let holds = |node: Node<'_>| match ProxyAnnotation::read(node) {
        // What cannot be read is reported as such.
        Err(_) => true,
        Ok(config) => {
            let value = config.value().hold_application_until_proxy_starts;
            value.is_some() && !is_overridden(&config)
        }
    };
    set_by_patch
        || ineffective
        || template
            .annotation(PROXY_CONFIG_ANNOTATION)
            .is_some_and(holds)
        || misplaced.is_some_and(holds)
}

/// Whether the hold is asked for and taken back by the same key further down: Istio takes the last one
/// (sigs.k8s.io/yaml, as `protomarshal.ApplyYAML` uses it).
fn is_overridden(config: &ProxyAnnotation) -> bool {
    const NAMES: [&str; 2] = [
        "holdApplicationUntilProxyStarts",
        "hold_application_until_proxy_starts",
    ];
    let root = config.tree().map(Tree::root);
    let written = root.into_iter().flat_map(Node::written_entries);
    let is_hold = |entry: &Entry<'_>| NAMES.contains(&entry.key.key_text());
    let values: Vec<_> = written
        .filter(is_hold)
        .filter_map(|entry| entry.value.text())
        .collect();
    values.contains(&"true") && config.value().hold_application_until_proxy_starts == Some(false)
}

fn annotations(template: PodTemplate<'_>) -> impl Iterator<Item = crate::yaml::Entry<'_>> {
    template
        .node()
        .and_then(|node| node.at(&["metadata", "annotations"]))
        .into_iter()
        .flat_map(Node::entries)
}

fn report<'a>(workload: Workload<'a>, mesh: &Mesh<'_>, proxy: ProxyKind) -> Report<'a> {
    let object = workload.object();
    let consequence = if workload.is_long_running() {
        "its first calls fail"
    } else {
        "a run that calls at once fails"
    };
    let message = format!("the app may start before its proxy, and {consequence}");
    let template = workload.template();
    let title = "hold the app until the proxy is ready";
    let hold = Settings::field("holdApplicationUntilProxyStarts", Value::Bool(true));
    let (lead, yaml) = hold.help(title, template);
    Report::object(object, object.name_node(), message)
        .help_of_fix(&format!("{lead}{}", unless_native(proxy)), &yaml)
        .fix(Applicability::Unsafe, title, template.object(), |editor| {
            hold.write(editor, template)
        })
        .mesh(mesh)
}
