//! One choice of an answer: its tokens become text, which ends before the first stop string.

use serde_json::{Map, Value, json};

use crate::engine::stop::{cut, safe_len};
use crate::engine::{Finish, Scored};
use crate::error::ModelError;
use crate::model::tokenizer::{TextStream, Tokenizer};

/// A choice under way, or complete.
#[derive(Debug, Clone)]
pub struct Choice {
    stream: TextStream,
    stops: Vec<String>,
    text: String,
    /// Bytes of the text that were handed out.
    shown: usize,
    pub tokens: Vec<Scored>,
    pub finish: Option<&'static str>,
    /// How many equal ones this one stands for.
    pub count: usize,
}

impl Choice {
    pub fn new(stops: &[String]) -> Self {
        Self {
            stream: TextStream::default(),
            stops: stops.to_vec(),
            text: String::new(),
            shown: 0,
            tokens: Vec::new(),
            finish: None,
            count: 1,
        }
    }

    /// A token more; what can be shown of the text now.
    pub fn push(&mut self, tokenizer: &Tokenizer, token: Scored) -> Result<String, ModelError> {
        let piece = self.stream.push(tokenizer, token.token)?;
        self.tokens.push(token);
        self.text.push_str(&piece);
        let (kept, stopped) = cut(&self.text, &self.stops);
        let safe = if stopped {
            kept.len()
        } else {
            safe_len(&self.text, &self.stops)
        };
        Ok(self.show(safe))
    }

    /// No token follows; the rest of the text.
    pub fn end(&mut self, tokenizer: &Tokenizer, reason: Finish) -> Result<String, ModelError> {
        let rest = self.stream.end(tokenizer)?;
        self.text.push_str(&rest);
        let (kept, stopped) = cut(&self.text, &self.stops);
        let (kept, ended) = (kept.len(), stopped || reason == Finish::End);
        self.finish = Some(if ended { "stop" } else { "length" });
        let shown = self.show(kept);
        self.text.truncate(kept);
        Ok(shown)
    }

    fn show(&mut self, to: usize) -> String {
        let piece = self.text.get(self.shown..to).unwrap_or_default().to_owned();
        self.shown = self.shown.max(to);
        piece
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn logprob(&self) -> f64 {
        self.tokens.iter().filter_map(|t| t.logprob).sum()
    }

    /// What both kinds of completion say beside OpenAI's fields.
    pub fn extras(&self) -> Value {
        json!({"cumulative_logprob": self.logprob(), "num_tokens": self.tokens.len(), "count": self.count})
    }
}

/// Equal texts as one, the likeliest of them.
pub fn merge(choices: Vec<Choice>) -> Vec<Choice> {
    let mut merged: Vec<Choice> = Vec::new();
    for choice in choices {
        match merged.iter_mut().find(|c| c.text == choice.text) {
            Some(known) => {
                let count = known.count + 1;
                if choice.logprob() > known.logprob() {
                    *known = choice;
                }
                known.count = count;
            }
            None => merged.push(choice),
        }
    }
    merged
}

/// Log-probabilities in the form of `/v1/completions`; offsets are in characters from the first of these tokens.
pub fn legacy(tokenizer: &Tokenizer, tokens: &[Scored]) -> Result<Value, ModelError> {
    let mut offset = 0;
    let (mut texts, mut offsets, mut tops) = (Vec::new(), Vec::new(), Vec::new());
    for token in tokens {
        let text = tokenizer.decode_one(token.token)?;
        let mut top = Map::new();
        for (other, logprob) in &token.top {
            top.insert(tokenizer.decode_one(*other)?, json!(logprob));
        }
        if let Some(logprob) = token.logprob {
            top.insert(text.clone(), json!(logprob));
        }
        tops.push(token.logprob.map(|_| top));
        offsets.push(offset);
        offset += text.chars().count();
        texts.push(text);
    }
    let logprobs: Vec<Option<f64>> = tokens.iter().map(|t| t.logprob).collect();
    Ok(
        json!({"tokens": texts, "token_logprobs": logprobs, "top_logprobs": tops, "text_offset": offsets}),
    )
}

/// Log-probabilities in the form of `/v1/chat/completions`.
pub fn chat(tokenizer: &Tokenizer, tokens: &[Scored]) -> Result<Value, ModelError> {
    let one = |token: u32, logprob: Option<f64>| -> Result<Value, ModelError> {
        let text = tokenizer.decode_one(token)?;
        Ok(json!({"bytes": text.as_bytes(), "logprob": logprob, "token": text}))
    };
    let mut content = Vec::new();
    for token in tokens {
        let top: Result<Vec<Value>, ModelError> =
            token.top.iter().map(|(t, p)| one(*t, Some(*p))).collect();
        let mut value = one(token.token, token.logprob)?;
        value["top_logprobs"] = Value::Array(top?);
        content.push(value);
    }
    Ok(json!({"content": content, "refusal": null}))
}
