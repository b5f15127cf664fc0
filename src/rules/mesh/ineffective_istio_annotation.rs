//! `ineffective-istio-annotation`

use super::injection;
use super::metadata::{Holder, Map, in_proxy_config, waits_for_connections};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::tables::istio_catalogue::{
    KnownKey, is_bookkeeping, is_istio_key, only_slip, proxy_config_field, suggest,
};
use crate::kube::{Body, Object, PodTemplate, Workload};
use crate::rules::text::and;
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::{Entry, Node};

static META: RuleMeta = RuleMeta {
    id: "ineffective-istio-annotation",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "An Istio annotation or label that Istio does not read",
    page: include_str!("../../../rules/mesh/ineffective-istio-annotation.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct IneffectiveIstioAnnotation;

impl Rule for IneffectiveIstioAnnotation {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, cx: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        injection::check_pods(cx, workload, out);
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let template = cx.inventory.workload(object).map(Workload::template);
        let labelled = match object.body() {
            Body::Namespace(_) => Some(object.node()),
            _ => template.and_then(PodTemplate::node),
        };
        if let Some(owner) = labelled {
            injection::check_switches(template.map_or(object, PodTemplate::object), owner, out);
        }
        for map in [Map::Annotations, Map::Labels] {
            let holder = |object, node| Holder {
                object,
                node,
                map,
                template,
            };
            let own = holder(object, object.node());
            for entry in map.entries(own.node) {
                report_unknown(&own, entry, out);
            }
            // A bare Pod is its own template.
            let apart = template.filter(|it| !it.path().is_empty());
            if let Some(template) = apart
                && let Some(node) = template.node()
            {
                let pods = holder(template.object(), node);
                for entry in map.entries(node) {
                    report_unknown(&pods, entry, out);
                }
                report_misplaced(&own, node, out);
            }
        }
    }
}

fn report_unknown(holder: &Holder<'_>, entry: Entry<'_>, out: &mut Findings) {
    let Holder { object, map, .. } = *holder;
    let Some(key) = entry.key.text().filter(|key| is_istio_key(key)) else {
        return;
    };
    if map.known(key).is_some() || is_bookkeeping(key) || crate::kube::is_placeholder(key) {
        return;
    }
    let noun = map.noun();
    if let Some(known) = map.other().known(key) {
        out.push(in_wrong_map(holder, entry, known));
        return;
    }
    let report = |message: String| Report::object(object, entry.key, message);
    if let Some(field) = proxy_config_field(key) {
        out.push(of_proxy_config(holder, entry, key, field));
        return;
    }
    let message = format!("Istio has no {noun} `{key}`: it does nothing");
    let slip = only_slip(key).and_then(|near| map.known(near));
    out.push(match (suggest(key), slip) {
        (Some(near), Some(known)) if known.name == near => {
            report(message).help(format!("did you mean `{near}`?")).fix(
                applicability(known),
                format!("rename it to {near}"),
                object,
                |editor| editor.rename(entry.key, near),
            )
            .reveals()
        }
        (Some(near), _) => report(message).help(format!("did you mean `{near}`?")),
        // Selectors of anybody may use a label.
        (None, _) if map == Map::Labels => report(format!("no known Istio release reads the label `{key}`"))
        .severity(Severity::Note)
        .help(
            "`istio.io` is for labels that Istio defines: give your own a prefix of your own, or check the \
             spelling",
        ),
        // The catalogue may be older than the key.
        (None, _) => report(format!("no known Istio release reads the annotation `{key}`"))
        .severity(Severity::Warning)
        .help("check its spelling against Istio's reference of annotations"),
    });
}

/// A field of the proxy's configuration, which is read from one annotation only.
fn of_proxy_config<'r>(
    holder: &Holder<'r>,
    entry: Entry<'_>,
    key: &str,
    field: &str,
) -> Report<'r> {
    let Holder { object, map, .. } = *holder;
    let noun = map.noun();
    let value = entry.value.text().unwrap_or("…");
    let message = format!("Istio has no {noun} `{key}`: it does nothing");
    let detail =
        format!("`{field}` is read from `proxy.istio.io/config` and meshConfig.defaultConfig only");
    let help = in_proxy_config(holder.template, field, value);
    let title = "move it into proxy.istio.io/config";
    if field == "terminationDrainDuration" && holder.template.is_some_and(waits_for_connections) {
        return Report::object(object, entry.key, message)
            .detail(detail)
            .help(
                "delete it: with EXIT_ON_ZERO_ACTIVE_CONNECTIONS, which `proxy.istio.io/config` sets, Istio \
                 takes no terminationDrainDuration; MINIMUM_DRAIN_DURATION is what counts then",
            )
            .not_fixed(Applicability::Unsafe, title, "the setting would also be ignored there");
    }
    let report = Report::object(object, entry.key, message)
        .detail(detail)
        .help(help);
    // Of all settings, waiting for the proxy alone takes nothing from the application.
    let applicability = if field == "holdApplicationUntilProxyStarts" && value == "true" {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    };
    report
        .fix(applicability, title, object, |editor| {
            holder.move_into_proxy_config(editor, entry, field)
        })
        .reveals()
}

/// An annotation that is a label, or the other way round.
fn in_wrong_map<'r>(holder: &Holder<'r>, entry: Entry<'_>, known: &KnownKey) -> Report<'r> {
    let Holder { object, map, .. } = *holder;
    let other = map.other();
    let message = format!(
        "Istio reads `{}` as {}, not as {}: here it does nothing",
        known.name,
        other.with_article(),
        map.with_article()
    );
    let report = Report::object(object, entry.key, message);
    let Some(home) = holder.home(known) else {
        let places = known.places.iter().filter_map(|place| place.kind());
        let places: Vec<String> = places.map(str::to_owned).collect();
        return report.help(format!("Istio reads it on {} only", and(&places)));
    };
    let move_it = format!("move it to `{}`", home.place(other));
    let title = format!("move it to {}", home.place(other));
    report
        .help(move_it)
        .fix(applicability(known), title, object, |editor| {
            home.take(editor, entry, other, known)
        })
        .reveals()
}

/// Keys that change neither the way of the traffic nor what a pod needs to run once Istio reads them:
/// what the proxy writes to its log and which statistics it keeps.
const HARMLESS: [&str; 7] = [
    "sidecar.istio.io/agentLogLevel",
    "sidecar.istio.io/componentLogLevel",
    "sidecar.istio.io/extraStatTags",
    "sidecar.istio.io/logLevel",
    "sidecar.istio.io/statsInclusionPrefixes",
    "sidecar.istio.io/statsInclusionRegexps",
    "sidecar.istio.io/statsInclusionSuffixes",
];

/// What Istio reads from now on changes what runs, except for a few keys.
fn applicability(known: &KnownKey) -> Applicability {
    if HARMLESS.contains(&known.name) {
        Applicability::Safe
    } else {
        Applicability::Unsafe
    }
}

/// A key on the workload's own metadata that Istio reads on its pods, and not there.
fn report_misplaced(own: &Holder<'_>, pods: Node<'_>, out: &mut Findings) {
    let Holder { object, map, .. } = *own;
    for entry in map.entries(object.node()) {
        let Some(key) = entry.key.text() else {
            continue;
        };
        let known = map.known(key).filter(|known| known.belongs_to_pods());
        let is_on_pods = |name: &str| {
            let mut keys = map.entries(pods).map(|other| other.key);
            keys.any(|key| key.text() == Some(name))
        };
        let Some(known) = known.filter(|known| !is_on_pods(known.name)) else {
            continue;
        };
        let Some(home) = own.home(known) else {
            continue;
        };
        let message = format!(
            "{} `{key}` on a {} is ignored: Istio reads it on pods",
            map.noun(),
            object.kind()
        );
        let help = format!("move it to `{}`", home.place(map));
        let title = "move it to the pod template";
        let report = Report::object(object, entry.key, message).help(help);
        out.push(
            report
                .fix(applicability(known), title, object, |editor| {
                    home.take(editor, entry, map, known)
                })
                .reveals(),
        );
    }
}
