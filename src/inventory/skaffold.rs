//! The images whose tags something else writes when it deploys: Skaffold those that it builds, a
//! kustomization those that it names.

use std::collections::HashSet;

use super::Inventory;
use crate::kube::{Body, Object, Workload};
use crate::yaml::Node;

/// The names of images, without tags.
#[derive(Debug, Default)]
pub(super) struct BuiltImages {
    /// What the `skaffold.yaml` files in view build.
    names: HashSet<String>,
    /// What the kustomizations in view give a version, if only `latest`.
    tagged: HashSet<String>,
    /// What runs of all that.
    run: HashSet<String>,
}

impl BuiltImages {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let configs = inventory
            .all_objects()
            .filter(|object| is_config(object))
            .map(Object::node);
        // A profile adds to what the file builds, or replaces it.
        let builds = configs.flat_map(|config| {
            let profiles = config.get("profiles").into_iter().flat_map(Node::items);
            std::iter::once(config).chain(profiles.map(Node::resolved))
        });
        let artifacts = builds
            .filter_map(|holder| holder.at(&["build", "artifacts"]))
            .flat_map(Node::items);
        let names = artifacts
            .filter_map(|artifact| artifact.resolved().get("image")?.as_str())
            .map(|image| without_version(image).to_owned());
        let tagged = tagged(inventory);
        let run = if tagged.is_empty() {
            HashSet::new()
        } else {
            let templates = inventory.workloads().map(Workload::template);
            let images = templates.flat_map(|template| {
                let containers = template.containers();
                containers.filter_map(|it| it.data.image.as_deref().map(without_version))
            });
            images
                .filter(|image| tagged.contains(*image))
                .map(str::to_owned)
                .collect()
        };
        Self {
            names: names.collect(),
            tagged,
            run,
        }
    }
}

impl Inventory {
    /// Whether a `skaffold.yaml` in view builds an image of this name, whatever its tag.
    pub fn is_built_by_skaffold(&self, image: &str) -> bool {
        self.built_images.names.contains(without_version(image))
    }

    /// Whether a kustomization in view gives the image of this name a version, though the way from it to
    /// the workload may not be in view. A name without a publisher is one that many may use.
    pub fn is_tagged_by_kustomization(&self, image: &str) -> bool {
        let name = without_version(image);
        name.contains('/') && self.built_images.tagged.contains(name)
    }

    /// Whether a workload in view has an image of this name, which a kustomization gives a version.
    pub fn runs_tagged_image(&self, name: &str) -> bool {
        self.built_images.run.contains(name)
    }
}

fn tagged(inventory: &Inventory) -> HashSet<String> {
    let mut names = HashSet::new();
    for object in inventory.all_objects() {
        let Body::Kustomization(data) = object.body() else {
            continue;
        };
        let fixed = data.images.iter().filter(|image| {
            image.digest.is_some() || image.new_tag.as_ref().is_some_and(|tag| !tag.is_empty())
        });
        names.extend(fixed.filter_map(|image| image.name.clone()));
    }
    names
}

fn is_config(object: &Object) -> bool {
    object.kind() == "Config" && object.api_version().starts_with("skaffold/")
}

/// An image's name without tag and digest.
fn without_version(image: &str) -> &str {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    match name.rsplit_once(':') {
        // What comes before a `/` is a port of the registry.
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::without_version;

    #[test]
    fn names_of_images() {
        for (image, name) in [
            ("web", "web"),
            ("web:1.0", "web"),
            ("localhost:5000/web", "localhost:5000/web"),
            ("localhost:5000/web:1.0@sha256:ab", "localhost:5000/web"),
        ] {
            assert_eq!(without_version(image), name, "{image}");
        }
    }
}
