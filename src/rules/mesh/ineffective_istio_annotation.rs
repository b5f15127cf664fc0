//! `ineffective-istio-annotation`

use super::metadata::{Holder, Map};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::tables::istio_catalogue::{
    Place, is_bookkeeping, is_istio_key, only_slip, proxy_config_field, suggest,
};
use crate::kube::{Object, Workload};
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

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let workload = cx.inventory.workload(object);
        let template = workload.map(Workload::template);
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
            let apart = workload.zip(template.filter(|it| !it.path().is_empty()));
            if let Some((workload, template)) = apart
                && let Some(node) = template.node()
            {
                let pods = holder(template.object(), node);
                for entry in map.entries(node) {
                    report_unknown(&pods, entry, out);
                }
                report_misplaced(workload, map, node, out);
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
    if map.other().known(key).is_some() {
        let message = format!(
            "Istio reads `{key}` as a {}, not as a {noun}: here it does nothing",
            map.other().noun()
        );
        let help = format!("move it to `metadata.{}`", map.other().key());
        let report = Report::object(object, entry.key, with_article(&message)).help(help);
        let title = format!("move it to metadata.{}", map.other().key());
        out.push(report.fix(Applicability::Safe, title, object, |editor| {
            holder.move_to_other_map(editor, entry)
        }));
        return;
    }
    let report = |message: String| Report::object(object, entry.key, message);
    if let Some(field) = proxy_config_field(key) {
        let value = entry.value.text().unwrap_or("…");
        let message = format!(
            "Istio has no {noun} `{key}`: it does nothing, `{field}` is read from `proxy.istio.io/config` only"
        );
        let help = format!(
            "on the pod template:\nmetadata:\n  annotations:\n    proxy.istio.io/config: |\n      {field}: {value}"
        );
        let title = "move it into proxy.istio.io/config";
        let report = report(message).help(help);
        out.push(report.fix(Applicability::Safe, title, object, |editor| {
            holder.move_into_proxy_config(editor, entry, field)
        }));
        return;
    }
    let message = format!("Istio has no {noun} `{key}`: it does nothing");
    let slip = only_slip(key).filter(|near| map.known(near).is_some());
    out.push(match suggest(key) {
        Some(near) if slip == Some(near) => {
            report(message).help(format!("did you mean `{near}`?")).fix(
                Applicability::Safe,
                format!("rename it to {near}"),
                object,
                |editor| editor.rename(entry.key, near),
            )
        }
        Some(near) => report(message).help(format!("did you mean `{near}`?")),
        // The catalogue may be older than the key.
        None => report(format!(
            "no Istio release known to lameduck has the {noun} `{key}`: it probably does nothing"
        ))
        .severity(Severity::Warning)
        .help("check its spelling against Istio's reference of annotations and labels"),
    });
}

/// `as a annotation` reads badly.
fn with_article(message: &str) -> String {
    message.replace("a annotation", "an annotation")
}

/// A key on the workload's own metadata that Istio reads on pods only.
fn report_misplaced(workload: Workload<'_>, map: Map, template: Node<'_>, out: &mut Findings) {
    let object = workload.object();
    for entry in map.entries(object.node()) {
        let Some(key) = entry.key.text() else {
            continue;
        };
        let Some(known) = map.known(key).filter(|known| known.only_on_pods()) else {
            continue;
        };
        let on_template = map
            .entries(template)
            .any(|other| other.key.text() == Some(known.name));
        if on_template || known.places.contains(&Place::Deployment) {
            continue;
        }
        let noun = map.noun();
        let message = format!(
            "Istio reads the {noun} `{key}` on pods, and this one is on the {}: it does nothing",
            object.kind()
        );
        let help = format!(
            "move it to `{}.metadata.{}`",
            workload.template().path().join("."),
            map.key()
        );
        let report = Report::object(object, entry.key, message).help(help);
        let title = "move it to the pod template";
        out.push(report.fix(Applicability::Safe, title, object, |editor| {
            let path = ["metadata", map.key()];
            editor.relocate(entry, template, &path, known.name)
        }));
    }
}
