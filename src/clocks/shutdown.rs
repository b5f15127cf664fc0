//! From the deletion of a pod to SIGKILL.

use std::time::Duration;

use super::{Clocks, annotation};
use crate::inventory::{Evidence, Traffic};
use crate::kube::{ContainerRef, LoadBalancer, Workload};
use crate::lifecycle::shutdown::{self, GraceBudget};
use crate::lifecycle::{Origin, Term};
use crate::yaml::Node;

/// The field of a pod's spec.
pub const GRACE_PERIOD: &str = "terminationGracePeriodSeconds";

/// A pod's grace period.
#[derive(Clone, Debug)]
pub struct Grace<'a> {
    /// How long it is.
    pub term: Term,
    /// [`GRACE_PERIOD`], where it is written.
    pub node: Option<Node<'a>>,
}

/// The budget of one container, with the container.
#[derive(Clone, Debug)]
pub struct PodBudget<'a> {
    /// Whose budget.
    pub container: ContainerRef<'a>,
    /// The sum.
    pub budget: GraceBudget<'a>,
    /// [`GRACE_PERIOD`], where it is written.
    pub grace_node: Option<Node<'a>>,
}

/// How long requests may still come after a pod is deleted.
#[derive(Clone, Debug)]
pub struct Removal<'a> {
    /// How long.
    pub delay: Duration,
    /// What asks for it; the configuration where nothing in view does.
    pub by: Option<(LoadBalancer, Evidence<'a>)>,
}

impl<'c> Clocks<'c> {
    /// The grace period; `None` where it is unknown, or where a kustomization sets it.
    pub fn grace<'a>(&self, workload: Workload<'a>) -> Option<Grace<'a>> {
        let template = workload.template();
        let field = template.spec_field(&[GRACE_PERIOD]);
        let (spec, node) = (template.spec()?, template.spec_node()?);
        let is_set = self
            .inventory
            .is_set_elsewhere(template.object(), node, GRACE_PERIOD);
        if field.is_unknown() || is_set {
            return None;
        }
        Some(Grace {
            term: shutdown::grace_period(spec.termination_grace_period_seconds),
            node: field.node(),
        })
    }

    /// The budgets of the main containers; none where the grace period is not known.
    pub fn budgets<'a>(&self, workload: Workload<'a>) -> Vec<PodBudget<'a>> {
        self.grace(workload)
            .map(|grace| self.budgets_within(workload, &grace))
            .unwrap_or_default()
    }

    /// The budgets of the main containers in a grace period.
    pub fn budgets_within<'a>(
        &self,
        workload: Workload<'a>,
        grace: &Grace<'a>,
    ) -> Vec<PodBudget<'a>> {
        let stated =
            |container| annotation(workload, container, shutdown::ANNOTATION).and_then(Node::text);
        let lifecycle = &self.settings.lifecycle;
        let traffic = self.inventory.serving(workload).traffic();
        workload
            .template()
            .main_containers()
            .filter(|container| !container.field(&["lifecycle", "preStop"]).is_unknown())
            .map(|container| {
                let grace_node = grace.node;
                let grace = grace.term.clone();
                let stated = stated(container);
                let mut budget = GraceBudget::of(container.data, grace, stated, lifecycle);
                if let (Origin::Assumed, Traffic::Bounded(value)) =
                    (&budget.shutdown.origin, traffic)
                {
                    let origin = Origin::Bounded;
                    budget.shutdown = Term { value, origin };
                }
                PodBudget {
                    container,
                    budget,
                    grace_node,
                }
            })
            .collect()
    }

    /// How long the endpoints of the workload's pods may take to be gone: as long as the slowest
    /// load balancer in view needs, but no less than the configuration asks for.
    pub fn removal(&self, workload: Workload<'c>) -> Removal<'c> {
        let least = self.settings.lifecycle.min_prestop;
        let slowest = self
            .inventory
            .load_balancers(workload)
            .into_iter()
            .reduce(|best, next| {
                if next.0.removal() > best.0.removal() {
                    next
                } else {
                    best
                }
            })
            .filter(|(load_balancer, _)| load_balancer.removal() >= least);
        Removal {
            delay: slowest
                .as_ref()
                .map_or(least, |(load_balancer, _)| load_balancer.removal()),
            by: slowest,
        }
    }
}

impl<'a> PodBudget<'a> {
    /// Of several budgets the one that needs most.
    pub fn largest(budgets: Vec<Self>) -> Option<Self> {
        let largest = GraceBudget::largest(budgets.iter().map(|pod| pod.budget.clone()))?;
        budgets.into_iter().find(|pod| pod.budget == largest)
    }

    /// The node of the preStop hook's duration, else of the hook.
    pub fn prestop_node(&self) -> Option<Node<'a>> {
        let hook = self.container.node.at(&["lifecycle", "preStop"])?;
        hook.at(&["sleep", "seconds"])
            .or_else(|| hook.at(&["exec", "command"]))
            .or(Some(hook))
    }
}
