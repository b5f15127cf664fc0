//! The configuration to start with.

use std::fmt::Write as _;

use super::keys::{About, Shape, keys};

/// What there is in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// In words: `7 manifests in 3 files, 2 workloads`.
    pub counts: String,
    /// The namespaces that manifests name.
    pub namespaces: Vec<String>,
    /// The directories of kustomizations.
    pub kustomizations: Vec<String>,
    /// The directories of Helm charts.
    pub charts: Vec<String>,
    /// How many workloads are in a mesh with sidecars, in an ambient mesh, and likely in a mesh.
    pub meshed: [usize; 3],
    /// Names of directories that hold what others wrote.
    pub foreign: Vec<String>,
    /// Directories of stages where less is asked for.
    pub stages: Vec<String>,
    /// A baseline that lies there.
    pub baseline: Option<String>,
}

/// How many names a comment lists.
const LISTED: usize = 6;
const WIDTH: usize = 100;

/// A configuration that changes nothing but what it leaves out: prose stands behind `# `, keys that
/// can be switched on behind `#`.
pub fn starter(survey: &Survey) -> String {
    let mut text = String::new();
    let home = env!("CARGO_PKG_REPOSITORY");
    prose(
        &mut text,
        "",
        &format!("What each key means: {home}/blob/main/docs/configuration.md"),
    );
    prose(
        &mut text,
        "",
        "Remove the `#` before a key to switch it on. For completion in editors: \
         `lameduck config-schema > lameduck.schema.json`, and a first line `# yaml-language-server: \
         $schema=lameduck.schema.json`.",
    );
    prose(&mut text, "", &seen(survey));
    for about in keys() {
        text.push('\n');
        prose(&mut text, "", &described(about));
        for note in notes(about.name, survey) {
            prose(&mut text, "", &note);
        }
        match (about.shape, value(about.name, survey)) {
            (_, Some(value)) => {
                let _ = writeln!(text, "{}: {value}", about.name);
            }
            (Shape::Section(keys), None) => {
                let _ = writeln!(text, "#{}:", about.name);
                for below in keys() {
                    prose(&mut text, "#  ", &described(below));
                    let _ = writeln!(text, "#  {}: {}", below.name, below.example);
                }
            }
            (_, None) => {
                let _ = writeln!(text, "#{}: {}", about.name, example(about, survey));
            }
        }
    }
    text
}

fn seen(survey: &Survey) -> String {
    let mut seen = format!("Seen when this was written: {}", survey.counts);
    for (what, names) in [
        ("namespaces", &survey.namespaces),
        ("kustomizations in", &survey.kustomizations),
        ("Helm charts in", &survey.charts),
    ] {
        if !names.is_empty() {
            let _ = write!(seen, "; {what} {}", listed(names));
        }
    }
    seen.push('.');
    seen
}

fn described(about: &About) -> String {
    match about.default {
        "" => format!("{}.", about.summary),
        default => format!("{}. Default: {default}.", about.summary),
    }
}

/// What was seen that concerns a key.
fn notes(key: &str, survey: &Survey) -> Vec<String> {
    let rendered = [&survey.kustomizations, &survey.charts];
    match key {
        "mesh" => mesh_notes(survey.meshed),
        "render" if rendered.iter().any(|names| !names.is_empty()) => vec![
            "There are kustomizations or charts here: with `--render auto`, what they make is judged \
             instead of their files; kustomize (or kubectl) and helm must be installed."
                .to_owned(),
        ],
        "overrides" if !survey.stages.is_empty() => {
            vec![format!("Less may be asked of {}.", listed(&survey.stages))]
        }
        _ => Vec::new(),
    }
}

fn mesh_notes([sidecars, ambient, likely]: [usize; 3]) -> Vec<String> {
    let mut notes = Vec::new();
    for (count, what) in [
        (sidecars, "in a mesh with sidecars"),
        (ambient, "in an ambient mesh"),
        (likely, "likely in a mesh"),
    ] {
        match count {
            0 => {}
            1 => notes.push(format!("By the manifests, 1 workload is {what}.")),
            count => notes.push(format!("By the manifests, {count} workloads are {what}.")),
        }
    }
    if notes.is_empty() {
        notes.push("The manifests put no workload in an Istio mesh.".to_owned());
    }
    notes
}

/// The value of a key that is switched on.
fn value(key: &str, survey: &Survey) -> Option<String> {
    match key {
        "exclude" if !survey.foreign.is_empty() => {
            let patterns: Vec<String> = survey.foreign.iter().map(|it| format!("{it}/")).collect();
            Some(format!("[{}]", patterns.join(", ")))
        }
        "baseline" => survey.baseline.clone(),
        _ => None,
    }
}

fn example(about: &About, survey: &Survey) -> String {
    match (about.name, survey.stages.first()) {
        ("overrides", Some(stage)) => format!("[{{ paths: [/{stage}/], ignore: [missing-pdb] }}]"),
        _ => about.example.to_owned(),
    }
}

fn listed(names: &[String]) -> String {
    let mut listed = names
        .iter()
        .take(LISTED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > LISTED {
        let _ = write!(listed, " and {} more", names.len() - LISTED);
    }
    listed
}

/// A comment, broken at spaces.
fn prose(text: &mut String, indent: &str, prose: &str) {
    let mut used = WIDTH;
    for word in prose.split_whitespace() {
        if used + 1 + word.chars().count() > WIDTH {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            let _ = write!(text, "{indent}#");
            used = indent.len() + 1;
        }
        let _ = write!(text, " {word}");
        used += 1 + word.chars().count();
    }
    text.push('\n');
}
