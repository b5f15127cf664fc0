//! What the targets that judge manifests share; none uses all of it.
#![allow(dead_code)]

use std::sync::Arc;

use lameduck::engine;
use lameduck::finding::{Edit, Outcome};
use lameduck::inventory::Inventory;
use lameduck::settings::Settings;
use lameduck::source::{Location, NewSource, Role, Scope, SourceId, Sources};

pub fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    push(&mut sources, "a.yaml", text);
    sources
}

pub fn push(sources: &mut Sources, path: &str, text: &str) -> SourceId {
    sources.push(NewSource {
        path: path.to_owned(),
        root_path: path.to_owned(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    })
}

pub fn outcome(sources: &Sources) -> Outcome {
    let mut settings = Settings::default();
    settings.common.pedantic = true;
    let inventory = Inventory::read(sources, &settings);
    engine::run(sources, &inventory, &settings)
}

/// Every place that findings name lies in its text, on the boundaries of characters.
pub fn assert_in_place(outcome: &Outcome, sources: &Sources) {
    for finding in &outcome.findings {
        let labels = finding.related.iter().map(|label| label.location);
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        let edited = edits.map(|edit: &Edit| Location {
            source: edit.source,
            span: edit.span,
        });
        for place in [finding.primary].into_iter().chain(labels).chain(edited) {
            let text = sources.get(place.source).text();
            assert!(text.get(place.span.range()).is_some(), "{finding:?}");
        }
    }
}
