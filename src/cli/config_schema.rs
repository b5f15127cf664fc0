//! `lameduck config-schema`

use super::{Failure, output};
use crate::config;
use crate::finding::RuleMeta;

pub(super) fn run(rules: &[RuleMeta]) -> Result<(), Failure> {
    let schema = format!("{:#}\n", config::schema(rules));
    output::to_stdout(schema.as_bytes())
}
