//! `lameduck init`

use std::collections::BTreeSet;
use std::path::Path;

use super::fixing::counted;
use super::{Failure, output};
use crate::config::{self, Survey};
use crate::discover::{self, Discovered, Request};
use crate::engine;
use crate::finding::Outcome;
use crate::inventory::{Inventory, Membership};
use crate::kube::Body;
use crate::report::sanitize;
use crate::settings::{CONFIG_FILE_NAMES, InputBounds, PathGlob, Settings};
use crate::source::Source;
use crate::units::SizeLimit;

/// The file that is written.
const FILE: &str = "lameduck.yaml";
const BASELINE: &str = "lameduck-baseline.json";

/// Names of directories that hold what others wrote.
const FOREIGN: [&str; 3] = ["vendor", "node_modules", "third_party"];
/// Names of directories of stages where less is asked for.
const STAGES: [&str; 8] = [
    "dev",
    "development",
    "local",
    "preview",
    "sandbox",
    "staging",
    "test",
    "testing",
];

pub(super) fn run() -> Result<(), Failure> {
    let cwd = std::env::current_dir()
        .map_err(|error| Failure::one(format!("the working directory cannot be read: {error}")))?;
    if let Some(there) = CONFIG_FILE_NAMES
        .iter()
        .find(|name| cwd.join(name).exists())
    {
        return Err(Failure::one(format!(
            "{there} is already here: it is left as it is"
        )));
    }
    let above = config::find(&cwd)?;
    let foreign = foreign(&find(&cwd, &[])?);
    let exclude: Vec<PathGlob> = foreign.iter().map(|name| excluding(&cwd, name)).collect();
    let discovered = find(&cwd, &exclude)?;
    output::to_stderr("note", &discovered.unread);
    let settings = Settings::default();
    let inventory = Inventory::read(&discovered.sources, &settings);
    let outcome = engine::run(&discovered.sources, &inventory, &settings);
    let survey = Survey {
        foreign,
        ..survey(&cwd, &discovered, &inventory, &outcome)
    };
    output::to_file(&cwd.join(FILE), config::starter(&survey).as_bytes())?;
    if let Some(above) = above {
        let above = discover::relative(&cwd, &above);
        let notice = format!("{above} is not read any more below this directory");
        output::to_stderr("note", [notice]);
    }
    let mut next = format!("wrote {FILE} ({})\nnext: lameduck check\n", survey.counts);
    if !outcome.findings.is_empty() {
        let findings = counted(outcome.findings.len(), "finding", "findings");
        let line = format!(
            "      lameduck check --write-baseline {BASELINE}  (leaves the {findings} of today for later)\n"
        );
        next.push_str(&line);
    }
    output::to_stdout(next.as_bytes())
}

/// What a run here will see once the configuration is written: it marks the reach of the view.
fn find(cwd: &Path, exclude: &[PathGlob]) -> Result<Discovered, Failure> {
    Ok(discover::discover(Request {
        cwd,
        paths: &[".".into()],
        stdin: None,
        exclude,
        context: Some(&[]),
        gitignore: true,
        folders: &[],
        bounds: InputBounds::default(),
        max_file_size: SizeLimit::default(),
    })?)
}

/// The directories of [`FOREIGN`] that are there.
fn foreign(found: &Discovered) -> Vec<String> {
    let paths: Vec<&str> = found.sources.iter().map(Source::path).collect();
    let is_there = |name: &&str| {
        paths
            .iter()
            .any(|path| path.split('/').any(|it| it == *name))
    };
    (FOREIGN.into_iter().filter(is_there))
        .map(str::to_owned)
        .collect()
}

fn excluding(cwd: &Path, name: &str) -> PathGlob {
    PathGlob {
        base: cwd.to_owned(),
        glob: format!("{name}/"),
    }
}

fn survey(cwd: &Path, found: &Discovered, inventory: &Inventory, outcome: &Outcome) -> Survey {
    let summary = &outcome.summary;
    let folders: BTreeSet<&str> = found
        .sources
        .iter()
        .filter_map(|source| Some(source.path().rsplit_once('/')?.0))
        .collect();
    let namespaces = inventory.objects().filter_map(|it| inventory.namespace(it));
    let kustomizations = inventory
        .all_objects()
        .filter(|object| matches!(object.body(), Body::Kustomization(_)))
        .map(|object| found.sources.get(object.source()).path())
        .map(|path| path.rsplit_once('/').map_or(".", |(folder, _)| folder));
    let charts = found.sources.charts().iter().map(|scope| &*scope.0);
    let memberships: Vec<Membership> = inventory
        .workloads()
        .map(|workload| inventory.mesh(workload).membership)
        .collect();
    let count = |wanted| memberships.iter().filter(|it| **it == wanted).count();
    Survey {
        counts: format!(
            "{} in {}, {}",
            counted(summary.objects, "manifest", "manifests"),
            counted(summary.files, "file", "files"),
            counted(summary.workloads, "workload", "workloads"),
        ),
        namespaces: names(namespaces),
        kustomizations: names(kustomizations),
        charts: names(charts),
        meshed: [Membership::Sidecar, Membership::Ambient, Membership::Likely].map(count),
        stages: names(folders.iter().filter_map(|folder| stage(folder))),
        baseline: (cwd.join(BASELINE).is_file()).then(|| BASELINE.to_owned()),
        ..Survey::default()
    }
}

/// The directory of a stage that a path lies in, where it can be written as a pattern as it is.
fn stage(folder: &str) -> Option<&str> {
    let parts = folder.split('/').scan(0, |end, part| {
        let start = *end;
        *end += part.len() + 1;
        Some((part, start + part.len()))
    });
    let mut stages = parts.filter(|(part, _)| STAGES.contains(part));
    let stage = folder.get(..stages.next()?.1)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    stage.chars().all(plain).then_some(stage)
}

/// Names out of manifests and paths, safe to write into a comment, each once and in order.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let unique: BTreeSet<String> = names.map(|name| sanitize(name).into_owned()).collect();
    unique.into_iter().collect()
}
