//! The page: summary, curve, table with search and filter, and a section a problem.

use std::fmt::Write;

use lakatos_lean_bridge::protocol::EnvironmentKind;
use lakatos_lean_bridge::verdict::Verdict;
use serde_json::json;

use super::escape::{self, Text};
use super::{ReportProblem, ReportRun, curve, tree};
use crate::record::{AttemptRecord, Outcome, TacticRecord};

/// Failed tactics that a node's panel lists at most.
const LISTED: usize = 60;

/// Every word that [`ReportProblem::word`] gives, in the order in which they are shown.
const WORDS: [&str; 7] = [
    "proved",
    "refuted",
    "failed",
    "declined",
    "fault",
    "interrupted",
    "waiting",
];

/// Renders the page.
pub fn render(run: &ReportRun, problems: &[ReportProblem]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>Lakatos: {}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        Text(&run.name),
        include_str!("assets/report.css")
    );
    header(&mut out, run);
    summary(&mut out, run, problems);
    table(&mut out, problems);
    for (i, problem) in problems.iter().enumerate() {
        section(&mut out, i, problem);
    }
    let _ = write!(
        out,
        "<aside id=\"panel\" hidden aria-live=\"polite\"></aside>\n\
         <footer>Made by Lakatos {}. Nothing is counted as proved below verification level 3.</footer>\n\
         <script>\n{}</script>\n</body>\n</html>\n",
        Text(&run.version),
        include_str!("assets/report.js")
    );
    out
}

fn header(out: &mut String, run: &ReportRun) {
    let _ = write!(
        out,
        "<header>\n<h1>{}</h1>\n<p class=\"meta\"><code>{}</code></p>\n\
         <p class=\"meta\">started {} · seed {} · {} · {}</p>\n\
         <details><summary>configuration</summary><pre>{}</pre></details>\n</header>\n",
        Text(&run.name),
        Text(&run.command),
        Text(&run.started),
        run.seed,
        Text(&run.lean),
        Text(&run.isolation),
        Text(&run.config),
    );
}

fn summary(out: &mut String, run: &ReportRun, problems: &[ReportProblem]) {
    let count = |word: &str| problems.iter().filter(|p| p.word() == word).count();
    let attempted = problems.len() - count("declined") - count("waiting");
    out.push_str("<section class=\"tiles\">\n");
    for word in WORDS {
        let n = count(word);
        if n == 0 && !matches!(word, "proved" | "refuted" | "failed" | "declined") {
            continue;
        }
        let _ = writeln!(
            out,
            "<div class=\"tile {word}\"><b>{n}</b><span>{word}</span></div>"
        );
    }
    let _ = write!(
        out,
        "<div class=\"tile\"><b>{}</b><span>problems</span></div>\n\
         <div class=\"tile\"><b>{}</b><span>attempted</span></div>\n\
         <div class=\"tile\"><b>{:.0} s</b><span>wall clock</span></div>\n</section>\n",
        problems.len(),
        attempted,
        run.seconds
    );
    let solved: Vec<f64> = problems
        .iter()
        .filter(|p| matches!(p.word(), "proved" | "refuted"))
        .filter_map(|p| p.finished_at)
        .collect();
    let _ = write!(
        out,
        "<section>\n<h2>Solved over time, of {attempted} attempted</h2>\n{}\n</section>\n",
        curve::solved_over_time(&solved, attempted, run.seconds)
    );
}

fn table(out: &mut String, problems: &[ReportProblem]) {
    out.push_str(
        "<section>\n<h2>Problems</h2>\n<div class=\"filter\">\
         <input id=\"search\" type=\"search\" placeholder=\"search names, statements, proofs, reasons\" \
         aria-label=\"search\">\n<span id=\"words\">",
    );
    for word in WORDS {
        if problems.iter().any(|p| p.word() == word) {
            let _ = write!(
                out,
                "<label class=\"{word}\"><input type=\"checkbox\" value=\"{word}\" checked> {word}</label> "
            );
        }
    }
    out.push_str(
        "</span> <span id=\"shown\"></span></div>\n<div class=\"scroll\"><table id=\"problems\"><thead><tr>\
         <th data-sort=\"text\">problem</th><th data-sort=\"text\">result</th>\
         <th data-sort=\"number\">level</th><th data-sort=\"text\">environment</th>\
         <th data-sort=\"number\">seconds</th><th data-sort=\"number\">nodes</th>\
         <th data-sort=\"number\">tactics</th><th>reason</th></tr></thead>\n<tbody>\n",
    );
    for (i, p) in problems.iter().enumerate() {
        let attempt = p.attempt.as_ref();
        let level = match attempt.and_then(|a| a.verdict.as_ref()) {
            Some(Verdict::Accepted { level, .. }) => u8::from(*level).to_string(),
            _ => String::new(),
        };
        let number = |f: fn(&AttemptRecord) -> String| attempt.map(f).unwrap_or_default();
        let _ = writeln!(
            out,
            "<tr class=\"{w}\" data-word=\"{w}\" data-for=\"p{i}\"><td><a href=\"#p{i}\">{}</a></td>\
             <td><span class=\"badge {w}\">{w}</span></td><td>{level}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td><td>{}</td></tr>",
            Text(&p.name),
            attempt.and_then(|a| a.environment).map_or("", environment),
            number(|a| format!("{:.1}", a.cost.seconds)),
            number(|a| a.cost.expanded.to_string()),
            number(|a| a.cost.tactics.to_string()),
            Text(&reason(attempt, 140)),
            w = p.word(),
        );
    }
    out.push_str("</tbody></table></div>\n</section>\n");
}

fn environment(kind: EnvironmentKind) -> &'static str {
    match kind {
        EnvironmentKind::Core => "core",
        EnvironmentKind::Project => "project",
    }
}

fn reason(attempt: Option<&AttemptRecord>, max: usize) -> String {
    attempt
        .and_then(|a| a.reason.as_ref())
        .map(|r| escape::shorten(&format!("{}: {}", r.class, r.message), max))
        .unwrap_or_default()
}

fn section(out: &mut String, index: usize, p: &ReportProblem) {
    let _ = write!(
        out,
        "<section class=\"problem\" id=\"p{index}\" hidden>\n<h2>{} <span class=\"badge {w}\">{w}</span></h2>\n",
        Text(&p.name),
        w = p.word()
    );
    if let Some(informal) = &p.informal {
        let _ = writeln!(out, "<p class=\"informal\">{}</p>", Text(informal));
    }
    let _ = writeln!(
        out,
        "<p class=\"meta\">{}{}</p>",
        Text(&p.origin),
        p.split
            .as_ref()
            .map(|s| format!(" · split {}", Text(s)))
            .unwrap_or_default()
    );
    if !p.context.trim().is_empty() {
        let _ = writeln!(
            out,
            "<details><summary>header and context</summary><pre>{}</pre></details>",
            Text(p.context.trim())
        );
    }
    match &p.attempt {
        Some(attempt) => attempted(out, index, p, attempt),
        None => {
            let _ = writeln!(out, "<pre class=\"lean\">{}</pre>", Text(&p.statement));
        }
    }
    let _ = write!(
        out,
        "<p>Again: <code class=\"command\">{}</code></p>\n</section>\n",
        Text(&p.reproduce)
    );
}

fn attempted(out: &mut String, index: usize, p: &ReportProblem, attempt: &AttemptRecord) {
    let lean = attempt.proof.as_deref().unwrap_or(&p.statement);
    let _ = writeln!(out, "<pre class=\"lean\">{}</pre>", Text(lean));
    let _ = writeln!(out, "<p>{}</p>", Text(&verdict_sentence(attempt)));
    let c = &attempt.cost;
    let _ = writeln!(
        out,
        "<p class=\"meta\">{:.2} s in all: Lean {:.2} s, policy {:.2} s, verification {:.2} s · {} nodes \
         expanded of {} · {} tactics · {} tokens</p>",
        c.seconds,
        c.lean_seconds,
        c.policy_seconds,
        c.verify_seconds,
        c.expanded,
        attempt.nodes.len(),
        c.tactics,
        c.tokens
    );
    if attempt.nodes.is_empty() {
        return;
    }
    let picture = tree::draw(attempt);
    let _ = write!(
        out,
        "<p class=\"legend\"><i class=\"open\"></i>open <i class=\"proved\"></i>proved \
         <i class=\"failed\"></i>failed <i class=\"timed-out\"></i>timed out \
         <i class=\"duplicate\"></i>duplicate <i class=\"closed\"></i>closed by the tactic · \
         click a node for its goals and everything that was tried</p>\n\
         <div class=\"scroll\">{}</div>\n",
        picture.svg
    );
    if picture.omitted > 0 {
        let _ = writeln!(
            out,
            "<p class=\"meta\">{} nodes that are not part of the proof were left out of the picture; the \
             run store has them all.</p>",
            picture.omitted
        );
    }
    let _ = writeln!(
        out,
        "<script type=\"application/json\" class=\"data\" data-problem=\"p{index}\">{}</script>",
        escape::json(&data(attempt))
    );
}

fn verdict_sentence(attempt: &AttemptRecord) -> String {
    let what = match attempt.outcome {
        Outcome::Refuted => "The negation is proved",
        _ => "Proved",
    };
    match (&attempt.verdict, attempt.outcome) {
        (
            Some(Verdict::Accepted {
                level,
                axioms,
                library_bodies,
            }),
            _,
        ) => format!(
            "{what}: accepted at level {}{}; axioms: {}{}.",
            u8::from(*level),
            if u8::from(*level) >= 3 {
                ", replayed through the kernel in a process that ran none of the proof's code"
            } else {
                ""
            },
            if axioms.is_empty() {
                "none".to_owned()
            } else {
                axioms.join(", ")
            },
            if *library_bodies {
                ""
            } else {
                " (the library's theorems are taken as given: this Lean ships without their bodies)"
            }
        ),
        (_, outcome) => {
            let why = reason(Some(attempt), 600);
            if why.is_empty() {
                format!("{}.", outcome.word())
            } else {
                format!("{}: {why}", outcome.word())
            }
        }
    }
}

/// What the panel shows on a click: goals of the nodes that may be drawn, and the tactics tried.
fn data(attempt: &AttemptRecord) -> serde_json::Value {
    let nodes: serde_json::Map<String, serde_json::Value> = attempt
        .nodes
        .iter()
        .map(|n| {
            let tried: Vec<&TacticRecord> =
                attempt.tactics.iter().filter(|t| t.node == n.id).collect();
            let listed: Vec<_> = tried.iter().take(LISTED).map(|t| tactic_row(t)).collect();
            (
                n.id.to_string(),
                json!({
                    "goals": n.goals, "status": n.status, "hash": n.hash, "score": n.score,
                    "depth": n.depth, "duplicate_of": n.duplicate_of, "expanded": n.expanded,
                    "tried": listed, "more": tried.len().saturating_sub(LISTED),
                }),
            )
        })
        .collect();
    json!({ "nodes": nodes })
}

fn tactic_row(t: &TacticRecord) -> serde_json::Value {
    json!({
        "id": t.id, "text": t.text, "source": t.source, "status": t.status, "class": t.error_class,
        "error": t.error.as_deref().map(|e| escape::shorten(e, 200)), "ms": t.ms, "logprob": t.logprob,
        "in_proof": t.in_proof,
    })
}
