//! What in view speaks for what only people know: alerts, scrapes, probes from outside, backups and
//! experiments that name the workload's namespace or its labels. It never passes an item: whether a
//! restore was tried, no manifest shows.

use std::collections::BTreeMap;

use super::because_at;
use crate::clocks::Clocks;
use crate::finding::Because;
use crate::inventory::Inventory;
use crate::kube::{Object, Workload};
use crate::yaml::Node;

/// What an object of a kind speaks for.
struct Kind {
    group: &'static str,
    /// Every kind of the group where there is none.
    kinds: &'static [&'static str],
    items: &'static [&'static str],
}

const KINDS: [Kind; 9] = [
    Kind {
        group: "monitoring.coreos.com",
        kinds: &["PrometheusRule"],
        items: &["rto-rpo-metrics"],
    },
    Kind {
        group: "monitoring.coreos.com",
        kinds: &["ServiceMonitor", "PodMonitor"],
        items: &["lifecycle-metrics"],
    },
    Kind {
        group: "monitoring.coreos.com",
        kinds: &["Probe"],
        items: &["synthetic-monitoring"],
    },
    Kind {
        group: "velero.io",
        kinds: &["Schedule", "Backup"],
        items: &["backup-and-restore"],
    },
    Kind {
        group: "chaos-mesh.org",
        kinds: &[],
        items: &["chaos-tests"],
    },
    Kind {
        group: "litmuschaos.io",
        kinds: &["ChaosEngine", "ChaosSchedule"],
        items: &["chaos-tests"],
    },
    Kind {
        group: "tests.testkube.io",
        kinds: &["Test", "TestSuite"],
        items: &["synthetic-monitoring"],
    },
    Kind {
        group: "testworkflows.testkube.io",
        kinds: &["TestWorkflow"],
        items: &["synthetic-monitoring"],
    },
    Kind {
        group: "k6.io",
        kinds: &["K6", "TestRun"],
        items: &["synthetic-monitoring"],
    },
];

/// The objects in view that speak for something.
pub(super) struct Witnesses<'a> {
    all: Vec<(&'a Object, &'static [&'static str])>,
}

impl<'a> Witnesses<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let all = inventory.objects().filter_map(|object| {
            let kind = KINDS.iter().find(|kind| {
                kind.group == object.group()
                    && (kind.kinds.is_empty() || kind.kinds.contains(&object.kind()))
            })?;
            Some((object, kind.items))
        });
        Self { all: all.collect() }
    }

    /// Those that speak for an item of a workload.
    pub(super) fn of_item(
        &self,
        clocks: Clocks<'_>,
        workload: Workload<'_>,
        item: &str,
    ) -> Vec<Because> {
        let mut named = None;
        let mut found = Vec::new();
        for (object, items) in &self.all {
            if !items.contains(&item) {
                continue;
            }
            let named = named.get_or_insert_with(|| Named::of(clocks, workload));
            if let Some((node, what)) = named.in_spec(clocks.inventory, object) {
                let text = format!("{} {} names {what}", object.kind(), object.name());
                found.push(because_at(text, object, node));
            }
        }
        found
    }
}

/// By what a workload is named.
struct Named {
    namespace: Option<String>,
    /// Of its pods, and of the Services that select them.
    labels: Vec<BTreeMap<String, String>>,
}

impl Named {
    fn of(clocks: Clocks<'_>, workload: Workload<'_>) -> Self {
        let inventory = clocks.inventory;
        let services = inventory.services_of(workload);
        let services = services.filter(|(_, relation)| relation.is_near());
        let of_service = services.filter_map(|(service, _)| {
            let entries = service.node().at(&["metadata", "labels"])?.entries();
            let text = |node: Node<'_>| Some(node.text()?.to_owned());
            entries
                .map(|entry| Some((text(entry.key)?, text(entry.value.resolved())?)))
                .collect()
        });
        let own = workload.template().labels().clone();
        Self {
            namespace: inventory.namespace(workload.object()).map(str::to_owned),
            labels: std::iter::once(own).chain(of_service).collect(),
        }
    }

    /// Where an object names the workload, and by what: by labels where it selects by labels, in this
    /// namespace or from another that it names; else by the namespace.
    fn in_spec<'o>(&self, inventory: &Inventory, object: &'o Object) -> Option<(Node<'o>, String)> {
        let (mut selects, mut by_labels, mut by_namespace) = (false, None, None);
        // What is written below a key, depth first, in the order of the file.
        let mut todo = vec![("", object.node().get("spec")?)];
        while let Some((key, node)) = todo.pop() {
            if let Some(wanted) = selector(key, node) {
                selects = true;
                by_labels = by_labels.or_else(|| Some((node, self.by_labels(&wanted)?)));
            }
            let text = node.text();
            by_namespace = by_namespace.or_else(|| Some((node, self.by_namespace(key, text?)?)));
            let items = node.items().map(|item| (key, item.resolved()));
            let entries = node.entries().map(|entry| {
                let key = entry.key.text().unwrap_or_default();
                (key, entry.value.resolved())
            });
            let mut below: Vec<_> = items.chain(entries).collect();
            below.reverse();
            todo.extend(below);
        }
        let own = inventory.namespace(object);
        let is_beside = own.is_some() && own == self.namespace.as_deref();
        if selects {
            by_labels.filter(|_| is_beside || by_namespace.is_some())
        } else {
            by_namespace
        }
    }

    /// The first of the labels that a selector asks for, where it selects the workload.
    fn by_labels(&self, wanted: &[(&str, &str)]) -> Option<String> {
        let fits = |labels: &BTreeMap<String, String>| {
            wanted
                .iter()
                .all(|(key, value)| labels.get(*key).is_some_and(|it| it == value))
        };
        let (key, value) = wanted.first()?;
        let is_selected = self.labels.iter().any(fits);
        is_selected.then(|| format!("its labels ({key}: {value})"))
    }

    /// A name of the namespace where namespaces are listed, in a query, or in the name of a host.
    fn by_namespace(&self, key: &str, text: &str) -> Option<String> {
        let namespace = self.namespace.as_deref()?;
        let lists =
            key.to_ascii_lowercase().contains("namespace") || matches!(key, "matchNames" | "appns");
        let is_named = text == namespace && lists
            || text == "*" && key == "includedNamespaces"
            || is_in_query(text, namespace)
            || text.contains(&format!(".{namespace}.svc"));
        is_named.then(|| format!("its namespace ({namespace})"))
    }
}

/// The labels that a selector asks for, where a value is one.
fn selector<'o>(key: &str, node: Node<'o>) -> Option<Vec<(&'o str, &'o str)>> {
    match key {
        "matchLabels" | "labelSelectors" => {
            let entries = node.entries();
            let wanted =
                entries.map(|entry| Some((entry.key.text()?, entry.value.resolved().text()?)));
            let wanted: Vec<_> = wanted.collect::<Option<_>>()?;
            (!wanted.is_empty()).then_some(wanted)
        }
        // LitmusChaos: `app=web,tier=front`.
        "applabel" => node
            .text()?
            .split(',')
            .map(|it| it.split_once('='))
            .collect(),
        _ => None,
    }
}

/// Whether a query selects a namespace: `namespace="shop"`, `namespace=~"shop|cart"`.
fn is_in_query(text: &str, namespace: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("namespace=") {
        let after = after.strip_prefix('~').unwrap_or(after);
        let quoted = after.strip_prefix(['"', '\'']).unwrap_or_default();
        let value = quoted.split(['"', '\'']).next().unwrap_or_default();
        if value.split('|').any(|name| name == namespace) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_in_query;

    #[test]
    fn queries_name_namespaces() {
        for (query, named) in [
            (r#"up{namespace="shop"} == 0"#, true),
            (r#"up{job="a",namespace=~"cart|shop"}"#, true),
            (r#"up{namespace="a"} or up{namespace="shop"}"#, true),
            (r#"up{namespace!="shop"}"#, false),
            (r#"up{namespace="shop-test"}"#, false),
            (r#"up{job="shop"}"#, false),
            ("namespace=", false),
        ] {
            assert_eq!(is_in_query(query, "shop"), named, "{query}");
        }
    }
}
