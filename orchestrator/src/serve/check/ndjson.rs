//! A stream of items in, a stream of verdicts out, a line each, at constant memory: a line is read when
//! there is room for it, and answered when it is judged. The answers come in the order in which they are
//! ready; `index` counts the lines from 0.

use std::sync::Arc;

use axum::body::{Body, BodyDataStream};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;

use super::error::ApiError;
use super::{Shared, body, verdicts};

/// Answers a stream. It counts as one text in the queue, and takes a turn for each line.
pub fn answer(service: Shared, body: Body) -> Result<Response, ApiError> {
    let admission = service.queue.admit(1)?;
    let limit = service.options.max_body;
    let slots = service.queue.slots();
    let lines = Lines {
        body: body.into_data_stream(),
        rest: Vec::new(),
        limit,
        ended: false,
    };
    let judged = lines
        .stream()
        .enumerate()
        .map(move |(index, line)| {
            let service = Arc::clone(&service);
            async move {
                let item = match line {
                    Ok(line) => body::parse(&line),
                    Err(error) => Err(error),
                };
                let judged = match item {
                    Ok(item) => verdicts::judge(&service, index, item).await,
                    Err(error) => Err(error),
                };
                let value = judged.unwrap_or_else(|error| {
                    let mut value = error.json();
                    value["index"] = index.into();
                    value
                });
                written(&value)
            }
        })
        .buffer_unordered(slots);
    // The admission lasts as long as the answer does.
    let held = judged.map(move |line| {
        let _ = &admission;
        line
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(held)).into_response())
}

fn written(value: &Value) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// Lines of a body as they come.
struct Lines {
    body: BodyDataStream,
    rest: Vec<u8>,
    limit: usize,
    ended: bool,
}

impl Lines {
    /// Lines that are not blank. A line that is too long, or a body that breaks off, ends it.
    fn stream(self) -> impl Stream<Item = Result<Vec<u8>, ApiError>> {
        stream::unfold(self, |mut lines| async move {
            let line = lines.next().await?;
            Some((line, lines))
        })
    }

    async fn next(&mut self) -> Option<Result<Vec<u8>, ApiError>> {
        loop {
            while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let rest = self.rest.split_off(end + 1);
                let line = std::mem::replace(&mut self.rest, rest);
                if !line.trim_ascii().is_empty() {
                    return Some(Ok(line));
                }
            }
            if self.ended {
                let line = std::mem::take(&mut self.rest);
                return (!line.trim_ascii().is_empty()).then_some(Ok(line));
            }
            if self.rest.len() > self.limit {
                return self.end(ApiError::too_large(self.limit));
            }
            match self.body.next().await {
                Some(Ok(chunk)) => self.rest.extend_from_slice(&chunk),
                Some(Err(e)) => {
                    let message = format!("the body did not come whole: {e}");
                    return self.end(ApiError::malformed(message));
                }
                None => self.ended = true,
            }
        }
    }

    fn end(&mut self, error: ApiError) -> Option<Result<Vec<u8>, ApiError>> {
        self.ended = true;
        self.rest.clear();
        Some(Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(body: &'static str, limit: usize) -> Vec<Result<String, ApiError>> {
        let chunks = body.as_bytes().chunks(3).map(Ok::<_, std::io::Error>);
        let body = Body::from_stream(stream::iter(chunks));
        let lines = Lines {
            body: body.into_data_stream(),
            rest: Vec::new(),
            limit,
            ended: false,
        };
        let text = |line: Vec<u8>| String::from_utf8(line).unwrap().trim().to_owned();
        lines.stream().map(|l| l.map(text)).collect().await
    }

    #[tokio::test]
    async fn lines_are_what_the_line_ends_divide() {
        let found = lines("{\"a\": 1}\n\n  \r\n[2]\nlast", 100).await;
        let found: Vec<String> = found.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, ["{\"a\": 1}", "[2]", "last"]);
        assert!(lines("", 100).await.is_empty());
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_ends_the_stream() {
        let found = lines("ok\nthis line goes on and on and on\nnext", 10).await;
        assert_eq!(found[0], Ok("ok".to_owned()));
        assert_eq!(found[1], Err(ApiError::too_large(10)));
        assert_eq!(found.len(), 2);
    }
}
