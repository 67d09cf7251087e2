//! The server over HTTP, on a tiny model with random weights.

#![expect(clippy::unwrap_used, reason = "tests outside of test functions")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use common::{configs, tokens};
use lakatos_model_server::model::chat_template::ChatTemplate;
use lakatos_model_server::model::tokenizer::Tokenizer;
use lakatos_model_server::server::{Options, Server};
use lakatos_model_server::{Model, ModelConfig};
use serde_json::{Value, json};

/// A token for each byte, and an ending one.
fn tokenizer(config: &ModelConfig) -> Tokenizer {
    let printable = |b: u32| (33..=126).contains(&b) || (161..=172).contains(&b) || b >= 174;
    let mut shifted = 256;
    let mut vocab = serde_json::Map::new();
    for byte in 0..256_u32 {
        let shown = if printable(byte) {
            byte
        } else {
            shifted += 1;
            shifted - 1
        };
        vocab.insert(char::from_u32(shown).unwrap().into(), json!(byte));
    }
    let level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false});
    let end = json!({"id": 256, "content": "<end>", "special": true, "single_word": false,
        "lstrip": false, "rstrip": false, "normalized": false});
    // Left over from training, as in many published files: neither may touch a prompt.
    let truncation =
        json!({"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0});
    let padding = json!({"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "!"});
    let file = json!({
        "version": "1.0", "truncation": truncation, "padding": padding, "added_tokens": [end],
        "normalizer": null, "pre_tokenizer": level, "post_processor": null, "decoder": level,
        "model": {"type": "BPE", "vocab": vocab, "merges": []}
    });
    Tokenizer::from_bytes(file.to_string().as_bytes(), config).unwrap()
}

struct Running {
    url: String,
    server: Arc<Server>,
    http: reqwest::Client,
}

async fn listen(options: Options) -> Running {
    let server = Server::new(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = server.router();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Running {
        url,
        server,
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
    }
}

fn load(running: &Running) {
    load_with(running, json!(256));
}

fn load_with(running: &Running, end: Value) {
    let mut config = configs()[4].1.clone();
    config["vocab_size"] = json!(257);
    config["eos_token_id"] = end;
    let config = ModelConfig::from_json(config).unwrap();
    let tokenizer = tokenizer(&config);
    let mut model: Model = Model::random(config, 3);
    // Wider logits, so that samples differ in more than chance.
    model.update(|p| p.tensors_mut()[0].iter_mut().for_each(|x| *x *= 30.0));
    running.server.start(model, tokenizer).unwrap();
}

async fn serve() -> Running {
    let running = listen(Options::new("tiny")).await;
    load(&running);
    running
}

impl Running {
    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.url));
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }

    async fn complete(&self, body: Value) -> Value {
        let (status, value) = self.post("/v1/completions", &body).await;
        assert_eq!(status, 200, "{value}");
        value
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.http.get(format!("{}{path}", self.url));
        let response = response.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.get("/metrics").await;
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix(&format!("lakatos_model_{name} ")));
        line.unwrap().parse().unwrap()
    }

    async fn refused(&self, path: &str, body: &str, status: u16, code: &str) {
        let request = self.http.post(format!("{}{path}", self.url));
        let response = request.body(body.to_owned()).send().await.unwrap();
        let found = response.status().as_u16();
        let value: Value = response.json().await.unwrap();
        assert_eq!(
            (found, &value["error"]["code"]),
            (status, &json!(code)),
            "{body}: {value}"
        );
        assert!(value["error"]["message"].as_str().unwrap().len() > 10);
        assert!(value["error"]["type"].is_string());
    }
}

fn texts(answer: &Value) -> Vec<String> {
    let choices = answer["choices"].as_array().unwrap();
    let text = |c: &Value| c["text"].as_str().unwrap().to_owned();
    choices.iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_it_loads_and_then_serves() {
    let running = listen(Options::new("tiny")).await;
    assert_eq!(running.get("/health").await.0, 503);
    assert_eq!(running.get("/v1/models").await.0, 503);
    let early = json!({"prompt": "a"});
    assert_eq!(running.post("/v1/completions", &early).await.0, 503);
    load(&running);
    assert_eq!(running.get("/health").await.0, 200);
    let models: Value = serde_json::from_str(&running.get("/v1/models").await.1).unwrap();
    assert_eq!(models["data"][0]["id"], "tiny");
    assert_eq!(models["data"][0]["lakatos"]["states"], true);
    assert_eq!(running.get("/v1/models/tiny").await.0, 200);
    assert_eq!(running.get("/v1/models/other").await.0, 404);
    assert_eq!(running.get("/nowhere").await.0, 404);
    assert_eq!(running.get("/v1/completions").await.0, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_samples_read_their_prompt_once_and_a_child_only_its_own() {
    let running = serve().await;
    let answer = running
        .complete(json!({"prompt": "n : Nat\n⊢ n = n", "n": 16, "seed": 1, "max_tokens": 8}))
        .await;
    assert_eq!(answer["choices"].as_array().unwrap().len(), 16);
    let tokens = answer["usage"]["prompt_tokens"].as_f64().unwrap();
    assert_eq!(tokens, "n : Nat\n⊢ n = n".len() as f64);
    assert_eq!(running.metric("prefills_total").await, 1.0);
    assert_eq!(running.metric("prefill_tokens_total").await, tokens);
    let state = &answer["state_id"];
    assert!(state.is_string());

    // The child pays for what it appends.
    let child =
        json!({"parent_state_id": state, "prompt": "xyz", "n": 3, "seed": 5, "max_tokens": 8});
    let forked = running.complete(child.clone()).await;
    assert_eq!(running.metric("prefill_tokens_total").await, tokens + 3.0);
    assert_eq!(
        forked["usage"]["prompt_tokens_details"]["cached_tokens"],
        json!(tokens as u64)
    );
    // Bitwise the same once more, and from the whole text.
    let again = running.complete(child).await;
    assert_eq!(again["choices"], forked["choices"]);
    let whole = json!({"prompt": "n : Nat\n⊢ n = nxyz", "n": 3, "seed": 5, "max_tokens": 8});
    assert_eq!(running.complete(whole).await["choices"], forked["choices"]);
    assert_eq!(running.metric("prefill_tokens_total").await, tokens + 3.0);

    // From a state alone, without a token more.
    let same = running
        .complete(json!({"parent_state_id": state, "n": 16, "seed": 1, "max_tokens": 8}))
        .await;
    assert_eq!(same["choices"], answer["choices"]);
    for unknown in ["nonsense", "state-0000000000000000-0000000000000000-3"] {
        let body = json!({"parent_state_id": unknown, "prompt": "x"}).to_string();
        running
            .refused("/v1/completions", &body, 404, "unknown_state")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_gives_the_same_text_whatever_else_runs() {
    let running = Arc::new(serve().await);
    let mine = json!({"prompt": "theorem", "n": 2, "seed": 9, "max_tokens": 24, "logprobs": 2});
    let alone = running.complete(mine.clone()).await;
    let others: Vec<_> = (0..12)
        .map(|i| {
            let running = Arc::clone(&running);
            let body = json!({"prompt": format!("other {i}"), "n": 1 + i % 3, "seed": i, "max_tokens": 40});
            tokio::spawn(async move { running.complete(body).await })
        })
        .collect();
    let together = running.complete(mine).await;
    for other in others {
        other.await.unwrap();
    }
    assert_eq!(together["choices"], alone["choices"]);
    assert_ne!(texts(&alone)[0], texts(&alone)[1]);
    let choice = &alone["choices"][0];
    let logprobs = choice["logprobs"]["token_logprobs"].as_array().unwrap();
    let sum: f64 = logprobs.iter().map(|p| p.as_f64().unwrap()).sum();
    assert!((sum - choice["cumulative_logprob"].as_f64().unwrap()).abs() < 1e-9);
    assert_eq!(choice["num_tokens"], logprobs.len());
}

/// The pieces of a stream, joined for each choice: text, reason, token log-probabilities.
fn joined(body: &str, chat: bool) -> Vec<(String, Value, Vec<Value>)> {
    let mut out: Vec<(String, Value, Vec<Value>)> = Vec::new();
    let mut ended = false;
    for line in body.lines().filter_map(|l| l.strip_prefix("data: ")) {
        if line == "[DONE]" {
            ended = true;
            continue;
        }
        let chunk: Value = serde_json::from_str(line).unwrap();
        for choice in chunk["choices"].as_array().unwrap() {
            let i = choice["index"].as_u64().unwrap() as usize;
            out.resize(out.len().max(i + 1), Default::default());
            let (text, reason, logprobs) = &mut out[i];
            let (piece, list) = if chat {
                (&choice["delta"]["content"], &choice["logprobs"]["content"])
            } else {
                (&choice["text"], &choice["logprobs"]["token_logprobs"])
            };
            text.push_str(piece.as_str().unwrap());
            logprobs.extend(list.as_array().into_iter().flatten().cloned());
            if !choice["finish_reason"].is_null() {
                *reason = choice["finish_reason"].clone();
            }
        }
    }
    assert!(ended, "{body}");
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_what_the_whole_says() {
    let running = serve().await;
    for (path, ask) in [
        ("/v1/completions", json!({"prompt": "α ⊢", "logprobs": 1})),
        (
            "/v1/chat/completions",
            json!({"messages": [{"role": "user", "content": "α ⊢"}], "logprobs": true}),
        ),
    ] {
        let chat = path.contains("chat");
        for (stop, beam) in [
            (json!(null), false),
            (json!(["a", "\n"]), false),
            (json!(["e"]), true),
        ] {
            let mut body = ask.clone();
            for (key, value) in [
                ("n", json!(4)),
                ("seed", json!(2)),
                ("max_tokens", json!(40)),
                ("stop", stop.clone()),
                ("use_beam_search", json!(beam)),
            ] {
                body[key] = value;
            }
            let (status, whole) = running.post(path, &body).await;
            assert_eq!(status, 200, "{whole}");
            body["stream"] = json!(true);
            let request = running.http.post(format!("{}{path}", running.url));
            let response = request.body(body.to_string()).send().await.unwrap();
            assert_eq!(response.headers()["content-type"], "text/event-stream");
            let streamed = joined(&response.text().await.unwrap(), chat);
            let choices = whole["choices"].as_array().unwrap();
            assert_eq!(streamed.len(), choices.len());
            for ((text, reason, logprobs), choice) in streamed.iter().zip(choices) {
                let (expected, list) = if chat {
                    (
                        &choice["message"]["content"],
                        &choice["logprobs"]["content"],
                    )
                } else {
                    (&choice["text"], &choice["logprobs"]["token_logprobs"])
                };
                assert_eq!(&json!(text), expected);
                assert_eq!(reason, &choice["finish_reason"]);
                assert_eq!(&json!(logprobs), list);
                for stop in stop.as_array().into_iter().flatten() {
                    assert!(!text.contains(stop.as_str().unwrap()), "{text}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_completions_are_scored() {
    let running = serve().await;
    let made = running
        .complete(json!({"prompt": "goal", "temperature": 0, "max_tokens": 6, "logprobs": 0}))
        .await;
    let choice = &made["choices"][0];
    let ids: Vec<u32> = "goal".bytes().map(u32::from).collect();
    // What was generated greedily may hold bytes that are no text: it is scored by its tokens.
    let made = choice["logprobs"]["token_logprobs"].as_array().unwrap();
    let text = json!({"prompt": "goal", "echo": true, "max_tokens": 0, "logprobs": 1});
    let scored = running.complete(text).await;
    assert_eq!(scored["choices"][0]["text"], "goal");
    let list = &scored["choices"][0]["logprobs"];
    assert_eq!(list["tokens"], json!(["g", "o", "a", "l"]));
    assert!(list["token_logprobs"][0].is_null());
    let long = tokens(600, 256, 3);
    let body = json!({"prompt": long, "echo": true, "max_tokens": 0, "logprobs": 0});
    let answer = running.complete(body).await;
    let all = &answer["choices"][0]["logprobs"]["token_logprobs"];
    assert_eq!(all.as_array().map(Vec::len), Some(600));
    let by_tokens = json!({"prompt": ids, "echo": true, "max_tokens": 0, "logprobs": 1});
    assert_eq!(
        &running.complete(by_tokens).await["choices"][0]["logprobs"],
        list
    );
    // The first generated token's log-probability is the one that scoring gives it.
    let first = choice["logprobs"]["tokens"][0].as_str().unwrap();
    if !first.contains(char::REPLACEMENT_CHARACTER) && !first.starts_with('<') {
        let longer =
            json!({"prompt": format!("goal{first}"), "echo": true, "max_tokens": 0, "logprobs": 0});
        let list = running.complete(longer).await;
        let given = list["choices"][0]["logprobs"]["token_logprobs"][4]
            .as_f64()
            .unwrap();
        assert!((given - made[0].as_f64().unwrap()).abs() < 1e-4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beams_are_ranked_and_equal_texts_merged() {
    let running = serve().await;
    let beams = running
        .complete(
            json!({"prompt": "x", "use_beam_search": true, "n": 3, "best_of": 6,
            "length_penalty": 0.0, "max_tokens": 5}),
        )
        .await;
    let sums: Vec<f64> = beams["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["cumulative_logprob"].as_f64().unwrap())
        .collect();
    assert!(
        sums.len() == 3 && sums.is_sorted_by(|a, b| a >= b),
        "{sums:?}"
    );
    let merged = running
        .complete(json!({"prompt": "x", "n": 40, "max_tokens": 1, "temperature": 0.3, "seed": 1, "dedupe": true}))
        .await;
    let choices = merged["choices"].as_array().unwrap();
    let count: u64 = choices.iter().map(|c| c["count"].as_u64().unwrap()).sum();
    assert!(count == 40 && choices.len() < 40);
    let body = json!({"name": "tiny", "input": "⊢ p", "prefix": "si"});
    let (status, outputs) = running.post("/generate", &body).await;
    assert_eq!(status, 200, "{outputs}");
    for output in outputs["outputs"].as_array().unwrap() {
        assert!(output["output"].as_str().unwrap().starts_with("si"));
        assert!((0.0..=1.0).contains(&output["score"].as_f64().unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_and_others_untouched() {
    let mut options = Options::new("tiny");
    options.max_context = 200;
    options.max_body = 10_000;
    let running = listen(options).await;
    load(&running);
    let running = Arc::new(running);
    let good = {
        let running = Arc::clone(&running);
        let body = json!({"prompt": "steady", "seed": 4, "max_tokens": 150});
        tokio::spawn(async move { running.complete(body).await })
    };
    let completions = "/v1/completions";
    let long = json!({"prompt": "a".repeat(300)}).to_string();
    for (body, status, code) in [
        ("{\"prompt\": ", 400, "malformed_request"),
        ("", 400, "malformed_request"),
        ("3", 400, "malformed_request"),
        ("{\"prompt\": 3}", 400, "malformed_request"),
        ("{\"prompt\": \"\"}", 400, "invalid_parameter"),
        ("{}", 400, "invalid_parameter"),
        ("{\"prompt\": [\"a\", \"b\"]}", 400, "invalid_parameter"),
        ("{\"prompt\": [999]}", 400, "invalid_parameter"),
        ("{\"prompt\": [4294967296]}", 400, "malformed_request"),
        (
            "{\"parent_state_id\": \"state-0000000000000001-0000000000000002-18446744073709551615\", \"prompt\": \"a\"}",
            400,
            "context_length_exceeded",
        ),
        (
            "{\"prompt\": \"a\", \"model\": \"gpt\"}",
            404,
            "model_not_found",
        ),
        ("{\"prompt\": \"a\", \"n\": 0}", 400, "invalid_parameter"),
        (
            "{\"prompt\": \"a\", \"n\": 100000}",
            400,
            "invalid_parameter",
        ),
        ("{\"prompt\": \"a\", \"n\": -1}", 400, "malformed_request"),
        (
            "{\"prompt\": \"a\", \"temperature\": -1}",
            400,
            "invalid_parameter",
        ),
        (
            "{\"prompt\": \"a\", \"top_p\": 0}",
            400,
            "invalid_parameter",
        ),
        (
            "{\"prompt\": \"a\", \"stop\": [\"\"]}",
            400,
            "invalid_parameter",
        ),
        (
            "{\"prompt\": \"a\", \"logprobs\": 99}",
            400,
            "invalid_parameter",
        ),
        (
            "{\"prompt\": \"a\", \"frequency_penalty\": 1}",
            400,
            "invalid_parameter",
        ),
        (
            "{\"prompt\": \"a\", \"max_tokens\": 300}",
            400,
            "context_length_exceeded",
        ),
        (&long, 400, "context_length_exceeded"),
    ] {
        running.refused(completions, body, status, code).await;
    }
    let large = " ".repeat(10_001);
    running.refused(completions, &large, 413, "too_large").await;
    running
        .refused(
            "/v1/chat/completions",
            "{\"messages\": []}",
            400,
            "invalid_parameter",
        )
        .await;
    running
        .refused(
            "/generate",
            "{\"name\": \"other\", \"input\": \"\"}",
            404,
            "model_not_found",
        )
        .await;
    running.refused("/nowhere", "{}", 404, "not_found").await;
    let answer = good.await.unwrap();
    let again = running
        .complete(json!({"prompt": "steady", "seed": 4, "max_tokens": 150}))
        .await;
    assert_eq!(answer["choices"], again["choices"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_so_and_who_goes_away_makes_room() {
    let mut options = Options::new("tiny");
    options.queue = 2;
    options.max_context = 10_000_000;
    let running = listen(options).await;
    load_with(&running, Value::Null);
    // Two that would go on for very long: no token ends them, nor does a stop.
    let endless = json!({"prompt": "a", "max_tokens": 9_000_000, "stream": true, "n": 1, "seed": 1,
        "temperature": 100});
    let mut streams = Vec::new();
    for _ in 0..2 {
        let request = running.http.post(format!("{}/v1/completions", running.url));
        let response = request.body(endless.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        streams.push(response);
    }
    let request = running.http.post(format!("{}/v1/completions", running.url));
    let response = request.body("{\"prompt\": \"b\"}").send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
    let value: Value = response.json().await.unwrap();
    assert_eq!(value["error"]["code"], "busy");
    drop(streams);
    // Their places come free without their ten million tokens.
    while running.metric("queued_requests").await > 0.0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(running.metric("cancelled_total").await, 2.0);
    let answer = running.complete(json!({"prompt": "b", "seed": 1})).await;
    assert_eq!(answer["object"], "text_completion");
}

#[tokio::test(flavor = "multi_thread")]
async fn states_without_room_are_an_error_of_the_request() {
    let mut options = Options::new("tiny");
    options.limits.running_bytes = 10_000;
    options.limits.cache_bytes = 0;
    let running = listen(options).await;
    load(&running);
    let body = json!({"prompt": "a", "n": 200, "max_tokens": 2}).to_string();
    running
        .refused("/v1/completions", &body, 400, "no_memory")
        .await;
    // A stream that cannot begin is refused like any other request.
    let body = json!({"prompt": "a", "n": 200, "max_tokens": 2, "stream": true}).to_string();
    running
        .refused("/v1/completions", &body, 400, "no_memory")
        .await;
    let answer = running
        .complete(json!({"prompt": "a", "max_tokens": 2}))
        .await;
    assert!(answer["state_id"].is_null(), "nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_written_by_the_checkpoints_template() {
    const TEMPLATE: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
        {% if messages[-1].role == 'assistant' %}{{ raise_exception('the last word is yours') }}{% endif %}\
        {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    let chat = "/v1/chat/completions";
    let ask = |messages: Value| json!({"messages": messages, "seed": 1, "max_tokens": 9});
    let parts = json!([{"type": "text", "text": "⊢ "}, {"type": "text", "text": "p"}]);
    let user = json!({"role": "user", "content": parts});
    let system = json!({"role": "system", "content": "Prove."});
    let mut options = Options::new("tiny");
    let config = json!({"eos_token": "<end>"});
    options.chat = Ok(Some(ChatTemplate::new(TEMPLATE.into(), &config).unwrap()));
    let running = listen(options).await;
    load(&running);
    let (status, answer) = running.post(chat, &ask(json!([system, user]))).await;
    assert_eq!(status, 200, "{answer}");
    let written = "<|im_start|>system\nProve.<|im_end|>\n<|im_start|>user\n⊢ p<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(answer["usage"]["prompt_tokens"], written.len());
    let same = json!({"prompt": written, "seed": 1, "max_tokens": 9});
    let text = &running.complete(same).await["choices"][0]["text"];
    assert_eq!(&answer["choices"][0]["message"]["content"], text);
    let own = json!({"role": "assistant", "content": "rfl"});
    let body = ask(json!([user, own])).to_string();
    running.refused(chat, &body, 400, "chat_template").await;
    for wrong in [
        json!([{"content": "a"}]),
        json!([{"role": "user"}]),
        json!([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]),
    ] {
        let body = ask(wrong).to_string();
        running.refused(chat, &body, 400, "invalid_parameter").await;
    }
    let mut options = Options::new("tiny");
    let broken = ChatTemplate::new("{% if %}".into(), &config).unwrap_err();
    options.chat = Err(broken.to_string());
    let running = listen(options).await;
    load(&running);
    let body = ask(json!([user])).to_string();
    running.refused(chat, &body, 400, "chat_template").await;
    running.complete(json!({"prompt": "a"})).await;
}

/// A Python with OpenAI's client in it, where one can be had.
fn python_with_client() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/openai-client");
    let python = venv.join("bin/python");
    let succeeds = |command: &mut Command| command.output().is_ok_and(|o| o.status.success());
    let has = |python: &Path| succeeds(Command::new(python).args(["-c", "import openai"]));
    if has(&python) {
        return Some(python);
    }
    let _ = std::fs::remove_dir_all(&venv);
    let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "openai==3.57.0",
    ];
    (made && succeeds(Command::new(&python).args(install)) && has(&python)).then_some(python)
}

#[tokio::test(flavor = "multi_thread")]
async fn openais_own_client_works_unchanged() {
    let Some(python) = python_with_client() else {
        println!("skipped: python3 with pip and its package index are needed for OpenAI's client");
        return;
    };
    let running = serve().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/openai_client.py");
    let url = running.url.clone();
    let ask = move || Command::new(python).arg(script).arg(url).output();
    let output = tokio::task::spawn_blocking(ask).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("all as expected"), "{said}\n{errors}");
}
