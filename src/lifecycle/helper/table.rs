//! Every helper that is known, with its source.

use super::{Delay, End, Helper, Injection, JobEnd, Native, Origin, Waits};
use crate::lifecycle::declared::{BareNumber, Names};

const fn delay(
    option: &'static str,
    names: &'static [&'static str],
    env: &'static [(&'static str, BareNumber)],
) -> Delay {
    Delay {
        option,
        names: Names {
            annotation: "",
            options: names,
            option_number: BareNumber::Seconds,
            variables: env,
        },
    }
}

/// Every helper that is known.
pub static HELPERS: [Helper; 9] = [
    // internal/proxy/proxy.go (Close) and cmd/root.go of cloud-sql-proxy 2.25.3: max-sigterm-delay from
    // 2.0, quitquitquit from 2.1, min-sigterm-delay from 2.12.
    Helper {
        name: "cloud-sql-proxy",
        origin: Origin::Written(&["cloud-sql-proxy"]),
        end: End::Options(&[
            delay(
                "--max-sigterm-delay",
                &["max-sigterm-delay"],
                &[("CSQL_PROXY_MAX_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
            delay(
                "--min-sigterm-delay",
                &["min-sigterm-delay"],
                &[("CSQL_PROXY_MIN_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
        ]),
        job: JobEnd::Option("quitquitquit"),
    },
    // cmd/root.go of alloydb-auth-proxy 1.15.2: max-sigterm-delay from 0.4, quitquitquit from 1.2,
    // min-sigterm-delay from 1.11.
    Helper {
        name: "alloydb-auth-proxy",
        origin: Origin::Written(&["alloydb-auth-proxy"]),
        end: End::Options(&[
            delay(
                "--max-sigterm-delay",
                &["max-sigterm-delay"],
                &[("ALLOYDB_PROXY_MAX_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
            delay(
                "--min-sigterm-delay",
                &["min-sigterm-delay"],
                &[("ALLOYDB_PROXY_MIN_SIGTERM_DELAY", BareNumber::Seconds)],
            ),
        ]),
        job: JobEnd::Option("quitquitquit"),
    },
    // cmd/cloud_sql_proxy/cloud_sql_proxy.go of cloud-sql-proxy 1.38.3.
    Helper {
        name: "cloud_sql_proxy, version 1",
        origin: Origin::Written(&["gce-proxy", "cloud_sql_proxy"]),
        end: End::Options(&[delay("-term_timeout", &["term_timeout"], &[])]),
        job: JobEnd::Never,
    },
    // Envoy drains only where its admin interface asks for it (envoy, "Draining"); SIGTERM ends it.
    Helper {
        name: "Envoy",
        origin: Origin::Written(&["envoy", "envoy-alpine", "envoy-distroless"]),
        end: End::AtOnce,
        job: JobEnd::Endpoint("quitquitquit"),
    },
    // doc/usage.md of PgBouncer: before 1.23 SIGTERM ends it at once; from then on it waits for its
    // clients, and takes no new ones.
    Helper {
        name: "PgBouncer",
        origin: Origin::Written(&["pgbouncer"]),
        end: End::TakesNothing,
        job: JobEnd::Never,
    },
    // charts/partials/templates/_proxy.tpl and pkg/k8s/labels.go of Linkerd: the wait is a preStop hook of
    // the proxy, and left out of native sidecars. They came with 2.15 (alpha), config.beta with 2.19, and
    // are the default from 2.20 on, which reads all three annotations.
    Helper {
        name: "the Linkerd proxy",
        origin: Origin::Injected(Injection {
            key: "linkerd.io/inject",
            values: &["enabled", "ingress"],
            by_namespace: true,
            native: Native {
                keys: &[
                    "config.linkerd.io/proxy-enable-native-sidecar",
                    "config.beta.linkerd.io/proxy-enable-native-sidecar",
                    "config.alpha.linkerd.io/proxy-enable-native-sidecar",
                ],
                advised: Some((
                    "config.beta.linkerd.io/proxy-enable-native-sidecar",
                    "Linkerd 2.19",
                )),
                default_since: Some("Linkerd 2.20"),
            },
        }),
        end: End::Annotations(Waits {
            wait: "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
            is_duration: false,
            default: 0,
            then: None,
            switch: None,
            early: None,
            in_native: false,
        }),
        job: JobEnd::Endpoint("linkerd-await"),
    },
    // pkg/runtime/runtime.go (Run), pkg/runtime/config.go (negative seconds are the default) and
    // pkg/injector/annotations of Dapr: the block from 1.13, native sidecars from 1.18.
    Helper {
        name: "the Dapr sidecar",
        origin: Origin::Injected(Injection {
            key: "dapr.io/enabled",
            values: &["true", "y", "yes", "on", "1"],
            by_namespace: false,
            native: Native {
                keys: &["dapr.io/enable-native-sidecar"],
                advised: Some(("dapr.io/enable-native-sidecar", "Dapr 1.18")),
                default_since: None,
            },
        }),
        end: End::Annotations(Waits {
            wait: "dapr.io/block-shutdown-duration",
            is_duration: true,
            default: 0,
            then: Some(("dapr.io/graceful-shutdown-seconds", 5)),
            switch: None,
            early: Some("dapr.io/enable-app-health-check"),
            in_native: true,
        }),
        job: JobEnd::Endpoint("v1.0/shutdown"),
    },
    // control-plane/connect-inject/lifecycle of consul-k8s (from 1.0.8, 1.1.3 and 1.2.1, native sidecars
    // from 1.9), its chart's connectInject.sidecarProxy.lifecycle (on, 30 s, unless told otherwise) and
    // pkg/consuldp/lifecycle.go of consul-dataplane.
    Helper {
        name: "the Consul dataplane",
        origin: Origin::Injected(Injection {
            key: "consul.hashicorp.com/connect-inject",
            values: &["true", "1", "t", "T", "TRUE", "True"],
            by_namespace: false,
            native: Native {
                keys: &["consul.hashicorp.com/enable-consul-dataplane-as-sidecar"],
                advised: Some((
                    "consul.hashicorp.com/enable-consul-dataplane-as-sidecar",
                    "consul-k8s 1.9",
                )),
                default_since: None,
            },
        }),
        end: End::Annotations(Waits {
            wait: "consul.hashicorp.com/sidecar-proxy-lifecycle-shutdown-grace-period-seconds",
            is_duration: false,
            default: 30,
            then: None,
            switch: Some("consul.hashicorp.com/enable-sidecar-proxy-lifecycle"),
            early: None,
            in_native: true,
        }),
        job: JobEnd::Endpoint("graceful_shutdown"),
    },
    // agent-inject/agent/annotations.go of vault-k8s 1.7.6.
    Helper {
        name: "the Vault agent",
        origin: Origin::Injected(Injection {
            key: "vault.hashicorp.com/agent-inject",
            values: &["true", "1", "t", "T", "TRUE", "True"],
            by_namespace: false,
            native: Native {
                keys: &[],
                advised: None,
                default_since: None,
            },
        }),
        end: End::AtOnce,
        job: JobEnd::Annotation("vault.hashicorp.com/agent-pre-populate-only"),
    },
];
