//! What stops a pass, and at which node.

use std::fmt::{self, Display, Write as _};

use serde::de::{Error, Expected, Unexpected};

use crate::yaml::tree::{Node, NodeId};
use crate::yaml::{Kind, Scalar};

/// Characters of a value that a message shows.
const SHOWN: usize = 40;

/// A value that does not fit, with the nodes around it.
#[derive(Debug)]
pub(super) struct ReadError {
    pub(super) message: String,
    /// The value, then what holds it, outwards.
    pub(super) trail: Vec<NodeId>,
    /// Whether the message still lacks what was found.
    lacks_found: bool,
    /// Whether the error is about a mapping as a whole, not the value read last.
    about_whole: bool,
}

impl ReadError {
    /// An error whose message says all.
    pub(super) fn complete(message: String) -> Self {
        Self {
            message,
            trail: Vec::new(),
            lacks_found: false,
            about_whole: false,
        }
    }

    pub(super) fn expected(what: impl Display) -> Self {
        Self {
            lacks_found: true,
            ..Self::complete(format!("expected {what}"))
        }
    }

    /// Notes that the error passes through a node on its way out.
    pub(super) fn at(mut self, node: Node<'_>) -> Self {
        if std::mem::take(&mut self.lacks_found) {
            let _ = write!(self.message, ", found {}", describe(node));
        }
        if self.trail.last() != Some(&node.id()) {
            self.trail.push(node.id());
        }
        self
    }

    /// Like [`at`](Self::at) for a mapping: an error that a visitor raised itself is about the value
    /// it was given last.
    pub(super) fn at_mapping(self, mapping: Node<'_>, last: Option<Node<'_>>) -> Self {
        match last {
            Some(last) if self.trail.is_empty() && !self.about_whole => self.at(last).at(mapping),
            _ => self.at(mapping),
        }
    }
}

impl Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl Error for ReadError {
    fn custom<T: Display>(message: T) -> Self {
        let message = message.to_string();
        let message = message.trim_end_matches('.');
        Self {
            lacks_found: true,
            ..Self::complete(escape(message, 200))
        }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(name(&expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(name(&expected.to_string()))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::expected(name(&expected.to_string()))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let variants: Vec<String> = expected.iter().map(|name| format!("`{name}`")).collect();
        match variants.as_slice() {
            [] => Self::expected("nothing"),
            [only] => Self::expected(only),
            [most @ .., last] => Self::expected(format!("{} or {last}", most.join(", "))),
        }
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::complete(format!("unknown field `{}`", escape(field, SHOWN)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            about_whole: true,
            ..Self::complete(format!("the field `{field}` is missing"))
        }
    }
}

/// What a type calls itself, in the words of the manifest.
fn name(expected: &str) -> String {
    let range = match expected {
        "i8" => (i8::MIN.to_string(), i8::MAX.to_string()),
        "i16" => (i16::MIN.to_string(), i16::MAX.to_string()),
        "i32" | "a 32-bit integer" => (i32::MIN.to_string(), i32::MAX.to_string()),
        "i64" => (i64::MIN.to_string(), i64::MAX.to_string()),
        "u8" => (0.to_string(), u8::MAX.to_string()),
        "u16" => (0.to_string(), u16::MAX.to_string()),
        "u32" => (0.to_string(), u32::MAX.to_string()),
        "u64" | "usize" => (0.to_string(), u64::MAX.to_string()),
        "f32" | "f64" => return "a number".to_owned(),
        "IntOrString" => return "an integer or a string".to_owned(),
        "Quantity" => return "a quantity".to_owned(),
        "a map" => return "a mapping".to_owned(),
        "unit" => return "null".to_owned(),
        other => return other.to_owned(),
    };
    format!("an integer from {} to {}", range.0, range.1)
}

/// A value as a message names it: `the string "3"`.
pub(super) fn describe(node: Node<'_>) -> String {
    let text = || escape(node.raw_text().unwrap_or_default(), SHOWN);
    match node.kind() {
        Kind::Mapping => "a mapping".to_owned(),
        Kind::Sequence => "a list".to_owned(),
        Kind::Scalar(Scalar::Null) => "nothing".to_owned(),
        Kind::Scalar(Scalar::Bool(_)) => format!("the boolean `{}`", text()),
        Kind::Scalar(Scalar::Text(_)) => format!("the string \"{}\"", text()),
        Kind::Scalar(Scalar::Int(_) | Scalar::Unsigned(_) | Scalar::Float(_)) => {
            format!("the number `{}`", text())
        }
    }
}

/// Shortens a text and makes its control characters visible.
fn escape(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    for (count, letter) in text.chars().enumerate() {
        if count == longest {
            shown.push('…');
            break;
        }
        if letter.is_control() {
            shown.extend(letter.escape_debug());
        } else {
            shown.push(letter);
        }
    }
    shown
}
