//! `/v1/models`: the one model, and in `lakatos` what this server can do beyond OpenAI's protocol.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::error::ApiError;
use super::{Loaded, Server, Shared};

/// The list of one.
pub async fn list(State(server): State<Shared>) -> Result<Json<Value>, ApiError> {
    let model = describe(&server, server.loaded()?);
    Ok(Json(json!({"object": "list", "data": [model]})))
}

/// The one, by its name.
pub async fn one(
    State(server): State<Shared>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let loaded = server.loaded()?;
    let Path(name) = name.map_err(|e| ApiError::malformed(e.body_text()))?;
    if name != server.options.model {
        return Err(ApiError::unknown_model(&name, &server.options.model));
    }
    Ok(Json(describe(&server, loaded)))
}

fn describe(server: &Server, loaded: &Loaded) -> Value {
    json!({
        "id": server.options.model, "object": "model", "created": loaded.since, "owned_by": "lakatos",
        "max_model_len": server.options.max_context,
        "lakatos": {
            "states": server.options.limits.cache_bytes > 0, "state_bytes": loaded.state_bytes,
            "parameters": loaded.parameters, "template": server.options.template,
        },
    })
}
