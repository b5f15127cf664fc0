//! Findings in what a tool or a cluster has written: there is no fix, and the help says where to go.

use crate::finding::{Finding, Help, Unfixable};
use crate::inventory::{Inventory, Unedited};

/// Why generated text is left alone.
const GENERATED: &str = "a tool writes this text, so change its source";

/// Why a copy is left alone.
const COPIED: &str = "by its folder this is a copy, so change it where it comes from";

/// Why a collection is left alone.
const COLLECTED: &str =
    "all that this file holds also stands in files of its own in folders below, so change those";

/// Takes the fixes away from texts that are not to be edited.
pub(super) fn withhold(findings: &mut [Finding], inventory: &Inventory) {
    for finding in findings {
        let Some(unedited) = inventory.unedited(finding.primary.source, finding.subject) else {
            continue;
        };
        let reason = match unedited {
            Unedited::Generated => GENERATED,
            Unedited::Copied => COPIED,
            Unedited::Collected => COLLECTED,
            Unedited::Dump => "a cluster gave this object: change the manifest it was made from",
            Unedited::Sealed => "SOPS has signed this file: change it with `sops`",
        };
        if !matches!(unedited, Unedited::Dump | Unedited::Sealed) {
            // Beside lines to paste; what only explains stays as it is.
            finding.help = Some(match finding.help.take() {
                Some(help) if help.copy().is_some() || finding.fix.is_some() => help.with(reason),
                Some(help) => help,
                None => Help::new(reason),
            });
        }
        if let Some(fix) = finding.fix.take() {
            finding.unfixable = Some(Unfixable {
                applicability: fix.applicability,
                title: fix.title,
                reason: reason.to_owned(),
            });
        }
    }
}
