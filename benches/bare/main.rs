//! What the YAML parser alone costs: reads every YAML file below a folder and asks for all its events,
//! as many files at a time as there are cores. `benches/peers/speed.py` holds it beside lameduck.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::path::PathBuf;

use granit_parser::Parser;
use rayon::prelude::*;
use walkdir::WalkDir;

fn main() {
    // `cargo bench` adds flags of its own.
    let Some(folder) = std::env::args().skip(1).find(|it| !it.starts_with("--")) else {
        eprintln!("usage: bare FOLDER");
        return;
    };
    let files: Vec<PathBuf> = WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| {
            path.extension()
                .is_some_and(|it| it == "yaml" || it == "yml")
        })
        .collect();
    let events: usize = files.par_iter().map(events).sum();
    println!("{} files, {events} events", files.len());
}

/// Of each document up to its end or to what cannot be parsed.
fn events(file: &PathBuf) -> usize {
    let bytes = std::fs::read(file).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    text.split("\n---")
        .map(|document| {
            let events = Parser::new_from_str(document);
            events.take_while(Result::is_ok).count()
        })
        .sum()
}
