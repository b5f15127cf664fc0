//! Whether scanner and parser agree.

use std::sync::Arc;

use crate::yaml::builder::Built;
use crate::yaml::parse::split;
use crate::yaml::{build, tree::Tree};

/// How many bytes of a text's documents the scanner understands.
///
/// # Errors
/// When the parser makes something else of one of them: what both make of it.
#[cfg_attr(not(fuzzing), expect(unreachable_pub, reason = "public to fuzzing"))]
pub fn scanned(text: &str) -> Result<usize, String> {
    let source: Arc<str> = text.into();
    let mut known = 0;
    for piece in split(&source, 0) {
        let written = source.get(piece.span.range()).unwrap_or_default();
        let text = piece.terminated(&source);
        let Some(scanned) = super::build(piece.chunk(&source, &text, piece.marker_len())) else {
            continue;
        };
        known += written.len();
        match build::build(piece.chunk(&source, &text, 0)) {
            Ok(parsed) if is_same(&scanned, &parsed) => {}
            Ok(parsed) => {
                let (ours, theirs) = (shown(&scanned), shown(&parsed));
                return Err(format!("{written}\nscanned: {ours}\nparsed: {theirs}"));
            }
            Err(error) => return Err(format!("{written}\nrefused: {error}")),
        }
    }
    Ok(known)
}

/// Both ends are where nothing but blanks and comments follows.
fn is_same(scanned: &Built, parsed: &Built) -> bool {
    scanned.tree == parsed.tree && parsed.end.is_none() == scanned.end.is_none()
}

fn shown(built: &Built) -> String {
    format!(
        "{:?}, {:#?}",
        built.end,
        built.tree.as_ref().map(Tree::root)
    )
}
