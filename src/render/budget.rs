//! What all renderings of a run may take together: whoever adds charts cannot keep a run from its end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::units::show_size;

/// More kustomizations and charts than a repository has that is not meant to take long.
const MAX_RENDERINGS: usize = 1000;
/// After it none is started; the ones at work have the time of one each.
const MAX_TIME: Duration = Duration::from_secs(10 * 60);

/// What all of them may render to.
const MAX_BYTES: usize = 256 << 20;

/// So many are at work before what they rendered is taken in: no more is held in memory beside it.
pub(super) const AT_ONCE: usize = 16;

/// The renderings of one run.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    end: Instant,
    late: AtomicUsize,
    /// How many more bytes of what is rendered are kept.
    room: usize,
    refused: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self::of(MAX_RENDERINGS, MAX_TIME)
    }

    fn of(left: usize, time: Duration) -> Self {
        Self {
            left,
            end: Instant::now() + time,
            late: AtomicUsize::new(0),
            room: MAX_BYTES,
            refused: 0,
        }
    }

    /// Cuts off what is too many; says so. `what` names them.
    pub(super) fn admit<T>(&mut self, all: &mut Vec<T>, what: &str) -> Option<String> {
        let over = all.len().saturating_sub(self.left);
        all.truncate(self.left);
        self.left -= all.len();
        (over > 0).then(|| {
            format!("{over} {what} not rendered: there are more than {MAX_RENDERINGS} to render")
        })
    }

    /// Whether there is no time left for another one, which is counted.
    pub(super) fn is_over(&self) -> bool {
        let is_over = Instant::now() >= self.end;
        if is_over {
            self.late.fetch_add(1, Ordering::Relaxed);
        }
        is_over
    }

    /// Whether there is room for a text that was rendered; where there is none, that is counted.
    pub(super) fn takes(&mut self, text: &str) -> bool {
        let Some(room) = self.room.checked_sub(text.len()) else {
            self.refused += 1;
            return false;
        };
        self.room = room;
        true
    }

    /// Says how many there was no room for since the last time it was asked.
    pub(super) fn refused(&mut self, what: &str) -> Option<String> {
        let refused = std::mem::take(&mut self.refused);
        let most = show_size(MAX_BYTES as u64);
        (refused > 0).then(|| {
            format!("{refused} {what} not judged: they render to more than {most} together")
        })
    }

    /// Says how many there was no time for since the last time it was asked.
    pub(super) fn late(&self, what: &str) -> Option<String> {
        let late = self.late.swap(0, Ordering::Relaxed);
        let minutes = MAX_TIME.as_secs() / 60;
        (late > 0).then(|| {
            format!("{late} {what} not rendered: rendering has taken more than {minutes} minutes")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_many_is_cut_off_over_all_kinds() {
        let mut budget = Budget::of(3, MAX_TIME);
        let (mut first, mut second) = (vec![1, 2], vec![3, 4, 5]);
        assert_eq!(budget.admit(&mut first, "kustomizations"), None);
        let told = budget.admit(&mut second, "charts").unwrap();
        assert_eq!(second, [3]);
        assert!(told.starts_with("2 charts not rendered: "), "{told}");
        assert!(!budget.is_over());
        assert_eq!(budget.late("charts"), None);
    }

    #[test]
    fn what_is_rendered_has_room_for_so_much() {
        let mut budget = Budget::of(3, MAX_TIME);
        budget.room = 5;
        assert!(budget.takes("abc") && !budget.takes("abc") && budget.takes("ab"));
        let told = budget.refused("charts").unwrap();
        assert!(told.starts_with("1 charts not judged: "), "{told}");
        assert_eq!(budget.refused("charts"), None);
    }

    #[test]
    fn nothing_starts_after_the_time_is_over() {
        let budget = Budget::of(3, Duration::ZERO);
        assert!(budget.is_over() && budget.is_over());
        let told = budget.late("charts").unwrap();
        assert!(told.starts_with("2 charts not rendered: "), "{told}");
        assert_eq!(budget.late("charts"), None);
    }
}
