//! Any bytes → what the scanner understands has the tree that the parser makes of it.
#![no_main]

use lameduck::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(difference) = yaml::scanned(&String::from_utf8_lossy(bytes)) {
        panic!("{difference}");
    }
});
