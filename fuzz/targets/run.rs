//! What the targets that judge manifests share.

use std::sync::Arc;

use lameduck::engine;
use lameduck::finding::Outcome;
use lameduck::inventory::Inventory;
use lameduck::settings::Settings;
use lameduck::source::{NewSource, Role, Scope, Sources};

pub fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.push(NewSource {
        path: "a.yaml".to_owned(),
        root_path: "a.yaml".to_owned(),
        text: Arc::from(text),
        invalid_utf8: None,
        role: Role::Named,
        scope: Scope(Arc::from("")),
    });
    sources
}

pub fn outcome(sources: &Sources) -> Outcome {
    let mut settings = Settings::default();
    settings.common.pedantic = true;
    let inventory = Inventory::read(sources, &settings);
    engine::run(sources, &inventory, &settings)
}
