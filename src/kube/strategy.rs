//! How a workload says that its pods are replaced, whatever its kind.

use k8s_openapi::api::apps::v1::{
    DaemonSetUpdateStrategy, DeploymentStrategy, StatefulSetUpdateStrategy,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::models::{deployment_config, rollout};
use super::object::{Field, Object};
use super::workload::{Workload, WorkloadBody};
use crate::yaml::Node;

/// What a workload's manifest says of replacing its pods, and where.
#[derive(Clone, Copy, Debug)]
pub struct Strategy<'a> {
    /// The typed values.
    pub form: StrategyForm<'a>,
    object: &'a Object,
    /// The keys that lead to the strategy.
    path: &'static [&'static str],
    /// The keys that lead from there to `maxSurge` and `maxUnavailable`.
    limits: &'static [&'static str],
}

/// The strategies that the kinds of workloads have.
#[derive(Clone, Copy, Debug)]
pub enum StrategyForm<'a> {
    /// `spec.strategy` of a Deployment.
    Deployment(Option<&'a DeploymentStrategy>),
    /// `spec.updateStrategy` of a StatefulSet.
    StatefulSet(Option<&'a StatefulSetUpdateStrategy>),
    /// `spec.updateStrategy` of a DaemonSet.
    DaemonSet(Option<&'a DaemonSetUpdateStrategy>),
    /// An Argo Rollout's canary or OpenShift's `Rolling`, which count as a Deployment does.
    Rolling {
        /// `maxSurge`
        max_surge: Option<&'a IntOrString>,
        /// `maxUnavailable`
        max_unavailable: Option<&'a IntOrString>,
    },
    /// OpenShift's `Recreate`.
    Recreate,
    /// The new pods run beside all old ones until they take over: Argo's blueGreen, and its canary
    /// behind a traffic router, which does not heed the limits.
    SideBySide,
    /// The kind replaces no pods, or the manifest does not say how.
    None,
}

impl<'a> Strategy<'a> {
    /// What the manifest says of a field of the strategy: `type`, for example.
    pub fn field(self, path: &[&str]) -> Field<'a> {
        match self.object.field(self.path) {
            Field::Set(node) => self.object.field_below(node, path),
            other => other,
        }
    }

    /// What the manifest says of `maxSurge` or `maxUnavailable`.
    pub fn limit(self, name: &str) -> Field<'a> {
        self.field(&[self.limits, &[name]].concat())
    }

    /// The keys that lead from the object to what holds `maxSurge` and `maxUnavailable`.
    pub fn limits_path(self) -> Vec<&'static str> {
        [self.path, self.limits].concat()
    }

    /// The key under which the strategy stands, where one is written.
    pub fn key(self) -> Option<Node<'a>> {
        let (last, above) = self.path.split_last()?;
        let entry = self.object.node().at(above)?.entry(last)?;
        Some(entry.key)
    }

    /// Whether a part of it is written that nobody can judge.
    pub fn is_unknown(self) -> bool {
        self.field(&["type"]).is_unknown()
            || self.limit("maxSurge").is_unknown()
            || self.limit("maxUnavailable").is_unknown()
    }

    /// The paths of all fields that decide, as a kustomization would set them.
    pub fn paths(self) -> impl Iterator<Item = String> {
        let limits = self.limits_path();
        let below = |keys: &[&str], name: &str| [keys, &[name]].concat().join(".");
        [
            below(self.path, "type"),
            limits.join("."),
            below(&limits, "maxSurge"),
            below(&limits, "maxUnavailable"),
        ]
        .into_iter()
    }
}

impl<'a> Workload<'a> {
    /// How its pods are replaced.
    pub fn strategy(self) -> Strategy<'a> {
        const STRATEGY: &[&str] = &["spec", "strategy"];
        const UPDATE_STRATEGY: &[&str] = &["spec", "updateStrategy"];
        const ROLLING_UPDATE: &[&str] = &["rollingUpdate"];
        let (form, path, limits): (_, _, &[&str]) = match self.body() {
            WorkloadBody::Deployment(it) => (
                StrategyForm::Deployment(it.spec.strategy.as_ref()),
                STRATEGY,
                ROLLING_UPDATE,
            ),
            WorkloadBody::StatefulSet(it) => (
                StrategyForm::StatefulSet(it.spec.update_strategy.as_ref()),
                UPDATE_STRATEGY,
                ROLLING_UPDATE,
            ),
            WorkloadBody::DaemonSet(it) => (
                StrategyForm::DaemonSet(it.spec.update_strategy.as_ref()),
                UPDATE_STRATEGY,
                ROLLING_UPDATE,
            ),
            WorkloadBody::Rollout(it) => {
                let strategy = it.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
                (argo(strategy), STRATEGY, &["canary"])
            }
            WorkloadBody::DeploymentConfig(it) => {
                let strategy = it.spec.as_ref().and_then(|spec| spec.strategy.as_ref());
                (openshift(strategy), STRATEGY, &["rollingParams"])
            }
            _ => (StrategyForm::None, STRATEGY, ROLLING_UPDATE),
        };
        Strategy {
            form,
            object: self.object(),
            path,
            limits,
        }
    }
}

fn argo(strategy: Option<&rollout::RolloutStrategy>) -> StrategyForm<'_> {
    let Some(strategy) = strategy else {
        return StrategyForm::None;
    };
    match (&strategy.canary, &strategy.blue_green) {
        (None, Some(_)) => StrategyForm::SideBySide,
        (Some(canary), None) if canary.traffic_routing.is_some() => StrategyForm::SideBySide,
        (Some(canary), None) => StrategyForm::Rolling {
            max_surge: canary.max_surge.as_ref(),
            max_unavailable: canary.max_unavailable.as_ref(),
        },
        _ => StrategyForm::None,
    }
}

fn openshift(strategy: Option<&deployment_config::DeploymentConfigStrategy>) -> StrategyForm<'_> {
    let kind = strategy.and_then(|strategy| strategy.r#type.as_deref());
    let rolling = strategy.and_then(|strategy| strategy.rolling_params.as_ref());
    match kind {
        None | Some("" | "Rolling") => StrategyForm::Rolling {
            max_surge: rolling.and_then(|rolling| rolling.max_surge.as_ref()),
            max_unavailable: rolling.and_then(|rolling| rolling.max_unavailable.as_ref()),
        },
        Some("Recreate") => StrategyForm::Recreate,
        Some(_) => StrategyForm::None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::kube::read_source;
    use crate::source::{NewSource, Role, Scope, Sources};

    /// Reads `kind` with this text in its spec and asks for its strategy.
    fn with_strategy<T>(
        api_version: &str,
        kind: &str,
        spec: &str,
        ask: impl Fn(Strategy<'_>) -> T,
    ) -> T {
        let text = format!(
            "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  \
             template: {{spec: {{containers: []}}}}\n  {spec}\n"
        );
        let mut sources = Sources::default();
        let id = sources.push(NewSource {
            path: "a.yaml".to_owned(),
            root_path: "a.yaml".to_owned(),
            text: Arc::from(text.as_str()),
            invalid_utf8: None,
            role: Role::Named,
            scope: Scope(Arc::from("")),
        });
        let manifests = read_source(sources.get(id));
        let object = manifests.objects.first().expect("an object");
        ask(Workload::of(object).expect("a workload").strategy())
    }

    #[test]
    fn each_kind_keeps_its_limits_elsewhere() {
        for (api_version, kind, spec) in [
            (
                "apps/v1",
                "Deployment",
                "strategy: {rollingUpdate: {maxSurge: 3}}",
            ),
            (
                "apps/v1",
                "DaemonSet",
                "updateStrategy: {rollingUpdate: {maxSurge: 3}}",
            ),
            (
                "argoproj.io/v1alpha1",
                "Rollout",
                "strategy: {canary: {maxSurge: 3}}",
            ),
            (
                "apps.openshift.io/v1",
                "DeploymentConfig",
                "strategy: {rollingParams: {maxSurge: 3}}",
            ),
        ] {
            with_strategy(api_version, kind, spec, |strategy| {
                let surge = strategy.limit("maxSurge").node().expect("maxSurge is set");
                assert_eq!(surge.text(), Some("3"), "{kind}");
                assert!(strategy.limit("maxUnavailable").is_absent(), "{kind}");
                assert!(strategy.key().is_some(), "{kind}");
                assert!(strategy.paths().any(|path| path == surge.path()), "{kind}");
            });
        }
    }

    #[test]
    fn what_argo_and_openshift_do() {
        let form = |api_version: &str, kind: &str, spec: &str| {
            with_strategy(api_version, kind, spec, |strategy| match strategy.form {
                StrategyForm::Rolling { .. } => "rolling",
                StrategyForm::Recreate => "recreate",
                StrategyForm::SideBySide => "side by side",
                StrategyForm::None => "none",
                _ => "other",
            })
        };
        for (spec, expected) in [
            ("strategy: {canary: {}}", "rolling"),
            (
                "strategy: {canary: {trafficRouting: {istio: {}}}}",
                "side by side",
            ),
            (
                "strategy: {blueGreen: {activeService: web}}",
                "side by side",
            ),
            ("strategy: {}", "none"),
            ("replicas: 2", "none"),
        ] {
            assert_eq!(
                form("argoproj.io/v1alpha1", "Rollout", spec),
                expected,
                "{spec}"
            );
        }
        for (spec, expected) in [
            ("replicas: 2", "rolling"),
            ("strategy: {type: Rolling}", "rolling"),
            (
                "strategy: {type: Recreate, rollingParams: {maxSurge: 1}}",
                "recreate",
            ),
            ("strategy: {type: Custom}", "none"),
        ] {
            let found = form("apps.openshift.io/v1", "DeploymentConfig", spec);
            assert_eq!(found, expected, "{spec}");
        }
    }

    #[test]
    fn a_placeholder_makes_it_unknown() {
        let is_unknown = |spec: &str| {
            with_strategy("apps/v1", "Deployment", spec, |strategy| {
                strategy.is_unknown()
            })
        };
        assert!(is_unknown("strategy: {type: '${STRATEGY}'}"));
        assert!(is_unknown(
            "strategy: {rollingUpdate: {maxUnavailable: '${N}'}}"
        ));
        assert!(!is_unknown(
            "strategy: {rollingUpdate: {maxUnavailable: 1}}"
        ));
        assert!(!is_unknown("replicas: 2"));
    }
}
