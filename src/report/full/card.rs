//! One finding.

use super::drawing::draw;
use super::{Told, paint, untabbed};
use crate::finding::{Applicability, Finding, Label, Severity};
use crate::report::excerpt::{Excerpt, Extent, Place};
use crate::report::paint::Color;
use crate::report::text::{sanitize_lines, subject, wrap, wrap_behind};
use crate::report::{Style, replacement, sanitize};
use crate::source::Sources;

/// How many related places of one finding are shown; the formats for programs carry all.
const MAX_RELATED: usize = 8;

/// Columns before the lines of a help.
const INDENT: usize = 8;

/// Columns that a drawing needs besides the source text, where line numbers have four digits.
const GUTTER: usize = 7;

/// Source text is never squeezed into less, however narrow the terminal.
const MIN_COLUMNS: usize = 40;

/// One finding as it is written.
pub(super) struct Card<'a> {
    pub(super) finding: &'a Finding,
    pub(super) sources: &'a Sources,
    pub(super) style: &'a Style,
    /// Whether its object stands above it.
    pub(super) is_below_its_object: bool,
}

impl Card<'_> {
    /// Its lines, in colour where colours are wanted.
    pub(super) fn lines(&self, told: &mut Told) -> Vec<String> {
        let finding = self.finding;
        let head = format!("{}[{}]", finding.severity, finding.rule);
        let text = format!("{head} {}", sanitize(&finding.message));
        let text = wrap_behind(&text, self.style.width, 2);
        let mut lines = vec![painted(self.style, finding.severity, &head, &text)];
        draw(&self.excerpt(), &self.place_line(), self, &mut lines);
        lines.extend(self.alike());
        let hidden = finding.related.len().saturating_sub(MAX_RELATED);
        if hidden > 0 {
            lines.push(format!("  not shown: related places, {hidden} more"));
        }
        lines.extend(self.advice(told));
        if told.rules.insert(finding.rule) {
            lines.push(format!("  read more: lameduck explain {}", finding.rule));
        }
        lines
    }

    fn excerpt(&self) -> Excerpt {
        let finding = self.finding;
        let related = self.related().filter(|it| !self.is_alike(it));
        let related = related.map(|related| Place {
            location: related.location,
            label: Some(sanitize(&related.message).into_owned()),
        });
        let primary = Place {
            location: finding.primary,
            label: finding
                .detail
                .as_deref()
                .map(|it| sanitize(it).into_owned()),
        };
        let places: Vec<Place> = std::iter::once(primary).chain(related).collect();
        let extent = Extent {
            context: 0,
            columns: self.style.width.saturating_sub(GUTTER).max(MIN_COLUMNS),
        };
        Excerpt::new(self.sources, &places, extent)
    }

    fn related(&self) -> impl Iterator<Item = &Label> {
        self.finding.related.iter().take(MAX_RELATED)
    }

    /// Whether the place is one of several of which there is nothing else to say than where they are, as
    /// the overlays of an object.
    fn is_alike(&self, label: &Label) -> bool {
        let is_elsewhere = |it: &Label| it.location.source != self.finding.primary.source;
        let same = |it: &&Label| is_elsewhere(it) && it.message == label.message;
        is_elsewhere(label) && self.related().filter(same).count() > 1
    }

    /// A line for such places together.
    fn alike(&self) -> Vec<String> {
        let mut together: Vec<(&str, Vec<String>)> = Vec::new();
        for label in self.related().filter(|it| self.is_alike(it)) {
            let source = self.sources.get(label.location.source);
            let line = source.position(label.location.span.start).line;
            let place = format!("{}:{line}", sanitize(source.path()));
            match together.iter_mut().find(|(text, _)| *text == label.message) {
                Some((_, places)) => places.push(place),
                None => together.push((&label.message, vec![place])),
            }
        }
        let lines = together.iter().map(|(text, places)| {
            let line = format!("  {}: {}", sanitize(text), places.join(", "));
            wrap_behind(&line, self.style.width, 4)
        });
        lines.collect()
    }

    /// `app.yaml:10:38  Deployment demo/shop, container app`
    fn place_line(&self) -> String {
        let finding = self.finding;
        let mut words = Vec::new();
        if self.is_below_its_object {
            let resource = finding.resource.as_ref();
            let container = resource.and_then(|it| it.container.as_deref());
            words.extend(container.map(|it| format!("container {}", sanitize(it))));
        } else {
            words.extend(subject(finding));
        }
        if let Some(suppression) = &finding.suppressed {
            words.push(sanitize(&suppression.to_string()).into_owned());
        }
        let place = place(finding, self.sources);
        format!("{place}  {}", words.join(", "))
    }

    /// What to write instead, or where above it stands.
    fn advice(&self, told: &mut Told) -> Vec<String> {
        let lines: Vec<(Kind, String)> = [self.help(), self.fix()].concat();
        let text = lines.iter().map(|(_, line)| line.as_str());
        let text = text.collect::<Vec<_>>().join("\n");
        if text.is_empty() {
            return Vec::new();
        }
        let key = (self.finding.rule, text);
        if let Some(place) = told.advice.get(&key) {
            let what = if self.finding.fix.is_some() {
                "fix"
            } else {
                "help"
            };
            let line = format!("  same {what} as above ({place})");
            return vec![wrap_behind(&line, self.style.width, INDENT)];
        }
        told.advice.insert(key, place(self.finding, self.sources));
        let lines = lines.into_iter().map(|(kind, line)| {
            if line.is_empty() {
                return line;
            }
            match kind {
                Kind::Head => format!("  {line}"),
                Kind::Text => format!("{:INDENT$}{line}", ""),
                Kind::Removed => format!("{:INDENT$}{}", "", paint(self.style, Color::Red, &line)),
                Kind::Added => format!("{:INDENT$}{}", "", paint(self.style, Color::Green, &line)),
            }
        });
        lines.collect()
    }

    /// A sentence behind a word, in as many lines as it takes.
    fn sentence(&self, word: &str, text: &str) -> Vec<(Kind, String)> {
        let room = self.style.width.saturating_sub(INDENT);
        // The word stands left of the indent as far as it fits there.
        let text = format!("{word}{text}");
        let wrapped = wrap_behind(&text, room + INDENT - 2, INDENT - 2);
        let mut lines = wrapped.lines();
        let head = lines.next().map(|line| (Kind::Head, line.to_owned()));
        let rest = lines.map(|line| (Kind::Text, line.trim_start().to_owned()));
        head.into_iter().chain(rest).collect()
    }

    /// The first line of a help is prose; what follows is text to copy, which is never broken.
    fn help(&self) -> Vec<(Kind, String)> {
        let Some(help) = &self.finding.help else {
            return Vec::new();
        };
        let mut lines = self.sentence("help: ", &sanitize_lines(help.prose()));
        let copy = help.copy().map(sanitize_lines).unwrap_or_default();
        lines.extend(copy.lines().map(|line| (Kind::Text, line.to_owned())));
        lines
    }

    fn fix(&self) -> Vec<(Kind, String)> {
        let Some(fix) = &self.finding.fix else {
            return Vec::new();
        };
        let word = match fix.applicability {
            Applicability::Safe => "fix: ",
            Applicability::Unsafe => "fix (unsafe): ",
        };
        let mut lines = self.sentence(word, &sanitize(&fix.title));
        for line in replacement::lines(self.finding, fix, self.sources) {
            let kind = match line.chars().next() {
                Some('-') => Kind::Removed,
                Some('+') => Kind::Added,
                _ => Kind::Text,
            };
            lines.push((kind, untabbed(&line)));
        }
        if let Some(effect) = &fix.effect {
            let text = sanitize(&format!("at run time: {effect}")).into_owned();
            let room = self.style.width.saturating_sub(INDENT);
            let wrapped = wrap(&text, room);
            lines.extend(wrapped.lines().map(|line| (Kind::Text, line.to_owned())));
        }
        lines
    }
}

/// What a line of advice is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Head,
    Text,
    Removed,
    Added,
}

/// `app.yaml:10:38`
pub(super) fn place(finding: &Finding, sources: &Sources) -> String {
    let source = sources.get(finding.primary.source);
    let at = source.position(finding.primary.span.start);
    format!("{}:{}:{}", sanitize(source.path()), at.line, at.column)
}

/// The colour of a severity.
pub(super) fn color(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Note => Color::Cyan,
    }
}

/// The text with its head in the colour of the severity.
pub(super) fn painted(style: &Style, severity: Severity, head: &str, text: &str) -> String {
    match text.strip_prefix(head) {
        Some(rest) => paint(style, color(severity), head) + rest,
        None => text.to_owned(),
    }
}
