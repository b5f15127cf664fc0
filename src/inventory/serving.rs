//! Which workloads take requests, and through which containers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::matching::{Asking, Related, pod_selector};
use super::owners::{Containers, Owner, PortTarget};
use super::ports::{self, is_management_name};
use super::programs::is_controller;
use super::{Evidence, Inventory, ObjectId, Relation};
use crate::kube::{Body, ContainerRef, Object, Workload, WorkloadKind};
use crate::yaml::{Node, NodeId};

/// Whether a workload's pods take requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Traffic {
    /// Nothing in view leads to them.
    #[default]
    No,
    /// They declare a port, and no Service of anybody is in view.
    Likely,
    /// Only the API server calls them, and waits no longer than this.
    Bounded(Duration),
    /// A Service, a route or the author leads requests to them.
    Yes,
}

/// Whether and through what a workload takes requests.
#[derive(Debug)]
pub struct Serving<'a> {
    inventory: &'a Inventory,
    workload: Workload<'a>,
    answer: Option<&'a Answer>,
}

/// What [`Serving`] says, worked out once for each workload.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Whether Services of each profile bring requests.
    profiles: Vec<bool>,
    owners: HashSet<NodeId>,
    traffic: Traffic,
    basis: Basis,
}

/// What an answer rests on.
#[derive(Debug, Default)]
enum Basis {
    /// The Services that bring requests, if any.
    #[default]
    Services,
    /// The workload itself: a Knative Service.
    Itself,
    /// Flagger's Canary.
    Canary(ObjectId),
    /// Ports of containers that are also owners, each with its container.
    Ports(Vec<(NodeId, NodeId)>),
}

/// The Services that select some pods, told apart by what they do for these.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    all: Vec<Arc<Profile>>,
    /// The place of each Service's, sorted.
    of: Vec<(ObjectId, usize)>,
}

/// Of every Service, equal ones shared.
pub(super) type ServiceProfiles = HashMap<ObjectId, Arc<Profile>>;

/// What Services that bring requests in the same way have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    /// For how many seconds their requests last, where only the API server sends them.
    bound: Option<u64>,
    /// Whether it only resolves to the pods' addresses, so that nothing comes of a port that nobody opens.
    is_headless: bool,
    /// Where the ports lead through which requests come, each once.
    serving: Vec<PortTarget>,
}

impl<'a> Serving<'a> {
    /// Whether the workload's pods take requests.
    pub fn traffic(&self) -> Traffic {
        self.answer.map_or(Traffic::No, |answer| answer.traffic)
    }

    /// Whether the workload's pods certainly take requests.
    pub fn is_serving(&self) -> bool {
        matches!(self.traffic(), Traffic::Yes | Traffic::Bounded(_))
    }

    /// Whether the workload's pods take requests, or are likely to.
    pub fn may_serve(&self) -> bool {
        self.traffic() != Traffic::No
    }

    /// `takes requests`, or `may take requests` where nothing leads to the pods.
    pub fn takes_requests(&self) -> &'static str {
        match self.traffic() {
            Traffic::Likely => "may take requests",
            _ => "takes requests",
        }
    }

    /// What says so: the nearest Service and a route to it, or the port; of this container, where it is
    /// named and has one.
    pub fn evidence(&self, container: Option<&str>) -> Vec<Evidence<'a>> {
        let Some(answer) = self.answer.filter(|_| self.may_serve()) else {
            return Vec::new();
        };
        match &answer.basis {
            Basis::Services => {
                let service = self.services().next().map(|(service, _)| service);
                let route = service.and_then(|service| self.inventory.route_to(service));
                let service = service.map(|object| Evidence {
                    object,
                    node: object.name_node(),
                    message: match answer.traffic {
                        Traffic::Bounded(_) => {
                            "the API server calls the pods through this Service".to_owned()
                        }
                        Traffic::Likely => "requests may come through this Service".to_owned(),
                        _ => "requests come through this Service".to_owned(),
                    },
                });
                service.into_iter().chain(route).collect()
            }
            Basis::Itself => {
                let object = self.workload.object();
                let message = "a Knative Service takes requests".to_owned();
                let node = object.node().get("kind").unwrap_or(object.name_node());
                vec![Evidence {
                    object,
                    node,
                    message,
                }]
            }
            Basis::Canary(id) => {
                let canary = self.inventory.get(*id).map(|entry| Evidence {
                    object: &entry.object,
                    node: entry.object.name_node(),
                    message: "Flagger makes Services that lead to the pods".to_owned(),
                });
                canary.into_iter().collect()
            }
            Basis::Ports(ports) => self
                .port_evidence(ports, answer.traffic, container)
                .into_iter()
                .collect(),
        }
    }

    /// The port of this container that says so, else the first of any.
    fn port_evidence(
        &self,
        ports: &[(NodeId, NodeId)],
        traffic: Traffic,
        container: Option<&str>,
    ) -> Option<Evidence<'a>> {
        let object = self.workload.template().object();
        let owner = |id: NodeId| object.node_of(id).get("name").and_then(Node::text);
        let own = ports.iter().find(|(id, _)| owner(*id) == container);
        let (id, port) = own.or(ports.first())?;
        let node = object.node_of(*port);
        let port = ["name", "containerPort"]
            .into_iter()
            .find_map(|key| node.get(key)?.text())
            .unwrap_or_default();
        let message = match traffic {
            Traffic::Likely => {
                format!("declares port {port}, and no Service is in view next to it")
            }
            _ => format!(
                "port {port} is for clients: `{}` has a readiness probe",
                owner(*id).unwrap_or_default()
            ),
        };
        Some(Evidence {
            object,
            node,
            message,
        })
    }

    /// The Services that bring requests; none when the workload serves by its declared ports alone.
    pub fn services(&self) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let answer = self.answer.into_iter();
        let (inventory, workload) = (self.inventory, self.workload);
        answer.flat_map(move |answer| inventory.bringing(workload, answer))
    }

    /// Whether a Service is one of those that bring requests.
    pub fn is_through(&self, service: &Object) -> bool {
        let selecting = self.inventory.selecting(self.workload);
        let profiles = selecting.and_then(|it| it.profiles.get());
        let profile = self.inventory.profile_of(profiles, service);
        profile.is_some_and(|it| self.answer.is_some_and(|answer| answer.accepts(it)))
    }

    /// Whether a container owns a port through which requests come.
    pub fn is_served_by(&self, container: ContainerRef<'_>) -> bool {
        let owners = self.answer.map(|answer| &answer.owners);
        owners.is_some_and(|owners| owners.contains(&container.node.id()))
    }

    /// Whether any container is known to own a served port.
    pub fn has_owner(&self) -> bool {
        self.answer.is_some_and(|answer| !answer.owners.is_empty())
    }
}

impl Answer {
    fn accepts(&self, profile: usize) -> bool {
        self.profiles.get(profile) == Some(&true)
    }
}

fn is_management_port(port: &ServicePort) -> bool {
    let target = match &port.target_port {
        Some(IntOrString::String(name)) => Some(name.as_str()),
        _ => None,
    };
    port.name.as_deref().is_some_and(is_management_name) || target.is_some_and(is_management_name)
}

/// The ports of a Service that bring requests.
fn serving_ports<'a>(object: &Object, service: &'a Service) -> Vec<&'a ServicePort> {
    const SUFFIXES: [&str; 4] = [
        "-metrics",
        "-metrics-service",
        "-monitor",
        "-monitor-service",
    ];
    let named_for_metrics = ports::is_exporter(object.name())
        || SUFFIXES
            .iter()
            .any(|suffix| object.name().ends_with(suffix));
    let ports = service.spec.as_ref().and_then(|spec| spec.ports.as_deref());
    ports
        .unwrap_or_default()
        .iter()
        .filter(|port| !named_for_metrics && !is_management_port(port))
        .collect()
}

impl Inventory {
    /// Whether a workload takes requests: a Service, a route or Flagger's Canary that is deployed with
    /// it leads to its pods, or, where nothing that is deployed with it selects any pods, its ports say
    /// so. By its ports alone neither a DaemonSet nor a bare Pod serves.
    pub fn serving<'a>(&'a self, workload: Workload<'a>) -> Serving<'a> {
        let entry = self.entry(workload.object());
        let entry = entry.filter(|_| workload.is_long_running());
        Serving {
            inventory: self,
            workload,
            answer: entry.map(|it| it.serving.get_or_init(|| self.ask_where_it_runs(workload))),
        }
    }

    /// What is off where it is written, and switched on elsewhere, may run nowhere.
    fn ask_where_it_runs(&self, workload: Workload<'_>) -> Answer {
        let mut answer = self.ask(workload);
        if answer.traffic != Traffic::No && workload.replicas() == Some(0) {
            answer.traffic = Traffic::Likely;
        }
        answer
    }

    fn ask(&self, workload: Workload<'_>) -> Answer {
        let containers = Containers::of(workload);
        if containers.only_wait {
            return Answer::default();
        }
        let selecting = self.selecting(workload);
        let profiles = selecting.map(|selecting| {
            let services = &selecting.services;
            let profiles = &selecting.profiles;
            profiles.get_or_init(|| self.profiles(services, workload))
        });
        let profiles = profiles.map_or(&[][..], |profiles| profiles.all.as_slice());
        let mut answer = Answer::default();
        let mut bound = Some(0);
        for profile in profiles {
            let is_open =
                |target: &PortTarget| !profile.is_headless || containers.is_known_open(target);
            let is_sure = profile.serving.iter().any(is_open);
            let mut owners = profile
                .serving
                .iter()
                .map(|target| containers.owner(target))
                .filter(|owner| !matches!(owner, Owner::Nobody))
                .peekable();
            let brings_requests = owners.peek().is_some();
            answer.profiles.push(brings_requests);
            if brings_requests {
                bound = bound.zip(profile.bound).map(|(one, other)| one.max(other));
                if is_sure {
                    answer.traffic = Traffic::Yes;
                } else if answer.traffic == Traffic::No {
                    answer.traffic = Traffic::Likely;
                }
            }
            answer.owners.extend(owners.filter_map(|owner| match owner {
                Owner::Container(container) => Some(container.node.id()),
                Owner::Unknown | Owner::Nobody => None,
            }));
        }
        // What selects all workloads like this one may lead to copies of it only.
        if answer.traffic != Traffic::No && self.bringing(workload, &answer).next().is_some() {
            if let Some(seconds) = bound.filter(|_| answer.traffic == Traffic::Yes) {
                answer.traffic = Traffic::Bounded(Duration::from_secs(seconds));
            }
            return answer;
        }
        if let Some(canary) = self.canary_of(workload) {
            return Answer {
                traffic: Traffic::Yes,
                owners: containers.declaring().map(|(id, _)| id).collect(),
                basis: Basis::Canary(canary),
                ..Answer::default()
            };
        }
        by_ports(
            workload,
            &containers,
            self.has_selecting_beside(workload.object()),
        )
    }

    /// The Services that bring a workload requests, the nearest first.
    fn bringing<'a>(
        &'a self,
        workload: Workload<'a>,
        answer: &'a Answer,
    ) -> impl Iterator<Item = (&'a Object, Relation)> + use<'a> {
        let has_any = answer.profiles.contains(&true);
        let selecting = self.selecting(workload).filter(|_| has_any);
        let services = selecting.map_or(&[][..], |it| &it.services);
        let profiles = selecting.and_then(|it| it.profiles.get());
        self.nearest_first(services, workload.object(), Asking::Target)
            .filter(move |(service, _)| {
                let profile = self.profile_of(profiles, service);
                profile.is_some_and(|it| answer.accepts(it))
            })
    }

    /// The Services that select a workload, and all that are like it for selectors, by what they do.
    fn profiles(&self, services: &[Related], workload: Workload<'_>) -> Profiles {
        // A label that only a kustomization sets may silence a rule; it brings no requests.
        let selects_written_labels = |object: &Object| {
            pod_selector(object)
                .is_some_and(|it| it.matches(workload.template().labels()).possible())
        };
        let of_services = self.service_profiles.get_or_init(|| self.all_profiles());
        let mut profiles = Profiles::default();
        let mut known: HashMap<*const Profile, usize> = HashMap::new();
        for (id, relation) in services {
            // Labels such as `app: web` meet by chance between one part of a repository and another, and
            // what selects pods beside it is for those.
            let is_for_others = || {
                let service = self.get(*id);
                service.is_some_and(|it| self.selects_beside(&it.object))
            };
            let belongs = relation.is_near()
                || relation.same_named_namespace && relation.certain && !is_for_others();
            if !belongs {
                continue;
            }
            let Some(profile) = of_services.get(id) else {
                continue;
            };
            let is_ours = relation.certain
                || relation.is_near()
                    && self
                        .get(*id)
                        .is_some_and(|it| selects_written_labels(&it.object));
            if !is_ours {
                continue;
            }
            let next = profiles.all.len();
            let at = *known.entry(Arc::as_ptr(profile)).or_insert(next);
            if at == next {
                profiles.all.push(Arc::clone(profile));
            }
            profiles.of.push((*id, at));
        }
        profiles.of.sort_unstable_by_key(|(id, _)| *id);
        profiles
    }

    /// What each Service does, whomever it selects.
    fn all_profiles(&self) -> ServiceProfiles {
        let mut equal: HashSet<Arc<Profile>> = HashSet::new();
        let mut profiles = ServiceProfiles::new();
        for (id, entry) in self.whole() {
            let object = &entry.object;
            let Body::Service(service) = object.body() else {
                continue;
            };
            let serving = serving_ports(object, service).into_iter();
            let mut serving: Vec<PortTarget> = serving.map(PortTarget::of).collect();
            if serving.is_empty() && self.is_routed(object) {
                let spec = service.spec.as_ref();
                let all = spec.and_then(|spec| spec.ports.as_deref());
                serving.extend(all.into_iter().flatten().map(PortTarget::of));
            }
            let mut seen = HashSet::new();
            serving.retain(|target| seen.insert(target.clone()));
            let profile = Arc::new(Profile {
                bound: self.bound_of(object),
                is_headless: service
                    .spec
                    .as_ref()
                    .and_then(|spec| spec.cluster_ip.as_deref())
                    == Some("None"),
                serving,
            });
            let shared = equal.get(&profile).cloned().unwrap_or_else(|| {
                equal.insert(Arc::clone(&profile));
                profile
            });
            profiles.insert(id, shared);
        }
        profiles
    }

    fn profile_of(&self, profiles: Option<&Profiles>, service: &Object) -> Option<usize> {
        let of = &profiles?.of;
        let id = self.id(service)?;
        let at = of.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        of.get(at).map(|(_, profile)| *profile)
    }
}

fn by_ports(workload: Workload<'_>, containers: &Containers<'_>, has_services: bool) -> Answer {
    match workload.kind() {
        // A Knative Service is its own Service.
        WorkloadKind::KnativeService => {
            let mut owners: HashSet<NodeId> = containers.declaring().map(|(id, _)| id).collect();
            if owners.is_empty() {
                owners.extend(containers.only_main.map(|container| container.node.id()));
            }
            return Answer {
                owners,
                traffic: Traffic::Yes,
                basis: Basis::Itself,
                ..Answer::default()
            };
        }
        WorkloadKind::DaemonSet | WorkloadKind::Pod => return Answer::default(),
        _ if has_services => return Answer::default(),
        _ => {}
    }
    // A controller's port is for its metrics and its health, whatever it is called, and Prometheus asks
    // every declared port where it is told of none.
    let is_controller = is_controller(workload);
    let told = |key: &str| workload.template().annotation(key).and_then(Node::text);
    let is_scraped =
        told("prometheus.io/scrape") == Some("true") && told("prometheus.io/port").is_none();
    let sure: Vec<_> = containers
        .declaring()
        .filter(|(_, port)| port.expects_clients() && !is_controller && !is_scraped)
        .collect();
    let (traffic, found) = if sure.is_empty() {
        let likely = containers
            .declaring()
            .filter(|(_, port)| !(port.is_for_probes() || is_controller && port.is_probed()));
        (Traffic::Likely, likely.collect())
    } else {
        (Traffic::Yes, sure)
    };
    if found.is_empty() {
        return Answer::default();
    }
    Answer {
        basis: Basis::Ports(
            found
                .iter()
                .map(|(id, port)| (*id, port.node.id()))
                .collect(),
        ),
        owners: found.iter().map(|(id, _)| *id).collect(),
        traffic,
        ..Answer::default()
    }
}
