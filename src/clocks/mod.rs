//! The clocks of a workload in view: the arithmetic of `lifecycle` on what the inventory holds, each
//! term with the node that states it. What rules say and what timelines draw comes from here, so
//! that their numbers are the same.

mod helpers;
mod origin;
mod recovery;
mod shutdown;
mod sidecar;
mod startup;

pub use helpers::{Injected, written};
pub use origin::{annotation, node_of};
pub use recovery::Recovery;
pub use shutdown::{GRACE_PERIOD, Grace, PodBudget, Removal, grace_field};
pub use sidecar::{Hold, drain};

use crate::inventory::Inventory;
use crate::kube::Workload;
use crate::settings::ObjectSettings;

/// Where clocks are read.
#[derive(Clone, Copy, Debug)]
pub struct Clocks<'a> {
    /// Every object of the run.
    pub inventory: &'a Inventory,
    /// What the configuration says of the workload.
    pub settings: &'a ObjectSettings,
}

impl<'a> Clocks<'a> {
    /// The clocks of a workload.
    pub fn of(inventory: &'a Inventory, workload: Workload<'_>) -> Self {
        Self {
            inventory,
            settings: inventory.settings(workload.object()),
        }
    }
}
