//! Findings in what a tool or a cluster has written: there is no fix, and the help says where to go.

use crate::finding::{Finding, Unfixable};
use crate::inventory::{Inventory, Unedited};

/// Takes the fixes away from texts that are not to be edited.
pub(super) fn withhold(findings: &mut [Finding], inventory: &Inventory) {
    for finding in findings {
        let Some(unedited) = inventory.unedited(finding.primary.source, finding.subject) else {
            continue;
        };
        let (reason, advice) = match unedited {
            Unedited::Generated => (
                "a tool writes this text",
                Some("a tool writes this text: change its source, or the change is lost"),
            ),
            Unedited::Dump => ("a cluster gave this object: change the manifest it was made from", None),
            Unedited::Sealed => ("SOPS has signed this file: change it with `sops`", None),
        };
        if let Some(advice) = advice {
            finding.help = Some(match finding.help.take() {
                Some(help) => format!("{help}\n({advice})"),
                None => advice.to_owned(),
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
