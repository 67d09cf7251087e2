//! Every fixture of `tests/adversarial` through [`Pool::verify`]: submissions that must not be
//! accepted, honest ones that must, and what is said of each.

use std::path::Path;

use lakatos_lean_bridge::pool::Pool;
use lakatos_lean_bridge::testing;
use lakatos_lean_bridge::verdict::{Judged, Report, STANDARD_AXIOMS, Verdict, VerifyRequest};
use serde::Deserialize;

/// One word, or any of several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Any {
    One(String),
    Several(Vec<String>),
}

impl Any {
    fn has(&self, word: &str) -> bool {
        match self {
            Self::One(one) => one == word,
            Self::Several(several) => several.iter().any(|w| w == word),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    verdict: Any,
    class: Option<Any>,
    names: Vec<String>,
    timeout_ms: Option<u64>,
}

/// The modules that a file's first lines import, and the rest of it.
fn header(text: &str) -> (Vec<String>, String) {
    let is_import = |line: &&str| line.starts_with("import ");
    let imports: Vec<String> = text
        .lines()
        .take_while(is_import)
        .map(|l| l["import ".len()..].trim().into())
        .collect();
    let rest: Vec<&str> = text.lines().skip(imports.len()).collect();
    (imports, rest.join("\n"))
}

/// What is wrong with the verdicts on a fixture, if anything is.
async fn check(pool: &Pool, dir: &Path) -> Result<(), String> {
    let read = |file: &str| std::fs::read_to_string(dir.join(file)).map_err(|e| e.to_string());
    let expect: Expectation =
        serde_json::from_str(&read("expect.json")?).map_err(|e| e.to_string())?;
    let (imports, reference) = header(&read("challenge.lean")?);
    let solution = read("solution.lean")?;
    let submission = match header(&solution) {
        (same, rest) if same == imports => rest,
        _ => solution,
    };
    let imports: Vec<&str> = imports.iter().map(String::as_str).collect();
    let mut request = VerifyRequest {
        environment: testing::environment(&imports),
        reference,
        vouched: true,
        submission,
        names: expect.names.clone(),
        axioms: STANDARD_AXIOMS.map(str::to_owned).to_vec(),
        timeout_ms: expect.timeout_ms.unwrap_or(60_000),
    };
    for vouched in [true, false] {
        request.vouched = vouched;
        judge(&expect, &pool.verify(&request).await)
            .map_err(|what| format!("vouched {vouched}: {what}"))?;
    }
    Ok(())
}

fn judge(expect: &Expectation, report: &Report) -> Result<(), String> {
    if report.theorems.iter().map(|t| &t.name).ne(&expect.names) {
        return Err(format!("the verdicts are about other names: {report:?}"));
    }
    for Judged { name, verdict, .. } in &report.theorems {
        let class = match verdict {
            Verdict::Accepted { .. } => None,
            Verdict::Rejected { reason }
            | Verdict::Declined { reason }
            | Verdict::Fault { reason } => Some(&reason.class),
        };
        let as_expected = expect.verdict.has(verdict.word())
            && class.is_none_or(|c| expect.class.as_ref().is_none_or(|any| any.has(c)))
            && verdict.is_proved() == class.is_none();
        if !as_expected {
            return Err(format!("`{name}`: expected {expect:?}, got {verdict:?}"));
        }
    }
    Ok(())
}

#[test]
fn fixtures_get_their_verdicts() {
    testing::with_pool(|pool| async move {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join("tests/adversarial");
        let entries = std::fs::read_dir(&root).expect("the fixtures are there");
        let mut dirs: Vec<_> = entries
            .filter_map(|e| Some(e.ok()?.path()))
            .filter(|p| p.is_dir())
            .collect();
        dirs.sort();
        // One fixture while a check of it is written: LAKATOS_FIXTURE=name.
        let only = std::env::var("LAKATOS_FIXTURE").ok();
        let mut wrong = Vec::new();
        let mut checked = 0;
        for dir in &dirs {
            let name = dir
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if only.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            checked += 1;
            eprintln!("{name}");
            if let Err(what) = check(&pool, dir).await {
                wrong.push(format!("{name}: {what}"));
            }
        }
        assert!(checked > 0, "no fixture was checked");
        assert!(
            wrong.is_empty(),
            "{} of {checked}:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    });
}
