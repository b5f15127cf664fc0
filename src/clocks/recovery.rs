//! From the loss of a pod to one that is ready, against the objective for it.

use std::time::Duration;

use super::origin::value;
use super::{Clocks, annotation};
use crate::kube::{ContainerRef, Object, Workload};
use crate::lifecycle::Term;
use crate::lifecycle::probes::Timing;
use crate::lifecycle::startup::{ReadyAfter, earliest_ready};
use crate::units::{parse_lenient_duration, show_seconds};
use crate::yaml::Node;

/// The annotation that gives the recovery time objective of a workload.
const RTO: &str = "lameduck.dev/rto";

/// How long a container of a new pod takes to be ready, and how long it may take.
#[derive(Clone, Debug)]
pub struct Recovery<'a> {
    /// Whose time.
    pub container: ContainerRef<'a>,
    /// The recovery time objective.
    pub target: Duration,
    /// The annotation that gives it; the configuration has no place here.
    pub node: Option<Node<'a>>,
    /// The object of the annotation.
    pub object: &'a Object,
    /// The start-up time that somebody declares.
    pub declared: Option<Term>,
    /// From the start of the container to ready, at the earliest.
    pub earliest: Duration,
    /// What decides that.
    pub after: ReadyAfter,
    /// The latest time at which its startup probe still accepts it; `None` where nothing bounds it.
    pub latest: Option<Duration>,
}

impl Recovery<'_> {
    /// The longest start that the manifest speaks of: the declared one, else what the startup probe
    /// accepts.
    pub fn longest(&self) -> Option<Duration> {
        match self.declared {
            Some(_) => Some(self.earliest),
            None => self.latest.map(|latest| latest.max(self.earliest)),
        }
    }

    /// Whether even the fastest start misses the objective.
    pub fn is_missed(&self) -> bool {
        self.earliest > self.target
    }

    /// Whether a start that the probes accept may miss it.
    pub fn may_be_missed(&self) -> bool {
        self.longest().is_some_and(|longest| longest > self.target)
    }
}

/// `recovery time objective 60s: container app is ready after 20s at the earliest, 50s at the latest; …`
impl std::fmt::Display for Recovery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "recovery time objective {}: container `{}` is ready after {} at the earliest",
            show_seconds(self.target),
            self.container.name(),
            show_seconds(self.earliest),
        )?;
        match (&self.declared, self.longest()) {
            (Some(term), _) => write!(
                f,
                " ({} to start, {})",
                show_seconds(term.value),
                term.origin
            )?,
            (None, Some(longest)) => write!(f, ", {} at the latest", show_seconds(longest))?,
            (None, None) => f.write_str(", without a limit on its start")?,
        }
        f.write_str("; scheduling and image pulls come on top")
    }
}

impl Clocks<'_> {
    /// The main containers of a workload that has a recovery time objective, by their order in the
    /// pod, which is ready when all of them are.
    pub fn recoveries<'a>(&self, workload: Workload<'a>) -> Vec<Recovery<'a>> {
        let containers = workload.template().main_containers();
        containers
            .filter_map(|container| self.recovery(workload, container))
            .collect()
    }

    fn recovery<'a>(
        &self,
        workload: Workload<'a>,
        container: ContainerRef<'a>,
    ) -> Option<Recovery<'a>> {
        let node = annotation(workload, container, RTO);
        let read = node.and_then(Node::text).and_then(parse_lenient_duration);
        let (target, node) = match read {
            Some(target) => (target, node),
            None => (self.settings.lifecycle.rto?, None),
        };
        let template = workload.template();
        let object = if value(template, container, RTO).is_some() {
            template.object()
        } else {
            workload.object()
        };
        let declared = self.declared_start(workload, container);
        let is_known = |field: &str| {
            let object = container.object();
            !container.field(&[field]).is_unknown()
                && !self
                    .inventory
                    .is_always_set_elsewhere(object, container.node, field)
        };
        let startup = container.data.startup_probe.as_ref();
        let startup = startup.filter(|_| is_known("startupProbe")).map(Timing::of);
        let readiness = container.data.readiness_probe.as_ref();
        let successes = readiness.and_then(|it| it.success_threshold);
        let successes = successes.and_then(|it| u32::try_from(it).ok()).unwrap_or(1);
        let readiness = readiness.filter(|_| is_known("readinessProbe"));
        let readiness = readiness.map(Timing::of);
        let (earliest, after) = earliest_ready(
            declared.as_ref().map(|term| term.value),
            startup.as_ref(),
            readiness.as_ref().map(|timing| (timing, successes)),
        );
        Some(Recovery {
            container,
            target,
            node,
            object,
            declared,
            earliest,
            after,
            latest: startup.as_ref().map(Timing::startup_budget),
        })
    }
}
