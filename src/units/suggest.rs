//! "Did you mean".

/// The candidate that `word` was most likely meant to be, or `None` when none is near. Case and
/// the choice between `-`, `_` and nothing do not count; of equally near candidates the first wins.
/// Where none is near, the only one that starts with the word is meant. Of more than 500 candidates the
/// first ones count.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Long words are never near a name, and comparing them costs their length squared.
    const LONGEST: usize = 100;
    const SHORTEST_START: usize = 3;
    /// Thousands of names, each near none of thousands of others, would take the product of both.
    const MOST: usize = 500;
    if word.len() > LONGEST {
        return None;
    }
    let word = simplified(word);
    let word_length = word.chars().count();
    let letters = counted(&word);
    let mut target = String::new();
    let mut best: Option<(usize, &'a str)> = None;
    let mut longer = Vec::new();
    for candidate in candidates.into_iter().take(MOST) {
        simplify(candidate, &mut target);
        if longer.len() < 2 && target.starts_with(&word) {
            longer.push(candidate);
        }
        // One typing error per three letters; a word of two letters has no near miss. An ending that
        // both share, as names of a kind do (`api-deployment`, `nginx-deployment`), excuses nothing.
        let length = word_length.max(target.chars().count());
        let differing = length - shared_ending(&word, &target);
        let allowed = (length / 3).min((differing / 3).max(1));
        let allowed = best.map_or(allowed, |(nearest, _)| allowed.min(nearest - 1));
        // Comparing costs the square of the length, so most names are told apart without it.
        if least_distance(&letters, &target) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&word, &target);
        if distance <= allowed {
            best = Some((distance, candidate));
            if distance == 0 {
                break;
            }
        }
    }
    match (best, longer.as_slice()) {
        (Some((_, candidate)), _) => Some(candidate),
        (None, [candidate]) if word.len() >= SHORTEST_START => Some(candidate),
        _ => None,
    }
}

/// The one candidate that `word` can be a slip of: at most two letters wrong, doubled or left out,
/// and another candidate that is near is three more away. More may be a word of its own.
pub fn only_slip<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    const TYPING_ERRORS: usize = 2;
    const LEAD: usize = 3;
    let near = suggest(word, candidates.clone())?;
    let simple = simplified(word);
    let distance = |name: &str| strsim::osa_distance(&simple, &simplified(name));
    let errors = distance(near);
    let rival = suggest(word, candidates.into_iter().filter(|name| *name != near));
    let is_clear = rival.is_none_or(|rival| distance(rival) >= errors + LEAD);
    (errors <= TYPING_ERRORS && is_clear).then_some(near)
}

/// In characters.
fn shared_ending(one: &str, other: &str) -> usize {
    let pairs = one.chars().rev().zip(other.chars().rev());
    pairs.take_while(|(one, other)| one == other).count()
}

fn simplified(word: &str) -> String {
    let mut simple = String::new();
    simplify(word, &mut simple);
    simple
}

fn simplify(word: &str, simple: &mut String) {
    simple.clear();
    let letters = word.chars().filter(|c| !matches!(c, '-' | '_'));
    simple.extend(letters.flat_map(char::to_lowercase));
}

/// How often each letter is there; letters beyond ASCII share their counts.
type Letters = [i32; 128];

fn counted(word: &str) -> Letters {
    let mut letters = [0; 128];
    for c in word.chars() {
        if let Some(count) = letters.get_mut(c as usize % 128) {
            *count += 1;
        }
    }
    letters
}

/// No more than the distance of two words: each error adds a letter, takes one away, or both; swapped
/// letters stay the same ones.
fn least_distance(word: &Letters, target: &str) -> usize {
    let mut letters = *word;
    let mut missing = 0;
    for c in target.chars() {
        if let Some(count) = letters.get_mut(c as usize % 128) {
            missing += usize::from(*count <= 0);
            *count -= 1;
        }
    }
    let left = letters
        .iter()
        .filter_map(|count| usize::try_from(*count).ok());
    missing.max(left.sum())
}

#[cfg(test)]
mod tests {
    use super::{only_slip, suggest};

    #[test]
    fn near_words_are_suggested() {
        let fields = ["livenessProbe", "readinessProbe", "name", "env"];
        assert_eq!(suggest("livenesProbe", fields), Some("livenessProbe"));
        assert_eq!(suggest("readiness-probe", fields), Some("readinessProbe"));
        assert_eq!(suggest("nmae", fields), Some("name"));
        assert_eq!(suggest("ENV", fields), Some("env"));
        assert_eq!(suggest("eplicas", ["replicas"]), Some("replicas"));
    }

    #[test]
    fn a_beginning_is_suggested_when_only_one_word_has_it() {
        assert_eq!(suggest("warn", ["error", "warning"]), Some("warning"));
        let two = ["missing-readiness-probe", "missing-startup-probe"];
        assert_eq!(suggest("missing", two), None);
        assert_eq!(suggest("wa", ["warning"]), None);
    }

    #[test]
    fn far_words_are_not() {
        let fields = ["livenessProbe", "name", "env"];
        assert_eq!(suggest("volumes", fields), None);
        assert_eq!(suggest("", fields), None);
        assert_eq!(suggest(&"name".repeat(1000), fields), None);
        assert_eq!(suggest("api-deployment", ["nginx-deployment"]), None);
        assert_eq!(suggest("minReplicas", ["maxReplicas"]), None);
    }

    #[test]
    fn a_slip_has_one_meaning() {
        assert_eq!(only_slip("replcas", ["replicas", "name"]), Some("replicas"));
        assert_eq!(
            only_slip("Replicas", ["replicas", "name"]),
            Some("replicas")
        );
        assert_eq!(only_slip("portt", ["ports", "port"]), None);
        assert_eq!(only_slip("warn", ["warning"]), None);
    }

    #[test]
    fn of_very_many_candidates_the_first_count() {
        let names: Vec<String> = (0..1000).map(|it| format!("service-{it}")).collect();
        let names = || names.iter().map(String::as_str);
        assert_eq!(suggest("servcie-7", names()), Some("service-7"));
        assert_eq!(
            suggest("servcie-999", names().skip(500)),
            Some("service-999")
        );
        assert_eq!(suggest("x", names().chain(["y"])), None);
    }

    #[test]
    fn the_nearest_wins_and_then_the_first() {
        assert_eq!(suggest("pods", ["pod", "pods"]), Some("pods"));
        assert_eq!(suggest("port", ["ports", "porta"]), Some("ports"));
    }
}
