//! *Explain this statement in English*: the verbaliser's reading.

use lakatos_lean_bridge::verbalise::VerbaliseRequest;
use lsp_types::MessageType;

use crate::lsp::job::{Ended, Job, Stop};
use crate::lsp::target;

/// Milliseconds for a reading.
const READING_MS: u64 = 30_000;

/// Reads the theorem at the place out.
pub async fn run(job: &Job) -> Result<Ended, Stop> {
    let lean = job.lean().await?;
    let outlined = job.outlined().await?;
    let declined = |why: String| Stop::from(Ended::with("declined", why));
    let (index, command) = target::command(&outlined.outline, job.offset).map_err(declined)?;
    let text = &job.text.text;
    let stated = target::statement(text, command).and_then(|s| s.of(text));
    let stated = stated.ok_or_else(|| declined("Lean does not read this command.".into()))?;
    let request = VerbaliseRequest {
        statements: vec![stated.to_owned()],
        names: Vec::new(),
    };
    let environment = outlined.outline.environment(text, index);
    let _showing = job
        .client
        .begin("Reading", job.token.clone(), &job.cancel)
        .await;
    let reading = lean
        .resources
        .pool
        .verbalise(&environment, &request, READING_MS);
    let readings = job
        .unless(reading)
        .await?
        .map_err(|e| declined(e.to_string()))?;
    match readings.into_iter().next() {
        Some(Ok(reading)) => {
            job.client.show(MessageType::INFO, &reading.english);
            Ok(Ended {
                english: Some(reading.english.clone()),
                ..Ended::with("explained", reading.english)
            })
        }
        Some(Err(unread)) => Err(declined(unread.to_string())),
        None => Err(declined("The verbaliser gave no reading.".into())),
    }
}
