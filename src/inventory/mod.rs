//! Every object of a run, and what they are to each other.
//!
//! Objects of one scope are deployed together as far as files can tell; objects of different scopes
//! meet only to silence a rule about absence. So every relation says whether it stays in one scope.

mod alike;
mod beside;
mod claims;
mod duplicates;
mod fragments;
mod grpc;
mod hosts;
mod injection;
mod installers;
mod istio_release;
mod kustomize;
mod labelled;
mod load_balancer;
mod matching;
mod mesh;
mod mesh_view;
mod mtls;
mod names;
mod namespaces;
mod nearest;
mod operators;
mod overlaps;
mod owners;
mod ports;
mod programs;
mod provenance;
mod proxy;
mod purpose;
mod replicas;
mod routes;
mod scaling;
mod serialized;
mod serving;
mod set_elsewhere;
mod shared;
mod skaffold;
mod strangers;
mod takeover;
#[cfg(test)]
mod tests;
mod ways;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use k8s_openapi::api::core::v1::LimitRange;
use rayon::prelude::*;

pub use claims::{Claim, ClaimAccess};
pub use duplicates::{Repeated, Together};
pub use grpc::{GrpcPort, Handling, handling};
pub use hosts::{Host, Target};
pub use injection::NamespaceInjection;
pub use istio_release::OlderIstio;
pub use mesh::{Evidence, Membership, Mesh, ProxyKind};
pub use mtls::{Demand, ToldClients};
pub use nearest::{Nearness, Relation};
pub use ports::{application_port, is_management_name};
pub use programs::{
    elects_leader, extends_api, is_controller, is_data_store, is_led, is_load_generator,
    is_stand_in, keeps_data, only_generates_load, starts_at_once, waits_for_members,
};
pub use provenance::Unedited;
pub use proxy::{ProxySettings, Told, ToldBy, written_proxy};
pub use replicas::{ReplicaOrigin, Replicas};
pub use scaling::ScaleTarget;
pub use serving::{Serving, Traffic};
pub use strangers::Stranger;
pub use takeover::takes_port_of_node;

use crate::kube::{Body, BrokenDocument, DroppedText, Manifests, Object, Workload, read_source};
use crate::settings::{Applied, ObjectSettings, Settings};
use crate::source::{Location, Scope, SourceId, Sources};
use crate::yaml::{Node, Tree};
use matching::{Matches, may_share_namespace};
use namespaces::OpenNamespaces;

/// Identifies one object of an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(u32);

impl ObjectId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an object counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An object of its own.
    Whole,
    /// A kustomize patch, the content of a ConfigMap that kustomize makes, or plainly a part of an
    /// object: it is never judged.
    Patch,
    /// Another workload in view stands for it: the Argo Rollout that runs a Deployment's template, or
    /// the Deployment that owns a ReplicaSet.
    Replaced,
}

#[derive(Debug)]
struct Entry {
    object: Object,
    scope: Scope,
    view: nearest::View,
    namespace: Option<String>,
    repository: usize,
    standing: Standing,
    /// Whether it stands where patches stand: nothing that it leaves out is missing.
    among_patches: bool,
    settings: Arc<ObjectSettings>,
    /// Answers that many rules ask for.
    serving: OnceLock<serving::Answer>,
    scaled: OnceLock<Option<ObjectId>>,
    /// What suggests that a workload is in the mesh.
    hint: OnceLock<Option<ObjectId>>,
}

/// Every object of a run. Built once, then only read.
#[derive(Debug, Default)]
pub struct Inventory {
    entries: Vec<Entry>,
    /// Sorted by the name of the object.
    by_name: Vec<ObjectId>,
    names: names::Names,
    /// Of the workloads that are judged.
    workload_names: names::Names,
    broken: Vec<BrokenDocument>,
    dropped: Vec<DroppedText>,
    unreadable: Vec<BrokenDocument>,
    unrendered: Vec<Location>,
    set_elsewhere: set_elsewhere::SetElsewhere,
    strangers: Vec<Stranger>,
    claims: claims::ClaimIndex,
    builds: duplicates::Builds,
    spots: nearest::Spots,
    provenance: provenance::Provenance,
    namesakes: duplicates::Namesakes,
    matches: Matches,
    shared: shared::Answers<shared::Question>,
    service_profiles: OnceLock<serving::ServiceProfiles>,
    open: OpenNamespaces,
    routed: routes::Routes,
    /// Of each repository.
    mesh: HashMap<usize, mesh_view::MeshView>,
    hosts: hosts::HostIndex,
    load_balancers: load_balancer::LoadBalancers,
    built_images: skaffold::BuiltImages,
    limit_ranges: Vec<ObjectId>,
    custom_resources: operators::CustomResources,
    /// What no override changes.
    settings: Arc<ObjectSettings>,
}

impl Inventory {
    /// Reads all sources of a run, in parallel, and relates what they hold.
    pub fn read(sources: &Sources, settings: &Settings) -> Self {
        let listed: Vec<_> = sources.iter().collect();
        let manifests = listed
            .into_par_iter()
            .map(|source| {
                if source.is_ingredient() || source.is_aside() {
                    Manifests::default()
                } else {
                    read_source(source)
                }
            })
            .collect();
        Self::build(sources, manifests, settings)
    }

    fn build(sources: &Sources, manifests: Vec<Manifests>, settings: &Settings) -> Self {
        let mut inventory = Self {
            settings: Arc::new(settings.common.clone()),
            ..Self::default()
        };
        let others = inventory.take_in(sources, manifests, settings);
        inventory.by_name = (0_u32..)
            .map(ObjectId)
            .take(inventory.entries.len())
            .collect();
        let entries = &inventory.entries;
        let name = |id: &ObjectId| entries.get(id.index()).map(|entry| entry.object.name());
        inventory.by_name.sort_by_key(name);
        fragments::settle(&mut inventory, sources);
        kustomize::apply(&mut inventory, sources, &others);
        inventory.mark_replaced();
        let (spots, [names, workload_names]) = rayon::join(
            || nearest::Spots::of(&inventory, sources),
            || inventory.names(),
        );
        inventory.spots = spots;
        inventory.names = names;
        inventory.workload_names = workload_names;
        inventory.index(sources, &others);
        inventory
    }

    fn names(&self) -> [names::Names; 2] {
        let mut names = [names::Names::default(), names::Names::default()];
        let [all, workloads] = &mut names;
        for entry in &self.entries {
            all.add(&entry.object, entry.namespace.as_deref());
            let is_workload = matches!(entry.object.body(), Body::Workload(_));
            if is_workload && entry.standing == Standing::Whole {
                workloads.add(&entry.object, entry.namespace.as_deref());
            }
        }
        names
    }

    /// What no other index is made of, all at the same time.
    fn index(&mut self, sources: &Sources, others: &[(SourceId, Arc<Tree>)]) {
        let inventory = &*self;
        let (matches, (namesakes, (provenance, rest))) = rayon::join(
            || Matches::of(inventory),
            || {
                rayon::join(
                    || duplicates::Namesakes::of(inventory),
                    || {
                        rayon::join(
                            || provenance::Provenance::of(inventory, sources, others),
                            || {
                                (
                                    strangers::of(inventory, sources, others),
                                    OpenNamespaces::of(inventory, sources),
                                    claims::ClaimIndex::of(inventory),
                                    routes::Routes::of(inventory),
                                    mesh_view::MeshView::of_all(inventory),
                                    hosts::HostIndex::of(inventory),
                                    load_balancer::LoadBalancers::of(inventory),
                                    skaffold::BuiltImages::of(inventory),
                                    inventory.all(|it| matches!(it.body(), Body::LimitRange(_))),
                                    operators::CustomResources::of(inventory),
                                )
                            },
                        )
                    },
                )
            },
        );
        self.matches = matches;
        self.namesakes = namesakes;
        self.provenance = provenance;
        (
            self.strangers,
            self.open,
            self.claims,
            self.routed,
            self.mesh,
            self.hosts,
            self.load_balancers,
            self.built_images,
            self.limit_ranges,
            self.custom_resources,
        ) = rest;
    }

    /// Takes in what each source holds; gives back the documents that are no manifests.
    fn take_in(
        &mut self,
        sources: &Sources,
        manifests: Vec<Manifests>,
        settings: &Settings,
    ) -> Vec<(SourceId, Arc<Tree>)> {
        let mut others = Vec::new();
        for (source, manifests) in sources.iter().zip(manifests) {
            self.broken.extend(manifests.broken);
            self.dropped.extend(manifests.dropped);
            self.unreadable.extend(manifests.unreadable);
            self.unrendered.extend(manifests.unrendered);
            others.extend(manifests.others.into_iter().map(|tree| (source.id(), tree)));
            let common = &self.settings;
            let first = self.entries.len();
            let repository = sources.repository(source);
            let numbers = (first..).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            let objects = manifests.objects.into_iter().zip(numbers);
            self.entries.extend(objects.map(|(object, number)| Entry {
                settings: match settings.of(
                    written_in(sources, &object),
                    Some((object.kind(), object.name())),
                ) {
                    Applied::Common(_) => Arc::clone(common),
                    Applied::Own(own) => own,
                },
                standing: Standing::Whole,
                among_patches: false,
                namespace: object.namespace().map(str::to_owned),
                scope: source.scope().clone(),
                view: nearest::View::of(source),
                repository,
                object: object.numbered(number),
                serving: OnceLock::new(),
                scaled: OnceLock::new(),
                hint: OnceLock::new(),
            }));
        }
        others
    }

    /// The place of every manifest, patches included.
    pub fn places(&self) -> impl Iterator<Item = Location> {
        self.entries
            .iter()
            .map(|entry| entry.object.location(entry.object.node()))
    }

    /// All objects that are judged, in the order of the sources.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.entries
            .iter()
            .filter(|entry| entry.standing == Standing::Whole)
            .map(|entry| &entry.object)
    }

    /// All objects, judged or not, in the order of the sources.
    pub fn all_objects(&self) -> impl Iterator<Item = &Object> {
        self.entries.iter().map(|entry| &entry.object)
    }

    /// All objects of this name, judged or not, in the order of the sources.
    pub fn objects_named<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a Object> + use<'a, 'n> {
        let is_before = |id: &ObjectId| self.get(*id).is_some_and(|it| it.object.name() < name);
        let first = self.by_name.partition_point(is_before);
        let from_there = self.by_name.get(first..).unwrap_or_default();
        from_there
            .iter()
            .map_while(move |id| self.get(*id))
            .map(|entry| &entry.object)
            .take_while(move |object| object.name() == name)
    }

    /// All workloads that are judged, in the order of the sources.
    pub fn workloads(&self) -> impl Iterator<Item = Workload<'_>> {
        self.objects().filter_map(|object| self.workload(object))
    }

    /// The workload that an object declares. A Rollout with `workloadRef` has the template of the
    /// Deployment it names.
    pub fn workload<'a>(&'a self, object: &'a Object) -> Option<Workload<'a>> {
        let workload = Workload::of(object)?;
        let Some(referenced) = self.referenced_workload(object) else {
            return Some(workload);
        };
        Some(workload.with_template_of(Workload::of(referenced)?))
    }

    /// The LimitRanges of the object's namespace: deployed with it, or where both name the namespace.
    pub fn limit_ranges<'a>(
        &'a self,
        object: &'a Object,
    ) -> impl Iterator<Item = &'a LimitRange> + use<'a> {
        let of = self.id(object);
        self.limit_ranges
            .iter()
            .filter(move |range| {
                let relation = of.and_then(|of| self.relate(**range, of, true));
                relation.is_some_and(|it| it.is_near() || it.same_named_namespace)
            })
            .filter_map(|id| self.get(*id))
            .filter(|range| self.same_namespace(&range.object, object))
            .filter_map(|range| match range.object.body() {
                Body::LimitRange(range) => Some(&**range),
                _ => None,
            })
    }

    /// Documents that cannot be read before another program fills in their `{{…}}`.
    pub fn unrendered(&self) -> &[Location] {
        &self.unrendered
    }

    /// Documents that are not manifests.
    pub fn strangers(&self) -> &[Stranger] {
        &self.strangers
    }

    /// Documents that cannot be read and do not look like manifests.
    pub fn unreadable(&self) -> &[BrokenDocument] {
        &self.unreadable
    }

    /// Documents that the Kubernetes decoder refuses.
    pub fn broken(&self) -> &[BrokenDocument] {
        &self.broken
    }

    /// Text that the Kubernetes decoder drops without a word.
    pub fn dropped(&self) -> &[DroppedText] {
        &self.dropped
    }

    /// The namespace an object is deployed to, where the files say: a kustomization's, else its own.
    pub fn namespace(&self, object: &Object) -> Option<&str> {
        self.entry(object)?.namespace.as_deref()
    }

    /// What the configuration says of an object.
    pub fn settings(&self, object: &Object) -> &ObjectSettings {
        self.entry(object)
            .map_or(&self.settings, |entry| &entry.settings)
    }

    /// Whether no override changes what the configuration says of an object.
    pub fn has_common_settings(&self, object: &Object) -> bool {
        std::ptr::eq(self.settings(object), &raw const *self.settings)
    }

    /// What an object counts for.
    pub fn standing(&self, object: &Object) -> Standing {
        self.entry(object)
            .map_or(Standing::Whole, |entry| entry.standing)
    }

    /// Whether two objects may be in one namespace: equal, or either side leaves it out.
    pub fn same_namespace(&self, one: &Object, other: &Object) -> bool {
        match (self.namespace(one), self.namespace(other)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }

    /// Whether more may be deployed to the object's namespace than is in view, so that nothing can
    /// be called absent there.
    pub fn is_open(&self, object: &Object) -> bool {
        self.entry(object)
            .is_some_and(|entry| self.open.holds(entry.namespace.as_deref(), &entry.scope))
    }

    /// Whether a kustomization in view sets this field of the object: below `node`, the field
    /// `field`; an empty `field` asks for the node itself. What objects are to one another depends on
    /// where they are deployed together, so that any kustomization counts.
    pub fn is_set_elsewhere(&self, object: &Object, node: Node<'_>, field: &str) -> bool {
        let id = self.id(object);
        id.is_some_and(|id| self.set_elsewhere.holds(id, || path_of(node, field)))
    }

    /// As [`is_set_elsewhere`](Self::is_set_elsewhere), of what is judged by itself: whether the field is
    /// set on every way by which the object is deployed. Where one leaves it as it is, it is as bad as it
    /// stands, whoever else sets it.
    pub fn is_always_set_elsewhere(&self, object: &Object, node: Node<'_>, field: &str) -> bool {
        let id = self.id(object);
        id.is_some_and(|id| self.set_elsewhere.holds_always(id, || path_of(node, field)))
    }

    /// Whether kustomizations in view set anything in the object but labels and selectors.
    pub fn has_fields_set_elsewhere(&self, object: &Object) -> bool {
        let id = self.id(object);
        id.is_some_and(|id| self.set_elsewhere.holds_any(id))
    }

    /// Whether all that is deployed of an object and beside it is in view: nothing else may be
    /// deployed to its namespace, and on some way to a cluster no kustomization in view sets a part of
    /// it. Rules fall silent where that is not so.
    pub fn is_seen_whole(&self, object: &Object) -> bool {
        let id = self.id(object);
        !self.is_open(object) && !id.is_some_and(|id| self.set_elsewhere.holds_any_always(id))
    }

    /// Whether an object stands where patches stand, such as beside a kustomization that does not
    /// deploy its file: what it leaves out may be given by another object.
    pub fn is_among_patches(&self, object: &Object) -> bool {
        self.entry(object).is_some_and(|entry| entry.among_patches)
    }

    /// Whether an object of this kind and name that may be in the namespace of `beside` is in view,
    /// if only as a patch.
    pub fn is_in_view(&self, kind: &str, name: &str, beside: &Object) -> bool {
        let namespace = self.namespace(beside);
        self.names.holds(kind, name, namespace)
    }

    /// As [`is_in_view`](Self::is_in_view), as a workload that is judged.
    pub fn is_workload_in_view(&self, kind: &str, name: &str, beside: &Object) -> bool {
        let namespace = self.namespace(beside);
        self.workload_names.holds(kind, name, namespace)
    }

    /// The long-running workloads that are deployed to the object's namespace together with it.
    pub fn workloads_beside<'a>(
        &'a self,
        object: &'a Object,
    ) -> impl Iterator<Item = Workload<'a>> + use<'a> {
        self.workloads()
            .filter(|workload| workload.is_long_running())
            .filter(|workload| {
                self.same_scope(workload.object(), object)
                    && self.same_namespace(workload.object(), object)
            })
    }

    /// The Deployment (or other workload) that a Rollout's `workloadRef` names.
    fn referenced_workload(&self, rollout: &Object) -> Option<&Object> {
        if rollout.kind() != "Rollout" {
            return None;
        }
        let reference = rollout.node().at(&["spec", "workloadRef"])?;
        let kind = reference.get("kind")?.as_str()?;
        let name = reference.get("name")?.as_str()?;
        self.objects_named(name)
            .filter(|object| self.standing(object) != Standing::Patch)
            .find(|object| {
                object.kind() == kind
                    && self.same_namespace(object, rollout)
                    && self.same_scope(object, rollout)
            })
    }

    /// Workloads that another workload in view made, as in what `kubectl get all` prints.
    fn owned_workloads(&self) -> impl Iterator<Item = &Object> {
        let owners: HashMap<(&str, &str), Vec<&Object>> = self
            .objects()
            .filter(|object| matches!(object.body(), Body::Workload(_)))
            .fold(HashMap::new(), |mut owners, object| {
                let key = (object.kind(), object.name());
                owners.entry(key).or_default().push(object);
                owners
            });
        self.objects().filter(move |object| {
            let Some(owner) = Workload::of(object).and_then(Workload::controller) else {
                return false;
            };
            owners.get(&owner).is_some_and(|owners| {
                owners.iter().any(|owner| {
                    self.same_scope(owner, object) && self.same_namespace(owner, object)
                })
            })
        })
    }

    fn mark_replaced(&mut self) {
        let replaced: Vec<ObjectId> = self
            .objects()
            .filter_map(|object| self.referenced_workload(object))
            .chain(self.owned_workloads())
            .filter_map(|object| self.id(object))
            .collect();
        for id in replaced {
            if let Some(entry) = self.entries.get_mut(id.index()) {
                entry.standing = Standing::Replaced;
            }
        }
    }

    fn id(&self, object: &Object) -> Option<ObjectId> {
        let id = ObjectId(object.number());
        let own: &Object = &self.get(id)?.object;
        std::ptr::eq(own, object).then_some(id)
    }

    fn entry(&self, object: &Object) -> Option<&Entry> {
        self.entries.get(self.id(object)?.index())
    }

    fn get(&self, id: ObjectId) -> Option<&Entry> {
        self.entries.get(id.index())
    }

    /// All objects that are judged and are so.
    fn all(&self, is_so: impl Fn(&Object) -> bool) -> Vec<ObjectId> {
        let found = self.whole().filter(|(_, entry)| is_so(&entry.object));
        found.map(|(id, _)| id).collect()
    }

    /// Entries that are judged, with their identity.
    fn whole(&self) -> impl Iterator<Item = (ObjectId, &Entry)> {
        (0_u32..)
            .map(ObjectId)
            .zip(&self.entries)
            .filter(|(_, entry)| entry.standing == Standing::Whole)
    }
}

/// The path of a field below a node, or of the node itself.
fn path_of(node: Node<'_>, field: &str) -> String {
    let path = node.path();
    match (path.is_empty(), field.is_empty()) {
        (true, _) => field.to_owned(),
        (_, true) => path,
        _ => format!("{path}.{field}"),
    }
}

/// The path of the file that an object is written in.
fn written_in<'s>(sources: &'s Sources, object: &Object) -> &'s str {
    let place = sources.place(object.location(object.node()));
    sources.get(place.source).path()
}
