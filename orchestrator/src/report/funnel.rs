//! The report of a data job: what became of its candidates, stage by stage, and what it counted besides.

use std::fmt::Write;

use lakatos_datasets::job::tally::Table;
use lakatos_datasets::job::{Identity, Tally};
use serde::Serialize;

use super::escape::{self, Text};

/// The table of a tally whose rows are a job's stages.
pub const FUNNEL: &str = "funnel";
/// The column of those that a stage lets through.
pub const PASSED: &str = "passed";

/// A stage of a job, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Its row in the funnel's table.
    pub name: &'static str,
    /// What it asks.
    pub asks: &'static str,
}

/// What is reported of a data job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelReport {
    /// The job's name in the run store.
    pub run: String,
    /// The command line that began it.
    pub command: String,
    /// What decides its bytes.
    pub identity: Identity,
    /// Items that have their entries.
    pub items: u64,
    /// Of them, those that failed.
    pub failed: u64,
    /// Their keys and reasons, the first ones.
    pub failures: Vec<(String, String)>,
    /// Wall-clock seconds, all sessions together.
    pub seconds: f64,
    /// The stages, in the order in which candidates meet them.
    pub stages: Vec<Stage>,
    /// All counts.
    pub counts: Tally,
}

/// Renders the page.
pub fn render(report: &FunnelReport) -> String {
    let identity = &report.identity;
    let made_by = &identity.provenance;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n\
         <title>Lakatos: {run}</title>\n<style>\n{}</style>\n</head>\n<body>\n\
         <header>\n<h1>{run}</h1>\n<p class=\"meta\"><code>{}</code></p>\n\
         <p class=\"meta\">seed {} · {} shards · {} · Lean {} · {}</p>\n\
         <details><summary>settings</summary><pre>{}</pre></details>\n</header>\n",
        include_str!("assets/report.css"),
        Text(&report.command),
        identity.seed,
        identity.shards,
        Text(&made_by.program),
        Text(&made_by.toolchain),
        Text(&made_by.library),
        Text(&serde_json::to_string_pretty(&identity.settings).unwrap_or_default()),
        run = Text(&report.run),
    );
    let _ = write!(
        out,
        "<section class=\"tiles\">\n<div class=\"tile\"><b>{} of {}</b><span>items</span></div>\n\
         <div class=\"tile{}\"><b>{}</b><span>failed items</span></div>\n",
        report.items,
        identity.items,
        if report.failed > 0 { " fault" } else { "" },
        report.failed,
    );
    if let Some(rows) = report.counts.table("rows") {
        for (table, columns) in rows {
            let n: u64 = columns.values().sum();
            let _ = writeln!(
                out,
                "<div class=\"tile proved\"><b>{n}</b><span>{}</span></div>",
                Text(table)
            );
        }
    }
    let _ = write!(
        out,
        "<div class=\"tile\"><b>{:.0} s</b><span>wall clock</span></div>\n</section>\n",
        report.seconds
    );
    funnel(&mut out, report);
    for (name, table) in report.counts.tables() {
        if name != FUNNEL && name != "rows" {
            counts(&mut out, name, table);
        }
    }
    failures(&mut out, report);
    let _ = write!(
        out,
        "<footer>Made by {}. A theorem is kept only after its proof was replayed through the kernel in a \
         process that ran none of it (verification level 3).</footer>\n</body>\n</html>\n",
        Text(&made_by.program)
    );
    out
}

/// A bar a stage: what it let through of what came to the first, and why the rest stayed behind.
fn funnel(out: &mut String, report: &FunnelReport) {
    let empty = Default::default();
    let table = report.counts.table(FUNNEL).unwrap_or(&empty);
    let of = |stage: &Stage| table.get(stage.name);
    let first = report.stages.iter().find_map(of);
    let all: u64 = first.map_or(0, |columns| columns.values().sum());
    out.push_str(
        "<section>\n<h2>Funnel</h2>\n<div class=\"scroll\"><table><thead><tr><th>stage</th>\
         <th></th><th>passed</th><th>of</th><th>the others</th></tr></thead>\n<tbody>\n",
    );
    for stage in &report.stages {
        let Some(columns) = of(stage) else { continue };
        let passed = columns.get(PASSED).copied().unwrap_or(0);
        let came: u64 = columns.values().sum();
        let others: Vec<String> = columns
            .iter()
            .filter(|(word, _)| *word != PASSED)
            .map(|(word, n)| format!("{word} {n}"))
            .collect();
        let _ = writeln!(
            out,
            "<tr><td>{}<br><span class=\"meta\">{}</span></td><td><svg width=\"240\" height=\"14\" role=\"img\" \
             aria-label=\"{passed} of {all}\"><rect width=\"240\" height=\"14\" fill=\"var(--card)\"/>\
             <rect width=\"{:.1}\" height=\"14\" fill=\"var(--duplicate)\"/><rect width=\"{:.1}\" height=\"14\" \
             fill=\"var(--proved)\"/></svg></td><td>{passed}</td><td>{came}</td><td>{}</td></tr>",
            Text(stage.name),
            Text(stage.asks),
            240.0 * share(came, all),
            240.0 * share(passed, all),
            Text(&others.join(", ")),
        );
    }
    out.push_str("</tbody></table></div>\n</section>\n");
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        (part as f64 / whole as f64).min(1.0)
    }
}

/// Rows of a table that the page shows at most; the JSON file has them all.
const SHOWN: usize = 200;

fn counts(out: &mut String, name: &str, table: &Table) {
    let mut columns: Vec<&String> = table.values().flat_map(|row| row.keys()).collect();
    columns.sort();
    columns.dedup();
    let _ = write!(
        out,
        "<section>\n<h2>{}</h2>\n<div class=\"scroll\"><table><thead><tr><th></th>",
        Text(name)
    );
    for column in &columns {
        let _ = write!(out, "<th>{}</th>", Text(column));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (row, cells) in table.iter().take(SHOWN) {
        let _ = write!(out, "<tr><td>{}</td>", Text(row));
        for column in &columns {
            let n = cells.get(*column).copied().unwrap_or(0);
            let _ = write!(out, "<td>{n}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    if table.len() > SHOWN {
        let _ = writeln!(
            out,
            "<p class=\"meta\">{} more rows are in funnel.json.</p>",
            table.len() - SHOWN
        );
    }
    out.push_str("</section>\n");
}

fn failures(out: &mut String, report: &FunnelReport) {
    if report.failed == 0 {
        return;
    }
    out.push_str(
        "<section>\n<h2>Failed items</h2>\n<div class=\"scroll\"><table><thead><tr><th>item</th>\
         <th>reason</th></tr></thead>\n<tbody>\n",
    );
    for (key, reason) in report.failures.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td></tr>",
            Text(key),
            Text(&escape::shorten(reason, 300))
        );
    }
    out.push_str("</tbody></table></div>\n</section>\n");
}

#[cfg(test)]
mod tests {
    use lakatos_datasets::job::Provenance;

    use super::*;

    fn report() -> FunnelReport {
        let mut counts = Tally::default();
        for (stage, word, n) in [
            ("candidates", PASSED, 100),
            ("kernel", PASSED, 80),
            ("kernel", "rejected", 20),
        ] {
            counts.add(FUNNEL, stage, word, n);
        }
        counts.add("rules", "rw", "kept", 7);
        counts.add("rows", "theorems", "rows", 9);
        FunnelReport {
            run: "mutate-1".into(),
            command: "lakatos mutate".into(),
            identity: Identity {
                kind: "mutate".into(),
                seed: 4,
                shards: 2,
                items: 12,
                plan: String::new(),
                provenance: Provenance::default(),
                settings: serde_json::json!({"targets": "<b>"}),
            },
            items: 10,
            failed: 1,
            failures: vec![("Nat.<i>".into(), "a worker died".into())],
            seconds: 3.0,
            stages: vec![
                Stage {
                    name: "candidates",
                    asks: "was it made?",
                },
                Stage {
                    name: "kernel",
                    asks: "does the kernel accept it?",
                },
            ],
            counts,
        }
    }

    #[test]
    fn stages_stand_in_their_order_with_what_became_of_candidates() {
        let page = render(&report());
        let at = |text: &str| {
            page.find(text)
                .unwrap_or_else(|| panic!("{text} is missing"))
        };
        assert!(at("was it made?") < at("does the kernel accept it?"));
        assert!(page.contains("<td>80</td><td>100</td><td>rejected 20</td>"));
        assert!(page.contains("width=\"192.0\""));
        assert!(page.contains("10 of 12"));
        assert!(page.contains("<b>9</b><span>theorems</span>"));
    }

    #[test]
    fn nothing_from_outside_is_markup_and_nothing_is_loaded() {
        let page = render(&report());
        assert!(!page.contains("<b>\"") && !page.contains("Nat.<i>"));
        assert!(!page.contains("http://") && !page.contains("https://"));
    }
}
