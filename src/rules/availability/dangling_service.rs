//! `dangling-service`

use std::collections::BTreeMap;

use super::labels::{self, Difference, differences};
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Body, Object, Workload};
use crate::rules::{Context, Findings, Report, Rule};

const NO_ENDPOINTS: &str = "without an endpoint it refuses every connection";

static META: RuleMeta = RuleMeta {
    id: "dangling-service",
    category: Category::Availability,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A Service whose selector selects no workload",
    page: include_str!("../../../rules/availability/dangling-service.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct DanglingService;

impl Rule for DanglingService {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        let Some(selector) = selector(object) else {
            return;
        };
        let inventory = cx.inventory;
        let is_unknown = selector
            .iter()
            .any(|(key, value)| labels::is_open(key, value));
        if is_unknown
            || object.field(&["spec", "selector"]).is_unknown()
            || inventory.is_set_elsewhere(object, object.node(), "spec.selector")
            || inventory.selects(object).next().is_some()
            || inventory.is_open(object)
            || inventory.is_made_by_operator(object, selector)
            || inventory.is_named_by_operator(object, object.name())
            || inventory.is_apex(object)
        {
            return;
        }
        let like = inventory.workloads_like(object, selector, |_| true);
        let Some(nearest) = nearest(object, selector, like.into_iter()) else {
            return;
        };
        let may_be_elsewhere =
            !nearest.is_near(object, selector) || differs_in_version(&nearest.differences);
        if may_be_elsewhere && inventory.is_completed_elsewhere(object) {
            return;
        }
        out.push(report(object, selector, &nearest));
    }
}

/// The labels that a Service selects by; `None` where it selects nothing on purpose.
fn selector(object: &Object) -> Option<&BTreeMap<String, String>> {
    let Body::Service(service) = object.body() else {
        return None;
    };
    let spec = service.spec.as_ref()?;
    let selector = spec.selector.as_ref()?;
    let is_alias = spec.type_.as_deref() == Some("ExternalName");
    (!is_alias && !selector.is_empty()).then_some(selector)
}

/// The workload that was most likely meant.
struct Nearest<'a> {
    workload: Workload<'a>,
    differences: Vec<Difference<'a>>,
}

impl Nearest<'_> {
    /// Whether it is near enough to be named.
    fn is_near(&self, object: &Object, selector: &BTreeMap<String, String>) -> bool {
        self.differences.len() < selector.len() || self.workload.object().name() == object.name()
    }
}

fn nearest<'a>(
    object: &Object,
    selector: &'a BTreeMap<String, String>,
    workloads: impl Iterator<Item = Workload<'a>>,
) -> Option<Nearest<'a>> {
    workloads
        .map(|workload| Nearest {
            differences: differences(selector, workload.template().labels()),
            workload,
        })
        .min_by_key(|it| {
            let is_namesake = it.workload.object().name() == object.name();
            (it.differences.len(), !is_namesake)
        })
}

fn report<'a>(
    object: &'a Object,
    selector: &BTreeMap<String, String>,
    nearest: &Nearest<'_>,
) -> Report<'a> {
    let list = object.node().at(&["spec", "selector"]);
    let at = |key| list.and_then(|list| list.get(key));
    if !nearest.is_near(object, selector) {
        let message =
            "no workload in view has the labels that it selects: it may have no endpoints";
        let node = match selector.keys().next() {
            Some(only) if selector.len() == 1 => at(only).or(list),
            _ => list,
        };
        let node = node.unwrap_or_else(|| object.name_node());
        return Report::object(object, node, message).detail(NO_ENDPOINTS).help(
            "select labels that the pods carry; a Service for endpoints that something else manages \
             has no selector",
        );
    }
    let workload = nearest.workload.object();
    // Other versions are often released elsewhere.
    let consequence = if differs_in_version(&nearest.differences) {
        "it may have no endpoints"
    } else {
        "the Service has no endpoints"
    };
    let message = format!(
        "no workload in view has {}: {consequence}",
        labels::wanted(&nearest.differences),
    );
    let node = nearest.differences.first().and_then(|first| at(first.key));
    let node = node.or(list).unwrap_or_else(|| object.name_node());
    let is_version = is_of_a_version(object, &nearest.differences);
    let advice = if is_version {
        "unless another version runs outside the view, add its workload, or delete the Service"
    } else {
        "select what they carry, or give them the label"
    };
    let help = format!(
        "the pods of {} `{}` have {}: {advice}",
        workload.kind(),
        workload.name(),
        labels::found(&nearest.differences)
    );
    let mut report = Report::object(object, node, message)
        .detail(NO_ENDPOINTS)
        .help(help);
    if is_version {
        report = report.severity(Severity::Note);
    }
    let template = nearest.workload.template();
    match labels::node(template, &nearest.differences) {
        Some(labels) => report.related(template.object(), labels, "the nearest workload's labels"),
        None => report,
    }
}

/// Whether the pods in view have another version of what is wanted, and nothing but that misses.
fn differs_in_version(differences: &[Difference<'_>]) -> bool {
    const KEYS: [&str; 4] = ["app.kubernetes.io/version", "rev", "track", "version"];
    !differences.is_empty()
        && differences
            .iter()
            .all(|it| it.found.is_some() && KEYS.contains(&it.key))
}

/// Whether a Service is for one of several versions: its name has the wanted one.
fn is_of_a_version(object: &Object, differences: &[Difference<'_>]) -> bool {
    let names = |wanted: &str| {
        let mut words = object
            .name()
            .split(|char: char| !char.is_ascii_alphanumeric());
        words.any(|word| word == wanted)
    };
    differs_in_version(differences) && differences.iter().all(|it| names(it.wanted))
}
