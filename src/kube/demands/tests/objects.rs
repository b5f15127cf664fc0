//! Claims, volumes, configuration, roles, limits, definitions and metadata: what is written, and what is told
//! of it.

use super::harness::assert_texts;

fn claim(spec: &str) -> String {
    format!("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec: {spec}\n")
}

fn volume(spec: &str) -> String {
    format!("apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: data}}\nspec: {{{spec}}}\n")
}

fn config_map(rest: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web}}\n{rest}\n")
}

fn secret(rest: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: web}}\n{rest}\n")
}

fn role(rule: &str, kind: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: web}}\nrules: [{rule}]\n"
    )
}

fn binding(rest: &str, kind: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: web}}\n{rest}\n"
    )
}

fn limits(limits: &str) -> String {
    format!(
        "apiVersion: v1\nkind: LimitRange\nmetadata: {{name: web}}\nspec: {{limits: [{limits}]}}\n"
    )
}

fn quota(spec: &str) -> String {
    format!("apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: web}}\nspec: {{{spec}}}\n")
}

fn priority(name: &str, rest: &str) -> String {
    format!(
        "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: {name}}}\n{rest}\n"
    )
}

fn metadata_of(metadata: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{{metadata}}}\n")
}

fn definition(spec: &str, name: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {name}}}\nspec: {{group: example.com, scope: Namespaced, names: {{plural: widgets, kind: Widget}}, {spec}}}\n"
    )
}

#[test]
fn volumes() {
    assert_texts(&[
        (
            claim("{}"),
            &[
                "`spec` has no `accessModes`",
                "the claim does not say how much `storage` it requests",
            ],
        ),
        (
            claim("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}}"),
            &["the claim requests no `storage`"],
        ),
        (
            claim(
                "{accessModes: [ReadWriteOnce, ReadWriteOncePod], resources: {requests: {storage: 1Gi}}, storageClassName: My_SC}",
            ),
            &[
                "the access mode ReadWriteOncePod with another one",
                "`My_SC` is not a DNS name",
            ],
        ),
        (
            claim("{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"),
            &[],
        ),
        (
            claim(
                r#"{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: ""}"#,
            ),
            &[],
        ),
        (
            volume("accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}"),
            &["the volume has no source such as `csi` or `nfs`"],
        ),
        (
            volume(
                "accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, nfs: {server: a, path: /a}, csi: {driver: a, volumeHandle: b}",
            ),
            &["the volume has both `nfs` and `csi`"],
        ),
        (
            volume(
                "accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /a/../b}",
            ),
            &["`/a/../b` contains `..`"],
        ),
        (
            volume("accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, local: {path: /a}"),
            &["a local volume has no `nodeAffinity`"],
        ),
    ]);
}

#[test]
fn more_volumes_1() {
    assert_texts(&[
        (volume("accessModes: [ReadWriteOnce], capacity: {cpu: 1}, nfs: {server: a, path: /a}"), &["`capacity` has no `storage`", "`capacity` takes `storage` alone"]),
        (volume("accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, persistentVolumeReclaimPolicy: Recycle, hostPath: {path: /}"), &["Recycle would empty the whole host"]),
        (volume("nfs: {server: a, path: /a}"), &["`spec` has no `accessModes`", "`spec` has no `capacity`"]),
        ("apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: web}\n".to_owned(), &["the object has no `provisioner`"]),
        ("apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: web}\nprovisioner: a b\n".to_owned(), &["`provisioner` is not a name such as ebs.csi.aws.com"]),
    ]);
}

#[test]
fn configuration() {
    assert_texts(&[
        (
            config_map(r#"data: {a/b: ""}"#),
            &["`a/b` is not a valid key"],
        ),
        (
            config_map(r#"data: {"..": ""}"#),
            &["`..` is not a valid key"],
        ),
        (config_map(r#"data: {.a.b_c-d: ""}"#), &[]),
        (
            config_map(
                "data: {a: b}
binaryData: {a: Yg==}",
            ),
            &["`a` also stands in `data`"],
        ),
        (secret(r#"data: {a b: ""}"#), &["`a b` is not a valid key"]),
        (
            secret(
                "type: kubernetes.io/tls
data: {tls.crt: YQ==}",
            ),
            &["a Secret of type kubernetes.io/tls has no `tls.key`"],
        ),
        (
            secret(
                "type: kubernetes.io/tls
data: {tls.crt: YQ==}
stringData: {tls.key: a}",
            ),
            &[],
        ),
        (
            secret("type: kubernetes.io/basic-auth"),
            &["a Secret of type kubernetes.io/basic-auth has no `username` or `password`"],
        ),
        (
            secret(
                "type: kubernetes.io/basic-auth
stringData: {username: a}",
            ),
            &[],
        ),
    ]);
}

#[test]
fn more_configuration_1() {
    assert_texts(&[
        (
            secret(
                "type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: YQ==}",
            ),
            &["`.dockerconfigjson` is not a JSON object"],
        ),
        (
            secret(
                r#"type: kubernetes.io/dockerconfigjson
stringData: {.dockerconfigjson: "{}"}"#,
            ),
            &[],
        ),
        (
            secret("type: kubernetes.io/service-account-token"),
            &["the token names no ServiceAccount in kubernetes.io/service-account.name"],
        ),
    ]);
}

#[test]
fn roles() {
    assert_texts(&[
        (
            role(r#"{apiGroups: [""], resources: [pods]}"#, "Role"),
            &["an item of `rules` has no `verbs`"],
        ),
        (
            role("{verbs: [get]}", "Role"),
            &["the rule has no `apiGroups`", "the rule has no `resources`"],
        ),
        (
            role("{verbs: [get], nonResourceURLs: [/healthz]}", "Role"),
            &["a Role cannot allow `nonResourceURLs`"],
        ),
        (
            role("{verbs: [get], nonResourceURLs: [/healthz]}", "ClusterRole"),
            &[],
        ),
        (
            role(
                "{verbs: [get], nonResourceURLs: [/healthz], resources: [pods]}",
                "ClusterRole",
            ),
            &["a rule takes either resources or `nonResourceURLs`"],
        ),
        (
            binding("subjects: []", "RoleBinding"),
            &["the object has no `roleRef`"],
        ),
        (
            binding(
                "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: web}
subjects: [{kind: ServiceAccount, name: a}]",
                "ClusterRoleBinding",
            ),
            &["the ServiceAccount has no `namespace`"],
        ),
        (
            binding(
                "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: web}
subjects: [{kind: ServiceAccount, name: a}]",
                "RoleBinding",
            ),
            &[],
        ),
        (
            binding(
                "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: web}
subjects: [{kind: Serviceaccount, name: a}]",
                "RoleBinding",
            ),
            &["`Serviceaccount` is not a kind of subject"],
        ),
    ]);
}

#[test]
fn more_roles_1() {
    assert_texts(&[
        (
            binding(
                "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: web}
subjects: [{kind: User, name: a, apiGroup: v1}, {kind: Group}]",
                "RoleBinding",
            ),
            &[
                "`apiGroup` of a User is not rbac.authorization.k8s.io",
                "an item of `subjects` has no `name`",
            ],
        ),
        (
            binding("roleRef: {kind: Role, name: a}", "ClusterRoleBinding"),
            &["`roleRef` names `Role` and takes a ClusterRole"],
        ),
        (
            binding(
                "roleRef: {apiGroup: v1, kind: Role, name: a}",
                "RoleBinding",
            ),
            &["`apiGroup` of `roleRef` is not rbac.authorization.k8s.io"],
        ),
    ]);
}

#[test]
fn limits_quotas_and_priorities() {
    assert_texts(&[
        (limits("{type: Node}"), &["`Node` is not a type of limits"]),
        (
            limits("{type: Pod, default: {cpu: 1}}"),
            &["limits of type Pod have no `default`"],
        ),
        (
            limits("{type: Container, min: {cpu: 2}, max: {cpu: 1}}, {type: Container}"),
            &[
                "`min` of cpu is above `max`",
                "limits of type `Container` are given twice",
            ],
        ),
        (
            limits("{type: Container, default: {memory: 1Gi}, defaultRequest: {memory: 2Gi}}"),
            &["`defaultRequest` of memory is above `default`"],
        ),
        (
            quota("hard: {gpu: 1, pods: -1, count/jobs.batch: 1, requests.nvidia.com/gpu: 1}"),
            &[
                "`gpu` is not a resource of quotas",
                "the quota of pods is below 0",
            ],
        ),
        (
            quota("scopes: [BestEffort, NotBestEffort]"),
            &["scopes BestEffort and NotBestEffort exclude each other"],
        ),
        (
            priority("urgent", "value: 1000000001"),
            &["`value` is above 1000000000"],
        ),
        (
            priority("system-own", "value: 1"),
            &["names that start with `system-` are reserved"],
        ),
        (priority("system-node-critical", "value: 2000001000"), &[]),
    ]);
}

#[test]
fn definitions_of_custom_resources() {
    assert_texts(&[
        (
            definition(
                "versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]",
                "widgets.example.com",
            ),
            &[],
        ),
        (
            definition("versions: []", "widgets.example.com"),
            &["`spec` has no `versions`"],
        ),
        (
            definition(
                "versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}, {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]",
                "widgets.example.com",
            ),
            &[
                "2 versions have `storage: true` instead of one",
                "version `v1` is given twice",
            ],
        ),
        (
            definition(
                "versions: [{name: v1, served: true, storage: true}]",
                "widgets.example.com",
            ),
            &["`v1` of `versions` has no `schema`"],
        ),
        (
            definition(
                "versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]",
                "widget.example.com",
            ),
            &["the name is not widgets.example.com"],
        ),
    ]);
}

#[test]
fn metadata() {
    assert_texts(&[
        (
            "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
            &["the object has no `metadata.name`"],
        ),
        (
            metadata_of("labels: {a: b}"),
            &["the object has no `metadata.name`"],
        ),
        (metadata_of("generateName: a-"), &[]),
        (
            metadata_of("name: a, namespace: My_NS"),
            &["`My_NS` is not the name of a namespace"],
        ),
        (
            metadata_of("name: a, generation: -1"),
            &["`generation` is below 0"],
        ),
        (
            metadata_of(r#"name: a, finalizers: [abc, example.com/a, "a b/c"]"#),
            &[
                "finalizer `abc` is not fully qualified",
                "finalizer `a b/c` is not fully qualified",
            ],
        ),
        (
            metadata_of("name: a, ownerReferences: [{name: a}]"),
            &[
                "an owner reference has no `apiVersion`",
                "an owner reference has no `kind`",
                "an owner reference has no `uid`",
            ],
        ),
        (
            "apiVersion: v1\nkind: Node\nmetadata: {name: a, namespace: My_NS}\n".to_owned(),
            &[],
        ),
        (
            "apiVersion: authorization.k8s.io/v1\nkind: SelfSubjectReview\n".to_owned(),
            &[],
        ),
    ]);
}

#[test]
fn more_metadata_1() {
    assert_texts(&[
        ("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: Web_PDB}\nspec: {maxUnavailable: 1}\n".to_owned(), &[]),
    ]);
}

#[test]
fn resource_claims_by_themselves() {
    assert_texts(&[(
        "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: gpu}\nspec: {devices: {requests: \
         [{name: gpu, exactly: {deviceClassName: gpu.example.com}}]}}\n"
            .to_owned(),
        &[],
    )]);
}
