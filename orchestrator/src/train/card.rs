//! The card of a checkpoint: what it was made of, how, and what it reached.

use std::fmt::Write;
use std::path::Path;

use lakatos_model_server::train::{Evaluation, Trainer};
use sha2::{Digest, Sha256};

use super::config::TrainFile;
use crate::exit::Failure;

/// The card, as Markdown.
///
/// # Errors
/// A file of the data that cannot be read any more.
pub fn card(
    file: &TrainFile,
    run: &Trainer,
    evaluation: Option<&Evaluation>,
) -> Result<String, Failure> {
    let config = run.model().config();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "# Checkpoint\n\nMade by `lakatos train` ({}). {} parameters, {} layers of width {}, {} tokens.\n\n![losses](loss.svg)\n",
        env!("CARGO_PKG_VERSION"),
        run.model().params().count(),
        config.layers.len(),
        config.hidden_size,
        config.vocab_size,
    );
    let _ = writeln!(out, "| after {} steps | |\n|---|---|", run.steps_made());
    match evaluation {
        Some(e) => {
            let _ = writeln!(
                out,
                "| validation loss | {:.4} nats a token of the completion |\n| exact match | {:.1} % of completions by greedy choice |",
                e.loss.mean(),
                100.0 * e.exact_match
            );
        }
        None => out.push_str("| validation | none |\n"),
    }
    out.push_str("\n## Files that it was made of\n\n| file | SHA-256 |\n|---|---|\n");
    let data = file.data.train.iter().chain(&file.data.validation);
    for path in data.chain([&file.tokenizer]) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(out, "| {name} | `{}` |", sha256(path)?);
    }
    let mut shown = file.clone();
    let paths = shown
        .data
        .train
        .iter_mut()
        .chain(&mut shown.data.validation);
    for p in paths.chain([&mut shown.tokenizer, &mut shown.output.directory]) {
        *p = p.file_name().map(Into::into).unwrap_or_default();
    }
    let text = toml::to_string(&shown).map_err(|e| Failure::internal(e.to_string()))?;
    let _ = writeln!(out, "\n## Configuration\n\n```toml\n{text}```");
    Ok(out)
}

fn sha256(path: &Path) -> Result<String, Failure> {
    let bytes =
        std::fs::read(path).map_err(|e| Failure::user(format!("{}: {e}", path.display())))?;
    Ok(Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect())
}
