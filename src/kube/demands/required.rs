//! Fields that a structure cannot do without. An empty text or list counts as none.

/// The required fields of a structure.
pub(super) fn fields(structure: &str) -> &'static [&'static str] {
    match structure {
        // pkg/apis/core/validation/validation.go, 1.37
        "EnvVar" => &["name"],
        "ContainerPort" => &["containerPort"],
        "VolumeMount" => &["name", "mountPath"],
        "VolumeDevice" => &["name", "devicePath"],
        "PodAffinityTerm" => &["topologyKey"],
        _ => &[],
    }
}
