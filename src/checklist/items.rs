//! What the checklist asks.

use crate::finding::{Area, ChecklistItem};

const fn item(id: &'static str, area: Area, title: &'static str) -> ChecklistItem {
    ChecklistItem { id, area, title }
}

/// Every item, in the order of the reports. Rules name the items that they check in their metadata.
pub static ITEMS: [ChecklistItem; 26] = {
    use Area::{Application, Kubernetes, Mesh, Recovery};
    [
        item(
            "separate-endpoints",
            Application,
            "Separate liveness and readiness endpoints",
        ),
        item(
            "readiness-checks-dependencies",
            Application,
            "Readiness checks dependencies",
        ),
        item("graceful-shutdown", Application, "Graceful shutdown drains"),
        item("idempotency", Application, "Operations are idempotent"),
        item("reconciliation", Application, "State is reconciled"),
        item(
            "dependency-circuit-breakers",
            Application,
            "Circuit breakers for external dependencies",
        ),
        item(
            "checkpoint-and-resume",
            Application,
            "Long work checkpoints and resumes",
        ),
        item(
            "structured-logs",
            Application,
            "Structured logs with correlation ids",
        ),
        item("lifecycle-metrics", Application, "Lifecycle metrics"),
        item("startup-probe", Kubernetes, "Startup probe"),
        item(
            "distinct-probes",
            Kubernetes,
            "Distinct liveness and readiness probes",
        ),
        item(
            "grace-period-calculated",
            Kubernetes,
            "Grace period calculated",
        ),
        item("prestop-hook", Kubernetes, "preStop hook"),
        item(
            "requests-and-limits",
            Kubernetes,
            "Resource requests and limits",
        ),
        item("pod-disruption-budget", Kubernetes, "PodDisruptionBudget"),
        item(
            "anti-affinity-or-spread",
            Kubernetes,
            "Anti-affinity or topology spread",
        ),
        item("sidecar-lifecycle", Mesh, "Sidecar starts first, ends last"),
        item("retry-policy", Mesh, "Retry policy"),
        item("circuit-breaker", Mesh, "Circuit breaker"),
        item("tracing", Mesh, "Tracing"),
        item("mtls", Mesh, "Mutual TLS"),
        item(
            "rto-rpo-metrics",
            Recovery,
            "RTO and RPO are measured and alert",
        ),
        item(
            "reconciliation-exercised",
            Recovery,
            "Reconciliation is exercised",
        ),
        item("chaos-tests", Recovery, "Chaos tests"),
        item("synthetic-monitoring", Recovery, "Synthetic monitoring"),
        item("backup-and-restore", Recovery, "Backup and restore tested"),
    ]
};
