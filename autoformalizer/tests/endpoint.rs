//! The chat client against servers that misbehave. No Lean.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lakatos_autoformalizer::model::{Chat, ChatConfig, Message, ModelError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const GOOD: &str = r#"{"choices":[{"message":{"role":"assistant","content":"hello"}}],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#;

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

/// A server that gives one answer after the other, the last for ever. An empty one is never finished.
async fn server(answers: Vec<Vec<u8>>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            let n = count.fetch_add(1, Ordering::SeqCst);
            let answer = answers[n.min(answers.len() - 1)].clone();
            tokio::spawn(async move {
                let mut request = [0u8; 65536];
                let _ = stream.read(&mut request).await;
                if answer.is_empty() {
                    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
                }
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (format!("http://{address}/v1"), asked)
}

fn client(base_url: String) -> Chat {
    let config = ChatConfig {
        base_url,
        attempts: 3,
        backoff_ms: 1,
        max_backoff_ms: 5,
        timeout_s: 1,
        ..ChatConfig::default()
    };
    Chat::new(config, None).expect("a client")
}

async fn ask(answers: Vec<Vec<u8>>) -> (Result<String, ModelError>, usize) {
    let (url, asked) = server(answers).await;
    let answer = client(url).ask(&[Message::user("hi")], 1).await;
    (answer.map(|a| a.text), asked.load(Ordering::SeqCst))
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_lasts_is_not() {
    let good = || http("200 OK", "", GOOD);
    let busy = || http("429 Too Many Requests", "retry-after: 0\r\n", "slow down");
    let broken = || http("500 Internal Server Error", "", "oops");
    assert_eq!(ask(vec![good()]).await, (Ok("hello".into()), 1));
    assert_eq!(
        ask(vec![busy(), broken(), good()]).await,
        (Ok("hello".into()), 3)
    );
    // One that only asks for patience gets more of it; a date that has passed is no pause.
    let (error, asked) = ask(vec![busy()]).await;
    assert!(matches!(error, Err(ModelError::Unavailable { .. })) && asked == 6);
    let dated = |status| {
        http(
            status,
            "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n",
            "later",
        )
    };
    let patient = ["429 Too Many Requests", "503 Service Unavailable"].map(dated);
    assert_eq!(
        ask(patient.into_iter().chain([good()]).collect()).await,
        (Ok("hello".into()), 3)
    );
    // A rest that no command should sit through is said at once.
    let (error, asked) = ask(vec![http(
        "429 Too Many Requests",
        "retry-after: 86400\r\n",
        "",
    )])
    .await;
    assert!(error.is_err_and(|e| e.to_string().contains("86400 s")) && asked == 1);
    let (error, asked) = ask(vec![http("401 Unauthorized", "", "no")]).await;
    assert!(matches!(error, Err(ModelError::Unavailable { .. })) && asked == 1);
}

#[tokio::test]
async fn answers_that_are_none_cost_one_candidate() {
    for body in [
        "<html>502</html>",
        "",
        "{\"choices\":[]}",
        "{\"choices\":[{\"message\":{}}]}",
        "\u{0}\u{fffd}",
    ] {
        let (answer, asked) = ask(vec![http("200 OK", "", body)]).await;
        assert!(
            matches!(answer, Err(ModelError::BadAnswer { .. })),
            "{body}: {answer:?}"
        );
        assert_eq!(asked, 1);
    }
    let long = "x".repeat(10 << 20);
    let (answer, _) = ask(vec![http("200 OK", "", &long)]).await;
    assert!(matches!(answer, Err(ModelError::BadAnswer { .. })));
}

#[tokio::test]
async fn a_server_that_hangs_or_is_not_there_is_given_up() {
    let (answer, asked) = ask(vec![Vec::new()]).await;
    assert!(matches!(answer, Err(ModelError::Unavailable { .. })) && asked == 3);
    let nobody = client("http://127.0.0.1:9/v1".into());
    let answer = nobody.ask(&[Message::user("hi")], 1).await;
    assert!(matches!(answer, Err(ModelError::Unavailable { .. })));
    for address in ["", "nonsense", "ftp://host/v1"] {
        let config = ChatConfig {
            base_url: address.into(),
            ..ChatConfig::default()
        };
        assert!(Chat::new(config, None).is_err(), "{address}");
    }
}

#[tokio::test]
async fn the_cap_ends_the_asking() {
    let (base_url, asked) = server(vec![http("200 OK", "", GOOD)]).await;
    let config = ChatConfig {
        base_url,
        token_cap: 15,
        ..ChatConfig::default()
    };
    let chat = Chat::new(config, None).expect("a client");
    for _ in 0..2 {
        assert!(chat.ask(&[Message::user("hi")], 1).await.is_ok());
    }
    let spent = chat.ask(&[Message::user("hi")], 1).await;
    assert_eq!(spent.err(), Some(ModelError::Spent { cap: 15, used: 20 }));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
