//! What rules about classic sidecars say of native ones.

use crate::inventory::ProxyKind;

/// The end of a help: from which versions on the finding does not apply, where it is not known how the
/// sidecar runs.
pub(super) fn unless_native(kind: ProxyKind) -> &'static str {
    match kind {
        ProxyKind::Unknown => {
            " (native sidecars, Istio 1.27 and Kubernetes 1.33 or newer, need nothing: \
             `mesh.native-sidecars: true` in lameduck.yaml says so)"
        }
        ProxyKind::Classic | ProxyKind::Native => "",
    }
}
