//! Every rule has a page, the page says what the registry says, and its examples are executed, as are the cases
//! in `rules/<category>/<rule>/cases.md`, which only tests read.
//!
//! The fenced blocks below one heading are the files of one run. Their info strings:
//! `yaml bad` (the marked findings of this rule and no others), `yaml good` (no finding of this
//! rule), `yaml config` (the `lameduck.yaml` of the run); with `file=NAME` where a run has several
//! files. `yaml fixed` is what fixing (`--unsafe-fixes`) makes of the bad block with the same file
//! name, byte for byte; `BLESS=1` rewrites these blocks. A line that must be reported ends in `# ~ rule-id`,
//! with the severity behind it where that is not the rule's own in every case (`# ~ rule-id note`); where no
//! comment can stand, `at=LINE:COLUMN` in the info string says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lameduck::discover::{self, Request};
use lameduck::finding::{Applicability, Finding, FixAvailability, RuleMeta};
use lameduck::fix::{self, Verdict};
use lameduck::inventory::Inventory;
use lameduck::rules;
use lameduck::settings::{RenderMode, Settings};
use lameduck::source::{NewSource, Role, Scope, Sources};
use lameduck::suppress::{self, View};
use lameduck::{config, engine, render};
use pages::{BlockKind, Document, Run, documents, front_matter, runs, runs_of};

fn settings(run: &Run) -> Settings {
    let Some(block) = run
        .blocks
        .iter()
        .find(|block| block.kind == BlockKind::Config)
    else {
        return Settings::default();
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lameduck.yaml");
    std::fs::write(&file, &block.text).unwrap();
    config::load(&file, "lameduck.yaml", rules::metas())
        .unwrap_or_else(|errors| panic!("{}: {errors:?}", run.heading))
}

/// Kustomizations make scopes, as in a real folder.
fn scope(run: &Run, file: &str) -> Scope {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let kustomized = folder.ancestors().find(|ancestor| {
        run.blocks
            .iter()
            .any(|block| Path::new(&block.file) == ancestor.join("kustomization.yaml"))
    });
    Scope(Arc::from(kustomized.unwrap_or(folder).to_str().unwrap()))
}

/// What a run that asks for rendering renders, in a real folder; as much as is there without the
/// programs for it.
fn rendered(run: &Run, settings: &Settings) -> Option<Sources> {
    let folder = tempfile::tempdir().unwrap();
    for block in run.files() {
        std::fs::write(folder.path().join(&block.file), &block.text).unwrap();
    }
    let mut discovered = discover::discover(Request {
        cwd: folder.path(),
        paths: &[folder.path().to_owned()],
        stdin: None,
        exclude: &[],
        context: None,
        gitignore: true,
        folders: &[],
        bounds: lameduck::settings::InputBounds::default(),
        max_file_size: settings.max_file_size,
    })
    .unwrap();
    let mut settings = settings.clone();
    // The page's configuration says that it is about rendering; the command line would say so, too.
    settings.render.mode = settings.render.wanted;
    match render::render(&mut discovered, folder.path(), &settings) {
        Ok(()) => Some(discovered.sources),
        Err(missing) => {
            eprintln!("skipped {}: {missing}", run.heading);
            None
        }
    }
}

fn findings(rule: &str, run: &Run) -> (Sources, Vec<Finding>) {
    let settings = settings(run);
    if settings.render.wanted != RenderMode::Never {
        let sources = rendered(run, &settings).unwrap_or_default();
        let findings = judge(rule, run, &sources);
        return (sources, findings);
    }
    let mut sources = Sources::default();
    for block in run.files() {
        sources.push(NewSource {
            path: block.file.clone(),
            root_path: block.file.clone(),
            text: Arc::from(block.text.as_str()),
            invalid_utf8: None,
            role: Role::Named,
            scope: scope(run, &block.file),
        });
    }
    let findings = judge(rule, run, &sources);
    (sources, findings)
}

/// Whether the run asks for programs that are not here.
fn is_skipped(run: &Run) -> bool {
    let settings = settings(run);
    settings.render.wanted != RenderMode::Never && rendered(run, &settings).is_none()
}

fn judge(rule: &str, run: &Run, sources: &Sources) -> Vec<Finding> {
    let mut settings = settings(run);
    // Pedantic rules are off by default; their own pages show them at work. What is unused shows
    // only where the other rules run.
    let unused = rules::unused_suppression();
    if rule != unused.id {
        settings.common.select.insert(rule.to_owned());
    }
    let inventory = Inventory::read(sources, &settings);
    let mut outcome = engine::run(sources, &inventory, &settings);
    assert!(
        outcome.internal_errors.is_empty(),
        "{:?}",
        outcome.internal_errors
    );
    let view = View {
        sources,
        inventory: &inventory,
        settings: &settings,
        rules: rules::metas(),
        unused,
        configs: &[],
        is_whole: true,
    };
    suppress::apply(&mut outcome, &view);
    engine::finish(&mut outcome.findings, sources);
    outcome.findings.retain(|finding| finding.rule == rule);
    outcome.findings
}

/// What the marks ask for: file, line, and the column where `at=` names it; and the severity where it is
/// named.
type Marks = BTreeMap<(String, u32, Option<u32>), Option<String>>;

fn marked(rule: &str, run: &Run) -> Marks {
    let mut marks = Marks::new();
    for block in run
        .blocks
        .iter()
        .filter(|block| block.kind == BlockKind::Bad)
    {
        for (number, line) in (1..).zip(block.text.lines()) {
            if let Some((_, mark)) = line.rsplit_once("# ~ ") {
                let (id, severity) = match mark.trim().split_once(' ') {
                    Some((id, severity)) => (id, Some(severity.to_owned())),
                    None => (mark.trim(), None),
                };
                assert_eq!(id, rule, "{}: a mark for another rule", run.heading);
                marks.insert((block.file.clone(), number, None), severity);
            }
        }
        for (line, column) in &block.at {
            marks.insert((block.file.clone(), *line, Some(*column)), None);
        }
    }
    marks
}

/// What the rule says otherwise than the marks do; empty when all is well.
fn complaints(meta: &RuleMeta, run: &Run) -> String {
    let (sources, findings) = findings(meta.id, run);
    let mut marks = marked(meta.id, run);
    let mut complaints = String::new();
    for finding in findings {
        assert_eq!(finding.rule, meta.id);
        let source = sources.get(finding.primary.source);
        let at = source.position(finding.primary.span.start);
        let file = source.path().to_owned();
        let (line, column) = (at.line, at.column);
        let mark = marks
            .remove(&(file.clone(), line, None))
            .or_else(|| marks.remove(&(file.clone(), line, Some(column))));
        let severity = finding.severity.as_str();
        let complaint = match mark {
            None => format!("unexpected at {file}:{line}:{column}: {}", finding.message),
            Some(Some(wanted)) if wanted != severity => {
                format!("{severity} at {file}:{line}:{column}, marked as {wanted}")
            }
            Some(_) => continue,
        };
        writeln!(complaints, "  {complaint}").unwrap();
    }
    for (file, line, _) in marks.into_keys() {
        writeln!(complaints, "  nothing at {file}:{line}, which is marked").unwrap();
    }
    if complaints.is_empty() {
        return complaints;
    }
    format!("{} / {}:\n{complaints}", meta.id, run.heading)
}

#[test]
fn examples_hold() {
    let mut wrong = String::new();
    for meta in rules::metas() {
        for run in runs(meta).into_iter().filter(|run| !is_skipped(run)) {
            wrong.push_str(&complaints(meta, &run));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The files that fixing changes, by name.
fn fixed(rule: &str, run: &Run) -> BTreeMap<String, String> {
    let (sources, findings) = findings(rule, run);
    let relint = |sources: &Sources| Verdict::whole(judge(rule, run, sources));
    let fixed = fix::converge(&sources, &Verdict::whole(findings), true, relint);
    assert_eq!(fixed.dropped, [], "{rule} / {}", run.heading);
    let after = sources.with_texts(&fixed.texts);
    let again = fix::converge(&after, &relint(&after), true, relint);
    assert_eq!(again.applied, [], "{rule} / {}", run.heading);
    fixed
        .texts
        .iter()
        .map(|(source, text)| (sources.get(*source).path().to_owned(), text.to_string()))
        .collect()
}

/// The document with its `fixed` blocks as they should be.
fn with_fixed_blocks(meta: &RuleMeta, document: &Document) -> String {
    let mut page = document.text.clone();
    for run in runs_of(meta, &document.text).iter().rev() {
        let mut fixed = fixed(meta.id, run);
        for block in run.blocks.iter().rev() {
            if block.kind != BlockKind::Fixed {
                continue;
            }
            let text = fixed.remove(&block.file).unwrap_or_default();
            let fence = &document.text[block.range.clone()];
            let info = fence.lines().next().unwrap();
            page.replace_range(block.range.clone(), &format!("{info}\n{text}```"));
        }
        let files: Vec<&String> = fixed.keys().collect();
        assert!(
            files.is_empty(),
            "{} / {}: no `fixed` block for {files:?}",
            meta.id,
            run.heading
        );
    }
    page
}

#[test]
fn fixes_make_what_the_pages_show() {
    for meta in rules::metas() {
        for document in documents(meta) {
            let text = with_fixed_blocks(meta, &document);
            if std::env::var_os("BLESS").is_some() && text != document.text {
                std::fs::write(document.file, text).unwrap();
                continue;
            }
            assert!(
                text == document.text,
                "{}: fixing makes something else; BLESS=1 writes it:\n{}",
                meta.id,
                fix::unified(meta.id, &document.text, &text)
            );
        }
    }
}

#[test]
fn rules_fix_as_their_metadata_says() {
    for meta in rules::metas() {
        let made: Vec<Applicability> = runs(meta)
            .iter()
            .flat_map(|run| findings(meta.id, run).1)
            .filter_map(|finding| Some(finding.fix?.applicability))
            .collect();
        let (safe, any) = (made.contains(&Applicability::Safe), !made.is_empty());
        let expected = match meta.fix {
            FixAvailability::None => (false, false),
            FixAvailability::Unsafe => (false, true),
            FixAvailability::Safe => (true, true),
        };
        assert_eq!((safe, any), expected, "{}", meta.id);
    }
}

#[test]
fn every_page_has_bad_and_good_examples() {
    for meta in rules::metas() {
        let on_page = runs_of(meta, meta.page).len();
        assert!(
            on_page <= 2,
            "{}: {on_page} examples on the page: what people need not read goes to {0}/cases.md",
            meta.id
        );
        let runs = runs(meta);
        let is_bad = |run: &&Run| run.blocks.iter().any(|block| block.kind == BlockKind::Bad);
        let bad = runs.iter().filter(is_bad).count();
        let good = runs.len() - bad;
        assert!(
            bad >= 2,
            "{}: {bad} bad headings, at least 2 are needed",
            meta.id
        );
        assert!(
            good >= 2,
            "{}: {good} good headings, at least 2 are needed",
            meta.id
        );
        for run in runs.iter().filter(is_bad) {
            assert!(
                !marked(meta.id, run).is_empty(),
                "{} / {}: no mark",
                meta.id,
                run.heading
            );
        }
    }
}

/// A page's front matter as pairs, and what follows it.
#[test]
fn every_page_says_what_fixing_does_or_why_it_does_nothing() {
    for meta in rules::metas() {
        let section = meta.page.split("\n## Fix\n\n").nth(1);
        let section = section.unwrap_or_else(|| panic!("{}: no section `Fix`", meta.id));
        let section = section.split("\n## ").next().unwrap_or_default();
        let (safe, unsafe_) = (
            section.contains("`--fix`"),
            section.contains("`--unsafe-fixes`"),
        );
        match meta.fix {
            FixAvailability::None => assert!(
                section.starts_with("There is no automatic fix: "),
                "{}: {section}",
                meta.id
            ),
            FixAvailability::Unsafe => assert!(!safe && unsafe_, "{}: {section}", meta.id),
            FixAvailability::Safe => assert!(safe, "{}: {section}", meta.id),
        }
    }
}

#[test]
fn front_matter_is_the_rules_metadata() {
    for meta in rules::metas() {
        let options: Vec<&str> = meta.options.iter().map(|option| option.name).collect();
        let severity = if meta.pedantic {
            format!("{} (pedantic)", meta.severity)
        } else {
            meta.severity.to_string()
        };
        let fix = format!("{:?}", meta.fix).to_lowercase();
        let list = |items: &[&str]| format!("[{}]", items.join(", "));
        let expected = [
            ("id", meta.id.to_owned()),
            ("severity", severity),
            ("category", meta.category.to_string()),
            ("fix", fix),
            ("since", meta.since.to_owned()),
            ("checklist", list(meta.checklist)),
            ("options", list(&options)),
        ];
        let (found, body) = front_matter(meta.page);
        let expected: Vec<(&str, &str)> = expected
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        assert_eq!(found, expected, "{}", meta.id);
        let title = format!("# {}\n\n{}.\n", meta.id, meta.summary);
        assert!(
            body.trim_start().starts_with(&title),
            "{}: the page starts with its id and its summary:\n{title}",
            meta.id
        );
        for option in meta.options {
            assert!(
                body.contains(option.name),
                "{}: {} is not explained",
                meta.id,
                option.name
            );
        }
    }
}

#[test]
fn pages_and_registry_name_the_same_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let expected: BTreeSet<PathBuf> = rules::metas()
        .iter()
        .map(|meta| {
            root.join(meta.category.as_str())
                .join(format!("{}.md", meta.id))
        })
        .collect();
    let found: BTreeSet<PathBuf> = walkdir::WalkDir::new(&root)
        .min_depth(2)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        // What the rules of a category rest on is no page.
        .filter(|path| path.is_file())
        .filter(|path| !path.ends_with("README.md") && !path.ends_with("cases.md"))
        .collect();
    assert_eq!(found, expected);
    for file in walkdir::WalkDir::new(&root).min_depth(3) {
        let file = file.unwrap().into_path();
        let page = file.parent().unwrap().with_extension("md");
        assert!(
            expected.contains(&page),
            "cases of no rule: {}",
            file.display()
        );
    }
}

/// The most letters of a message: one line of a terminal beside its place.
const LONGEST_MESSAGE: usize = 90;

/// What a name out of a manifest counts for at most: no rule chooses how long they are.
const NAME: usize = 20;

/// The most letters of a rule's title.
const LONGEST_TITLE: usize = 60;

/// The length of a message, with each name counted for at most [`NAME`].
fn length(message: &str) -> usize {
    let parts = message.split('`').enumerate();
    parts
        .map(|(nth, part)| {
            let letters = part.chars().count();
            if nth % 2 == 1 {
                letters.min(NAME) + 2
            } else {
                letters
            }
        })
        .sum()
}

#[test]
fn messages_keep_the_convention() {
    for meta in rules::metas() {
        assert!(
            !meta.summary.ends_with('.') && meta.summary.chars().count() <= LONGEST_TITLE,
            "{}: {}",
            meta.id,
            meta.summary
        );
        for run in runs(meta) {
            for finding in findings(meta.id, &run).1 {
                let message = &finding.message;
                assert!(!message.contains('\n'), "{message}");
                // It quotes what another program says.
                let is_quote = meta.id == "render-failed";
                assert!(
                    is_quote || length(message) <= LONGEST_MESSAGE,
                    "too long: {message}"
                );
                if let Some(detail) = &finding.detail {
                    assert!(!detail.contains('\n') && !detail.ends_with('.'), "{detail}");
                }
                assert!(!message.ends_with('.'), "{message}");
                assert!(
                    !message.starts_with(|c: char| c.is_uppercase())
                        || finding
                            .resource
                            .as_ref()
                            .is_some_and(|it| message.starts_with(&it.kind))
                        || message.starts_with("Envoy")
                        || message.starts_with("Istio")
                        || message.starts_with("Kubernetes"),
                    "a message starts in lower case, with a kind or a name: {message}"
                );
                assert!(
                    finding.help.is_some() || meta.id == "invalid-field",
                    "no help: {message}"
                );
            }
        }
    }
}
