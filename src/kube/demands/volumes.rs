//! Volumes and their sources.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidateVolumes, validateVolumeSource,
//! validateProjectionSources, validateDownwardAPIVolumeFile.

use super::judge::{Judge, describe};
use crate::units::Quantity;
use crate::yaml::{Node, Scalar};

const SOURCES: [&str; 30] = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

/// `Volume`: at most one source. One without any is an `emptyDir`.
pub(super) fn source<'t>(judge: &mut Judge<'t>, volume: Node<'t>) {
    if let [_, second, ..] = judge.present(volume, &SOURCES).as_slice() {
        let place = describe(volume, judge.object());
        judge.wrong(*second, format!("{place} has two sources"));
    }
}

/// `VolumeProjection`: at most one source.
pub(super) fn projection<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const SOURCES: [&str; 6] = [
        "secret",
        "configMap",
        "downwardAPI",
        "serviceAccountToken",
        "clusterTrustBundle",
        "podCertificate",
    ];
    if let [_, second, ..] = judge.present(source, &SOURCES).as_slice() {
        judge.wrong(*second, "an item of `sources` projects two sources");
    }
}

/// Sources that name their files, and in which fields.
const FILES: [(&str, &[&str]); 2] = [
    ("clusterTrustBundle", &["path"]),
    (
        "podCertificate",
        &["credentialBundlePath", "keyPath", "certificateChainPath"],
    ),
];

/// `ProjectedVolumeSource`: every file has a path of its own.
pub(super) fn paths<'t>(judge: &mut Judge<'t>, projected: Node<'t>) {
    let mut files = Vec::new();
    for source in judge.items(projected, "sources") {
        for kind in ["secret", "configMap", "downwardAPI"] {
            if let Some(source) = judge.get(source, kind) {
                let items = judge.items(source, "items");
                files.extend(items.filter_map(|item| judge.get(item, "path")));
            }
        }
        for (kind, fields) in FILES {
            if let Some(source) = judge.get(source, kind) {
                files.extend(fields.iter().filter_map(|field| judge.get(source, field)));
            }
        }
    }
    judge.unique(files, |path| {
        format!("two files of one volume are both {path}")
    });
}

/// `DownwardAPIVolumeFile`: one source, and the container whose resource it is.
pub(super) fn downward_file<'t>(judge: &mut Judge<'t>, file: Node<'t>) {
    const SOURCES: [&str; 2] = ["fieldRef", "resourceFieldRef"];
    match judge.present(file, &SOURCES).as_slice() {
        [] => judge.missing_one_of(
            file,
            &SOURCES,
            "a file of `downwardAPI` has neither `fieldRef` nor `resourceFieldRef`",
        ),
        [_, second, ..] => {
            judge.wrong(*second, "a file of `downwardAPI` has two sources");
        }
        [_] => {
            if let Some(resource) = judge.get(file, "resourceFieldRef") {
                judge.require(resource, "containerName");
            }
        }
    }
}

/// `EmptyDirVolumeSource`: its limit is not negative.
pub(super) fn empty_dir<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    if let Some(limit) = judge.get(source, "sizeLimit")
        && judge
            .text_of(limit)
            .and_then(|text| text.parse::<Quantity>().ok())
            .is_some_and(|limit| limit.milli < 0)
    {
        judge.wrong(limit, "`sizeLimit` is negative");
    }
}

/// `ServiceAccountTokenProjection`: a token lives for ten minutes at least.
pub(super) fn token<'t>(judge: &mut Judge<'t>, token: Node<'t>) {
    if let Some(seconds) = judge.get(token, "expirationSeconds")
        && let Some(Scalar::Int(number)) = seconds.scalar()
        && !(600..=1 << 32).contains(&number)
    {
        let fault = if number < 600 {
            "is below 600"
        } else {
            "is above 2^32"
        };
        judge.wrong(seconds, format!("`expirationSeconds` {fault}"));
    }
}

/// The modes of files, of which YAML reads 644 as decimal.
pub(super) fn mode<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    for field in ["defaultMode", "mode"] {
        let Some(mode) = judge.get(source, field) else {
            continue;
        };
        if let Some(Scalar::Int(number)) = mode.scalar()
            && !(0..=0o777).contains(&number)
        {
            let written = judge.text_of(mode).unwrap_or_default();
            let told = judge.wrong(
                mode,
                format!("`{field}` {written} is octal {number:o}, beyond 0777"),
            );
            if i64::from_str_radix(written, 8).is_ok_and(|octal| octal <= 0o777) {
                told.help(format!("write 0{written}: without the 0 it is decimal"));
            }
        }
    }
}

/// `EphemeralVolumeSource` and the metadata of its claim: only labels and annotations.
pub(super) fn claim_metadata<'t>(judge: &mut Judge<'t>, template: Node<'t>) {
    let Some(metadata) = judge.get(template, "metadata") else {
        return;
    };
    for entry in metadata.entries() {
        let key = entry.key.key_text();
        let is_known = matches!(
            key,
            "name" | "namespace" | "generateName" | "finalizers" | "ownerReferences" | "uid"
        );
        if is_known && judge.has(metadata, key) {
            judge.wrong(
                entry.key,
                format!("the metadata of a claim template has `{key}`"),
            );
        }
    }
}
