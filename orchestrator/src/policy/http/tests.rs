//! The client against a real server on a real socket, which answers as the script says.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// What the server does with one request.
enum Answer {
    Json(Value),
    Status(u16, Option<&'static str>),
    Garbage,
    Hang,
}

#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<(String, HeaderMap, Value)>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

async fn answer(
    State(script): State<Arc<Script>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let now = script.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    script.most_at_once.fetch_max(now, Ordering::SeqCst);
    let body = serde_json::from_str(&body).expect("the client sends JSON");
    script
        .seen
        .lock()
        .unwrap()
        .push((uri.path().into(), headers, body));
    let next = script.answers.lock().unwrap().pop_front();
    // Lets other requests arrive, if the client sends any.
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    script.at_once.fetch_sub(1, Ordering::SeqCst);
    match next.expect("a request that the script does not foresee") {
        Answer::Json(value) => axum::Json(value).into_response(),
        Answer::Status(code, retry_after) => {
            let status = StatusCode::from_u16(code).unwrap();
            let mut response = (status, "as scripted").into_response();
            if let Some(seconds) = retry_after {
                response
                    .headers_mut()
                    .insert("retry-after", seconds.parse().unwrap());
            }
            response
        }
        Answer::Garbage => Body::from("<html>not JSON").into_response(),
        Answer::Hang => std::future::pending().await,
    }
}

async fn serve(answers: Vec<Answer>) -> (Arc<Script>, HttpConfig) {
    let script = Arc::new(Script {
        answers: Mutex::new(answers.into()),
        ..Script::default()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let config = HttpConfig {
        base_url,
        template: "bfs-prover".into(),
        backoff_ms: 1,
        max_backoff_ms: 2,
        attempts: 3,
        timeout_s: 1,
        ..HttpConfig::default()
    };
    (script, config)
}

fn completions(texts: &[(&str, f64)]) -> Answer {
    let choices: Vec<Value> = texts
        .iter()
        .map(|(text, logprob)| {
            json!({ "text": text, "finish_reason": "stop", "cumulative_logprob": logprob, "num_tokens": 4 })
        })
        .collect();
    Answer::Json(json!({ "choices": choices }))
}

async fn ask(config: HttpConfig) -> Result<Round, PolicyError> {
    HttpPolicy::new(config, Some("secret".into()))
        .unwrap()
        .round(&template(), &whole("⊢ p:::"), 0, 7)
        .await
}

fn template() -> Template {
    Template::load("bfs-prover").unwrap()
}

fn whole(prompt: &str) -> Prompt {
    Prompt::new(&[prompt.into()], &[])
}

fn tactics(round: &Round) -> Vec<(&str, f64, u32)> {
    round
        .proposals
        .iter()
        .map(|p| (p.tactic.as_str(), p.logprob, p.tokens))
        .collect()
}

#[tokio::test]
async fn samples_become_proposals_likeliest_first() {
    let (script, config) = serve(vec![completions(&[
        ("rfl", -3.0),
        (" simp", -1.5),
        ("rfl", -2.0),
        ("", -0.1),
    ])])
    .await;
    let round = ask(HttpConfig {
        samples: 4,
        model: "m".into(),
        ..config
    })
    .await
    .unwrap();
    assert_eq!(tactics(&round), [("simp", -1.5, 4), ("rfl", -2.0, 4)]);
    assert!(round.more);
    assert_eq!(round.proposals[0].source, "http/bfs-prover");
    let seen = script.seen.lock().unwrap();
    let (path, headers, body) = &seen[0];
    assert_eq!(path, "/v1/completions");
    assert_eq!(headers["authorization"], "Bearer secret");
    assert_eq!(
        (
            &body["n"],
            &body["model"],
            &body["prompt"],
            &body["logprobs"]
        ),
        (&json!(4), &json!("m"), &json!("⊢ p:::"), &json!(1))
    );
}

#[tokio::test]
async fn likelihoods_are_summed_where_the_server_does_not() {
    let listed = json!({ "choices": [
        { "text": "rfl", "logprobs": { "token_logprobs": [null, -0.5, -0.25] } },
        { "text": "ring_nf", "logprobs": null },
    ]});
    let (_, config) = serve(vec![Answer::Json(listed)]).await;
    let round = ask(config).await.unwrap();
    assert_eq!(tactics(&round), [("rfl", -0.75, 2), ("ring_nf", -2.0, 2)]);
}

#[tokio::test]
async fn chat_completions() {
    let chat = json!({ "choices": [{
        "message": { "role": "assistant", "content": "omega" },
        "logprobs": { "content": [{ "token": "omega", "logprob": -0.5 }] },
    }]});
    let (script, config) = serve(vec![Answer::Json(chat)]).await;
    let round = ask(HttpConfig {
        chat: true,
        ..config
    })
    .await
    .unwrap();
    assert_eq!(tactics(&round), [("omega", -0.5, 1)]);
    let seen = script.seen.lock().unwrap();
    assert_eq!(seen[0].0, "/v1/chat/completions");
    assert_eq!(
        seen[0].2["messages"],
        json!([{ "role": "user", "content": "⊢ p:::" }])
    );
    assert_eq!(seen[0].2["logprobs"], json!(true));
}

#[tokio::test]
async fn rounds_get_hotter_and_end() {
    let (script, config) = serve(vec![completions(&[]), completions(&[])]).await;
    let policy = HttpPolicy::new(
        HttpConfig {
            rounds: 2,
            ..config
        },
        None,
    )
    .unwrap();
    assert!(
        policy
            .round(&template(), &whole("p"), 0, 1)
            .await
            .unwrap()
            .more
    );
    assert!(
        !policy
            .round(&template(), &whole("p"), 1, 1)
            .await
            .unwrap()
            .more
    );
    assert_eq!(
        policy.round(&template(), &whole("p"), 2, 1).await.unwrap(),
        Round::default()
    );
    let seen = script.seen.lock().unwrap();
    let temperature = |i: usize| seen[i].2["temperature"].as_f64().unwrap();
    assert!(temperature(1) > temperature(0));
    assert!(!seen[0].1.contains_key("authorization"));
}

#[tokio::test]
async fn busy_broken_and_hanging_servers_are_asked_again() {
    for failure in [
        Answer::Status(429, Some("0")),
        Answer::Status(429, Some("Wed, 21 Oct 2026 07:28:00 GMT")),
        Answer::Status(503, None),
        Answer::Hang,
    ] {
        let (script, config) = serve(vec![failure, completions(&[("rfl", -1.0)])]).await;
        assert_eq!(tactics(&ask(config).await.unwrap()), [("rfl", -1.0, 4)]);
        assert_eq!(script.seen.lock().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up_with_the_way_out() {
    let busy = || Answer::Status(429, None);
    let (script, config) = serve(vec![busy(), busy(), busy()]).await;
    let error = ask(config).await.unwrap_err();
    assert!(matches!(error, PolicyError::Unavailable { .. }));
    let words = error.to_string();
    assert!(
        words.contains("429") && words.contains("policy.http.base_url"),
        "{words}"
    );
    assert_eq!(script.seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn what_asking_again_cannot_mend_is_asked_once() {
    for (answer, word) in [
        (Answer::Garbage, "not JSON"),
        (
            Answer::Json(json!({ "error": "no such model" })),
            "no such model",
        ),
        (Answer::Status(404, None), "404"),
        (Answer::Status(401, None), "API key"),
    ] {
        let (script, config) = serve(vec![answer]).await;
        let words = ask(config).await.unwrap_err().to_string();
        assert!(words.contains(word), "{words}");
        assert_eq!(script.seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn half_an_answer_is_asked_for_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let whole = r#"{"choices":[{"text":"rfl","cumulative_logprob":-1,"num_tokens":1}]}"#;
    let server = tokio::spawn(async move {
        for sent in [&whole[..20], whole] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await.unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", whole.len());
            socket.write_all(head.as_bytes()).await.unwrap();
            socket.write_all(sent.as_bytes()).await.unwrap();
        }
    });
    let config = HttpConfig {
        base_url,
        backoff_ms: 1,
        max_backoff_ms: 2,
        ..HttpConfig::default()
    };
    assert_eq!(tactics(&ask(config).await.unwrap()), [("rfl", -1.0, 1)]);
    server.await.unwrap();
}

#[tokio::test]
async fn requests_wait_for_their_place() {
    let (script, config) = serve((0..6).map(|_| completions(&[("rfl", -1.0)])).collect()).await;
    let policy = Arc::new(
        HttpPolicy::new(
            HttpConfig {
                concurrency: 2,
                ..config
            },
            None,
        )
        .unwrap(),
    );
    let mut asked = tokio::task::JoinSet::new();
    for seed in 0..6 {
        let policy = policy.clone();
        asked.spawn(async move {
            policy
                .round(&template(), &whole("p"), 0, seed)
                .await
                .unwrap()
        });
    }
    while let Some(round) = asked.join_next().await {
        assert_eq!(round.unwrap().proposals.len(), 1);
    }
    assert!(script.most_at_once.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn nobody_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let config = HttpConfig {
        base_url,
        attempts: 1,
        ..HttpConfig::default()
    };
    let words = ask(config).await.unwrap_err().to_string();
    assert!(words.contains("does not answer"), "{words}");
}

#[test]
fn addresses_that_are_none_are_refused_at_once() {
    for base_url in ["127.0.0.1:8000", "ftp://host/v1", ""] {
        let config = HttpConfig {
            base_url: base_url.into(),
            ..HttpConfig::default()
        };
        let error = HttpPolicy::new(config, None)
            .err()
            .expect("refused")
            .to_string();
        assert!(error.contains("base_url"), "{error}");
    }
}

#[test]
fn pauses_honour_retry_after_up_to_the_longest() {
    let config = HttpConfig {
        base_url: "http://127.0.0.1:1/v1".into(),
        backoff_ms: 100,
        max_backoff_ms: 5_000,
        ..HttpConfig::default()
    };
    let client = Client::new(config, None).unwrap();
    let mut rng = rand::SeedableRng::seed_from_u64(1);
    let mut pause = |attempt, asked| client.pause(attempt, asked, &mut rng);
    assert_eq!(
        pause(0, Some(Duration::from_secs(2))),
        Duration::from_secs(2)
    );
    assert_eq!(
        pause(0, Some(Duration::from_secs(3600))),
        Duration::from_secs(5)
    );
    for attempt in 0..40 {
        let full = 100u64.saturating_mul(1 << attempt.min(20)).min(5_000);
        let p = pause(attempt, None).as_millis() as u64;
        assert!((full / 2..=full).contains(&p), "{p}");
    }
}

#[test]
fn a_child_sends_what_follows_the_nearest_state_that_is_named() {
    let parts: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
    let rest = |names: &[Option<&str>]| Prompt::new(&parts, names).rest;
    assert_eq!(rest(&[]), None);
    assert_eq!(rest(&[None, None, None]), None);
    assert_eq!(
        rest(&[Some("s"), None, None]),
        Some(("s".into(), "bc".into()))
    );
    assert_eq!(
        rest(&[Some("s"), Some("t"), None]),
        Some(("t".into(), "c".into()))
    );
    assert_eq!(
        rest(&[Some("s"), None, Some("u")]),
        Some(("u".into(), String::new()))
    );
    assert_eq!(Prompt::new(&parts, &[]).whole, "abc");
}

#[tokio::test]
async fn a_state_that_is_gone_is_not_missed_and_a_new_one_is_remembered() {
    let Answer::Json(mut told) = completions(&[("rfl", -1.0)]) else {
        unreachable!()
    };
    told["state_id"] = json!("new");
    let (script, config) = serve(vec![Answer::Status(404, None), Answer::Json(told)]).await;
    let policy = HttpPolicy::new(config, None).unwrap();
    let parts: Vec<String> = ["a", "b"].map(String::from).to_vec();
    let prompt = Prompt::new(&parts, &[Some("old"), None]);
    let round = policy.round(&template(), &prompt, 0, 1).await.unwrap();
    assert_eq!(round.memory.as_deref(), Some("new"));
    let seen = script.seen.lock().unwrap();
    assert_eq!(
        (&seen[0].2["prompt"], &seen[0].2["parent_state_id"]),
        (&json!("b"), &json!("old"))
    );
    assert_eq!(
        (&seen[1].2["prompt"], &seen[1].2.get("parent_state_id")),
        (&json!("ab"), &None)
    );
}
