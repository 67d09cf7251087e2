//! What the model is asked. The words and the examples are in `prompts/`; the examples were written for
//! this purpose.

use std::sync::LazyLock;

use lakatos_lean_bridge::verbalise::{Constant, Reading};
use serde::Deserialize;

use crate::model::Message;

const INFORMALIZE: &str = include_str!("../../prompts/informalize.txt");
/// The words, for what names a job.
pub(super) const PROMPT: &str = INFORMALIZE;
/// Examples that are shown.
const NEAREST: usize = 3;

#[derive(Deserialize)]
struct Example {
    formal: String,
    literal: String,
    english: String,
    uses: Vec<String>,
}

static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let lines = include_str!("../../prompts/examples.jsonl").lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
});

/// The request for a constant, with the examples whose constants are nearest to its own (Jaccard).
pub(super) fn informalize(target: &Constant, reading: &Reading) -> Vec<Message> {
    let mut examples: Vec<(f64, &Example)> = EXAMPLES
        .iter()
        .map(|example| (near(&example.uses, &target.uses), example))
        .collect();
    // Stable: among equals, in the file's order.
    examples.sort_by(|a, b| b.0.total_cmp(&a.0));
    let shown: String = examples
        .iter()
        .take(NEAREST)
        .map(|(_, e)| {
            format!(
                "\nLean: {}\nLiterally: {}\nEnglish: {}\n",
                e.formal, e.literal, e.english
            )
        })
        .collect();
    let text = INFORMALIZE.trim_end().replace("{examples}", &shown);
    let text = text.replace("{formal}", &format!("{} : {}", target.name, reading.ty));
    vec![Message::user(text.replace("{literal}", &reading.english))]
}

fn near(a: &[String], b: &[String]) -> f64 {
    let both = a.iter().filter(|x| b.contains(x)).count();
    let either = a.len() + b.iter().filter(|x| !a.contains(x)).count();
    if either == 0 {
        return 0.0;
    }
    // Few names: exact in f64.
    both as f64 / either as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_is_what_it_was() {
        let target = Constant {
            name: "List.length_nil".into(),
            kind: "theorem".into(),
            module: "M".into(),
            uses: vec!["List".into(), "List.length".into(), "List.nil".into()],
            doc: None,
            hash: None,
        };
        let reading: Reading = serde_json::from_value(serde_json::json!({
            "name": "List.length_nil", "kind": "theorem", "type": "[].length = 0",
            "english": "The length of [] = 0.", "conclusion": {"type": "[].length = 0", "english": "the length of [] = 0"},
        }))
        .unwrap();
        insta::assert_snapshot!(informalize(&target, &reading)[0].content);
    }

    #[test]
    fn every_example_is_read() {
        assert_eq!(
            EXAMPLES.len(),
            include_str!("../../prompts/examples.jsonl").lines().count()
        );
        let uses = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let nearest = EXAMPLES.iter().max_by(|a, b| {
            let own = uses(&["BitVec", "HAnd.hAnd"]);
            near(&a.uses, &own).total_cmp(&near(&b.uses, &own))
        });
        assert!(nearest.is_some_and(|e| e.formal.contains("BitVec")));
    }
}
