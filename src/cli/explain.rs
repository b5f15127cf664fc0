//! `lameduck explain`

use super::{Failure, output};
use crate::finding::RuleMeta;
use crate::units::suggest;

pub(super) fn run(id: &str, rules: &[RuleMeta]) -> Result<(), Failure> {
    let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
        let hint = match suggest(id, rules.iter().map(|rule| rule.id)) {
            Some(meant) => format!(", did you mean `{meant}`?"),
            None => ": `lameduck rules` lists them".to_owned(),
        };
        return Err(Failure::one(format!("unknown rule `{id}`{hint}")));
    };
    output::to_stdout(text(rule.page).as_bytes())
}

/// The page without its front matter, which is for programs.
fn text(page: &str) -> &str {
    page.strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(page, |(_, text)| text.trim_start())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn front_matter_is_left_out() {
        assert_eq!(text("---\nid: a\n---\n\n# A\n\n---\n"), "# A\n\n---\n");
        assert_eq!(text("# A\n"), "# A\n");
    }
}
