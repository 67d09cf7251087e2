//! Which constants stand beside one in its module, by name.

use std::collections::{BTreeSet, HashMap};

use lakatos_lean_bridge::verbalise::Constant;

/// The names of each module, sorted.
#[derive(Debug, Clone, Default)]
pub struct Neighbours(HashMap<String, BTreeSet<String>>);

impl Neighbours {
    /// Those of these constants.
    pub fn new(constants: &[Constant]) -> Self {
        let mut modules: HashMap<String, BTreeSet<String>> = HashMap::new();
        for constant in constants {
            modules
                .entry(constant.module.clone())
                .or_default()
                .insert(constant.name.clone());
        }
        Self(modules)
    }

    /// The constant of the same module with the next smaller name, and the one with the next larger.
    pub fn of(&self, constant: &Constant) -> Vec<String> {
        use std::ops::Bound::{Excluded, Unbounded};
        let Some(names) = self.0.get(&constant.module) else {
            return Vec::new();
        };
        let own = constant.name.as_str();
        let before = names
            .range::<str, _>((Unbounded, Excluded(own)))
            .next_back();
        let after = names.range::<str, _>((Excluded(own), Unbounded)).next();
        before.into_iter().chain(after).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_of_the_same_module_are_found() {
        let constant = |name: &str, module: &str| Constant {
            name: name.into(),
            kind: "theorem".into(),
            module: module.into(),
            uses: Vec::new(),
            doc: None,
            hash: None,
        };
        let all = [
            constant("c", "M"),
            constant("a", "M"),
            constant("b", "N"),
            constant("d", "M"),
        ];
        let index = Neighbours::new(&all);
        assert_eq!(index.of(&all[0]), ["a", "d"]);
        assert_eq!(index.of(&all[1]), ["c"]);
        assert!(index.of(&all[2]).is_empty());
        assert!(index.of(&constant("x", "O")).is_empty());
    }
}
