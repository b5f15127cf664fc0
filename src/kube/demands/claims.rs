//! Claims of storage, by themselves and as templates of StatefulSets and of ephemeral volumes.
//!
//! pkg/apis/core/validation/validation.go, 1.37: ValidatePersistentVolumeClaimSpec.

use super::judge::{Judge, place_of};
use crate::units::Quantity;
use crate::yaml::Node;

/// `PersistentVolumeClaimSpec`: modes, and the size of the storage.
pub(super) fn spec<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    judge.require(spec, "accessModes");
    let modes: Vec<&str> = judge
        .items(spec, "accessModes")
        .filter_map(|mode| judge.text_of(mode))
        .collect();
    if modes.contains(&"ReadWriteOncePod")
        && modes.iter().any(|mode| *mode != "ReadWriteOncePod")
        && let Some(list) = judge.get(spec, "accessModes")
    {
        let key = spec.entry("accessModes").map_or(list, |entry| entry.key);
        judge.wrong(key, "the access mode ReadWriteOncePod with another one");
    }
    storage(judge, spec);
    data_sources(judge, spec);
}

/// `validateDataSource`, `validateDataSourceRef`: what a new volume is filled from. Of a claim by itself,
/// a `dataSource` of another kind is dropped
/// (pkg/api/persistentvolumeclaim/util.go: EnforceDataSourceBackwardsCompatibility).
fn data_sources<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    if judge.kind() != "PersistentVolumeClaim" {
        return;
    }
    let has_reference = !judge.field(spec, "dataSourceRef").is_absent();
    for field in ["dataSource", "dataSourceRef"] {
        let Some(source) = judge.get(spec, field).filter(|source| source.is_mapping()) else {
            continue;
        };
        if ["kind", "apiGroup"]
            .iter()
            .any(|field| judge.field(source, field).is_unknown())
        {
            continue;
        }
        let text = |judge: &Judge<'t>, field| judge.text(source, field).unwrap_or_default();
        let (kind, group) = (text(judge, "kind"), text(judge, "apiGroup"));
        let is_kept = matches!(
            (kind, group),
            ("PersistentVolumeClaim", "") | ("VolumeSnapshot", "snapshot.storage.k8s.io")
        );
        if field == "dataSource" && !has_reference && !is_kept {
            continue;
        }
        judge.require(source, "kind");
        judge.require(source, "name");
        if group.is_empty()
            && !matches!(kind, "" | "PersistentVolumeClaim")
            && let Some(node) = judge.get(source, "kind")
        {
            judge
                .wrong(
                    node,
                    format!(
                        "`{field}` of kind {} without `apiGroup`",
                        super::judge::shown(kind)
                    ),
                )
                .absence(source, "apiGroup");
        }
    }
}

/// The one resource that a claim asks for.
fn storage<'t>(judge: &mut Judge<'t>, spec: Node<'t>) {
    let mut holder = spec;
    for field in ["resources", "requests"] {
        match judge.field(holder, field) {
            field if field.is_unknown() => return,
            found => match found.node() {
                Some(node) => holder = node,
                None => break,
            },
        }
    }
    if judge.field(holder, "storage").is_unknown() {
        return;
    }
    let size = judge.at(spec, &["resources", "requests", "storage"]);
    let Some(size) = size else {
        let node = place_of(holder, judge.object());
        judge
            .wrong(
                node,
                "the claim does not say how much `storage` it requests",
            )
            .absence(spec, "resources.requests.storage");
        return;
    };
    let parsed = judge
        .text_of(size)
        .and_then(|text| text.parse::<Quantity>().ok());
    if parsed.is_some_and(|size| size.milli <= 0) {
        judge.wrong(size, "the claim requests no `storage`");
    }
}
