//! Hosts as Istio resolves them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::{Inventory, ObjectId, Relation};
use crate::kube::istio::DestinationRule;
use crate::kube::{Body, Object, Workload, WorkloadKind, is_placeholder};
use crate::yaml::Node;

/// The host of a DestinationRule or of a route's destination.
#[derive(Clone, Copy, Debug)]
pub struct Host<'a> {
    text: &'a str,
    namespace: Option<&'a str>,
}

/// What the text of a host says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named<'a> {
    /// `*` and what follows it.
    Wildcard(&'a str),
    /// A Service; without a namespace it may be in any.
    Service(&'a str, Option<&'a str>),
    /// A Service of a cluster with another domain: as a rule another cluster.
    Foreign(&'a str),
    /// `name.namespace` or `name.namespace.svc`, which Istio does not complete: it means no Service.
    Unfinished(&'a str, &'a str),
    /// A name outside the cluster.
    Other(&'a str),
}

impl<'a> Host<'a> {
    /// A host as written in an object of this namespace.
    pub fn new(text: &'a str, namespace: Option<&'a str>) -> Self {
        Self { text, namespace }
    }

    /// Whether the host may stand for the Service `name` of `namespace`. A short name is looked up
    /// in the namespace of the object that holds it; a namespace that a file leaves out may be any.
    pub fn may_be(self, name: &str, namespace: Option<&str>) -> bool {
        match self.named() {
            Named::Wildcard(suffix) => wildcard_covers(suffix, name, namespace),
            Named::Service(own, of) => own == name && may_equal(of, namespace),
            // The domain of this cluster may be another than Kubernetes' default.
            Named::Foreign(host) => {
                let mut labels = host.split('.');
                labels.next() == Some(name) && may_equal(labels.next(), namespace)
            }
            Named::Unfinished(..) | Named::Other(_) => false,
        }
    }

    /// Whether this host, a DestinationRule's or a ServiceEntry's, may be for what `other` names.
    pub fn covers(self, other: Host<'_>) -> bool {
        match (self.named(), other.named()) {
            (_, Named::Service(name, namespace)) if self.may_be(name, namespace) => true,
            (Named::Service(..), Named::Service(..)) => false,
            (Named::Wildcard(suffix), _) => other.text.ends_with(suffix),
            _ => self.text.trim_end_matches('.') == other.text.trim_end_matches('.'),
        }
    }

    pub(super) fn is_wildcard(self) -> bool {
        matches!(self.named(), Named::Wildcard(_))
    }

    /// Whether the host means Services of the cluster.
    pub(super) fn is_in_cluster(self) -> bool {
        match self.named() {
            Named::Service(..) => true,
            Named::Wildcard(suffix) => wildcard_covers(suffix, "", None),
            Named::Foreign(_) | Named::Unfinished(..) | Named::Other(_) => false,
        }
    }

    /// Whether the host means Services of this namespace for certain, all of them or one.
    pub(super) fn is_of(self, namespace: &str) -> bool {
        match self.named() {
            Named::Service(_, Some(own)) => own == namespace,
            Named::Wildcard(suffix) => {
                suffix.is_empty() || format!(".{namespace}.svc.cluster.local").ends_with(suffix)
            }
            _ => false,
        }
    }

    /// pilot/pkg/model/config.go, Istio 1.31: `ResolveShortnameToFQDN` completes names without a dot.
    fn named(self) -> Named<'a> {
        if let Some((_, suffix)) = self.text.split_once('*') {
            return Named::Wildcard(suffix);
        }
        let host = self.text.trim_end_matches('.');
        let Some((short, rest)) = host.split_once('.') else {
            return Named::Service(host, self.namespace);
        };
        let of = rest.split('.').next().unwrap_or(rest);
        let suffix = rest.strip_prefix(of).unwrap_or_default();
        match suffix {
            ".svc.cluster.local" => Named::Service(short, Some(of)),
            "" | ".svc" => Named::Unfinished(short, of),
            _ if suffix.starts_with(".svc.") => Named::Foreign(host),
            _ => Named::Other(host),
        }
    }
}

fn may_equal(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

/// `*`, `*.demo.svc.cluster.local`, `*.svc.cluster.local`, `*.local`.
fn wildcard_covers(suffix: &str, name: &str, namespace: Option<&str>) -> bool {
    if suffix.is_empty() {
        return true;
    }
    match namespace {
        Some(namespace) => {
            const DOMAIN: &str = ".svc.cluster.local";
            // `name.namespace.svc.cluster.local`, from its end, without writing it down: many rules
            // meet many Services.
            let parts = [DOMAIN, namespace, ".", name];
            let mut rest = suffix;
            for part in parts {
                match rest.strip_suffix(part) {
                    Some(shorter) => rest = shorter,
                    None => return part.ends_with(rest),
                }
            }
            rest.is_empty()
        }
        None => {
            "svc.cluster.local".ends_with(suffix.trim_start_matches('.'))
                || suffix.ends_with(".svc.cluster.local")
        }
    }
}

/// What a host names, as far as is in view.
#[derive(Debug)]
pub enum Target<'a> {
    /// These Services may be meant; a wildcard may mean many.
    Services(Vec<(&'a Object, Relation)>),
    /// Nothing that has to be in view: a wildcard, a ServiceEntry's host, a name outside the
    /// cluster, a placeholder.
    Elsewhere,
    /// A Service that is in view, by a name that Istio does not complete: nothing.
    Unfinished {
        /// The Service's name.
        name: &'a str,
        /// Its namespace.
        namespace: &'a str,
    },
    /// A Service that is not in view.
    Absent {
        /// Its name.
        name: &'a str,
        /// Its namespace, where the host or the object that holds it says.
        namespace: Option<&'a str>,
    },
}

/// DestinationRules, Services and ServiceEntries by the first label of their host, so that a host
/// meets only those that may be meant.
#[derive(Debug, Default)]
pub(super) struct HostIndex {
    rules: HashMap<String, Vec<ObjectId>>,
    wildcard_rules: Vec<ObjectId>,
    services: HashMap<String, Vec<ObjectId>>,
    all_services: Vec<ObjectId>,
    /// What says whom it is for.
    exported: Vec<ObjectId>,
    /// Services with a workload in the mesh behind them.
    meshed: OnceLock<Vec<ObjectId>>,
    entries: HashMap<String, Vec<ObjectId>>,
    wildcard_entries: Vec<ObjectId>,
}

impl HostIndex {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut index = Self::default();
        for (id, entry) in inventory.whole() {
            let object = &entry.object;
            if !export_to(object).is_empty() {
                index.exported.push(id);
            }
            match object.body() {
                Body::ServiceEntry(typed) => {
                    let hosts = typed.spec.iter().flat_map(|spec| &spec.hosts);
                    for host in hosts {
                        if host.contains('*') {
                            index.wildcard_entries.push(id);
                        } else {
                            let name = first_label(host).to_owned();
                            index.entries.entry(name).or_default().push(id);
                        }
                    }
                }
                Body::DestinationRule(rule) => match host_of(rule) {
                    Some(host) if host.contains('*') => index.wildcard_rules.push(id),
                    Some(host) => {
                        let name = first_label(host).to_owned();
                        index.rules.entry(name).or_default().push(id);
                    }
                    None => {}
                },
                _ if is_service(object) => {
                    let name = object.name().to_owned();
                    index.services.entry(name).or_default().push(id);
                    index.all_services.push(id);
                }
                _ => {}
            }
        }
        // One ServiceEntry may have many hosts of one name.
        index.wildcard_entries.dedup();
        index.entries.values_mut().for_each(Vec::dedup);
        index
    }

    fn rules_named(&self, name: &str) -> impl Iterator<Item = ObjectId> + use<'_> {
        let named = self.rules.get(name).into_iter().flatten();
        named.chain(&self.wildcard_rules).copied()
    }
}

fn first_label(host: &str) -> &str {
    host.split('.').next().unwrap_or(host)
}

/// A Service, or what makes one of the same name.
fn is_service(object: &Object) -> bool {
    match object.body() {
        Body::Service(_) => true,
        Body::Workload(_) => {
            Workload::of(object).is_some_and(|it| it.kind() == WorkloadKind::KnativeService)
        }
        _ => false,
    }
}

fn destination_rule(object: &Object) -> Option<&DestinationRule> {
    match object.body() {
        Body::DestinationRule(rule) => Some(rule),
        _ => None,
    }
}

fn host_of(rule: &DestinationRule) -> Option<&str> {
    rule.spec.as_ref()?.host.as_deref()
}

/// What is for more namespaces than these is taken to be for all.
const MOST_EXPORTS: usize = 100;

/// A host that is not found among so many of ServiceEntries may be one of the others.
const MOST_ENTRY_HOSTS: usize = 500;

/// The namespaces that an object says it is for, or enough of them; none: all.
fn export_to(object: &Object) -> Vec<&str> {
    let list = match object.body() {
        Body::DestinationRule(it) => it.spec.as_ref().map(|spec| &spec.export_to),
        Body::VirtualService(it) => it.spec.as_ref().map(|spec| &spec.export_to),
        Body::ServiceEntry(it) => it.spec.as_ref().map(|spec| &spec.export_to),
        Body::Service(_) => {
            let text = object.annotation("networking.istio.io/exportTo");
            let items = text.and_then(Node::as_str).unwrap_or_default().split(',');
            let items = items.map(str::trim).filter(|it| !it.is_empty());
            return items.take(MOST_EXPORTS + 1).collect();
        }
        _ => None,
    };
    let list = list.into_iter().flatten().take(MOST_EXPORTS + 1);
    list.map(String::as_str).collect()
}

impl Inventory {
    /// The DestinationRules whose host may be this Service.
    pub fn destination_rules<'a>(
        &'a self,
        service: &'a Object,
    ) -> impl Iterator<Item = (&'a Object, &'a DestinationRule, Relation)> + use<'a> {
        self.hosts
            .rules_named(service.name())
            .filter_map(move |id| {
                let entry = self.get(id)?;
                let rule = destination_rule(&entry.object)?;
                let host = Host::new(host_of(rule)?, entry.namespace.as_deref());
                if !host.may_be(service.name(), self.namespace(service)) {
                    return None;
                }
                let relation = self.relate(id, self.id(service)?, true)?;
                Some((&entry.object, rule, relation))
            })
    }

    /// The DestinationRules that Istio may apply to requests which `from`, a VirtualService, sends
    /// to `host`: those of its own namespace, of the host's and of the root namespace, where their
    /// `exportTo` allows it.
    pub fn rules_for<'a>(
        &'a self,
        from: &'a Object,
        host: &'a str,
    ) -> impl Iterator<Item = (&'a Object, &'a DestinationRule, Relation)> + use<'a> {
        let rules = self.all_rules_for(from, host);
        rules.filter_map(|(rule, typed, relation, is_read)| {
            is_read.then_some((rule, typed, relation))
        })
    }

    /// A DestinationRule for a host in a namespace in which Istio does not look for it.
    pub fn unread_rule_for<'a>(&'a self, from: &'a Object, host: &'a str) -> Option<&'a Object> {
        let mut rules = self.all_rules_for(from, host);
        let unread = rules.find(|(.., relation, is_read)| !is_read && relation.is_near())?;
        Some(unread.0)
    }

    /// The DestinationRules for a host, and whether Istio looks in their namespace for it.
    fn all_rules_for<'a>(
        &'a self,
        from: &'a Object,
        host: &'a str,
    ) -> impl Iterator<Item = (&'a Object, &'a DestinationRule, Relation, bool)> + use<'a> {
        let own = self.namespace(from);
        let wanted = Host::new(host, own);
        let host_namespace = match wanted.named() {
            Named::Service(_, namespace) => namespace,
            // A ServiceEntry of this very host may be of any namespace.
            Named::Unfinished(_, namespace) if !self.is_in_service_entry(from, wanted) => {
                Some(namespace)
            }
            Named::Wildcard(_) | Named::Foreign(_) | Named::Unfinished(..) | Named::Other(_) => {
                None
            }
        };
        let service = self.title_of("Service", first_label(host));
        let hidden = self.hidden_from(from);
        self.hosts
            .rules_named(first_label(host))
            .filter_map(move |id| {
                let entry = self.get(id)?;
                let from_id = self.id(from)?;
                let rule = destination_rule(&entry.object)?;
                let namespace = entry.namespace.as_deref();
                let is_read = may_equal(namespace, own)
                    || may_equal(namespace, host_namespace)
                    || namespace == Some(self.root_namespace());
                let applies =
                    !hidden.contains(&id) && Host::new(host_of(rule)?, namespace).covers(wanted);
                // A rule beside another copy of the Service is for that one.
                if !applies || service.is_some_and(|it| self.is_of_copy(id, from_id, it)) {
                    return None;
                }
                let relation = self.relate(id, from_id, true)?;
                Some((&entry.object, rule, relation, is_read))
            })
    }

    /// What a host means that stands in `from`, a VirtualService or DestinationRule.
    pub fn resolve<'a>(&'a self, from: &'a Object, host: &'a str) -> Target<'a> {
        let wanted = Host::new(host, self.namespace(from));
        if is_placeholder(host) {
            return Target::Elsewhere;
        }
        let named = wanted.named();
        let services: Vec<_> = self
            .targets(from, wanted, &self.hosts.all_services)
            .collect();
        match named {
            _ if !services.is_empty() => Target::Services(services),
            Named::Service(name, namespace) if !self.is_in_service_entry(from, wanted) => {
                Target::Absent { name, namespace }
            }
            // Whoever writes the own namespace behind a name means a Service of it, in view or not.
            Named::Unfinished(name, namespace)
                if (self.namespace(from) == Some(namespace)
                    || self.has_service(name, namespace))
                    && !self.is_in_service_entry(from, wanted) =>
            {
                Target::Unfinished { name, namespace }
            }
            _ => Target::Elsewhere,
        }
    }

    /// The Services that [`resolve`](Self::resolve) gives; of those that a wildcard may mean, only the ones
    /// with a workload in the mesh behind them.
    pub fn resolve_meshed<'a>(
        &'a self,
        from: &'a Object,
        host: &'a str,
    ) -> impl Iterator<Item = (&'a Object, Relation)> {
        let wanted = Host::new(host, self.namespace(from));
        let meshed = || {
            let all = self.hosts.all_services.iter().copied();
            let is_meshed = |id: &ObjectId| {
                let service = self.get(*id).map(|entry| &entry.object);
                service.is_some_and(|service| self.mesh_behind(service).is_some())
            };
            all.filter(is_meshed).collect()
        };
        let all = if wanted.is_wildcard() {
            self.hosts.meshed.get_or_init(meshed).as_slice()
        } else {
            &[]
        };
        self.targets(from, wanted, all)
            .filter(|_| !is_placeholder(host))
    }

    /// The Services that a host may mean: by its name, or for a wildcard among these.
    fn targets<'a>(
        &'a self,
        from: &'a Object,
        wanted: Host<'a>,
        all: &'a [ObjectId],
    ) -> impl Iterator<Item = (&'a Object, Relation)> {
        let of_name = |name: &str| self.hosts.services.get(name).map_or(&[][..], Vec::as_slice);
        let candidates = match wanted.named() {
            Named::Service(name, _) => of_name(name),
            Named::Wildcard(_) => all,
            Named::Foreign(host) => of_name(first_label(host)),
            Named::Unfinished(..) | Named::Other(_) => &[],
        };
        let hidden = self.hidden_from(from);
        candidates
            .iter()
            .filter_map(|id| Some((*id, self.get(*id)?)))
            .filter(move |(_, it)| wanted.may_be(it.object.name(), it.namespace.as_deref()))
            .filter(move |(id, _)| !hidden.contains(id))
            .filter_map(|(id, entry)| Some((&entry.object, self.relate(self.id(from)?, id, true)?)))
    }

    /// Whether a host that stands in `from` may mean this Service, as [`resolve`](Self::resolve) says.
    pub(super) fn may_mean(&self, from: &Object, host: &str, service: &Object) -> bool {
        let wanted = Host::new(host, self.namespace(from));
        let related = || {
            let id = self
                .id(service)
                .filter(|id| !self.hidden_from(from).contains(id))?;
            self.relate(self.id(from)?, id, true)
        };
        !is_placeholder(host)
            && wanted.may_be(service.name(), self.namespace(service))
            && related().is_some()
    }

    /// Whether a Service of this name and of this very namespace is in view.
    fn has_service(&self, name: &str, namespace: &str) -> bool {
        let named = self.hosts.services.get(name).into_iter().flatten();
        named
            .filter_map(|id| self.get(*id))
            .any(|entry| entry.namespace.as_deref() == Some(namespace))
    }

    /// Whether some Service stands in the scope and the namespace of an object.
    pub fn has_services_beside(&self, object: &Object) -> bool {
        let what = "whether a Service may be of the same namespace";
        *self.shared(object, what, String::new(), || {
            self.hosts.all_services.iter().any(|id| {
                self.get(*id).is_some_and(|entry| {
                    // One without a name is refused.
                    !entry.object.name().is_empty()
                        && self.same_scope(&entry.object, object)
                        && self.same_namespace(&entry.object, object)
                })
            })
        })
    }

    /// Whether a ServiceEntry in view is for a host, or there are more than anybody has.
    fn is_in_service_entry(&self, from: &Object, wanted: Host<'_>) -> bool {
        let named = self.hosts.entries.get(first_label(wanted.text));
        let entries = named.into_iter().flatten();
        let hidden = self.hidden_from(from);
        let mut left = MOST_ENTRY_HOSTS;
        entries
            .chain(&self.hosts.wildcard_entries)
            .filter(|id| !hidden.contains(id))
            .filter_map(|id| self.get(*id))
            .any(|entry| {
                let Body::ServiceEntry(typed) = entry.object.body() else {
                    return false;
                };
                let hosts = typed.spec.iter().flat_map(|spec| &spec.hosts);
                let mut hosts = hosts.map(|host| Host::new(host, entry.namespace.as_deref()));
                hosts.any(|host| {
                    left = left.saturating_sub(1);
                    left == 0 || host.covers(wanted) || host.text == wanted.text
                })
            })
    }

    /// The Services, ServiceEntries and DestinationRules that are not for the namespace of an object.
    fn hidden_from(&self, from: &Object) -> Arc<HashSet<ObjectId>> {
        let what = "what is not for a namespace";
        self.shared(from, what, String::new(), || {
            let exported = self.hosts.exported.iter().copied();
            let is_hidden = |id: &ObjectId| {
                let object = self.get(*id).map(|entry| &entry.object);
                object.is_some_and(|object| !self.is_for(object, from))
            };
            exported.filter(is_hidden).collect()
        })
    }

    /// Whether an object's `exportTo` lets the namespace of another see it: `.` is its own, `*` all,
    /// `~` none.
    fn is_for(&self, object: &Object, from: &Object) -> bool {
        let exported = export_to(object);
        let is_for_many = exported.len() > MOST_EXPORTS;
        is_for_many
            || exported.is_empty()
            || exported.into_iter().any(|namespace| match namespace {
                "*" => true,
                "." => self.same_namespace(object, from),
                "~" => false,
                name => may_equal(Some(name), self.namespace(from)) || is_placeholder(name),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn short_names_belong_to_the_namespace_of_their_object() {
        let host = Host::new("payments", Some("shop"));
        assert!(host.may_be("payments", Some("shop")));
        assert!(host.may_be("payments", None));
        assert!(!host.may_be("payments", Some("bank")));
        assert!(!host.may_be("payment", Some("shop")));
    }

    #[test]
    fn qualified_names_carry_their_own_namespace() {
        for text in [
            "payments.bank.svc.cluster.local",
            "payments.bank.svc.corp.example",
        ] {
            let host = Host::new(text, Some("shop"));
            assert!(host.may_be("payments", Some("bank")), "{text}");
            assert!(!host.may_be("payments", Some("shop")), "{text}");
        }
        for text in ["payments.bank", "payments.bank.svc", "payments.bank.com"] {
            let host = Host::new(text, Some("shop"));
            assert!(!host.may_be("payments", Some("bank")), "{text}");
        }
    }

    #[test]
    fn wildcards() {
        assert!(Host::new("*", None).may_be("a", Some("b")));
        assert!(Host::new("*.b.svc.cluster.local", None).may_be("a", Some("b")));
        assert!(!Host::new("*.c.svc.cluster.local", None).may_be("a", Some("b")));
        assert!(Host::new("*.local", None).may_be("a", None));
        assert!(!Host::new("*.example.com", None).may_be("a", None));
    }

    #[test]
    fn a_rule_covers_the_host_in_all_its_spellings() {
        let rule = Host::new("reviews", Some("shop"));
        for same in ["reviews", "reviews.shop.svc.cluster.local"] {
            assert!(rule.covers(Host::new(same, Some("shop"))), "{same}");
        }
        let unfinished = Host::new("reviews.shop", Some("shop"));
        assert!(!rule.covers(unfinished) && unfinished.covers(unfinished));
        assert!(!rule.covers(Host::new("reviews", Some("bank"))));
        assert!(!rule.covers(Host::new("reviews.bank", Some("shop"))));
        let far = |domain| Host::new(domain, None);
        assert!(!far("a.shop.svc.one.global").covers(far("a.shop.svc.two.global")));
        assert!(far("a.shop.svc.one.global").covers(far("a.shop.svc.one.global")));
        assert!(Host::new("api.example.com", None).covers(Host::new("api.example.com", None)));
        assert!(Host::new("*.example.com", None).covers(Host::new("api.example.com", None)));
        assert!(!Host::new("*.example.com", None).covers(Host::new("api.example.org", None)));
        assert!(
            Host::new("*.shop.svc.cluster.local", None).covers(Host::new("reviews", Some("shop")))
        );
    }
}
