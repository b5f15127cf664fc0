//! Prose in which backticks mark code.

/// A sentence, cut where code starts and ends.
#[derive(Clone, Default)]
pub(super) struct Prose(pub(super) Vec<(String, bool)>);

impl Prose {
    /// Takes printable text. A backtick without a second one is a backtick.
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut push = |text: &str, is_code: bool| {
            if !text.is_empty() {
                parts.push((text.to_owned(), is_code));
            }
        };
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('`')
            && let Some((code, after)) = from.split_once('`')
        {
            push(before, false);
            push(code, true);
            rest = after;
        }
        push(rest, false);
        Self(parts)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Prose;

    #[test]
    fn pairs_of_backticks_are_code() {
        let text = |text: &str| {
            let parts = Prose::new(text).0.into_iter();
            parts
                .map(|(text, is_code)| if is_code { format!("<{text}>") } else { text })
                .collect::<String>()
        };
        assert_eq!(text("set `a: 1` or `b`"), "set <a: 1> or <b>");
        assert_eq!(text("a lone ` stays"), "a lone ` stays");
        assert_eq!(
            text("an empty pair `` is nothing"),
            "an empty pair  is nothing"
        );
        assert!(Prose::new("").is_empty());
    }
}
