//! How long each stage takes on manifests that are all of one kind: a Deployment that has what it
//! should, its Service and its PodDisruptionBudget. `benches/README.md` says how to run and read them.
//!
//! Only ratios mean something: between stages of one run, or of one stage before and after a change.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking, and criterion's macros make public items"
)]

mod manifests;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use granit_parser::Parser;
use lameduck::fix::{self, Verdict};
use lameduck::inventory::Inventory;
use lameduck::kube::read_source;
use lameduck::report::{Format, Report, Style};
use lameduck::settings::Settings;
use lameduck::source::Sources;
use lameduck::{engine, rules, yaml};

use manifests::{Flaws, sources};

const WORKLOADS: usize = 300;

fn bytes(sources: &Sources) -> u64 {
    sources.iter().map(|it| it.text().len() as u64).sum()
}

/// From text to trees, beside what the parser alone needs for its events.
fn parse(c: &mut Criterion) {
    let sources = sources(WORKLOADS, Flaws::None);
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Bytes(bytes(&sources)));
    group.bench_function("events", |b| {
        b.iter(|| {
            for source in &sources {
                for piece in source.text().split("---\n") {
                    black_box(Parser::new_from_str(piece).count());
                }
            }
        });
    });
    group.bench_function("trees", |b| {
        b.iter(|| {
            for source in &sources {
                black_box(yaml::parse(source.text()));
            }
        });
    });
    group.bench_function("objects", |b| {
        b.iter(|| {
            for source in &sources {
                black_box(read_source(source));
            }
        });
    });
    group.finish();
}

/// From sources to an inventory with all its relations, for twice the objects each time.
fn inventory(c: &mut Criterion) {
    let settings = Settings::default();
    let mut group = c.benchmark_group("inventory");
    for workloads in [WORKLOADS / 2, WORKLOADS, WORKLOADS * 2] {
        let sources = sources(workloads, Flaws::None);
        group.throughput(Throughput::Elements(workloads as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(workloads),
            &sources,
            |b, sources| b.iter(|| Inventory::read(sources, &settings)),
        );
    }
    group.finish();
}

/// Each rule alone, on workloads that it has something to say of.
fn each_rule(c: &mut Criterion) {
    let sources = sources(WORKLOADS / 3, Flaws::Many);
    let mut group = c.benchmark_group("rule");
    group.measurement_time(Duration::from_millis(500));
    group.warm_up_time(Duration::from_millis(100));
    for meta in rules::metas() {
        let mut settings = Settings::default();
        settings.common.select.insert(meta.id.to_owned());
        let inventory = Inventory::read(&sources, &settings);
        group.bench_function(meta.id, |b| {
            b.iter(|| engine::run(&sources, &inventory, &settings));
        });
    }
    group.finish();
}

fn all_rules(c: &mut Criterion) {
    let settings = Settings::default();
    let mut group = c.benchmark_group("rules");
    for (name, flaws) in [("healthy", Flaws::None), ("flawed", Flaws::Many)] {
        let sources = sources(WORKLOADS, flaws);
        let inventory = Inventory::read(&sources, &settings);
        group.bench_function(name, |b| {
            b.iter(|| engine::run(&sources, &inventory, &settings));
        });
    }
    group.finish();
}

/// Each format, many findings in few files.
fn report(c: &mut Criterion) {
    let settings = Settings::default();
    let sources = sources(WORKLOADS, Flaws::Many);
    let inventory = Inventory::read(&sources, &settings);
    let outcome = engine::run(&sources, &inventory, &settings);
    let report = Report {
        outcome: &outcome,
        sources: &sources,
        rules: rules::metas(),
        fails_from: lameduck::finding::Severity::Warning,
    };
    let mut group = c.benchmark_group("report");
    group.throughput(Throughput::Elements(outcome.findings.len() as u64));
    for format in Format::ALL {
        group.bench_function(format.as_str(), |b| {
            b.iter(|| {
                let mut content = Vec::new();
                report
                    .write(format, &Style::default(), &mut content)
                    .unwrap();
                content
            });
        });
    }
    group.finish();
}

fn fixing(c: &mut Criterion) {
    let settings = Settings::default();
    let sources = sources(WORKLOADS / 10, Flaws::Many);
    let judge = |sources: &Sources| {
        let inventory = Inventory::read(sources, &settings);
        Verdict::whole(engine::run(sources, &inventory, &settings).findings)
    };
    let verdict = judge(&sources);
    let mut group = c.benchmark_group("fix");
    group.sample_size(10);
    group.bench_function("all", |b| {
        b.iter(|| fix::converge(&sources, &verdict, true, judge));
    });
    let text: Arc<str> = Arc::clone(sources.iter().next().unwrap().text());
    let after = text.replace("replicas: 3", "replicas: 4");
    group.bench_function("diff", |b| {
        b.iter(|| fix::unified("a.yaml", &text, &after));
    });
    group.finish();
}

criterion_group! {
    name = stages;
    config = Criterion::default().sample_size(20).without_plots();
    targets = parse, inventory, each_rule, all_rules, report, fixing
}
criterion_main!(stages);
