//! Where times and labels stand on an axis.

use std::time::Duration;

/// An axis from 0 to the latest time, on which different times never fall together: where true
/// proportions would bring two of them closer than a least distance, the gap between them is
/// widened at the cost of the others.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// Each time and its place, from 0.0 to 1.0; both ascend.
    stops: Vec<(Duration, f64)>,
    is_true: bool,
}

impl Scale {
    /// Distances are shares of the axis: proportions are true where they leave `least` between two
    /// times; else no two times are closer than `roomy`.
    pub(super) fn new(times: impl IntoIterator<Item = Duration>, least: f64, roomy: f64) -> Self {
        let mut times: Vec<Duration> = times.into_iter().chain([Duration::ZERO]).collect();
        times.sort_unstable();
        times.dedup();
        let gaps: Vec<f64> = times
            .iter()
            .zip(times.iter().skip(1))
            .map(|(from, to)| to.saturating_sub(*from).as_secs_f64())
            .collect();
        let total: f64 = gaps.iter().sum();
        let mut shares: Vec<f64> = gaps.iter().map(|gap| gap / total).collect();
        let is_true = shares.iter().all(|share| *share >= least);
        if !is_true {
            shares = widen(&gaps, roomy);
        }
        let mut place = 0.0;
        let places = shares.into_iter().map(|share| {
            place += share;
            place
        });
        let stops = times.into_iter().zip(std::iter::once(0.0).chain(places));
        Self {
            stops: stops.collect(),
            is_true,
        }
    }

    /// Whether lengths are in proportion.
    pub(super) fn is_true(&self) -> bool {
        self.is_true
    }

    /// The place of a time that the scale was made with; of any other, that of the next one.
    pub(super) fn at(&self, time: Duration) -> f64 {
        let after = self.stops.partition_point(|(stop, _)| *stop < time);
        self.stops.get(after).map_or(1.0, |(_, place)| *place)
    }

    /// Each time with its place, in order.
    pub(super) fn stops(&self) -> impl Iterator<Item = (Duration, f64)> {
        self.stops.iter().copied()
    }
}

/// Shares of the gaps, none smaller than `least`.
fn widen(gaps: &[f64], least: f64) -> Vec<f64> {
    let count = gaps.len();
    // 2^52 gaps and more lose nothing worth having.
    #[expect(clippy::cast_precision_loss, reason = "a number of bars")]
    let least = least.min(1.0 / count.max(1) as f64);
    let mut narrow = vec![false; count];
    loop {
        let mut room = 1.0;
        let mut total = 0.0;
        for (gap, narrow) in gaps.iter().zip(&narrow) {
            if *narrow {
                room -= least;
            } else {
                total += gap;
            }
        }
        let share = |gap: f64| gap / total * room;
        let mut changed = false;
        for (gap, narrow) in gaps.iter().zip(&mut narrow) {
            if !*narrow && share(*gap) < least {
                *narrow = true;
                changed = true;
            }
        }
        if !changed {
            let shares = gaps.iter().zip(&narrow).map(
                |(gap, narrow)| {
                    if *narrow { least } else { share(*gap) }
                },
            );
            return shares.collect();
        }
    }
}

/// Where labels stand below an axis: a label is centred under its place, moved inwards at the ends,
/// and left out where it would touch another. The first and the last have precedence.
///
/// `labels` are places in units of the axis and widths in the same units, in ascending order;
/// `length` is that of the axis, `gap` the least distance between labels. Gives the start of each
/// label that is shown.
pub(super) fn place(labels: &[(usize, usize)], length: usize, gap: usize) -> Vec<Option<usize>> {
    let start = |&(at, width): &(usize, usize)| {
        at.saturating_sub(width / 2)
            .min(length.saturating_sub(width))
    };
    let mut placed = vec![None; labels.len()];
    let mut taken: Vec<(usize, usize)> = Vec::new();
    let last = labels.len().saturating_sub(1);
    let order = [0, last].into_iter().chain(1..last);
    for index in order {
        let (Some(label), Some(slot)) = (labels.get(index), placed.get_mut(index)) else {
            continue;
        };
        let (from, to) = (start(label), start(label) + label.1);
        let fits = taken
            .iter()
            .all(|(other, end)| to + gap <= *other || *end + gap <= from);
        if fits && to <= length {
            taken.push((from, to));
            *slot = Some(from);
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(times: &[u64]) -> Vec<Duration> {
        times.iter().copied().map(Duration::from_secs).collect()
    }

    #[test]
    fn proportions_are_true_where_they_can_be() {
        let scale = Scale::new(seconds(&[15, 35, 40, 65]), 0.05, 0.1);
        assert!(scale.is_true());
        assert!((scale.at(Duration::from_secs(65)) - 1.0).abs() < 1e-9);
        assert!((scale.at(Duration::from_secs(15)) - 15.0 / 65.0).abs() < 1e-9);
        assert!(!Scale::new(seconds(&[1, 3600]), 0.05, 0.1).is_true());
    }

    proptest! {
        #[test]
        fn times_keep_their_order_and_a_distance(
            times in prop::collection::vec(0_u64..4_000_000, 0..20),
            least in 0.0_f64..0.2,
        ) {
            let scale = Scale::new(seconds(&times), least, least);
            let stops: Vec<_> = scale.stops().collect();
            let bound = least.min(1.0 / f64::from(u32::try_from(stops.len().max(2) - 1).unwrap()));
            for pair in stops.windows(2) {
                prop_assert!(pair[1].1 - pair[0].1 >= bound - 1e-9);
                prop_assert!(pair[0].0 < pair[1].0);
            }
            if let [first, .., last] = stops.as_slice() {
                prop_assert!(first.1.abs() < 1e-9 && (last.1 - 1.0).abs() < 1e-6);
            }
        }

        #[test]
        fn labels_never_touch(
            mut labels in prop::collection::vec((0_usize..300, 1_usize..12), 0..20),
            gap in 1_usize..4,
        ) {
            labels.sort_unstable();
            let length = 300;
            let placed = place(&labels, length, gap);
            let mut shown: Vec<_> = placed
                .iter()
                .zip(&labels)
                .filter_map(|(start, (_, width))| Some(((*start)?, (*start)? + width)))
                .collect();
            shown.sort_unstable();
            for pair in shown.windows(2) {
                prop_assert!(pair[0].1 + gap <= pair[1].0);
            }
            prop_assert!(shown.iter().all(|(_, end)| *end <= length));
            prop_assert!(labels.is_empty() || !shown.is_empty());
        }
    }
}
