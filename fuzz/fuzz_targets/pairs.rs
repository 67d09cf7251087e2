//! A challenge and a solution of any text, as a row: what is judged is never nothing.
#![no_main]

use lakatos_datasets::format::solutions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (String, String)| {
    let row = serde_json::json!({"challenge": texts.0, "solution": texts.1});
    if let Ok(report) = solutions::read_bytes("fuzz.jsonl", row.to_string().as_bytes()) {
        assert!(report.solutions.iter().all(|s| !s.names.is_empty()));
    }
});
