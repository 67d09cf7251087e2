//! Premise and import graphs: which theorem rests on which, which module stands before which.
//!
//! Both are directed graphs of petgraph whose edges go from what is used to what uses it. The premise
//! graph has an edge for each constant that a theorem's statement or proof names, among the theorems that
//! were given; where a library's proofs have no bodies, the statements' edges are all there are.

use std::collections::{BTreeSet, HashMap};

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::algo::{condensation, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

/// What the order of targets is made from.
pub trait Node {
    /// Its full name.
    fn name(&self) -> &str;
    /// The module that declares it.
    fn module(&self) -> &str;
    /// Names of what it uses.
    fn uses(&self) -> &[String];
}

/// The premise graph, and the import graph that follows from it.
pub struct Graphs {
    premises: DiGraph<usize, ()>,
    modules: DiGraph<String, ()>,
}

impl Graphs {
    /// The graphs of these theorems. A use of something that is not among them is no edge.
    pub fn new<N: Node>(nodes: &[N]) -> Self {
        let mut premises = DiGraph::with_capacity(nodes.len(), 0);
        let mut at: HashMap<&str, NodeIndex> = HashMap::with_capacity(nodes.len());
        for (i, node) in nodes.iter().enumerate() {
            at.insert(node.name(), premises.add_node(i));
        }
        let mut modules = DiGraph::new();
        let mut module_at: HashMap<&str, NodeIndex> = HashMap::new();
        for node in nodes {
            let module = node.module();
            module_at
                .entry(module)
                .or_insert_with(|| modules.add_node(module.to_owned()));
        }
        for node in nodes {
            let to = at[node.name()];
            for used in node.uses() {
                let Some(&from) = at.get(used.as_str()) else {
                    continue;
                };
                if from == to {
                    continue;
                }
                premises.update_edge(from, to, ());
                let before = module_at[nodes[premises[from]].module()];
                let after = module_at[node.module()];
                if before != after {
                    modules.update_edge(before, after, ());
                }
            }
        }
        Self { premises, modules }
    }

    /// Indices of all theorems, each after what it uses. Theorems that do not depend on one another stand
    /// in the order of their modules and names, so the order is the same whatever order they came in.
    /// Where theorems use one another in a circle (which Lean's own libraries never do, and a damaged
    /// page might), they stand together in the order of their names.
    pub fn order<N: Node>(&self, nodes: &[N]) -> Vec<usize> {
        let mut sorted: Vec<usize> = (0..nodes.len()).collect();
        sorted.sort_by_key(|&i| (nodes[i].module(), nodes[i].name()));
        let mut rank = vec![0; nodes.len()];
        for (place, &i) in sorted.iter().enumerate() {
            rank[i] = place;
        }
        // Kahn's algorithm on the graph of strong components, always with the least of those that are free.
        let mut parts = condensation(self.premises.clone(), true);
        for members in parts.node_weights_mut() {
            members.sort_by_key(|&i| rank[i]);
        }
        let least = |part: NodeIndex| parts[part].first().map_or(0, |&i| rank[i]);
        let mut waiting: Vec<usize> = parts
            .node_indices()
            .map(|part| parts.neighbors_directed(part, Incoming).count())
            .collect();
        let mut free: BTreeSet<(usize, NodeIndex)> = parts
            .node_indices()
            .filter(|part| waiting[part.index()] == 0)
            .map(|part| (least(part), part))
            .collect();
        let mut order = Vec::with_capacity(nodes.len());
        while let Some((_, part)) = free.pop_first() {
            order.extend_from_slice(&parts[part]);
            for next in parts.neighbors_directed(part, Outgoing) {
                waiting[next.index()] -= 1;
                if waiting[next.index()] == 0 {
                    free.insert((least(next), next));
                }
            }
        }
        order
    }

    /// How many of the theorems use each one.
    pub fn used_by(&self) -> Vec<usize> {
        let count = |n| self.premises.neighbors_directed(n, Outgoing).count();
        self.premises.node_indices().map(count).collect()
    }

    /// Edges of the premise graph.
    pub fn edges(&self) -> usize {
        self.premises.edge_count()
    }

    /// Modules, each after those whose theorems its own use; none where they use one another in a circle.
    pub fn modules(&self) -> Option<Vec<&str>> {
        let order = toposort(&self.modules, None).ok()?;
        Some(
            order
                .into_iter()
                .map(|n| self.modules[n].as_str())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    struct Theorem(String, String, Vec<String>);

    impl Node for Theorem {
        fn name(&self) -> &str {
            &self.0
        }
        fn module(&self) -> &str {
            &self.1
        }
        fn uses(&self) -> &[String] {
            &self.2
        }
    }

    fn theorem(name: &str, module: &str, uses: &[&str]) -> Theorem {
        let uses = uses.iter().map(|u| (*u).to_owned()).collect();
        Theorem(name.to_owned(), module.to_owned(), uses)
    }

    fn names(theorems: &[Theorem]) -> Vec<&str> {
        let order = Graphs::new(theorems).order(theorems);
        order.into_iter().map(|i| theorems[i].0.as_str()).collect()
    }

    #[test]
    fn what_is_used_comes_first_and_the_rest_by_module_and_name() {
        let all = [
            theorem("c", "A", &["z", "elsewhere"]),
            theorem("b", "B", &[]),
            theorem("a", "B", &[]),
            theorem("z", "C", &["a"]),
        ];
        assert_eq!(names(&all), ["a", "b", "z", "c"]);
        let mut turned = all.to_vec();
        turned.reverse();
        assert_eq!(names(&turned), names(&all));
        let graphs = Graphs::new(&all);
        assert_eq!(graphs.used_by(), [0, 0, 1, 1]);
        assert_eq!(graphs.edges(), 2);
        // The module A's theorem uses one of C, which uses one of B.
        assert_eq!(graphs.modules(), Some(vec!["B", "C", "A"]));
    }

    #[test]
    fn a_circle_loses_nobody() {
        let all = [
            theorem("b", "A", &["a"]),
            theorem("a", "A", &["b"]),
            theorem("0", "A", &["a", "0"]),
        ];
        assert_eq!(names(&all), ["a", "b", "0"]);
    }

    proptest! {
        #[test]
        fn every_theorem_stands_after_what_it_uses(
            edges in proptest::collection::vec((0usize..30, 0usize..30), 0..120)
        ) {
            let uses = |i: usize| {
                let before = edges.iter().filter(|(to, from)| *to == i && from < to);
                before.map(|(_, from)| format!("t{from}")).collect::<Vec<_>>()
            };
            let all: Vec<Theorem> = (0..30)
                .map(|i| Theorem(format!("t{i}"), format!("m{}", i % 3), uses(i)))
                .collect();
            let order = Graphs::new(&all).order(&all);
            let place = |i: usize| order.iter().position(|&j| j == i).unwrap();
            prop_assert_eq!(order.len(), 30);
            for &(to, from) in edges.iter().filter(|(to, from)| from < to) {
                prop_assert!(place(from) < place(to));
            }
        }
    }
}
