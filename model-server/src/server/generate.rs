//! LeanCopilot's `/generate`: `{name, input, prefix}` in, `{outputs: [{output, score}]}` out. Outputs begin with the prefix,
//! equal ones are one, and a score is the probability of what follows the prefix.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::answer::{begin, collect, parse};
use super::error::ApiError;
use super::params::{OneOrMany, Params};

#[derive(Debug, Deserialize)]
struct Body {
    name: String,
    input: String,
    #[serde(default)]
    prefix: Option<String>,
}

/// Outputs, and tokens of one.
const OUTPUTS: usize = 16;
const TOKENS: usize = 128;

/// Suggests tactics by a beam search.
pub async fn answer(
    State(server): State<Shared>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let loaded = server.loaded()?;
    let body: Body = parse(body)?;
    let format = &server.options.generate;
    let prefix = body.prefix.unwrap_or_default();
    let text = format!("{}{}{}{prefix}", format.before, body.input, format.after);
    let prompt = loaded.tokenizer.encode(&text)?;
    let params = Params {
        model: Some(body.name),
        n: Some(OUTPUTS.min(server.options.max_samples)),
        use_beam_search: Some(true),
        length_penalty: Some(0.0),
        dedupe: Some(true),
        stop: (!format.stop.is_empty()).then(|| OneOrMany::Many(format.stop.clone())),
        ..Params::default()
    };
    let spec = params.spec(&server.options, loaded, prompt, 0, TOKENS)?;
    let mut events = server.submit(spec.request.clone())?;
    begin(&mut events).await?;
    let choices = collect(loaded, &spec, events).await?;
    let outputs: Vec<Value> = choices
        .iter()
        .map(|c| json!({"output": format!("{prefix}{}", c.text()), "score": c.logprob().exp()}))
        .collect();
    Ok(Json(json!({"outputs": outputs})))
}
