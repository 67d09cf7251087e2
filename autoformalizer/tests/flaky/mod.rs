//! The jobs against a real HTTP server that is slow, rate-limits, fails, and answers with HTML or 10 MB.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use lakatos_autoformalizer::formalise::job::{CANDIDATES, STATEMENTS, StatementRow};
use lakatos_autoformalizer::formalise::{Formalise, Problem, Settings};
use lakatos_autoformalizer::model::{Chat, ChatConfig, Meter, Price, Tokens};
use lakatos_autoformalizer::section::job::{Formalise as Section, ITEMS, ItemRow};
use lakatos_autoformalizer::section::{self, file};
use lakatos_datasets::guard::Guard;
use lakatos_datasets::job::{End, MemoryJournal, Options, Plan, Silent, run};
use lakatos_lean_bridge::protocol::Severity;
use lakatos_lean_bridge::testing;
use serde_json::{Value, json};

/// What the server does, besides answering.
#[derive(Default)]
struct Server {
    /// Requests so far.
    asked: AtomicUsize,
    /// The last messages of requests, in order.
    heard: Mutex<Vec<String>>,
    /// Whether it misbehaves.
    calm: bool,
}

const MS: u64 = 120_000;

fn completion(text: &str) -> Response {
    axum::Json(json!({
        "choices": [{"message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    }))
    .into_response()
}

/// What a good formalizer would say.
fn answer(said: &str) -> &'static str {
    // What stands before the problem is its context.
    match said.rsplit("Problem:\n").next().unwrap_or_default() {
        s if s.contains("Do these two") => "DIFFERENT. It is not.",
        s if s.contains("cannot be used:") => {
            "```lean\n/-- Twice. -/\ndef double (n : Nat) : Nat := n + n\n```"
        }
        s if s.contains("Definition (Double)") => {
            "```lean\n@[simp] def double (n : Nat) : Nat := n + n\n```"
        }
        s if s.contains("twice the number") => {
            "Here:\n```lean4\nimport Mathlib\ntheorem x (n : Nat) : double n = 2 * n := by sorry\n```"
        }
        s if s.contains("of a doubled number") => {
            "theorem x (n : Nat) : double (double n) = 4 * n := by sorry"
        }
        s if s.contains("sum of two even") => {
            "theorem x (a b : Nat) (ha : a % 2 = 0) (hb : b % 2 = 0) : (a + b) % 2 = 0 := by sorry"
        }
        s if s.contains("square") => "theorem x (a : Int) : 0 ≤ a * a := by sorry",
        _ => "I do not know.",
    }
}

async fn chat(State(server): State<Arc<Server>>, body: axum::Json<Value>) -> Response {
    let n = server.asked.fetch_add(1, Ordering::SeqCst);
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let said = messages
        .last()
        .and_then(|m| m["content"].as_str())
        .unwrap_or_default()
        .to_owned();
    server.heard.lock().expect("no panic").push(said.clone());
    let good = || completion(answer(&said));
    if server.calm {
        return good();
    }
    match n % 8 {
        0 => (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, "0")],
            "slow down",
        )
            .into_response(),
        1 => (StatusCode::BAD_GATEWAY, "<html><body>502</body></html>").into_response(),
        2 => axum::response::Html("<html><body>Please log in.</body></html>").into_response(),
        3 => "x".repeat(10 << 20).into_response(),
        // Longer than the client waits.
        4 => {
            tokio::time::sleep(Duration::from_secs(4)).await;
            good()
        }
        5 => {
            tokio::time::sleep(Duration::from_millis(200)).await;
            good()
        }
        _ => good(),
    }
}

async fn serve(calm: bool) -> (String, Arc<Server>) {
    let server = Arc::new(Server {
        calm,
        ..Server::default()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = Router::new()
        .route("/v1/chat/completions", post(chat))
        .with_state(Arc::clone(&server));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}/v1"), server)
}

fn client(base_url: &str, token_cap: u64) -> Chat {
    let config = ChatConfig {
        base_url: base_url.to_owned(),
        attempts: 12,
        backoff_ms: 1,
        max_backoff_ms: 20,
        timeout_s: 2,
        concurrency: 3,
        token_cap,
        price: Price {
            prompt: 1.0,
            completion: 10.0,
        },
        ..ChatConfig::default()
    };
    Chat::new(config, None).expect("a client")
}

#[test]
fn a_failing_endpoint_slows_the_job_and_loses_nothing() {
    testing::with_pool(|pool| async move {
        let (url, server) = serve(false).await;
        let problem = |id: &str, informal: &str| Problem {
            id: id.into(),
            informal: informal.into(),
            answer: None,
            context: String::new(),
        };
        let job = |cap: u64, used: Tokens| {
            let meter = Arc::new(Meter::starting(used, 0.0));
            Formalise {
                pool: pool.clone(),
                env: testing::environment(&["Std"]),
                chat: client(&url, cap).on(Arc::clone(&meter)),
                problems: vec![
                    problem("even", "The sum of two even natural numbers is even."),
                    problem("square", "The square of an integer is not negative."),
                ],
                settings: Settings {
                    candidates: 4,
                    repairs: 0,
                    ..Settings::default()
                },
                guard: Guard::new(0),
                judge: Some(client(&url, cap).on(meter)),
                decider: None,
            }
        };
        let plan = Plan::new(vec!["even".into(), "square".into()]);
        let journal = MemoryJournal::default();
        let options = Options {
            seed: 1,
            width: 1.into(),
            retries: 0,
        };
        let go =
            async |job: &Formalise| run(job, &plan, &journal, options, &Silent, &|| false).await;
        // A cap that one problem reaches ends the job between requests; what was done stays.
        let capped = job(300, Tokens::default());
        let ended = go(&capped).await;
        assert!(ended.is_err_and(|e| e.to_string().contains("--token-cap")));
        let used = capped.chat.meter().tokens();
        assert!(used.total() >= 300 && capped.chat.meter().cost() > 0.0);
        // The same command with a higher cap goes on, and the cap counts what was used before.
        assert!(go(&job(300, used)).await.is_err());
        let whole = job(0, used);
        assert_eq!(go(&whole).await.expect("it ends"), End::Complete);
        let entries = crate::journal_entries(&journal, plan.len());
        let statements: Vec<StatementRow> = crate::rows(&entries, STATEMENTS);
        assert_eq!(statements.len(), 2, "{entries:#?}");
        for row in &statements {
            assert_eq!(row.candidates, 4);
            // A judge's word lowers nothing by itself.
            assert!(row.passed > 0 && row.quality.word() != "poor", "{row:?}");
        }
        assert!(
            entries
                .iter()
                .all(|e| e.rows.iter().any(|r| r.table == CANDIDATES))
        );
        assert!(server.asked.load(Ordering::SeqCst) > 10);
    });
}

#[test]
fn a_section_becomes_one_file_that_lean_accepts() {
    const SECTION: &str = "\\begin{definition}[Double]\\label{d}The double of a natural number $n$ is $n + n$.\\end{definition}\n\
        \\begin{lemma}[Twice]The double is twice the number, by \\ref{d}.\\end{lemma}\\begin{proof}By -/ \\ref{d}.\\end{proof}\n\
        \\begin{theorem}Nobody knows this.\\end{theorem}\n\
        \\begin{cor}[End]The double of a doubled number is four times it.\\end{cor}";
    testing::with_pool(|pool| async move {
        let (url, server) = serve(true).await;
        let (pieces, faults) = section::read(SECTION.as_bytes());
        assert!(faults.is_empty(), "{faults:?}");
        let keys: Vec<String> = pieces.iter().map(|p| p.name.clone()).collect();
        let plan = Plan::new(keys);
        let journal = MemoryJournal::default();
        let make = || {
            Section::new(
                pool.clone(),
                vec!["Std".into()],
                "Doubling".into(),
                client(&url, 0),
                pieces.clone(),
                Settings {
                    candidates: 2,
                    repairs: 1,
                    ..Settings::default()
                },
                None,
                &journal,
            )
            .expect("a journal in memory")
        };
        let options = Options {
            seed: 1,
            width: 1.into(),
            retries: 0,
        };
        // Stopped after an item and gone on with by another job: the text is made from the journal.
        let done = AtomicUsize::new(0);
        let stop = || done.fetch_add(1, Ordering::SeqCst) >= 2;
        let end = run(&make(), &plan, &journal, options, &Silent, &stop).await;
        assert_eq!(end.expect("it stops"), End::Interrupted);
        let end = run(&make(), &plan, &journal, options, &Silent, &|| false).await;
        assert_eq!(end.expect("it ends"), End::Complete);
        let rows: Vec<ItemRow> = crate::rows(&crate::journal_entries(&journal, plan.len()), ITEMS);
        let whole = file::whole(&["Std".into()], "Doubling", &rows);
        insta::assert_snapshot!(whole);
        let body = file::whole(&[], "Doubling", &rows);
        let report = pool.check(&testing::environment(&["Std"]), &body, MS).await;
        let report = report.expect("Lean reads it");
        let errors: Vec<_> = report
            .messages
            .iter()
            .filter(|m| m.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert!(
            report
                .declarations
                .iter()
                .any(|d| d.name == "Doubling.twice")
        );
        // Later items are asked for with the earlier ones' Lean before them.
        let heard = server.heard.lock().expect("no panic");
        assert!(
            heard
                .iter()
                .any(|h| h.contains("of a doubled number") && h.contains("theorem twice"))
        );
    });
}
