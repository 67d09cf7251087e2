//! Refusals, as clients see them: a status, and `{"error": {"message", "type"}}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    kind: &'static str,
    message: String,
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
            retry_after: None,
        }
    }

    /// The body is not JSON.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", message)
    }

    /// The body is JSON, and not what is asked for.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message)
    }

    /// The body has more bytes than this.
    pub fn too_large(limit: usize) -> Self {
        let message = format!(
            "the body is larger than {limit} bytes; send fewer texts at a time, or a stream of lines \
             to /v1/verdicts"
        );
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// The queue is full; `seconds` is when to come again.
    pub fn busy(seconds: u64) -> Self {
        let message = format!("the queue is full; try again in {seconds} s");
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", message);
        error.retry_after = Some(seconds);
        error
    }

    /// No such path.
    pub fn not_found() -> Self {
        let message = "there is nothing here; see POST /api/check, POST /verify, POST /v1/verdicts, \
                       GET /health, GET /metrics";
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// A path that is asked in another way.
    pub fn method() -> Self {
        let message = "this path takes another method: POST with a JSON body, or GET for /health and \
                       /metrics";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    /// A defect of the service.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// The error as an object of JSON.
    pub fn json(&self) -> serde_json::Value {
        json!({"error": {"message": self.message, "type": self.kind}})
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.json())).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
