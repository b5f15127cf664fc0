//! From sources to findings with verdicts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::InputArgs;
use super::fixing::counted;
use super::input::stays_in;
use super::{Failure, output};
use crate::discover::{Discovered, relative};
use crate::engine;
use crate::finding::Outcome;
use crate::fix;
use crate::inventory::Inventory;
use crate::report::disarm;
use crate::rules::{Rule, metas, unused_suppression};
use crate::settings::Settings;
use crate::source::{Role, SourceId, Sources, read_text};
use crate::suppress::{self, Baseline, Coverage, View};

/// The baselines that flags name.
#[derive(Clone, Copy, Default)]
pub(super) struct Baselines<'a> {
    pub(super) read: Option<&'a Path>,
    pub(super) write: Option<&'a Path>,
}

/// What findings are judged by, for every state that fixing brings the sources to.
pub(super) struct Judge<'a> {
    rules: &'a [&'static dyn Rule],
    settings: &'a Settings,
    configs: Vec<SourceId>,
    baseline: Option<(Baseline, SourceId)>,
    /// The file to list findings in, and what it lists already.
    rewritten: Option<(PathBuf, Baseline)>,
    covers: Coverage,
    is_whole: bool,
}

impl<'a> Judge<'a> {
    /// Takes the configuration file and the baseline in.
    pub(super) fn new(
        rules: &'a [&'static dyn Rule],
        args: &InputArgs,
        baselines: Baselines<'_>,
        cwd: &Path,
        settings: &'a Settings,
        discovered: &mut Discovered,
    ) -> Result<Self, Failure> {
        let is_named = discovered.sources.iter().all(|it| it.role() == Role::Named);
        let is_whole = is_named && args.exclude.is_empty() && discovered.stdin.is_none();
        let directories = args
            .paths
            .iter()
            .map(|path| cwd.join(path))
            .filter(|path| path.is_dir());
        let covers = Coverage {
            directories: directories
                .map(|path| discovered.root_path(&path))
                .collect(),
        };
        let files = settings.files.iter();
        let configs = files
            .map(|file| discovered.push_aside(&file.path, Arc::clone(&file.text)))
            .collect();
        let mut read = |file: &Path, hint: &str| -> Result<(Baseline, SourceId), Failure> {
            let text = read_text(file, settings.max_file_size).map_err(|error| {
                let shown = relative(cwd, &cwd.join(file));
                Failure::one(format!(
                    "the baseline {shown} cannot be read: {error}{}{hint}",
                    error.hint()
                ))
            })?;
            let id = discovered.push_aside(file, text.into());
            let baseline = Baseline::parse(discovered.sources.get(id))
                .map_err(|error| Failure::one(error.to_string()))?;
            Ok((baseline, id))
        };
        for file in [baselines.read, baselines.write].into_iter().flatten() {
            stays_in(cwd, file)?;
        }
        let rewritten = match baselines.write {
            None => None,
            Some(file) if file.exists() => Some((file.to_owned(), read(file, "")?.0)),
            Some(file) => Some((file.to_owned(), Baseline::default())),
        };
        let baseline = match baselines.read.or(settings.baseline.as_deref()) {
            Some(file) if rewritten.is_none() => Some(read(file, "; --write-baseline writes one")?),
            _ => None,
        };
        Ok(Self {
            rules,
            settings,
            configs,
            baseline,
            rewritten,
            covers,
            is_whole,
        })
    }

    /// Judges everything in view under other settings, without the baseline: what it lists is known,
    /// but as wrong as before.
    pub(super) fn run_under(&self, settings: &Settings, sources: &Sources) -> (Inventory, Outcome) {
        let judge = Judge {
            rules: self.rules,
            settings,
            configs: self.configs.clone(),
            baseline: None,
            rewritten: None,
            covers: Coverage::default(),
            is_whole: false,
        };
        judge.assess(sources)
    }

    /// What the findings are judged under.
    pub(super) fn settings(&self) -> &Settings {
        self.settings
    }

    /// Judges everything in view. Fixes that have to be tried are tried.
    pub(super) fn run(&self, sources: &Sources) -> (Inventory, Outcome) {
        let (inventory, mut outcome) = self.assess(sources);
        fix::withhold(sources, &mut outcome.findings, |sources| {
            self.run_under(self.settings, sources).1.findings
        });
        engine::merge_copies(&mut outcome.findings, &inventory, sources);
        (inventory, outcome)
    }

    fn assess(&self, sources: &Sources) -> (Inventory, Outcome) {
        let inventory = Inventory::read(sources, self.settings);
        let mut outcome = engine::run_rules(self.rules, sources, &inventory, self.settings);
        let view = self.view(sources, &inventory);
        suppress::apply(&mut outcome, &view);
        engine::defer(&mut outcome.findings, view.rules, sources, self.settings);
        engine::merge_variants(&mut outcome.findings, sources);
        engine::finish(&mut outcome.findings, sources);
        // A baseline may list pedantic findings, too.
        engine::finish(&mut outcome.unasked, sources);
        if let Some((baseline, file)) = &self.baseline {
            suppress::apply_baseline(&mut outcome, baseline, *file, &view, &self.covers);
            engine::finish(&mut outcome.findings, sources);
        }
        (inventory, outcome)
    }

    /// Lists the findings in the file that `--write-baseline` names; they do not count any more.
    pub(super) fn write_baseline(
        &self,
        quiet: bool,
        discovered: &Discovered,
        inventory: &Inventory,
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let Some((file, earlier)) = &self.rewritten else {
            return Ok(());
        };
        if !discovered.unread.is_empty() {
            // It would forget what is known of files that could not be read.
            let left = format!("{} is not written: not all could be read", file.display());
            output::to_stderr("warning", [left]);
            return Ok(());
        }
        let view = self.view(&discovered.sources, inventory);
        let baseline = Baseline::of(outcome, earlier, &view, &self.covers);
        let text = baseline
            .to_text()
            .map_err(|error| Failure::one(format!("the baseline: {error}")))?;
        output::to_file(file, disarm::json(&text).as_bytes())?;
        baseline.suppress(&mut outcome.findings);
        if !quiet {
            let listed = counted(baseline.len(), "finding", "findings");
            let mut notice = format!("{} lists {listed}", file.display());
            let gone = earlier.len() - earlier.kept_by(&baseline);
            if gone > 0 {
                let entries = counted(gone, "earlier entry", "earlier entries");
                notice = format!("{notice}; dropped {entries}");
            }
            if self.settings.baseline.is_none() {
                notice = format!(
                    "{notice}; --baseline {} or `baseline:` in lameduck.yaml uses it",
                    file.display()
                );
            }
            output::to_stderr("note", [notice]);
        }
        Ok(())
    }

    fn view<'v>(&'v self, sources: &'v Sources, inventory: &'v Inventory) -> View<'v> {
        View {
            sources,
            inventory,
            settings: self.settings,
            rules: metas(),
            unused: unused_suppression(),
            configs: &self.configs,
            is_whole: self.is_whole,
        }
    }
}
