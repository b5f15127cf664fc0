//! One node as a `serde::Deserializer`.

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Visitor};

use super::access::{Items, KeyValues, Nothing};
use super::error::{ReadError, describe};
use super::{IssueKind, Pass};
use crate::yaml::tree::Node;
use crate::yaml::{Scalar, whole_number};

/// The newtype that Kubernetes reads from numbers as well as from text.
const QUANTITY: &str = "Quantity";

/// A struct's names, as serde knows them.
#[derive(Clone, Copy)]
pub(super) struct Structure {
    pub(super) name: &'static str,
    pub(super) fields: &'static [&'static str],
}

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t, 'p> {
    node: Node<'t>,
    pass: &'p Pass<'p>,
    /// Whether the value is a `Quantity`'s.
    quantity: bool,
    /// The struct and key that hold the node, where the struct does not know the key.
    unknown_key: Option<(Structure, Node<'t>)>,
}

impl<'t, 'p> Reader<'t, 'p> {
    pub(super) fn new(node: Node<'t>, pass: &'p Pass<'p>) -> Self {
        Self {
            node,
            pass,
            quantity: false,
            unknown_key: None,
        }
    }

    pub(super) fn under_unknown_key(mut self, structure: Structure, key: Node<'t>) -> Self {
        self.unknown_key = Some((structure, key));
        self
    }

    /// What the scalar reads as, set-aside values as null. `None` for collections.
    fn scalar(&self) -> Option<Scalar<'t>> {
        if self.pass.is_masked(self.node) {
            return Some(Scalar::Null);
        }
        self.node.scalar()
    }

    fn is_null(&self) -> bool {
        matches!(self.scalar(), Some(Scalar::Null))
    }

    fn whole_number<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.scalar() {
            Some(Scalar::Null) => visitor.visit_i64(0),
            Some(Scalar::Int(value)) => visitor.visit_i64(value),
            Some(Scalar::Unsigned(value)) => visitor.visit_u64(value),
            Some(Scalar::Float(value)) => match whole(value) {
                Some(value) => visitor.visit_i64(value),
                None => Err(ReadError::expected("an integer")),
            },
            Some(Scalar::Text(text)) if let Some(value) = whole_number(text) => {
                self.report_quotes("an integer");
                visitor.visit_i64(value)
            }
            _ => Err(ReadError::expected("an integer")),
        }
        .map_err(|error| error.at(self.node))
    }

    /// Reports a number or boolean in quotes, which is read as what it is plainly meant for.
    fn report_quotes(&self, expected: &str) {
        let found = describe(self.node);
        let message = format!("expected {expected}, found {found}");
        let issue = IssueKind::Invalid {
            message,
            kept: true,
        };
        self.pass.report(self.node, issue);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "JSON numbers are read as floats too, so nothing is lost that Kubernetes keeps"
    )]
    fn number<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.scalar() {
            Some(Scalar::Null) => visitor.visit_f64(0.0),
            Some(Scalar::Int(value)) => visitor.visit_f64(value as f64),
            Some(Scalar::Unsigned(value)) => visitor.visit_f64(value as f64),
            Some(Scalar::Float(value)) => visitor.visit_f64(value),
            _ => Err(ReadError::expected("a number")),
        }
        .map_err(|error| error.at(self.node))
    }

    /// A string, or the source text of a scalar that the decoder takes for something else.
    fn string(self) -> Result<&'t str, ReadError> {
        let Some(scalar) = self.scalar() else {
            return Err(ReadError::expected("a string").at(self.node));
        };
        if let Scalar::Null = scalar {
            self.note_placeholder();
            return Ok("");
        }
        if let Some(text) = self.pass.check.substitute(self.node) {
            return Ok(text);
        }
        if let Scalar::Text(text) = scalar {
            self.note_placeholder();
            return Ok(text);
        }
        let is_number = !matches!(scalar, Scalar::Bool(_));
        if !(self.quantity && is_number) {
            let found = describe(self.node);
            let issue = IssueKind::Invalid {
                message: format!("expected a string, found {found}: quote it"),
                kept: true,
            };
            self.pass.report(self.node, issue);
        }
        Ok(self.node.raw_text().unwrap_or_default())
    }

    fn note_placeholder(&self) {
        if self.pass.check.placeholder(self.node) {
            self.pass.placeholders.borrow_mut().insert(self.node.id());
        }
    }

    fn any_scalar<V: Visitor<'t>>(
        self,
        scalar: Scalar<'t>,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let value = match scalar {
            Scalar::Null if self.quantity => visitor.visit_str("0"),
            Scalar::Null => visitor.visit_unit(),
            Scalar::Bool(value) => visitor.visit_bool(value),
            Scalar::Text(_) => visitor.visit_str(self.string()?),
            _ if self.quantity => visitor.visit_str(self.node.raw_text().unwrap_or_default()),
            Scalar::Int(value) => visitor.visit_i64(value),
            Scalar::Unsigned(value) => visitor.visit_u64(value),
            Scalar::Float(value) => match whole(value) {
                Some(value) => visitor.visit_i64(value),
                None => visitor.visit_f64(value),
            },
        };
        value.map_err(|error: ReadError| error.at(self.node))
    }

    fn sequence<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.is_null() {
            visitor.visit_seq(Nothing)
        } else if self.node.is_sequence() {
            visitor.visit_seq(Items::new(self.node, self.pass))
        } else {
            Err(ReadError::expected("a list"))
        }
        .map_err(|error| error.at(self.node))
    }

    fn mapping<V: Visitor<'t>>(
        self,
        structure: Option<Structure>,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if self.is_null() {
            return visitor
                .visit_map(Nothing)
                .map_err(|error| error.at(self.node));
        }
        if !self.node.is_mapping() {
            return Err(ReadError::expected("a mapping").at(self.node));
        }
        if let Some(structure) = structure {
            let mut seen = self.pass.structures.borrow_mut();
            seen.push((structure.name, self.node.id()));
        }
        let mut access = KeyValues::new(self.node, structure, self.pass);
        visitor
            .visit_map(&mut access)
            .map_err(|error| error.at_mapping(self.node, access.last_value()))
    }
}

/// A float that JSON writes without a fraction, such as `3.0`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked, and the fraction is zero"
)]
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.whole_number(visitor)
        })*
    };
}

impl<'t> Deserializer<'t> for Reader<'t, '_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.scalar() {
            Some(scalar) => self.any_scalar(scalar, visitor),
            None if self.node.is_sequence() => self.sequence(visitor),
            None => self.mapping(None, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.scalar() {
            Some(Scalar::Null) => visitor.visit_bool(false),
            Some(Scalar::Bool(value)) => visitor.visit_bool(value),
            Some(Scalar::Text(text @ ("true" | "false"))) => {
                self.report_quotes("a boolean");
                visitor.visit_bool(text == "true")
            }
            _ => Err(ReadError::expected("a boolean")),
        }
        .map_err(|error| error.at(self.node))
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_f32<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.number(visitor)
    }

    fn deserialize_f64<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.number(visitor)
    }

    fn deserialize_char<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor
            .visit_str(self.string()?)
            .map_err(|error: ReadError| error.at(self.node))
    }

    fn deserialize_string<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor
            .visit_bytes(self.string()?.as_bytes())
            .map_err(|error: ReadError| error.at(self.node))
    }

    fn deserialize_byte_buf<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.is_null() {
            self.note_placeholder();
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
        .map_err(|error: ReadError| error.at(self.node))
    }

    fn deserialize_unit<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.is_null() {
            visitor.visit_unit()
        } else {
            Err(ReadError::expected("null"))
        }
        .map_err(|error: ReadError| error.at(self.node))
    }

    fn deserialize_unit_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.quantity = name == QUANTITY;
        let problem = if self.is_null() {
            None
        } else {
            self.pass.check.newtype(name, self.node)
        };
        match problem {
            Some(message) => Err(ReadError::complete(message)),
            None => visitor.visit_newtype_struct(self),
        }
        .map_err(|error| error.at(self.node))
    }

    fn deserialize_seq<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.sequence(visitor)
    }

    fn deserialize_tuple<V: Visitor<'t>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'t>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.sequence(visitor)
    }

    fn deserialize_map<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.mapping(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'t>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.mapping(Some(Structure { name, fields }), visitor)
    }

    /// Only variants without content: manifests have no others.
    fn deserialize_enum<V: Visitor<'t>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let text = match self.scalar() {
            Some(Scalar::Text(_)) => self.string()?,
            _ => return Err(ReadError::expected("a string").at(self.node)),
        };
        visitor
            .visit_enum(StrDeserializer::<ReadError>::new(text))
            .map_err(|error| error.at(self.node))
    }

    fn deserialize_identifier<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if let Some((structure, key)) = self.unknown_key {
            let issue = IssueKind::UnknownField {
                structure: structure.name,
                known: structure.fields,
            };
            self.pass.report(key, issue);
        }
        visitor.visit_unit()
    }
}
