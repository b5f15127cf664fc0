//! Fields that people write and that do not exist where they write them.

/// What to write instead of a field that a structure, as serde knows it, does not have. For fields
/// that are no misspelling: those are told by their likeness to the structure's own.
pub fn hint(structure: &str, field: &str) -> Option<&'static str> {
    match structure {
        "DestinationRuleSpec" | "TrafficPolicy" | "PortTrafficPolicy" | "Subset" => {
            traffic_policy(structure, field)
        }
        "ConnectionPool" | "HttpSettings" | "TcpSettings" => connection_pool(structure, field),
        "OutlierDetection" => outlier_detection(field),
        "VirtualServiceSpec"
        | "HttpRoute"
        | "HttpRetry"
        | "HttpRouteDestination"
        | "Destination"
        | "FaultAbort" => virtual_service(structure, field),
        "PeerAuthenticationSpec" => peer_authentication(field),
        "DeploymentSpec" | "StatefulSetSpec" | "DaemonSetSpec" | "ReplicaSetSpec" | "JobSpec" => {
            workload(field)
        }
        "Container" => container(field),
        "LabelSelector" if !field.starts_with("match") => {
            Some("labels to select by belong under `matchLabels`")
        }
        _ => None,
    }
}

/// How a field that a structure does not have becomes the one that was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mend {
    /// It has another name.
    Rename(&'static str),
    /// It stands below another key, which is looked for this many mappings further up.
    Move {
        /// 0 is the mapping that has the field.
        up: usize,
        /// The keys that lead down from there.
        path: &'static [&'static str],
    },
}

/// The change after which the API reads what was written, where a value of the same form is meant.
pub fn mend(structure: &str, field: &str) -> Option<Mend> {
    let down = |path| Some(Mend::Move { up: 0, path });
    let beside = |path| Some(Mend::Move { up: 1, path });
    match (structure, field) {
        ("HttpSettings", "connectTimeout" | "maxConnections" | "tcpKeepalive") => beside(&["tcp"]),
        ("HttpSettings", "maxPendingRequests" | "pendingRequests") => {
            Some(Mend::Rename("http1MaxPendingRequests"))
        }
        ("HttpSettings", "maxRequests" | "http1MaxRequests") => {
            Some(Mend::Rename("http2MaxRequests"))
        }
        ("TcpSettings", field) if is_http_setting(field) => beside(&["http"]),
        ("ConnectionPool", field) if is_http_setting(field) => down(&["http"]),
        ("ConnectionPool", "connectTimeout" | "maxConnections" | "tcpKeepalive") => down(&["tcp"]),
        ("ConnectionPool", "outlierDetection") | ("OutlierDetection", "connectionPool") => {
            beside(&[])
        }
        (
            "DestinationRuleSpec" | "Subset",
            "connectionPool" | "outlierDetection" | "loadBalancer" | "tls" | "portLevelSettings",
        ) => down(&["trafficPolicy"]),
        (
            "OutlierDetection",
            "consecutive5xx" | "consecutive5xxError" | "consecutiveServerErrors",
        ) => Some(Mend::Rename("consecutive5xxErrors")),
        ("OutlierDetection", "consecutiveGatewayFailure" | "consecutiveGatewayFailures") => {
            Some(Mend::Rename("consecutiveGatewayErrors"))
        }
        ("OutlierDetection", "minHealthPercentage" | "minHealthyPercent") => {
            Some(Mend::Rename("minHealthPercent"))
        }
        ("OutlierDetection", "maxEjectionPercentage") => Some(Mend::Rename("maxEjectionPercent")),
        ("HttpRoute", "retryPolicy" | "retry") => Some(Mend::Rename("retries")),
        ("HttpRetry", "numRetries" | "maxRetries") => Some(Mend::Rename("attempts")),
        ("HttpRetry", "perRetryTimeout") => Some(Mend::Rename("perTryTimeout")),
        ("Destination", "weight" | "headers") => beside(&[]),
        ("HttpRouteDestination", "host" | "subset" | "port") => down(&["destination"]),
        ("PeerAuthenticationSpec", "mode") => down(&["mtls"]),
        ("PeerAuthenticationSpec", "matchLabels") => down(&["selector"]),
        ("PeerAuthenticationSpec", "portLevelMTLS") => Some(Mend::Rename("portLevelMtls")),
        (
            "DeploymentSpec" | "StatefulSetSpec" | "DaemonSetSpec" | "ReplicaSetSpec" | "JobSpec",
            field,
        ) if workload(field).is_some() => down(&["template", "spec"]),
        ("Container", "requests" | "limits") => down(&["resources"]),
        ("Container", field) if is_of_security(field) => down(&["securityContext"]),
        ("Container", "preStop" | "postStart") => down(&["lifecycle"]),
        ("Container", field) if is_of_the_pod(field) => Some(Mend::Move { up: 2, path: &[] }),
        ("LabelSelector", field) if !field.starts_with("match") => down(&["matchLabels"]),
        _ => None,
    }
}

/// Whether a field, once the API reads it, changes where pods run, as whom, with which rights, or how
/// their traffic goes: a person has to want that.
pub fn takes_a_person(structure: &str, field: &str) -> bool {
    let is_of_mesh = structure == "PeerAuthenticationSpec" || field == "tls";
    is_of_mesh
        || matches!(
            field,
            "affinity"
                | "allowPrivilegeEscalation"
                | "automountServiceAccountToken"
                | "capabilities"
                | "dnsPolicy"
                | "hostAliases"
                | "hostIPC"
                | "hostNetwork"
                | "hostPID"
                | "hostUsers"
                | "initContainers"
                | "namespace"
                | "nodeName"
                | "nodeSelector"
                | "preemptionPolicy"
                | "priority"
                | "priorityClassName"
                | "privileged"
                | "readOnlyRootFilesystem"
                | "runAsGroup"
                | "runAsNonRoot"
                | "runAsUser"
                | "runtimeClassName"
                | "schedulerName"
                | "seccompProfile"
                | "securityContext"
                | "serviceAccount"
                | "serviceAccountName"
                | "shareProcessNamespace"
                | "tolerations"
                | "topologySpreadConstraints"
        )
}

fn is_http_setting(field: &str) -> bool {
    matches!(
        field,
        "http1MaxPendingRequests"
            | "http2MaxRequests"
            | "maxRequestsPerConnection"
            | "maxRetries"
            | "h2UpgradePolicy"
            | "useClientProtocol"
            | "maxConcurrentStreams"
    )
}

fn traffic_policy(structure: &str, field: &str) -> Option<&'static str> {
    Some(match field {
        "circuitBreaker" | "circuitBreakers" | "circuitBreaking" => {
            "DestinationRule has no circuit breaker as such: limit connections and requests with \
             `connectionPool` and eject failing endpoints with `outlierDetection`"
        }
        "retryPolicy" | "retries" | "retry" => {
            "retries belong to a route: set `retries` on the VirtualService's `http` entry"
        }
        "timeout" | "timeouts" => {
            "a request's timeout belongs to a route: set `timeout` on the VirtualService's `http` \
             entry; the time to connect is `connectionPool.tcp.connectTimeout`"
        }
        "fault" | "mirror" | "corsPolicy" => {
            "this belongs to a route: set it on the VirtualService's `http` entry"
        }
        "connectionPool" | "outlierDetection" | "loadBalancer" | "tls" | "portLevelSettings"
            if matches!(structure, "DestinationRuleSpec" | "Subset") =>
        {
            "this belongs under `trafficPolicy`"
        }
        "mtls" => "the clients' TLS mode is `trafficPolicy.tls.mode`",
        "selector" if structure == "DestinationRuleSpec" => {
            "the client workloads are named by `workloadSelector.matchLabels`"
        }
        "hosts" if structure == "DestinationRuleSpec" => {
            "a DestinationRule is for one host: `host`"
        }
        "name" if structure == "DestinationRuleSpec" => {
            "the host is named by `host`; `name` was its name before v1alpha3"
        }
        _ => return None,
    })
}

fn connection_pool(structure: &str, field: &str) -> Option<&'static str> {
    Some(match (structure, field) {
        ("HttpSettings", "connectTimeout") => {
            "the time to connect belongs to the connection: `connectionPool.tcp.connectTimeout`"
        }
        ("HttpSettings", "maxConnections") => {
            "connections are limited by `connectionPool.tcp.maxConnections`"
        }
        ("HttpSettings", "tcpKeepalive") => "this belongs to `connectionPool.tcp.tcpKeepalive`",
        ("HttpSettings", "maxPendingRequests" | "pendingRequests") => {
            "the name is `http1MaxPendingRequests`; it applies to HTTP/2 too"
        }
        ("HttpSettings", "maxRequests" | "http1MaxRequests") => {
            "the name is `http2MaxRequests`; it applies to HTTP/1.1 too"
        }
        ("HttpSettings", "timeout" | "requestTimeout") => {
            "a request's timeout belongs to a route: set `timeout` on the VirtualService's `http` \
             entry"
        }
        ("TcpSettings" | "ConnectionPool", field) if is_http_setting(field) => {
            "this belongs under `connectionPool.http`"
        }
        ("ConnectionPool", "idleTimeout") => {
            "this belongs under `connectionPool.tcp` or `connectionPool.http`"
        }
        ("ConnectionPool", "connectTimeout" | "maxConnections" | "tcpKeepalive") => {
            "this belongs under `connectionPool.tcp`"
        }
        ("ConnectionPool", "outlierDetection") => {
            "`outlierDetection` belongs next to `connectionPool`, under `trafficPolicy`"
        }
        _ => return None,
    })
}

fn outlier_detection(field: &str) -> Option<&'static str> {
    Some(match field {
        "consecutive5xx" | "consecutive5xxError" | "consecutiveServerErrors" => {
            "the name is `consecutive5xxErrors`"
        }
        "consecutiveGatewayFailure" | "consecutiveGatewayFailures" => {
            "the name is `consecutiveGatewayErrors`"
        }
        "minHealthPercentage" | "minHealthyPercent" => "the name is `minHealthPercent`",
        "maxEjectionPercentage" => "the name is `maxEjectionPercent`",
        "connectionPool" => {
            "`connectionPool` belongs next to `outlierDetection`, under `trafficPolicy`"
        }
        _ => return None,
    })
}

fn virtual_service(structure: &str, field: &str) -> Option<&'static str> {
    Some(match (structure, field) {
        ("HttpRoute", "retryPolicy" | "retry") => "the name is `retries`",
        ("HttpRetry", "timeout" | "perRetryTimeout") => "the name is `perTryTimeout`",
        ("HttpRetry", "numRetries" | "maxRetries" | "retries") => "the name is `attempts`",
        ("HttpRetry", "retryConditions" | "retriableStatusCodes") => {
            "conditions and status codes are listed in `retryOn`, as in `5xx,reset,503`"
        }
        (
            "VirtualServiceSpec" | "HttpRouteDestination",
            "retries" | "retryPolicy" | "timeout" | "fault" | "mirror" | "corsPolicy",
        ) => "this belongs to an entry of `http`, next to its `route`",
        (
            "HttpRoute" | "VirtualServiceSpec",
            "trafficPolicy" | "connectionPool" | "outlierDetection" | "circuitBreaker"
            | "loadBalancer",
        ) => "this belongs to a DestinationRule, under `trafficPolicy`",
        ("VirtualServiceSpec", "subsets") => "subsets are defined by a DestinationRule",
        ("VirtualServiceSpec", "host") => "a VirtualService lists its hosts: `hosts`",
        ("VirtualServiceSpec", "gateway") => "a VirtualService lists its gateways: `gateways`",
        ("Destination", "name") => {
            "the host is named by `host`; `name` was its name before v1alpha3"
        }
        ("Destination", "weight" | "headers") => "this belongs next to `destination`, not under it",
        ("FaultAbort", "percent") => "the share is `percentage.value`",
        ("HttpRouteDestination", "host" | "subset" | "port") => "this belongs under `destination`",
        _ => return None,
    })
}

/// Fields of the pod that stand one floor too high.
fn workload(field: &str) -> Option<&'static str> {
    matches!(
        field,
        "affinity"
            | "containers"
            | "dnsPolicy"
            | "hostIPC"
            | "hostNetwork"
            | "hostPID"
            | "imagePullSecrets"
            | "initContainers"
            | "nodeSelector"
            | "priorityClassName"
            | "restartPolicy"
            | "serviceAccountName"
            | "terminationGracePeriodSeconds"
            | "tolerations"
            | "topologySpreadConstraints"
            | "volumes"
    )
    .then_some("this belongs to the pod: `spec.template.spec`")
}

/// Fields of the pod that are written into containers.
fn is_of_the_pod(field: &str) -> bool {
    matches!(
        field,
        "terminationGracePeriodSeconds"
            | "volumes"
            | "affinity"
            | "tolerations"
            | "nodeSelector"
            | "topologySpreadConstraints"
            | "serviceAccountName"
            | "hostNetwork"
    )
}

/// Fields of a container's security context that are written one floor too high.
fn is_of_security(field: &str) -> bool {
    matches!(
        field,
        "runAsUser"
            | "runAsGroup"
            | "runAsNonRoot"
            | "privileged"
            | "capabilities"
            | "readOnlyRootFilesystem"
            | "allowPrivilegeEscalation"
            | "seccompProfile"
    )
}

fn container(field: &str) -> Option<&'static str> {
    Some(match field {
        "requests" | "limits" => "this belongs under `resources`",
        field if is_of_security(field) => "this belongs under `securityContext`",
        "preStop" | "postStart" => "this belongs under `lifecycle`",
        field if is_of_the_pod(field) => "this belongs to the pod, next to `containers`",
        "initialDelaySeconds"
        | "periodSeconds"
        | "failureThreshold"
        | "timeoutSeconds"
        | "successThreshold" => "this belongs to a probe",
        "httpGet" | "tcpSocket" | "exec" | "grpc" => "this belongs to a probe or a hook",
        _ => return None,
    })
}

fn peer_authentication(field: &str) -> Option<&'static str> {
    Some(match field {
        "mode" => "the mode is `mtls.mode`",
        "peers" | "targets" | "origins" | "principalBinding" => {
            "this is of the old authentication `Policy`: the mode is `mtls.mode`, the workloads \
             are named by `selector.matchLabels`"
        }
        "portLevelMTLS" | "portLevel" => "the name is `portLevelMtls`",
        "matchLabels" => "this belongs under `selector`",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{hint, takes_a_person};

    #[test]
    fn the_widely_copied_wrong_fields_have_a_hint() {
        for (structure, field, word) in [
            ("TrafficPolicy", "circuitBreaker", "outlierDetection"),
            ("TrafficPolicy", "retryPolicy", "VirtualService"),
            ("HttpSettings", "connectTimeout", "tcp.connectTimeout"),
            ("HttpSettings", "maxConnections", "tcp.maxConnections"),
            ("DestinationRuleSpec", "outlierDetection", "trafficPolicy"),
            ("HttpRoute", "retryPolicy", "retries"),
            ("Destination", "name", "host"),
            (
                "DeploymentSpec",
                "terminationGracePeriodSeconds",
                "template",
            ),
            ("Container", "preStop", "lifecycle"),
        ] {
            let found = hint(structure, field);
            assert!(
                found.is_some_and(|text| text.contains(word)),
                "{structure}.{field}: {found:?}"
            );
        }
    }

    #[test]
    fn fields_that_change_what_pods_may_do_take_a_person() {
        for (structure, field) in [
            ("DeploymentSpec", "hostNetwork"),
            ("Container", "serviceAccountName"),
            ("ObjectMeta", "namespace"),
            ("PeerAuthenticationSpec", "mode"),
            ("Subset", "tls"),
        ] {
            assert!(takes_a_person(structure, field), "{structure}.{field}");
        }
        for (structure, field) in [
            ("DeploymentSpec", "terminationGracePeriodSeconds"),
            ("HttpSettings", "connectTimeout"),
            ("Container", "livenessProbe"),
        ] {
            assert!(!takes_a_person(structure, field), "{structure}.{field}");
        }
    }

    #[test]
    fn a_misspelling_is_left_to_likeness() {
        assert_eq!(hint("TrafficPolicy", "conectionPool"), None);
        assert_eq!(hint("Container", "circuitBreaker"), None);
    }
}
