//! Answers that many objects share.

use std::any::Any;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Inventory, ObjectId};
use crate::kube::Object;

/// What was worked out once, by what was asked.
#[derive(Debug)]
pub(super) struct Answers<Q>(Mutex<HashMap<Q, Arc<dyn Any + Send + Sync>>>);

impl<Q> Default for Answers<Q> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q: Eq + Hash> Answers<Q> {
    pub(super) fn remembered<T: Any + Send + Sync>(
        &self,
        question: Q,
        answer: impl FnOnce() -> T,
    ) -> Arc<T> {
        let answers = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = answers().get(&question).cloned();
        if let Some(Ok(known)) = known.map(Arc::downcast) {
            return known;
        }
        // Not under the lock: what is asked may ask on.
        let new = Arc::new(answer());
        answers().insert(question, new.clone());
        new
    }
}

/// What is asked, where the object that it is asked for is deployed to, and what else matters.
pub(super) type Question = (&'static str, Option<(u32, Option<u32>)>, String);

impl Inventory {
    /// What is to be said of all objects that are deployed to the scope and namespace of this one and are
    /// alike in `key`: the answer may rest on nothing else. `what` names the question.
    pub fn shared<T: Any + Send + Sync>(
        &self,
        object: &Object,
        what: &'static str,
        key: String,
        answer: impl FnOnce() -> T,
    ) -> Arc<T> {
        let Some(id) = self.id(object) else {
            return Arc::new(answer());
        };
        self.shared.remembered((what, self.place(id), key), answer)
    }

    /// What is worked out once for a run.
    pub fn once<T: Any + Send + Sync>(
        &self,
        what: &'static str,
        answer: impl FnOnce() -> T,
    ) -> Arc<T> {
        self.shared.remembered((what, None, String::new()), answer)
    }

    /// The object with this number: what an answer that is shared keeps of it.
    pub fn numbered(&self, number: u32) -> Option<&Object> {
        self.get(ObjectId(number)).map(|entry| &entry.object)
    }
}
