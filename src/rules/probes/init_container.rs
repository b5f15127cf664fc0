//! What a plain init container may not have.

use crate::kube::{ContainerRef, ContainerRole, Field, Workload};
use crate::rules::{Context, Findings, Report};

/// A plain init container runs to its end before anything could ask it.
pub(super) fn check(
    cx: &Context<'_>,
    workload: Workload<'_>,
    container: ContainerRef<'_>,
    out: &mut Findings,
) {
    let policy = "restartPolicy";
    if container.field(&[policy]).is_unknown()
        || cx
            .inventory
            .is_always_set_elsewhere(container.object(), container.node, policy)
    {
        return;
    }
    for field in [
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
    ] {
        let (Field::Set(_), Some(entry)) = (container.field(&[field]), container.node.entry(field))
        else {
            continue;
        };
        let (why, help) = if container.role == ContainerRole::NativeSidecar {
            (
                "a Kubernetes before 1.29 ignores its `restartPolicy: Always` and takes it for a \
                 plain init container, which may have no probes and no hooks",
                "make it a container of its own under `containers`",
            )
        } else {
            (
                "an init container without `restartPolicy: Always` may have no probes and no hooks",
                "remove it; or, where the container is to run as long as the pod does, make it a \
                 native sidecar: restartPolicy: Always",
            )
        };
        let message = format!(
            "init container `{}` has a {field}: the API server rejects it",
            container.name()
        );
        out.push(
            Report::container(workload, container, entry.key, message)
                .detail(why)
                .help(help),
        );
    }
}
