//! `lameduck init`

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::args::{InitArgs, InputArgs};
use super::fixing::counted;
use super::guard::Guard;
use super::progress::Progress;
use super::verdict::{Baselines, Judge};
use super::{Failure, input, output};
use crate::config::{self, Survey};
use crate::discover::{self, Discovered, Request};
use crate::engine;
use crate::finding::Outcome;
use crate::inventory::{Inventory, Membership};
use crate::kube::Body;
use crate::report::sanitize;
use crate::settings::{CONFIG_FILE_NAMES, InputBounds, PathGlob, Settings};
use crate::source::Source;
use crate::units::{SizeLimit, Version};

/// The file that is written.
const FILE: &str = "lameduck.yaml";
const BASELINE: &str = "lameduck-baseline.json";

/// Names of directories that hold what others wrote, or test data.
const EXCLUDED: [&str; 8] = [
    "__fixtures__",
    "fixtures",
    "node_modules",
    "test-data",
    "testdata",
    "testfixtures",
    "third_party",
    "vendor",
];
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

pub(super) fn run(args: &InitArgs) -> Result<(), Failure> {
    let cwd = input::working_directory()?;
    if let Some(there) = CONFIG_FILE_NAMES
        .iter()
        .find(|name| cwd.join(name).exists())
    {
        return Err(Failure::one(format!(
            "{there} is already here: it is left as it is"
        )));
    }
    let above = config::find(&cwd)?;
    let names = excluded(&find(&cwd, &[])?);
    let exclude: Vec<PathGlob> = names.iter().map(|name| excluding(&cwd, name)).collect();
    let discovered = find(&cwd, &exclude)?;
    output::to_stderr("note", &discovered.unread);
    let settings = Settings::default();
    let inventory = Inventory::read(&discovered.sources, &settings);
    let outcome = engine::run(&discovered.sources, &inventory, &settings);
    let survey = Survey {
        excluded: names,
        baseline: (args.baseline || cwd.join(BASELINE).is_file()).then(|| BASELINE.to_owned()),
        ..survey(&discovered, &inventory, &outcome)
    };
    output::to_file(&cwd.join(FILE), config::starter(&survey).as_bytes())?;
    if let Some(above) = above {
        let above = discover::relative(&cwd, &above);
        let notice = format!(
            "{above} does not count below this directory any more: `extends: {above}` in {FILE} builds on it"
        );
        output::to_stderr("note", [notice]);
    }
    if args.baseline {
        write_baseline(&cwd)?;
    }
    let mut next = format!("wrote {FILE} ({})\nnext: lameduck check\n", survey.counts);
    if !outcome.findings.is_empty() && survey.baseline.is_none() {
        let findings = counted(outcome.findings.len(), "finding", "findings");
        let line = format!(
            "      lameduck check --write-baseline {BASELINE}  (leaves the {findings} of today for later)\n"
        );
        next.push_str(&line);
    }
    output::to_stdout(next.as_bytes())
}

/// Lists the findings of today, as `lameduck check --write-baseline` under the new configuration.
fn write_baseline(cwd: &Path) -> Result<(), Failure> {
    let args = InputArgs::quiet().map_err(|error| Failure::one(error.to_string()))?;
    let mut settings = input::settings(&args, args.flags(), cwd)?;
    let progress = Progress::start(true);
    let guard = Guard::start(&args, 1);
    let mut discovered = input::find(&args, cwd, &mut settings, None, &progress, &guard)?;
    let baselines = Baselines {
        read: None,
        write: Some(Path::new(BASELINE)),
    };
    let judge = Judge::new(
        crate::rules::all(),
        &args,
        baselines,
        cwd,
        &settings,
        &mut discovered,
    )?;
    let (inventory, mut outcome) = judge.run(&discovered.sources);
    judge.write_baseline(false, &discovered, &inventory, &mut outcome)
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

/// The directories of [`EXCLUDED`] that are there.
fn excluded(found: &Discovered) -> Vec<String> {
    let paths: Vec<&str> = found.sources.iter().map(Source::path).collect();
    let is_there = |name: &&str| {
        let mut folders = paths
            .iter()
            .filter_map(|path| Some(path.rsplit_once('/')?.0));
        folders.any(|folder| folder.split('/').any(|it| it == *name))
    };
    (EXCLUDED.into_iter().filter(is_there))
        .map(str::to_owned)
        .collect()
}

fn excluding(cwd: &Path, name: &str) -> PathGlob {
    PathGlob {
        base: cwd.to_owned(),
        glob: format!("{name}/"),
    }
}

fn survey(found: &Discovered, inventory: &Inventory, outcome: &Outcome) -> Survey {
    let summary = &outcome.summary;
    let folders: BTreeSet<&str> = found
        .sources
        .iter()
        .filter_map(|source| Some(source.path().rsplit_once('/')?.0))
        .collect();
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
        kustomizations: names(kustomizations),
        charts: names(charts),
        meshed: [Membership::Sidecar, Membership::Ambient, Membership::Likely].map(count),
        kubernetes: release(found, &["kindest/node:"], config::parse_kubernetes_version),
        istio: release(found, &ISTIO_IMAGES, config::parse_istio_version),
        stages: names(folders.iter().filter_map(|folder| stage(folder))),
        ..Survey::default()
    }
}

/// The images of Istio itself, whose tags are its release.
const ISTIO_IMAGES: [&str; 2] = ["istio/proxyv2:", "istio/pilot:"];

/// The release that images of the manifests name, and the place of the first; none where they differ.
fn release(
    found: &Discovered,
    images: &[&str],
    parse: fn(&str) -> Result<Version, String>,
) -> Option<(String, String)> {
    let mut releases: BTreeMap<String, String> = BTreeMap::new();
    for source in &found.sources {
        for image in images {
            for (at, _) in source.text().match_indices(image) {
                let tag = source.text().get(at + image.len()..).unwrap_or_default();
                let is_part = |char: char| char.is_ascii_digit() || matches!(char, 'v' | '.');
                let tag: String = tag.chars().take_while(|char| is_part(*char)).collect();
                if let Ok(version) = parse(tag.trim_end_matches('.')) {
                    let line = source.position(u32::try_from(at).unwrap_or(u32::MAX)).line;
                    let place = format!("{}:{line}", sanitize(source.path()));
                    releases.entry(version.to_string()).or_insert(place);
                }
            }
        }
    }
    match releases.len() {
        1 => releases.into_iter().next(),
        _ => None,
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
