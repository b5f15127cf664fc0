//! `ignored-outlier-field`

use super::policy::policies;
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::inventory::OlderIstio;
use crate::kube::istio::DestinationRule;
use crate::kube::{Body, Object};
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::Version;
use crate::yaml::Entry;

static META: RuleMeta = RuleMeta {
    id: "ignored-outlier-field",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "An outlier detection setting that Istio ignores",
    page: include_str!("../../../rules/mesh/ignored-outlier-field.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["circuit-breaker"],
};

/// See the rule's page.
pub(in crate::rules) struct IgnoredOutlierField;

impl Rule for IgnoredOutlierField {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, cx: &Context<'_>, object: &Object, out: &mut Findings) {
        const IGNORED_SINCE: Version = Version::new(1, 7);
        let Body::DestinationRule(rule) = object.body() else {
            return;
        };
        let older = cx.inventory.older_istio(object, IGNORED_SINCE);
        if older.as_ref().is_some_and(|older| older.by.is_none()) {
            return;
        }
        for policy in policies(object, rule) {
            let detection = policy.node.get("outlierDetection");
            let Some(entry) = detection.and_then(|node| node.entry("consecutiveErrors")) else {
                continue;
            };
            let replaced = policy.outlier_detection.is_some_and(|it| {
                it.consecutive_5xx_errors.is_some() || it.consecutive_gateway_errors.is_some()
            });
            let successor = successor(entry).map(|inferred| match inferred.1 {
                Applicability::Safe => chosen_by_namesake(cx, object, rule).unwrap_or(inferred),
                Applicability::Unsafe => inferred,
            });
            if let Some(OlderIstio { release, by }) = &older {
                let report = of_older(object, entry, *release, successor);
                out.push(match by {
                    Some(by) => report.related(by.object, by.node, by.message.clone()),
                    None => report,
                });
                continue;
            }
            let (message, detail, help) = words(entry, replaced, successor);
            let report = Report::object(object, entry.key, message)
                .detail(detail)
                .help(help);
            // Whether the author would rather have that threshold than those beside it, only a
            // person knows.
            out.push(match successor.filter(|_| !replaced) {
                None => report,
                Some((name, applicability)) => {
                    let most = policy
                        .outlier_detection
                        .and_then(|it| it.max_ejection_percent);
                    let applicability = if is_harsh(value(entry), most) {
                        Applicability::Unsafe
                    } else {
                        applicability
                    };
                    let title = format!("rename `consecutiveErrors` to `{name}`");
                    report.fix(applicability, title, object, |editor| {
                        editor.rename(entry.key, name)
                    })
                }
            });
        }
    }
}

type Successor = Option<(&'static str, Applicability)>;

/// For a mesh that is older, as its repository says: there the field still counts, and its successors may
/// not be known yet.
fn of_older<'a>(
    object: &'a Object,
    entry: Entry<'_>,
    release: Version,
    successor: Successor,
) -> Report<'a> {
    let help = match successor {
        Some((name, _)) => format!("rename it to `{name}` together with the update of Istio"),
        None => "remove it together with the update of Istio".to_owned(),
    };
    let message = "from Istio 1.7 on, `consecutiveErrors` is ignored";
    Report::object(object, entry.key, message)
        .detail(format!("Istio {release}, which is in view, still reads it"))
        .severity(Severity::Note)
        .help(help)
}

fn host(rule: &DestinationRule) -> &str {
    let spec = rule.spec.as_ref();
    spec.and_then(|spec| spec.host.as_deref())
        .unwrap_or_default()
}

/// Whether two rules of one name are about the same: their hosts are equal, or one is a wildcard over the other.
fn may_be_one(one: &str, other: &str) -> bool {
    let covers = |wide: &str, host: &str| {
        let suffix = wide.strip_prefix('*');
        suffix.is_some_and(|suffix| host.ends_with(suffix))
    };
    one == other || covers(one, other) || covers(other, one)
}

/// The successor that another DestinationRule of this name has for the host: its authors have chosen already.
fn chosen_by_namesake(cx: &Context<'_>, object: &Object, rule: &DestinationRule) -> Successor {
    let mut chosen = None;
    for other in cx.inventory.objects_named(object.name()) {
        let Body::DestinationRule(other_rule) = other.body() else {
            continue;
        };
        let is_other = !std::ptr::eq(other, object) && cx.inventory.same_repository(other, object);
        if !is_other || !may_be_one(host(rule), host(other_rule)) {
            continue;
        }
        for detection in policies(other, other_rule)
            .iter()
            .filter_map(|it| it.outlier_detection)
        {
            // All 5xx responses are more than the gateway's own that counted.
            let own = match (
                detection.consecutive_gateway_errors.is_some(),
                detection.consecutive_5xx_errors.is_some(),
            ) {
                (true, false) => ("consecutiveGatewayErrors", Applicability::Safe),
                (false, true) => ("consecutive5xxErrors", Applicability::Unsafe),
                _ => continue,
            };
            if chosen.is_some_and(|it| it != own) {
                return None;
            }
            chosen = Some(own);
        }
    }
    chosen
}

/// Message, what happens instead, and help; `replaced` where another threshold stands beside it.
fn words(entry: Entry<'_>, replaced: bool, successor: Successor) -> (&'static str, String, String) {
    if replaced {
        return (
            IGNORED,
            "only the other thresholds count".to_owned(),
            "remove it".to_owned(),
        );
    }
    let value = entry.value.resolved().text().unwrap_or("5");
    let effect = if value == "5" {
        "5 consecutive 5xx responses eject an endpoint only because that is Envoy's default"
            .to_owned()
    } else {
        format!("5 consecutive 5xx responses, Envoy's default, eject an endpoint, not {value}")
    };
    let help = match successor {
        Some((name, _)) => format!("{name}: {value}"),
        None => {
            "remove it, or write `consecutiveGatewayErrors` or `consecutive5xxErrors`".to_owned()
        }
    };
    (IGNORED, effect, help)
}

const IGNORED: &str = "Istio has ignored `consecutiveErrors` since 1.7: it changes nothing";

fn value(entry: Entry<'_>) -> Option<u32> {
    entry.value.resolved().text()?.parse().ok()
}

/// Whether few errors, once they count, eject many endpoints.
fn is_harsh(errors: Option<u32>, most: Option<i32>) -> bool {
    errors.is_some_and(|errors| errors < 3) && most.is_some_and(|percent| percent > 50)
}

/// What the field is called today. Istio counted gateway errors alone (`applyOutlierDetection` of
/// `pilot/pkg/networking/core/v1alpha3/cluster.go` in 1.4); above Envoy's default of 5 for all 5xx
/// responses, that threshold would never be the first to be met.
fn successor(entry: Entry<'_>) -> Successor {
    match value(entry)? {
        0 => None,
        1..=5 => Some(("consecutiveGatewayErrors", Applicability::Safe)),
        _ => Some(("consecutive5xxErrors", Applicability::Unsafe)),
    }
}
