//! The Kimina Lean server's `POST /api/check` and `POST /verify`, so that its clients work unchanged.
//!
//! Its clients believe a text that has neither an error among its messages nor a `sorry` in its list. So
//! whatever is not accepted here has one or the other: where Lean itself said nothing, a message of
//! severity `error` says why the text is not accepted.

use std::collections::HashSet;

use axum::Json;
use axum::extract::{Request, State};
use futures_util::{StreamExt, TryStreamExt, stream};
use lakatos_lean_bridge::text::{Said, TextReport};
use lakatos_lean_bridge::verdict::Verdict;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::judge::{Judged, Wish};
use super::{Shared, body};

/// Which nodes of the info trees a client may ask for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Infotree {
    Full,
    Tactics,
    Original,
    Substantive,
}

impl Infotree {
    fn word(self) -> String {
        match self {
            Self::Full => "full",
            Self::Tactics => "tactics",
            Self::Original => "original",
            Self::Substantive => "substantive",
        }
        .to_owned()
    }
}

/// A client's number or word for a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(i64),
}

impl Id {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(n) => n.to_string(),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Snippet {
    id: String,
    code: String,
}

/// `reuse` is read and has no effect: processes are always used again as far as that is safe.
#[derive(Debug, Deserialize)]
struct CheckRequest {
    snippets: Vec<Snippet>,
    timeout: Option<f64>,
    #[serde(default)]
    debug: bool,
    #[serde(default = "yes")]
    #[expect(dead_code, reason = "checked for its type only")]
    reuse: bool,
    infotree: Option<Infotree>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
struct Code {
    custom_id: Id,
    proof: Option<String>,
    code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct VerifyRequest {
    codes: Vec<Code>,
    timeout: Option<f64>,
    infotree_type: Option<Infotree>,
    #[serde(default)]
    disable_cache: bool,
}

/// A text with its name.
struct Text {
    id: String,
    code: String,
}

/// `POST /api/check`
pub async fn check(
    State(service): State<Shared>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let asked: CheckRequest = body::read(request, service.options.max_body).await?;
    let mut ids = HashSet::new();
    if let Some(twice) = asked.snippets.iter().find(|s| !ids.insert(&s.id)) {
        let message = format!(
            "two snippets have the id `{}`; ids must be unique",
            twice.id
        );
        return Err(ApiError::invalid(message));
    }
    let wish = wish(&service, asked.timeout, 30, asked.infotree, true)?;
    let texts = asked.snippets.into_iter().map(|s| Text {
        id: s.id,
        code: s.code,
    });
    let results = all(&service, texts.collect(), &wish).await?;
    let results: Vec<Value> = results
        .into_iter()
        .map(|(id, judged)| {
            let mut result = json!({"id": id, "time": seconds(&judged.report)});
            match answer(&judged.report) {
                Ok(response) => result["response"] = response,
                Err(error) => result["error"] = error.into(),
            }
            if asked.debug {
                result["diagnostics"] = diagnostics(&judged.report);
            }
            result["lakatos"] = ours(&judged);
            result
        })
        .collect();
    Ok(Json(json!({"results": results})))
}

/// `POST /verify`
pub async fn verify(
    State(service): State<Shared>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let asked: VerifyRequest = body::read(request, service.options.max_body).await?;
    let wish = wish(
        &service,
        asked.timeout,
        300,
        asked.infotree_type,
        !asked.disable_cache,
    )?;
    let mut texts = Vec::with_capacity(asked.codes.len());
    for code in asked.codes {
        let id = code.custom_id.text();
        let Some(code) = code.proof.or(code.code) else {
            let message = format!("`{id}` has neither `proof` nor `code`");
            return Err(ApiError::invalid(message));
        };
        texts.push(Text { id, code });
    }
    let results = all(&service, texts, &wish).await?;
    let results: Vec<Value> = results
        .into_iter()
        .map(|(id, judged)| {
            let (response, error) = match answer(&judged.report) {
                Ok(mut response) => {
                    response["time"] = seconds(&judged.report).into();
                    (response, Value::Null)
                }
                Err(error) => (Value::Null, error.into()),
            };
            json!({
                "custom_id": id, "error": error, "response": response, "lakatos": ours(&judged)
            })
        })
        .collect();
    Ok(Json(json!({"results": results})))
}

fn wish(
    service: &Shared,
    timeout: Option<f64>,
    default: u32,
    infotree: Option<Infotree>,
    cached: bool,
) -> Result<Wish, ApiError> {
    Ok(Wish {
        timeout_ms: service.timeout_ms(timeout, default)?,
        axioms: service.options.axioms.clone(),
        infotree: infotree.map(Infotree::word),
        cached,
        thorough: false,
    })
}

/// Judges the texts, some at a time; the answers are in their order.
async fn all(
    service: &Shared,
    texts: Vec<Text>,
    wish: &Wish,
) -> Result<Vec<(String, Judged<TextReport>)>, ApiError> {
    if texts.is_empty() {
        return Err(ApiError::invalid(
            "there is no text to check; send at least one",
        ));
    }
    let _admission = service.queue.admit(texts.len())?;
    stream::iter(texts)
        .map(|text| async move {
            let judged = service.text(text.code, wish).await?;
            Ok((text.id, judged))
        })
        .buffered(service.queue.slots())
        .try_collect()
        .await
}

fn seconds(report: &TextReport) -> f64 {
    report.elaboration_seconds + report.kernel_seconds
}

/// What the REPL would answer; the error is what the server would say in its place.
fn answer(report: &TextReport) -> Result<Value, String> {
    let said = |verdict: &str, class: &str, message: &str| {
        Said::error(format!("Lakatos: {verdict} ({class}): {message}"))
    };
    let (mut messages, sorries, infotree) = match &report.elaborated {
        Some(e) => (e.messages.clone(), e.sorries.clone(), e.infotree.clone()),
        None => (Vec::new(), Vec::new(), None),
    };
    let has_error = report
        .elaborated
        .as_ref()
        .is_some_and(|e| e.error().is_some());
    match &report.verdict {
        Verdict::Accepted { .. } => {}
        Verdict::Rejected { reason } => {
            // A hole that is in the list is known to everybody.
            let known = has_error || (reason.class == "sorry" && !sorries.is_empty());
            if !known {
                messages.push(said("not accepted", &reason.class, &reason.message));
            }
        }
        Verdict::Declined { reason } => match reason.class.as_str() {
            "timeout" => return Err(format!("Lean timed out: {}", reason.message)),
            "memory" => return Err(format!("Lean ran out of memory: {}", reason.message)),
            // Lean's own errors come first; this says what would mend them.
            class => messages.push(said("not judged", class, &reason.message)),
        },
        Verdict::Fault { reason } => {
            return Err(format!(
                "the checker failed ({}): {}",
                reason.class, reason.message
            ));
        }
    }
    let mut response = json!({"env": 0});
    if !messages.is_empty() {
        response["messages"] = json!(messages);
    }
    if !sorries.is_empty() {
        response["sorries"] = json!(sorries);
    }
    if let Some(infotree) = infotree {
        response["infotree"] = infotree;
    }
    Ok(response)
}

fn diagnostics(report: &TextReport) -> Value {
    let mut diagnostics = json!({"repl_uuid": "lakatos"});
    if let Some(mb) = report.memory_mb {
        diagnostics["memory_max"] = ((mb << 20) as f64).into();
    }
    diagnostics
}

/// What Kimina's shapes have no field for.
fn ours(judged: &Judged<TextReport>) -> Value {
    let report = &judged.report;
    let mut value = json!(report.verdict);
    value["proved"] = report.verdict.is_proved().into();
    value["theorems"] = json!(report.theorems);
    value["library"] = json!(report.library);
    value["unjudged_examples"] = match &report.elaborated {
        Some(e) => json!(e.unnamed),
        None => json!([]),
    };
    value["cached"] = judged.cached.into();
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use lakatos_lean_bridge::text::{Elaborated, Hole, Place};
    use lakatos_lean_bridge::verdict::{Level, Reason};

    fn report(verdict: Verdict, sorry: bool) -> TextReport {
        let place = Place { line: 1, column: 0 };
        let hole = Hole {
            pos: place,
            end_pos: place,
            goal: "⊢ False".into(),
        };
        TextReport {
            verdict,
            elaborated: Some(Elaborated {
                messages: Vec::new(),
                sorries: if sorry { vec![hole] } else { Vec::new() },
                infotree: None,
                unnamed: Vec::new(),
            }),
            theorems: Vec::new(),
            library: None,
            elaboration_seconds: 0.25,
            kernel_seconds: 0.25,
            memory_mb: None,
        }
    }

    fn reason(class: &str) -> Reason {
        Reason {
            class: class.into(),
            message: "why".into(),
        }
    }

    /// What Kimina's client makes of a response.
    fn believed(answer: &Result<Value, String>) -> bool {
        let Ok(response) = answer else { return false };
        let errors = response["messages"].as_array().into_iter().flatten();
        response.get("sorries").is_none() && !errors.into_iter().any(|m| m["severity"] == "error")
    }

    #[test]
    fn only_an_accepted_text_is_believed() {
        let accepted = Verdict::Accepted {
            level: Level::Kernel,
            axioms: Vec::new(),
            library_bodies: true,
        };
        assert!(believed(&answer(&report(accepted, false))));
        for class in [
            "sorry",
            "axioms",
            "kernel",
            "missing",
            "resources",
            "elaboration",
        ] {
            let verdict = Verdict::Rejected {
                reason: reason(class),
            };
            assert!(
                !believed(&answer(&report(verdict.clone(), false))),
                "{class}"
            );
            assert!(!believed(&answer(&report(verdict, true))), "{class}");
        }
        for class in [
            "timeout",
            "memory",
            "reference",
            "needs_mathlib",
            "unjudged",
            "import",
        ] {
            let verdict = Verdict::Declined {
                reason: reason(class),
            };
            assert!(!believed(&answer(&report(verdict, false))), "{class}");
        }
        let fault = Verdict::Fault {
            reason: reason("worker_died"),
        };
        assert!(!believed(&answer(&report(fault, false))));
    }

    #[test]
    fn a_hole_in_the_list_is_no_error_and_a_hidden_one_is() {
        let verdict = Verdict::Rejected {
            reason: reason("sorry"),
        };
        let open = answer(&report(verdict.clone(), true)).unwrap();
        assert!(open.get("messages").is_none());
        let hidden = answer(&report(verdict, false)).unwrap();
        assert_eq!(hidden["messages"][0]["severity"], "error");
        assert_eq!(hidden["messages"][0]["pos"]["line"], 1);
    }

    #[test]
    fn a_timeout_says_that_it_timed_out() {
        let verdict = Verdict::Declined {
            reason: reason("timeout"),
        };
        let error = answer(&report(verdict, false)).unwrap_err();
        assert!(error.contains("timed out"));
    }
}
