//! A section of a textbook into one Lean file.
//!
//! [`read`] takes the section apart: definitions, theorems, their proofs and references, with what is
//! wrong with its LaTeX. [`job::Formalise`] does one item after the other, each in the Lean text of those
//! before it: a definition becomes declarations ([`definition`]), a theorem goes through the gates of
//! [`crate::formalise`]. [`file`](mod@file) puts the items together; what could not be formalised stands
//! in the file as a comment, so that the file is always one that Lean accepts. After Herald's translation of
//! sections (arXiv 2410.10878).

pub mod definition;
pub mod file;
pub mod job;
mod latex;
mod markdown;
mod prompt;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use prompt::fingerprint;

use crate::formalise::problem::{Fault, Problem, named};
use crate::text::decoded;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Introduces words or symbols.
    Definition,
    /// States something.
    Theorem,
}

/// An item of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// As the section calls it: `lemma`, `corollary`, `definition`, ….
    pub word: String,
    /// Its number, where the source gives one, else counted by kind.
    pub number: String,
    /// Its title in brackets.
    pub title: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// What it says.
    pub text: String,
    /// Its proof in words.
    pub proof: Option<String>,
    /// The items before it that it or its proof refers to, by their places.
    pub uses: Vec<usize>,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// What it is called in Lean.
    pub name: String,
}

impl Piece {
    /// `Lemma 2 (even squares)`.
    pub fn heading(&self) -> String {
        let mut word = self.word.clone();
        capitalise(&mut word);
        match &self.title {
            Some(title) => format!("{word} {} ({title})", self.number),
            None => format!("{word} {}", self.number),
        }
    }
}

/// What an item is called, by its word; none where the word begins no item.
fn kind(word: &str) -> Option<Kind> {
    match word {
        "definition" | "notation" => Some(Kind::Definition),
        "theorem" | "lemma" | "proposition" | "corollary" | "claim" | "fact" | "conjecture"
        | "example" | "exercise" => Some(Kind::Theorem),
        _ => None,
    }
}

/// An item as a reader finds it.
struct Raw {
    word: String,
    number: Option<String>,
    title: Option<String>,
    label: Option<String>,
    text: String,
    proof: Option<String>,
    /// Labels, or `lemma 2`.
    references: Vec<String>,
    line: usize,
}

/// Reads a section. LaTeX where there is a `\begin{`, else Markdown. What is wrong is told by line and
/// costs no more than it must.
pub fn read(bytes: &[u8]) -> (Vec<Piece>, Vec<Fault>) {
    let (text, whole) = decoded(bytes);
    let mut faults = Vec::new();
    if !whole {
        faults.push(not_utf8());
    }
    let raw = if text.contains("\\begin{") {
        latex::read(&text, &mut faults)
    } else {
        markdown::read(&text)
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut counts = HashMap::<String, u32>::new();
    let mut names = std::collections::HashSet::new();
    for raw in raw {
        let Some(kind) = kind(&raw.word) else {
            continue;
        };
        if raw.text.is_empty() {
            faults.push(Fault {
                line: raw.line,
                message: format!("this {} is empty", raw.word),
            });
            continue;
        }
        let count = counts.entry(raw.word.clone()).or_default();
        *count += 1;
        let number = raw.number.unwrap_or_else(|| count.to_string());
        if let Some(label) = &raw.label
            && pieces.iter().any(|p| p.label.as_ref() == Some(label))
        {
            faults.push(Fault {
                line: raw.line,
                message: format!("the label `{label}` was given before"),
            });
        }
        let mut uses = Vec::new();
        for reference in &raw.references {
            match pieces.iter().position(|p| refers(reference, p)) {
                Some(at) => uses.push(at),
                None if raw.label.as_ref() == Some(reference) => {}
                None => faults.push(Fault {
                    line: raw.line,
                    message: format!("it refers to `{reference}`, which is no item before it"),
                }),
            }
        }
        uses.sort_unstable();
        uses.dedup();
        let plain = raw.title.as_deref().map(identifier).unwrap_or_default();
        let base = if plain.is_empty() {
            format!("{}_{}", raw.word, identifier(&number))
        } else {
            plain
        };
        let mut name = base.clone();
        let mut again = 1;
        while !names.insert(name.clone()) {
            again += 1;
            name = format!("{base}_{again}");
        }
        pieces.push(Piece {
            kind,
            word: raw.word,
            number,
            title: raw.title,
            label: raw.label,
            text: raw.text,
            proof: raw.proof,
            uses,
            line: raw.line,
            name,
        });
    }
    resolve(&mut pieces);
    (pieces, faults)
}

/// What is said of a file that is no UTF-8.
pub(crate) fn not_utf8() -> Fault {
    Fault {
        line: 1,
        message: "the file is not UTF-8 throughout; what is not was replaced".into(),
    }
}

/// The problems of a LaTeX text: its theorems and exercises, without their proofs.
pub(crate) fn problems(text: &str, faults: &mut Vec<Fault>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for raw in latex::read(text, faults) {
        if kind(&raw.word) != Some(Kind::Definition) && !raw.text.is_empty() {
            problems.push(named(problems.len(), &raw.word, raw.text));
        }
    }
    problems
}

/// Says in words what commands refer to: a label means nothing to who reads an item alone.
fn resolve(pieces: &mut [Piece]) {
    let labels: HashMap<String, (String, String)> = pieces
        .iter()
        .filter_map(|p| {
            let mut word = p.word.clone();
            capitalise(&mut word);
            Some((p.label.clone()?, (word, p.number.clone())))
        })
        .collect();
    for piece in pieces.iter_mut() {
        piece.text = latex::resolved(&piece.text, &labels);
        if let Some(proof) = &mut piece.proof {
            *proof = latex::resolved(proof, &labels);
        }
    }
}

fn capitalise(word: &mut str) {
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
}

fn refers(reference: &str, piece: &Piece) -> bool {
    piece.label.as_deref() == Some(reference)
        || reference
            .split_once(' ')
            .is_some_and(|(word, number)| word == piece.word && number == piece.number)
}

/// A name in Lean's letters: `Even squares!` becomes `even_squares`.
fn identifier(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name: String = name.trim_end_matches('_').chars().take(48).collect();
    if name.starts_with(|c: char| c.is_ascii_digit())
        && !text.starts_with(|c: char| c.is_ascii_digit())
    {
        return format!("item_{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATEX: &str = r"\section{Doubling} % a comment with \begin{theorem}
Some prose.
\begin{definition}[Double] \label{def:double}
For a natural number $n$, the \emph{double} of $n$ is $n + n$.
\end{definition}
\begin{lemma}\label{lem:even}
The double of $n$ is $2n$, see Definition~\ref{def:double}.
\begin{itemize}\item nothing\end{itemize}
\end{lemma}
\begin{proof} By Definition~\ref{def:double} and \eqref{eq:gone}. \end{proof}
\begin{theorem*}[50 \% of it]
Twice the double.
\begin{corollary}
Never closed.
";

    fn shown(pieces: &[Piece], faults: &[Fault]) -> String {
        let pieces = pieces.iter().map(|p| {
            format!(
                "{} {:?} {} uses {:?} line {}\n  {}\n  proof: {:?}\n",
                p.heading(),
                p.kind,
                p.name,
                p.uses,
                p.line,
                p.text,
                p.proof
            )
        });
        let faults = faults
            .iter()
            .map(|f| format!("{}: {}\n", f.line, f.message));
        pieces.chain(faults).collect()
    }

    #[test]
    fn latex_is_taken_apart_and_what_is_wrong_is_told() {
        let (pieces, faults) = read(LATEX.as_bytes());
        insta::assert_snapshot!(shown(&pieces, &faults));
    }

    #[test]
    fn markdown_is_taken_apart() {
        let text = "# Doubling\n\nProse that is none of it.\n\n**Definition 1.1 (Double).** For a natural number *n*,\nthe double is n + n.\n\n## Lemma 2: small\n\nThe double of n is 2n, by Definition 1.1.\n\n- a point\n\n*Proof.* By Definition 1.1.\n\nAnd so on. □\n\nProse between.\n\n### Theorem\n\nFour is the double of 2, by Lemma 9. □\n";
        let (pieces, faults) = read(text.as_bytes());
        insta::assert_snapshot!(shown(&pieces, &faults));
    }

    #[test]
    fn latex_as_people_write_it() {
        let text = r"\newtheorem{theorem}{Theorem}[section] \newtheorem{lem}[theorem]{Key Lemma}
\newtheorem*{note}{Remark}
\begin{comment}\begin{theorem}Not this.\end{theorem}
\end{comment}
\begin{defn}[Even]\label{d}Twice \begin{verbatim}\end{lem}\end{verbatim} a number.\end{defn}
\begin{note}No item.\end{note}
\begin{lem}\label{l}By \cref{d} and \ref{gone}.\end{lem}
\begin{thm}\label{t}By Lemma~\ref{l}.\end{thm}
\begin{proof}[Proof of Lemma~\ref{l}]As in \ref{l}.\end{proof}
\begin{proof}Of the theorem.\end{proof}
";
        let (pieces, faults) = read(text.as_bytes());
        let said: Vec<_> = pieces
            .iter()
            .map(|p| (p.heading(), p.text.as_str(), p.proof.as_deref()))
            .collect();
        assert_eq!(
            said,
            [
                ("Definition 1 (Even)".to_owned(), "Twice a number.", None),
                (
                    "Lemma 1".to_owned(),
                    "By Definition 1 and \\ref{gone}.",
                    Some("As in 1.")
                ),
                (
                    "Theorem 1".to_owned(),
                    "By Lemma~1.",
                    Some("Of the theorem.")
                ),
            ]
        );
        assert_eq!(faults.len(), 1, "{faults:?}");
        // Markdown in a quotation, with marks that cannot be seen.
        let (pieces, _) = read(
            "\u{feff}> **Lemma 3.** A\u{202e} is\0 B.\r\n>\r\n> *Proof.* Clear.\r\n".as_bytes(),
        );
        assert_eq!(
            (pieces[0].text.as_str(), pieces[0].proof.as_deref()),
            ("A is B.", Some("Clear."))
        );
    }

    #[test]
    fn nothing_bad_panics() {
        for text in [
            "",
            "\\begin{",
            "\\begin{theorem",
            "\\end{theorem}\\begin{theorem}x",
            "\\begin{theorem}[open\\end{theorem}",
            "\\begin{proof}\\end{proof}\\begin{lemma}\\label{\\end{lemma}",
            "\u{0}\u{feff}\\begin{lemma}∀ \u{202e}\\end{lemma}",
            "**Theorem",
            "**Theorem.**",
            "# Lemma 1\n# Lemma 1\n",
        ] {
            let (pieces, _) = read(text.as_bytes());
            assert!(
                pieces
                    .iter()
                    .all(|p| !p.text.is_empty() && !p.name.is_empty())
            );
        }
        let (_, faults) = read(b"\\begin{lemma}\xff\\end{lemma}");
        assert!(faults[0].message.contains("UTF-8"));
        // Deep and wide input takes no time.
        let deep = "\\begin{lemma}x".repeat(20_000);
        assert!(!read(deep.as_bytes()).1.is_empty());
    }
}
