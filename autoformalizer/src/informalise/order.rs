//! The order of targets: what a type speaks of comes before the type.

use std::collections::HashMap;

use lakatos_lean_bridge::verbalise::Constant;
use petgraph::graph::DiGraph;
use petgraph::visit::{DfsPostOrder, Walker};

/// The targets, each after those of the others that its type speaks of; among the rest, by name. A cycle
/// (there is none among Lean's types) is cut where it is met first.
pub fn by_dependency(mut targets: Vec<Constant>) -> Vec<Constant> {
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    targets.dedup_by(|a, b| a.name == b.name);
    let mut graph = DiGraph::<(), ()>::with_capacity(targets.len() + 1, targets.len());
    let nodes: Vec<_> = targets.iter().map(|_| graph.add_node(())).collect();
    let place: HashMap<&str, usize> = targets
        .iter()
        .enumerate()
        .map(|(i, t)| (t.name.as_str(), i))
        .collect();
    let root = graph.add_node(());
    // The walk goes first where the edge was added first.
    for (i, target) in targets.iter().enumerate() {
        graph.add_edge(root, nodes[i], ());
        let mut uses: Vec<usize> = target
            .uses
            .iter()
            .filter_map(|u| place.get(u.as_str()).copied())
            .collect();
        uses.sort_unstable();
        for used in uses.into_iter().filter(|used| *used != i) {
            graph.add_edge(nodes[i], nodes[used], ());
        }
    }
    let order: Vec<usize> = DfsPostOrder::new(&graph, root)
        .iter(&graph)
        .map(|node| node.index())
        .filter(|index| *index < targets.len())
        .collect();
    let mut waiting: Vec<Option<Constant>> = targets.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|i| waiting.get_mut(i).and_then(Option::take))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(name: &str, uses: &[&str]) -> Constant {
        Constant {
            name: name.into(),
            kind: "theorem".into(),
            module: "M".into(),
            uses: uses.iter().map(|u| (*u).to_owned()).collect(),
            doc: None,
            hash: None,
        }
    }

    #[test]
    fn what_is_used_comes_first_and_nothing_is_lost() {
        let targets = vec![
            constant("a", &["c", "d"]),
            constant("b", &[]),
            constant("c", &["d", "elsewhere"]),
            constant("d", &[]),
            constant("e", &["f"]),
            constant("f", &["e"]),
            constant("b", &[]),
        ];
        let names = |t: Vec<Constant>| t.into_iter().map(|t| t.name).collect::<Vec<_>>();
        let ordered = names(by_dependency(targets.clone()));
        assert_eq!(ordered, ["d", "c", "a", "b", "f", "e"]);
        let mut turned = targets;
        turned.reverse();
        assert_eq!(names(by_dependency(turned)), ordered);
    }
}
