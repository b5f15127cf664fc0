//! From the deletion of a pod to SIGKILL.

use std::time::Duration;

use super::{Clocks, annotation};
use crate::inventory::{Evidence, Traffic};
use crate::kube::{ContainerRef, LoadBalancer, Workload, WorkloadKind};
use crate::lifecycle::shutdown::{self, GraceBudget};
use crate::lifecycle::{Origin, Term};
use crate::yaml::Node;

/// The field of a pod's spec.
pub const GRACE_PERIOD: &str = "terminationGracePeriodSeconds";
/// The field of a Knative revision's spec that becomes the grace period of its pods
/// (`pkg/reconciler/revision/resources/deploy.go`).
const KNATIVE_TIMEOUT: &str = "timeoutSeconds";
/// What it is by default (`pkg/apis/config/defaults.go` of Knative Serving).
const KNATIVE_DEFAULT: Duration = Duration::from_secs(300);

/// The field of the pod's spec that is the grace period.
pub fn grace_field(workload: Workload<'_>) -> &'static str {
    if workload.kind() == WorkloadKind::KnativeService {
        KNATIVE_TIMEOUT
    } else {
        GRACE_PERIOD
    }
}

/// A pod's grace period.
#[derive(Clone, Debug)]
pub struct Grace<'a> {
    /// How long it is.
    pub term: Term,
    /// [`grace_field`], where it is written.
    pub node: Option<Node<'a>>,
}

/// The budget of one container, with the container.
#[derive(Clone, Debug)]
pub struct PodBudget<'a> {
    /// Whose budget.
    pub container: ContainerRef<'a>,
    /// The sum.
    pub budget: GraceBudget<'a>,
    /// [`grace_field`], where it is written.
    pub grace_node: Option<Node<'a>>,
}

/// How long requests may still come after a pod is deleted.
#[derive(Clone, Debug)]
pub struct Removal<'a> {
    /// How long at least.
    pub delay: Duration,
    /// How long a preStop hook should wait for that.
    pub wait: Duration,
    /// What asks for it; the configuration where nothing in view does.
    pub by: Option<(LoadBalancer, Evidence<'a>)>,
}

impl<'c> Clocks<'c> {
    /// The grace period; `None` where it is unknown, or where a kustomization sets it.
    pub fn grace<'a>(&self, workload: Workload<'a>) -> Option<Grace<'a>> {
        let template = workload.template();
        let name = grace_field(workload);
        let field = template.spec_field(&[name]);
        let (spec, node) = (template.spec()?, template.spec_node()?);
        let is_set = self
            .inventory
            .is_always_set_elsewhere(template.object(), node, name);
        if field.is_unknown() || is_set {
            return None;
        }
        let node = field.node();
        let term = if workload.kind() == WorkloadKind::KnativeService {
            match node {
                Some(node) => shutdown::grace_period(Some(node.text()?.trim().parse().ok()?)),
                None => Term {
                    value: KNATIVE_DEFAULT,
                    origin: Origin::Default,
                },
            }
        } else {
            shutdown::grace_period(spec.termination_grace_period_seconds)
        };
        Some(Grace { term, node })
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
        let time = |of: fn(LoadBalancer) -> Duration| {
            let slowest = slowest.as_ref();
            slowest.map_or(least, |(load_balancer, _)| of(*load_balancer))
        };
        Removal {
            delay: time(LoadBalancer::removal),
            wait: time(LoadBalancer::wait),
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

    /// How long the container certainly goes on from the start of the termination: its hook, and the
    /// shutdown time where one is declared.
    pub fn certain(&self) -> Duration {
        let shutdown = &self.budget.shutdown;
        let declared = if shutdown.is_declared() {
            shutdown.value
        } else {
            Duration::ZERO
        };
        let sum = self.budget.prestop.lower_bound().saturating_add(declared);
        sum.min(self.budget.grace.value)
    }

    /// The node of the preStop hook's duration, else of the hook.
    pub fn prestop_node(&self) -> Option<Node<'a>> {
        let hook = self.container.node.at(&["lifecycle", "preStop"])?;
        hook.at(&["sleep", "seconds"])
            .or_else(|| hook.at(&["exec", "command"]))
            .or(Some(hook))
    }
}
