//! Where manifests come from, as far as they say: what a tool writes is not to be edited, and what a
//! cluster gave is not to be judged as what somebody wrote.

mod collected;
mod originals;
mod releases;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Entry, Inventory, nearest, purpose, serialized};
use crate::kube::{Object, is_sealed};
use crate::source::{Location, Source, SourceId, Sources};
use crate::yaml::{Node, Tree};

/// The label of what Istio's installer renders and owns.
const OWNED_BY_ISTIO: &str = "install.operator.istio.io/owning-resource";

/// Why a text is not to be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unedited {
    /// A tool writes it.
    Generated,
    /// It is a copy of what others maintain.
    Copied,
    /// It collects what stands in files of their own.
    Collected,
    /// A cluster gave it.
    Dump,
    /// SOPS has encrypted it and signed what it is.
    Sealed,
}

/// What is known of where the texts of a run come from.
#[derive(Debug, Default)]
pub(super) struct Provenance {
    generated: HashSet<SourceId>,
    /// Below a folder of copies.
    copied: HashSet<SourceId>,
    collected: HashSet<SourceId>,
    /// Beside a folder for newer releases.
    outdated: HashSet<SourceId>,
    /// Below a folder for development or lessons.
    trials: HashSet<SourceId>,
    /// By their names, what makes requests fail on purpose.
    faults: HashSet<SourceId>,
    sealed: HashSet<SourceId>,
    /// Objects that Helm or `istioctl manifest generate` has rendered, by their place.
    charted: HashSet<Location>,
    /// Objects that a cluster gave, by their place.
    dumps: HashSet<Location>,
    /// The places of objects that others are copies of, by the place of the copy.
    originals: HashMap<Location, Vec<Location>>,
}

impl Provenance {
    pub(super) fn of(
        inventory: &Inventory,
        sources: &Sources,
        others: &[(SourceId, Arc<Tree>)],
    ) -> Self {
        let mut found = Self {
            generated: sources
                .iter()
                .filter(|it| says_so(it) || is_of_helm(it.text()))
                .map(Source::id)
                .collect(),
            copied: of_paths(sources, is_copy),
            collected: collected::files(inventory, sources),
            outdated: releases::outdated(sources),
            trials: of_paths(sources, purpose::is_trial),
            faults: of_paths(sources, purpose::names_fault),
            ..Self::default()
        };
        found
            .generated
            .extend(serialized::files(inventory, sources));
        let copies = found.generated.union(&found.collected).copied().collect();
        found.originals = originals::of(inventory, &copies);
        let sealed = others.iter().filter(|(_, tree)| is_sealed(tree.root()));
        found.sealed.extend(sealed.map(|(source, _)| *source));
        let named = sources.iter().filter(|it| names_template(it.text()));
        let rendered: HashSet<SourceId> = named.map(Source::id).collect();
        for entry in &inventory.entries {
            let object = &entry.object;
            if is_sealed(object.node()) {
                found.sealed.insert(object.source());
            }
            let place = object.location(object.node());
            if object.is_dump() {
                found.dumps.insert(place);
            }
            // Istio's own charts label what they render (`manifests/charts`, 1.29).
            if rendered.contains(&object.source()) && object.label("helm.sh/chart").is_some()
                || object.label(OWNED_BY_ISTIO).is_some()
                || is_of_installed_chart(object)
            {
                found.charted.insert(place);
            }
        }
        found
    }

    /// Whether a file's name or its folder's says that requests are to fail.
    pub(super) fn is_for_faults(&self, source: SourceId) -> bool {
        self.faults.contains(&source)
    }

    /// Whether a file lies below a folder for development or lessons.
    pub(super) fn is_for_trial(&self, source: SourceId) -> bool {
        self.trials.contains(&source)
    }
}

/// The files of whose paths, relative to the root of their repository, something holds.
fn of_paths(sources: &Sources, holds: impl Fn(&str) -> bool) -> HashSet<SourceId> {
    let found = sources.iter().filter(|source| holds(source.root_path()));
    found.map(Source::id).collect()
}

/// Whether a folder on the way to a file holds copies of what others maintain: the next one would take a
/// change back. `overlays/upstream` is a variant of one's own.
fn is_copy(root_path: &str) -> bool {
    const FOLDERS: [&str; 6] = [
        "third-party",
        "third_party",
        "thirdparty",
        "upstream",
        "vendor",
        "vendored",
    ];
    const LAYERS: [&str; 5] = ["base", "bases", "components", "overlays", "variants"];
    let folders = root_path.rsplit_once('/').map_or("", |(above, _)| above);
    let mut above = "";
    folders.split('/').any(|folder| {
        let is_layer = LAYERS.contains(&above);
        above = folder;
        FOLDERS.contains(&folder) && !is_layer
    })
}

/// Whether an object is of a mesh's control plane or gateways as their charts write it: with Istio's label
/// for the component (`manifests/charts`, 1.6 and newer), those of Helm 2 for the release, or Linkerd's for
/// the control plane.
fn is_of_installed_chart(object: &Object) -> bool {
    let of_helm_2 = || {
        let heritage = object.label("heritage").and_then(Node::text);
        heritage == Some("Tiller") && object.label("chart").is_some()
    };
    object.label("operator.istio.io/component").is_some()
        || object.label("linkerd.io/control-plane-component").is_some()
        || of_helm_2()
}

/// Whether a file says that a tool writes it: by its name, or above its first line that is no comment.
fn says_so(source: &Source) -> bool {
    const WORDS: [&str; 10] = [
        "do not edit",
        "don't edit",
        "do not modify",
        "code generated",
        "autogenerated",
        "auto-generated",
        "automatically generated",
        "file is generated",
        "file was generated",
        "generated file",
    ];
    let path = source.path();
    if path.ends_with(".gen.yaml") || path.ends_with(".gen.yml") {
        return true;
    }
    let lines = source
        .text()
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim());
    let head = lines.take_while(|line| line.is_empty() || line.starts_with(['#', '%', '-']));
    head.filter(|line| line.starts_with('#')).any(|line| {
        let line = line.to_lowercase();
        WORDS.iter().any(|words| line.contains(words))
    })
}

/// Whether a text is what `helm template` writes: `# Source: web/templates/deployment.yaml`.
fn is_of_helm(text: &str) -> bool {
    let mut sources = text.lines().filter_map(|it| it.strip_prefix("# Source: "));
    sources.any(|path| path.contains("/templates/") && !path.contains(' '))
}

/// Whether a text has the comments that Helm writes above what it renders.
fn names_template(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("# Source: "))
}

impl Inventory {
    /// Why what a finding asks to change is not to be edited: the text of this source, for the object
    /// whose outermost node is `subject`.
    pub fn unedited(&self, source: SourceId, subject: Option<Location>) -> Option<Unedited> {
        let known = &self.provenance;
        if known.sealed.contains(&source) {
            Some(Unedited::Sealed)
        } else if subject.is_some_and(|subject| known.dumps.contains(&subject)) {
            Some(Unedited::Dump)
        } else if known.copied.contains(&source) {
            Some(Unedited::Copied)
        } else if known.collected.contains(&source) {
            Some(Unedited::Collected)
        } else if known.generated.contains(&source)
            || subject.is_some_and(|subject| known.charted.contains(&subject))
        {
            Some(Unedited::Generated)
        } else {
            None
        }
    }

    /// The objects that people edit and this one, by its place, is a copy of: a tool wrote its file, or it
    /// collects what stands in others.
    pub fn originals(&self, copy: Location) -> &[Location] {
        let known = self.provenance.originals.get(&copy);
        known.map_or(&[], Vec::as_slice)
    }

    /// Whether the name of a folder says that another one is for newer releases of the cluster than this text.
    pub fn is_for_older_releases(&self, source: SourceId) -> bool {
        self.provenance.outdated.contains(&source)
    }

    /// Whether an object is a dump that lies in a file: nobody applies it. What comes through standard
    /// input was asked for.
    pub fn is_dump(&self, object: &Object) -> bool {
        let comes_in = |entry: &Entry| entry.view == nearest::View::Stdin;
        object.is_dump() && !self.entry(object).is_some_and(comes_in)
    }
}
