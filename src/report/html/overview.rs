//! What a reader sees first: which rules speak, which workloads are worst, and what is missing where.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::findings::object_of;
use crate::finding::{Applicability, Checklist, Finding, ItemState, Outcome, Severity};
use crate::report::checklist::{areas, mark, place};
use crate::report::sanitize;
use crate::report::text::cut_start;
use crate::source::Sources;

/// How many workloads the table of the worst names.
const WORST: usize = 10;

/// How many workloads the matrix shows.
const MATRIX: usize = 25;

/// How much of a place the matrix shows, in columns.
const PLACE: usize = 44;

/// How often each severity occurs, the most severe first.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Counts {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) notes: usize,
}

impl Counts {
    fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
    }
}

/// The open findings by object.
pub(super) fn by_object(outcome: &Outcome) -> BTreeMap<String, Counts> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for finding in outcome.open() {
        if let Some(object) = object_of(finding) {
            counts.entry(object).or_default().add(finding.severity);
        }
    }
    counts
}

/// A row of the table of rules.
pub(super) struct RuleRow {
    pub(super) severity: &'static str,
    pub(super) rule: &'static str,
    pub(super) count: usize,
    pub(super) objects: usize,
    pub(super) fixable: String,
}

/// The open findings by severity and rule: the most severe first, then the most frequent.
pub(super) fn rules(outcome: &Outcome) -> Vec<RuleRow> {
    let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in outcome.open() {
        let key = (Reverse(finding.severity), finding.rule);
        groups.entry(key).or_default().push(finding);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|((severity, _), findings)| (*severity, Reverse(findings.len())));
    let groups = groups.into_iter();
    groups
        .map(|((Reverse(severity), rule), findings)| RuleRow {
            severity: severity.as_str(),
            rule,
            count: findings.len(),
            objects: findings
                .iter()
                .filter_map(|it| object_of(it))
                .collect::<BTreeSet<_>>()
                .len(),
            fixable: fixable(&findings),
        })
        .collect()
}

fn fixable(findings: &[&Finding]) -> String {
    let count = |wanted| {
        let fixes = findings.iter().filter_map(|it| it.fix.as_ref());
        fixes.filter(|fix| fix.applicability == wanted).count()
    };
    match (count(Applicability::Safe), count(Applicability::Unsafe)) {
        (0, 0) => String::new(),
        (safe, 0) => safe.to_string(),
        (0, other) => format!("{other} unsafe"),
        (safe, other) => format!("{safe} + {other} unsafe"),
    }
}

/// A row of the table of the worst.
pub(super) struct WorstRow {
    pub(super) object: String,
    /// The number of its part of the page, where it has one.
    pub(super) anchor: Option<usize>,
    pub(super) counts: Counts,
}

/// The objects with the most severe findings, then with the most; notes alone make none of them. Gives how many
/// others have errors or warnings, too.
pub(super) fn worst(
    counts: &BTreeMap<String, Counts>,
    anchors: &BTreeMap<String, usize>,
) -> (Vec<WorstRow>, usize) {
    let mut rows: Vec<_> = counts
        .iter()
        .filter(|(_, counts)| counts.errors + counts.warnings > 0)
        .collect();
    rows.sort_by_key(|(_, counts)| Reverse(**counts));
    let rest = rows.len().saturating_sub(WORST);
    let rows = rows.into_iter().take(WORST);
    let rows = rows.map(|(object, counts)| WorstRow {
        object: object.clone(),
        anchor: anchors.get(object).copied(),
        counts: *counts,
    });
    (rows.collect(), rest)
}

/// Workloads by items of the checklist.
#[derive(Default)]
pub(super) struct Matrix {
    pub(super) areas: Vec<(&'static str, usize)>,
    /// The ids and titles of the items.
    pub(super) items: Vec<(&'static str, &'static str)>,
    pub(super) rows: Vec<MatrixRow>,
    /// How many workloads are left out, those that fail least.
    pub(super) rest: usize,
}

pub(super) struct MatrixRow {
    pub(super) workload: String,
    /// Empty where the name is enough.
    pub(super) place: String,
    /// The number of its part of the page: the workloads with checklists come first there.
    pub(super) anchor: usize,
    pub(super) cells: Vec<Cell>,
}

/// A state as a mark, a word and a class.
pub(super) struct Cell {
    pub(super) mark: char,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    /// Whether the next area starts here.
    pub(super) starts: bool,
}

/// The states in the order of the legend.
pub(super) fn legend() -> Vec<Cell> {
    let states = ItemState::ALL.into_iter();
    states.map(|state| Cell::new(state, false)).collect()
}

impl Cell {
    fn new(state: ItemState, starts: bool) -> Self {
        Self {
            mark: mark(state, true).0,
            word: state.as_str(),
            class: class(state),
            starts,
        }
    }
}

/// The class of the style sheet.
pub(super) fn class(state: ItemState) -> &'static str {
    match state {
        ItemState::Passed => "passed",
        ItemState::Failed => "failed",
        ItemState::NeedsPerson | ItemState::Evidence => "needs-person",
        ItemState::NotApplicable => "not-applicable",
    }
}

impl Matrix {
    /// The workloads that fail most first.
    pub(super) fn new(checklists: &[Checklist], sources: &Sources) -> Self {
        let Some(first) = checklists.first() else {
            return Self::default();
        };
        let mut names: HashMap<String, usize> = HashMap::new();
        for list in checklists {
            *names.entry(list.resource.to_string()).or_default() += 1;
        }
        let mut order: Vec<(usize, &Checklist)> = checklists.iter().enumerate().collect();
        order.sort_by_key(|(_, list)| Reverse(list.count(ItemState::Failed)));
        let rows = order.into_iter().take(MATRIX).map(|(anchor, list)| {
            let name = list.resource.to_string();
            let is_shared = names.get(&name).is_some_and(|count| *count > 1);
            MatrixRow {
                workload: sanitize(&name).into_owned(),
                place: if is_shared {
                    cut_start(&place(list.location, sources), PLACE, true).into_owned()
                } else {
                    String::new()
                },
                anchor,
                cells: areas(list).flat_map(|(_, rows)| cells(rows)).collect(),
            }
        });
        Self {
            areas: areas(first)
                .map(|(area, rows)| (area.as_str(), rows.count()))
                .filter(|(_, items)| *items > 0)
                .collect(),
            items: areas(first)
                .flat_map(|(_, rows)| rows.map(|row| (row.item.id, row.item.title)))
                .collect(),
            rows: rows.collect(),
            rest: checklists.len().saturating_sub(MATRIX),
        }
    }
}

fn cells<'a>(
    rows: impl Iterator<Item = &'a crate::finding::ChecklistRow>,
) -> impl Iterator<Item = Cell> {
    rows.enumerate()
        .map(|(index, row)| Cell::new(row.state, index == 0))
}
