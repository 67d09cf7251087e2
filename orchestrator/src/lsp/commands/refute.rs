//! *Prove or refute*: a proof of the goal and one of the statement's negation are searched for at the same time.

use lakatos_lean_bridge::outline::Span;

use super::prove::{find, finish, told};
use crate::lsp::documents::{Mark, MarkKind};
use crate::lsp::job::{Ended, Job, Stop};
use crate::search::hole::{self, End, Progress};

/// Searches for both; the first that is found decides. A refutation becomes a diagnostic.
pub async fn run(job: &Job) -> Result<Ended, Stop> {
    let lean = job.lean().await?;
    let target = find(job).await?;
    let showing = job
        .client
        .begin("Proving or refuting", job.token.clone(), &job.cancel)
        .await;
    let report = |p: Progress| showing.report(told(&p));
    let config = job.search(&lean);
    let proving = hole::fill(
        &target.hole,
        &lean.resources,
        &config,
        lean.seed,
        &job.cancel,
        &report,
    );
    let refuting = hole::refute(
        &target.hole,
        &lean.resources,
        &config,
        lean.seed,
        &job.cancel,
        &report,
    );
    tokio::pin!(proving, refuting);
    let (mut not_proved, mut not_refuted) = (None, None);
    loop {
        tokio::select! {
            end = &mut proving, if not_proved.is_none() => match end {
                End::Not(reason) => not_proved = Some(reason),
                end => return finish(job, &target, end).await,
            },
            end = &mut refuting, if not_refuted.is_none() => match end {
                End::Not(reason) => not_refuted = Some(reason),
                End::Cancelled => return Err(Stop::Cancelled),
                End::Proved(proved) => return refuted(job, &target, proved.text),
            },
            else => break,
        }
    }
    let reason = not_proved
        .or(not_refuted)
        .map_or(String::new(), |r| r.message);
    Ok(Ended::with(
        "failed",
        format!("Neither proved nor refuted. {reason}"),
    ))
}

fn refuted(job: &Job, target: &crate::lsp::target::Target, proof: String) -> Result<Ended, Stop> {
    let now = job.current(target.upto)?;
    let about = Span {
        start: 0,
        end: target.statement.end,
    };
    let kind = MarkKind::Refuted(proof.trim_end().to_owned());
    let span = target.statement;
    job.documents.mark(&now, Mark { span, about, kind });
    if let Some((text, said)) = job
        .documents
        .diagnostics(&now.uri, job.client.can().encoding)
    {
        job.client.publish(&text, said);
    }
    Ok(Ended {
        refutation: Some(proof),
        ..Ended::with(
            "refuted",
            "The statement is false: its negation is proved, and accepted by the kernel.",
        )
    })
}
