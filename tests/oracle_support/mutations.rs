//! Objects with one fault each.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Dice;

/// An object in which one thing was changed, perhaps to something that is as good.
pub(crate) struct Mutant {
    /// The kind of the object.
    pub(crate) kind: String,
    /// What was changed, and where.
    pub(crate) what: String,
    /// The object, in JSON.
    pub(crate) text: String,
}

/// Where a value is: keys and numbers of items.
type Path = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Item(usize),
}

/// At least so many different ones, the same number of each object.
pub(crate) fn mutants(objects: &[Value], count: usize, dice: &mut Dice) -> Vec<Mutant> {
    let mut seen = HashSet::new();
    let mut made = Vec::new();
    let mut rounds = 0;
    while made.len() < count && rounds < 10 * count {
        for object in objects {
            rounds += 1;
            if let Some(mutant) = mutant(object, dice)
                && seen.insert(mutant.text.clone())
            {
                made.push(mutant);
            }
        }
    }
    made
}

fn mutant(object: &Value, dice: &mut Dice) -> Option<Mutant> {
    let mut paths = Vec::new();
    collect(object, &mut Vec::new(), &mut paths);
    let path = paths.get(dice.below(paths.len()))?;
    let mut changed = object.clone();
    let what = change(&mut changed, path, dice)?;
    if changed == *object {
        return None;
    }
    Some(Mutant {
        kind: object["kind"].as_str()?.to_owned(),
        what: format!("{what} at {}", shown(path)),
        text: changed.to_string(),
    })
}

/// Every place but the root, and what tells what the object is.
fn collect(value: &Value, path: &mut Path, paths: &mut Vec<Path>) {
    let mut visit = |step: Step, value: &Value| {
        let is_type = path.is_empty()
            && matches!(&step, Step::Key(key) if key == "kind" || key == "apiVersion");
        path.push(step);
        if !is_type {
            paths.push(path.clone());
            collect(value, path, paths);
        }
        path.pop();
    };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                visit(Step::Key(key.clone()), value);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                visit(Step::Item(at), value);
            }
        }
        _ => {}
    }
}

fn change(object: &mut Value, path: &[Step], dice: &mut Dice) -> Option<&'static str> {
    let (last, above) = path.split_last()?;
    let holder = above.iter().try_fold(object, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(at) => value.get_mut(at),
    })?;
    // What changes the entry rather than its value.
    match (dice.below(10), &mut *holder, last) {
        (0 | 1, Value::Object(fields), Step::Key(key)) => {
            fields.remove(key);
            return Some("a field removed");
        }
        (2, Value::Object(fields), _) => {
            fields.insert("bogusField".to_owned(), json!("x"));
            return Some("a field that does not exist, beside what stands");
        }
        (3, Value::Object(fields), Step::Key(key)) => {
            let value = fields.remove(key)?;
            let mut letters: Vec<char> = key.chars().collect();
            let at = dice.below(letters.len());
            letters.remove(at);
            fields.insert(letters.into_iter().collect(), value);
            return Some("a letter of the key removed");
        }
        (0..3, Value::Array(items), Step::Item(at)) => {
            let item = items.get(*at)?.clone();
            items.push(item);
            return Some("an item repeated");
        }
        (3, Value::Array(items), Step::Item(at)) => {
            items.remove(*at);
            return Some("an item removed");
        }
        _ => {}
    }
    let value = match last {
        Step::Key(key) => holder.get_mut(key)?,
        Step::Item(at) => holder.get_mut(at)?,
    };
    let (what, other) = replaced(value, dice)?;
    *value = other;
    Some(what)
}

fn replaced(value: &Value, dice: &mut Dice) -> Option<(&'static str, Value)> {
    if dice.once_in(4) {
        return Some(match (dice.below(5), value) {
            (0, _) => ("null", Value::Null),
            (1, Value::String(_)) => ("a list for a text", json!(["x"])),
            (1, _) => ("a text for something else", json!("x")),
            (2, _) => ("a mapping", json!({"a": "b"})),
            (3, _) => ("a list", json!([1])),
            _ => ("a truth value", json!(true)),
        });
    }
    Some(match value {
        Value::Number(number) => {
            let near = number.as_i64()?;
            let other = [
                -1,
                0,
                near.saturating_neg(),
                near.saturating_mul(1000),
                65_536,
                1 << 31,
                i64::MAX,
            ];
            ("another number", json!(other.get(dice.below(other.len()))?))
        }
        Value::Bool(is) => ("the opposite", json!(!is)),
        Value::String(text) => match dice.below(6) {
            0 => ("nothing", json!("")),
            1 => ("a word nobody knows", json!("Bogus")),
            2 => ("a bad name", json!("Not_A_Name!")),
            3 => ("a blank in it", json!(format!("{text} x"))),
            4 => ("a number for a text", json!(1)),
            _ => ("a long text", json!("x".repeat(300))),
        },
        Value::Array(_) => ("no items", json!([])),
        Value::Object(_) => ("no fields", json!({})),
        Value::Null => return None,
    })
}

fn shown(path: &[Step]) -> String {
    let mut shown = String::new();
    for step in path {
        match step {
            Step::Key(key) => {
                shown.push('.');
                shown.push_str(key);
            }
            Step::Item(at) => write!(shown, "[{at}]").unwrap(),
        }
    }
    shown
}
