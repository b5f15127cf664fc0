//! Values of Istio's Helm charts, as far as they say what the proxies of the whole mesh do.

use super::file::{Draft, Reader};
use super::words::parse_duration;
use crate::settings::MeshSettings;
use crate::source::read_text;
use crate::units::SizeLimit;
use crate::yaml::{self, Content, Node};

/// Reads the files that the list names, relative to the directory of the configuration.
pub(super) fn read(reader: &mut Reader<'_>, node: Node<'_>, draft: &mut Draft) {
    for (item, path) in reader.list(node) {
        let file = match reader.inside(path, None) {
            Ok(file) => file,
            Err(message) => {
                reader.at(item, message);
                continue;
            }
        };
        let text = read_text(&file, SizeLimit::default());
        let text = text.map_err(|error| error.to_string()).and_then(|text| {
            take_over(&text, &mut MeshSettings::default())?;
            Ok(text)
        });
        match text {
            Ok(text) => draft.helm_values.push(text),
            Err(message) => reader.at(item, format!("Helm values `{path}`: {message}")),
        }
    }
}

/// Takes over what a values file says and the configuration has not said itself.
///
/// # Errors
/// When the text is not YAML mapping; says so.
pub(super) fn take_over(text: &str, mesh: &mut MeshSettings) -> Result<(), String> {
    let stream = yaml::parse(&text.into());
    for document in &stream.documents {
        match &document.content {
            Content::Empty => {}
            Content::Broken(error) => return Err(format!("no YAML: {}", error.message)),
            Content::Tree(tree) if tree.root().is_mapping() => apply(tree.root(), mesh),
            Content::Tree(_) => return Err("no mapping of Helm values".to_owned()),
        }
    }
    Ok(())
}

fn apply(values: Node<'_>, mesh: &mut MeshSettings) {
    let proxy = |path: &[&str]| {
        values
            .at(&["meshConfig", "defaultConfig"])?
            .at(path)?
            .text()
    };
    let variable = |name: &str| proxy(&["proxyMetadata", name]);
    let global = values.at(&["global", "proxy", "holdApplicationUntilProxyStarts"]);

    let hold = global
        .and_then(Node::text)
        .filter(|text| *text == "true")
        .or_else(|| proxy(&["holdApplicationUntilProxyStarts"]));
    fill(
        &mut mesh.hold_application_until_proxy_starts,
        hold.and_then(boolean),
    );
    fill(
        &mut mesh.termination_drain_duration,
        proxy(&["terminationDrainDuration"]).and_then(|text| parse_duration(text).ok()),
    );
    fill(
        &mut mesh.exit_on_zero_active_connections,
        variable("EXIT_ON_ZERO_ACTIVE_CONNECTIONS").and_then(boolean),
    );
    fill(
        &mut mesh.minimum_drain_duration,
        variable("MINIMUM_DRAIN_DURATION").and_then(|text| parse_duration(text).ok()),
    );
    let native = values.at(&["pilot", "env", "ENABLE_NATIVE_SIDECARS"]);
    fill(
        &mut mesh.native_sidecars,
        native.and_then(Node::text).and_then(boolean),
    );
    let root = values.at(&["meshConfig", "rootNamespace"]);
    if let Some(root) = root.and_then(Node::as_str)
        && mesh.root_namespace == MeshSettings::default().root_namespace
    {
        root.clone_into(&mut mesh.root_namespace);
    }
}

fn fill<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const VALUES: &str = "global:\n  proxy:\n    holdApplicationUntilProxyStarts: true\nmeshConfig:\n  \
                          rootNamespace: mesh-root\n  defaultConfig:\n    terminationDrainDuration: 40s\n    \
                          proxyMetadata:\n      EXIT_ON_ZERO_ACTIVE_CONNECTIONS: \"true\"\n      \
                          MINIMUM_DRAIN_DURATION: 10s\npilot:\n  env:\n    ENABLE_NATIVE_SIDECARS: \
                          \"false\"\n";

    #[test]
    fn values_fill_what_is_not_said() {
        let mut mesh = MeshSettings {
            termination_drain_duration: Some(Duration::from_secs(7)),
            ..MeshSettings::default()
        };
        take_over(VALUES, &mut mesh).unwrap();
        assert_eq!(mesh.hold_application_until_proxy_starts, Some(true));
        assert_eq!(
            mesh.termination_drain_duration,
            Some(Duration::from_secs(7))
        );
        assert_eq!(mesh.exit_on_zero_active_connections, Some(true));
        assert_eq!(mesh.minimum_drain_duration, Some(Duration::from_secs(10)));
        assert_eq!(mesh.native_sidecars, Some(false));
        assert_eq!(mesh.root_namespace, "mesh-root");
    }

    #[test]
    fn what_is_no_mapping_is_an_error() {
        let mut mesh = MeshSettings::default();
        assert!(take_over("- a\n", &mut mesh).is_err());
        assert!(take_over("a: [\n", &mut mesh).is_err());
        assert!(take_over("", &mut mesh).is_ok());
        assert_eq!(mesh, MeshSettings::default());
    }
}
