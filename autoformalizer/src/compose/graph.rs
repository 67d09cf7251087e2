//! The graph of concepts: definitions of the library, joined where a theorem speaks of both.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lakatos_lean_bridge::verbalise::Constant;
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::visit::EdgeRef;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A concept that fewer theorems speak of is too rare to be an idea.
const FEWEST: usize = 2;
/// One that a larger share of them speaks of says nothing.
const COMMON: f64 = 0.1;
/// Theorems that are looked at for the second of a pair.
const LOOKED_AT: usize = 8;

/// Two theorems that are to come together, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// `skills` or `walk`.
    pub maker: String,
    /// The two concepts.
    pub concepts: [String; 2],
    /// The concepts of the walk, in order; of a pair of skills, these two.
    pub walk: Vec<String>,
    /// A theorem that speaks of the first.
    pub first: String,
    /// A theorem that speaks of the second.
    pub second: String,
}

/// Concepts, and the theorems that speak of them.
pub struct Concepts {
    graph: UnGraph<String, u32>,
    /// By node: theorems, by their places.
    theorems: Vec<Vec<usize>>,
    names: Vec<String>,
    uses: Vec<BTreeSet<String>>,
}

impl Concepts {
    /// The graph of these constants. Theorems are what pairs are made of; concepts are definitions that some
    /// of them speak of, neither nearly all nor hardly any.
    pub fn new(constants: &[Constant]) -> Self {
        let definitions: BTreeSet<&str> = constants
            .iter()
            .filter(|c| c.kind == "definition")
            .map(|c| c.name.as_str())
            .collect();
        let theorems: Vec<&Constant> = constants.iter().filter(|c| c.kind == "theorem").collect();
        let mut of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, theorem) in theorems.iter().enumerate() {
            let own: BTreeSet<&str> = theorem.uses.iter().map(String::as_str).collect();
            for concept in own.into_iter().filter(|u| definitions.contains(u)) {
                of.entry(concept).or_default().push(place);
            }
        }
        // Thousands of theorems: exact in f64. A small selection has no common concepts.
        let most = ((COMMON * theorems.len() as f64) as usize).max(50);
        of.retain(|_, all| (FEWEST..=most).contains(&all.len()));
        let mut graph = UnGraph::new_undirected();
        let mut by_name: HashMap<&str, NodeIndex> = HashMap::new();
        let mut by_node = Vec::new();
        for (concept, all) in &of {
            by_name.insert(concept, graph.add_node((*concept).to_owned()));
            by_node.push(all.clone());
        }
        let mut weights: BTreeMap<(NodeIndex, NodeIndex), u32> = BTreeMap::new();
        for theorem in &theorems {
            let own: BTreeSet<NodeIndex> = theorem
                .uses
                .iter()
                .filter_map(|u| by_name.get(u.as_str()).copied())
                .collect();
            for a in &own {
                for b in own.range(a..).skip(1) {
                    *weights.entry((*a, *b)).or_default() += 1;
                }
            }
        }
        for ((a, b), weight) in weights {
            graph.add_edge(a, b, weight);
        }
        Self {
            graph,
            theorems: by_node,
            names: theorems.iter().map(|t| t.name.clone()).collect(),
            uses: theorems
                .iter()
                .map(|t| t.uses.iter().cloned().collect())
                .collect(),
        }
    }

    /// Concepts.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// So many pairings, of both makers in turn; `steps` of a walk. The seed decides. None is given twice, so
    /// that a small library may give fewer.
    pub fn pairings(&self, count: usize, steps: u32, seed: u64) -> Vec<Pairing> {
        let mut made = Vec::new();
        let mut seen = BTreeSet::new();
        if self.len() < 2 {
            return made;
        }
        for try_ in 0..count.saturating_mul(8) {
            if made.len() >= count {
                break;
            }
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(try_ as u64);
            let from = NodeIndex::new(rng.random_range(0..self.len()));
            let (maker, walk) = match try_ % 2 {
                0 => ("walk", self.walk(from, steps, &mut rng)),
                _ => {
                    let other = NodeIndex::new(rng.random_range(0..self.len()));
                    ("skills", vec![from, other])
                }
            };
            let Some(pairing) = self.pairing(maker, &walk, &mut rng) else {
                continue;
            };
            if seen.insert((pairing.first.clone(), pairing.second.clone())) {
                made.push(pairing);
            }
        }
        made
    }

    /// A walk along edges, each taken as often as theorems speak of both its ends.
    fn walk(&self, from: NodeIndex, steps: u32, rng: &mut ChaCha8Rng) -> Vec<NodeIndex> {
        let mut walk = vec![from];
        let mut at = from;
        for _ in 0..steps {
            let edges: Vec<(NodeIndex, u32)> = self
                .graph
                .edges(at)
                .map(|e| {
                    (
                        if e.source() == at {
                            e.target()
                        } else {
                            e.source()
                        },
                        *e.weight(),
                    )
                })
                .collect();
            let total: u32 = edges.iter().map(|(_, w)| w).sum();
            if total == 0 {
                break;
            }
            let mut drawn = rng.random_range(0..total);
            for (next, weight) in edges {
                if drawn < weight {
                    at = next;
                    break;
                }
                drawn -= weight;
            }
            walk.push(at);
        }
        walk
    }

    fn pairing(&self, maker: &str, walk: &[NodeIndex], rng: &mut ChaCha8Rng) -> Option<Pairing> {
        let (a, b) = (*walk.first()?, *walk.last()?);
        if a == b {
            return None;
        }
        let name = |node: &NodeIndex| self.graph.node_weight(*node).cloned();
        let (of_a, of_b) = (self.theorems.get(a.index())?, self.theorems.get(b.index())?);
        let first = *of_a.get(rng.random_range(0..of_a.len()))?;
        // Of a few theorems on the second concept, the one that shares most with the first: what has nothing
        // in common cannot be put together.
        let second = (0..LOOKED_AT)
            .filter_map(|_| of_b.get(rng.random_range(0..of_b.len())).copied())
            .filter(|second| *second != first)
            .max_by_key(|second| {
                let shared = self.uses[first].intersection(&self.uses[*second]).count();
                (shared, std::cmp::Reverse(*second))
            })?;
        Some(Pairing {
            maker: maker.to_owned(),
            concepts: [name(&a)?, name(&b)?],
            walk: walk.iter().filter_map(name).collect(),
            first: self.names.get(first)?.clone(),
            second: self.names.get(second)?.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(name: &str, kind: &str, uses: &[&str]) -> Constant {
        Constant {
            name: name.into(),
            kind: kind.into(),
            module: "M".into(),
            uses: uses.iter().map(|u| (*u).to_owned()).collect(),
            doc: None,
            hash: None,
        }
    }

    fn library() -> Vec<Constant> {
        let mut all: Vec<Constant> = ["length", "reverse", "map", "rare"]
            .map(|n| constant(n, "definition", &[]))
            .to_vec();
        for i in 0..4 {
            all.push(constant(
                &format!("a{i}"),
                "theorem",
                &["length", "reverse", "Eq"],
            ));
            all.push(constant(&format!("b{i}"), "theorem", &["reverse", "map"]));
        }
        all.push(constant("c", "theorem", &["rare"]));
        all
    }

    #[test]
    fn pairs_are_of_different_concepts_and_the_seed_decides() {
        let concepts = Concepts::new(&library());
        assert_eq!(concepts.len(), 3);
        let pairs = concepts.pairings(6, 2, 7);
        assert_eq!(pairs, concepts.pairings(6, 2, 7));
        assert_ne!(pairs, concepts.pairings(6, 2, 8));
        assert_eq!(pairs.len(), 6);
        let makers: BTreeSet<&str> = pairs.iter().map(|p| p.maker.as_str()).collect();
        assert_eq!(makers.len(), 2);
        for pair in &pairs {
            assert_ne!(pair.concepts[0], pair.concepts[1]);
            assert_ne!(pair.first, pair.second);
            assert!(pair.walk.len() >= 2);
        }
        // Along edges alone: `length` and `map` never stand together.
        let walks = pairs.iter().filter(|p| p.maker == "walk");
        for walk in walks {
            for step in walk.walk.windows(2) {
                assert!(!(step.contains(&"length".to_owned()) && step.contains(&"map".to_owned())));
            }
        }
    }

    #[test]
    fn a_library_without_concepts_gives_nothing() {
        assert!(Concepts::new(&[]).pairings(5, 2, 1).is_empty());
        assert!(Concepts::new(&library()[..4]).is_empty());
    }
}
