//! The page of a rule: Markdown behind a front matter that is for programs.

use super::RuleMeta;
use crate::units::cut;

/// What viewers of logs show beside a finding, in bytes.
const ADVICE: usize = 1_500;

impl RuleMeta {
    /// The page without its front matter.
    pub fn text(&self) -> &'static str {
        text(self.page)
    }

    /// What stands below a heading of the page, without what belongs to other headings.
    pub fn section(&self, heading: &str) -> Option<&'static str> {
        section(self.text(), heading)
    }

    /// What the rule reports, why it matters and how to fix it, as Markdown of at most [`ADVICE`] bytes.
    pub fn advice(&self) -> String {
        let mut advice = format!("{}.\n", self.summary.trim_end_matches('.'));
        // Where each ends at the latest, so that there is something of all.
        for (heading, end) in [
            ("Why it matters", ADVICE / 2),
            ("Fix", ADVICE),
            ("What it reports", ADVICE),
        ] {
            let head = format!("\n## {heading}\n\n");
            let room = end.saturating_sub(advice.len() + head.len() + 1);
            let part = self.section(heading).map_or("", |it| start(it, room));
            if !part.is_empty() {
                advice.push_str(&head);
                advice.push_str(part);
                advice.push('\n');
            }
        }
        advice
    }

    /// Where the page stands on the web.
    pub fn url(&self) -> String {
        let site = env!("CARGO_PKG_HOMEPAGE");
        format!("{site}rules/{}/{}/", self.category, self.id)
    }
}

/// As much of the start of a text as there is room for, in whole paragraphs, else in whole sentences.
fn start(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    let cut = cut::clip(text, room);
    let (whole, _) = cut.rsplit_once("\n\n").unwrap_or_default();
    // A code block or list that is cut in the middle says something else.
    if !whole.is_empty() || !cut.starts_with(char::is_alphanumeric) && !is_code_word(cut) {
        return whole;
    }
    let end = cut.match_indices(". ").last();
    end.and_then(|(at, _)| cut.get(..=at)).unwrap_or_default()
}

fn is_code_word(text: &str) -> bool {
    text.starts_with('`') && !text.starts_with("```")
}

fn text(page: &str) -> &str {
    page.strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(page, |(_, text)| text)
        .trim()
}

fn section<'a>(text: &'a str, heading: &str) -> Option<&'a str> {
    let mut start = None;
    let mut at = 0;
    let mut is_code = false;
    for line in text.split_inclusive('\n') {
        is_code ^= line.starts_with("```");
        if let Some(found) = line.strip_prefix("## ").filter(|_| !is_code) {
            if let Some(start) = start {
                return text.get(start..at).map(str::trim);
            }
            start = (found.trim_end() == heading).then_some(at + line.len());
        }
        at += line.len();
    }
    text.get(start?..).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::metas;

    #[test]
    fn front_matter_is_left_out() {
        assert_eq!(text("---\nid: a\n---\n\n# A\n\n---\n"), "# A\n\n---");
        assert_eq!(text("# A\n"), "# A");
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = "# A\n\n## One\n\nx\n```\n## no heading\n```\n\n## Two\n\ny\n";
        assert_eq!(section(text, "One"), Some("x\n```\n## no heading\n```"));
        assert_eq!(section(text, "Two"), Some("y"));
        assert_eq!(section(text, "Three"), None);
    }

    #[test]
    fn a_text_is_cut_between_paragraphs_else_sentences() {
        assert_eq!(start("One. Two.", 20), "One. Two.");
        assert_eq!(start("One. Two.\n\nThree. Four.", 20), "One. Two.");
        assert_eq!(start("One. Two. Three. Four.", 14), "One. Two.");
        assert_eq!(start("```\na. b\n```", 8), "");
    }

    #[test]
    fn every_rule_has_advice_of_bounded_size() {
        for meta in metas() {
            let advice = meta.advice();
            assert!(advice.len() <= ADVICE, "{}", meta.id);
            assert!(
                advice.contains("\n## Why it matters\n"),
                "{}: {advice}",
                meta.id
            );
            assert!(advice.contains("\n## Fix\n"), "{}: {advice}", meta.id);
            assert!(!advice.contains("```yaml bad"), "{}", meta.id);
        }
    }
}
