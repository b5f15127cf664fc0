//! Sources of volumes of pods and of PersistentVolumes that take more than single values.
//!
//! pkg/apis/core/validation/validation.go, 1.37: validateVolumeSource, ValidatePersistentVolumeSpec and
//! what they call; the sources are named after.

use super::Checker;
use super::judge::{Judge, describe, shown};
use crate::kube::check::names::is_dns_subdomain;
use crate::yaml::{Node, Scalar};

/// The checkers of a source.
pub(super) fn checkers(structure: &str) -> &'static [Checker] {
    match structure {
        "AzureDiskVolumeSource" => &[azure_disk],
        "AzureFilePersistentVolumeSource" => &[azure_file],
        "CSIPersistentVolumeSource" => &[csi_secrets],
        "CSIVolumeSource" => &[csi, csi_secrets],
        "CinderPersistentVolumeSource"
        | "CinderVolumeSource"
        | "StorageOSPersistentVolumeSource"
        | "StorageOSVolumeSource" => &[secret],
        "ClusterTrustBundleProjection" => &[trust_bundle],
        "FCVolumeSource" => &[fibre_channel],
        "FlexPersistentVolumeSource" | "FlexVolumeSource" => &[flex],
        "FlockerVolumeSource" => &[flocker],
        "GlusterfsPersistentVolumeSource" => &[glusterfs],
        "ISCSIPersistentVolumeSource" | "ISCSIVolumeSource" => &[iscsi],
        "ImageVolumeSource" => &[image],
        "PodCertificateProjection" => &[pod_certificate],
        "QuobyteVolumeSource" => &[quobyte],
        _ => &[],
    }
}

/// `validateAzureDisk`: managed disks and blobs are named in different ways.
fn azure_disk<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    let is_managed = match judge.text(source, "kind") {
        Some("Managed") => true,
        Some("Shared" | "Dedicated") => false,
        // Left out, it is shared.
        None if judge.field(source, "kind").is_absent() => false,
        _ => return,
    };
    let start = if is_managed {
        "/subscriptions/"
    } else {
        "https://"
    };
    if let Some(node) = judge.get(source, "diskURI")
        && let Some(text) = judge.text_of(node)
        && !text.is_empty()
        && !text.starts_with(start)
    {
        judge
            .wrong(
                node,
                format!(
                    "the address of an Azure disk of this kind starts with `{start}`, unlike {}",
                    shown(text)
                ),
            )
            .rests_on(source, "kind");
    }
}

/// `validateAzureFilePV`
fn azure_file<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    set_but_empty(judge, source, "secretNamespace");
}

/// `validateGlusterfsPersistentVolumeSource`
fn glusterfs<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    set_but_empty(judge, source, "endpointsNamespace");
}

/// Tells of a field that may be left out, and not be empty.
pub(super) fn set_but_empty<'t>(judge: &mut Judge<'t>, holder: Node<'t>, field: &str) {
    if let Some(node) = judge.get(holder, field)
        && judge.text_of(node) == Some("")
    {
        judge.wrong(node, format!("`{field}` is empty"));
    }
}

/// `validateCSIVolumeSource`, `ValidateCSIDriverName`: the driver's name.
fn csi<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    if let Some(driver) = judge.get(source, "driver")
        && let Some(name) = judge.text_of(driver).filter(|name| !name.is_empty())
        && (name.len() > 63 || !is_dns_subdomain(&name.to_ascii_lowercase()))
    {
        judge.wrong(
            driver,
            format!("{} is not a name of a CSI driver", shown(name)),
        );
    }
}

/// `validateCSIVolumeSource`, `validatePVSecretReference`: secrets have names, and of a PersistentVolume
/// namespaces.
fn csi_secrets<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    for field in [
        "nodePublishSecretRef",
        "controllerPublishSecretRef",
        "controllerExpandSecretRef",
        "nodeExpandSecretRef",
    ] {
        secret_at(judge, source, field);
    }
}

/// Sources with a `secretRef`, likewise.
fn secret<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    secret_at(judge, source, "secretRef");
}

fn secret_at<'t>(judge: &mut Judge<'t>, source: Node<'t>, field: &str) {
    if let Some(secret) = judge.get(source, field)
        && secret.is_mapping()
    {
        judge.require(secret, "name");
        if judge.kind() == "PersistentVolume" {
            judge.require(secret, "namespace");
        }
    }
}

/// `validateFCVolumeSource`
fn fibre_channel<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const NAMES: [&str; 2] = ["targetWWNs", "wwids"];
    let [targets, ids] = NAMES.map(|field| judge.has(source, field));
    if !targets && !ids {
        judge.missing_one_of(source, &NAMES, "`fc` has neither `targetWWNs` nor `wwids`");
    }
    if targets
        && ids
        && let Some(entry) = source.entry("wwids")
    {
        judge
            .wrong(entry.key, "`fc` has both `targetWWNs` and `wwids`")
            .rests_on(source, "targetWWNs");
    }
    if !targets {
        return;
    }
    judge.require(source, "lun");
    if judge
        .int(source, "lun")
        .is_some_and(|lun| !(0..=255).contains(&lun))
        && let Some(node) = judge.get(source, "lun")
    {
        judge.wrong(node, "`lun` is not between 0 and 255");
    }
}

/// `validateFlexVolumeSource`: Kubernetes gives options of its own.
fn flex<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    let Some(options) = judge.get(source, "options") else {
        return;
    };
    for entry in options.entries() {
        let key = entry.key.key_text();
        let space = key.split_once('/').map_or(key, |(space, _)| space);
        let space = format!(".{}", space.to_ascii_lowercase());
        if space.ends_with(".kubernetes.io") || space.ends_with(".k8s.io") {
            judge.wrong(
                entry.key,
                format!("the option {} is reserved for Kubernetes", shown(key)),
            );
        }
    }
}

/// `validateFlockerVolumeSource`
fn flocker<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const NAMES: [&str; 2] = ["datasetName", "datasetUUID"];
    match NAMES.map(|field| judge.has(source, field)) {
        [false, false] => judge.missing_one_of(
            source,
            &NAMES,
            "`flocker` has neither `datasetName` nor `datasetUUID`",
        ),
        [true, true] => {
            if let Some(entry) = source.entry("datasetUUID") {
                judge
                    .wrong(
                        entry.key,
                        "`flocker` has both `datasetName` and `datasetUUID`",
                    )
                    .rests_on(source, "datasetName");
            }
        }
        _ => {}
    }
    if let Some(node) = judge.get(source, "datasetName")
        && judge.text_of(node).is_some_and(|name| name.contains('/'))
    {
        judge.wrong(node, "`datasetName` holds a `/`");
    }
}

/// `validateISCSIVolumeSource`
fn iscsi<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    for field in ["iqn", "initiatorName"] {
        if let Some(node) = judge.get(source, field)
            && let Some(text) = judge.text_of(node)
            && !(text.is_empty() && field == "iqn")
            && !is_iscsi_name(text)
        {
            judge
                .wrong(
                    node,
                    format!("{} is not the name of an iSCSI node", shown(text)),
                )
                .help("write a name such as iqn.2001-04.com.example:storage");
        }
    }
    for field in ["chapAuthDiscovery", "chapAuthSession"] {
        if judge.is_true(source, field) && judge.field(source, "secretRef").is_absent() {
            let place = describe(source, judge.object());
            let told = judge.missing(
                source,
                "secretRef",
                format!("{place} has `{field}` and no `secretRef`"),
            );
            told.map(|told| told.rests_on(source, field));
            return;
        }
    }
}

/// `iscsiInitiatorIqnRegex`, `iscsiInitiatorEuiRegex`, `iscsiInitiatorNaaRegex`
fn is_iscsi_name(text: &str) -> bool {
    let is_code = |rest: &str, length: usize| {
        // Any character may follow the type.
        let mut chars = rest.chars();
        chars.next().is_some() && {
            let code = chars.as_str();
            code.len() == length && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
    };
    match text.get(..3) {
        Some("iqn") => text
            .match_indices("iqn.")
            .filter_map(|(at, _)| text.get(at + 4..))
            .any(is_qualified_iscsi),
        Some("eui") => text.get(3..).is_some_and(|rest| is_code(rest, 16)),
        Some("naa") => text.get(3..).is_some_and(|rest| is_code(rest, 32)),
        _ => false,
    }
}

/// `\d{4}-\d{2}\.([[:alnum:]-.]+)(:[^,;*&$|\s]+)$`
fn is_qualified_iscsi(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((date, rest)) = bytes.split_at_checked(8) else {
        return false;
    };
    let is_date = date.iter().enumerate().all(|(at, byte)| match at {
        4 => *byte == b'-',
        7 => *byte == b'.',
        _ => byte.is_ascii_digit(),
    });
    let Some(colon) = rest.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let (domain, target) = rest.split_at(colon);
    is_date
        && !domain.is_empty()
        && domain
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(byte))
        && target.len() > 1
        && !target
            .iter()
            .any(|byte| b",;*&$| \t\n\r\x0c".contains(byte))
}

/// `validateImageVolumeSource`: a template may leave the image to whoever completes it.
fn image<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    if judge.kind() == "Pod" {
        judge.require(source, "reference");
    }
}

/// `validateQuobyteVolumeSource`
fn quobyte<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const LONGEST_TENANT: usize = 64;
    let Some(node) = judge.get(source, "registry") else {
        return;
    };
    let Some(registry) = judge.text_of(node).filter(|text| !text.is_empty()) else {
        return;
    };
    if let Some(tenant) = judge.get(source, "tenant")
        && judge
            .text_of(tenant)
            .is_some_and(|text| text.len() > LONGEST_TENANT)
    {
        judge.wrong(tenant, "`tenant` is longer than 64 characters");
    } else if !registry.split(',').all(has_port) {
        judge.wrong(
            node,
            format!("{} is not a list of hosts with ports", shown(registry)),
        );
    }
}

/// Go's net.SplitHostPort
fn has_port(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    let host = match host.strip_prefix('[') {
        Some(inner) => match inner.strip_suffix(']') {
            Some(inner) => inner,
            None => return false,
        },
        None if host.contains(':') => return false,
        None => host,
    };
    !host.contains(['[', ']']) && !port.contains(['[', ']'])
}

/// `validateProjectionSources`: a bundle by its name, or all of a signer.
fn trust_bundle<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const NAMES: [&str; 2] = ["name", "signerName"];
    match judge.present(source, &NAMES).as_slice() {
        [] => judge.missing_one_of(
            source,
            &NAMES,
            "`clusterTrustBundle` has neither `name` nor `signerName`",
        ),
        [_, second, ..] => {
            judge.wrong(*second, "`clusterTrustBundle` has `name` and `signerName`");
        }
        [_] => {
            for field in NAMES {
                set_but_empty(judge, source, field);
            }
            if !judge.field(source, "name").is_absent()
                && !judge.field(source, "labelSelector").is_absent()
                && let Some(entry) = source.entry("labelSelector")
            {
                judge
                    .wrong(entry.key, "`labelSelector` of a bundle that is named")
                    .rests_on(source, "name");
            }
        }
    }
}

/// `validateProjectionSources`: where a certificate is written, and how long it lives.
fn pod_certificate<'t>(judge: &mut Judge<'t>, source: Node<'t>) {
    const PATHS: [&str; 3] = ["credentialBundlePath", "keyPath", "certificateChainPath"];
    /// In seconds: an hour, a day, 91 days.
    const SHORTEST: i64 = 3_600;
    const LONGEST_OF_KUBERNETES: i64 = 86_400;
    const LONGEST: i64 = 7_862_400;
    if !PATHS.iter().any(|field| judge.has(source, field)) {
        judge.missing_one_of(
            source,
            &PATHS,
            "`podCertificate` names no file to write the certificate to",
        );
    }
    if let Some(node) = judge.get(source, "maxExpirationSeconds")
        && let Some(Scalar::Int(seconds)) = node.scalar()
    {
        let signer = judge.text(source, "signerName").unwrap_or_default();
        let most = match signer.split_once('/') {
            Some((domain, _))
                if domain == "kubernetes.io" || domain.ends_with(".kubernetes.io") =>
            {
                LONGEST_OF_KUBERNETES
            }
            _ => LONGEST,
        };
        if !(SHORTEST..=most).contains(&seconds) {
            judge
                .wrong(
                    node,
                    format!("`maxExpirationSeconds` is not between {SHORTEST} and {most}"),
                )
                .rests_on(source, "signerName");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{has_port, is_iscsi_name};

    #[test]
    fn names_of_iscsi_nodes() {
        for good in [
            "iqn.2001-04.com.example:storage.disk1",
            "eui.0123456789abcdef",
            "naa.62004567BA64678D0123456789ABCDEF",
        ] {
            assert!(is_iscsi_name(good), "{good}");
        }
        for bad in [
            "",
            "iqn.bad",
            "iqn.2001-04.com.example",
            "naa.6200",
            "foo",
            "iqn.2001-04.:x",
        ] {
            assert!(!is_iscsi_name(bad), "{bad}");
        }
    }

    #[test]
    fn hosts_with_ports() {
        for good in ["a:1", "a:", "[::1]:80"] {
            assert!(has_port(good), "{good}");
        }
        for bad in ["a", "::1", "[::1]", "a:1:2"] {
            assert!(!has_port(bad), "{bad}");
        }
    }
}
