//! What to write, as one value: people read it as YAML, and a fix writes it.

use super::value::{Layout, block_map};
use super::{Beside, Editor, Edits, Refusal, Value};
use crate::yaml::Node;

/// Entries that are missing or wrong. Help and fix are made of the same one, so that they cannot differ.
#[derive(Clone, Debug)]
pub struct Advice {
    place: Place,
    entries: Vec<(String, Value)>,
    /// The sibling before which a new entry goes, where that is not the usual place.
    before: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Place {
    /// Below a mapping that is there.
    Below(Vec<String>),
    /// A document of its own.
    Document,
}

impl Advice {
    /// Entries of the mapping at the end of `path`, which starts at a mapping that is there.
    pub fn below<K: Into<String>>(
        path: &[&str],
        entries: impl IntoIterator<Item = (K, Value)>,
    ) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        Self::new(Place::Below(path), entries)
    }

    /// A document of its own.
    pub fn document<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::new(Place::Document, entries)
    }

    fn new<K: Into<String>>(place: Place, entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        let entries = entries.into_iter();
        Self {
            place,
            entries: entries.map(|(key, value)| (key.into(), value)).collect(),
            before: None,
        }
    }

    /// The same, with a new entry before this sibling, where there is one.
    #[must_use]
    pub fn before(self, sibling: &'static str) -> Self {
        Self {
            before: Some(sibling),
            ..self
        }
    }

    /// Whether a person has nothing to fill in.
    pub fn is_whole(&self) -> bool {
        self.entries.iter().all(|(_, value)| value.is_whole())
    }

    /// The lines to copy, in block style, from the first key of the path on.
    pub fn yaml(&self) -> String {
        let layout = Layout {
            step: 2,
            indented_sequences: true,
            padded_braces: true,
            json: false,
        };
        let nested = match &self.place {
            Place::Document => self.entries.clone(),
            Place::Below(path) => nested(path, &self.entries),
        };
        block_map(&nested, 0, layout, "").join("\n")
    }

    /// Writes it below `mapping`, or behind the document that the editor is for.
    ///
    /// # Errors
    /// [`Refusal::Moot`] where a person has to fill something in; else those of [`Editor::put`] and
    /// [`Editor::append_document`].
    pub fn write(&self, editor: &Editor<'_>, mapping: Node<'_>) -> Edits {
        if !self.is_whole() {
            return Err(Refusal::Moot);
        }
        let Place::Below(path) = &self.place else {
            return editor.append_document(&self.entries);
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if let (Some(sibling), [], [(key, value)]) =
            (self.before, path.as_slice(), self.entries.as_slice())
        {
            return editor.insert(mapping, key, value, Beside::Before(sibling));
        }
        let holder = match path.as_slice() {
            [] => Some(mapping),
            path => mapping.at(path),
        };
        // Where it is missing, it comes with all of its entries at once.
        if holder.is_none_or(|holder| !holder.is_mapping())
            && let Some((last, above)) = path.split_last()
        {
            return editor.insert_at(mapping, above, last, Value::Map(self.entries.clone()));
        }
        let mut edits = Vec::new();
        for (key, value) in &self.entries {
            // A key without a value is filled in.
            edits.extend(if value.is_collection() {
                editor.insert_at(mapping, &path, key, value.clone())?
            } else {
                editor.put(mapping, &path, key, value.clone())?
            });
        }
        Ok(edits)
    }
}

/// The entries below a mapping for each key of the path.
fn nested(path: &[String], entries: &[(String, Value)]) -> Vec<(String, Value)> {
    match path.split_first() {
        None => entries.to_vec(),
        Some((first, rest)) => vec![(first.clone(), Value::Map(nested(rest, entries)))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_fills_in_stands_in_angle_brackets() {
        let get = Value::map([("path", Value::blank("path")), ("port", Value::int(80))]);
        let advice = Advice::below(&["readinessProbe"], [("httpGet", get)]);
        assert!(!advice.is_whole());
        assert_eq!(
            advice.yaml(),
            "readinessProbe:\n  httpGet:\n    path: <path>\n    port: 80"
        );
    }

    #[test]
    fn lists_and_texts_read_as_they_are_written() {
        let ports = Value::List(vec![Value::map([("port", Value::int(80))])]);
        let advice = Advice::document([("a", Value::text("true")), ("ports", ports)]);
        assert!(advice.is_whole());
        assert_eq!(advice.yaml(), "a: \"true\"\nports:\n  - port: 80");
    }
}
