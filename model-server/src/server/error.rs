//! Refusals, as OpenAI's clients read them: a status, and `{"error": {"message", "type", "param", "code"}}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::ModelError;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    param: Option<&'static str>,
    message: String,
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            param: None,
            message: message.into(),
            retry_after: None,
        }
    }

    /// The body is not JSON, or not what is asked for.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_request", message)
    }

    /// A parameter cannot be used.
    pub fn parameter(name: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", message);
        error.param = Some(name);
        error
    }

    /// The text is longer than the server reads.
    pub fn too_long(tokens: usize, most: usize) -> Self {
        let message = format!(
            "the text has {tokens} tokens with what is to be generated; at most {most} are served"
        );
        let mut error = Self::new(StatusCode::BAD_REQUEST, "context_length_exceeded", message);
        error.param = Some("prompt");
        error
    }

    /// The body has more bytes than are read.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// Another model is served here.
    pub fn unknown_model(asked: &str, served: &str) -> Self {
        let message = format!("there is no model `{asked}` here; `{served}` is served");
        let mut error = Self::new(StatusCode::NOT_FOUND, "model_not_found", message);
        error.param = Some("model");
        error
    }

    /// The queue is full; `seconds` is when to come again.
    pub fn busy(seconds: u64) -> Self {
        let message = format!("the queue is full; try again in {seconds} s");
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", message);
        error.retry_after = Some(seconds);
        error
    }

    /// The weights are not read yet.
    pub fn loading() -> Self {
        let message = "the model is being loaded; try again in a moment";
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "loading", message);
        error.retry_after = Some(1);
        error
    }

    /// No such path.
    pub fn not_found() -> Self {
        let message = "there is nothing here; see POST /v1/completions, /v1/chat/completions and /generate, \
                       GET /v1/models, /health and /metrics";
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// A path that is asked in another way.
    pub fn method() -> Self {
        let message = "this path takes another method: POST for what generates, GET for the rest";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    /// A defect of the server.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// The error as an object of JSON.
    pub fn json(&self) -> Value {
        let kind = match self.status.as_u16() {
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        };
        json!({"error": {
            "message": self.message, "type": kind, "param": self.param, "code": self.code,
        }})
    }
}

impl From<ModelError> for ApiError {
    fn from(error: ModelError) -> Self {
        let message = error.to_string();
        let (status, code) = match error {
            ModelError::UnknownState(_) => (StatusCode::NOT_FOUND, "unknown_state"),
            ModelError::NoMemory { .. } => (StatusCode::BAD_REQUEST, "no_memory"),
            ModelError::Overflow => (StatusCode::UNPROCESSABLE_ENTITY, "not_finite"),
            ModelError::ChatTemplate(_) => (StatusCode::BAD_REQUEST, "chat_template"),
            ModelError::Request(_) | ModelError::TokenOutside { .. } => {
                (StatusCode::BAD_REQUEST, "invalid_parameter")
            }
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Self::new(status, code, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.json())).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
