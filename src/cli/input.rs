//! What every command that reads manifests does first.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use super::args::InputArgs;
use super::fixing::counted;
use super::guard::Guard;
use super::progress::Progress;
use super::{Failure, output, replace};
use crate::config::{self, Flags, Nested, apply_flags};
use crate::discover::{self, Discovered, Request, Stdin};
use crate::finding::Unjudged;
use crate::inventory::Inventory;
use crate::render;
use crate::report::not_judged;
use crate::rules::metas;
use crate::settings::{RenderMode, Settings};
use crate::skipped;
use crate::source::{Location, Role, Source, SourceId, Sources};

/// The working directory.
pub(super) fn working_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::one(format!("the working directory cannot be read: {error}")))
}

/// The configuration file, under the flags.
pub(super) fn settings(args: &InputArgs, flags: Flags, cwd: &Path) -> Result<Settings, Failure> {
    let mut settings = configured(args.config.as_deref(), args.no_config, cwd)?;
    apply_flags(&mut settings, flags, cwd, metas())?;
    if args.no_context {
        settings.context = Some(Vec::new());
    }
    if settings.render.wanted != settings.render.mode && !args.quiet {
        let file = settings.files.first().map(|file| file.shown.as_str());
        output::to_stderr("note", [only_wanted(file.unwrap_or_default())]);
    }
    Ok(settings)
}

/// What the configuration file of the run says: the named one, or the nearest at or above the working directory.
pub(super) fn configured(
    named: Option<&Path>,
    no_config: bool,
    cwd: &Path,
) -> Result<Settings, Failure> {
    let file = match named {
        _ if no_config => None,
        Some(file) => Some(stays_in(cwd, file)?),
        None => config::find(cwd)?,
    };
    let mut settings = match file {
        Some(file) => config::load(&file, &discover::relative(cwd, &file), metas())?,
        None => Settings::default(),
    };
    settings.cwd = std::fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    Ok(settings)
}

/// Takes in the configuration files that are nearer to some sources than that of the run; gives what they say and
/// only that of the run can.
pub(super) fn nest<'p>(
    settings: &mut Settings,
    paths: impl Iterator<Item = &'p str>,
    cwd: &Path,
) -> Result<Vec<Nested>, Failure> {
    let directories = paths.filter_map(|path| Some(settings.absolute(path).parent()?.to_owned()));
    let directories = directories.collect();
    let show = |file: &Path| discover::relative(cwd, file);
    Ok(config::nest(settings, directories, &show, metas())?)
}

/// `a/lameduck.yaml: …`
fn not_used(nested: &Nested) -> String {
    let keys: Vec<String> = nested
        .unused
        .iter()
        .map(|(key, line)| format!("`{key}` (line {line})"))
        .collect();
    let verb = if keys.len() == 1 { "holds" } else { "hold" };
    format!(
        "{}: not used: {} {verb} for a whole run, which has another configuration file or none",
        nested.shown,
        keys.join(", ")
    )
}

/// A path of the command line, unless a link that lies in a repository leads it out of that: whoever
/// proposes a change may have planted it, and what it leads to would be quoted.
///
/// # Errors
/// Where it does; they say what to name.
pub(super) fn stays_in(cwd: &Path, path: &Path) -> Result<PathBuf, Failure> {
    let whole = cwd.join(path);
    if !replace::leads_out(&whole) {
        return Ok(whole);
    }
    Err(Failure::one(format!(
        "{}: a link in its path leads out of the repository: name what it leads to",
        path.display()
    )))
}

/// Why a configuration file that asks for rendering gets none.
fn only_wanted(file: &str) -> String {
    format!(
        "{file}: `render` asks for `auto`, but nothing is rendered: that runs programs, which a file of \
         the repository cannot decide; add `--render auto` to the command line"
    )
}

/// Reads standard input where a path asks for it.
pub(super) fn stdin(
    args: &InputArgs,
    settings: &Settings,
    progress: &Progress,
) -> Result<Option<Stdin>, Failure> {
    if !args.has_stdin() {
        return match &args.stdin_filename {
            Some(_) => Err(Failure::one(
                "--stdin-filename: standard input is only read where a path is `-`",
            )),
            None => Ok(None),
        };
    }
    let stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        // Whoever types there is not to be written over.
        progress.pause();
        if !args.quiet {
            output::to_stderr("note", ["reading manifests from standard input"]);
        }
    } else {
        progress.stage("reading standard input");
    }
    let mut bytes = Vec::new();
    stdin
        .take(settings.max_file_size.bytes() + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::one(format!("standard input cannot be read: {error}")))?;
    Ok(Some(Stdin {
        bytes,
        filename: args.stdin_filename.clone(),
    }))
}

/// Works on as many threads as are asked for.
pub(super) fn in_pool<T: Send>(
    args: &InputArgs,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let Some(jobs) = args.jobs else {
        return work();
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.get())
        .build()
        .map_err(|error| Failure::one(format!("--jobs: {error}")))?
        .install(work)
}

/// The sources that the paths name, rendered where that is asked for, and their context.
pub(super) fn find(
    args: &InputArgs,
    cwd: &Path,
    settings: &mut Settings,
    stdin: Option<Stdin>,
    progress: &Progress,
    guard: &Guard,
) -> Result<Discovered, Failure> {
    let paths: Vec<PathBuf> = args
        .paths
        .iter()
        .filter(|path| *path != Path::new("-"))
        .cloned()
        .collect();
    let folders = args.context.iter().chain(&args.stdin_filename);
    for path in paths.iter().chain(folders) {
        stays_in(cwd, path)?;
    }
    progress.stage("reading files");
    // Folders may be costly by themselves.
    guard.admit(0);
    let mut discovered = discover::discover(Request {
        cwd,
        paths: &paths,
        stdin,
        exclude: &settings.exclude,
        context: settings.context.as_deref(),
        folders: &settings.context_folders,
        bounds: settings.bounds,
        gitignore: !args.no_gitignore,
        max_file_size: settings.max_file_size,
    })?;
    discovered.notices.extend(joined(&discovered));
    if args.config.is_none() && !args.no_config {
        let paths = discovered.sources.iter().map(Source::path);
        let nested = nest(settings, paths, cwd)?;
        discovered.notices.extend(nested.iter().map(not_used));
    }
    let bytes = |discovered: &Discovered| {
        let texts = discovered.sources.iter().map(|it| it.text().len() as u64);
        texts.sum()
    };
    guard.admit(bytes(&discovered));
    progress.stage("rendering");
    render::render(&mut discovered, cwd, settings)?;
    guard.admit(bytes(&discovered));
    Ok(discovered)
}

/// What standard input that stands for no file is judged with.
fn joined(discovered: &Discovered) -> Option<String> {
    let sources = &discovered.sources;
    let stdin = sources.get(discovered.stdin?);
    let context = sources.iter().filter(|it| it.role() == Role::Context);
    let files = match context.count() {
        0 => return None,
        1 => "1 file of the repository, which can".to_owned(),
        count => format!("{count} files of the repository, which can"),
    };
    stdin.is_unnamed().then(|| {
        format!(
            "standard input is judged next to {files} only silence findings; --no-context leaves \
             {} out",
            if files.starts_with("1 ") {
                "it"
            } else {
                "them"
            }
        )
    })
}

/// What to say on standard error besides the reports.
pub(super) struct Said<'a> {
    pub(super) discovered: &'a Discovered,
    pub(super) inventory: &'a Inventory,
    pub(super) unjudged: &'a Unjudged,
    /// Whether what goes to standard output says what was not judged.
    pub(super) is_told: bool,
    pub(super) is_empty: bool,
}

/// Says on standard error what was not read or judged, and where there was nothing to read at all.
pub(super) fn tell(args: &InputArgs, said: &Said<'_>) {
    if args.quiet {
        return;
    }
    let discovered = said.discovered;
    output::to_stderr("note", &discovered.notices);
    output::to_stderr("note", not_yaml(&discovered.sources, said.inventory));
    if !said.is_told {
        output::to_stderr("note", not_judged(said.unjudged));
    }
    if said.is_empty && !args.fail_on_empty && discovered.unread.is_empty() {
        output::to_stderr("note", [nothing_found(&args.paths)]);
    }
}

/// What was not judged.
pub(super) fn unjudged(
    discovered: &Discovered,
    inventory: &Inventory,
    settings: &Settings,
) -> Unjudged {
    let renders = settings.render.mode == RenderMode::Auto;
    skipped::unjudged(discovered, inventory, renders)
}

/// Fails where something else has failed, where not all was read that was to be, and where there was
/// nothing to read and that is no success.
pub(super) fn refuse(
    args: &InputArgs,
    discovered: &Discovered,
    mut messages: Vec<String>,
    is_empty: bool,
) -> Result<(), Failure> {
    messages.extend_from_slice(&discovered.unread);
    if !messages.is_empty() {
        return Err(Failure { messages });
    }
    if args.fail_on_empty && is_empty {
        return Err(Failure::one(nothing_found(&args.paths)));
    }
    Ok(())
}

/// Where documents of named files stop being YAML, a line for each file, for standard error.
fn not_yaml(sources: &Sources, inventory: &Inventory) -> Vec<String> {
    let named = |source| sources.get(source).role() == Role::Named;
    let documents = inventory.unreadable().iter();
    let mut files: BTreeMap<SourceId, Vec<_>> = BTreeMap::new();
    for document in documents.filter(|document| named(document.source)) {
        files.entry(document.source).or_default().push(document);
    }
    files
        .into_values()
        .filter_map(|documents| {
            let document = documents.first()?;
            let more = match documents.len() - 1 {
                0 => String::new(),
                more => format!(
                    " (and {} of this file)",
                    counted(more, "more document", "more documents")
                ),
            };
            let place = sources.place(Location {
                source: document.source,
                span: document.span,
            });
            let source = sources.get(place.source);
            let at = source.position(place.span.start);
            Some(format!(
                "{}:{}:{}: skipped, not YAML and not a manifest: {}{more}",
                source.path(),
                at.line,
                at.column,
                document.message
            ))
        })
        .collect()
}

/// What standard error says when there was nothing to judge.
fn nothing_found(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> = paths
        .iter()
        .take(SHOWN)
        .map(|path| match path.display().to_string().as_str() {
            "-" => "standard input".to_owned(),
            "." => "the working directory".to_owned(),
            path => path.to_owned(),
        })
        .collect();
    if paths.len() > SHOWN {
        names.push(format!("{} more", paths.len() - SHOWN));
    }
    format!(
        "no Kubernetes manifest found in {}: looked for documents with apiVersion and kind (in a \
         folder: in its *.yaml, *.yml and *.json files that are not ignored)",
        names.join(", ")
    )
}
