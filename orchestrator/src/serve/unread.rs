//! Request bodies that are not read to their end.
//!
//! A server that answers before it has read the whole request closes the connection, and a client that is still writing
//! finds a broken pipe in the place of the answer (a body that is too large, a token that is wrong). So what is left of a
//! body is read and forgotten, up to a limit of bytes and of time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};

/// Bytes that are forgotten at most, and how long that may take.
const MOST: usize = 256 << 20;
const WITHIN: Duration = Duration::from_secs(10);

/// The middleware: bodies are read to their end even if whoever answers does not.
pub async fn forget(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    next.run(request.map(|body| Body::from_stream(Rest(Some(body.into_data_stream())))))
        .await
}

/// A body, until its end was read.
struct Rest(Option<BodyDataStream>);

impl Stream for Rest {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let next = std::task::ready!(body.poll_next_unpin(cx));
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        Poll::Ready(next)
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let (Some(body), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(WITHIN, skip(body)));
        }
    }
}

async fn skip(mut body: BodyDataStream) {
    let mut left = MOST;
    while let Some(Ok(bytes)) = body.next().await {
        let Some(less) = left.checked_sub(bytes.len()) else {
            return;
        };
        left = less;
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use tokio::net::TcpListener;

    use super::*;

    /// More than sockets keep on the way.
    const LARGE: usize = 48 << 20;

    #[tokio::test]
    async fn who_writes_a_large_body_gets_the_early_answer() {
        let refuse = async || (StatusCode::PAYLOAD_TOO_LARGE, "too large");
        let count = async |body: Bytes| body.len().to_string();
        let router = axum::Router::new()
            .route("/refuse", post(refuse))
            .route("/count", post(count))
            .layer(from_fn(forget));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        let client = reqwest::Client::new();
        for _ in 0..4 {
            let body = vec![b' '; LARGE];
            let sent = client.post(format!("{url}/refuse")).body(body).send();
            let answer = sent.await.expect("an answer, not a broken pipe");
            assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(answer.text().await.unwrap(), "too large");
        }
        let sent = client.post(format!("{url}/count")).body("12345").send();
        assert_eq!(sent.await.unwrap().text().await.unwrap(), "5");
    }
}
