//! What overrides make of the configuration, found out once for each path and each set of overrides:
//! a repository may have thousands of both.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use super::ObjectSettings;

/// What holds for an object.
#[derive(Clone, Debug)]
pub enum Applied<'a> {
    /// No override speaks of it.
    Common(&'a ObjectSettings),
    /// What overrides make of it; objects that the same overrides speak of share it.
    Own(Arc<ObjectSettings>),
}

impl Deref for Applied<'_> {
    type Target = ObjectSettings;

    fn deref(&self) -> &ObjectSettings {
        match self {
            Self::Common(settings) => settings,
            Self::Own(settings) => settings,
        }
    }
}

/// The overrides of a path, and what is asked about.
type Subject = (Arc<[usize]>, String);

/// What was found out. It is not part of the configuration: all are equal, and a copy is empty.
#[derive(Debug, Default)]
pub struct Memo {
    /// The overrides whose patterns a path matches, by their numbers.
    paths: Mutex<HashMap<String, Arc<[usize]>>>,
    /// The overrides that speak of an object, by those of its path, its kind and its name.
    subjects: Mutex<HashMap<Subject, Arc<[usize]>>>,
    /// By the numbers of the overrides.
    settings: Mutex<HashMap<Arc<[usize]>, Arc<ObjectSettings>>>,
}

impl Memo {
    pub(super) fn of_path(&self, path: &str, find: impl FnOnce() -> Arc<[usize]>) -> Arc<[usize]> {
        recall(&self.paths, path).unwrap_or_else(|| keep(&self.paths, path.to_owned(), find()))
    }

    pub(super) fn of_subject(
        &self,
        of_path: &Arc<[usize]>,
        (kind, name): (&str, &str),
        find: impl FnOnce() -> Arc<[usize]>,
    ) -> Arc<[usize]> {
        let key = (Arc::clone(of_path), format!("{}:{kind}{name}", kind.len()));
        recall(&self.subjects, &key).unwrap_or_else(|| keep(&self.subjects, key, find()))
    }

    pub(super) fn of_overrides(
        &self,
        overrides: Arc<[usize]>,
        make: impl FnOnce(&[usize]) -> ObjectSettings,
    ) -> Arc<ObjectSettings> {
        recall(&self.settings, &overrides).unwrap_or_else(|| {
            let settings = Arc::new(make(&overrides));
            keep(&self.settings, overrides, settings)
        })
    }
}

fn recall<K, Q, V>(known: &Mutex<HashMap<K, V>>, key: &Q) -> Option<V>
where
    K: std::borrow::Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
    V: Clone,
{
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.get(key).cloned()
}

fn keep<K: Eq + Hash, V: Clone>(known: &Mutex<HashMap<K, V>>, key: K, value: V) -> V {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(key).or_insert(value).clone()
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Memo {}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::settings::{Assignment, Override, PathGlob, PathPatterns, Settings};

    fn settings(count: usize) -> Settings {
        let make = |at: usize| {
            let glob = PathGlob {
                base: PathBuf::from("/no-such-base"),
                glob: format!("**/q{at}*"),
            };
            Override {
                paths: PathPatterns::new(&[glob]).unwrap(),
                assignments: vec![Assignment::Pedantic(true)],
                ..Override::default()
            }
        };
        Settings {
            overrides: (0..count).map(make).collect(),
            cwd: PathBuf::from("/no-such-base"),
            ..Settings::default()
        }
    }

    #[test]
    fn a_path_meets_the_patterns_once() {
        let settings = settings(4_000);
        for object in 0..2_000 {
            let name = format!("n{object}");
            let subject = Some(("Deployment", name.as_str()));
            assert!(!settings.of("a.yaml", subject).pedantic);
            assert!(settings.of("b/q3999.yaml", subject).pedantic);
        }
        // One entry for each path, however many objects asked.
        assert_eq!(settings.memo.paths.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_copy_that_is_changed_does_not_remember() {
        let settings = settings(1);
        assert!(settings.of("q0.yaml", None).pedantic);
        let mut copy = settings.clone();
        copy.overrides.clear();
        copy.overrides.push(Override::default());
        assert!(!copy.of("q0.yaml", None).pedantic);
    }
}
