//! The bearer token, which every service but its `/health` asks for.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What clients must send. Only its digest is kept, so that comparing says nothing of its length.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// A token from its text, which must not be blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Sha256::digest(text).into()))
    }

    /// Whether it is this one, in a time that does not depend on the answer.
    fn is(&self, text: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(text).into();
        self.0.ct_eq(&given).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Lets a request through if it carries the token, or where there is none.
pub async fn guard(State(token): State<Option<Token>>, request: Request, next: Next) -> Response {
    if let Some(token) = &token {
        let given = request.headers().get(header::AUTHORIZATION);
        let given = given.and_then(|value| bearer(value.as_bytes()));
        if !given.is_some_and(|given| token.is(given)) {
            return refusal();
        }
    }
    next.run(request).await
}

fn refusal() -> Response {
    let error = json!({"error": {
        "message": "this service needs its token: send `Authorization: Bearer TOKEN`",
        "type": "unauthorized", "param": null, "code": "unauthorized",
    }});
    let mut response = (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    let asked = HeaderValue::from_static("Bearer");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, asked);
    response
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then_some(rest.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_the_token() {
        let token = Token::new(" secret\n").unwrap();
        assert!(token.is(b"secret"));
        for other in [&b""[..], b"secre", b"secrets", b"Secret", b"\xff"] {
            assert!(!token.is(other));
        }
        assert!(Token::new(" \n").is_none());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn the_scheme_is_read_as_it_is_written() {
        assert_eq!(bearer(b"Bearer abc"), Some(&b"abc"[..]));
        assert_eq!(bearer(b"bearer  abc "), Some(&b"abc"[..]));
        assert_eq!(bearer(b"Basic abc"), None);
        assert_eq!(bearer(b"Bear"), None);
    }
}
