//! `duplicate-env`

use std::collections::HashMap;

use k8s_openapi::api::core::v1::EnvVar;

use crate::finding::{Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{ContainerRef, Workload, WorkloadKind};
use crate::rules::{Context, Findings, Report, Rule};
use crate::yaml::Node;

static META: RuleMeta = RuleMeta {
    id: "duplicate-env",
    category: Category::Schema,
    severity: Severity::Warning,
    pedantic: false,
    summary: "An environment variable is given twice: the last wins",
    page: include_str!("../../../rules/schema/duplicate-env.md"),
    options: &[],
    fix: FixAvailability::None,
    since: "0.1.0",
    checklist: &[],
};

/// See the rule's page.
pub(in crate::rules) struct DuplicateEnv;

impl Rule for DuplicateEnv {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, _: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        for container in workload.template().containers() {
            check(workload, container, out);
        }
    }
}

fn check(workload: Workload<'_>, container: ContainerRef<'_>, out: &mut Findings) {
    let variables = container.data.env.as_deref().unwrap_or_default();
    let list = container.node.get("env");
    let nodes = list.into_iter().flat_map(Node::items).map(Node::resolved);
    let mut first: HashMap<&str, Node<'_>> = HashMap::new();
    for (variable, node) in variables.iter().zip(nodes) {
        let name = variable.name.as_str();
        let place = node.get("name").unwrap_or(node);
        // A chart's `{{…}}` or a variable of a template may become any name.
        if name.is_empty() || container.object().is_unknown(place) {
            continue;
        }
        let Some(earlier) = first.get(name).copied() else {
            first.insert(name, place);
            continue;
        };
        if !hides(variable) {
            continue;
        }
        let message = format!(
            "variable `{name}` of container `{}` is given twice: only the last value is used",
            container.name()
        );
        out.push(
            Report::container(workload, container, place, message)
                .help(help(workload))
                .related(container.object(), earlier, "given here first"),
        );
    }
}

/// Of built-in kinds the API server warns, and `kubectl apply` merges the list by name; of others it does
/// neither.
fn help(workload: Workload<'_>) -> &'static str {
    match workload.kind() {
        WorkloadKind::DeploymentConfig | WorkloadKind::Rollout | WorkloadKind::KnativeService => {
            "keep one of the two, or give one a name of its own; the container gets the last one"
        }
        _ => {
            "keep one of the two, or give one a name of its own; the API server warns, the container gets \
             the last one, and a later `kubectl apply` may drop either"
        }
    }
}

/// Whether a variable takes the place of an earlier one of its name without using it
/// (`warningsForPodSpecAndMeta` of `pkg/api/pod/warnings.go`): `PATH: $(PATH):/opt` extends it.
fn hides(variable: &EnvVar) -> bool {
    let reference = format!("$({})", variable.name);
    let value = variable.value.as_deref().unwrap_or_default();
    variable.value_from.is_some() || value == reference || !value.contains(&reference)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource};

    use super::hides;

    #[test]
    fn what_extends_an_earlier_value_does_not_hide_it() {
        for (value, expected) in [
            ("9090", true),
            ("$(PORT)", true),
            ("$(PORT)1", false),
            ("", true),
        ] {
            let mut variable = EnvVar {
                name: "PORT".to_owned(),
                value: Some(value.to_owned()),
                value_from: None,
            };
            assert_eq!(hides(&variable), expected, "{value}");
            variable.value_from = Some(EnvVarSource::default());
            assert!(hides(&variable), "{value}");
        }
    }
}
