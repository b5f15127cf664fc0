//! The probes of a container, seen alike.

use k8s_openapi::api::core::v1::Probe;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::kube::{ContainerRef, Field};
use crate::rules::Context;
use crate::yaml::Node;

/// The fields of which a probe has one.
pub(super) const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeKind {
    Liveness,
    Readiness,
    Startup,
}

impl ProbeKind {
    pub(super) const ALL: [Self; 3] = [Self::Liveness, Self::Readiness, Self::Startup];

    /// The field's name.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Liveness => "livenessProbe",
            Self::Readiness => "readinessProbe",
            Self::Startup => "startupProbe",
        }
    }

    /// The words of messages.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "liveness probe",
            Self::Readiness => "readiness probe",
            Self::Startup => "startup probe",
        }
    }
}

/// One probe of a container.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProbeRef<'a> {
    pub(super) kind: ProbeKind,
    pub(super) data: &'a Probe,
    pub(super) container: ContainerRef<'a>,
    /// The probe's key in the container.
    pub(super) key: Node<'a>,
    /// The probe's mapping.
    pub(super) node: Node<'a>,
}

/// The probes that a container has.
pub(super) fn probes_of(
    container: ContainerRef<'_>,
) -> impl Iterator<Item = ProbeRef<'_>> + use<'_> {
    ProbeKind::ALL.into_iter().filter_map(move |kind| {
        let data = match kind {
            ProbeKind::Liveness => container.data.liveness_probe.as_ref(),
            ProbeKind::Readiness => container.data.readiness_probe.as_ref(),
            ProbeKind::Startup => container.data.startup_probe.as_ref(),
        }?;
        let entry = container.node.entry(kind.field())?;
        Some(ProbeRef {
            kind,
            data,
            container,
            key: entry.key,
            node: entry.value.resolved(),
        })
    })
}

impl<'a> ProbeRef<'a> {
    /// The port of one of its handlers.
    pub(super) fn port(&self, handler: &str) -> Option<IntOrString> {
        let data = self.data;
        match handler {
            "httpGet" => data.http_get.as_ref().map(|get| get.port.clone()),
            "tcpSocket" => data.tcp_socket.as_ref().map(|socket| socket.port.clone()),
            "grpc" => data.grpc.as_ref().map(|grpc| IntOrString::Int(grpc.port)),
            _ => None,
        }
    }

    /// What the manifest says of a field of the probe.
    pub(super) fn field(&self, path: &[&str]) -> Field<'a> {
        self.container.object().field_below(self.node, path)
    }

    /// Whether the manifest alone says what the field is: it is no placeholder, of the right type,
    /// and no kustomization sets it.
    pub(super) fn is_known(&self, cx: &Context<'_>, field: &str) -> bool {
        !self.field(&[field]).is_unknown() && !self.is_set_elsewhere(cx, field)
    }

    /// Whether it has not just one handler, which the API server rejects: such a probe never runs.
    pub(super) fn is_refused(&self, cx: &Context<'_>) -> bool {
        let written = HANDLERS.iter().filter(|it| !self.field(&[it]).is_absent());
        written.count() != 1 && !HANDLERS.iter().any(|it| self.is_set_elsewhere(cx, it))
    }

    /// Whether a kustomization sets a field of the probe.
    pub(super) fn is_set_elsewhere(&self, cx: &Context<'_>, field: &str) -> bool {
        cx.inventory
            .is_always_set_elsewhere(self.container.object(), self.node, field)
    }
}
