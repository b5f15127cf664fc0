//! Words that messages share.

/// `one`, `one or two`, `one, two or three`.
pub(super) fn or<T: AsRef<str>>(items: &[T]) -> String {
    join(items, "or")
}

fn join<T: AsRef<str>>(items: &[T], conjunction: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {conjunction} {}", first.join(", "), last.as_ref())
        }
    }
}

/// `1 replica`, `2 replicas`.
pub(super) fn count(number: i64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(or(&["a"]), "a");
        assert_eq!(or(&["a", "b"]), "a or b");
        assert_eq!(or(&["a", "b", "c"]), "a, b or c");
    }

    #[test]
    fn nouns_agree_with_their_number() {
        assert_eq!(count(1, "replica"), "1 replica");
        assert_eq!(count(3, "replica"), "3 replicas");
    }
}
