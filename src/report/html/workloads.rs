//! Workloads as the page shows them: their findings, timelines and checklists.

use std::collections::HashMap;

use super::findings::{FindingView, GroupView};
use super::overview::class;
use super::prose::Prose;
use crate::finding::{Checklist, Clock, ItemState, Outcome, Resource, Timeline};
use crate::report::checklist::{areas, counts, place, reason};
use crate::report::sanitize;
use crate::report::timeline::{clocks, inline_svg, label, origin, when, word};
use crate::source::{Location, Sources};

/// More workloads than this start folded up.
const UNFOLDED: usize = 3;

/// Beside more workloads than this, the checklist of each names what is the same for most of them in one line
/// an area: a thousand tables of all items are most of a page, and browsers take seconds for them.
const WHOLE_CHECKLISTS: usize = 50;

/// A workload, or another object with findings, and all that the page knows of it.
pub(super) struct WorkloadView {
    pub(super) name: String,
    pub(super) place: String,
    /// What is in it, in words.
    pub(super) counts: String,
    pub(super) open: bool,
    pub(super) findings: Vec<FindingLink>,
    pub(super) clocks: Vec<ClockView>,
    pub(super) areas: Vec<AreaView>,
    /// Items of the checklist that are only named.
    pub(super) named: Vec<NamedView>,
}

/// Where a finding of a workload stands on the page.
pub(super) struct FindingLink {
    pub(super) id: usize,
    pub(super) severity: &'static str,
    pub(super) rule: &'static str,
    pub(super) message: Prose,
}

pub(super) struct ClockView {
    pub(super) name: &'static str,
    pub(super) svg: String,
    /// A class and a sentence.
    pub(super) verdicts: Vec<(&'static str, Prose)>,
    pub(super) rows: Vec<BarView>,
}

pub(super) struct BarView {
    pub(super) what: String,
    pub(super) when: String,
    pub(super) origins: Vec<Prose>,
}

/// Every workload with a timeline or a checklist, in the order of the outcome. Workloads of the same name, as
/// overlays have them, are told apart by their places.
pub(super) fn workloads(
    outcome: &Outcome,
    groups: &[GroupView<'_>],
    sources: &Sources,
) -> Result<Vec<WorkloadView>, askama::Error> {
    let mut views: Vec<WorkloadView> = Vec::new();
    let mut known: HashMap<(String, Location), usize> = HashMap::new();
    let mut enter = |resource: &Resource, location: Location, views: &mut Vec<WorkloadView>| {
        let name = sanitize(&resource.to_string()).into_owned();
        let at = *known.entry((name.clone(), location)).or_insert(views.len());
        if at == views.len() {
            views.push(WorkloadView::new(name, place(location, sources)));
        }
        at
    };
    let is_short = has_short_checklists(outcome);
    for checklist in &outcome.checklists {
        let at = enter(&checklist.resource, checklist.location, &mut views);
        if let Some(view) = views.get_mut(at) {
            view.counts = counts(checklist);
            if is_short {
                view.named = named_views(checklist);
            }
            view.areas = area_views(checklist, sources, is_short);
        }
    }
    for timeline in &outcome.timelines {
        let at = enter(&timeline.resource, timeline.location, &mut views);
        if let Some(view) = views.get_mut(at) {
            view.clocks = clock_views(timeline, &view.name, sources)?;
        }
    }
    link(&mut views, groups);
    let open = views.len() <= UNFOLDED;
    for view in &mut views {
        view.open = open;
    }
    Ok(views)
}

/// Whether so many checklists only name what is the same for most of them.
pub(super) fn has_short_checklists(outcome: &Outcome) -> bool {
    outcome.checklists.len() > WHOLE_CHECKLISTS
}

/// Names the findings of each workload. One that several objects of the same name may have is named with each.
fn link(views: &mut [WorkloadView], groups: &[GroupView<'_>]) {
    let mut by_name: HashMap<&str, Vec<(&GroupView<'_>, &FindingView<'_>)>> = HashMap::new();
    for group in groups {
        for finding in &group.findings {
            let own = by_name.entry(&finding.object).or_default();
            own.push((group, finding));
        }
    }
    for view in views {
        let own = by_name.get(view.name.as_str()).into_iter().flatten();
        view.findings = own
            .map(|(group, finding)| FindingLink {
                id: finding.id,
                severity: group.severity,
                rule: group.rule,
                message: finding.message.clone(),
            })
            .collect();
    }
}

impl WorkloadView {
    fn new(name: String, place: String) -> Self {
        Self {
            name,
            place,
            counts: String::new(),
            open: false,
            findings: Vec::new(),
            clocks: Vec::new(),
            areas: Vec::new(),
            named: Vec::new(),
        }
    }
}

/// The workloads of a page of checklists alone.
pub(super) fn checklists(lists: &[Checklist], sources: &Sources) -> Vec<WorkloadView> {
    let open = lists.len() <= UNFOLDED;
    let views = lists.iter().map(|list| {
        let name = sanitize(&list.resource.to_string()).into_owned();
        WorkloadView {
            counts: counts(list),
            areas: area_views(list, sources, false),
            open,
            ..WorkloadView::new(name, place(list.location, sources))
        }
    });
    views.collect()
}

fn clock_views(
    timeline: &Timeline,
    workload: &str,
    sources: &Sources,
) -> Result<Vec<ClockView>, askama::Error> {
    clocks(timeline)
        .into_iter()
        .filter(|(.., clock)| !clock.bars.is_empty())
        .map(|(name, since, clock)| {
            let svg = inline_svg(clock, workload, name, since)?;
            Ok(ClockView::new(name, svg, clock, sources))
        })
        .collect()
}

impl ClockView {
    fn new(name: &'static str, svg: String, clock: &Clock, sources: &Sources) -> Self {
        let verdicts = clock.verdicts.iter().map(|verdict| {
            let text = format!("{}: {}", word(verdict.fit), sanitize(&verdict.text));
            (verdict.fit.as_str(), Prose::new(&text))
        });
        let rows = clock.bars.iter().map(|bar| BarView {
            what: label(bar),
            when: when(bar.extent),
            origins: bar
                .stated
                .iter()
                .map(|it| Prose::new(&origin(it, sources)))
                .collect(),
        });
        Self {
            name,
            svg,
            verdicts: verdicts.collect(),
            rows: rows.collect(),
        }
    }
}

pub(super) struct AreaView {
    pub(super) name: &'static str,
    pub(super) rows: Vec<ItemView>,
}

/// Items of one state that are only named.
pub(super) struct NamedView {
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) ids: String,
}

pub(super) struct ItemView {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) because: Vec<Prose>,
}

/// What a person has to say, and what does not apply: most of each checklist, and alike in most of them.
fn is_named(state: ItemState) -> bool {
    matches!(state, ItemState::NeedsPerson | ItemState::NotApplicable)
}

fn named_views(list: &Checklist) -> Vec<NamedView> {
    let rows = || areas(list).flat_map(|(_, rows)| rows);
    let mut states: Vec<ItemState> = rows()
        .map(|row| row.state)
        .filter(|it| is_named(*it))
        .collect();
    states.sort_unstable();
    states.dedup();
    let views = states.into_iter().map(|state| {
        let ids: Vec<&str> = rows()
            .filter(|row| row.state == state)
            .map(|row| row.item.id)
            .collect();
        NamedView {
            state: state.as_str(),
            class: class(state),
            ids: ids.join(", "),
        }
    });
    views.collect()
}

/// A checklist by area; in short without what is only named.
fn area_views(list: &Checklist, sources: &Sources, is_short: bool) -> Vec<AreaView> {
    let views = areas(list).map(|(area, rows)| AreaView {
        name: area.as_str(),
        rows: rows
            .filter(|row| !is_short || !is_named(row.state))
            .map(|row| ItemView {
                id: row.item.id,
                title: row.item.title,
                state: row.state.as_str(),
                class: class(row.state),
                because: row
                    .because
                    .iter()
                    .map(|it| Prose::new(&reason(it, sources)))
                    .collect(),
            })
            .collect(),
    });
    views.filter(|area| !area.rows.is_empty()).collect()
}
