//! The labels that a pod template lacks.

use super::labels::Difference;
use crate::edit::{Advice, Value};
use crate::finding::Applicability;
use crate::kube::PodTemplate;
use crate::rules::Report;

/// Gives the pods the labels that their workload's selector asks for, where they lack them.
pub(super) fn label_template<'r>(
    template: PodTemplate<'_>,
    different: &[Difference<'_>],
    report: Report<'r>,
) -> Report<'r> {
    let Some(node) = template.node().filter(|_| !different.is_empty()) else {
        return report;
    };
    // Another value may be what others select by.
    if different.iter().any(|it| it.found.is_some()) {
        return report;
    }
    let title = "give the pod template the labels of the selector";
    report
        .fix(Applicability::Unsafe, title, template.object(), |editor| {
            let path = ["metadata", "labels"];
            match different {
                [only] => editor.insert_at(node, &path, only.key, Value::text(only.wanted)),
                _ => Advice::below(
                    &path,
                    different.iter().map(|it| (it.key, Value::text(it.wanted))),
                )
                .write(editor, node),
            }
        })
        .reveals()
}
