//! Which release of Istio a repository runs, as far as its own objects say.

use super::mesh::Evidence;
use super::{Inventory, ObjectId};
use crate::kube::{Object, Workload};
use crate::units::Version;
use crate::yaml::Node;

/// What the objects of one repository say of Istio's release.
#[derive(Debug, Default)]
pub(super) struct Releases {
    named: Vec<(Version, ObjectId)>,
    /// Whether something is there that no release that is named has to know, or that names none.
    is_open: bool,
}

impl Releases {
    pub(super) fn add(&mut self, id: ObjectId, object: &Object) {
        match named(object) {
            Some((release, _)) => self.named.push((release, id)),
            None => self.is_open |= is_of_unknown_release(object),
        }
    }
}

impl Inventory {
    /// Whether Istio is older than a release where an object is deployed: what is configured says so, or
    /// all that the object's repository says of it. `None` where nothing does.
    pub fn older_istio(&self, object: &Object, since: Version) -> Option<OlderIstio<'_>> {
        if let Some(release) = self.settings(object).mesh.istio_version {
            return (release < since).then_some(OlderIstio { release, by: None });
        }
        let releases = &self.mesh_view(object)?.releases;
        let (release, id) = *releases.named.iter().max_by_key(|(release, _)| *release)?;
        if releases.is_open || release >= since {
            return None;
        }
        let object = &self.get(id)?.object;
        let (_, node) = named(object)?;
        let by = Evidence {
            object,
            node,
            message: format!("Istio {release}"),
        };
        Some(OlderIstio {
            release,
            by: Some(by),
        })
    }
}

/// A release of Istio that does not know something yet.
#[derive(Clone, Debug)]
pub struct OlderIstio<'a> {
    /// Which one.
    pub release: Version,
    /// What in view says so; nothing where the configuration does.
    pub by: Option<Evidence<'a>>,
}

/// The release that an object names, and where.
fn named(object: &Object) -> Option<(Version, Node<'_>)> {
    match (object.group(), object.kind()) {
        // The operator of 1.4; 1.5 reads an IstioOperator (`pkg/apis/istio/v1alpha1` of istio/operator).
        ("install.istio.io", "IstioControlPlane") => {
            Some((Version::new(1, 4), object.node().get("kind")?))
        }
        ("install.istio.io", "IstioOperator") => {
            let node = object.node().at(&["spec", "tag"])?;
            Some((release_of(node.text()?)?, node))
        }
        _ => image_release(object),
    }
}

/// The highest release among the images of Istio that a workload runs.
pub(super) fn image_release(object: &Object) -> Option<(Version, Node<'_>)> {
    let workload = Workload::of(object)?;
    let containers = workload.template().containers();
    let images = containers.filter_map(|container| {
        let (name, tag) = container.data.image.as_deref()?.rsplit_once(':')?;
        let release = is_of_istio(name).then(|| release_of(tag))??;
        Some((release, container.node.get("image")?))
    });
    images.max_by_key(|(release, _)| *release)
}

/// Whether an image is a part of Istio, whose tag is its release; `istio/examples-…` has releases of its own.
fn is_of_istio(name: &str) -> bool {
    const PARTS: [&str; 12] = [
        "citadel",
        "galley",
        "istio-ca",
        "mixer",
        "node-agent-k8s",
        "operator",
        "pilot",
        "proxy",
        "proxy_init",
        "proxyv2",
        "sidecar_initializer",
        "sidecar_injector",
    ];
    let mut parts = name.rsplit('/');
    let is_part = parts.next().is_some_and(|it| PARTS.contains(&it));
    is_part && parts.any(|it| it.starts_with("istio"))
}

fn release_of(tag: &str) -> Option<Version> {
    let tag = tag.strip_prefix("release-").unwrap_or(tag);
    tag.split(['-', '@']).next()?.parse().ok()
}

/// Whether an object is of a release that it does not name: an operator's resource without a tag, or what
/// only a later Istio than those of `IstioControlPlane` knows (Telemetry since 1.11, WasmPlugin since 1.12,
/// ProxyConfig since 1.13, the groups' `v1` since 1.22).
fn is_of_unknown_release(object: &Object) -> bool {
    let group = object.group();
    let is_of_istio = group.ends_with(".istio.io");
    is_of_istio
        && (matches!(
            object.kind(),
            "IstioOperator" | "Telemetry" | "WasmPlugin" | "ProxyConfig"
        ) || object.api_version().ends_with("/v1"))
}
