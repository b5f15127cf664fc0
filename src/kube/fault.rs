//! What the API server and webhooks refuse in an object whose values all have the right types.

use super::Object;
use crate::units::Version;
use crate::yaml::{Node, NodeId};

/// Which rule a fault belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultRule {
    /// `invalid-field`
    InvalidField,
    /// `invalid-probe`
    InvalidProbe,
    /// `invalid-lifecycle-hook`
    InvalidLifecycleHook,
}

/// A relation between fields that is not accepted: a required one that is missing,
/// one that excludes another, a name given twice, a reference to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The narrowest node there is: the wrong value, or for something missing the key or the name of
    /// what lacks it.
    pub node: NodeId,
    /// One sentence: the fault and its consequence.
    pub message: String,
    /// What to write instead, where the message leaves that open.
    pub help: Option<String>,
    /// The text that the value is to become, where only one can be meant.
    pub instead: Option<String>,
    /// Whose it is.
    pub rule: FaultRule,
    /// Values, each a field below a mapping, that the fault rests on: where something else sets one of
    /// them, nothing is known.
    pub rests_on: Vec<(NodeId, &'static str)>,
    /// Whether it rests on something that is not written: parts of an object, which something else
    /// completes, have no such fault.
    pub is_absence: bool,
    /// The first release that does not refuse it any more.
    pub until: Option<Version>,
    /// The first release that refuses it.
    pub since: Option<Version>,
}

impl Fault {
    /// Whether a release refuses it; without one, the newest.
    pub fn is_refused_by(&self, version: Option<Version>) -> bool {
        match version {
            Some(version) => {
                self.since.is_none_or(|since| version >= since)
                    && self.until.is_none_or(|until| version < until)
            }
            None => self.until.is_none(),
        }
    }

    /// Its node.
    pub fn node_in<'a>(&self, object: &'a Object) -> Node<'a> {
        object.node_of(self.node)
    }
}
