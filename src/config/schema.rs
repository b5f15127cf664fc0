//! The JSON Schema of the configuration file, for editors.

use serde_json::{Map, Value, json};

use super::keys::{About, Shape, keys, levels};
use super::rules::{EXCLUDE, SEVERITY};
use crate::finding::{Category, OptionMeta, RuleMeta};
use crate::settings::OptionValue;
use crate::units::SizeLimit;

/// The schema, as draft 7, which most editors know.
pub fn schema(rules: &[RuleMeta]) -> Value {
    let mut schema = section(&keys(), rules);
    if let Some(schema) = schema.as_object_mut() {
        let head = [
            ("$schema", "http://json-schema.org/draft-07/schema#"),
            ("title", "lameduck.yaml"),
            ("description", "The configuration of lameduck"),
        ];
        for (key, value) in head {
            schema.insert(key.to_owned(), json!(value));
        }
    }
    schema
}

fn section(keys: &[&About], rules: &[RuleMeta]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|about| (about.name.to_owned(), described(about, rules)))
        .collect();
    // All its entries may be commented out.
    json!({
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn described(about: &About, rules: &[RuleMeta]) -> Value {
    let mut value = shape(about.shape, rules);
    if let Some(value) = value.as_object_mut() {
        let description = match about.default {
            "" => about.summary.to_owned(),
            default => format!("{}. Default: {default}", about.summary),
        };
        value.insert("description".to_owned(), json!(description));
    }
    value
}

fn shape(shape: Shape, rules: &[RuleMeta]) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Duration => duration(),
        Shape::Size => json!({
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": SizeLimit::default().bytes() },
                { "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(k|M|G|Ki|Mi|Gi)?$" },
            ],
        }),
        Shape::Version => json!({
            "anyOf": [
                { "type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2 },
                { "type": "string", "pattern": r"^v?1\.[0-9]+" },
            ],
        }),
        Shape::Word(words) => json!({ "enum": words() }),
        Shape::Text(_) => json!({ "type": "string" }),
        Shape::Texts(_) => one_or_more(&json!({ "type": "string" })),
        Shape::Selectors => {
            let ids = rules.iter().map(|rule| rule.id);
            let categories = Category::ALL.iter().map(|category| category.as_str());
            let names: Vec<&str> = ids.chain(categories).collect();
            one_or_more(&json!({ "enum": names }))
        }
        Shape::Rules => {
            let properties: Map<String, Value> = rules
                .iter()
                .map(|rule| (rule.id.to_owned(), of_rule(rule)))
                .collect();
            json!({
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": properties,
            })
        }
        Shape::Section(keys) => section(&keys(), rules),
        Shape::WordOrSection(words, keys) => json!({
            "anyOf": [
                { "enum": words() },
                section(&keys(), rules),
            ],
        }),
        Shape::Sections(keys) => json!({
            "type": ["array", "null"],
            "items": section(&keys(), rules),
        }),
    }
}

fn of_rule(rule: &RuleMeta) -> Value {
    let levels = json!({ "enum": levels() });
    let mut properties = Map::new();
    properties.insert(SEVERITY.to_owned(), levels.clone());
    properties.insert(
        EXCLUDE.to_owned(),
        one_or_more(&json!({ "type": "string" })),
    );
    for option in rule.options {
        properties.insert(option.name.to_owned(), of_option(option));
    }
    json!({
        "description": rule.summary,
        "anyOf": [
            levels,
            { "type": "object", "additionalProperties": false, "properties": properties },
        ],
    })
}

fn of_option(option: &OptionMeta) -> Value {
    let mut value = match option.default {
        OptionValue::Bool(_) => json!({ "type": "boolean" }),
        OptionValue::Seconds(_) => duration(),
    };
    if let Some(value) = value.as_object_mut() {
        value.insert("description".to_owned(), json!(option.summary));
    }
    value
}

fn duration() -> Value {
    json!({
        "anyOf": [
            { "type": "number", "minimum": 0 },
            { "type": "string", "pattern": r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([a-zµ]|$)" },
        ],
    })
}

fn one_or_more(item: &Value) -> Value {
    json!({
        "anyOf": [
            item,
            { "type": ["array", "null"], "items": item },
        ],
    })
}
