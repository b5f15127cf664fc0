//! `ineffective-envoy-filter`

use super::policy::items;
use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{Object, is_placeholder};
use crate::rules::text::{and, or};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "ineffective-envoy-filter",
    category: Category::Mesh,
    severity: Severity::Warning,
    pedantic: false,
    summary: "A patch of an EnvoyFilter that Istio never applies",
    page: include_str!("../../../rules/mesh/ineffective-envoy-filter.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct IneffectiveEnvoyFilter;

impl Rule for IneffectiveEnvoyFilter {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_object(&self, _: &Context<'_>, object: &Object, out: &mut Findings) {
        if object.kind() != "EnvoyFilter" || object.group() != "networking.istio.io" {
            return;
        }
        let Some(spec) = object.node().get("spec") else {
            return;
        };
        for node in items(spec, "configPatches") {
            let Some(patch) = Patch::of(node) else {
                continue;
            };
            let report = patch
                .refused(object)
                .or_else(|| patch.ignored(object))
                .or_else(|| patch.without_match(object))
                .or_else(|| patch.of_another_filter(object));
            if let Some(report) = report {
                out.push(report);
            }
        }
    }
}

const MERGES: &[&str] = &["MERGE", "MERGE_AND_REPLACE_LIST"];
const INSERTS: &[&str] = &["INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST"];

/// What Istio applies to each kind of object, in lists (pilot/pkg/networking/core/envoyfilter:
/// `cluster_patch.go`, `listener_patch.go`, `rc_patch.go`, `extension_configuration_patch.go`).
const APPLIED: &[(&str, &[&[&str]])] = &[
    ("CLUSTER", &[MERGES, &["ADD", "REMOVE"]]),
    ("LISTENER", &[MERGES, &["ADD", "REMOVE"]]),
    ("FILTER_CHAIN", &[MERGES, &["ADD", "REMOVE"]]),
    (
        "LISTENER_FILTER",
        &[&["MERGE", "ADD", "REMOVE", "REPLACE"], INSERTS],
    ),
    (
        "NETWORK_FILTER",
        &[&["MERGE", "ADD", "REMOVE", "REPLACE"], INSERTS],
    ),
    (
        "HTTP_FILTER",
        &[&["MERGE", "ADD", "REMOVE", "REPLACE"], INSERTS],
    ),
    ("ROUTE_CONFIGURATION", &[MERGES]),
    ("VIRTUAL_HOST", &[MERGES, &["ADD", "REMOVE", "REPLACE"]]),
    ("HTTP_ROUTE", &[MERGES, &["ADD", "REMOVE"], INSERTS]),
    ("EXTENSION_CONFIG", &[&["ADD"]]),
];

/// Every operation that there is.
const OPERATIONS: &[&str] = &[
    "MERGE",
    "ADD",
    "REMOVE",
    "INSERT_BEFORE",
    "INSERT_AFTER",
    "INSERT_FIRST",
    "REPLACE",
    "MERGE_AND_REPLACE_LIST",
];

/// The filter whose HTTP filters an `HTTP_FILTER` patches (`wellknown.HTTPConnectionManager`), and its old name.
const MANAGERS: [&str; 2] = [
    "envoy.filters.network.http_connection_manager",
    "envoy.http_connection_manager",
];

struct Patch<'a> {
    applies_to: &'a str,
    operation: &'a str,
    operation_node: Node<'a>,
    matches: Option<Node<'a>>,
}

impl<'a> Patch<'a> {
    fn of(node: Node<'a>) -> Option<Self> {
        let operation_node = node.at(&["patch", "operation"])?;
        let matches = node.get("match").filter(|it| it.is_mapping());
        let context = matches.and_then(|it| it.get("context")?.text());
        let operation = operation_node.text().filter(|it| OPERATIONS.contains(it))?;
        // Waypoints have rules of their own, and what a program fills in may say so.
        let is_waypoint = context.is_some_and(|it| it == "WAYPOINT" || is_placeholder(it));
        (!is_waypoint).then_some(Self {
            applies_to: node.get("applyTo")?.text()?,
            operation,
            operation_node,
            matches,
        })
    }

    fn matched(&self, path: &[&str]) -> Option<Node<'a>> {
        self.matches?.at(path)
    }

    /// A match on objects of another class, which Istio's webhook refuses (`validateEnvoyFilter` in
    /// pkg/config/validation/envoyfilter).
    fn refused<'o>(&self, object: &'o Object) -> Option<Report<'o>> {
        let wanted = match self.applies_to {
            "LISTENER" | "FILTER_CHAIN" | "NETWORK_FILTER" | "HTTP_FILTER" => "listener",
            "ROUTE_CONFIGURATION" | "VIRTUAL_HOST" | "HTTP_ROUTE" => "routeConfiguration",
            "CLUSTER" => "cluster",
            _ => return None,
        };
        let classes = ["listener", "routeConfiguration", "cluster"];
        let (class, entry) = classes.iter().find_map(|class| {
            let entry = self.matches?.entry(class)?;
            (*class != wanted && !entry.value.is_null()).then_some((*class, entry))
        })?;
        let message = format!(
            "`applyTo: {}` cannot match on `{class}`: Istio refuses the EnvoyFilter",
            self.applies_to
        );
        let report = Report::object(object, entry.key, message).severity(Severity::Error);
        Some(report.help(format!("match on `{wanted}`, or leave the match out")))
    }

    /// An operation that Istio does not know for such objects.
    fn ignored<'o>(&self, object: &'o Object) -> Option<Report<'o>> {
        let (_, applied) = APPLIED.iter().find(|(name, _)| *name == self.applies_to)?;
        if applied.iter().any(|list| list.contains(&self.operation)) {
            return None;
        }
        let known: Vec<&str> = applied.concat();
        let (operation, applies_to) = (self.operation, self.applies_to);
        let message =
            format!("Istio ignores `{operation}` for {applies_to}: the patch does nothing");
        let help = format!("{applies_to} takes {}", or(&quoted(&known)));
        Some(Report::object(object, self.operation_node, message).help(help))
    }

    /// An operation on what is there, which does not say on what.
    fn without_match<'o>(&self, object: &'o Object) -> Option<Report<'o>> {
        if !matches!(self.operation, "REPLACE" | "REMOVE") {
            return None;
        }
        let path: &[&str] = match self.applies_to {
            "HTTP_FILTER" => &["listener", "filterChain", "filter", "subFilter"],
            "NETWORK_FILTER" => &["listener", "filterChain", "filter"],
            "LISTENER_FILTER" => &["listener", "listenerFilter"],
            _ => return None,
        };
        if self.matched(path).is_some() {
            return None;
        }
        let message = format!(
            "`{}` names no filter to match: Istio never applies the patch",
            self.operation
        );
        let path = path.join(".");
        let help = match self.applies_to {
            "LISTENER_FILTER" => format!("write the filter's name under `match.{path}`"),
            _ => format!("write the filter's name under `match.{path}.name`"),
        };
        Some(Report::object(object, self.operation_node, message).help(help))
    }

    /// HTTP filters of a filter that has none.
    fn of_another_filter<'o>(&self, object: &'o Object) -> Option<Report<'o>> {
        let name = self.matched(&["listener", "filterChain", "filter", "name"])?;
        let text = name.text().filter(|it| !is_placeholder(it))?;
        if self.applies_to != "HTTP_FILTER" || MANAGERS.contains(&text) {
            return None;
        }
        let message = format!("filter `{text}` has no HTTP filters: the patch is never applied");
        let help = format!("only {} has HTTP filters", and(&quoted(&MANAGERS[..1])));
        Some(Report::object(object, name, message).help(help))
    }
}

fn quoted(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| format!("`{word}`")).collect()
}
