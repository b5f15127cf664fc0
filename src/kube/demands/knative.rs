//! What Knative's webhook refuses in the pod's spec of its Services, whatever its configuration allows.
//!
//! knative.dev/serving v0.46 pkg/apis/serving/fieldmask.go: PodSpecMask, ContainerMask, ProbeMask,
//! ContainerPortMask, VolumeMountMask, SecurityContextMask, ResourceRequirementsMask.

use super::judge::Judge;
use crate::yaml::Node;

/// The fields of a structure that are refused.
fn refused(structure: &str) -> &'static [&'static str] {
    match structure {
        "PodSpec" => &[
            "restartPolicy",
            "terminationGracePeriodSeconds",
            "activeDeadlineSeconds",
            "nodeName",
            "hostname",
            "subdomain",
            "priority",
            "readinessGates",
        ],
        "Container" => &["lifecycle", "stdin", "stdinOnce", "tty", "volumeDevices"],
        "ContainerPort" => &["hostIP", "hostPort"],
        "VolumeMount" => &["subPathExpr", "recursiveReadOnly"],
        "Probe" => &["terminationGracePeriodSeconds"],
        "ResourceRequirements" => &["claims"],
        "SecurityContext" => &["seLinuxOptions", "procMount"],
        _ => &[],
    }
}

/// Judges one structure of a Knative Service. What is left at its zero value counts as not set.
pub(super) fn check<'t>(judge: &mut Judge<'t>, structure: &str, node: Node<'t>) {
    for field in refused(structure) {
        let Some(entry) = node.entry(field) else {
            continue;
        };
        let is_zero = matches!(entry.value.text(), Some("false" | "0"));
        if judge.has(node, field) && !is_zero {
            judge.wrong(entry.key, format!("`{field}` in a Knative Service"));
        }
    }
}
