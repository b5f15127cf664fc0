//! Which mode of mutual TLS PeerAuthentications ask for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Host, Inventory, Together};
use crate::kube::istio::destination_rule::{ClientTlsMode, DestinationRuleSpec};
use crate::kube::istio::peer_authentication::{MutualTlsMode, PeerAuthenticationSpec};
use crate::kube::{Body, Object, Selector, Workload};

/// Whom a PeerAuthentication or ProxyConfig is for, narrowest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Mesh,
    Namespace,
    Workload,
}

/// A PeerAuthentication that demands certificates of clients that a DestinationRule sends without one.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// The PeerAuthentication.
    pub policy: &'a Object,
    /// Whether every workload that the rule's host means is under it.
    pub is_for_all: bool,
}

/// What a DestinationRule tells the clients of its host.
#[derive(Clone, Copy, Debug)]
pub struct ToldClients<'a> {
    /// The DestinationRule.
    pub rule: &'a Object,
    /// Its host.
    pub host: &'a str,
    /// What it says of all of the host, or of a subset.
    pub mode: ClientTlsMode,
    /// Whether it is for all of the host.
    pub is_whole: bool,
    /// The namespace of the PeerAuthentication, where the host also means Services of others.
    pub within: Option<&'a str>,
}

impl Inventory {
    /// The mode that holds for a port of a workload, with the PeerAuthentication that says so:
    /// the workload's own, else its namespace's, else the mesh's. `None` when none in view says
    /// anything; Istio's default is PERMISSIVE.
    pub fn mtls_mode<'a>(
        &'a self,
        workload: Workload<'a>,
        port: Option<i32>,
    ) -> Option<(&'a Object, MutualTlsMode)> {
        let of = self.id(workload.object())?;
        self.authentications()
            .filter_map(|(object, spec)| {
                let labels = spec.selector.as_ref().map(|it| &it.match_labels);
                let reach = self.reach(object, labels, workload)?;
                let nearness = self.relate(self.id(object)?, of, true)?.nearness;
                let own = port.and_then(|port| spec.port_level_mtls.get(&port.to_string()));
                let mode = own.or(spec.mtls.as_ref())?.mode?;
                (mode != MutualTlsMode::Unset).then_some((reach, nearness, object, mode))
            })
            .max_by_key(|(reach, nearness, ..)| (*reach, Reverse(*nearness)))
            .map(|(_, _, object, mode)| (object, mode))
    }

    /// Whether some PeerAuthentication sets the mode of this whole namespace, and to STRICT; a
    /// mesh-wide STRICT counts where the namespace has no mode of its own.
    pub fn is_strict(&self, namespace: &str) -> Option<bool> {
        let of = |wanted: &str| {
            let modes = self
                .authentications()
                .filter(|(object, spec)| {
                    spec.selector.is_none() && self.namespace(object).is_none_or(|it| it == wanted)
                })
                .filter_map(|(_, spec)| spec.mtls.as_ref()?.mode)
                .filter(|mode| *mode != MutualTlsMode::Unset);
            modes.map(|mode| mode == MutualTlsMode::Strict).max()
        };
        of(namespace).or_else(|| of(self.root_namespace()))
    }

    /// A PeerAuthentication beside `from`, a DestinationRule, that makes STRICT a namespace in which
    /// the rule's host is. Where two policies for all of it differ, the older one counts, and which that is
    /// no file says.
    pub fn strict_against<'a>(&'a self, from: &'a Object, host: &str) -> Option<Demand<'a>> {
        let host = Host::new(host, self.namespace(from));
        // A policy for single workloads may be for this very host.
        let is_excepted = self.authentications().any(|(object, spec)| {
            let mode = spec.mtls.as_ref().and_then(|mtls| mtls.mode);
            let is_near = self.namespace(object).is_none_or(|it| host.is_of(it));
            spec.selector.is_some() && is_near && mode != Some(MutualTlsMode::Strict)
        });
        if is_excepted && !host.is_wildcard() {
            return None;
        }
        let root = self.root_namespace();
        let of = |is_in: &dyn Fn(&str) -> bool| {
            let mut policies = self.wide_policies(from).filter(|(object, _)| {
                let namespace = self.namespace(object);
                namespace.is_some_and(is_in)
            });
            let (first, mode) = policies.next()?;
            let is_clear = policies.all(|(object, other)| {
                other == mode || self.namespace(object) != self.namespace(first)
            });
            Some((first, mode, is_clear))
        };
        let own = of(&|namespace| namespace != root && host.is_of(namespace));
        let of_mesh = || {
            let is_near = self.namespace(from).is_some_and(|it| host.is_of(it));
            is_near.then(|| of(&|namespace| namespace == root))?
        };
        let (policy, mode, is_clear) = own.or_else(of_mesh)?;
        let holds = is_clear && mode == MutualTlsMode::Strict && !self.is_replaced(from, policy);
        holds.then_some(Demand {
            policy,
            is_for_all: !host.is_wildcard(),
        })
    }

    /// The policies for whole namespaces that are deployed with an object, and their modes.
    fn wide_policies<'a>(
        &'a self,
        from: &'a Object,
    ) -> impl Iterator<Item = (&'a Object, MutualTlsMode)> {
        let beside = self
            .authentications()
            .filter(|(object, spec)| spec.selector.is_none() && self.same_scope(object, from));
        let modes = beside.filter_map(|(object, spec)| Some((object, spec.mtls.as_ref()?.mode?)));
        modes.filter(|(_, mode)| *mode != MutualTlsMode::Unset)
    }

    /// Whether Istio takes another rule than `from`, one of the root namespace, for all of the namespace of a
    /// policy (`destinationRule` in pilot/pkg/model/push_context.go looks into the Service's first).
    fn is_replaced(&self, from: &Object, policy: &Object) -> bool {
        self.namespace(from) == Some(self.root_namespace()) && self.has_wide_rule(policy)
    }

    /// Whether the namespace of a policy has a rule of its own for all of its hosts.
    fn has_wide_rule(&self, policy: &Object) -> bool {
        let root = self.root_namespace();
        let namespace = self.namespace(policy).filter(|it| *it != root);
        namespace.is_some_and(|namespace| {
            self.client_rules(policy).any(|(rule, spec)| {
                let host = Host::new(spec.host.as_deref().unwrap_or_default(), None);
                self.namespace(rule) == Some(namespace)
                    && host.is_wildcard()
                    && host.is_of(namespace)
            })
        })
    }

    /// What DestinationRules beside a PeerAuthentication tell clients of hosts that it may be for.
    pub fn told_clients<'a>(&'a self, policy: &'a Object) -> impl Iterator<Item = ToldClients<'a>> {
        let own = self.namespace(policy);
        let is_of_mesh = own == Some(self.root_namespace());
        // Istio looks into the Service's namespace before the root namespace.
        let is_covered = self.has_wide_rule(policy);
        let rules = self.client_rules(policy).filter_map(move |(rule, spec)| {
            let host = spec.host.as_deref()?;
            if is_covered && self.namespace(rule) == Some(self.root_namespace()) {
                return None;
            }
            let named = Host::new(host, self.namespace(rule));
            let is_near = is_of_mesh && named.is_in_cluster()
                || match own {
                    Some(own) => named.is_of(own),
                    None => self.same_namespace(rule, policy) && named.is_in_cluster(),
                };
            is_near.then_some((rule, host, spec))
        });
        rules.flat_map(move |(rule, host, spec)| {
            let whole = spec.traffic_policy.iter().map(|policy| (policy, true));
            let subsets = spec.subsets.iter();
            let parts = subsets.filter_map(|subset| Some((subset.traffic_policy.as_ref()?, false)));
            whole.chain(parts).filter_map(move |(policy, is_whole)| {
                let mode = policy.tls.as_ref()?.mode?;
                Some(ToldClients {
                    rule,
                    host,
                    mode,
                    is_whole,
                    within: own.filter(|own| {
                        let ending = format!(".{own}.svc.cluster.local");
                        !is_of_mesh && host.contains('*') && !host.ends_with(&ending)
                    }),
                })
            })
        })
    }

    /// Whether a PeerAuthentication that says DISABLE holds for all of its namespace, as far as what is
    /// applied with it says.
    pub fn is_plain_for_all(&self, policy: &Object) -> bool {
        let mut others = self.authentications();
        policy.field(&["spec", "selector"]).is_absent()
            && others.all(|(other, spec)| {
                let mode = spec.mtls.as_ref().and_then(|mtls| mtls.mode);
                let is_other = mode.is_some_and(|mode| {
                    !matches!(mode, MutualTlsMode::Disable | MutualTlsMode::Unset)
                });
                !is_other
                    || !self.same_namespace(other, policy)
                    || !self.is_applied_with(other, policy)
            })
    }

    /// Whether two objects stand in one file or are of one kustomization.
    pub fn is_applied_with(&self, one: &Object, other: &Object) -> bool {
        let together = self.together(one, other);
        matches!(together, Some(Together::File | Together::Kustomization))
    }

    fn client_rules<'a>(
        &'a self,
        beside: &'a Object,
    ) -> impl Iterator<Item = (&'a Object, &'a DestinationRuleSpec)> {
        let all = self.objects().filter_map(|object| match object.body() {
            Body::DestinationRule(rule) => Some((object, rule.spec.as_ref()?)),
            _ => None,
        });
        all.filter(|(object, _)| self.same_scope(object, beside))
    }

    fn authentications(&self) -> impl Iterator<Item = (&Object, &PeerAuthenticationSpec)> {
        let all = self.mesh.values().flat_map(|view| &view.authentications);
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all.into_iter().filter_map(|id| {
            let object = &self.get(*id)?.object;
            match object.body() {
                Body::PeerAuthentication(it) => Some((object, it.spec.as_ref()?)),
                _ => None,
            }
        })
    }

    /// Whether a resource with this selector is for a workload, and how narrowly. One with labels is
    /// for its own namespace only, even in the root namespace.
    pub(super) fn reach(
        &self,
        object: &Object,
        labels: Option<&BTreeMap<String, String>>,
        workload: Workload<'_>,
    ) -> Option<Reach> {
        let is_near = self.same_namespace(object, workload.object());
        match labels.filter(|labels| !labels.is_empty()) {
            Some(wanted) => {
                let selects = Selector::Map(wanted).matches(workload.template().labels());
                (is_near && selects.possible()).then_some(Reach::Workload)
            }
            None if is_near => Some(Reach::Namespace),
            None => (self.namespace(object) == Some(self.root_namespace())).then_some(Reach::Mesh),
        }
    }
}
