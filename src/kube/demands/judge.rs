//! What a checker may ask, and how it tells what it found.

use std::collections::BTreeSet;

use crate::kube::check::{holds_placeholder, is_placeholder_node};
use crate::kube::fault::{Fault, FaultRule};
use crate::kube::object::Field;
use crate::units::Version;
use crate::yaml::{Issue, IssueKind, Node, NodeId, Scalar};

/// One object under judgement. Values that are placeholders or of the wrong type are never judged:
/// every question about one is answered by `None` or `false`.
pub(in crate::kube) struct Judge<'t> {
    object: Node<'t>,
    unknown: &'t [NodeId],
    /// Mappings with a key that their structure does not have, which may be the missing one, misspelt.
    misspelt: BTreeSet<NodeId>,
    faults: Vec<Fault>,
    /// Who refuses: every message ends with it.
    refuser: &'static str,
}

impl<'t> Judge<'t> {
    pub(super) fn new(
        object: Node<'t>,
        unknown: &'t [NodeId],
        issues: &[Issue],
        refuser: &'static str,
    ) -> Self {
        let misspelt = issues
            .iter()
            .filter(|issue| matches!(issue.kind, IssueKind::UnknownField { .. }))
            .filter_map(|issue| object.tree().node(issue.node).parent())
            .map(Node::id)
            .collect();
        Self {
            object,
            unknown,
            misspelt,
            faults: Vec::new(),
            refuser,
        }
    }

    /// The outermost mapping.
    pub(super) fn object(&self) -> Node<'t> {
        self.object
    }

    /// The object's kind as written.
    pub(super) fn kind(&self) -> &'t str {
        let kind = self.object.get("kind");
        kind.and_then(Node::as_str).unwrap_or_default()
    }

    /// Whether nothing is known about a value.
    pub(super) fn is_unknown(&self, node: Node<'_>) -> bool {
        self.unknown.binary_search(&node.id()).is_ok() || is_placeholder_node(node)
    }

    /// What stands in a field.
    pub(super) fn field(&self, holder: Node<'t>, key: &str) -> Field<'t> {
        match holder.entry(key) {
            Some(entry) if self.is_unknown(entry.value) => Field::Unknown(entry.value),
            Some(entry) if self.is_unknown(entry.value.resolved()) => Field::Unknown(entry.value),
            Some(entry) if !entry.value.is_null() => Field::Set(entry.value.resolved()),
            _ => Field::Absent,
        }
    }

    /// The value of a field, where it is known and not null.
    pub(super) fn get(&self, holder: Node<'t>, key: &str) -> Option<Node<'t>> {
        match self.field(holder, key) {
            Field::Set(node) => Some(node),
            Field::Absent | Field::Unknown(_) => None,
        }
    }

    /// The value at the end of a path of keys.
    pub(super) fn at(&self, holder: Node<'t>, path: &[&str]) -> Option<Node<'t>> {
        path.iter()
            .try_fold(holder, |holder, key| self.get(holder, key))
    }

    /// The text of a field, where it is known as a whole. May be empty.
    pub(super) fn text(&self, holder: Node<'t>, key: &str) -> Option<&'t str> {
        self.text_of(self.get(holder, key)?)
    }

    /// The text of a value, likewise.
    pub(super) fn text_of(&self, node: Node<'t>) -> Option<&'t str> {
        let text = node.text()?;
        (!self.is_unknown(node) && !holds_placeholder(text)).then_some(text)
    }

    /// The whole number in a field.
    pub(super) fn int(&self, holder: Node<'t>, key: &str) -> Option<i64> {
        match self.get(holder, key)?.scalar()? {
            Scalar::Int(number) => Some(number),
            _ => None,
        }
    }

    /// Whether a field is true.
    pub(super) fn is_true(&self, holder: Node<'t>, key: &str) -> bool {
        let value = self.get(holder, key).and_then(Node::scalar);
        matches!(value, Some(Scalar::Bool(true)))
    }

    /// The items of a list that are known, null ones left out.
    pub(super) fn items(
        &self,
        holder: Node<'t>,
        key: &str,
    ) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let unknown = self.unknown;
        let list = self.get(holder, key);
        list.into_iter()
            .flat_map(Node::items)
            .filter(move |item| unknown.binary_search(&item.id()).is_err())
            .map(Node::resolved)
            .filter(|item| !item.is_null() && !is_placeholder_node(*item))
    }

    /// Whether every item of a list is known, so that what none of them is can be called missing.
    pub(super) fn knows_all(&self, holder: Node<'t>, key: &str) -> bool {
        match self.field(holder, key) {
            Field::Absent => true,
            Field::Unknown(_) => false,
            Field::Set(list) => list
                .items()
                .all(|item| !self.is_unknown(item) && !self.is_unknown(item.resolved())),
        }
    }

    /// Whether a field holds nothing as the API server counts: it is left out, null, an empty text, or
    /// an empty list. An empty mapping is something.
    pub(super) fn lacks(&self, holder: Node<'t>, key: &str) -> bool {
        match self.field(holder, key) {
            Field::Absent => true,
            Field::Unknown(_) => false,
            Field::Set(value) if value.is_sequence() => value.items().next().is_none(),
            Field::Set(value) => value.text() == Some(""),
        }
    }

    /// Whether a field holds something, known or not.
    pub(super) fn has(&self, holder: Node<'t>, key: &str) -> bool {
        self.field(holder, key).is_unknown() || !self.lacks(holder, key)
    }

    /// Tells of a wrong value. `fault` is a clause such as "`hostPath` of volume `a` has no `path`"; its
    /// consequence is added.
    pub(super) fn wrong(&mut self, node: Node<'t>, fault: impl AsRef<str>) -> Told<'_> {
        self.tell(node, fault.as_ref(), false)
    }

    /// Tells of a field that is missing in a mapping, unless it may stand there misspelt.
    pub(super) fn missing(
        &mut self,
        holder: Node<'t>,
        field: &'static str,
        fault: impl AsRef<str>,
    ) -> Option<Told<'_>> {
        if self.misspelt.contains(&holder.id()) {
            return None;
        }
        let node = holder
            .entry(field)
            .map_or_else(|| place_of(holder, self.object), |entry| entry.key);
        let told = self.tell(node, fault.as_ref(), true);
        Some(told.rests_on(holder, field))
    }

    /// Tells where a mapping lacks a field that it needs.
    pub(super) fn require(&mut self, holder: Node<'t>, field: &'static str) {
        if self.lacks(holder, field) {
            let place = describe(holder, self.object);
            self.missing(holder, field, format!("{place} has no `{field}`"));
        }
    }

    /// Tells where a mapping has none of several fields.
    pub(super) fn missing_one_of(
        &mut self,
        holder: Node<'t>,
        fields: &'static [&'static str],
        fault: impl AsRef<str>,
    ) {
        let Some((first, rest)) = fields.split_first() else {
            return;
        };
        if let Some(mut told) = self.missing(holder, first, fault) {
            for field in rest {
                told = told.rests_on(holder, field);
            }
        }
    }

    /// The keys of those of some fields that hold something, in the order of the text.
    pub(super) fn present(&self, holder: Node<'t>, fields: &[&str]) -> Vec<Node<'t>> {
        let mut keys: Vec<Node<'t>> = fields
            .iter()
            .filter(|field| !self.field(holder, field).is_absent())
            .filter_map(|field| holder.entry(field))
            .map(|entry| entry.key)
            .collect();
        keys.sort_by_key(|key| key.span().start);
        keys
    }

    /// Tells of each text that an earlier one of the list equals. `fault` makes a clause of the text.
    pub(super) fn unique(
        &mut self,
        texts: impl IntoIterator<Item = Node<'t>>,
        fault: impl Fn(&str) -> String,
    ) {
        let mut seen = BTreeSet::new();
        for node in texts {
            if let Some(text) = self.text_of(node)
                && !text.is_empty()
                && !seen.insert(text)
            {
                self.wrong(node, fault(&shown(text)));
            }
        }
    }

    fn tell(&mut self, node: Node<'t>, fault: &str, is_absence: bool) -> Told<'_> {
        self.faults.push(Fault {
            node: node.id(),
            message: format!("{fault}: {} refuses it", self.refuser),
            help: None,
            instead: None,
            rule: FaultRule::InvalidField,
            rests_on: Vec::new(),
            is_absence,
            until: None,
            since: None,
        });
        Told(&mut self.faults)
    }

    /// What was told, in the order of the text, each once.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        let tree = self.object.tree();
        for fault in &mut self.faults {
            // What a probe or a hook holds is told with it.
            if fault.rule == FaultRule::InvalidField {
                let path = tree.node(fault.node).path();
                if path.contains("Probe.") {
                    fault.rule = FaultRule::InvalidProbe;
                } else if path.contains(".lifecycle.") {
                    fault.rule = FaultRule::InvalidLifecycleHook;
                }
            }
        }
        self.faults
            .sort_by_key(|fault| (tree.node(fault.node).span().start, fault.node));
        // An alias shows the same mapping again.
        let mut told = BTreeSet::new();
        self.faults
            .retain(|fault| told.insert((fault.node, fault.message.clone())));
        self.faults
    }
}

/// The fault that was told last, to say more of it.
pub(super) struct Told<'j>(&'j mut Vec<Fault>);

impl Told<'_> {
    fn with(self, change: impl FnOnce(&mut Fault)) -> Self {
        if let Some(fault) = self.0.last_mut() {
            change(fault);
        }
        self
    }

    /// Names a field that the fault rests on.
    pub(super) fn rests_on(self, holder: Node<'_>, field: &'static str) -> Self {
        self.with(|fault| fault.rests_on.push((holder.id(), field)))
    }

    /// Makes it rest on a field that is missing, or on what is missing in it.
    pub(super) fn absence(self, holder: Node<'_>, field: &'static str) -> Self {
        self.with(|fault| fault.is_absence = true)
            .rests_on(holder, field)
    }

    /// Says what to write instead.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        self.with(|fault| fault.help = Some(help.into()))
    }

    /// Gives the text that the value is to become, which is what was meant.
    pub(super) fn instead(self, text: String) -> Self {
        self.with(|fault| fault.instead = Some(text))
    }

    /// Names the first release that does not refuse it any more.
    pub(super) fn until(self, release: Version) -> Self {
        self.with(|fault| {
            fault.until = Some(release);
            if let Some((clause, _)) = fault.message.rsplit_once(": ") {
                fault.message = format!("{clause}: Kubernetes before {release} refuses it");
            }
        })
    }

    /// Names the first release that refuses it.
    pub(super) fn since(self, release: Version) -> Self {
        self.with(|fault| fault.since = Some(release))
    }
}

/// The narrowest node that names a mapping: its `name`, else its key, else its first key.
pub(super) fn place_of<'t>(mapping: Node<'t>, object: Node<'t>) -> Node<'t> {
    let named = mapping.get("name").filter(|name| name.text().is_some());
    if mapping.id() == object.id() {
        return mapping.get("kind").unwrap_or(mapping);
    }
    named
        .or_else(|| own_key(mapping))
        .or_else(|| mapping.entries().next().map(|entry| entry.key))
        .unwrap_or(mapping)
}

fn own_key(value: Node<'_>) -> Option<Node<'_>> {
    let mut entries = value.parent()?.written_entries();
    entries
        .find(|entry| entry.value.resolved().id() == value.id())
        .map(|entry| entry.key)
}

/// A mapping as messages name it: `port \`http\``, "an item of `ports`", "`hostPath` of volume `a`".
pub(super) fn describe(mapping: Node<'_>, object: Node<'_>) -> String {
    if mapping.id() == object.id() {
        return "the object".to_owned();
    }
    let Some(parent) = mapping.parent() else {
        return "it".to_owned();
    };
    if let Some(key) = own_key(mapping) {
        let own = format!("`{}`", key.key_text());
        return match item_around(parent) {
            Some(item) => format!("{own} of {item}"),
            None => own,
        };
    }
    let list = own_key(parent).map(Node::key_text).unwrap_or_default();
    named_item(mapping, list).unwrap_or_else(|| format!("an item of `{list}`"))
}

/// The nearest item of a list that has a name, at most three steps up.
fn item_around(node: Node<'_>) -> Option<String> {
    let mut at = node;
    for _ in 0..3 {
        let parent = at.parent()?;
        if parent.is_sequence() {
            return named_item(at, own_key(parent)?.key_text());
        }
        at = parent;
    }
    None
}

fn named_item(item: Node<'_>, list: &str) -> Option<String> {
    let name = item.get("name")?.text().filter(|name| !name.is_empty())?;
    let what = match list {
        "containers" => "container",
        "initContainers" => "init container",
        "ephemeralContainers" => "ephemeral container",
        "ports" => "port",
        "volumes" => "volume",
        "volumeMounts" => "the mount of",
        "volumeDevices" => "the device of",
        "env" => "variable",
        _ => return Some(format!("`{name}` of `{list}`")),
    };
    Some(format!("{what} {}", shown(name)))
}

/// A value from a manifest as messages show it: quoted, and cut where it is long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("`{}…`", text.get(..cut).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}
