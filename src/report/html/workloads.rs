//! Timelines and checklists as the page shows them.

use crate::finding::{Checklist, Clock, ItemState, Timeline};
use crate::report::checklist::{areas, counts, place, reason};
use crate::report::sanitize;
use crate::report::timeline::{clocks, inline_svg, label, origin, when, word};
use crate::source::Sources;

pub(super) struct TimelineView {
    pub(super) workload: String,
    pub(super) place: String,
    pub(super) open: bool,
    pub(super) clocks: Vec<ClockView>,
}

pub(super) struct ClockView {
    pub(super) name: &'static str,
    pub(super) svg: String,
    /// A class and a sentence.
    pub(super) verdicts: Vec<(&'static str, String)>,
    pub(super) rows: Vec<BarView>,
}

pub(super) struct BarView {
    pub(super) what: String,
    pub(super) when: String,
    pub(super) origins: Vec<String>,
}

impl TimelineView {
    pub(super) fn new(
        timeline: &Timeline,
        sources: &Sources,
        open: bool,
    ) -> Result<Self, askama::Error> {
        let workload = sanitize(&timeline.resource.to_string()).into_owned();
        let clocks = clocks(timeline)
            .into_iter()
            .filter(|(.., clock)| !clock.bars.is_empty())
            .map(|(name, since, clock)| {
                let svg = inline_svg(clock, &workload, name, since)?;
                Ok(ClockView::new(name, svg, clock, sources))
            })
            .collect::<Result<Vec<_>, askama::Error>>()?;
        Ok(Self {
            place: place(timeline.location, sources),
            open,
            clocks,
            workload,
        })
    }
}

impl ClockView {
    fn new(name: &'static str, svg: String, clock: &Clock, sources: &Sources) -> Self {
        let verdicts = clock.verdicts.iter().map(|verdict| {
            let text = format!("{}: {}", word(verdict.fit), sanitize(&verdict.text));
            (verdict.fit.as_str(), text)
        });
        let rows = clock.bars.iter().map(|bar| BarView {
            what: label(bar),
            when: when(bar.extent),
            origins: bar.stated.iter().map(|it| origin(it, sources)).collect(),
        });
        Self {
            name,
            svg,
            verdicts: verdicts.collect(),
            rows: rows.collect(),
        }
    }
}

pub(super) struct ChecklistView {
    pub(super) workload: String,
    pub(super) place: String,
    pub(super) counts: String,
    pub(super) open: bool,
    pub(super) areas: Vec<AreaView>,
}

pub(super) struct AreaView {
    pub(super) name: &'static str,
    pub(super) rows: Vec<ItemView>,
}

pub(super) struct ItemView {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) because: Vec<String>,
}

impl ChecklistView {
    pub(super) fn all(checklists: &[Checklist], sources: &Sources, open: bool) -> Vec<Self> {
        let lists = checklists.iter();
        lists.map(|list| Self::new(list, sources, open)).collect()
    }

    fn new(list: &Checklist, sources: &Sources, open: bool) -> Self {
        Self {
            workload: sanitize(&list.resource.to_string()).into_owned(),
            place: place(list.location, sources),
            counts: counts(list),
            open,
            areas: areas(list)
                .map(|(area, rows)| AreaView {
                    name: area.as_str(),
                    rows: rows
                        .map(|row| ItemView {
                            id: row.item.id,
                            title: row.item.title,
                            state: row.state.as_str(),
                            class: match row.state {
                                ItemState::Passed => "passed",
                                ItemState::Failed => "failed",
                                ItemState::NeedsPerson | ItemState::Evidence => "needs-person",
                                ItemState::NotApplicable => "not-applicable",
                            },
                            because: row.because.iter().map(|it| reason(it, sources)).collect(),
                        })
                        .collect(),
                })
                .collect(),
        }
    }
}
