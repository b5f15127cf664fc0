//! Kinds whose objects make other objects that no file shows.

/// A kind that makes other objects.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    group: &'static str,
    kind: &'static str,
    /// The command that shows what it makes, where there is one.
    pub render: Option<&'static str>,
    /// Whether its namespace may get more objects than are in view. What a Flux Kustomization
    /// applies mostly stands in the same repository.
    pub opens_namespace: bool,
}

const fn generator(
    group: &'static str,
    kind: &'static str,
    render: Option<&'static str>,
    opens_namespace: bool,
) -> Generator {
    Generator {
        group,
        kind,
        render,
        opens_namespace,
    }
}

const GENERATORS: &[Generator] = &[
    generator(
        "helm.toolkit.fluxcd.io",
        "HelmRelease",
        Some("helm template"),
        true,
    ),
    // Flux 1.
    generator(
        "helm.fluxcd.io",
        "HelmRelease",
        Some("helm template"),
        false,
    ),
    // K3s and RKE2.
    generator("helm.cattle.io", "HelmChart", Some("helm template"), true),
    generator(
        "kustomize.toolkit.fluxcd.io",
        "Kustomization",
        Some("flux build kustomization"),
        false,
    ),
    generator(
        "argoproj.io",
        "Application",
        Some("argocd app manifests"),
        true,
    ),
    generator(
        "argoproj.io",
        "ApplicationSet",
        Some("argocd appset generate"),
        true,
    ),
    // A controller makes the primary workload and its Services; no command shows them.
    generator("flagger.app", "Canary", None, true),
];

/// The generator of this API group and kind.
pub fn find(group: &str, kind: &str) -> Option<&'static Generator> {
    GENERATORS
        .iter()
        .find(|it| it.group == group && it.kind == kind)
}
