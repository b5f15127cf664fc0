//! The API server's own code, as a program: `tests/oracle`.

#![allow(dead_code, reason = "each test crate uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub(crate) mod mutations;

use std::io::Write;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The program built of the newest release that the tests know, and its releases' versions.
pub(crate) const NEWEST: (&str, &str) = ("LAMEDUCK_ORACLE", "1.37");
/// The same of three releases earlier.
pub(crate) const OLDER: (&str, &str) = ("LAMEDUCK_ORACLE_OLD", "1.34");

/// The program that is made of Istio's validation, and Istio's version.
pub(crate) const ISTIO: (&str, &str) = ("LAMEDUCK_ORACLE_ISTIO", "1.31");

/// A program that was built of one release.
pub(crate) struct Oracle {
    binary: PathBuf,
    /// The minor version of that release.
    pub(crate) version: &'static str,
}

/// What kubectl reads of a text.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Documents that hold something, up to the first that is refused.
    pub(crate) documents: Vec<Value>,
    /// Why that is refused.
    pub(crate) error: Option<String>,
}

/// What the server says of an object.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// Of its document, from 1.
    pub(crate) lines: RangeInclusive<i64>,
    pub(crate) verdict: String,
    /// In the server's words.
    pub(crate) problems: Vec<String>,
}

impl Judgement {
    /// Whether the server, or kubectl before it, turns the object away.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(
            self.verdict.as_str(),
            "yaml" | "decode" | "strict" | "invalid" | "removed" | "not-served"
        )
    }
}

impl Judgement {
    /// Whether the server has a word in it: not of custom resources, nor of kinds it does not create.
    pub(crate) fn is_judged(&self) -> bool {
        self.is_refused() || self.verdict == "ok"
    }
}

impl Oracle {
    /// Says so where none is named.
    pub(crate) fn named((variable, version): (&str, &'static str)) -> Option<Self> {
        let binary = std::env::var_os(variable);
        if binary.is_none() {
            eprintln!("skipped: {variable} names no program built of tests/oracle");
        }
        Some(Self {
            binary: binary?.into(),
            version,
        })
    }

    /// What kubectl reads of each text.
    pub(crate) fn read(&self, texts: &[String]) -> Vec<Stream> {
        let answers = self.ask("-yaml", texts);
        assert_eq!(answers.len(), texts.len());
        let stream = |answer: Value| Stream {
            documents: answer["documents"].as_array().unwrap().clone(),
            error: answer["error"].as_str().map(str::to_owned),
        };
        answers.into_iter().map(stream).collect()
    }

    /// What the server says of the objects of each text.
    pub(crate) fn judge(&self, texts: &[String]) -> Vec<Vec<Judgement>> {
        let mut judged: Vec<Vec<Judgement>> = texts.iter().map(|_| Vec::new()).collect();
        for answer in self.ask("-texts", texts) {
            let problems = answer["problems"].as_array();
            let shown = |problem: &Value| {
                let (field, message) = (problem["field"].as_str(), problem["message"].as_str());
                format!(
                    "{}: {}",
                    field.unwrap_or_default(),
                    message.unwrap_or_default()
                )
            };
            let number: usize = answer["file"].as_str().unwrap().parse().unwrap();
            let judgement = Judgement {
                lines: answer["start"].as_i64().unwrap()..=answer["end"].as_i64().unwrap(),
                verdict: answer["verdict"].as_str().unwrap().to_owned(),
                problems: problems.into_iter().flatten().map(shown).collect(),
            };
            assert_ne!(judgement.verdict, "panic", "{judgement:?}");
            judged.get_mut(number).unwrap().push(judgement);
        }
        judged
    }

    fn ask(&self, mode: &str, texts: &[String]) -> Vec<Value> {
        let mut child = Command::new(&self.binary)
            .arg(mode)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.binary.display()));
        let mut questions = child.stdin.take().unwrap();
        let lines: String = texts
            .iter()
            .map(|text| Value::from(text.as_str()).to_string() + "\n")
            .collect();
        // It answers while it is still asked.
        let asking = std::thread::spawn(move || questions.write_all(lines.as_bytes()));
        let output = child.wait_with_output().unwrap();
        asking.join().unwrap().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let answers = String::from_utf8(output.stdout).unwrap();
        answers
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Numbers that look random, and are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `limit`. (SplitMix64, by Sebastiano Vigna.)
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// True once in so many throws.
    pub(crate) fn once_in(&mut self, throws: usize) -> bool {
        self.below(throws) == 0
    }

    pub(crate) fn one_of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices.get(self.below(choices.len())).unwrap()
    }
}
