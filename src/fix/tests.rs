use super::*;
use crate::finding::{Category, Fingerprint};
use crate::source::{Location, NewSource, Scope, Span};

/// A rule: wherever the first text stands, the second would be better.
struct Wish(&'static str, &'static str, Severity, Applicability);

use Applicability::{Safe, Unsafe};
use Severity::{Error, Warning};

fn sources(files: &[(&str, Role)]) -> Sources {
    let mut sources = Sources::default();
    for (text, role) in files {
        sources.push(NewSource {
            path: format!("{}.yaml", sources.len()),
            root_path: String::new(),
            text: Arc::from(*text),
            invalid_utf8: None,
            role: *role,
            scope: Scope(Arc::from("")),
        });
    }
    sources
}

fn verdict(sources: &Sources, wishes: &[Wish]) -> Verdict {
    Verdict::whole(judge(sources, wishes))
}

fn judge(sources: &Sources, wishes: &[Wish]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for Wish(old, new, severity, applicability) in wishes {
            for (start, _) in source.text().match_indices(old) {
                let span = Span::new(
                    u32::try_from(start).unwrap(),
                    u32::try_from(start + old.len()).unwrap(),
                );
                let fix = Fix {
                    applicability: *applicability,
                    title: (*new).to_owned(),
                    effect: None,
                    reveals: false,
                    edits: vec![Edit {
                        source: source.id(),
                        span,
                        text: (*new).to_owned(),
                    }],
                };
                findings.push(Finding {
                    rule: old,
                    category: Category::Schema,
                    severity: *severity,
                    message: String::new(),
                    detail: None,
                    help: None,
                    primary: Location {
                        source: source.id(),
                        span,
                    },
                    related: Vec::new(),
                    resource: None,
                    fix: (!new.is_empty()).then_some(fix),
                    subject: None,
                    cause: start.to_string(),
                    fingerprint: Fingerprint::of([source.path(), &start.to_string()]),
                    suppressed: None,
                    unfixable: None,
                });
            }
        }
    }
    findings
}

/// The first file's new text, how many fixes were applied, and why others were not.
fn fixed(text: &str, unsafely: bool, wishes: &[Wish]) -> (String, usize, Vec<String>) {
    let sources = sources(&[(text, Role::Named)]);
    let relint = |it: &Sources| verdict(it, wishes);
    let fixed = converge(&sources, &relint(&sources), unsafely, relint);
    let after = fixed.texts.values().next().map_or(text, |text| text);
    let again = sources.with_texts(&fixed.texts);
    let second = converge(&again, &relint(&again), unsafely, relint);
    assert!(second.texts.is_empty(), "not idempotent");
    let reasons = fixed.dropped.iter().map(|(_, reason)| reason.to_string());
    let reasons = reasons.collect();
    (after.to_owned(), fixed.applied.len(), reasons)
}

#[test]
fn fixes_follow_one_another_over_several_rounds() {
    let wishes = [
        Wish("one", "two", Warning, Safe),
        Wish("two", "three", Error, Safe),
    ];
    // An error on the way is none when the next round takes it back.
    assert_eq!(
        fixed("a: one\nb: two\n", false, &wishes),
        ("a: three\nb: three\n".to_owned(), 3, vec![])
    );
}

#[test]
fn fixes_that_touch_wait_for_the_next_round() {
    let wishes = [
        Wish("xy", "z", Warning, Safe),
        Wish("yw", "v", Warning, Safe),
    ];
    assert_eq!(
        fixed("a: xyw\n", false, &wishes),
        ("a: zw\n".to_owned(), 1, vec![])
    );
}

#[test]
fn safe_fixes_go_before_others() {
    let wishes = [
        Wish("xy", "z", Warning, Unsafe),
        Wish("yw", "v", Warning, Safe),
    ];
    assert_eq!(fixed("a: xyw\n", true, &wishes).0, "a: xv\n");
}

#[test]
fn fixes_that_are_fine_alone_but_not_together_follow_one_another() {
    let wishes = [
        Wish("one", "two", Warning, Safe),
        Wish("ones", "two", Warning, Safe),
    ];
    let (text, _, reasons) = fixed("x: {one: 1}\ny: 2\n", false, &wishes);
    assert_eq!((text.as_str(), reasons), ("x: {two: 1}\ny: 2\n", vec![]));
    let wishes = [
        Wish("one", "two", Warning, Safe),
        Wish("uno", "two", Warning, Safe),
    ];
    assert_eq!(
        fixed("one: 1\nx: 3\nuno: 2\n", false, &wishes),
        (
            "two: 1\nx: 3\nuno: 2\n".to_owned(),
            1,
            vec!["it would give a key twice".to_owned()]
        )
    );
}

#[test]
fn fixes_that_take_one_another_back_are_both_left_out() {
    let wishes = [
        Wish("one", "two", Warning, Safe),
        Wish("two", "one", Warning, Safe),
        Wish("red", "blue", Warning, Safe),
    ];
    for text in ["a: one\nb: red\n", "a: two\nb: red\n"] {
        assert_eq!(
            fixed(text, false, &wishes),
            (
                text.replace("red", "blue"),
                1,
                vec![CIRCLE.to_owned(), CIRCLE.to_owned()]
            )
        );
    }
}

#[test]
fn fixes_without_end_are_stopped_and_said() {
    let sources = sources(&[("a: x\n", Role::Named)]);
    let wishes = [Wish("x", "xx", Warning, Safe)];
    let fixed = converge(&sources, &verdict(&sources, &wishes), false, |it| {
        let mut findings = judge(it, &wishes);
        findings.truncate(1);
        Verdict::whole(findings)
    });
    assert_eq!(fixed.applied.len(), 1);
    let reasons: Vec<&str> = fixed.dropped.iter().map(|(_, reason)| &**reason).collect();
    assert_eq!(reasons, [UNSETTLED]);
}

#[test]
fn an_error_on_the_way_must_be_taken_back() {
    let wishes = [
        Wish("one", "two", Warning, Safe),
        Wish("two", "[", Error, Safe),
    ];
    let (text, applied, reasons) = fixed("a: one\n", false, &wishes);
    assert_eq!((text.as_str(), applied), ("a: one\n", 0));
    assert_eq!(reasons, ["it would bring an error (two): "]);
}

#[test]
fn no_error_may_come_that_the_run_was_not_asked_for() {
    let sources = sources(&[("a: one\nb: red\n", Role::Named)]);
    let all = [
        Wish("one", "two", Warning, Safe),
        Wish("two", "three", Error, Safe),
        Wish("red", "blue", Warning, Safe),
    ];
    let asked = |it: &Sources| Verdict {
        findings: [judge(it, &all[..1]), judge(it, &all[2..])].concat(),
        ..verdict(it, &all)
    };
    let fixed = converge(&sources, &asked(&sources), false, asked);
    let texts: Vec<&str> = fixed.texts.values().map(|text| &**text).collect();
    assert_eq!(texts, ["a: one\nb: blue\n"]);
    assert_eq!(fixed.dropped[0].1, "it would bring an error (two): ");
}

#[test]
fn what_could_not_be_fixed_is_tried_again_once_the_rest_is_done() {
    let wishes = [
        Wish("one", "two", Warning, Safe),
        Wish("red", "green", Warning, Safe),
        Wish("green", "blue", Warning, Safe),
    ];
    let sources = sources(&[("a: one\nb: red\n", Role::Named)]);
    // `two` beside anything but `blue` is an error, and two rounds lead to `blue`.
    let relint = |it: &Sources| {
        let text = it.iter().next().unwrap().text();
        let is_wrong = text.contains("two") && !text.contains("blue");
        let errors = judge(it, &[Wish("two", "", Error, Safe)]);
        Verdict {
            errors: if is_wrong { errors } else { Vec::new() },
            ..verdict(it, &wishes)
        }
    };
    let fixed = converge(&sources, &relint(&sources), false, relint);
    let texts: Vec<&str> = fixed.texts.values().map(|text| &**text).collect();
    assert_eq!(texts, ["a: two\nb: blue\n"]);
    assert_eq!((fixed.applied.len(), fixed.dropped.len()), (3, 0));
}

#[test]
fn a_fix_of_several_files_is_applied_whole_or_not_at_all() {
    for (role, second, expected) in [
        (Role::Named, "b: one\n", vec!["a: two\n", "b: two\n"]),
        (Role::Named, "b: &x one\nc: *x\n", vec![]),
        (Role::Context, "b: one\n", vec![]),
    ] {
        let sources = sources(&[("a: one\n", Role::Named), (second, role)]);
        let together = |sources: &Sources| {
            let mut findings = judge(sources, &[Wish("one", "two", Warning, Safe)]);
            let parts = findings.split_off(findings.len().min(1));
            for part in parts {
                let edits = part.fix.unwrap().edits;
                findings[0].fix.as_mut().unwrap().edits.extend(edits);
            }
            Verdict::whole(findings)
        };
        let fixed = converge(&sources, &together(&sources), false, together);
        let texts: Vec<&str> = fixed.texts.values().map(|text| &**text).collect();
        assert_eq!(texts, expected);
    }
}

#[test]
fn harm_in_one_file_costs_no_other_its_fixes() {
    let texts: Vec<String> = (0..40)
        .map(|at| {
            if at % 9 == 4 {
                "k: HARM\nl: one\n"
            } else {
                "k: one\n"
            }
        })
        .map(str::to_owned)
        .collect();
    let files: Vec<_> = texts.iter().map(|it| (it.as_str(), Role::Named)).collect();
    let sources = sources(&files);
    let wishes = [
        Wish("one", "two", Warning, Safe),
        Wish("HARM", "bad", Warning, Safe),
        Wish("bad", "", Error, Safe),
    ];
    let mut runs = 0;
    let fixed = converge(&sources, &verdict(&sources, &wishes), false, |it| {
        runs += 1;
        verdict(it, &wishes)
    });
    assert_eq!((fixed.applied.len(), fixed.dropped.len()), (40, 4));
    // Halving alone would need some 60.
    assert!(runs < 30, "{runs}");
}

#[test]
fn harm_drops_only_the_fix_that_does_it() {
    for (harmful, reason) in [
        ("k: [", "the result would not parse"),
        ("k: bad", "it would bring an error (bad): "),
        ("k: |\n    x", "a comment would be lost"),
        ("|", "it would change more than it means to"),
    ] {
        let wishes = [
            Wish("one", "two", Warning, Safe),
            Wish("k: HARM", harmful, Warning, Safe),
            Wish("bad", "", Error, Safe),
        ];
        let text = "a: one\nh:\n- k: HARM # c\n  l: m\nb: one # d\n";
        let expected = text.replace("one", "two");
        let outcome = fixed(text, false, &wishes);
        assert_eq!(outcome, (expected, 2, vec![reason.to_owned()]), "{harmful}");
    }
}

#[test]
fn only_what_was_asked_for_is_fixed() {
    let wishes = [Wish("one", "two", Warning, Unsafe)];
    assert_eq!(fixed("a: one\n", false, &wishes).1, 0);
    assert_eq!(fixed("a: one\n", true, &wishes).1, 1);
    let sources = sources(&[("a: one\n", Role::Context), ("b: one\n", Role::Named)]);
    let fixed = converge(&sources, &verdict(&sources, &wishes), true, |it| {
        verdict(it, &wishes)
    });
    let texts: Vec<&str> = fixed.texts.values().map(|text| &**text).collect();
    assert_eq!(texts, ["b: two\n"]);
}

#[test]
fn a_diff_names_the_file_and_keeps_line_breaks() {
    assert_eq!(unified("a.yaml", "a\n", "a\n"), "");
    assert_eq!(
        unified("k8s/a.yaml", "a: 1\r\nb: 2", "a: 3\r\nb: 2"),
        "--- a/k8s/a.yaml\n+++ b/k8s/a.yaml\n@@ -1,2 +1,2 @@\n-a: 1\r\n+a: 3\r\n b: 2\n\\ No newline at end of file\n"
    );
    assert!(unified("a\n+++ b", "a\n", "b\n").starts_with("--- a/a\u{fffd}+++ b\n"));
}

/// As with many containers whose fix brings an error each: trying one by one is a run for each.
#[test]
fn many_harmful_fixes_are_not_tried_one_by_one() {
    let wishes = [
        Wish("one", "two", Warning, Unsafe),
        Wish("good", "better", Warning, Unsafe),
        Wish("two", "", Error, Unsafe),
    ];
    let named = |mut verdict: Verdict| {
        for finding in verdict.findings.iter_mut().chain(&mut verdict.errors) {
            // What stands on a line of its own is a container of its own.
            let name = finding.primary.span.start.to_string();
            finding.resource = Some(Resource::new("v1", "Pod", None, &name));
        }
        verdict
    };
    let text = format!("{}a: good\n", "a: one\n".repeat(400));
    let sources = sources(&[(text.as_str(), Role::Named)]);
    let mut runs = 0;
    let mut relint = |it: &Sources| {
        runs += 1;
        named(verdict(it, &wishes))
    };
    let before = relint(&sources);
    let fixed = converge(&sources, &before, true, relint);
    let after = fixed.texts.values().next().unwrap();
    assert_eq!(**after, *text.replace("good", "better"));
    assert_eq!((fixed.applied.len(), fixed.dropped.len()), (1, 400));
    assert!(runs < 20, "{runs} runs");
}

/// Errors that no fix can be told to have brought.
#[test]
fn trying_comes_to_an_end() {
    let wishes = [
        Wish("one", "two", Warning, Unsafe),
        Wish("two", "", Error, Unsafe),
    ];
    let text = "a: one\n".repeat(1000);
    let sources = sources(&[(text.as_str(), Role::Named)]);
    let mut runs = 0;
    let mut relint = |it: &Sources| {
        runs += 1;
        verdict(it, &wishes)
    };
    let before = relint(&sources);
    let fixed = converge(&sources, &before, true, relint);
    assert!(fixed.texts.is_empty());
    assert_eq!(fixed.dropped.len(), 1000);
    assert!(fixed.dropped.iter().any(|(_, reason)| reason == MANY));
    assert!(runs <= MAX_ATTEMPTS + 2, "{runs} runs");
}

#[test]
fn a_fix_that_brings_a_finding_is_not_offered() {
    // What stands below `hidden` is judged once the key is right.
    let sources = sources(&[
        ("hidden: 1\nbad: 2\n", Role::Named),
        ("hidden: 1\n", Role::Named),
        ("hidden: 1\nhidden2: 3\n", Role::Named),
    ]);
    let relint = |sources: &Sources| {
        let wishes = [Wish("hidden", "seen", Error, Safe)];
        let mut findings = judge(sources, &wishes);
        for source in sources {
            let text = source.text();
            if text.contains("seen") && text.contains("bad") {
                findings.extend(judge(sources, &[Wish("bad", "", Warning, Safe)]));
            }
        }
        for fix in findings.iter_mut().filter_map(|it| it.fix.as_mut()) {
            fix.reveals = true;
        }
        findings
    };
    let mut findings = relint(&sources);
    let mut runs = 0;
    withhold(&sources, &mut findings, |sources| {
        runs += 1;
        relint(sources)
    });
    let offered: Vec<bool> = findings.iter().map(|it| it.fix.is_some()).collect();
    assert_eq!(offered, [false, true, true, true]);
    let reason = &findings[0].unfixable.as_ref().unwrap().reason;
    assert_eq!(reason, "it would bring a finding (bad): ");
    assert!(runs <= 5, "{runs}");
    // Nothing is judged again where no fix has to be tried.
    for fix in findings.iter_mut().filter_map(|it| it.fix.as_mut()) {
        fix.reveals = false;
    }
    withhold(&sources, &mut findings, |_| panic!("nothing to try"));
}
