//! `lameduck.dev/ignore: "rule, rule"` and `lameduck.dev/ignore.<rule>: "reason"`.

use std::collections::{BTreeSet, HashMap};

use super::{Claim, Claims, Covers, Misfit, View, Written, directive};
use crate::finding::{Resource, RuleMeta, SuppressedBy};
use crate::kube::{Object, Workload, is_placeholder};
use crate::source::{Location, Span};
use crate::units::{cut, suggest};
use crate::yaml::{Entry, Node};

/// The prefix of every annotation for this tool.
const PREFIX: &str = "lameduck.dev/";
const IGNORE: &str = "ignore";

pub(super) fn collect(view: &View<'_>, object: &Object, claims: &mut Claims) {
    let mut collector = Collector {
        view,
        object,
        claims,
        containers: None,
    };
    let own = object.node().at(&["metadata", "annotations"]);
    let template = Workload::of(object)
        .map(Workload::template)
        .filter(|template| !template.path().is_empty())
        .and_then(|template| template.node()?.at(&["metadata", "annotations"]));
    for entry in own.into_iter().chain(template).flat_map(Node::entries) {
        collector.annotation(entry);
    }
}

struct Collector<'a, 'c> {
    view: &'a View<'a>,
    object: &'a Object,
    claims: &'c mut Claims,
    /// Where containers stand, by name; looked at once.
    containers: Option<HashMap<String, Location>>,
}

impl Collector<'_, '_> {
    fn annotation(&mut self, entry: Entry<'_>) {
        let key = entry.key.key_text();
        let Some(name) = key.strip_prefix(PREFIX) else {
            return;
        };
        let (word, suffix) = match name.split_once('.') {
            Some((word, suffix)) => (word, Some(suffix)),
            None => (name, None),
        };
        if word != IGNORE {
            // Other annotations for this tool are read elsewhere.
            if suggest(word, [IGNORE]).is_some() {
                let message = format!(
                    "`{key}` is not an annotation that is read, so nothing is ignored, did you mean \
                     `{PREFIX}{IGNORE}`?"
                );
                self.misfit(entry.key, key, message);
            }
            return;
        }
        let value = entry.value.resolved();
        let text = value.text().unwrap_or_default();
        if is_placeholder(text) {
            return;
        }
        match suffix {
            None => self.list(entry, None),
            Some(suffix) => {
                let (first, rest) = match suffix.split_once('.') {
                    Some((first, rest)) => (first, Some(rest)),
                    None => (suffix, None),
                };
                if let Some(rule) = self.view.rule(first) {
                    self.rule(entry, rule, rest);
                } else if rest.is_none() && self.container(first).is_some() {
                    self.list(entry, Some(first));
                } else {
                    let message = self.view.unknown_rule(first);
                    self.misfit(entry.key, key, message);
                }
            }
        }
    }

    /// `ignore.<rule>: "reason"`
    fn rule(&mut self, entry: Entry<'_>, rule: &RuleMeta, container: Option<&str>) {
        let key = entry.key.key_text();
        let text = entry.value.text().map(str::trim);
        let reason = text.filter(|text| !text.is_empty() && *text != "true");
        if let Some(covers) = self.covers(entry, container) {
            let written = self.written(self.object.location(entry.key), key);
            self.claim(rule, reason, covers, written);
        }
    }

    /// `ignore: "rule, rule"`
    fn list(&mut self, entry: Entry<'_>, container: Option<&str>) {
        let key = entry.key.key_text();
        let value = entry.value.resolved();
        let text = value.text().unwrap_or_default();
        let names = directive::names(text, text);
        if names.is_empty() {
            let message = format!("`{key}` names no rule, so nothing is ignored");
            self.misfit(entry.key, key, message);
        }
        // A reason that stands where rules are named says the same words many times.
        let mut seen = BTreeSet::new();
        for (_, name) in names {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(rule) = self.view.rule(&name) else {
                let message = self.view.unknown_rule(&name);
                let at = self.place_in(value, &name);
                let written = self.written(at, &name);
                self.claims.misfits.push(Misfit { written, message });
                continue;
            };
            if let Some(covers) = self.covers(entry, container) {
                let written = self.written(self.place_in(value, &name), &name);
                self.claim(rule, None, covers, written);
            }
        }
    }

    fn covers(&mut self, entry: Entry<'_>, container: Option<&str>) -> Option<Covers> {
        let object = self.object.location(self.object.node());
        let Some(name) = container else {
            return Some(Covers::Object {
                object,
                container: None,
            });
        };
        let Some(range) = self.container(name) else {
            let key = entry.key.key_text();
            let message = format!("there is no container `{name}` here, so nothing is ignored");
            self.misfit(entry.key, key, message);
            return None;
        };
        Some(Covers::Object {
            object,
            container: Some((name.to_owned(), range)),
        })
    }

    /// Where the container with this name stands.
    fn container(&mut self, name: &str) -> Option<Location> {
        let containers = self.containers.get_or_insert_with(|| {
            let workload = self.view.inventory.workload(self.object);
            let template = workload.map(Workload::template);
            let mut containers = HashMap::new();
            for container in template.iter().flat_map(|template| template.containers()) {
                // Of two of one name, the first counts.
                let known = containers.entry(container.name().to_owned());
                known.or_insert_with(|| container.object().location(container.node));
            }
            containers
        });
        containers.get(name).copied()
    }

    /// A word of a list, where it is written in one piece; else the whole value.
    fn place_in(&self, value: Node<'_>, name: &str) -> Location {
        let whole = self.object.location(value);
        let text = self.view.sources.get(whole.source).slice(whole.span);
        let separates = |c: char| !c.is_alphanumeric() && c != '-';
        let at = text.match_indices(name).map(|(at, _)| at).find(|at| {
            let before = text.get(..*at).and_then(|it| it.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|it| it.chars().next());
            before.is_none_or(separates) && after.is_none_or(separates)
        });
        let Some(at) = at.and_then(|at| u32::try_from(at).ok()) else {
            return whole;
        };
        let start = whole.span.start + at;
        let length = u32::try_from(name.len()).unwrap_or_default();
        Location {
            source: whole.source,
            span: Span::new(start, start + length),
        }
    }

    fn claim(&mut self, rule: &RuleMeta, reason: Option<&str>, covers: Covers, written: Written) {
        self.claims.claims.push(Claim {
            by: SuppressedBy::Annotation,
            rule: rule.id,
            // It may speak for thousands.
            reason: reason.map(|it| cut::message(it.to_owned())),
            covers,
            written,
            used: false,
        });
    }

    fn misfit(&mut self, at: Node<'_>, text: &str, message: String) {
        let written = self.written(self.object.location(at), text);
        self.claims.misfits.push(Misfit { written, message });
    }

    fn written(&self, at: Location, text: &str) -> Written {
        let object = self.object;
        Written {
            at,
            what: "this annotation",
            text: text.to_owned(),
            resource: Some(Resource {
                api_version: object.api_version().to_owned(),
                kind: object.kind().to_owned(),
                namespace: object.namespace().map(str::to_owned),
                name: object.name().to_owned(),
                container: None,
            }),
            subject: Some(object.location(object.node())),
        }
    }
}
