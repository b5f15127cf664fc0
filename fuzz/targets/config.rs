//! Any text as a configuration file: refused with a place, or read.
#![no_main]

use std::io::{Seek, Write};

use lameduck::{config, rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    let metas: Vec<_> = rules::metas().to_vec();
    if let Err(errors) = config::load(file.path(), "lameduck.yaml", &metas) {
        assert!(!errors.is_empty());
        for error in errors {
            assert!(error.to_string().starts_with("lameduck.yaml"), "{error}");
        }
    }
});
