use super::harness::{assert_faults, assert_rows, container, pod};

#[test]
fn variables() {
    assert_rows(
        |text| container(&format!("env: [{text}]")),
        &[
            ("{value: x}", "an item of `env` has no `name`"),
            ("{name: ''}", "an item of `env` has no `name`"),
            ("{name: A=B}", "is not printable ASCII without `=`"),
            ("{name: Ä}", "is not printable ASCII"),
            ("{name: 1A}", "Kubernetes before 1.32 refuses it"),
            ("{name: a.b-c_D, value: ''}", ""),
            ("{name: A, valueFrom: {}}", "names no source"),
            (
                "{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}",
                "variable `A` has both `value` and `valueFrom`",
            ),
            (
                "{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: a, key: b}}}",
                "names two sources",
            ),
            (
                "{name: A, valueFrom: {secretKeyRef: {key: b}}}",
                "`secretKeyRef` of variable `A` has no `name`",
            ),
            (
                "{name: A, valueFrom: {configMapKeyRef: {name: b}}}",
                "has no `key`",
            ),
            (
                "{name: A, valueFrom: {secretKeyRef: {name: b, key: a/b}}}",
                "`a/b` is not a key",
            ),
        ],
    );
}

#[test]
fn fields_of_variables() {
    assert_rows(
        |text| container(&format!("env: [{text}]")),
        &[
            (
                "{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}",
                "`metadata.labels` is not a field for a variable",
            ),
            (
                "{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a']\"}}}",
                "",
            ),
            (
                "{name: A, valueFrom: {fieldRef: {fieldPath: status.podIP}}}",
                "",
            ),
            ("{name: A, valueFrom: {fieldRef: {}}}", "has no `fieldPath`"),
            (
                "{name: A, valueFrom: {fieldRef: {apiVersion: v2, fieldPath: metadata.name}}}",
                "another `apiVersion`",
            ),
            (
                "{name: A, valueFrom: {resourceFieldRef: {resource: limits.foo}}}",
                "`limits.foo` is not a resource",
            ),
            (
                "{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: '3'}}}",
                "the divisor `3` is not 1m or 1",
            ),
            (
                "{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}",
                "",
            ),
        ],
    );
    assert_rows(
        |text| container(&format!("envFrom: [{text}]")),
        &[
            ("{}", "has neither `configMapRef` nor `secretRef`"),
            (
                "{configMapRef: {name: a}, secretRef: {name: b}}",
                "two sources",
            ),
            ("{secretRef: {name: My_Secret}}", "is not a DNS name"),
            ("{configMapRef: {}}", "has no `name`"),
            ("{prefix: a=, configMapRef: {name: a}}", "without `=`"),
            ("{prefix: A_, configMapRef: {name: a}}", ""),
        ],
    );
}

#[test]
fn volumes() {
    assert_rows(
        |text| pod(&format!("volumes: [{text}]")),
        &[
            ("{name: a}", ""),
            ("{emptyDir: {}}", "an item of `volumes` has no `name`"),
            ("{name: a.b}", "`a.b` is not a DNS label"),
            (
                "{name: a}, {name: a}",
                "two volumes of the pod are named `a`",
            ),
            (
                "{name: a, emptyDir: {}, hostPath: {path: /a}}",
                "volume `a` has two sources",
            ),
            (
                "{name: a, hostPath: {}}",
                "`hostPath` of volume `a` has no `path`",
            ),
            ("{name: a, hostPath: {path: /a/../b}}", "contains `..`"),
            ("{name: a, persistentVolumeClaim: {}}", "has no `claimName`"),
            ("{name: a, configMap: {}}", "has no `name`"),
            ("{name: a, secret: {}}", "has no `secretName`"),
            (
                "{name: a, nfs: {server: a, path: a}}",
                "is not an absolute path",
            ),
            ("{name: a, csi: {}}", "has no `driver`"),
            ("{name: a, ephemeral: {}}", "has no `volumeClaimTemplate`"),
            (
                "{name: a, emptyDir: {sizeLimit: -1Gi}}",
                "`sizeLimit` is negative",
            ),
        ],
    );
}

#[test]
fn files_of_volumes() {
    assert_rows(
        |text| pod(&format!("volumes: [{text}]")),
        &[
            (
                "{name: a, configMap: {name: a, items: [{key: a}]}}",
                "has no `path`",
            ),
            (
                "{name: a, configMap: {name: a, items: [{key: a, path: ../a}]}}",
                "is not a relative path",
            ),
            (
                "{name: a, configMap: {name: a, items: [{key: a, path: a/../b}]}}",
                "is not a relative path",
            ),
            (
                "{name: a, configMap: {name: a, items: [{key: a, path: a..b}]}}",
                "",
            ),
            (
                "{name: a, secret: {secretName: a, defaultMode: 644}}",
                "644 is octal 1204, beyond 0777",
            ),
            ("{name: a, secret: {secretName: a, defaultMode: 0644}}", ""),
            ("{name: a, secret: {secretName: a, defaultMode: 420}}", ""),
            (
                "{name: a, projected: {sources: [{secret: {name: a}, configMap: {name: b}}]}}",
                "projects two sources",
            ),
            (
                "{name: a, projected: {sources: [{serviceAccountToken: {path: a, expirationSeconds: 60}}]}}",
                "is below 600",
            ),
            (
                "{name: a, projected: {sources: [{serviceAccountToken: {}}]}}",
                "`serviceAccountToken` has no `path`",
            ),
            (
                "{name: a, downwardAPI: {items: [{path: a, fieldRef: {fieldPath: spec.nodeName}}]}}",
                "is not a field for a volume",
            ),
            (
                "{name: a, downwardAPI: {items: [{path: a}]}}",
                "has neither `fieldRef`",
            ),
        ],
    );
}

#[test]
fn mounts() {
    let with_volume = |text: &str| {
        container(&format!("volumeMounts: [{text}]")) + "  volumes: [{name: data, emptyDir: {}}]\n"
    };
    assert_rows(
        with_volume,
        &[
            ("{name: data, mountPath: /a}", ""),
            ("{name: data, mountPath: '/a:ro'}", ""),
            (
                "{name: cache, mountPath: /a}",
                "container `app` mounts `cache`, no volume of the pod",
            ),
            ("{name: data}", "the mount of `data` has no `mountPath`"),
            (
                "{name: data, mountPath: /a}, {name: data, mountPath: /a}",
                "two mounts of the container are at `/a`",
            ),
            (
                "{name: data, mountPath: /a, subPath: ../b}",
                "is not a relative path",
            ),
            (
                "{name: data, mountPath: /a, subPath: b, subPathExpr: $(B)}",
                "has both `subPath` and `subPathExpr`",
            ),
            (
                "{name: data, mountPath: /a, mountPropagation: Bidirectional}",
                "Bidirectional propagation",
            ),
            (
                "{name: data, mountPath: /a, recursiveReadOnly: Enabled}",
                "without `readOnly: true`",
            ),
        ],
    );
    let device = container("volumeDevices: [{name: data, devicePath: /dev/a}]");
    assert_faults(
        &(device + "  volumes: [{name: data, emptyDir: {}}]\n"),
        &["uses `data` as a device, no claim"],
    );
    // Volumes that are not known may have any name.
    let unknown = container("volumeMounts: [{name: data, mountPath: /a}]");
    assert_faults(&(unknown + "  volumes: ${VOLUMES}\n"), &[]);
}

#[test]
fn names_and_ports() {
    assert_rows(
        pod,
        &[
            (
                "initContainers: [{name: app, image: x}]",
                "two containers of the pod are named `app`",
            ),
            (
                "initContainers: [{name: My_App, image: x}]",
                "is not a DNS label",
            ),
            (
                "initContainers: [{name: a, image: x, restartPolicy: Never}]",
                "Kubernetes before 1.35 refuses it",
            ),
            (
                "ephemeralContainers: [{name: a, image: x}]",
                "are added to running pods only",
            ),
        ],
    );
    assert_rows(
        |text| container(&format!("ports: [{text}]")),
        &[
            ("{name: http}", "port `http` has no `containerPort`"),
            (
                "{containerPort: 1, name: a}, {containerPort: 2, name: a}",
                "two ports of the container are named `a`",
            ),
            ("{containerPort: 1}, {containerPort: 1}", ""),
            (
                "{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5}",
                "two ports of the pod have `hostPort` 5",
            ),
            (
                "{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5, protocol: UDP}",
                "",
            ),
        ],
    );
    let host = container("ports: [{containerPort: 80, hostPort: 81}]") + "  hostNetwork: true\n";
    assert_faults(&host, &["`hostPort` 81 is not `containerPort`"]);
}

#[test]
fn resources() {
    assert_rows(
        |text| container(&format!("resources: {text}")),
        &[
            (
                "{requests: {cpu: 2}, limits: {cpu: 1}}",
                "the cpu request 2 exceeds the limit 1",
            ),
            (
                "{requests: {memory: 1Gi}, limits: {memory: 1G}}",
                "exceeds the limit 1G",
            ),
            ("{requests: {cpu: 1000m}, limits: {cpu: 1}}", ""),
            (
                "{limits: {gpu: 1}}",
                "`gpu` is not a resource of containers",
            ),
            (
                "{requests: {nvidia.com/gpu: 1}}",
                "has a request but no limit",
            ),
            ("{limits: {nvidia.com/gpu: 0.5}}", "is not whole"),
            (
                "{requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 2}}",
                "the request of `nvidia.com/gpu` is not its limit",
            ),
            ("{limits: {nvidia.com/gpu: 1}}", ""),
            ("{requests: {cpu: -1}}", "the amount of `cpu` is negative"),
            (
                "{limits: {hugepages-2Mi: 4Mi}}",
                "huge pages without cpu or memory",
            ),
            (
                "{limits: {hugepages-2Mi: 3Mi, cpu: 1}}",
                "is not whole pages",
            ),
            ("{requests: {cpu: '${CPU}'}, limits: {cpu: 1}}", ""),
            (
                "{claims: [{name: gpu}]}",
                "is none of the pod's `resourceClaims`",
            ),
        ],
    );
    assert_faults(
        &(container("resources: {limits: {memory: 2Gi}}")
            + "  resources: {limits: {memory: 1Gi}}\n"),
        &["exceeds the pod's"],
    );
}

#[test]
fn scheduling() {
    assert_rows(
        |text| pod(&format!("tolerations: [{text}]")),
        &[
            ("{operator: Exists}", ""),
            ("{key: a, value: b}", ""),
            (
                "{key: a, operator: Exists, value: b}",
                "Exists with a `value`",
            ),
            ("{value: a}", "without `key`"),
            ("{}", "without `key`"),
            (
                "{key: a, tolerationSeconds: 5}",
                "without the effect NoExecute",
            ),
            ("{key: a, value: b c}", "is not a label value"),
            ("{key: a b, operator: Exists}", "is not a qualified name"),
            ("{key: a, operator: Gt, value: '5'}", "without the gate"),
            ("{key: a, effect: '${EFFECT}', tolerationSeconds: 5}", ""),
        ],
    );
}

#[test]
fn spreading() {
    const SPREAD: &str = "maxSkew: 1, topologyKey: zone, whenUnsatisfiable";
    assert_rows(
        |text| {
            pod(&format!(
                "topologySpreadConstraints: [{}]",
                text.replace("SPREAD", SPREAD)
            ))
        },
        &[
            ("{SPREAD: DoNotSchedule}", ""),
            (
                "{SPREAD: DoNotSchedule}, {SPREAD: DoNotSchedule}",
                "two spread constraints for `zone`",
            ),
            ("{SPREAD: DoNotSchedule}, {SPREAD: ScheduleAnyway}", ""),
            (
                "{SPREAD: ScheduleAnyway, minDomains: 2}",
                "with ScheduleAnyway",
            ),
            (
                "{SPREAD: DoNotSchedule, matchLabelKeys: [a]}",
                "without `labelSelector`",
            ),
            (
                "{SPREAD: DoNotSchedule, labelSelector: {matchExpressions: [{key: a, operator: In}]}}",
                "the operator In takes values",
            ),
            (
                "{topologyKey: zone, whenUnsatisfiable: DoNotSchedule}",
                "has no `maxSkew`",
            ),
        ],
    );
    assert_rows(
        |text| pod(&format!("affinity: {text}")),
        &[
            (
                "{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {}}]}}",
                "has no `topologyKey`",
            ),
            (
                "{podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{podAffinityTerm: {topologyKey: a}}]}}",
                "has no `weight`",
            ),
            (
                "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}",
                "has no `nodeSelectorTerms`",
            ),
            (
                "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: ['1', '2']}]}]}}}",
                "the operator Gt takes one value",
            ),
        ],
    );
}

#[test]
fn security() {
    assert_rows(
        |text| container(&format!("securityContext: {text}")),
        &[
            ("{privileged: true}", ""),
            (
                "{privileged: true, allowPrivilegeEscalation: false}",
                "a privileged container without",
            ),
            (
                "{capabilities: {add: [CAP_SYS_ADMIN]}, allowPrivilegeEscalation: false}",
                "CAP_SYS_ADMIN without",
            ),
            ("{runAsUser: -1}", "is not from 0 to 2147483647"),
            ("{procMount: Unmasked}", "without `hostUsers: false`"),
            (
                "{seccompProfile: {}}",
                "`seccompProfile` of container `app` has no `type`",
            ),
            (
                "{seccompProfile: {type: Localhost}}",
                "has no `localhostProfile`",
            ),
            (
                "{seccompProfile: {type: RuntimeDefault, localhostProfile: a}}",
                "in a profile of type `RuntimeDefault`",
            ),
            (
                "{windowsOptions: {hostProcess: true}}",
                "without `hostNetwork: true`",
            ),
        ],
    );
}

#[test]
fn security_of_pods() {
    assert_rows(
        pod,
        &[
            (
                "hostUsers: false\nhostPID: true",
                "`hostPID` under `hostUsers: false`",
            ),
            (
                "hostPID: true\nshareProcessNamespace: true",
                "with `hostPID`",
            ),
            (
                "os: {name: windows}\nsecurityContext: {fsGroup: 1}",
                "`fsGroup` in a pod of Windows",
            ),
            (
                "os: {name: linux}\nsecurityContext: {windowsOptions: {}}",
                "`windowsOptions` in a pod of Linux",
            ),
            (
                "securityContext: {sysctls: [{name: a b, value: '1'}]}",
                "is not a sysctl name",
            ),
        ],
    );
    let annotated = |annotation: &str| {
        pod("").replace(
            "  name: web\n",
            &format!("  name: web\n  annotations: {{{annotation}}}\n"),
        )
    };
    assert_rows(
        annotated,
        &[
            (
                "seccomp.security.alpha.kubernetes.io/pod: runtime/default",
                "",
            ),
            (
                "seccomp.security.alpha.kubernetes.io/pod: default",
                "is not a seccomp profile",
            ),
            (
                "container.apparmor.security.beta.kubernetes.io/web: runtime/default",
                "the pod has no container `web`",
            ),
        ],
    );
}

#[test]
fn fields_of_the_spec() {
    assert_rows(
        pod,
        &[
            ("dnsPolicy: None", "without `dnsConfig.nameservers`"),
            ("dnsPolicy: None\ndnsConfig: {nameservers: [1.1.1.1]}", ""),
            (
                "dnsConfig: {nameservers: [dns.example]}",
                "is not an IP address",
            ),
            (
                "dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}",
                "has more than 3 items",
            ),
            ("dnsConfig: {nameservers: [010.0.0.1]}", "has leading zeros"),
            ("dnsConfig: {options: [{value: '2'}]}", "has no `name`"),
            ("dnsConfig: {searches: [_tcp.example.com., .]}", ""),
            ("hostAliases: [{ip: localhost}]", "is not an IP address"),
            (
                "hostAliases: [{ip: 127.0.0.1, hostnames: [A_b]}]",
                "is not a DNS name",
            ),
            ("hostname: a.b", "is not a DNS label"),
            ("serviceAccountName: My_SA", "is not a DNS name"),
            ("activeDeadlineSeconds: 0", "is not from 1"),
            ("terminationGracePeriodSeconds: -1", ""),
            ("readinessGates: [{}]", "has no `conditionType`"),
            (
                "schedulingGates: [{name: a/b}, {name: a/b}]",
                "two scheduling gates",
            ),
            (
                "nodeName: a\nschedulingGates: [{name: a/b}]",
                "`nodeName` with `schedulingGates`",
            ),
            (
                "resourceClaims: [{name: a}]",
                "names neither a claim nor a template",
            ),
            ("os: {}", "`os` has no `name`"),
        ],
    );
    // A StatefulSet gives its pods names, whatever the template says.
    let stateful = super::harness::workload("StatefulSet", "").replace(
        "      containers:",
        "      hostname: a.b\n      containers:",
    );
    assert_faults(&stateful, &[]);
}
