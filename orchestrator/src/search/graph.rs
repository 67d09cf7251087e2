//! The AND/OR hypergraph: what has been reached, and what is proved or failed.
//!
//! OR nodes are groups of goals; AND nodes are applications, a tactic that leaves children which must
//! *all* be proved. They are the vertices of one petgraph graph, with edges node → application →
//! child. Tactics that failed in Lean are kept as plain attempts, without a vertex.
//!
//! A node that repeats another one (same hash) is an *alias*: it has one application of its own kind,
//! whose only child is the node that it repeats. So the graph may have cycles, and standing is:
//!
//! - *proved* is a least fixed point: a node is proved by an application all of whose children were
//!   proved **before** it. Following [`Standing::Proved`] downwards therefore always ends.
//! - *failed* moves up when a node is exhausted and each of its applications has a failed child. A
//!   cycle of exhausted nodes is not caught by that; [`Graph::settle`] finds those at the end.

use std::collections::{HashMap, HashSet, VecDeque};

use lakatos_lean_bridge::pool::ProofState;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::policy::Proposal;
use crate::record::TacticStatus;

/// An OR node; dense from 0, the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A tactic that was tried on a node; dense from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(pub u32);

/// Whether a node is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not yet.
    Open,
    /// This application proves it.
    Proved(AppId),
    /// Nothing is left that could prove it.
    Failed,
}

/// An OR node's data. What the graph derives is private; the rest is the engine's.
#[derive(Debug, Clone)]
pub struct Node {
    /// The goals and Lean's handle.
    pub state: ProofState,
    /// The application that first led here.
    pub parent: Option<AppId>,
    /// Steps from the root.
    pub depth: u32,
    /// The path's part of the score.
    pub path: f64,
    /// Priority when it was last queued.
    pub score: f64,
    /// Rounds that the policy was asked.
    pub round: u32,
    /// Set once nothing else is left: how many times it was asked since.
    pub leftover: Option<u32>,
    /// Rank of its first expansion.
    pub expanded: Option<u32>,
    /// Tactics that were tried, as normalised text.
    pub tried: HashSet<String>,
    /// Finishers to be offered again, with the heartbeats that were not enough.
    pub later: Vec<(Proposal, u32)>,
    /// What the policy remembers of it.
    pub memory: Option<String>,
    /// Whether Lean still holds the state.
    pub live: bool,
    /// The node that it repeats.
    pub alias_of: Option<NodeId>,
    standing: Standing,
    exhausted: bool,
    vertex: NodeIndex,
}

impl Node {
    /// Whether it is decided, and how.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether the policy has nothing more for it.
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }
}

/// What a tactic did; see [`Graph::attempt`] and [`Graph::apply`].
#[derive(Debug, Clone)]
pub struct App {
    /// The node it was tried on.
    pub node: NodeId,
    /// The tactic and who proposed it.
    pub proposal: Proposal,
    /// What became of it in Lean.
    pub status: TacticStatus,
    /// The failure's class and words.
    pub error: Option<(String, String)>,
    /// Thousands of heartbeats.
    pub heartbeats: f64,
    /// Lean's milliseconds.
    pub ms: f64,
    /// Whether it stands for "the same goal as the child"; not a tactic.
    pub alias: bool,
    /// The nodes that must all be proved.
    pub children: Vec<NodeId>,
    /// Whether it is known not to work after all; see [`Graph::discard`].
    bad: bool,
    vertex: Option<NodeIndex>,
}

#[derive(Debug, Clone, Copy)]
enum Vertex {
    Or,
    And(AppId),
}

/// The hypergraph of one search.
#[derive(Debug, Default)]
pub struct Graph {
    graph: DiGraph<Vertex, ()>,
    nodes: Vec<Node>,
    apps: Vec<App>,
    by_hash: HashMap<String, NodeId>,
    /// Twin → its aliases under other names that are still to be decided.
    waiting: HashMap<NodeId, Vec<NodeId>>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node for a state that an application led to (none for the root). If its hash is that of
    /// a node already there, the new one is an alias of it: proved with it if `same_names` says
    /// that a proof text of the one is a proof text of the other.
    pub fn add_node(
        &mut self,
        state: ProofState,
        parent: Option<AppId>,
        depth: u32,
        path: f64,
        same_names: impl Fn(&ProofState, &ProofState) -> bool,
    ) -> NodeId {
        let id = NodeId(self.nodes.len() as u32);
        let vertex = self.graph.add_node(Vertex::Or);
        let twin = self.by_hash.get(&state.hash).copied();
        if twin.is_none() {
            self.by_hash.insert(state.hash.clone(), id);
        }
        self.nodes.push(Node {
            state,
            parent,
            depth,
            path,
            score: 0.0,
            round: 0,
            leftover: None,
            expanded: None,
            tried: HashSet::new(),
            later: Vec::new(),
            memory: None,
            live: true,
            alias_of: twin,
            standing: Standing::Open,
            exhausted: false,
            vertex,
        });
        if let Some(twin) = twin {
            if same_names(&self.node(twin).state, &self.node(id).state) {
                self.alias(id, twin);
            } else {
                self.waiting.entry(twin).or_default().push(id);
            }
        }
        id
    }

    /// Says that whatever proves `twin` proves `id`, word for word.
    fn alias(&mut self, id: NodeId, twin: NodeId) {
        let proposal = Proposal {
            tactic: String::new(),
            logprob: 0.0,
            tokens: 0,
            source: "search/duplicate".into(),
            heartbeats: None,
        };
        let app = self.push_app(id, proposal, TacticStatus::Open);
        self.apps[app.0 as usize].alias = true;
        self.nodes[id.0 as usize].exhausted = true;
        self.link(app, vec![twin]);
    }

    /// Makes an alias whose proof could not be carried over a node in its own right.
    pub fn unalias(&mut self, id: NodeId) {
        if let Some(twin) = self.nodes[id.0 as usize].alias_of.take() {
            self.waiting.entry(twin).or_default().retain(|w| *w != id);
        }
    }

    /// Forgets that the node's hash was seen, so that the next state with it is a new node. For nodes
    /// whose state is freed although they are not decided.
    pub fn forget(&mut self, id: NodeId) {
        let hash = &self.nodes[id.0 as usize].state.hash;
        if self.by_hash.get(hash) == Some(&id) {
            self.by_hash.remove(hash);
        }
    }

    /// Records a tactic that led nowhere or was not tried.
    pub fn attempt(&mut self, node: NodeId, proposal: Proposal, status: TacticStatus) -> AppId {
        self.push_app(node, proposal, status)
    }

    /// Records a tactic that left `children` (none: it closed the node), once they are nodes. The
    /// application must have been made with [`Graph::attempt`] first, so that they can name it.
    pub fn link(&mut self, app: AppId, children: Vec<NodeId>) {
        let vertex = self.graph.add_node(Vertex::And(app));
        let node = self.apps[app.0 as usize].node;
        self.graph.add_edge(self.node(node).vertex, vertex, ());
        let distinct: HashSet<NodeId> = children.iter().copied().collect();
        for child in &distinct {
            self.graph.add_edge(vertex, self.node(*child).vertex, ());
        }
        let a = &mut self.apps[app.0 as usize];
        a.children = children;
        a.vertex = Some(vertex);
        if self.app_proved(app) {
            self.prove(node, app);
        } else if self.app_failed(app) {
            self.fail_upwards(VecDeque::from([node]));
        }
    }

    fn push_app(&mut self, node: NodeId, proposal: Proposal, status: TacticStatus) -> AppId {
        let id = AppId(self.apps.len() as u32);
        self.apps.push(App {
            node,
            proposal,
            status,
            error: None,
            heartbeats: 0.0,
            ms: 0.0,
            alias: false,
            children: Vec::new(),
            bad: false,
            vertex: None,
        });
        id
    }

    /// Says that the policy has nothing more for a node.
    pub fn exhaust(&mut self, id: NodeId) {
        self.nodes[id.0 as usize].exhausted = true;
        self.fail_upwards(VecDeque::from([id]));
    }

    /// Takes back applications whose text Lean rejected, and derives all standings anew.
    pub fn discard(&mut self, apps: &[AppId]) {
        for app in apps {
            self.apps[app.0 as usize].bad = true;
        }
        self.derive();
    }

    /// Says that these nodes can be asked again after all, and derives all standings anew.
    pub fn reopen(&mut self, nodes: &[NodeId]) {
        for id in nodes {
            self.nodes[id.0 as usize].exhausted = false;
        }
        self.derive();
    }

    fn derive(&mut self) {
        for node in &mut self.nodes {
            node.standing = Standing::Open;
        }
        let closing: Vec<AppId> = self
            .app_ids()
            .filter(|a| self.app(*a).vertex.is_some() && self.app_proved(*a))
            .collect();
        for app in closing {
            self.prove(self.app(app).node, app);
        }
        self.fail_upwards(self.node_ids().collect());
    }

    /// At the end of a search, when nothing is queued any more: what is not proved and rests on no
    /// node that could still be asked has failed. Decides cycles, which [`Graph::exhaust`] cannot.
    pub fn settle(&mut self) {
        let mut possible: HashSet<NodeId> =
            self.node_ids().filter(|n| self.may_be_asked(*n)).collect();
        let mut todo: VecDeque<NodeId> = possible.iter().copied().collect();
        while let Some(id) = todo.pop_front() {
            for app in self.apps_with_child(id) {
                let a = self.app(app);
                if !a.bad
                    && a.children.iter().all(|c| possible.contains(c))
                    && possible.insert(a.node)
                {
                    todo.push_back(a.node);
                }
            }
            for alias in self.waiting_for(id) {
                if possible.insert(alias) {
                    todo.push_back(alias);
                }
            }
        }
        for (i, node) in self.nodes.iter_mut().enumerate() {
            if node.standing == Standing::Open && !possible.contains(&NodeId(i as u32)) {
                node.standing = Standing::Failed;
            }
        }
    }

    fn may_be_asked(&self, id: NodeId) -> bool {
        let n = self.node(id);
        let asked = n.standing == Standing::Open && !n.exhausted && n.alias_of.is_none();
        asked || matches!(n.standing, Standing::Proved(_))
    }

    /// Whether proving the node could still help to prove the root.
    pub fn relevant(&self, id: NodeId) -> bool {
        let mut seen = HashSet::from([id]);
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            if self.node(id).standing != Standing::Open {
                continue;
            }
            if id == NodeId(0) {
                return true;
            }
            // An alias under other names waits for its twin without an application between them.
            let parents = self
                .apps_with_child(id)
                .filter(|a| !self.app_failed(*a))
                .map(|a| self.app(a).node)
                .chain(self.waiting_for(id));
            for parent in parents {
                if seen.insert(parent) {
                    todo.push(parent);
                }
            }
        }
        false
    }

    /// Undecided aliases of a node whose names differ from its own: once it is decided, they are to
    /// be decided by [`Graph::link`], [`Graph::exhaust`] or [`Graph::unalias`].
    pub fn waiting_for(&self, twin: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let waiting = self.waiting.get(&twin).into_iter().flatten().copied();
        waiting.filter(|n| self.node(*n).standing == Standing::Open && !self.node(*n).exhausted)
    }

    /// Every decided node that others wait for.
    pub fn decided_twins(&self) -> Vec<NodeId> {
        let mut twins: Vec<NodeId> = self
            .waiting
            .keys()
            .copied()
            .filter(|t| self.node(*t).standing != Standing::Open)
            .filter(|t| self.waiting_for(*t).next().is_some())
            .collect();
        twins.sort_unstable();
        twins
    }

    fn app_proved(&self, app: AppId) -> bool {
        let a = self.app(app);
        let proved = |c: &NodeId| matches!(self.node(*c).standing, Standing::Proved(_));
        !a.bad && a.children.iter().all(proved)
    }

    fn app_failed(&self, app: AppId) -> bool {
        let a = self.app(app);
        a.bad
            || a.children
                .iter()
                .any(|c| self.node(*c).standing == Standing::Failed)
    }

    fn prove(&mut self, node: NodeId, app: AppId) {
        let mut todo = VecDeque::from([(node, app)]);
        while let Some((node, app)) = todo.pop_front() {
            let n = &mut self.nodes[node.0 as usize];
            if matches!(n.standing, Standing::Proved(_)) {
                continue;
            }
            n.standing = Standing::Proved(app);
            for parent in self.apps_with_child(node) {
                if self.app_proved(parent) {
                    todo.push_back((self.app(parent).node, parent));
                }
            }
        }
    }

    fn fail_upwards(&mut self, mut todo: VecDeque<NodeId>) {
        while let Some(id) = todo.pop_front() {
            let n = self.node(id);
            if n.standing != Standing::Open || !n.exhausted {
                continue;
            }
            if self.applications(id).any(|a| !self.app_failed(a)) {
                continue;
            }
            self.nodes[id.0 as usize].standing = Standing::Failed;
            todo.extend(self.apps_with_child(id).map(|a| self.app(a).node));
        }
    }

    /// The applications of a node that left goals or closed it, aliases included.
    pub fn applications(&self, id: NodeId) -> impl Iterator<Item = AppId> + '_ {
        self.graph
            .neighbors(self.node(id).vertex)
            .filter_map(|v| match self.graph[v] {
                Vertex::And(app) => Some(app),
                Vertex::Or => None,
            })
    }

    fn apps_with_child(&self, id: NodeId) -> impl Iterator<Item = AppId> + '_ {
        let parents = self
            .graph
            .neighbors_directed(self.node(id).vertex, Direction::Incoming);
        // petgraph lists the newest edge first; the oldest application is to win.
        let mut parents: Vec<AppId> = parents
            .filter_map(|v| match self.graph[v] {
                Vertex::And(app) => Some(app),
                Vertex::Or => None,
            })
            .collect();
        parents.reverse();
        parents.into_iter()
    }

    /// The tactics from the root to a node, oldest first.
    pub fn path(&self, id: NodeId) -> Vec<String> {
        let mut tactics = Vec::new();
        let mut at = self.node(id).parent;
        while let Some(app) = at {
            let a = self.app(app);
            tactics.push(a.proposal.tactic.clone());
            at = self.node(a.node).parent;
        }
        tactics.reverse();
        tactics
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// A node, to be changed.
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    /// A tactic that was tried.
    pub fn app(&self, id: AppId) -> &App {
        &self.apps[id.0 as usize]
    }

    /// A tactic that was tried, to be changed.
    pub fn app_mut(&mut self, id: AppId) -> &mut App {
        &mut self.apps[id.0 as usize]
    }

    /// Every node, in the order of their making.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// Every tactic that was tried, in order.
    pub fn app_ids(&self) -> impl Iterator<Item = AppId> + use<> {
        (0..self.apps.len() as u32).map(AppId)
    }
}
