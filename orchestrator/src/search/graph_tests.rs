//! The graph against a naive evaluator that iterates definitions until nothing changes.

use std::collections::HashSet;

use lakatos_lean_bridge::pool::ProofState;
use proptest::prelude::*;

use super::graph::{AppId, Graph, NodeId, Standing};
use crate::policy::Proposal;
use crate::record::TacticStatus;

fn state(hash: u8) -> ProofState {
    // A handle can only be made by a session or by deserialising one.
    serde_json::from_value(serde_json::json!({ "id": 0, "hash": hash.to_string(), "goals": [] }))
        .unwrap()
}

fn proposal() -> Proposal {
    Proposal {
        tactic: "t".into(),
        logprob: -1.0,
        tokens: 1,
        source: "test".into(),
        heartbeats: None,
    }
}

/// What happens to the graph; numbers are taken modulo what is there.
#[derive(Debug, Clone)]
enum Op {
    /// A tactic on a node leaves children with these hashes.
    Apply(u8, Vec<u8>),
    Exhaust(u8),
    Discard(u8),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (any::<u8>(), prop::collection::vec(0u8..12, 0..4)).prop_map(|(n, c)| Op::Apply(n, c)),
        4 => any::<u8>().prop_map(Op::Exhaust),
        1 => any::<u8>().prop_map(Op::Discard),
    ]
}

/// The definitions, as data: for each node its applications (children, bad) and whether it is
/// exhausted.
#[derive(Debug, Default)]
struct Naive {
    exhausted: Vec<bool>,
    apps: Vec<(usize, Vec<usize>, bool)>,
}

impl Naive {
    fn of(&self, node: usize) -> impl Iterator<Item = &(usize, Vec<usize>, bool)> {
        self.apps.iter().filter(move |a| a.0 == node)
    }

    fn proved(&self) -> Vec<bool> {
        let mut proved = vec![false; self.exhausted.len()];
        loop {
            let next: Vec<bool> = (0..proved.len())
                .map(|n| {
                    self.of(n)
                        .any(|(_, c, bad)| !bad && c.iter().all(|c| proved[*c]))
                })
                .collect();
            if next == proved {
                return proved;
            }
            proved = next;
        }
    }

    fn failed(&self, proved: &[bool]) -> Vec<bool> {
        let mut failed = vec![false; proved.len()];
        loop {
            let next: Vec<bool> = (0..failed.len())
                .map(|n| {
                    !proved[n]
                        && self.exhausted[n]
                        && self
                            .of(n)
                            .all(|(_, c, bad)| *bad || c.iter().any(|c| failed[*c]))
                })
                .collect();
            if next == failed {
                return failed;
            }
            failed = next;
        }
    }

    fn impossible(&self, proved: &[bool]) -> Vec<bool> {
        let mut possible: Vec<bool> = (0..proved.len())
            .map(|n| proved[n] || !self.exhausted[n])
            .collect();
        loop {
            let next: Vec<bool> = (0..possible.len())
                .map(|n| {
                    possible[n]
                        || self
                            .of(n)
                            .any(|(_, c, bad)| !bad && c.iter().all(|c| possible[*c]))
                })
                .collect();
            if next == possible {
                return possible.iter().map(|p| !p).collect();
            }
            possible = next;
        }
    }
}

fn build(ops: &[Op]) -> (Graph, Naive) {
    let mut graph = Graph::new();
    let mut naive = Naive::default();
    let mut hashes: Vec<u8> = Vec::new();
    let add = |graph: &mut Graph, naive: &mut Naive, hashes: &mut Vec<u8>, hash: u8, parent| {
        let id = graph.add_node(state(hash), parent, 0, 0.0, |_, _| true);
        let twin = hashes.iter().position(|h| *h == hash);
        hashes.push(hash);
        naive.exhausted.push(twin.is_some());
        if let Some(twin) = twin {
            naive.apps.push((id.0 as usize, vec![twin], false));
        }
        id
    };
    add(&mut graph, &mut naive, &mut hashes, 0, None);
    for op in ops {
        match op {
            Op::Apply(n, children) => {
                let node = NodeId(u32::from(*n) % hashes.len() as u32);
                if graph.node(node).alias_of.is_some() || graph.node(node).exhausted() {
                    continue;
                }
                let app = graph.attempt(node, proposal(), TacticStatus::Open);
                let index = naive.apps.len();
                // Aliases take application numbers too, so the naive side is filled in order.
                let mut made = Vec::new();
                naive.apps.push((node.0 as usize, Vec::new(), false));
                for hash in children {
                    made.push(add(&mut graph, &mut naive, &mut hashes, *hash, Some(app)));
                }
                naive.apps[index].1 = made.iter().map(|c| c.0 as usize).collect();
                graph.link(app, made);
            }
            Op::Exhaust(n) => {
                let node = NodeId(u32::from(*n) % hashes.len() as u32);
                graph.exhaust(node);
                naive.exhausted[node.0 as usize] = true;
            }
            Op::Discard(a) => {
                if naive.apps.is_empty() {
                    continue;
                }
                let app = usize::from(*a) % naive.apps.len();
                if !graph.app(AppId(app as u32)).alias {
                    graph.discard(&[AppId(app as u32)]);
                    naive.apps[app].2 = true;
                }
            }
        }
    }
    (graph, naive)
}

fn standings(graph: &Graph) -> (Vec<bool>, Vec<bool>) {
    let of = |f: fn(Standing) -> bool| {
        graph
            .node_ids()
            .map(|n| f(graph.node(n).standing()))
            .collect::<Vec<_>>()
    };
    (
        of(|s| matches!(s, Standing::Proved(_))),
        of(|s| s == Standing::Failed),
    )
}

/// Follows the proof downwards; a cycle would come back to a node on the way.
fn proof_ends(graph: &Graph, id: NodeId, way: &mut HashSet<NodeId>) -> bool {
    let Standing::Proved(app) = graph.node(id).standing() else {
        return false;
    };
    way.insert(id)
        && graph
            .app(app)
            .children
            .iter()
            .all(|c| proof_ends(graph, *c, way))
        && way.remove(&id)
}

proptest! {
    #[test]
    fn standings_are_those_of_the_definitions(ops in prop::collection::vec(op(), 0..60)) {
        let (mut graph, naive) = build(&ops);
        let (proved, failed) = standings(&graph);
        prop_assert_eq!(&proved, &naive.proved());
        prop_assert_eq!(&failed, &naive.failed(&proved));
        for id in graph.node_ids().filter(|n| proved[n.0 as usize]) {
            prop_assert!(proof_ends(&graph, id, &mut HashSet::new()));
        }
        graph.settle();
        prop_assert_eq!(standings(&graph).1, naive.impossible(&proved));
    }
}

#[test]
fn a_cycle_of_exhausted_nodes_fails_only_when_settled() {
    let mut g = Graph::new();
    let root = g.add_node(state(0), None, 0, 0.0, |_, _| true);
    let out = g.attempt(root, proposal(), TacticStatus::Open);
    let child = g.add_node(state(1), Some(out), 1, 0.0, |_, _| true);
    g.link(out, vec![child]);
    let back = g.attempt(child, proposal(), TacticStatus::Open);
    let again = g.add_node(state(0), Some(back), 2, 0.0, |_, _| true);
    g.link(back, vec![again]);
    assert_eq!(g.node(again).alias_of, Some(root));
    g.exhaust(child);
    assert!(g.relevant(child));
    g.exhaust(root);
    assert_eq!(g.node(root).standing(), Standing::Open);
    g.settle();
    assert_eq!(g.node(root).standing(), Standing::Failed);
}

#[test]
fn an_alias_under_other_names_waits() {
    let mut g = Graph::new();
    let root = g.add_node(state(0), None, 0, 0.0, |_, _| false);
    let both = g.attempt(root, proposal(), TacticStatus::Open);
    let a = g.add_node(state(1), Some(both), 1, 0.0, |_, _| false);
    let b = g.add_node(state(1), Some(both), 1, 0.0, |_, _| false);
    g.link(both, vec![a, b]);
    let close = g.attempt(a, proposal(), TacticStatus::Closed);
    g.link(close, vec![]);
    assert_eq!(g.node(root).standing(), Standing::Open);
    assert_eq!(g.decided_twins(), [a]);
    assert_eq!(g.waiting_for(a).collect::<Vec<_>>(), [b]);
    let replay = g.attempt(b, proposal(), TacticStatus::Closed);
    g.link(replay, vec![]);
    assert_eq!(g.node(root).standing(), Standing::Proved(both));
    assert!(g.decided_twins().is_empty());
}

#[test]
fn what_cannot_help_the_root_is_not_relevant() {
    let mut g = Graph::new();
    let root = g.add_node(state(0), None, 0, 0.0, |_, _| true);
    let both = g.attempt(root, proposal(), TacticStatus::Open);
    let a = g.add_node(state(1), Some(both), 1, 0.0, |_, _| true);
    let b = g.add_node(state(2), Some(both), 1, 0.0, |_, _| true);
    g.link(both, vec![a, b]);
    assert!(g.relevant(b));
    g.exhaust(a);
    assert!(!g.relevant(b), "its sibling failed");
    assert!(g.relevant(root));
}
