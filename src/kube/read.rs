//! A source's text → the manifests in it.

use std::sync::Arc;

use super::body::{Identity, read_body};
use super::object::{Object, Part};
use super::part::part_of;
use crate::source::{Location, Source, SourceId, Span};
use crate::units::cut;
use crate::yaml::{self, Content, Document, Node, SyntaxError, Tree};

/// Everything that one source holds.
#[derive(Debug, Default)]
pub struct Manifests {
    /// Manifests, `List`s and `Template`s flattened, in the order of the text.
    pub objects: Vec<Object>,
    /// Documents that are meant to be manifests and that the Kubernetes decoder refuses.
    pub broken: Vec<BrokenDocument>,
    /// Text that the Kubernetes decoder drops without a word.
    pub dropped: Vec<DroppedText>,
    /// Documents that are no manifests; kustomize patches may be among them.
    pub others: Vec<Arc<Tree>>,
    /// Documents that cannot be read before Helm or another program fills in their placeholders.
    pub unrendered: Vec<Location>,
    /// Documents that cannot be read and do not look like manifests.
    pub unreadable: Vec<BrokenDocument>,
}

/// A document that cannot be read.
#[derive(Debug)]
pub struct BrokenDocument {
    /// The file.
    pub source: SourceId,
    /// Where reading stopped.
    pub span: Span,
    /// What is wrong and what was expected.
    pub message: String,
}

/// Text between `...` and the next `---`.
#[derive(Clone, Copy, Debug)]
pub struct DroppedText {
    /// The file.
    pub source: SourceId,
    /// The text.
    pub span: Span,
}

const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Reads every document of a source.
pub fn read_source(source: &Source) -> Manifests {
    let mut manifests = Manifests::default();
    let name = source.root_path().rsplit('/').next().unwrap_or_default();
    let is_kustomization = KUSTOMIZATION_FILES.contains(&name);
    for mut document in yaml::parse(source.text()).documents {
        if let Some(error) = stray_text(source, &document) {
            document.dropped = None;
            document.content = Content::Broken(error);
        }
        let text = source.slice(document.span);
        let mut is_manifest = false;
        let garbled = source
            .invalid_utf8()
            .filter(|at| document.span.range().contains(&(*at as usize)));
        match document.content {
            Content::Empty => {}
            Content::Tree(_) if garbled.is_some() && looks_like_manifest(text) => {
                let at = garbled.unwrap_or_default();
                manifests.broken.push(BrokenDocument {
                    source: source.id(),
                    span: Span::new(at, at + 3),
                    message: "invalid UTF-8: Kubernetes reads manifests as UTF-8 only".to_owned(),
                });
            }
            Content::Tree(tree) => {
                let tree = Arc::new(tree);
                let mut reader = Reader {
                    source: source.id(),
                    is_kustomization,
                    tree: &tree,
                    manifests: &mut manifests,
                };
                is_manifest = reader.document();
                if !is_manifest {
                    manifests.others.push(tree);
                }
            }
            Content::Broken(error) => {
                // A directive is split off from the manifest it stands above.
                let directive = text.starts_with('%').then(|| document.span.range().start..);
                let rest = directive.and_then(|rest| source.text().get(rest));
                let location = Location {
                    source: source.id(),
                    span: document.span,
                };
                manifests.refuse(source, location, rest.unwrap_or(text), error);
            }
        }
        // Other YAML files may end a document as they like.
        if let Some(span) = document.dropped
            && (is_manifest || looks_like_manifest(source.slice(span)))
        {
            manifests.dropped.push(DroppedText {
                source: source.id(),
                span,
            });
        }
    }
    manifests
}

/// Text in front of a manifest that makes the document text.
fn stray_text(source: &Source, document: &Document) -> Option<SyntaxError> {
    let is_manifest = |span| looks_like_manifest(source.slice(span));
    document.dropped.filter(|span| is_manifest(*span))?;
    document.stray_text(source.text())
}

impl Manifests {
    fn refuse(&mut self, source: &Source, document: Location, text: &str, error: SyntaxError) {
        let line = source.position(error.span.start).line;
        if text.contains("{{") || holds_template(source.slice(source.line_span(line))) {
            self.unrendered.push(document);
            return;
        }
        let broken = BrokenDocument {
            source: source.id(),
            span: error.span,
            message: error.message,
        };
        if looks_like_manifest(text) || is_manifest_behind_separator(text) {
            self.broken.push(broken);
        } else {
            self.unreadable.push(broken);
        }
    }
}

/// Whether a line that cannot be read holds what another program fills in: `%NAME%`, `@NAME@`,
/// `{name}`, or `__NAME__` alone.
fn holds_template(line: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "_.[]".contains(char);
    let is_name = |text: &str| !text.is_empty() && text.chars().all(is_part);
    // Looks no further than a name goes: a line may be a file of many megabytes.
    let encloses = |open: char, close: char| {
        line.match_indices(open).any(|(at, _)| {
            let rest = line.get(at + open.len_utf8()..).unwrap_or_default();
            let behind = rest.trim_start_matches(is_part);
            behind.len() < rest.len() && behind.starts_with(close)
        })
    };
    let word = line.trim();
    encloses('%', '%')
        || encloses('@', '@')
        || encloses('{', '}')
        || word.len() > 4 && word.starts_with("__") && word.ends_with("__") && is_name(word)
}

/// Whether broken text was plainly meant to be a manifest: `apiVersion` and `kind` at column 0.
///
/// A broken sequence of manifests is not: other programs read sequences, and kubectl never does.
fn looks_like_manifest(text: &str) -> bool {
    let has = |key: &str| {
        text.lines().any(|line| {
            let line = line.trim_start_matches('\u{feff}');
            let rest = line.strip_prefix(key).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(':'))
        })
    };
    has("apiVersion") && has("kind")
}

/// Whether a flow mapping on the line of its `---` is a manifest: `--- {apiVersion: v1, …}`.
fn is_manifest_behind_separator(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("---") else {
        return false;
    };
    // Behind a comment, so that it is not taken for JSON.
    let text = format!("#\n{rest}");
    let mut documents = yaml::parse(&Arc::from(text)).documents.into_iter();
    documents.any(|document| match document.content {
        Content::Tree(tree) => identity(tree.root()).is_some(),
        Content::Empty | Content::Broken(_) => false,
    })
}

struct Reader<'a> {
    source: SourceId,
    is_kustomization: bool,
    tree: &'a Arc<Tree>,
    manifests: &'a mut Manifests,
}

fn identity(node: Node<'_>) -> Option<Identity<'_>> {
    let text = |key| node.get(key)?.as_str().filter(|text| !text.is_empty());
    Some(Identity {
        api_version: text("apiVersion")?,
        kind: text("kind")?,
    })
}

/// Other programs read sequences too; only whole manifests were meant for Kubernetes.
fn is_sequence_of_manifests(root: Node<'_>) -> bool {
    let is_manifest = |item: Node<'_>| {
        let item = item.resolved();
        identity(item).is_some() && item.at(&["metadata", "name"]).is_some()
    };
    root.is_sequence()
        && !root.is_flow()
        && root.items().next().is_some()
        && root.items().all(is_manifest)
}

impl Reader<'_> {
    /// Whether the document was a manifest.
    fn document(&mut self) -> bool {
        let root = self.tree.root();
        if is_sequence_of_manifests(root) {
            let start = root.span().start;
            self.manifests.broken.push(BrokenDocument {
                source: self.source,
                span: Span::new(start, start + 1),
                message:
                    "a sequence of manifests: write them as documents, with `---` between, or as \
                          the `items` of a `v1` List"
                        .to_owned(),
            });
            return true;
        }
        let who = match identity(root) {
            Some(who) => who,
            // kustomize asks for neither of the two in a file of this name.
            None if self.is_kustomization && root.is_mapping() => Identity {
                api_version: "kustomize.config.k8s.io/v1beta1",
                kind: "Kustomization",
            },
            None => return false,
        };
        let items = match (who.api_version, who.kind) {
            ("v1", kind) if kind == "List" || kind.ends_with("List") => Some("items"),
            ("template.openshift.io/v1" | "v1", "Template") => Some("objects"),
            (_, kind) if kind.ends_with("List") && root.get("items").is_some() => Some("items"),
            _ => None,
        };
        let Some(items) = items else {
            self.object(root, &who);
            return true;
        };
        for item in root.get(items).into_iter().flat_map(Node::items) {
            let item = item.resolved();
            match identity(item) {
                Some(inner) if inner.kind == "List" => self.manifests.broken.push(BrokenDocument {
                    source: self.source,
                    span: item.get("kind").unwrap_or(item).span(),
                    message: "a List inside a List: Kubernetes decodes only one level".to_owned(),
                }),
                Some(inner) => self.object(item, &inner),
                None => {}
            }
        }
        true
    }

    fn object(&mut self, node: Node<'_>, who: &Identity<'_>) {
        let read = read_body(node, who);
        let metadata = node.get("metadata");
        let text = |key: &str| {
            metadata
                .and_then(|metadata| metadata.get(key))
                .and_then(Node::text)
                .filter(|text| !text.is_empty())
                .map(identifier)
        };
        let mut object = Object {
            number: 0,
            source: self.source,
            tree: Arc::clone(self.tree),
            root: node.id(),
            api_version: identifier(who.api_version),
            kind: identifier(who.kind),
            name: text("name")
                .or_else(|| text("generateName"))
                .unwrap_or_default(),
            namespace: text("namespace"),
            body: read.body,
            issues: read.issues,
            faults: read.faults,
            unknown: read.unknown,
            part: Part::Whole,
        };
        object.part = part_of(&object);
        self.manifests.objects.push(object);
    }
}

/// What every finding about the object repeats: no more of it than the API server takes.
fn identifier(text: &str) -> String {
    cut::clip(text, cut::LONGEST_NAME).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{holds_template, looks_like_manifest};

    #[test]
    fn text_that_is_meant_as_a_manifest() {
        let items = "# a\n- apiVersion: v1\n  kind: Pod\n";
        assert!(looks_like_manifest("apiVersion: v1\nkind: Pod\n"));
        assert!(!looks_like_manifest(items));
        assert!(!looks_like_manifest("kind: Pod\n"));
        assert!(!looks_like_manifest("a:\n  apiVersion: v1\n  kind: Pod\n"));
    }

    #[test]
    fn lines_that_another_program_fills_in() {
        for line in [
            "image: %IMAGE%:2.0",
            "  name: @NAME@",
            "  {extra_ports}",
            "image: {env[IMAGE]}",
            "__OLM__",
        ] {
            assert!(holds_template(line), "{line}");
        }
        for line in [
            "name: 100% sure",
            "mail: @a b@",
            "labels: {a: b",
            "  - name: x: y",
            "____",
        ] {
            assert!(!holds_template(line), "{line}");
        }
    }
}
