//! `invalid-proxy-config`

use crate::edit::{Editor, Edits, Refusal};
use crate::finding::{Applicability, Category, FixAvailability, RuleMeta, Severity};
use crate::kube::{PROXY_CONFIG_ANNOTATION, ProxyAnnotation, Workload, is_placeholder};
use crate::rules::retype::Retype;
use crate::rules::{Context, Findings, Report, Rule};
use crate::units::{only_slip, suggest};
use crate::yaml::{Issue, IssueKind, Node, NodeId, SyntaxError, Tree};

static META: RuleMeta = RuleMeta {
    id: "invalid-proxy-config",
    category: Category::Mesh,
    severity: Severity::Error,
    pedantic: false,
    summary: "Istio cannot read or does not know a proxy setting",
    page: include_str!("../../../rules/mesh/invalid-proxy-config.md"),
    options: &[],
    fix: FixAvailability::Safe,
    since: "0.1.0",
    checklist: &["sidecar-lifecycle"],
};

/// See the rule's page.
pub(in crate::rules) struct InvalidProxyConfig;

impl Rule for InvalidProxyConfig {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check_workload(&self, _: &Context<'_>, workload: Workload<'_>, out: &mut Findings) {
        let template = workload.template();
        let Some(annotation) = template.annotation(PROXY_CONFIG_ANNOTATION) else {
            return;
        };
        // A template's text is not YAML yet.
        let is_rendered = !annotation.text().is_some_and(is_placeholder);
        match ProxyAnnotation::read(annotation) {
            Err(_) if !is_rendered => {}
            Err(error) => out.push(unreadable(workload, annotation, &error)),
            Ok(config) => {
                let Some(tree) = config.tree() else {
                    return;
                };
                if !tree.root().is_mapping() {
                    if is_rendered {
                        out.push(no_mapping(workload, tree.root()));
                    }
                    return;
                }
                for (id, expected) in config.refused() {
                    let node = tree.node(id);
                    let message = refused(&node.path());
                    let report = Report::template(workload, node, message);
                    out.push(report.detail(expected).help(
                        "write what is expected, or leave the setting out: then that of the mesh counts",
                    ));
                }
                let mut repair = Repair::of(workload, annotation, tree, config.issues());
                for issue in config.issues() {
                    out.push(repair.mend(issue, at_issue(workload, tree, issue)));
                }
            }
        }
    }
}

fn refused(what: &str) -> String {
    format!("`{what}` is not valid: Istio injects no sidecar, and no pod is created")
}

const SHAPE: &str = "write the proxy's settings as YAML:\nproxy.istio.io/config: |\n  \
                     holdApplicationUntilProxyStarts: true";

fn unreadable<'a>(workload: Workload<'a>, node: Node<'_>, error: &SyntaxError) -> Report<'a> {
    let detail = format!("not YAML: {}", error.message);
    Report::template(workload, node, refused(PROXY_CONFIG_ANNOTATION))
        .detail(detail)
        .help(SHAPE)
}

fn no_mapping<'a>(workload: Workload<'a>, node: Node<'_>) -> Report<'a> {
    Report::template(workload, node, refused(PROXY_CONFIG_ANNOTATION))
        .detail("not a mapping of settings")
        .help(SHAPE)
}

fn at_issue<'a>(workload: Workload<'a>, tree: &Tree, issue: &Issue) -> Report<'a> {
    let node = tree.node(issue.node);
    match &issue.kind {
        IssueKind::UnknownField { known, .. } => {
            let field = node.text().unwrap_or_default();
            let message =
                format!("Istio's ProxyConfig has no field `{field}`: it is ignored without a word");
            let help = match suggest(field, camel_case(known)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if is_variable(field) => format!(
                    "environment variables of the proxy stand under `proxyMetadata`:\n\
                     proxyMetadata:\n  {field}: \"{}\"",
                    value_of(node).unwrap_or("…")
                ),
                None => "check its spelling against Istio's reference of ProxyConfig".to_owned(),
            };
            Report::template(workload, node, message).help(help)
        }
        IssueKind::Invalid { message, .. } => {
            let path = node.path();
            let help = match node.text().filter(|_| is_string_map(&path)) {
                Some(text) => format!("quote it: \"{text}\""),
                None => "give the value the type that Istio's ProxyConfig has".to_owned(),
            };
            Report::template(workload, node, refused(&path))
                .detail(message)
                .help(help)
        }
    }
}

/// How many keys of one annotation get a fix. Each rewrites all of it, so that each is tried alone.
const MOST_FIXES: usize = 10;

/// What rewrites the annotation's text where issues leave no doubt what was meant.
struct Repair<'a> {
    workload: Workload<'a>,
    annotation: Node<'a>,
    tree: &'a Tree,
    /// The values of another type; the fix of the first is that of all.
    retypes: Vec<(NodeId, Retype)>,
    fixes: usize,
}

impl<'a> Repair<'a> {
    fn of(workload: Workload<'a>, annotation: Node<'a>, tree: &'a Tree, issues: &[Issue]) -> Self {
        let retypes = issues.iter().filter_map(|issue| {
            let retype = Retype::of(tree.node(issue.node), &issue.kind)?;
            Some((issue.node, retype))
        });
        Self {
            workload,
            annotation,
            tree,
            retypes: retypes.collect(),
            fixes: 0,
        }
    }

    fn mend<'r>(&mut self, issue: &Issue, report: Report<'r>) -> Report<'r> {
        let IssueKind::UnknownField { known, .. } = &issue.kind else {
            let is_first = self
                .retypes
                .first()
                .is_some_and(|(node, _)| *node == issue.node);
            return if is_first {
                self.retype(report)
            } else {
                report
            };
        };
        self.fixes += 1;
        if self.fixes > MOST_FIXES {
            return report;
        }
        let node = self.tree.node(issue.node);
        let text = node.text().unwrap_or_default();
        match only_slip(text, camel_case(known)) {
            Some(near) => {
                let title = format!("rename `{text}` to `{near}`");
                self.fix(report, title, |editor, root| {
                    let holder = root.at(&keys_to(node).ok_or(Refusal::Moot)?);
                    let entry = holder.and_then(|holder| holder.entry(text));
                    editor.rename(entry.ok_or(Refusal::Moot)?.key, near)
                })
            }
            None if is_variable(text) => {
                let title = format!("move `{text}` to proxyMetadata");
                self.fix(report, title, |editor, root| {
                    let holder = root.at(&keys_to(node).ok_or(Refusal::Moot)?);
                    let holder = holder.ok_or(Refusal::Moot)?;
                    let entry = holder.entry(text).ok_or(Refusal::Moot)?;
                    editor.relocate(entry, holder, &["proxyMetadata"], text)
                })
            }
            None => report,
        }
    }

    /// Gives all values their types at once.
    fn retype<'r>(&self, report: Report<'r>) -> Report<'r> {
        let title = match self.retypes.as_slice() {
            [(_, only)] => only.title(),
            all => format!("give {} values their types", all.len()),
        };
        self.fix(report, title, |editor, root| {
            let mut edits = Vec::new();
            for (node, retype) in &self.retypes {
                // It is the same text, so its nodes are the same.
                edits.extend(retype.write(editor, root.tree().node(*node))?);
            }
            Ok(edits)
        })
    }

    fn fix<'r>(
        &self,
        report: Report<'r>,
        title: String,
        work: impl FnOnce(&Editor<'_>, Node<'_>) -> Edits,
    ) -> Report<'r> {
        let object = self.workload.template().object();
        report.fix(Applicability::Safe, title, object, |editor| {
            editor.within(self.annotation, work)
        })
    }
}

/// The keys that lead from the root to a value, or to the mapping that has a key.
fn keys_to(node: Node<'_>) -> Option<Vec<&str>> {
    let mut path = Vec::new();
    let mut at = node;
    while let Some(holder) = at.parent() {
        if let Some(entry) = holder
            .written_entries()
            .find(|entry| entry.value.id() == at.id())
        {
            path.push(entry.key.key_text());
        } else if at.id() != node.id() || !holder.is_mapping() {
            return None;
        }
        at = holder;
    }
    path.reverse();
    Some(path)
}

/// Every name is known in two spellings; suggestions are in the one that documents use.
fn camel_case<'a>(known: &'a [&'static str]) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
    known.iter().copied().filter(|name| !name.contains('_'))
}

/// `EXIT_ON_ZERO_ACTIVE_CONNECTIONS`
fn is_variable(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

fn value_of(key: Node<'_>) -> Option<&str> {
    let entry = key.parent()?.entry(key.text()?)?;
    entry.value.resolved().text()
}

fn is_string_map(path: &str) -> bool {
    [
        "proxyMetadata",
        "proxy_metadata",
        "runtimeValues",
        "runtime_values",
    ]
    .iter()
    .any(|map| path.starts_with(map))
}
