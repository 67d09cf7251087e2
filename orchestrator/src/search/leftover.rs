//! What a search does with what it has done with, where its policy has proposals for that ([`Policy::leftover`]).
//!
//! Nodes that are exhausted, and nodes that cannot help any more because others are, go on a shelf instead of being freed. Once
//! the queue is empty, all of them come back: the exhausted ones to be asked for what is left over, the others for their next
//! round. Until then the search is, decision by decision, the one without such proposals; so within the same budget of
//! expansions it proves at least what that one proves. A node is given its turn for leftovers once; one that was put away before
//! it had it keeps it.
//!
//! [`Policy::leftover`]: crate::policy::Policy::leftover

use super::engine::Engine;
use super::graph::NodeId;

/// Nodes on the shelf at most: each holds a state in Lean.
const PLACES: usize = 64;

/// Nodes that may come back, in the order in which they were put away.
#[derive(Debug, Default)]
pub(super) struct Shelf(Vec<NodeId>);

impl Engine<'_> {
    /// Puts a node away; false if it can be freed.
    pub(super) fn shelve(&mut self, id: NodeId) -> bool {
        let node = self.graph.node(id);
        let wanted = self.setting.policy.leftover()
            && node.live
            && (node.leftover.is_none() || !node.exhausted())
            && self.shelf.0.len() < PLACES;
        if wanted {
            self.shelf.0.push(id);
        }
        wanted
    }

    /// Puts everything from the shelf back into the queue; false if there is nothing to be asked for leftovers.
    pub(super) fn take_from_shelf(&mut self) -> bool {
        let shelved = std::mem::take(&mut self.shelf.0);
        let exhausted: Vec<NodeId> = shelved
            .iter()
            .copied()
            .filter(|id| self.graph.node(*id).exhausted())
            .collect();
        if exhausted.is_empty() {
            return false;
        }
        for id in &exhausted {
            self.graph.node_mut(*id).leftover = Some(0);
        }
        self.graph.reopen(&exhausted);
        for id in shelved {
            if self.can_be_asked(id) {
                self.push(id);
            }
        }
        true
    }
}
