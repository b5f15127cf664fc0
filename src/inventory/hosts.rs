//! Hosts as Istio resolves them.

use std::collections::HashMap;

use super::{Inventory, ObjectId, Relation};
use crate::kube::istio::DestinationRule;
use crate::kube::{Body, Object};

/// The host of a DestinationRule or of a route's destination.
#[derive(Clone, Copy, Debug)]
pub struct Host<'a> {
    text: &'a str,
    namespace: Option<&'a str>,
}

impl<'a> Host<'a> {
    /// A host as written in an object of this namespace.
    pub fn new(text: &'a str, namespace: Option<&'a str>) -> Self {
        Self { text, namespace }
    }

    /// Whether the host may stand for the Service `name` of `namespace`. A short name is looked up
    /// in the namespace of the object that holds it; a namespace that a file leaves out may be any.
    pub fn may_be(self, name: &str, namespace: Option<&str>) -> bool {
        if self.text.contains('*') {
            return self.wildcard_covers(name, namespace);
        }
        let host = self.text.trim_end_matches('.');
        let (short, in_namespace) = match host.split_once('.') {
            None => (host, self.namespace),
            Some((short, rest)) => {
                let of = rest.split('.').next();
                let suffix = of.and_then(|of| rest.strip_prefix(of)).unwrap_or_default();
                // `name.namespace`, `name.namespace.svc`, `name.namespace.svc.<cluster domain>`.
                if !suffix.is_empty() && suffix != ".svc" && !suffix.starts_with(".svc.") {
                    return false;
                }
                (short, of)
            }
        };
        short == name
            && match (in_namespace, namespace) {
                (Some(one), Some(other)) => one == other,
                _ => true,
            }
    }

    /// `*`, `*.demo.svc.cluster.local`, `*.svc.cluster.local`, `*.local`.
    fn wildcard_covers(self, name: &str, namespace: Option<&str>) -> bool {
        let Some(suffix) = self.text.strip_prefix('*') else {
            return false;
        };
        if suffix.is_empty() {
            return true;
        }
        match namespace {
            Some(namespace) => format!("{name}.{namespace}.svc.cluster.local").ends_with(suffix),
            None => {
                "svc.cluster.local".ends_with(suffix.trim_start_matches('.'))
                    || suffix.ends_with(".svc.cluster.local")
            }
        }
    }
}

/// DestinationRules by the first label of their host, so that a Service meets only those that may
/// be for it.
#[derive(Debug, Default)]
pub(super) struct HostIndex {
    by_name: HashMap<String, Vec<ObjectId>>,
    wildcards: Vec<ObjectId>,
}

impl HostIndex {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut index = Self::default();
        for (id, entry) in inventory.whole() {
            let Some(host) = destination_rule(&entry.object).and_then(host_of) else {
                continue;
            };
            if host.contains('*') {
                index.wildcards.push(id);
            } else {
                let name = host.split('.').next().unwrap_or(host);
                index.by_name.entry(name.to_owned()).or_default().push(id);
            }
        }
        index
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

impl Inventory {
    /// The DestinationRules whose host may be this Service.
    pub fn destination_rules<'a>(
        &'a self,
        service: &'a Object,
    ) -> impl Iterator<Item = (&'a Object, &'a DestinationRule, Relation)> + use<'a> {
        let named = self.hosts.by_name.get(service.name()).into_iter().flatten();
        named
            .chain(&self.hosts.wildcards)
            .filter_map(|id| self.get(*id))
            .filter_map(move |entry| {
                let rule = destination_rule(&entry.object)?;
                let host = Host::new(host_of(rule)?, entry.namespace.as_deref());
                let relation = Relation::of(entry, self.entry(service)?, true);
                host.may_be(service.name(), self.namespace(service))
                    .then_some((&entry.object, rule, relation))
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
            "payments.bank",
            "payments.bank.svc",
            "payments.bank.svc.cluster.local",
            "payments.bank.svc.corp.example",
        ] {
            let host = Host::new(text, Some("shop"));
            assert!(host.may_be("payments", Some("bank")), "{text}");
            assert!(!host.may_be("payments", Some("shop")), "{text}");
        }
        assert!(
            !Host::new("payments.example.com", Some("shop")).may_be("payments", Some("example"))
        );
    }

    #[test]
    fn wildcards() {
        assert!(Host::new("*", None).may_be("a", Some("b")));
        assert!(Host::new("*.b.svc.cluster.local", None).may_be("a", Some("b")));
        assert!(!Host::new("*.c.svc.cluster.local", None).may_be("a", Some("b")));
        assert!(Host::new("*.local", None).may_be("a", None));
        assert!(!Host::new("*.example.com", None).may_be("a", None));
    }
}
