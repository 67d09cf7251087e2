//! The request itself: bounded concurrency, timeouts, retries with jittered exponential backoff.

use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use tokio::sync::Semaphore;

use super::HttpConfig;
use super::wire;
use crate::policy::PolicyError;

/// An answer longer than this is not one.
const MAX_BODY: usize = 32 << 20;

/// A client of one server.
pub struct Client {
    http: reqwest::Client,
    url: String,
    models: String,
    key: Option<String>,
    places: Semaphore,
    config: HttpConfig,
}

/// How one attempt failed.
enum Failure {
    /// Another attempt may work, after the server's own pause where it named one.
    Passing {
        message: String,
        pause: Option<Duration>,
    },
    /// Another attempt would fail in the same way.
    Lasting(PolicyError),
}

impl Client {
    /// A client; fails only if the URL or the proxy cannot be read.
    pub fn new(config: HttpConfig, key: Option<String>) -> Result<Self, String> {
        let path = if config.chat {
            "chat/completions"
        } else {
            "completions"
        };
        let base = config.base_url.trim_end_matches('/');
        let (url, models) = (format!("{base}/{path}"), format!("{base}/models"));
        let parsed = reqwest::Url::parse(&url)
            .map_err(|e| format!("`base_url` is not an address ({e}): {}", config.base_url))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(format!(
                "`base_url` must begin with http:// or https://: {}",
                config.base_url
            ));
        }
        let mut http = reqwest::Client::builder()
            .timeout(Duration::from_secs(u64::from(config.timeout_s.max(1))))
            .no_proxy();
        if !config.proxy.is_empty() {
            let proxy = reqwest::Proxy::all(&config.proxy)
                .map_err(|e| format!("`proxy` is not an address ({e}): {}", config.proxy))?;
            http = http.proxy(proxy);
        }
        let http = http.build().map_err(|e| e.to_string())?;
        let places = Semaphore::new(config.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Self {
            http,
            url,
            models,
            key,
            places,
            config,
        })
    }

    /// What the server says of the model beyond OpenAI's protocol: nothing, if it is another server. None: it is not there.
    pub async fn extension(&self) -> Option<wire::Extension> {
        let mut request = self.http.get(&self.models);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.ok()?;
        // Our own server is there before its model is.
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            return None;
        }
        let bytes = read(response).await.ok()?;
        let models: wire::Models = serde_json::from_slice(&bytes).unwrap_or_default();
        let named = models.data.iter().find(|m| m.id == self.config.model);
        let model = named.or(models.data.first());
        Some(model.and_then(|m| m.lakatos.clone()).unwrap_or_default())
    }

    /// Sends a request until it is answered, or fails for good. The seed makes the pauses repeatable.
    pub async fn send(
        &self,
        body: &wire::Request<'_>,
        seed: u64,
    ) -> Result<wire::Response, PolicyError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let attempts = self.config.attempts.max(1);
        let mut last = String::new();
        for attempt in 0..attempts {
            match self.once(body).await {
                Ok(answer) => return Ok(answer),
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing { message, pause }) => {
                    if attempt + 1 < attempts {
                        tokio::time::sleep(self.pause(attempt, pause, &mut rng)).await;
                    }
                    last = message;
                }
            }
        }
        Err(PolicyError::Unavailable {
            message: format!(
                "{last} ({attempts} attempts at {}). Start the server, or name another with \
                 `policy.http.base_url`.",
                self.url
            ),
        })
    }

    /// Half of the exponential pause and a random part of the other half, at least what the server
    /// asked for.
    pub(super) fn pause(
        &self,
        attempt: u32,
        asked: Option<Duration>,
        rng: &mut ChaCha8Rng,
    ) -> Duration {
        let most = self.config.max_backoff_ms;
        let full = self
            .config
            .backoff_ms
            .saturating_mul(1 << attempt.min(20))
            .min(most);
        let jittered = full / 2 + rng.random_range(0..=full / 2);
        let asked = asked.map_or(0, |d| d.as_millis().min(u128::from(most)) as u64);
        Duration::from_millis(jittered.max(asked))
    }

    async fn once(&self, body: &wire::Request<'_>) -> Result<wire::Response, Failure> {
        // A place is held for one exchange, not during the pauses between attempts.
        let _place = self.places.acquire().await.map_err(|_| {
            Failure::Lasting(PolicyError::Unavailable {
                message: "the client was closed".into(),
            })
        })?;
        let mut request = self.http.post(&self.url).json(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(passing)?;
        let status = response.status();
        let pause = retry_after(&response);
        let bytes = read(response).await?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|e| {
                Failure::Lasting(PolicyError::Protocol {
                    message: format!(
                        "{} did not answer with completions ({e}). It said: {}",
                        self.url,
                        excerpt(&bytes)
                    ),
                })
            });
        }
        let message = format!("{} answered {status}: {}", self.url, excerpt(&bytes));
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Failure::Passing { message, pause }
            }
            s if s.is_server_error() => Failure::Passing { message, pause },
            StatusCode::NOT_FOUND if body.parent_state_id.is_some() => {
                Failure::Lasting(PolicyError::StateGone)
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let message = format!("{message}. Check the API key.");
                Failure::Lasting(PolicyError::Unavailable { message })
            }
            _ => Failure::Lasting(PolicyError::Protocol { message }),
        })
    }
}

fn passing(error: reqwest::Error) -> Failure {
    // `reqwest` hides the cause of a connection's failure in its sources.
    let mut message = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Failure::Passing {
        message,
        pause: None,
    }
}

/// The pause that the server asks for in seconds; a date is not understood and counts as none.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds: f64 = response
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(passing)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BODY {
            let message = format!("an answer went on after {MAX_BODY} bytes");
            return Err(Failure::Lasting(PolicyError::Protocol { message }));
        }
    }
    Ok(bytes)
}

fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.char_indices().nth(300) {
        words.truncate(at);
        words.push('…');
    }
    if words.is_empty() {
        "nothing".into()
    } else {
        words
    }
}
