//! `POST /v1/verdicts`: verdicts in this program's own words.
//!
//! The body is one item, an array of items, an object with `items`, or, as `application/x-ndjson`, a
//! stream of items, one a line (`ndjson.rs`).

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::judge::{Judged, Wish};
use super::{Shared, body, ndjson};

/// The time for an item that names none, in seconds.
const TIMEOUT: u32 = 60;

/// A text to be judged, by a challenge or by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    id: Option<Value>,
    /// The finished text.
    solution: String,
    /// A Lean text whose open theorems it must prove.
    challenge: Option<String>,
    timeout: Option<f64>,
    axioms: Option<Vec<String>>,
    #[serde(default)]
    disable_cache: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Items {
    items: Vec<Item>,
}

/// Answers the request.
pub async fn answer(State(service): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.contains("ndjson") || kind.contains("jsonl") {
        return ndjson::answer(service, request.into_body());
    }
    let value: Value = body::read(request, service.options.max_body).await?;
    let read = |value: Value| {
        serde_json::from_value::<Item>(value).map_err(|e| ApiError::invalid(e.to_string()))
    };
    let (items, single) = match value {
        Value::Array(items) => (
            items.into_iter().map(read).collect::<Result<_, _>>()?,
            false,
        ),
        value if value.get("items").is_some() => {
            let items: Items =
                serde_json::from_value(value).map_err(|e| ApiError::invalid(e.to_string()))?;
            (items.items, false)
        }
        value => (vec![read(value)?], true),
    };
    if items.is_empty() {
        return Err(ApiError::invalid(
            "there is nothing to judge; send at least one item",
        ));
    }
    let _admission = service.queue.admit(items.len())?;
    let service = &service;
    let mut results: Vec<Value> = stream::iter(items.into_iter().enumerate())
        .map(|(index, item)| judge(service, index, item))
        .buffered(service.queue.slots())
        .try_collect()
        .await?;
    if single && let Some(result) = results.pop() {
        return Ok(Json(result).into_response());
    }
    let isolation = &service.options.isolation;
    Ok(Json(json!({"isolation": isolation, "results": results})).into_response())
}

/// What is said of one item. An item that cannot be judged has an `error` in place of a verdict.
pub async fn judge(service: &Shared, index: usize, item: Item) -> Result<Value, ApiError> {
    let wish = Wish {
        timeout_ms: service.timeout_ms(item.timeout, TIMEOUT)?,
        axioms: item
            .axioms
            .unwrap_or_else(|| service.options.axioms.clone()),
        infotree: None,
        cached: !item.disable_cache,
        thorough: true,
    };
    let mut result = match item.challenge {
        None => {
            let Judged { mut report, cached } = service.text(item.solution, &wish).await?;
            let elaborated = report.elaborated.take();
            let mut value = json!(report);
            value["proved"] = report.verdict.is_proved().into();
            value["messages"] = json!(elaborated.map(|e| e.messages).unwrap_or_default());
            value["cached"] = cached.into();
            value
        }
        Some(challenge) => match service.pair(challenge, item.solution, &wish).await? {
            Ok(Judged { report, cached }) => {
                let mut value = json!(super::judge::Outcome::verdict(&report));
                if let (Value::Object(value), Value::Object(more)) = (&mut value, json!(report)) {
                    value.extend(more);
                }
                value["proved"] = report.is_proved().into();
                value["cached"] = cached.into();
                value
            }
            Err(why) => ApiError::invalid(why).json(),
        },
    };
    result["index"] = index.into();
    result["id"] = item.id.unwrap_or(Value::Null);
    if let Some(value) = result.as_object_mut() {
        value.remove("elaborated");
    }
    Ok(result)
}
