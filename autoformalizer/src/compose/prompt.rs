//! What the model is asked. The words are in `prompts/`.

use lakatos_lean_bridge::verbalise::Reading;

use super::Pairing;
use crate::formalise::prompt::{digest, filled};
use crate::model::Message;

const COMPOSE: &str = include_str!("../../prompts/compose.txt");

/// The request for a statement that uses both ideas of a pairing.
pub(super) fn compose(pairing: &Pairing, first: &Reading, second: &Reading) -> Vec<Message> {
    let lean = |r: &Reading| format!("theorem {} : {}", r.name, r.ty);
    let parts = [
        ("{first_concept}", pairing.concepts[0].clone()),
        ("{first}", lean(first)),
        ("{first_english}", first.english.clone()),
        ("{second_concept}", pairing.concepts[1].clone()),
        ("{second}", lean(second)),
        ("{second_english}", second.english.clone()),
    ];
    vec![Message::user(filled(COMPOSE.trim_end(), &parts))]
}

/// What names the prompt: a change of its words is another job.
pub fn fingerprint() -> String {
    digest(&[COMPOSE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_is_what_it_was() {
        let reading = |name: &str, ty: &str, english: &str| -> Reading {
            serde_json::from_value(serde_json::json!({
                "name": name, "kind": "theorem", "type": ty, "english": english,
                "conclusion": {"type": ty, "english": english},
            }))
            .unwrap()
        };
        let pairing = Pairing {
            maker: "walk".into(),
            concepts: ["List.reverse".into(), "{second}".into()],
            walk: Vec::new(),
            first: "a".into(),
            second: "b".into(),
        };
        let messages = compose(
            &pairing,
            &reading("a", "1 = 1", "One is one."),
            &reading("b", "2 = 2", "Two is two."),
        );
        insta::assert_snapshot!(messages[0].content);
    }
}
