//! Any text as a manifest: fixing ends, what it ends in has no more documents that cannot be read, and
//! fixing that changes nothing.
#![no_main]

mod run;

use lameduck::fix::{self, Verdict};
use lameduck::source::Sources;
use lameduck::yaml::{self, Content};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let relint = |sources: &Sources| Verdict::whole(run::outcome(sources).findings);
    let sources = run::sources(text);
    let fixed = fix::converge(&sources, &relint(&sources), true, relint);
    let after = sources.with_texts(&fixed.texts);
    for (before, after) in sources.iter().zip(&after) {
        assert!(
            broken(after.text()) <= broken(before.text()),
            "{:?}",
            after.text()
        );
    }
    let is_endless = |(_, why): &(fix::Entry, fix::Reason)| why.contains("rounds");
    if !fixed.dropped.iter().any(is_endless) {
        let again = fix::converge(&after, &relint(&after), true, relint);
        assert!(again.texts.is_empty(), "{:?}", again.texts);
    }
});

fn broken(text: &std::sync::Arc<str>) -> usize {
    let documents = yaml::parse(text).documents;
    let is_broken = |it: &&yaml::Document| matches!(it.content, Content::Broken(_));
    documents.iter().filter(is_broken).count()
}
