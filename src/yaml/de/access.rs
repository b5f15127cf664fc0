//! The items of a sequence and the entries of a mapping, as serde asks for them.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Pass;
use super::error::ReadError;
use super::reader::{Reader, Structure};
use crate::yaml::children::{Entries, Links};
use crate::yaml::tree::{Entry, Node};

/// What null holds.
pub(super) struct Nothing;

impl<'t> SeqAccess<'t> for Nothing {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'t>>(
        &mut self,
        _: T,
    ) -> Result<Option<T::Value>, Self::Error> {
        Ok(None)
    }
}

impl<'t> MapAccess<'t> for Nothing {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'t>>(
        &mut self,
        _: K,
    ) -> Result<Option<K::Value>, Self::Error> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, _: V) -> Result<V::Value, Self::Error> {
        Err(ReadError::expected("a value"))
    }
}

/// The items of a sequence. Those set aside read as null, so that the others keep their index.
pub(super) struct Items<'t, 'p> {
    items: Links<'t>,
    pass: &'p Pass<'p>,
}

impl<'t, 'p> Items<'t, 'p> {
    pub(super) fn new(sequence: Node<'t>, pass: &'p Pass<'p>) -> Self {
        Self {
            items: sequence.links(),
            pass,
        }
    }
}

impl<'t> SeqAccess<'t> for Items<'t, '_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'t>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Self::Error> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let value = seed.deserialize(Reader::new(item, self.pass));
        value.map(Some).map_err(|error| error.at(item))
    }
}

/// The entries of a mapping, without those that are set aside.
pub(super) struct KeyValues<'t, 'p> {
    entries: Entries<'t>,
    structure: Option<Structure>,
    pass: &'p Pass<'p>,
    current: Option<Entry<'t>>,
}

impl<'t, 'p> KeyValues<'t, 'p> {
    pub(super) fn new(mapping: Node<'t>, structure: Option<Structure>, pass: &'p Pass<'p>) -> Self {
        Self {
            entries: mapping.effective(),
            structure,
            pass,
            current: None,
        }
    }

    /// The value that was handed out last.
    pub(super) fn last_value(&self) -> Option<Node<'t>> {
        self.current.map(|entry| entry.value)
    }

    fn check_field(&self, entry: Entry<'t>, structure: Structure) -> Result<(), ReadError> {
        let problem = if entry.value.is_null() {
            None
        } else {
            let field = entry.key.key_text();
            self.pass.check.field(structure.name, field, entry.value)
        };
        match problem {
            Some(message) => Err(ReadError::complete(message).at(entry.value)),
            None => Ok(()),
        }
    }
}

impl<'t> MapAccess<'t> for KeyValues<'t, '_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'t>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Self::Error> {
        let pass = self.pass;
        let unmasked =
            |entry: &Entry<'t>| !pass.is_masked(entry.key) && !pass.is_masked(entry.value);
        // The last value stays known at the end: an error raised there may still be about it.
        let Some(entry) = self.entries.find(unmasked) else {
            return Ok(None);
        };
        self.current = Some(entry);
        let key = seed.deserialize(Key(entry.key));
        key.map(Some).map_err(|error| error.at(entry.key))
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Self::Error> {
        let Some(entry) = self.current else {
            return Err(ReadError::expected("a value"));
        };
        let mut reader = Reader::new(entry.value, self.pass);
        if let Some(structure) = self.structure {
            if structure.fields.contains(&entry.key.key_text()) {
                self.check_field(entry, structure)?;
            } else {
                reader = reader.under_unknown_key(structure, entry.key);
            }
        }
        seed.deserialize(reader)
            .map_err(|error| error.at(entry.value))
    }
}

/// A mapping's key: a text to the decoder, and a number where the type asks for one.
struct Key<'t>(Node<'t>);

macro_rules! numeric_keys {
    ($($method:ident $visit:ident $number:ty)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.key_text().parse::<$number>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(ReadError::expected("an integer").at(self.0)),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0.key_text())
    }

    numeric_keys! {
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(StrDeserializer::<ReadError>::new(self.0.key_text()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i128 u8 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}
