//! What a run has in its named paths and does not judge, counted by reason: silence about it would
//! pass for an all-clear.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::discover::{Discovered, SkippedBecause};
use crate::finding::{SkipReason, Skipped, Unjudged};
use crate::inventory::{Inventory, Standing};
use crate::kube::tables::{generators, kinds};
use crate::kube::{Body, Object, OpaqueReason, is_placeholder};
use crate::settings::CONFIG_FILE_NAMES;
use crate::source::{Location, Role, Source, SourceId, Sources, Span};

/// What renders a kustomization or a chart in a run that does not.
const RENDER: &str = "lameduck check --render auto";

/// Counts what is not judged. `renders`: whether the run has rendered what it could.
pub fn unjudged(discovered: &Discovered, inventory: &Inventory, renders: bool) -> Unjudged {
    let mut tally = Tally {
        sources: &discovered.sources,
        renders,
        rows: BTreeMap::new(),
        objects: BTreeSet::new(),
    };
    let mut all = BTreeSet::new();
    for object in inventory.all_objects() {
        let place = tally.place(object.location(object.node()));
        if tally.is_named(place) && all.insert(place) {
            tally.add_object(inventory, object, place);
        }
    }
    tally.add_documents(discovered, inventory);
    tally.add_charts(discovered);
    for skipped in &discovered.skipped {
        let reason = match skipped.because {
            SkippedBecause::Unreadable => SkipReason::Unreadable,
            SkippedBecause::NotUtf8 => SkipReason::NotUtf8,
            SkippedBecause::TooLarge => SkipReason::TooLarge,
            SkippedBecause::Encrypted => SkipReason::Encrypted,
            SkippedBecause::Excluded => SkipReason::Excluded,
            SkippedBecause::Ignored => SkipReason::Ignored,
            SkippedBecause::Hidden => SkipReason::Hidden,
            SkippedBecause::Vendored => SkipReason::Vendored,
            SkippedBecause::Unseen => SkipReason::Unseen,
        };
        tally.row(reason, None, None).paths.insert(&skipped.path);
    }
    let broken = inventory.broken().iter().map(|document| document.source);
    let judged: BTreeSet<SourceId> = all
        .difference(&tally.objects)
        .map(|place| place.source)
        .chain(broken)
        .collect();
    let whole: BTreeSet<SourceId> = tally.objects.iter().map(|it| it.source).collect();
    Unjudged {
        objects: tally.objects.len(),
        files: whole.difference(&judged).count(),
        rows: tally.rows(),
    }
}

/// What is not judged for one reason.
#[derive(Default)]
struct Row<'a> {
    render: Option<&'static str>,
    places: BTreeSet<Location>,
    paths: BTreeSet<&'a str>,
}

/// What has been counted.
struct Tally<'a> {
    sources: &'a Sources,
    renders: bool,
    /// By reason and kind.
    rows: BTreeMap<(SkipReason, Option<&'a str>), Row<'a>>,
    /// The manifests that are not judged at all.
    objects: BTreeSet<Location>,
}

impl<'a> Tally<'a> {
    /// Where a person finds it: what several overlays make of one object is one object.
    fn place(&self, location: Location) -> Location {
        self.sources.place(location)
    }

    fn is_named(&self, place: Location) -> bool {
        self.sources.get(place.source).role() == Role::Named
    }

    fn row(
        &mut self,
        reason: SkipReason,
        kind: Option<&'a str>,
        render: Option<&'static str>,
    ) -> &mut Row<'a> {
        let row = self.rows.entry((reason, kind)).or_default();
        row.render = row.render.or(render);
        row
    }

    /// What a manifest is not judged for, if anything.
    fn add_object(&mut self, inventory: &Inventory, object: &'a Object, place: Location) {
        if inventory.standing(object) == Standing::Patch {
            if inventory.is_used_patch(object) {
                self.add_whole(SkipReason::Patch, None, Some(self.rendering()), place);
            } else {
                self.add_whole(SkipReason::UnusedPatch, None, None, place);
            }
        } else if is_placeholder(object.api_version()) || is_placeholder(object.kind()) {
            self.add_whole(SkipReason::UnrenderedTemplate, None, None, place);
        } else if object.is_encrypted() {
            self.add_whole(SkipReason::Encrypted, None, None, place);
        } else if inventory.is_dump(object) {
            self.row(SkipReason::Dump, None, None).places.insert(place);
        } else if let Body::Kustomization(data) = object.body() {
            let has_charts = data.has_charts();
            if has_charts || data.has_remote_resources() {
                let row = self.row(SkipReason::Remote, None, Some("kustomize build"));
                row.places.insert(place);
                if has_charts {
                    row.render = Some("kustomize build --enable-helm");
                }
            }
        } else if let Some(generator) = generators::find(object.group(), object.kind()) {
            let kind = Some(object.kind());
            self.add_whole(SkipReason::Generator, kind, generator.render, place);
        } else if is_custom_resource(object) {
            self.add_whole(SkipReason::CustomResource, name(object.kind()), None, place);
        } else {
            if object.holds_placeholder() {
                let row = self.row(SkipReason::Placeholder, None, None);
                row.places.insert(place);
            }
            if inventory.has_fields_set_elsewhere(object) {
                let rendering = Some(self.rendering());
                let row = self.row(SkipReason::SetElsewhere, None, rendering);
                row.places.insert(place);
            }
        }
    }

    /// A manifest that is not judged at all.
    fn add_whole(
        &mut self,
        reason: SkipReason,
        kind: Option<&'a str>,
        render: Option<&'static str>,
        place: Location,
    ) {
        self.row(reason, kind, render).places.insert(place);
        self.objects.insert(place);
    }

    /// Documents that are no manifests, or that cannot be read.
    fn add_documents(&mut self, discovered: &Discovered, inventory: &Inventory) {
        let charts: BTreeSet<&str> = self.sources.iter().filter_map(chart).collect();
        for stranger in inventory.strangers() {
            let source = self.sources.get(stranger.location.source);
            let is_used = source.is_aside() || discovered.holds_values(source.id());
            let is_known = is_used || is_known_file(source, &charts);
            if is_known || !self.is_named(stranger.location) {
                continue;
            }
            let (reason, render) = if stranger.is_patch && stranger.is_used {
                (SkipReason::Patch, Some(self.rendering()))
            } else if stranger.is_patch {
                (SkipReason::UnusedPatch, None)
            } else if source.invalid_utf8().is_some() {
                (SkipReason::NotUtf8, None)
            } else {
                (SkipReason::NoManifest, None)
            };
            let row = self.row(reason, None, render);
            if reason == SkipReason::NotUtf8 {
                // As a file, not by its documents.
                row.paths.insert(source.path());
            } else {
                row.places.insert(stranger.location);
            }
        }
        let unreadable = inventory.unreadable().iter().map(|document| Location {
            source: document.source,
            span: document.span,
        });
        let unreadable = unreadable.map(|location| (SkipReason::NotYaml, location));
        let unrendered = inventory.unrendered().iter();
        let unrendered = unrendered.map(|location| (SkipReason::UnrenderedTemplate, *location));
        for (reason, location) in unreadable.chain(unrendered) {
            let place = self.place(location);
            if self.is_named(place) {
                self.row(reason, None, None).places.insert(place);
            }
        }
    }

    /// Charts that are not rendered, without the charts inside of them.
    fn add_charts(&mut self, discovered: &'a Discovered) {
        let render = if self.renders {
            "helm template"
        } else {
            RENDER
        };
        let charts = discovered.charts();
        // A library brings none of the charts inside of it to a cluster.
        let whole = charts.iter().filter(|it| !it.is_library);
        let directories: BTreeSet<&Path> = whole.map(|it| &*it.directory).collect();
        for chart in charts.iter().filter(|it| it.is_named() && !it.is_library) {
            let mut outer = chart.directory.ancestors().skip(1);
            if !outer.any(|above| directories.contains(above)) {
                let row = self.row(SkipReason::UnrenderedChart, None, Some(render));
                row.paths.insert(&chart.path);
            }
        }
    }

    fn rendering(&self) -> &'static str {
        if self.renders {
            "kustomize build"
        } else {
            RENDER
        }
    }

    fn rows(self) -> Vec<Skipped> {
        let sources = self.sources;
        let rows = self.rows.into_iter().map(|((reason, kind), row)| Skipped {
            reason,
            kind: kind.map(str::to_owned),
            count: row.places.len() + row.paths.len(),
            example: row.example(sources),
            render: row.render,
        });
        let mut rows: Vec<Skipped> = rows.collect();
        rows.sort_by(|one, other| {
            let key = |row: &Skipped| (row.reason, row.kind.is_none(), Reverse(row.count));
            key(one)
                .cmp(&key(other))
                .then_with(|| one.kind.cmp(&other.kind))
        });
        rows
    }
}

impl Row<'_> {
    /// The first by path and place.
    fn example(&self, sources: &Sources) -> String {
        let places = self.places.iter().map(|place| {
            let path = sources.get(place.source).path();
            (path, place.span.start, Some(*place))
        });
        let paths = self.paths.iter().map(|path| (*path, 0, None));
        let first = places.chain(paths).min_by_key(|(path, at, _)| (*path, *at));
        match first {
            Some((path, at, Some(place))) if !is_first(sources, place) => {
                let line = sources.get(place.source).position(at).line;
                format!("{path}:{line}")
            }
            Some((path, ..)) => path.to_owned(),
            None => String::new(),
        }
    }
}

/// The folder and the name of a file.
fn split(source: &Source) -> (&str, &str) {
    let path = source.root_path();
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folder of a chart, of its `Chart.yaml`.
fn chart(source: &Source) -> Option<&str> {
    let (folder, name) = split(source);
    (name == "Chart.yaml").then_some(folder)
}

/// Whether everybody knows that the file is no manifest: the configuration of this program, and what
/// stands in a chart beside its templates.
fn is_known_file(source: &Source, charts: &BTreeSet<&str>) -> bool {
    let (folder, name) = split(source);
    CONFIG_FILE_NAMES.contains(&name)
        || charts.contains(folder) && (name == "Chart.yaml" || name.starts_with("values"))
}

/// Whether nothing but comments stands above a place in its file.
fn is_first(sources: &Sources, place: Location) -> bool {
    let above = sources
        .get(place.source)
        .slice(Span::new(0, place.span.start));
    above.lines().all(|line| {
        let line = line.trim_start_matches('\u{feff}').trim();
        line.is_empty() || line.starts_with(['#', '%']) || line.starts_with("---")
    })
}

/// Whether the object is of a kind that comes from a CustomResourceDefinition and that no rule knows.
/// What does not fit a known kind is reported by rules.
fn is_custom_resource(object: &Object) -> bool {
    let is_unknown = matches!(
        object.body(),
        Body::Opaque(OpaqueReason::Other | OpaqueReason::PodTemplate | OpaqueReason::Generator)
    );
    is_unknown && !kinds::is_closed(object.group())
}

/// A kind as API servers take one. Other text is not repeated in reports.
fn name(kind: &str) -> Option<&str> {
    const LONGEST: usize = 63;
    let is_name = kind.len() <= LONGEST
        && kind.starts_with(|char: char| char.is_ascii_alphabetic())
        && kind.chars().all(|char| char.is_ascii_alphanumeric());
    is_name.then_some(kind)
}
