//! The production-readiness checklist of a workload, as plain data.

use super::Resource;
use crate::source::Location;

/// What a checklist asks of every workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChecklistItem {
    /// Stable public name, kebab-case; rules name the items they check by it.
    pub id: &'static str,
    /// The family.
    pub area: Area,
    /// What must hold, in a few words.
    pub title: &'static str,
}

/// The family of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// What the program itself does.
    Application,
    /// What the manifests of the workload say.
    Kubernetes,
    /// What a mesh does for it.
    Mesh,
    /// What is left after a failure.
    Recovery,
}

impl Area {
    /// The words of reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "Application",
            Self::Kubernetes => "Kubernetes",
            Self::Mesh => "Mesh",
            Self::Recovery => "Data integrity and recovery",
        }
    }
}

/// The checklist of one workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Checklist {
    /// The workload.
    pub resource: Resource,
    /// Its name.
    pub location: Location,
    /// One row for each item, in the order of the items.
    pub rows: Vec<ChecklistRow>,
}

/// What is known about one item.
#[derive(Clone, Debug, PartialEq)]
pub struct ChecklistRow {
    /// The item.
    pub item: ChecklistItem,
    /// Whether it holds.
    pub state: ItemState,
    /// What says so; never empty.
    pub because: Vec<Because>,
}

/// Whether an item holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemState {
    /// The manifests show it, or a person attests it.
    Passed,
    /// A rule speaks against it, or its attestation has expired.
    Failed,
    /// It says nothing about this workload.
    NotApplicable,
    /// No manifest can show it, or none in view does.
    NeedsPerson,
    /// A person has to say, and something in view speaks for it.
    Evidence,
}

impl ItemState {
    /// All states, in the order in which they are counted.
    pub const ALL: [Self; 5] = [
        Self::Passed,
        Self::Failed,
        Self::Evidence,
        Self::NeedsPerson,
        Self::NotApplicable,
    ];

    /// The lower-case words used in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotApplicable => "not applicable",
            Self::NeedsPerson => "needs a person",
            Self::Evidence => "evidence in view",
        }
    }

    /// Whether something is left to do.
    pub fn is_unmet(self) -> bool {
        matches!(self, Self::Failed | Self::NeedsPerson | Self::Evidence)
    }
}

/// A reason for a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Because {
    /// In words.
    pub text: String,
    /// The rule, where one speaks.
    pub rule: Option<&'static str>,
    /// The place, where there is one.
    pub location: Option<Location>,
}

impl Checklist {
    /// How many items are in a state.
    pub fn count(&self, state: ItemState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}
