//! Values that the configuration file and the flags share.

use std::time::Duration;

use crate::finding::{Category, RuleMeta};
use crate::settings::{FailOn, Level, MeshMode, Preset, RenderMode};
use crate::units::{Quantity, SizeLimit, Version, parse_lenient_duration, suggest};

/// The words for [`MeshMode`].
pub const MESH_MODES: [(&str, MeshMode); 4] = [
    ("auto", MeshMode::Auto),
    ("sidecar", MeshMode::Sidecar),
    ("ambient", MeshMode::Ambient),
    ("none", MeshMode::None),
];

/// The words for [`RenderMode`].
pub const RENDER_MODES: [(&str, RenderMode); 2] =
    [("never", RenderMode::Never), ("auto", RenderMode::Auto)];

/// The words for [`FailOn`].
pub const FAIL_ON: [(&str, FailOn); 4] = [
    ("error", FailOn::Error),
    ("warning", FailOn::Warning),
    ("note", FailOn::Note),
    ("never", FailOn::Never),
];

pub(super) const PRESETS: [(&str, Preset); 3] = [
    ("minimal", Preset::Minimal),
    ("recommended", Preset::Recommended),
    ("strict", Preset::Strict),
];

pub(super) const LEVELS: [(&str, Level); 4] = [
    ("off", Level::Off),
    ("note", Level::Note),
    ("warning", Level::Warning),
    ("error", Level::Error),
];

/// Reads the version of a cluster.
///
/// # Errors
/// Says what was expected. Versions that lameduck's rules know nothing of are refused: most of them
/// are a 1.30 that lost its zero.
pub fn parse_kubernetes_version(text: &str) -> Result<Version, String> {
    const OLDEST_MINOR: u32 = 10;
    const NEWEST_MINOR: u32 = 99;
    let version: Version = text.parse().map_err(|_| expected_version(text, "1.33"))?;
    if version.major != 1 || version.minor > NEWEST_MINOR {
        return Err(format!(
            "there is no Kubernetes {version}, expected a version such as 1.33"
        ));
    }
    if version.minor < OLDEST_MINOR {
        let hint = match version.minor {
            1..=4 => format!(", write 1.{}0 if that is meant", version.minor),
            _ => String::new(),
        };
        return Err(format!(
            "Kubernetes {version} is older than any release that rules know{hint}"
        ));
    }
    Ok(version)
}

/// Reads the version of Istio.
///
/// # Errors
/// Says what was expected.
pub fn parse_istio_version(text: &str) -> Result<Version, String> {
    let version: Version = text.parse().map_err(|_| expected_version(text, "1.27"))?;
    if version.major != 1 || version.minor > 99 {
        return Err(format!(
            "there is no Istio {version}, expected a version such as 1.27"
        ));
    }
    Ok(version)
}

fn expected_version(text: &str, example: &str) -> String {
    format!("expected a version such as {example}, found `{text}`")
}

/// Reads a duration, with a unit or in seconds.
///
/// # Errors
/// Says what was expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    parse_lenient_duration(text)
        .ok_or_else(|| format!("expected a duration such as 30s or 1m30s, found `{text}`"))
}

/// Reads how long a program that renders may take.
///
/// # Errors
/// Says what was expected.
pub fn parse_some_time(text: &str) -> Result<Duration, String> {
    let timeout = parse_duration(text)?;
    if timeout.is_zero() {
        return Err("expected some time, found none".into());
    }
    Ok(timeout)
}

pub(super) const SIZE: &str = "a size such as 32Mi";

/// Reads the size of a file.
///
/// # Errors
/// Says what was expected.
pub fn parse_size(text: &str) -> Result<SizeLimit, String> {
    text.parse::<SizeLimit>().map_err(|error| error.to_string())
}

/// Reads the size of all files together, in bytes.
///
/// # Errors
/// Says what was expected.
pub fn parse_total(text: &str) -> Result<u64, String> {
    let size = text.parse().ok().and_then(|Quantity { milli }| {
        let bytes = u64::try_from(milli / 1000).ok()?;
        (milli % 1000 == 0 && bytes > 0).then_some(bytes)
    });
    size.ok_or_else(|| format!("expected a size such as 4Gi, found `{text}`"))
}

/// Finds the value of a word.
///
/// # Errors
/// Says which words there are.
pub fn word<T: Copy>(text: &str, words: &[(&'static str, T)]) -> Result<T, String> {
    words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let known = words.iter().map(|(word, _)| *word);
            let expected = one_of(known.clone());
            format!(
                "expected {expected}, found `{text}`{}",
                did_you_mean(text, known)
            )
        })
}

/// Checks that a word names a rule or a category.
pub(super) fn selector(text: &str, rules: &[RuleMeta]) -> Result<String, String> {
    let ids = rules.iter().map(|rule| rule.id);
    let mut known = ids.chain(Category::ALL.iter().map(|category| category.as_str()));
    if known.clone().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "unknown rule or category `{text}`{}",
        suggestion_or_list(text, &mut known)
    ))
}

/// Finds a rule.
pub(super) fn rule<'a>(text: &str, rules: &'a [RuleMeta]) -> Result<&'a RuleMeta, String> {
    rules.iter().find(|rule| rule.id == text).ok_or_else(|| {
        let mut ids = rules.iter().map(|rule| rule.id);
        format!(
            "unknown rule `{text}`{}",
            suggestion_or_list(text, &mut ids)
        )
    })
}

fn suggestion_or_list(text: &str, known: &mut dyn Iterator<Item = &'static str>) -> String {
    match suggest(text, known) {
        Some(meant) => format!(", did you mean `{meant}`?"),
        None => ": `lameduck rules` lists them".to_owned(),
    }
}

pub(super) fn did_you_mean<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> String {
    suggest(text, known).map_or_else(String::new, |meant| format!(", did you mean `{meant}`?"))
}

/// `a, b or c`
pub(super) fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
