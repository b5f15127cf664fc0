//! Fixes of the annotation `proxy.istio.io/config`.

use crate::edit::{Editor, Edits, Refusal};
use crate::finding::Applicability;
use crate::kube::Workload;
use crate::rules::Report;
use crate::rules::retype::Retype;
use crate::units::only_slip;
use crate::yaml::{Issue, IssueKind, Node, NodeId, Tree};

/// How many keys of one annotation get a fix. Each rewrites all of it, so that each is tried alone.
const MOST_FIXES: usize = 10;

/// What rewrites the annotation's text where issues leave no doubt what was meant.
pub(super) struct Repair<'a> {
    workload: Workload<'a>,
    annotation: Node<'a>,
    tree: &'a Tree,
    /// The values of another type; the fix of the first is that of all.
    retypes: Vec<(NodeId, Retype)>,
    fixes: usize,
}

impl<'a> Repair<'a> {
    pub(super) fn of(
        workload: Workload<'a>,
        annotation: Node<'a>,
        tree: &'a Tree,
        issues: &[Issue],
    ) -> Self {
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

    pub(super) fn mend<'r>(&mut self, issue: &Issue, report: Report<'r>) -> Report<'r> {
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
pub(super) fn camel_case<'a>(
    known: &'a [&'static str],
) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
    known.iter().copied().filter(|name| !name.contains('_'))
}

/// `EXIT_ON_ZERO_ACTIVE_CONNECTIONS`
pub(super) fn is_variable(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}
