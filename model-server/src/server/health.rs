//! `/health`: 200 when requests are served, 503 while the model is loaded.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Shared;
use super::error::ApiError;

/// Says how the server is.
pub async fn answer(State(server): State<Shared>) -> Result<Json<Value>, ApiError> {
    server.loaded()?;
    Ok(Json(json!({
        "status": "ok", "model": server.options.model, "version": env!("CARGO_PKG_VERSION"),
        "queued": server.queue.admitted(),
    })))
}
