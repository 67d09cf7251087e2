//! The requests: bounded concurrency, timeouts, retries with jittered exponential backoff, a cap.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::{Answer, Message, ModelError, Tokens, wire};

/// An answer longer than this is not one.
const MAX_BODY: usize = 4 << 20;
/// An endpoint that asks for a longer rest is as good as down.
const MAX_REST: Duration = Duration::from_secs(900);
/// So many answers that cannot be used, without one that can, and the endpoint is none. An answer that is no
/// chat completion at all counts as [`FOREIGN`] of them.
const NEVER: u32 = 16;
const FOREIGN: u32 = 4;

/// How the endpoint is reached and asked. The API key is not among it: the program's edge passes it to
/// [`Chat::new`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatConfig {
    /// Where the API's `/v1` is.
    pub base_url: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// Sampling temperature.
    pub temperature: f64,
    /// Tokens of an answer at most.
    pub max_tokens: u32,
    /// Seconds for one request, the answer included.
    pub timeout_s: u32,
    /// Attempts for one request in all; answers that only ask for patience (429) may be twice as many.
    pub attempts: u32,
    /// First pause before another attempt, in milliseconds; doubles each time, with jitter.
    pub backoff_ms: u64,
    /// Longest pause, in milliseconds.
    pub max_backoff_ms: u64,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Tokens in all, prompts included; 0: no cap. Requests that are under way when it is reached still
    /// count.
    pub token_cap: u64,
    /// What a million tokens cost, in any currency.
    pub price: Price,
    /// What may be spent in all, in the same currency; 0: no cap.
    pub cost_cap: f64,
}

/// What a million tokens cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Of prompts.
    pub prompt: f64,
    /// Of answers.
    pub completion: f64,
}

impl Price {
    /// What these tokens cost.
    pub fn of(self, tokens: Tokens) -> f64 {
        // Token counts are far below 2^53.
        let part = |n: u64, price: f64| n as f64 * price / 1e6;
        part(tokens.prompt, self.prompt) + part(tokens.completion, self.completion)
    }
}

/// What one or more clients have used together.
#[derive(Debug, Default)]
pub struct Meter {
    prompt: AtomicU64,
    completion: AtomicU64,
    /// In millionths of the currency.
    cost: AtomicU64,
}

impl Meter {
    /// One that has counted before.
    pub fn starting(tokens: Tokens, cost: f64) -> Self {
        let meter = Self::default();
        meter.add(tokens, cost);
        meter
    }

    fn add(&self, tokens: Tokens, cost: f64) {
        self.prompt.fetch_add(tokens.prompt, Ordering::Relaxed);
        self.completion
            .fetch_add(tokens.completion, Ordering::Relaxed);
        // Never negative; a cost beyond 2^64 millionths saturates.
        self.cost
            .fetch_add((cost.max(0.0) * 1e6).round() as u64, Ordering::Relaxed);
    }

    /// The tokens.
    pub fn tokens(&self) -> Tokens {
        Tokens {
            prompt: self.prompt.load(Ordering::Relaxed),
            completion: self.completion.load(Ordering::Relaxed),
        }
    }

    /// The cost.
    pub fn cost(&self) -> f64 {
        self.cost.load(Ordering::Relaxed) as f64 / 1e6
    }
}

impl Default for ChatConfig {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            model: "default".into(),
            temperature: 0.8,
            max_tokens: 512,
            timeout_s: 120,
            attempts: 5,
            backoff_ms: 250,
            max_backoff_ms: 30_000,
            concurrency: 8,
            token_cap: 0,
            price: Price::default(),
            cost_cap: 0.0,
        }
    }
}

/// A client of one endpoint.
pub struct Chat {
    http: reqwest::Client,
    url: String,
    key: Option<String>,
    places: Semaphore,
    config: ChatConfig,
    meter: Arc<Meter>,
    /// Whether an answer could ever be used, and how many could not before the first.
    usable: AtomicBool,
    unusable: AtomicU32,
    /// Before this moment nothing is sent: the endpoint has asked for a rest, which holds for all requests.
    rest: Mutex<Option<Instant>>,
}

enum Failure {
    /// Another attempt may work.
    Passing(String),
    /// The endpoint works and asks for a pause, for as long as it says where it says so.
    Limited(String, Option<Duration>),
    /// Another attempt would fail in the same way.
    Lasting(ModelError),
    /// What answers speaks another protocol.
    Foreign(String),
}

impl Chat {
    /// A client.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn new(config: ChatConfig, key: Option<String>) -> Result<Self, ModelError> {
        let base = config.base_url.trim_end_matches('/');
        let url = format!("{base}/chat/completions");
        let unavailable = |message: String| ModelError::Unavailable { message };
        let parsed = reqwest::Url::parse(&url).map_err(|e| {
            unavailable(format!(
                "{base:?} is not an address ({e}); name one with --endpoint"
            ))
        })?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(unavailable(format!(
                "the endpoint must begin with http:// or https://: {base}"
            )));
        }
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(u64::from(config.timeout_s.max(1))))
            .no_proxy()
            .build()
            .map_err(|e| unavailable(e.to_string()))?;
        Ok(Self {
            http,
            url,
            key,
            places: Semaphore::new(config.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            meter: Arc::default(),
            usable: AtomicBool::new(false),
            unusable: AtomicU32::new(0),
            rest: Mutex::new(None),
            config,
        })
    }

    /// The same client, counting on this meter: caps hold for all that count on it.
    pub fn on(mut self, meter: Arc<Meter>) -> Self {
        self.meter = meter;
        self
    }

    /// What was used.
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    fn within_caps(&self) -> Result<(), ModelError> {
        let (cap, used) = (self.config.token_cap, self.meter.tokens().total());
        if cap > 0 && used >= cap {
            return Err(ModelError::Spent { cap, used });
        }
        let (cap, cost) = (self.config.cost_cap, self.meter.cost());
        if cap > 0.0 && cost >= cap {
            return Err(ModelError::TooDear { cap, cost });
        }
        Ok(())
    }

    /// The settings.
    pub fn config(&self) -> &ChatConfig {
        &self.config
    }

    /// The model's answer. The seed is the request's and makes the pauses repeatable.
    ///
    /// # Errors
    /// As [`ModelError`] says; only [`ModelError::BadAnswer`] is about this request alone.
    pub async fn ask(&self, messages: &[Message], seed: u64) -> Result<Answer, ModelError> {
        let body = wire::Request {
            model: &self.config.model,
            messages,
            n: 1,
            temperature: self.config.temperature,
            max_tokens: self.config.max_tokens,
            // Servers read it as a signed number of 32 bits.
            seed: (seed >> 33) as u32,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let attempts = self.config.attempts.max(1);
        let (mut failed, mut limited) = (0, 0);
        let last = loop {
            self.within_caps()?;
            match self.once(&body).await {
                Ok(answer) => {
                    let cost = self.config.price.of(answer.tokens);
                    self.meter.add(answer.tokens, cost);
                    self.usable.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(Failure::Lasting(ModelError::BadAnswer { message })) => {
                    return Err(self.unusable(message, 1));
                }
                Err(Failure::Foreign(message)) => return Err(self.unusable(message, FOREIGN)),
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(message)) => {
                    failed += 1;
                    if failed >= attempts {
                        break message;
                    }
                    tokio::time::sleep(self.pause(failed - 1, &mut rng)).await;
                }
                Err(Failure::Limited(message, asked)) => {
                    limited += 1;
                    let asked = asked.unwrap_or_default();
                    if asked > MAX_REST {
                        let message = format!("{message} (it asks for {} s)", asked.as_secs());
                        break message;
                    }
                    if limited >= attempts.saturating_mul(2) {
                        break message;
                    }
                    self.rest_for(asked.max(self.pause(limited - 1, &mut rng)));
                }
            }
        };
        let advice = match limited > failed {
            true => {
                "The endpoint limits its rate: ask for less at once with --concurrency, or come back later"
            }
            false => "Check that the server runs and that --endpoint is its address",
        };
        Err(ModelError::Unavailable {
            message: format!(
                "{last} ({} attempts at {}). {advice}.",
                failed + limited,
                self.url
            ),
        })
    }

    /// Nothing is sent for so long.
    fn rest_for(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        *rest = Some(rest.map_or(until, |r| r.max(until)));
    }

    /// Waits until the rest that was asked for is over.
    async fn rested(&self) {
        loop {
            let until = *self.rest.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                _ => return,
            }
        }
    }

    /// An answer that cannot be used counts against one request, unless there has never been another.
    fn unusable(&self, message: String, weight: u32) -> ModelError {
        if self.usable.load(Ordering::Relaxed) {
            return ModelError::BadAnswer { message };
        }
        if self.unusable.fetch_add(weight, Ordering::Relaxed) + weight < NEVER {
            return ModelError::BadAnswer { message };
        }
        ModelError::Unavailable {
            message: format!(
                "no answer can be used so far; the last: {message}. Check that --endpoint names \
                 an OpenAI-compatible server and --model one of its models."
            ),
        }
    }

    fn pause(&self, attempt: u32, rng: &mut ChaCha8Rng) -> Duration {
        let most = self.config.max_backoff_ms;
        let full = self
            .config
            .backoff_ms
            .saturating_mul(1 << attempt.min(20))
            .min(most);
        Duration::from_millis(full / 2 + rng.random_range(0..=full / 2))
    }

    async fn once(&self, body: &wire::Request<'_>) -> Result<Answer, Failure> {
        // A place is held for one exchange and the endpoint's own rest, not during the pauses between attempts.
        let _place = self.places.acquire().await.map_err(|_| {
            Failure::Lasting(ModelError::Unavailable {
                message: "the client was closed".into(),
            })
        })?;
        self.rested().await;
        let mut request = self.http.post(&self.url).json(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|e| passing(&e))?;
        let status = response.status();
        let pause = retry_after(&response);
        let bytes = read(response).await?;
        if status.is_success() {
            return self.answer(&bytes);
        }
        let message = format!("{} answered {status}: {}", self.url, excerpt(&bytes));
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS => Failure::Limited(message, pause),
            // A server that says when it is back is no broken one.
            StatusCode::SERVICE_UNAVAILABLE if pause.is_some() => Failure::Limited(message, pause),
            StatusCode::REQUEST_TIMEOUT => Failure::Passing(message),
            s if s.is_server_error() => Failure::Passing(message),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Failure::Lasting(ModelError::Unavailable {
                    message: format!("{message}. Check the API key."),
                })
            }
            StatusCode::NOT_FOUND => Failure::Lasting(ModelError::Unavailable {
                message: format!("{message}. Check --endpoint and --model."),
            }),
            _ => Failure::Lasting(ModelError::BadAnswer { message }),
        })
    }

    fn answer(&self, bytes: &[u8]) -> Result<Answer, Failure> {
        let bad = |why: &str| {
            format!(
                "{} did not answer with a chat completion ({why}). It said: {}",
                self.url,
                excerpt(bytes)
            )
        };
        let response: wire::Response =
            serde_json::from_slice(bytes).map_err(|e| Failure::Foreign(bad(&e.to_string())))?;
        let choice = response.choices.into_iter().next();
        let text = choice.and_then(|c| c.message.content);
        Ok(Answer {
            text: text.ok_or_else(|| {
                let message = bad("no text");
                Failure::Lasting(ModelError::BadAnswer { message })
            })?,
            tokens: Tokens {
                prompt: response.usage.prompt_tokens,
                completion: response.usage.completion_tokens,
            },
        })
    }
}

fn passing(error: &reqwest::Error) -> Failure {
    // `reqwest` hides the cause of a connection's failure in its sources.
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Failure::Passing(message)
}

/// The pause that the server asks for: seconds, or a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let then = httpdate::parse_http_date(value).ok()?;
            Some(then.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| passing(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BODY {
            let message = format!("an answer went on after {MAX_BODY} bytes");
            return Err(Failure::Lasting(ModelError::BadAnswer { message }));
        }
    }
    Ok(bytes)
}

fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    let shown: String = words.chars().take(200).collect();
    if shown.is_empty() {
        "nothing".into()
    } else {
        shown
    }
}
