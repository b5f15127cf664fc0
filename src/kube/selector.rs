//! Label selectors.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::is_placeholder;

/// Whether a selector selects a set of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// A placeholder on either side stands in the way.
    Unknown,
}

impl Match {
    /// For rules about absence: what might match silences.
    pub fn possible(self) -> bool {
        self != Self::No
    }

    /// For rules about presence: only what matches for certain speaks.
    pub fn certain(self) -> bool {
        self == Self::Yes
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }
}

/// A selector over labels.
#[derive(Clone, Copy, Debug)]
pub enum Selector<'a> {
    /// Selects nothing.
    Nothing,
    /// Equality only, as Services and ReplicationControllers have it. An empty map selects nothing.
    Map(&'a BTreeMap<String, String>),
    /// `matchLabels` and `matchExpressions`. An empty one selects everything.
    Full(&'a LabelSelector),
}

impl<'a> Selector<'a> {
    /// The keys of all labels it asks about.
    pub fn keys(self) -> impl Iterator<Item = &'a str> {
        let (pairs, expressions) = match self {
            Self::Nothing => (None, None),
            Self::Map(map) => (Some(map), None),
            Self::Full(full) => (full.match_labels.as_ref(), full.match_expressions.as_ref()),
        };
        let pairs = pairs.into_iter().flat_map(BTreeMap::keys);
        let expressions = expressions.into_iter().flatten().map(|it| &it.key);
        pairs.chain(expressions).map(String::as_str)
    }

    /// Whether these labels are selected.
    pub fn matches(self, labels: &BTreeMap<String, String>) -> Match {
        match self {
            Self::Nothing => Match::No,
            Self::Map(map) if map.is_empty() => Match::No,
            Self::Map(map) => equal(map, labels),
            Self::Full(selector) => {
                let pairs = selector
                    .match_labels
                    .as_ref()
                    .map_or(Match::Yes, |map| equal(map, labels));
                let expressions = selector.match_expressions.iter().flatten();
                expressions.fold(pairs, |so_far, expression| {
                    let values = expression.values.as_deref().unwrap_or_default();
                    so_far.and(expression_matches(
                        &expression.operator,
                        labels.get(&expression.key),
                        values,
                    ))
                })
            }
        }
    }
}

fn equal(wanted: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> Match {
    // A key that is itself a placeholder may turn out to be any wanted key.
    let open = labels.keys().any(|key| is_placeholder(key));
    wanted.iter().fold(Match::Yes, |so_far, (key, value)| {
        so_far.and(match labels.get(key) {
            Some(found) if found == value => Match::Yes,
            Some(found) if is_placeholder(found) || is_placeholder(value) => Match::Unknown,
            None if open || is_placeholder(key) => Match::Unknown,
            _ => Match::No,
        })
    })
}

fn expression_matches(operator: &str, label: Option<&String>, values: &[String]) -> Match {
    let open =
        |label: &String| is_placeholder(label) || values.iter().any(|value| is_placeholder(value));
    let listed = match label {
        Some(label) if values.contains(label) => Match::Yes,
        Some(label) if open(label) => Match::Unknown,
        _ => Match::No,
    };
    match operator {
        "In" => listed,
        "NotIn" => match listed {
            Match::Yes => Match::No,
            Match::No => Match::Yes,
            Match::Unknown => Match::Unknown,
        },
        "Exists" if label.is_some() => Match::Yes,
        "DoesNotExist" if label.is_none() => Match::Yes,
        "Exists" | "DoesNotExist" => Match::No,
        _ => Match::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn expression(operator: &str, values: &[&str]) -> LabelSelector {
        LabelSelector {
            match_expressions: Some(vec![LabelSelectorRequirement {
                key: "tier".into(),
                operator: operator.into(),
                values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
            }]),
            match_labels: None,
        }
    }

    #[test]
    fn an_empty_map_selects_nothing_and_an_empty_label_selector_everything() {
        let pod = labels(&[("app", "web")]);
        assert_eq!(Selector::Map(&BTreeMap::new()).matches(&pod), Match::No);
        assert_eq!(
            Selector::Full(&LabelSelector::default()).matches(&pod),
            Match::Yes
        );
        assert_eq!(Selector::Nothing.matches(&pod), Match::No);
    }

    #[test]
    fn expressions() {
        let pod = labels(&[("tier", "web")]);
        let bare = labels(&[]);
        let matches = |selector: &LabelSelector, labels| Selector::Full(selector).matches(labels);
        assert_eq!(
            matches(&expression("In", &["web", "api"]), &pod),
            Match::Yes
        );
        assert_eq!(matches(&expression("In", &["api"]), &pod), Match::No);
        assert_eq!(matches(&expression("NotIn", &["api"]), &pod), Match::Yes);
        assert_eq!(matches(&expression("NotIn", &["api"]), &bare), Match::Yes);
        assert_eq!(matches(&expression("Exists", &[]), &pod), Match::Yes);
        assert_eq!(matches(&expression("Exists", &[]), &bare), Match::No);
        assert_eq!(matches(&expression("DoesNotExist", &[]), &bare), Match::Yes);
    }

    #[test]
    fn a_placeholder_is_neither_a_match_nor_a_mismatch() {
        let wanted = labels(&[("app", "web")]);
        let pod = labels(&[("app", "${NAME}")]);
        assert_eq!(Selector::Map(&wanted).matches(&pod), Match::Unknown);
        let other = labels(&[("app", "${NAME}"), ("tier", "api")]);
        let both = labels(&[("app", "web"), ("tier", "db")]);
        assert_eq!(Selector::Map(&both).matches(&other), Match::No);
    }
}
