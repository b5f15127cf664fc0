//! Any text as a duration, a quantity or a version; whole seconds come back as they were shown.
#![no_main]

use lameduck::units::{
    Quantity, Version, parse_go_duration, parse_lenient_duration, show_seconds, suggest,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = text.parse::<Version>();
    if let Ok(quantity) = text.parse::<Quantity>()
        && text.starts_with(|c: char| c.is_ascii_digit())
    {
        let negative = format!("-{text}").parse::<Quantity>();
        assert_eq!(negative.map(|it| it.milli), Ok(-quantity.milli));
    }
    let _ = suggest(text, ["periodSeconds", "timeoutSeconds"]);
    if let Ok(duration) = parse_go_duration(text) {
        assert_eq!(parse_lenient_duration(text), Some(duration));
        if duration.subsec_nanos() == 0 {
            assert_eq!(parse_go_duration(&show_seconds(duration)), Ok(duration));
        }
    }
});
