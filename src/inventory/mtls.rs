//! Which mode of mutual TLS PeerAuthentications ask for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Host, Inventory};
use crate::kube::istio::peer_authentication::{MutualTlsMode, PeerAuthenticationSpec};
use crate::kube::{Body, Object, Selector, Workload};

/// Whom a PeerAuthentication or ProxyConfig is for, narrowest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Mesh,
    Namespace,
    Workload,
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
    /// the rule's host is.
    pub fn strict_against<'a>(&'a self, from: &'a Object, host: &str) -> Option<&'a Object> {
        let host = Host::new(host, self.namespace(from));
        // A policy for single workloads may be for this very host.
        let may_be_excepted = !host.is_wildcard()
            && self.authentications().any(|(object, spec)| {
                let mode = spec.mtls.as_ref().and_then(|mtls| mtls.mode);
                let is_near = self.namespace(object).is_none_or(|it| host.is_of(it));
                spec.selector.is_some() && is_near && mode != Some(MutualTlsMode::Strict)
            });
        if may_be_excepted {
            return None;
        }
        let whole = || {
            let beside = self
                .authentications()
                .filter(|(object, spec)| spec.selector.is_none() && self.same_scope(object, from));
            beside.filter_map(|(object, spec)| Some((object, spec.mtls.as_ref()?.mode?)))
        };
        let own = whole().find(|(object, _)| {
            let namespace = self.namespace(object);
            namespace.is_some_and(|it| it != self.root_namespace() && host.is_of(it))
        });
        let of_mesh = whole().find(|(object, _)| {
            let is_root = self.namespace(object) == Some(self.root_namespace());
            is_root && (self.namespace(from).is_some_and(|it| host.is_of(it)))
        });
        own.or(of_mesh)
            .filter(|(_, mode)| *mode == MutualTlsMode::Strict)
            .map(|(object, _)| object)
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
