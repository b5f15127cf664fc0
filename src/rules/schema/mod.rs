//! Rules of the category `schema`.

pub(super) mod dropped_document;
pub(super) mod duplicate_env;
pub(super) mod duplicate_key;
pub(super) mod duplicate_object;
pub(super) mod invalid_field;
pub(super) mod invalid_yaml;
mod istio_kind;
pub(super) mod render_failed;
mod required;
pub(super) mod unknown_field;
pub(super) mod unknown_kind;
pub(super) mod unused_suppression;
