//! What a search leaves behind: its graph as plain records, and its proved goals for others.

use std::collections::HashSet;

use lakatos_lean_bridge::EnvironmentSpec;

use super::graph::{AppId, Graph, NodeId, Standing};
use super::proof::extract;
use super::transposition::SharedGoals;
use crate::record::{NodeRecord, NodeStatus, TacticRecord, TacticStatus};

/// Lines of a proof that is shared at most.
const SHARED_LINES: usize = 40;

/// The records of a graph; `found` says whether its proof was accepted, so that its steps are marked.
/// Aliases' own applications are left out: `duplicate_of` says what they say.
pub fn of(graph: &Graph, found: bool) -> (Vec<NodeRecord>, Vec<TacticRecord>) {
    let mut in_proof = HashSet::new();
    if found {
        mark(graph, NodeId(0), &mut in_proof);
    }
    let apps: Vec<AppId> = graph.app_ids().filter(|a| !graph.app(*a).alias).collect();
    let dense = |app: AppId| apps.binary_search(&app).ok().map(|i| i as u32);
    let nodes = graph.node_ids().map(|id| node(graph, id, dense)).collect();
    let tactics = apps.iter().enumerate().map(|(i, app)| {
        let a = graph.app(*app);
        let (error_class, error) = a.error.clone().unzip();
        TacticRecord {
            id: i as u32,
            node: a.node.0,
            text: a.proposal.tactic.clone(),
            source: a.proposal.source.clone(),
            logprob: a.proposal.logprob,
            status: a.status,
            error_class,
            error,
            children: a.children.iter().map(|c| c.0).collect(),
            heartbeats: a.heartbeats,
            ms: a.ms,
            in_proof: in_proof.contains(app),
        }
    });
    (nodes, tactics.collect())
}

fn node(graph: &Graph, id: NodeId, dense: impl Fn(AppId) -> Option<u32>) -> NodeRecord {
    let n = graph.node(id);
    let goals = &n.state.goals;
    NodeRecord {
        id: id.0,
        parent: n.parent.and_then(dense),
        depth: n.depth,
        hash: n.state.hash.clone(),
        goals: goals.iter().map(|g| g.text.clone()).collect(),
        tags: goals.iter().map(|g| g.tag.clone()).collect(),
        status: status(graph, id),
        duplicate_of: n.alias_of.map(|twin| twin.0),
        score: n.score,
        expanded: n.expanded,
    }
}

fn status(graph: &Graph, id: NodeId) -> NodeStatus {
    let n = graph.node(id);
    let timed_out = || {
        graph
            .app_ids()
            .map(|a| graph.app(a))
            .any(|a| a.node == id && a.status == TacticStatus::TimedOut)
    };
    match n.standing() {
        _ if n.alias_of.is_some() => NodeStatus::Duplicate,
        Standing::Proved(_) => NodeStatus::Proved,
        Standing::Open => NodeStatus::Open,
        Standing::Failed if timed_out() => NodeStatus::TimedOut,
        Standing::Failed => NodeStatus::Failed,
    }
}

fn mark(graph: &Graph, id: NodeId, in_proof: &mut HashSet<AppId>) {
    let Standing::Proved(app) = graph.node(id).standing() else {
        return;
    };
    if in_proof.insert(app) {
        for child in &graph.app(app).children {
            mark(graph, *child, in_proof);
        }
    }
}

/// Offers the proved goals of a search to the theorems that come after it. Goals that one finisher
/// closed are not worth an entry: the finisher will be tried anyway.
pub fn share(graph: &Graph, shared: &SharedGoals, environment: &EnvironmentSpec) {
    for id in graph.node_ids() {
        let node = graph.node(id);
        let ([goal], Standing::Proved(app)) = (node.state.goals.as_slice(), node.standing()) else {
            continue;
        };
        let app = graph.app(app);
        let trivial = app.children.is_empty() && app.proposal.source.starts_with("finisher/");
        if app.alias || trivial {
            continue;
        }
        if let Some(proof) = extract(graph, id) {
            let script = proof.script();
            if script.lines().count() <= SHARED_LINES {
                shared.insert(environment, goal, script);
            }
        }
    }
}
