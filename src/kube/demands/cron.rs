//! Schedules as `github.com/robfig/cron/v3` (v3.0.1, `ParseStandard`) reads them, which the API server
//! calls, and names of time zones.

use super::judge::shown;

struct Bounds {
    name: &'static str,
    least: u32,
    most: u32,
    words: &'static [&'static str],
}

const FIELDS: [Bounds; 5] = [
    Bounds {
        name: "minute",
        least: 0,
        most: 59,
        words: &[],
    },
    Bounds {
        name: "hour",
        least: 0,
        most: 23,
        words: &[],
    },
    Bounds {
        name: "day of month",
        least: 1,
        most: 31,
        words: &[],
    },
    Bounds {
        name: "month",
        least: 1,
        most: 12,
        words: &[
            "", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Bounds {
        name: "day of week",
        least: 0,
        most: 6,
        words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

/// Whether a schedule can be read; else what is wrong with it.
pub(super) fn parse(schedule: &str) -> Result<(), String> {
    if let Some(descriptor) = schedule.strip_prefix('@') {
        return match descriptor {
            "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly" => {
                Ok(())
            }
            _ => match descriptor.strip_prefix("every ") {
                Some(duration) if is_go_duration(duration) => Ok(()),
                Some(_) => Err("no duration after @every".to_owned()),
                None => Err("unknown descriptor".to_owned()),
            },
        };
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(format!("{} fields, not 5", fields.len()));
    }
    for (field, bounds) in fields.iter().zip(&FIELDS) {
        for part in field.split(',').filter(|part| !part.is_empty()) {
            range(part, bounds)?;
        }
    }
    Ok(())
}

fn range(part: &str, bounds: &Bounds) -> Result<(), String> {
    let wrong = || format!("{} in the {}", shown(part), bounds.name);
    let (span, step) = match part.split_once('/') {
        Some((span, step)) => (span, Some(step)),
        None => (part, None),
    };
    let (low, high) = match span.split_once('-') {
        Some((low, high)) => (low, Some(high)),
        None => (span, None),
    };
    let (first, mut last) = if low == "*" || low == "?" {
        (bounds.least, bounds.most)
    } else {
        let first = number(low, bounds).ok_or_else(wrong)?;
        let last = match high {
            Some(high) => number(high, bounds).ok_or_else(wrong)?,
            None => first,
        };
        (first, last)
    };
    if let Some(step) = step {
        let step: u32 = integer(step).ok_or_else(wrong)?;
        if step == 0 {
            return Err(wrong());
        }
        if high.is_none() {
            last = bounds.most;
        }
    }
    let fits = first >= bounds.least && last <= bounds.most && first <= last;
    if fits { Ok(()) } else { Err(wrong()) }
}

fn number(text: &str, bounds: &Bounds) -> Option<u32> {
    let word = text.to_lowercase();
    let at = bounds
        .words
        .iter()
        .position(|name| !name.is_empty() && *name == word);
    match at {
        Some(at) => u32::try_from(at).ok(),
        None => integer(text),
    }
}

/// A number that is not negative, as Go's `strconv.Atoi` reads it.
fn integer(text: &str) -> Option<u32> {
    let digits = text
        .strip_prefix('+')
        .or_else(|| {
            text.strip_prefix('-')
                .filter(|rest| rest.bytes().all(|it| it == b'0'))
        })
        .unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u32::MAX))
}

/// A duration as Go's `time.ParseDuration` reads it.
fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut parts = 0;
    while !rest.is_empty() {
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(rest.len());
        let (digits, tail) = rest.split_at(end);
        let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
        if !has_digit || digits.matches('.').count() > 1 {
            return false;
        }
        let units = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
        // "ms" before "m".
        let unit = units
            .iter()
            .filter(|unit| tail.starts_with(**unit))
            .max_by_key(|unit| unit.len());
        let Some(unit) = unit else {
            return false;
        };
        rest = tail.get(unit.len()..).unwrap_or_default();
        parts += 1;
    }
    parts > 0
}

/// Whether the API server finds a time zone of this name: one of the IANA database, which it carries.
pub(super) fn is_time_zone(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.len() <= 14
            && part != "."
            && part != ".."
            && !part.starts_with('-')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
    };
    !name.eq_ignore_ascii_case("local") && name.split('/').all(is_part) && is_known_zone(name)
}

fn is_known_zone(name: &str) -> bool {
    /// The names in lib/time/zoneinfo.zip of Go 1.26, each on a line.
    const NAMES: &str = include_str!("../tables/time_zones.txt");
    // Databases of the system have copies in these folders.
    name.starts_with("posix/") || name.starts_with("right/") || NAMES.lines().any(|it| it == name)
}
