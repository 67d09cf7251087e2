//! Answers out of a worker's standard output.
//!
//! An answer is a line that starts with `@@{`. Everything else is noise and is never stored. Code
//! that runs in the worker may print without ending its line, or print `@@` itself, so an answer is
//! also looked for in the middle of a line: the first `@@{` from which the rest of the line is an
//! answer counts.

use serde::Deserialize;

/// What a worker says first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Ready {
    pub protocol: u32,
    #[serde(default)]
    pub lean: String,
}

/// A line that follows the protocol, not yet read further than its head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The worker can take requests.
    Ready(Ready),
    /// An answer: the request's id, and the JSON object.
    Answer(u64, Vec<u8>),
    /// A line that starts with `@@` and holds no answer: its first characters.
    Nonsense(String),
}

#[derive(Deserialize)]
struct Head {
    id: Option<u64>,
    ready: Option<Ready>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// At the first two bytes of a line.
    Start,
    /// In a line that starts with `@@`; it is kept.
    Marked,
    /// In noise; the number of `@` just seen, at most 2.
    Noise(u8),
    /// In noise, from a `@@{` on; it is kept.
    Suspect,
}

/// Cuts a stream of chunks into frames. Keeps at most one line.
#[derive(Debug)]
pub(super) struct Framer {
    mode: Mode,
    line: Vec<u8>,
}

impl Framer {
    pub fn new() -> Self {
        Self {
            mode: Mode::Start,
            line: Vec::new(),
        }
    }

    /// Takes a chunk, however it was cut, and gives the frames that end in it.
    pub fn push(&mut self, mut chunk: &[u8], frames: &mut Vec<Frame>) {
        while let Some(&byte) = chunk.first() {
            match self.mode {
                Mode::Start => match byte {
                    b'\n' => self.line.clear(),
                    b'@' => {
                        self.line.push(byte);
                        if self.line.len() == 2 {
                            self.mode = Mode::Marked;
                        }
                    }
                    _ => {
                        self.line.clear();
                        self.mode = Mode::Noise(0);
                    }
                },
                Mode::Noise(seen) => match byte {
                    b'\n' => self.mode = Mode::Start,
                    b'@' => self.mode = Mode::Noise((seen + 1).min(2)),
                    b'{' if seen == 2 => {
                        self.line.extend_from_slice(b"@@{");
                        self.mode = Mode::Suspect;
                    }
                    _ => self.mode = Mode::Noise(0),
                },
                Mode::Marked | Mode::Suspect => {
                    let end = chunk.iter().position(|&b| b == b'\n');
                    self.line
                        .extend_from_slice(&chunk[..end.unwrap_or(chunk.len())]);
                    let Some(end) = end else { return };
                    frames.extend(self.finish());
                    chunk = &chunk[end..];
                }
            }
            chunk = &chunk[1..];
        }
    }

    /// Ends a kept line.
    fn finish(&mut self) -> Option<Frame> {
        let marked = self.mode == Mode::Marked;
        self.mode = Mode::Start;
        let line = std::mem::take(&mut self.line);
        let starts = line
            .windows(3)
            .enumerate()
            .filter(|(_, w)| w == b"@@{")
            .map(|(i, _)| i);
        for start in starts.take(RESYNC_TRIES) {
            let object = &line[start + 2..];
            match serde_json::from_slice::<Head>(object) {
                Ok(Head {
                    ready: Some(ready), ..
                }) => return Some(Frame::Ready(ready)),
                Ok(Head { id: Some(id), .. }) => return Some(Frame::Answer(id, object.to_vec())),
                _ => {}
            }
        }
        marked.then(|| {
            let shown = &line[..line.len().min(120)];
            Frame::Nonsense(String::from_utf8_lossy(shown).into_owned())
        })
    }
}

/// How many `@@{` of one line are tried: bounds the work that a hostile line can cause.
const RESYNC_TRIES: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(chunks: &[&[u8]]) -> Vec<Frame> {
        let mut framer = Framer::new();
        let mut out = Vec::new();
        for chunk in chunks {
            framer.push(chunk, &mut out);
        }
        out
    }

    fn check(text: &str, expect: &[(u64, &str)]) {
        let expect: Vec<Frame> = expect
            .iter()
            .map(|(id, s)| Frame::Answer(*id, s.as_bytes().to_vec()))
            .collect();
        assert_eq!(frames(&[text.as_bytes()]), expect, "{text}");
    }

    #[test]
    fn answers_are_found_between_noise() {
        check("@@{\"id\":1}\n", &[(1, "{\"id\":1}")]);
        check(
            "noise\n\n@\n@@{\"id\":2,\"ok\":{}}\nmore",
            &[(2, "{\"id\":2,\"ok\":{}}")],
        );
        check("printed without an end@@{\"id\":3}\n", &[(3, "{\"id\":3}")]);
        check("a @@{ b @@@{\"id\":4}\n", &[(4, "{\"id\":4}")]);
        check("@@@@{\"id\":5}\n", &[(5, "{\"id\":5}")]);
        check("@@{\"id\":6}\r\n", &[(6, "{\"id\":6}\r")]);
        check("@@{\"id\":7}", &[]);
        check("text @@{not an answer}\n", &[]);
    }

    #[test]
    fn marked_lines_without_an_answer_are_nonsense() {
        assert_eq!(
            frames(&[b"@@{\"id\":\n"]),
            [Frame::Nonsense("@@{\"id\":".into())]
        );
        assert_eq!(frames(&[b"@@\n"]), [Frame::Nonsense("@@".into())]);
        assert_eq!(
            frames(&[b"@@{\"id\":-1}\n"]),
            [Frame::Nonsense("@@{\"id\":-1}".into())]
        );
    }

    #[test]
    fn the_ready_signal_is_known() {
        let ready = Ready {
            protocol: 1,
            lean: "4.28.0".into(),
        };
        assert_eq!(
            frames(&[b"@@{\"ready\":{\"protocol\":1,\"lean\":\"4.28.0\",\"mathlib\":false}}\n"]),
            [Frame::Ready(ready)]
        );
    }

    proptest! {
        /// Bytes of any kind, cut anywhere, give what they give whole; a frame is never longer than its
        /// line, and nothing is kept after the end of a line.
        #[test]
        fn any_bytes_in_any_pieces(
            bytes in prop::collection::vec(prop_oneof![
                4 => Just(b'@'), 4 => Just(b'{'), 2 => Just(b'}'), 4 => Just(b'\n'), 2 => Just(b'"'), 8 => any::<u8>(),
            ], 0..300),
            sizes in prop::collection::vec(1usize..40, 1..40),
        ) {
            let whole = frames(&[&bytes]);
            let mut pieces = Vec::new();
            let mut rest = bytes.as_slice();
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at(*size.min(&rest.len()));
                pieces.push(piece);
                rest = after;
            }
            prop_assert_eq!(frames(&pieces), whole);
            let mut framer = Framer::new();
            framer.push(&bytes, &mut Vec::new());
            framer.push(b"\n", &mut Vec::new());
            prop_assert!(framer.line.is_empty() && framer.mode == Mode::Start);
        }

        /// An answer is found behind any noise that does not itself begin one.
        #[test]
        fn an_answer_behind_noise(noise in "[^@\n]{0,40}", id in 0u64..1 << 53) {
            let answer = format!("{{\"id\":{id},\"ok\":{{}}}}");
            let text = format!("{noise}@@{answer}\n");
            prop_assert_eq!(frames(&[text.as_bytes()]), [Frame::Answer(id, answer.into_bytes())]);
        }

        #[test]
        fn chunks_do_not_matter(
            lines in prop::collection::vec("(@@\\{\"id\":[0-9]{1,3}\\}|[@{}a-z\"]{0,12})", 0..12),
            cuts in prop::collection::vec(0usize..200, 0..20),
        ) {
            let text = lines.join("\n") + "\n";
            let whole = frames(&[text.as_bytes()]);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> =
                cuts.windows(2).map(|w| &text.as_bytes()[w[0]..w[1]]).collect();
            prop_assert_eq!(frames(&pieces), whole);
        }
    }
}
