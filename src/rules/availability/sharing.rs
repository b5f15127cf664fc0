//! Workloads whose pods one budget would protect together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::labels;
use crate::inventory::Inventory;
use crate::kube::{Object, Workload};
use crate::rules::Context;
use crate::rules::text::FEW;
use crate::source::SourceId;

/// The other workloads that a workload's own selector selects, where they are certainly deployed
/// together: two files of a directory may be variants to choose from.
#[derive(Default)]
pub(super) struct Sharing<'a> {
    pub(super) total: usize,
    /// The first of them.
    pub(super) first: Vec<Workload<'a>>,
    /// Whether the budget of one of them covers the workload's pods, and is reported instead.
    pub(super) is_led: bool,
}

/// What one selector selects in one scope and namespace.
struct Group {
    total: usize,
    /// How many have the same kind and name, where that is more than one.
    repeated: HashMap<Title, usize>,
    /// The numbers of the first ones: so many that enough are left without those of any one name.
    first: Vec<u32>,
    leaders: Vec<Leaders>,
}

/// The first of those with one selector that lack a budget: two of different names, since none leads
/// another of its name.
struct Leaders {
    selector: BTreeMap<String, String>,
    numbers: Vec<u32>,
}

/// A kind and a name.
type Title = (String, String);

impl<'a> Sharing<'a> {
    pub(super) fn of(
        cx: &Context<'a>,
        workload: Workload<'a>,
        lacks_budget: impl Fn(Workload<'_>) -> bool,
    ) -> Self {
        let Some(own) = labels::selecting(workload) else {
            return Self::default();
        };
        let inventory = cx.inventory;
        let title = title(workload);
        let group = Group::of(inventory, workload, &own, lacks_budget);
        let numbered = |number: &u32| inventory.workload(inventory.numbered(*number)?);
        let others = group.first.iter().filter_map(numbered);
        let others = others.filter(|other| self::title(*other) != title);
        let first = others.take(FEW).collect();
        let of_title = group.repeated.get(&title).copied().unwrap_or(1);
        let total = group.total.saturating_sub(of_title);
        let template = workload.template().labels();
        let leads = |leader: &Workload<'_>| {
            self::title(*leader) != title && order(*leader) < order(workload)
        };
        let is_led = inventory.is_first_alike(workload)
            && group.leaders.iter().any(|leaders| {
                let mut selector = leaders.selector.iter();
                selector.all(|(key, value)| template.get(key) == Some(value))
                    && leaders
                        .numbers
                        .iter()
                        .filter_map(numbered)
                        .any(|it| leads(&it))
            });
        Self {
            total,
            first,
            is_led,
        }
    }
}

impl Group {
    fn of(
        inventory: &Inventory,
        workload: Workload<'_>,
        own: &BTreeMap<String, String>,
        lacks_budget: impl Fn(Workload<'_>) -> bool,
    ) -> Arc<Self> {
        let object = workload.object();
        let file = (!inventory.is_applied_as_one(object)).then(|| object.source());
        let key = format!("{own:?} {file:?}");
        inventory.shared(object, "workloads of one selector", key, || {
            let beside = inventory.workloads_labelled_beside(own, object);
            Self::among(
                beside.filter(|it| file.is_none_or(|file| it.object().source() == file)),
                lacks_budget,
            )
        })
    }

    fn among<'w>(
        workloads: impl Iterator<Item = Workload<'w>>,
        lacks_budget: impl Fn(Workload<'_>) -> bool,
    ) -> Self {
        let mut group = Self {
            total: 0,
            repeated: HashMap::new(),
            first: Vec::new(),
            leaders: Vec::new(),
        };
        let mut most = 0;
        let mut leaders: BTreeMap<BTreeMap<String, String>, Vec<Workload<'w>>> = BTreeMap::new();
        for workload in workloads {
            group.total += 1;
            let of_title = group.repeated.entry(title(workload)).or_default();
            *of_title += 1;
            if group.first.len() - most < FEW {
                most = most.max(*of_title);
                group.first.push(workload.object().number());
            }
            if lacks_budget(workload)
                && let Some(selector) = labels::selecting(workload)
            {
                leaders.entry(selector).or_default().push(workload);
            }
        }
        group.repeated.retain(|_, count| *count > 1);
        let leaders = leaders.into_iter().map(|(selector, mut workloads)| {
            workloads.sort_by_key(|it| order(*it));
            let first = workloads.first().copied();
            let mut others = workloads.iter().copied();
            let other = others.find(|it| first.is_some_and(|first| title(first) != title(*it)));
            let numbers = first.into_iter().chain(other);
            Leaders {
                selector,
                numbers: numbers.map(|it| it.object().number()).collect(),
            }
        });
        group.leaders = leaders.collect();
        group
    }
}

/// Whether two objects certainly reach the cluster together.
pub(super) fn is_applied_with(cx: &Context<'_>, object: &Object, other: &Object) -> bool {
    cx.inventory.same_scope(object, other)
        && (object.source() == other.source() || cx.inventory.is_applied_as_one(object))
}

fn title(workload: Workload<'_>) -> Title {
    let object = workload.object();
    (object.kind().to_owned(), object.name().to_owned())
}

/// Where a workload stands.
fn order(workload: Workload<'_>) -> (SourceId, u32) {
    let object = workload.object();
    let place = object.location(object.node());
    (place.source, place.span.start)
}
