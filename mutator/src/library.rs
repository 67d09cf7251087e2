//! The library's theorems, as Lean lists them, and the plan that is made of them.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::graph::{Graphs, Node};
use crate::targets::{Choice, ChoiceError};

/// A theorem of the library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theorem {
    /// Its full name.
    pub name: String,
    /// The module that declares it.
    pub module: String,
    /// Hash of its closed type, as candidates have it.
    pub hash: String,
    /// Full names of constants that its statement and, where it has one, its proof speak of.
    pub uses: Vec<String>,
}

impl Node for Theorem {
    fn name(&self) -> &str {
        &self.name
    }
    fn module(&self) -> &str {
        &self.module
    }
    fn uses(&self) -> &[String] {
        &self.uses
    }
}

/// Which theorems are mutated and which may be used.
#[derive(Debug, Clone)]
pub struct Request {
    /// Those that are mutated.
    pub targets: Choice,
    /// Those that may be used besides the target.
    pub premises: Choice,
    /// Those that are never either; none where nothing is held out.
    pub held_out: Option<Choice>,
    /// So many targets, drawn from those that are chosen.
    pub sample: Option<Sample>,
    /// Targets at most, the first in the order.
    pub limit: Option<usize>,
}

/// A draw of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// How many.
    pub size: usize,
    /// What decides which.
    pub seed: u64,
}

impl Sample {
    /// Keeps so many of the names: those whose hash with the seed is smallest, so that a theorem that comes into the
    /// library changes the draw by one at most.
    fn draw(self, chosen: &mut HashSet<&str>) {
        let mut drawn: Vec<([u8; 32], &str)> = chosen
            .iter()
            .map(|name| {
                let mut hasher = Sha256::new();
                hasher.update(self.seed.to_le_bytes());
                hasher.update(name.as_bytes());
                (hasher.finalize().into(), *name)
            })
            .collect();
        drawn.sort_unstable();
        drawn.truncate(self.size);
        *chosen = drawn.into_iter().map(|(_, name)| name).collect();
    }
}

/// What is done with a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Targets, each after what it uses, with their modules.
    pub targets: Vec<(String, String)>,
    /// What may be used; none where everything that is not held out may.
    pub premises: Option<Vec<String>>,
    /// Theorems of the library that are held out, sorted.
    pub held_out: Vec<String>,
    /// How many of the library's theorems use each target, in the targets' order.
    pub used_by: Vec<usize>,
    /// Edges of the premise graph.
    pub edges: usize,
}

/// Whether a theorem is about the library's own workings: public, and yet nobody would want to read of it. Such
/// a theorem is a target only where it is asked for by name.
fn is_inner(name: &str) -> bool {
    const BEGINNINGS: [&str; 5] = ["Lean.", "Std.Tactic.", "Std.Sat.", "Std.Time.", "Std.Do."];
    const PARTS: [&str; 8] = [
        "Internal",
        "Impl",
        "Raw₀",
        "Simproc",
        "Iterators",
        // What `omega`, `grind` and their like compute with.
        "Linear",
        "SOM",
        "ToInt",
    ];
    BEGINNINGS.iter().any(|b| name.starts_with(b)) || name.split('.').any(|p| PARTS.contains(&p))
}

/// Chooses targets and premises, and puts the targets in the order of what they use.
///
/// # Errors
/// A name is not there, an expression matches nothing, or everything that was chosen is held out.
pub fn select(theorems: &[Theorem], request: &Request) -> Result<Selection, ChoiceError> {
    let names: Vec<&str> = theorems.iter().map(|t| t.name.as_str()).collect();
    let mut chosen = request.targets.of(&names)?;
    if matches!(request.targets, Choice::All) {
        chosen.retain(|name| !is_inner(name));
    }
    let held_out: HashSet<&str> = match &request.held_out {
        None => HashSet::new(),
        Some(choice) => choice.of(&names)?,
    };
    if let Some(sample) = request.sample {
        chosen.retain(|name| !held_out.contains(name));
        sample.draw(&mut chosen);
    }
    let premises = match &request.premises {
        Choice::All => None,
        choice => {
            let mut names: Vec<String> = choice
                .of(&names)?
                .into_iter()
                .filter(|n| !held_out.contains(n))
                .map(str::to_owned)
                .collect();
            names.sort();
            Some(names)
        }
    };
    let graphs = Graphs::new(theorems);
    let used = graphs.used_by();
    let order: Vec<usize> = graphs
        .order(theorems)
        .into_iter()
        .filter(|&i| {
            let name = theorems[i].name.as_str();
            chosen.contains(name) && !held_out.contains(name)
        })
        .take(request.limit.unwrap_or(usize::MAX))
        .collect();
    if order.is_empty() {
        return Err(ChoiceError::AllHeldOut {
            chosen: chosen.len(),
        });
    }
    let mut held_out: Vec<String> = held_out.into_iter().map(str::to_owned).collect();
    held_out.sort();
    Ok(Selection {
        targets: order
            .iter()
            .map(|&i| (theorems[i].name.clone(), theorems[i].module.clone()))
            .collect(),
        premises,
        held_out,
        used_by: order.iter().map(|&i| used[i]).collect(),
        edges: graphs.edges(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> Vec<Theorem> {
        let theorem = |name: &str, uses: &[&str]| Theorem {
            name: name.into(),
            module: "M".into(),
            hash: name.into(),
            uses: uses.iter().map(|u| (*u).to_owned()).collect(),
        };
        vec![
            theorem("a", &["z"]),
            theorem("b", &[]),
            theorem("secret", &[]),
            theorem("z", &["secret"]),
        ]
    }

    fn request(targets: Choice) -> Request {
        Request {
            targets,
            premises: Choice::All,
            held_out: Some(Choice::parse("^secret$").unwrap()),
            sample: None,
            limit: None,
        }
    }

    #[test]
    fn a_sample_is_of_what_may_be_mutated_and_the_seed_decides() {
        let library = library();
        let draw = |size, seed| {
            let mut request = request(Choice::All);
            request.sample = Some(Sample { size, seed });
            select(&library, &request).unwrap().targets
        };
        let draws: HashSet<_> = (0..20).map(|seed| draw(2, seed)).collect();
        assert_eq!(draws.len(), 3, "every pair of three theorems comes");
        assert!(draws.iter().all(|drawn| drawn.len() == 2));
        assert_eq!(draw(2, 7), draw(2, 7));
        assert_eq!(draw(9, 0).len(), 3);
    }

    #[test]
    fn held_out_theorems_are_neither_targets_nor_premises() {
        let library = library();
        let selection = select(&library, &request(Choice::All)).unwrap();
        let names: Vec<&str> = selection.targets.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["b", "z", "a"]);
        assert_eq!(selection.held_out, ["secret"]);
        assert_eq!(selection.used_by, [0, 1, 0]);
        let mut some = request(Choice::All);
        some.premises = Choice::parse("a|secret").unwrap();
        some.limit = Some(1);
        let selection = select(&library, &some).unwrap();
        assert_eq!(selection.premises, Some(vec!["a".to_owned()]));
        assert_eq!(selection.targets.len(), 1);
    }

    #[test]
    fn inner_workings_are_targets_only_by_name() {
        let mut library = library();
        library[1].name = "Std.DTreeMap.Internal.b".into();
        let mut all = request(Choice::All);
        all.held_out = None;
        let chosen = |request: &Request| select(&library, request).unwrap().targets.len();
        assert_eq!(chosen(&all), 3);
        all.targets = Choice::parse("Internal").unwrap();
        assert_eq!(chosen(&all), 1);
    }

    #[test]
    fn a_choice_of_held_out_theorems_alone_is_named() {
        let all = select(&library(), &request(Choice::parse("^secret$").unwrap())).unwrap_err();
        assert!(all.to_string().contains("held out"), "{all}");
    }
}
