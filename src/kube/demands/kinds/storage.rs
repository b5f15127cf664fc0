//! Claims, volumes and their classes (`pkg/apis/core/validation/validation.go` and
//! `pkg/apis/storage/validation/validation.go`, 1.37).

use super::super::Judge;
use super::super::judge::shown;
use super::{exactly_one, form, texts};
use crate::kube::check::forms;
use crate::units::Quantity;
use crate::yaml::Node;

/// Tells of an access mode that excludes the others beside it.
fn access_modes<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let modes = texts(judge, spec, "accessModes");
    if modes.len() > 1
        && let Some((node, _)) = modes.iter().find(|(_, mode)| *mode == "ReadWriteOncePod")
    {
        judge.wrong(
            *node,
            "ReadWriteOncePod does not go with other access modes",
        );
    }
}

/// Tells of an amount that is not above zero.
fn positive<'t>(judge: &mut Judge<'t>, holder: Node<'t>, key: &str, what: &str) {
    if let Some(node) = judge.get(holder, key)
        && let Some(text) = judge.text_of(node)
        && text
            .trim()
            .parse::<Quantity>()
            .is_ok_and(|quantity| quantity.milli <= 0)
    {
        judge.wrong(node, format!("{what} is not above 0"));
    }
}

/// What a volume can be of.
const SOURCES: [&str; 22] = [
    "hostPath",
    "nfs",
    "csi",
    "local",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "azureDisk",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

/// `ValidatePersistentVolumeSpec`
pub(super) fn volume<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    // A VolumeAttachment holds one, too, with rules of its own.
    if judge.kind() != "PersistentVolume" {
        return;
    }
    access_modes(judge, spec);
    let given: Vec<&&str> = SOURCES
        .iter()
        .filter(|source| !judge.field(spec, source).is_absent())
        .collect();
    if given.is_empty() {
        judge.missing(
            spec,
            "csi",
            "the volume has no source such as `csi` or `nfs`",
        );
    } else {
        exactly_one(judge, spec, &SOURCES, "the volume", "source");
    }
    if let Some(capacity) = judge.get(spec, "capacity")
        && capacity.is_mapping()
    {
        if judge.field(capacity, "storage").is_absent() {
            judge.missing(capacity, "storage", "`capacity` has no `storage`");
        }
        for entry in capacity
            .entries()
            .filter(|entry| entry.key.key_text() != "storage")
        {
            judge.wrong(entry.key, "`capacity` takes `storage` alone");
        }
        positive(judge, capacity, "storage", "the capacity");
    }
    if !judge.field(spec, "local").is_absent() && judge.field(spec, "nodeAffinity").is_absent() {
        judge.missing(spec, "nodeAffinity", "a local volume has no `nodeAffinity`");
    }
    if let Some(source) = judge.get(spec, "local")
        && let Some(path) = judge.text(source, "path")
        && path.split('/').any(|part| part == "..")
        && let Some(node) = judge.get(source, "path")
    {
        judge.wrong(node, format!("{} contains `..`", shown(path)));
    }
    let is_name = |text: &str| forms::is_dns_subdomain(text);
    form(
        judge,
        spec,
        "storageClassName",
        is_name,
        "the name of a StorageClass",
    );
    root_recycled(judge, spec);
}

fn root_recycled<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if judge.text(spec, "persistentVolumeReclaimPolicy") == Some("Recycle")
        && let Some(host) = judge.get(spec, "hostPath")
        && judge.text(host, "path") == Some("/")
        && let Some(node) = judge.get(spec, "persistentVolumeReclaimPolicy")
    {
        judge.wrong(node, "Recycle would empty the whole host");
    }
}

/// `ValidateStorageClass`
pub(super) fn class<'t>(judge: &mut Judge<'t>, class: Node<'t>) {
    let is_name = |text: &str| forms::is_qualified_name(&text.to_ascii_lowercase());
    form(
        judge,
        class,
        "provisioner",
        is_name,
        "a name such as ebs.csi.aws.com",
    );
    if let Some(parameters) = judge.get(class, "parameters") {
        for entry in parameters.entries() {
            if entry.key.key_text().is_empty() {
                judge.wrong(entry.key, "a parameter has no name");
            }
        }
    }
}
