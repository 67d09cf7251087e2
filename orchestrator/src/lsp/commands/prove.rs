//! *Prove this goal*: a search from the goal at the place, and its proof in the place.

use lakatos_lean_bridge::verdict::Verdict;

use crate::lsp::job::{Ended, Job, Stop};
use crate::lsp::target::{self, Target};
use crate::search::hole::{self, End, Progress, Proved};

/// Searches, and edits the document where a proof is found.
pub async fn run(job: &Job) -> Result<Ended, Stop> {
    let lean = job.lean().await?;
    let target = find(job).await?;
    let showing = job
        .client
        .begin("Proving", job.token.clone(), &job.cancel)
        .await;
    let report = |p: Progress| showing.report(told(&p));
    let config = job.search(&lean);
    let end = hole::fill(
        &target.hole,
        &lean.resources,
        &config,
        lean.seed,
        &job.cancel,
        &report,
    )
    .await;
    finish(job, &target, end).await
}

/// The target at the job's place.
pub async fn find(job: &Job) -> Result<Target, Stop> {
    let outlined = job.outlined().await?;
    let found = target::at(
        &job.text.text,
        &outlined.outline,
        job.offset,
        &job.settings.axioms,
    );
    found.map_err(|why| Ended::with("declined", why).into())
}

/// Puts a proof in place.
pub async fn finish(job: &Job, target: &Target, end: End) -> Result<Ended, Stop> {
    match end {
        End::Cancelled => Err(Stop::Cancelled),
        End::Not(reason) => Ok(Ended::with("failed", reason.message)),
        End::Proved(proved) => {
            let edit = target.edit(&job.text.text, proved.text.clone());
            let applied = job.edit("Prove this goal", target.upto, vec![edit]).await?;
            Ok(Ended {
                applied,
                edits: usize::from(applied),
                proof: Some(proved.text.trim_start_matches('\n').to_owned()),
                ..Ended::with("proved", words(&proved))
            })
        }
    }
}

/// What is said of a proof.
fn words(proved: &Proved) -> String {
    let (level, axioms) = match &proved.verdict {
        Verdict::Accepted { level, axioms, .. } => ((*level as u8).to_string(), axioms.as_slice()),
        _ => (String::new(), &[][..]),
    };
    let mut said = format!("Proved, and accepted by the kernel (level {level})");
    let (holes, axioms): (Vec<_>, Vec<_>) = axioms.iter().partition(|a| *a == "sorryAx");
    if !axioms.is_empty() {
        let names: Vec<&str> = axioms.iter().map(|a| a.as_str()).collect();
        said.push_str(&format!(" with the axioms {}", names.join(", ")));
    }
    if !holes.is_empty() {
        said.push_str("; it still rests on another `sorry` of this file");
    }
    said.push('.');
    said
}

/// How a search is going, in a line.
pub fn told(p: &Progress) -> String {
    let nodes = if p.nodes == 1 { "node" } else { "nodes" };
    let mut line = format!("{} {nodes}, {} s", p.nodes, p.elapsed.as_secs());
    if let Some(best) = &p.best {
        let best: String = best.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = best.chars().take(60).collect();
        let dots = if short.len() < best.len() { " …" } else { "" };
        line.push_str(&format!(" · ⊢ {short}{dots}"));
    }
    line
}
