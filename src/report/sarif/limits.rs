//! How much code scanning takes. Above these limits GitHub refuses the whole log.

use std::cmp::Reverse;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::finding::Finding;

/// What one log may hold at most.
pub(in crate::report) struct Limits {
    /// Results of a run.
    pub(in crate::report) results: usize,
    /// Locations of a result, the primary one among them.
    pub(in crate::report) locations: usize,
    /// Bytes of the log, compressed with gzip.
    pub(in crate::report) compressed: usize,
}

/// Documented by GitHub under "SARIF support for code scanning" and "SARIF results exceed one or
/// more limits". Its 10 MB are taken as the smaller of the two readings, less a tenth: an uploader
/// may compress less well.
pub(super) const CODE_SCANNING: Limits = Limits {
    results: 25_000,
    locations: 1_000,
    compressed: 9_000_000,
};

impl Limits {
    /// How many related locations a result may have beside its own.
    pub(super) fn related(&self) -> usize {
        self.locations.saturating_sub(1)
    }

    /// What is left out when only `kept` of `all` findings are written, a line each.
    pub(super) fn cuts(&self, kept: &[&Finding], all: usize) -> Vec<String> {
        let mut cuts = Vec::new();
        if kept.len() < all {
            cuts.push(format!(
                "{} of {all} results are left out, the least severe, to stay within the {} results \
                 and {} MB (compressed) that code scanning is sure to take",
                all - kept.len(),
                self.results,
                self.compressed.div_ceil(1_000_000),
            ));
        }
        let crowded = kept
            .iter()
            .filter(|finding| finding.related.len() > self.related())
            .count();
        if crowded > 0 {
            cuts.push(format!(
                "related locations are left out of {crowded} results: code scanning takes no more \
                 than {} locations of one",
                self.locations
            ));
        }
        cuts
    }

    /// How many results to try instead, where the log that `kept` of them make is too large.
    ///
    /// # Errors
    /// None but those of writing to memory.
    pub(super) fn fewer(&self, log: &[u8], kept: usize) -> io::Result<Option<usize>> {
        // Compressed text is never larger, but for a header.
        if log.len() < self.compressed || kept == 0 {
            return Ok(None);
        }
        let size = compressed_size(log)?;
        if size <= self.compressed {
            return Ok(None);
        }
        // In proportion, and a little less so that one more try is likely to do.
        let fewer = kept * self.compressed / size;
        Ok(Some((fewer * 19 / 20).min(kept - 1)))
    }
}

fn compressed_size(text: &[u8]) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Count::default(), Compression::default());
    encoder.write_all(text)?;
    Ok(encoder.finish()?.0)
}

/// A place to write to that only counts.
#[derive(Default)]
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The `count` findings that matter most, in their order: those that count before suppressed ones,
/// then the most severe, then the first.
pub(super) fn weightiest<'a>(findings: &[&'a Finding], count: usize) -> Vec<&'a Finding> {
    let mut ranked: Vec<(usize, &Finding)> = findings.iter().copied().enumerate().collect();
    ranked.sort_by_key(|(_, finding)| (finding.suppressed.is_some(), Reverse(finding.severity)));
    ranked.truncate(count);
    ranked.sort_by_key(|(position, _)| *position);
    ranked.into_iter().map(|(_, finding)| finding).collect()
}
