//! The other side of a statement: its negation, as a theorem of its own.
//!
//! The negation is written as text, `theorem t_refuted : ¬ (∀ binders, conclusion)`, first from the
//! source and else from the closed type that Lean prints. Lean reads that text and negates the
//! statement by itself; only if both give the same goal is the text used. It is then the reference
//! that the refutation is verified against, in a process that never saw the search.

use lakatos_lean_bridge::BridgeError;
use lakatos_lean_bridge::pool::{Session, Started};

use super::statement::{parts, refutation, refutation_of_type};

/// A negation that is ready to be proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negation {
    /// The theorem that states it, up to its `:=`.
    pub statement: String,
    /// As Lean read it.
    pub started: Started,
}

/// The negation of a statement; none if no text for it means to Lean what Lean's own negation means.
pub async fn negation(
    session: &Session,
    statement: &str,
    started: &Started,
    deadline_ms: u64,
) -> Result<Option<Negation>, BridgeError> {
    let intended = session.start(statement, true, deadline_ms).await?;
    let name = parts(statement).map_or(started.name.as_str(), |p| p.name);
    let texts = parts(statement)
        .map(|p| refutation(&p))
        .into_iter()
        .chain([refutation_of_type(name, &started.ty)]);
    let mut found = None;
    for text in texts {
        match session.start(&text, false, deadline_ms).await {
            Ok(read) if read.root.hash == intended.root.hash => {
                found = Some(Negation {
                    statement: text,
                    started: read,
                });
                break;
            }
            Ok(other) => session.free(&[other.root.id]).await,
            Err(BridgeError::Elaboration { .. } | BridgeError::NotAProposition { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    session.free(&[intended.root.id]).await;
    Ok(found)
}
