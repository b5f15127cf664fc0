//! Which findings speak of which workload.

use std::collections::{BTreeMap, HashMap};

use super::Request;
use super::mesh::{MOST_SERVICES, Routes, rules_beside};
use crate::finding::Finding;
use crate::inventory::Inventory;
use crate::kube::{Body, Object, Workload};
use crate::source::{Location, SourceId, Span};

/// Findings by the object in which they stand.
pub(super) struct Related<'a> {
    by_object: HashMap<Location, Vec<&'a Finding>>,
}

impl<'a> Related<'a> {
    pub(super) fn of(request: Request<'a>) -> Self {
        let mut spans: BTreeMap<SourceId, Vec<Span>> = BTreeMap::new();
        for object in request.inventory.objects() {
            let Location { source, span } = place(object);
            spans.entry(source).or_default().push(span);
        }
        for spans in spans.values_mut() {
            spans.sort_unstable();
        }
        let mut by_object: HashMap<Location, Vec<&Finding>> = HashMap::new();
        for finding in request.findings {
            let Location { source, span } = finding.primary;
            let spans = spans.get(&source).map_or(&[][..], Vec::as_slice);
            let after = spans.partition_point(|object| object.start <= span.start);
            let home = spans.get(..after).and_then(|before| before.last());
            if let Some(home) = home.filter(|home| span.start <= home.end) {
                let home = Location {
                    source,
                    span: *home,
                };
                by_object.entry(home).or_default().push(finding);
            }
        }
        Self { by_object }
    }

    /// The findings in the workload, in its pod template, and in what is in view of its budgets,
    /// Services, traffic policies and namespace.
    pub(super) fn findings(
        &self,
        inventory: &Inventory,
        routes: &Routes<'_>,
        workload: Workload<'_>,
    ) -> Vec<&'a Finding> {
        let object = workload.object();
        let mut objects = vec![object];
        let template = workload.template().object();
        if !std::ptr::eq(template, object) {
            objects.push(template);
        }
        let mut services = Vec::new();
        for (service, relation) in inventory.services_of(workload) {
            if relation.is_near() {
                services.push(service);
            }
        }
        for service in services.iter().take(MOST_SERVICES) {
            let rules = rules_beside(inventory, service);
            objects.extend(rules.iter().filter_map(|it| inventory.numbered(*it)));
        }
        objects.extend(&services);
        let budgets = inventory.budgets_of(workload);
        objects.extend(
            budgets
                .filter(|(_, it)| it.is_near())
                .map(|(budget, _)| budget),
        );
        objects.extend(
            inventory
                .mtls_mode(workload, None)
                .map(|(policy, _)| policy),
        );
        objects.extend(routes.to(&services).map(|(service, _)| service));
        let own = inventory.namespace(object);
        let namespaces = inventory.objects().filter(|other| {
            matches!(other.body(), Body::Namespace(_)) && own == Some(other.name())
        });
        if !self.by_object.is_empty() {
            objects.extend(namespaces);
            objects.extend(inventory.mesh_configs_of(object).map(|(config, _)| config));
        }
        let mut places: Vec<Location> = objects.into_iter().map(place).collect();
        places.sort_unstable();
        places.dedup();
        let found = places.iter().filter_map(|place| self.by_object.get(place));
        found.flatten().copied().collect()
    }
}

fn place(object: &Object) -> Location {
    object.location(object.node())
}
