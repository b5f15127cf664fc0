//! What rules about classic sidecars say of native ones.

use crate::inventory::ProxyKind;

/// The end of a message: from which versions on it is moot, where it is not known how the sidecar
/// runs.
pub(super) fn moot_with_native(kind: ProxyKind) -> &'static str {
    match kind {
        ProxyKind::Unknown => {
            " (moot with native sidecars: Istio 1.27 and Kubernetes 1.33 or newer, which \
             `mesh.native-sidecars: true` in lameduck.yaml says)"
        }
        ProxyKind::Classic | ProxyKind::Native => "",
    }
}
