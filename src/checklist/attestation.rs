//! What a person vouches for, in annotations.

use jiff::civil::Date;

use super::items::ITEMS;
use crate::kube::{Object, Workload};
use crate::source::Location;
use crate::units::suggest;
use crate::yaml::Node;

/// What annotations of attestations begin with; the id of an item follows.
pub const PREFIX: &str = "lameduck.dev/attest.";

const FORM: &str = "expected \"who, when as YYYY-MM-DD, link\", and optionally expires=YYYY-MM-DD";

/// A person's word for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attestation {
    pub(super) who: String,
    pub(super) when: Date,
    pub(super) link: String,
    pub(super) expires: Option<Date>,
}

/// The annotation of one item.
pub(super) struct Attested {
    pub(super) item: &'static str,
    pub(super) location: Location,
    /// What is wrong with it, where it cannot be read.
    pub(super) word: Result<Attestation, String>,
}

/// An annotation that attests nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The annotation.
    pub location: Location,
    /// Its key, and what is wrong with it.
    pub message: String,
}

impl Attestation {
    /// `who, when, link`, and anywhere after a space or a comma `expires=YYYY-MM-DD`.
    fn read(text: &str) -> Result<Self, String> {
        let mut expires = None;
        let mut rest = text.to_owned();
        if let Some(at) = text.find("expires=")
            && text[..at].ends_with([' ', ',', '\n', '\t'])
        {
            let value = text[at..].split([' ', ',', '\n', '\t']).next();
            let value = value.unwrap_or_default();
            let day = value.trim_start_matches("expires=");
            expires =
                Some(date(day).ok_or_else(|| {
                    format!("`{day}` is not a date: expected expires=YYYY-MM-DD")
                })?);
            rest = format!("{}{}", &text[..at], &text[at + value.len()..]);
        }
        let mut parts = rest.splitn(3, ',');
        let mut next = || {
            let part = parts.next()?.trim().trim_end_matches(',').trim();
            (!part.is_empty()).then(|| part.to_owned())
        };
        let (Some(who), Some(when), Some(link)) = (next(), next(), next()) else {
            return Err(FORM.to_owned());
        };
        let when = date(&when).ok_or_else(|| format!("`{when}` is not a date: {FORM}"))?;
        Ok(Self {
            who,
            when,
            link,
            expires,
        })
    }

    /// Whether it holds no longer; it does on the day that it names.
    pub(super) fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|day| day < today)
    }
}

/// `alice, 2026-11-02, https://…; expires 2027-05-01`
impl std::fmt::Display for Attestation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}, {}", self.who, self.when, self.link)?;
        match self.expires {
            Some(day) => write!(f, "; expires {day}"),
            None => Ok(()),
        }
    }
}

/// A day as `YYYY-MM-DD`, and in no other form.
pub fn date(text: &str) -> Option<Date> {
    let is_form = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    text.parse().ok().filter(|_| is_form)
}

/// The attestations of a workload: on its pod template, then on its own metadata. The template's
/// word for an item is the one that counts.
pub(super) fn attestations(workload: Workload<'_>, problems: &mut Vec<Problem>) -> Vec<Attested> {
    let template = workload.template();
    let own = (workload.object(), Some(workload.object().node()));
    let mut found: Vec<Attested> = Vec::new();
    let mut seen: Vec<Location> = Vec::new();
    for (object, owner) in [(template.object(), template.node()), own] {
        let annotations = owner.and_then(|owner| owner.at(&["metadata", "annotations"]));
        for entry in annotations.into_iter().flat_map(Node::entries) {
            let key = entry.key.text().unwrap_or_default();
            let location = object.location(entry.key);
            // The template of a bare Pod is the Pod.
            if !key.starts_with(PREFIX) || seen.contains(&location) {
                continue;
            }
            seen.push(location);
            match read(object, key, entry.value) {
                Ok(attested) => {
                    let is_new = found.iter().all(|it| it.item != attested.item);
                    if let (Err(reason), true) = (&attested.word, is_new) {
                        let message = format!("{key}: {reason}");
                        problems.push(Problem { location, message });
                    }
                    if is_new {
                        found.push(attested);
                    }
                }
                Err(message) => problems.push(Problem { location, message }),
            }
        }
    }
    found
}

fn read(object: &Object, key: &str, value: Node<'_>) -> Result<Attested, String> {
    let name = key.trim_start_matches(PREFIX);
    let Some(item) = ITEMS.iter().find(|item| item.id == name) else {
        let hint = suggest(name, ITEMS.iter().map(|item| item.id))
            .map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"));
        return Err(format!("{key}: the checklist has no item `{name}`{hint}"));
    };
    Ok(Attested {
        item: item.id,
        location: object.location(value),
        word: Attestation::read(value.text().unwrap_or_default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_an_attestation() {
        for (text, shown) in [
            (
                "alice, 2026-11-02, https://wiki/x",
                "alice, 2026-11-02, https://wiki/x",
            ),
            (
                "alice, 2026-11-02, https://wiki/x expires=2027-05-01",
                "alice, 2026-11-02, https://wiki/x; expires 2027-05-01",
            ),
            (
                "alice,2026-11-02,https://wiki/x,y, expires=2027-05-01",
                "alice, 2026-11-02, https://wiki/x,y; expires 2027-05-01",
            ),
            (
                "alice, 2026-11-02, https://wiki/?expires=never",
                "alice, 2026-11-02, https://wiki/?expires=never",
            ),
        ] {
            let read = Attestation::read(text).map(|it| it.to_string());
            assert_eq!(read.as_deref(), Ok(shown), "{text}");
        }
        for text in [
            "",
            "yes",
            "alice, 2026-11-02",
            "alice, 2026-11-02, ",
            ", 2026-11-02, link",
            "alice, yesterday, link",
            "alice, 2026-02-30, link",
            "alice, 2026-11-02T00:00:00, link",
            "alice, 2026-11-02, link expires=soon",
            "alice, 2026-11-02, link expires=2027-5-1",
        ] {
            assert!(Attestation::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_attestation_holds_on_its_last_day() {
        let word = Attestation::read("a, 2026-01-01, b, expires=2026-12-31").unwrap();
        assert!(!word.is_expired(date("2026-12-31").unwrap()));
        assert!(word.is_expired(date("2027-01-01").unwrap()));
    }
}
