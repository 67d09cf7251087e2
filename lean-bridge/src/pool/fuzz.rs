//! What a worker may say, for the fuzz targets in `fuzz/`.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::framing::{Frame, Framer};
use super::wire::Envelope;
use crate::protocol::{Opened, RawOutcome, Started, Suggestion};

/// Reads `output` as a worker's standard output, and each answer in every shape that a request may call for.
/// How many answers there were.
///
/// # Panics
/// The frames depend on where the output was cut: into pieces of `size` bytes, or not at all.
pub fn output(output: &[u8], size: usize) -> usize {
    let mut whole = Vec::new();
    Framer::new().push(output, &mut whole);
    let mut pieces = Vec::new();
    let mut framer = Framer::new();
    for piece in output.chunks(size.max(1)) {
        framer.push(piece, &mut pieces);
    }
    assert!(pieces == whole, "the frames depend on the pieces");
    let answers = whole.iter().filter_map(|frame| match frame {
        Frame::Answer(_, answer) => Some(answer),
        Frame::Ready(_) | Frame::Nonsense(_) => None,
    });
    answers.map(|answer| shapes(answer)).count()
}

fn shapes(answer: &[u8]) {
    fn read<T: DeserializeOwned>(answer: &[u8]) {
        if let Ok(envelope) = serde_json::from_slice::<Envelope<T>>(answer) {
            drop(envelope.ok);
            if let Some(refusal) = envelope.error {
                let _ = refusal.into_error(1000).to_string();
            }
        }
    }
    read::<Value>(answer);
    read::<Opened>(answer);
    read::<Started>(answer);
    read::<Vec<RawOutcome>>(answer);
    read::<Vec<Suggestion>>(answer);
}
