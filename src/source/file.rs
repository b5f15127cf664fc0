//! Reading files that may be anything: no more than a limit is ever held.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::units::{SizeLimit, show_size};

/// Why a file gave no content.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What the system says.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is a folder, a pipe or a device.
    #[error("it is not a regular file")]
    NoFile,
    /// It is larger than is allowed.
    #[error("{}it is larger than {limit}", at(*.size))]
    TooLarge {
        /// In bytes, where that is known.
        size: Option<u64>,
        /// What is allowed.
        limit: SizeLimit,
    },
    /// It holds other bytes than text.
    #[error("it is not UTF-8 text")]
    NoText,
}

impl ReadError {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// What a person can do about it, where the limit is the configured one.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => " (--max-file-size takes more)",
            _ => "",
        }
    }
}

fn at(size: Option<u64>) -> String {
    size.map_or_else(String::new, |size| format!("at {} ", show_size(size)))
}

/// Whether a real path lies below a root and not in a git directory there, which holds what the
/// repository is not: hooks, among others.
pub fn is_inside(real: &Path, root: &Path) -> bool {
    real.strip_prefix(root)
        .is_ok_and(|rest| rest.iter().all(|part| !part.eq_ignore_ascii_case(".git")))
}

/// Reads a regular file; nothing else is even opened: opening a pipe can take for ever.
///
/// # Errors
/// When it is not a regular file, larger than the limit, or cannot be read.
pub fn read_file(path: &Path, limit: SizeLimit) -> Result<Vec<u8>, ReadError> {
    let size = examine(path, limit)?;
    read_at_most(File::open(path)?, size, limit)
}

/// Looks whether [`read_file`] would read it, and gives its size in bytes.
///
/// # Errors
/// When it is not a regular file, larger than the limit, or cannot be looked at.
pub fn examine(path: &Path, limit: SizeLimit) -> Result<u64, ReadError> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(ReadError::NoFile);
    }
    let size = metadata.len();
    if size > limit.bytes() {
        let size = Some(size);
        return Err(ReadError::TooLarge { size, limit });
    }
    Ok(size)
}

/// Reads a regular file of text, all of it UTF-8.
///
/// # Errors
/// As [`read_file`], and when it is not UTF-8 text.
pub fn read_text(path: &Path, limit: SizeLimit) -> Result<String, ReadError> {
    String::from_utf8(read_file(path, limit)?).map_err(|_| ReadError::NoText)
}

/// Reads what may be a pipe or a device: for what a person has named for reading.
///
/// # Errors
/// When it is larger than the limit, or cannot be read.
pub fn read_stream(stream: impl Read, limit: SizeLimit) -> Result<Vec<u8>, ReadError> {
    read_at_most(stream, 0, limit)
}

/// A file can grow after it was looked at, and a pseudo file says that it is empty.
fn read_at_most(from: impl Read, size: u64, limit: SizeLimit) -> Result<Vec<u8>, ReadError> {
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    from.take(limit.bytes() + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit.bytes() {
        return Err(ReadError::TooLarge { size: None, limit });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> SizeLimit {
        text.parse().unwrap()
    }

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "abcd").unwrap();
        assert_eq!(read_file(&file, limit("4")).unwrap(), b"abcd");
        let error = read_text(&file, limit("3")).unwrap_err();
        assert_eq!(error.to_string(), "at 4 bytes it is larger than 3 bytes");
        std::fs::write(&file, b"ab\xff").unwrap();
        let error = read_text(&file, limit("3")).unwrap_err();
        assert_eq!(error.to_string(), "it is not UTF-8 text");
        let missing = read_file(&folder.path().join("b"), limit("3"));
        assert!(matches!(missing, Err(ReadError::Io(_))));
        let directory = read_file(folder.path(), limit("3"));
        assert!(matches!(directory, Err(ReadError::NoFile)));
    }

    #[test]
    fn an_endless_stream_is_read_up_to_the_limit() {
        let error = read_stream(io::repeat(0), limit("1Ki")).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 1 KiB");
        let content = read_stream(&b"abc"[..], limit("3")).unwrap();
        assert_eq!(content, b"abc");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_not_opened() {
        for device in ["/dev/zero", "/dev/full", "/dev/tty"] {
            let path = Path::new(device);
            let read = read_file(path, SizeLimit::default());
            assert!(!path.exists() || matches!(read, Err(ReadError::NoFile)));
        }
    }
}
