//! What the API server filled in for workloads of old versions, and fills in otherwise for `apps/v1`.

use crate::kube::tables::removed::Removed;

/// The version of workloads that `apps/v1` was made of without a change.
pub(super) const SAME_DEFAULTS: &str = "apps/v1beta2";

/// What else has to change in a workload of an old version, whose selector asks for something or not.
pub(super) fn changes(row: &Removed, selects: bool) -> Option<&'static str> {
    if row.api_version != SAME_DEFAULTS {
        // `pkg/apis/apps/v1beta1/defaults.go`, `v1beta2/defaults.go`
        let is_old_apps = row.api_version == "apps/v1beta1";
        return Some(match (row.kind, selects) {
            ("Deployment", true) if is_old_apps => {
                "revisionHistoryLimit was 2 by default and is 10"
            }
            ("Deployment", false) if is_old_apps => {
                "spec.selector is required now, and revisionHistoryLimit was 2 by default and is 10"
            }
            ("StatefulSet", true) => "updates were OnDelete by default and are RollingUpdate",
            ("StatefulSet", false) => {
                "spec.selector is required now, and updates were OnDelete by default and are RollingUpdate"
            }
            (_, true) => "the defaults of rollouts differ",
            (_, false) => "spec.selector is required now, and the defaults of rollouts differ",
        });
    }
    (!selects).then_some("spec.selector is required")
}
