//! The open documents: what the editor says that they are, and what is known of each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use lakatos_lean_bridge::outline::{Outline, Span};
use lsp_types::{
    Diagnostic, DiagnosticSeverity, NumberOrString, Position, Range,
    TextDocumentContentChangeEvent, Uri,
};
use tokio::sync::watch;

use super::position::{Encoding, Lines};

/// One version of a document. Never changes.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    /// Its address.
    pub uri: Uri,
    /// The editor's number of this version.
    pub version: i32,
    /// What stands in it.
    pub text: String,
    lines: Lines,
}

impl Text {
    /// A version.
    pub fn new(uri: Uri, version: i32, text: String) -> Self {
        let lines = Lines::of(&text);
        Self {
            uri,
            version,
            text,
            lines,
        }
    }

    /// The byte offset of a position.
    pub fn offset(&self, position: Position, encoding: Encoding) -> usize {
        self.lines.offset(&self.text, position, encoding)
    }

    /// The position of a byte offset.
    pub fn position(&self, offset: usize, encoding: Encoding) -> Position {
        self.lines.position(&self.text, offset, encoding)
    }

    /// The range of some bytes.
    pub fn range(&self, span: Span, encoding: Encoding) -> Range {
        self.lines.range(&self.text, span, encoding)
    }

    /// The bytes of a range.
    pub fn span(&self, range: Range, encoding: Encoding) -> Span {
        self.lines.span(&self.text, range, encoding)
    }
}

/// What Lean made of a version.
#[derive(Debug, Clone)]
pub struct Outlined {
    /// The version.
    pub text: Arc<Text>,
    /// Its commands.
    pub outline: Arc<Outline>,
}

/// Something that is known of a place, until the place is edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it is shown.
    pub span: Span,
    /// What it depends on: it goes when this is edited, or anything before it where `context` says so.
    pub about: Span,
    /// What it is.
    pub kind: MarkKind,
}

/// What a mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkKind {
    /// The statement is false, with the proof of its negation.
    Refuted(String),
    /// This belongs in the place of the `sorry`.
    Closes(String),
    /// There is no Lean for this file.
    NoLean(String),
}

impl Mark {
    fn diagnostic(&self, text: &Text, encoding: Encoding) -> Diagnostic {
        let (severity, code, message) = match &self.kind {
            MarkKind::Refuted(proof) => (
                DiagnosticSeverity::ERROR,
                "refuted",
                format!("This statement is false: its negation is proved.\n\n{proof}"),
            ),
            MarkKind::Closes(filling) => (
                DiagnosticSeverity::HINT,
                "closes",
                format!("`{}` closes this goal.", filling.trim()),
            ),
            MarkKind::NoLean(why) => (DiagnosticSeverity::WARNING, "no-lean", why.clone()),
        };
        Diagnostic {
            range: text.range(self.span, encoding),
            severity: Some(severity),
            code: Some(NumberOrString::String(code.into())),
            source: Some("lakatos".into()),
            message,
            ..Diagnostic::default()
        }
    }

    /// The same after an edit; none where it is not known any more.
    fn after(&self, edit: Span, len: usize) -> Option<Self> {
        let moved = |span: Span| {
            if edit.start >= span.end {
                Some(span)
            } else if edit.end <= span.start {
                let shift = |at: usize| at + len - (edit.end - edit.start);
                Some(Span {
                    start: shift(span.start),
                    end: shift(span.end),
                })
            } else {
                None
            }
        };
        Some(Self {
            span: moved(self.span)?,
            about: moved(self.about)?,
            kind: self.kind.clone(),
        })
    }
}

/// An open document.
pub struct Document {
    text: watch::Sender<Arc<Text>>,
    outlined: watch::Sender<Option<Outlined>>,
    marks: Vec<Mark>,
}

/// The open documents. Clones are the same ones.
#[derive(Clone, Default)]
pub struct Documents(Arc<Mutex<HashMap<String, Document>>>);

impl Documents {
    fn with<T>(&self, uri: &Uri, f: impl FnOnce(&mut Document) -> T) -> Option<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(uri.as_str()).map(f)
    }

    /// Opens one; what is given back says when it changes, and ends when it is closed.
    pub fn open(&self, text: Text) -> watch::Receiver<Arc<Text>> {
        let uri = text.uri.clone();
        let (text, changes) = watch::channel(Arc::new(text));
        let document = Document {
            text,
            outlined: watch::Sender::new(None),
            marks: Vec::new(),
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(uri.as_str().to_owned(), document);
        changes
    }

    /// Closes one.
    pub fn close(&self, uri: &Uri) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(uri.as_str());
    }

    /// Its present version.
    pub fn text(&self, uri: &Uri) -> Option<Arc<Text>> {
        self.with(uri, |d| Arc::clone(&d.text.borrow()))
    }

    /// Changes one; false where it is not open.
    pub fn change(
        &self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        self.with(uri, |d| {
            let mut now = Arc::clone(&d.text.borrow());
            for change in changes {
                let span = match change.range {
                    Some(range) => now.span(range, encoding),
                    None => Span {
                        start: 0,
                        end: now.text.len(),
                    },
                };
                let mut text = now.text.clone();
                text.replace_range(span.start..span.end, &change.text);
                let len = change.text.len();
                d.marks = d.marks.iter().filter_map(|m| m.after(span, len)).collect();
                now = Arc::new(Text::new(uri.clone(), version, text));
            }
            d.text.send_replace(now);
        })
        .is_some()
    }

    /// What Lean last made of it, of whichever version.
    pub fn outlined(&self, uri: &Uri) -> Option<Outlined> {
        self.with(uri, |d| d.outlined.borrow().clone())?
    }

    /// Keeps what Lean made of a version.
    pub fn outline(&self, outlined: Outlined) {
        let uri = outlined.text.uri.clone();
        self.with(&uri, |d| d.outlined.send_replace(Some(outlined)));
    }

    /// Says when Lean has made something of it.
    pub fn outlines(&self, uri: &Uri) -> Option<watch::Receiver<Option<Outlined>>> {
        self.with(uri, |d| d.outlined.subscribe())
    }

    /// Adds a mark to a version, unless the document is at another; those about the same place and of the same kind go.
    pub fn mark(&self, text: &Text, mark: Mark) -> bool {
        self.with(&text.uri, |d| {
            let current = d.text.borrow().version == text.version;
            if current {
                let same = |m: &Mark| {
                    m.span == mark.span
                        && std::mem::discriminant(&m.kind) == std::mem::discriminant(&mark.kind)
                };
                d.marks.retain(|m| !same(m));
                d.marks.push(mark);
            }
            current
        })
        .unwrap_or(false)
    }

    /// Takes marks away.
    pub fn unmark(&self, uri: &Uri, gone: impl Fn(&Mark) -> bool) {
        self.with(uri, |d| d.marks.retain(|m| !gone(m)));
    }

    /// The marks of the present version.
    pub fn marks(&self, uri: &Uri) -> Vec<Mark> {
        self.with(uri, |d| d.marks.clone()).unwrap_or_default()
    }

    /// The present version with its diagnostics.
    pub fn diagnostics(
        &self,
        uri: &Uri,
        encoding: Encoding,
    ) -> Option<(Arc<Text>, Vec<Diagnostic>)> {
        self.with(uri, |d| {
            let text = Arc::clone(&d.text.borrow());
            let said = d
                .marks
                .iter()
                .map(|m| m.diagnostic(&text, encoding))
                .collect();
            (text, said)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(start: (u32, u32), end: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let range = Range::new(Position::new(start.0, start.1), Position::new(end.0, end.1));
        TextDocumentContentChangeEvent {
            range: Some(range),
            range_length: None,
            text: text.into(),
        }
    }

    #[test]
    fn changes_move_marks_or_drop_them() {
        let documents = Documents::default();
        let uri: Uri = "file:///t.lean".parse().unwrap();
        let text = "theorem a : ⊤ := sorry\ntheorem b : ⊤ := sorry\n";
        documents.open(Text::new(uri.clone(), 1, text.into()));
        let at = text.rfind("sorry").unwrap();
        let span = Span {
            start: at,
            end: at + 5,
        };
        let mark = Mark {
            span,
            about: span,
            kind: MarkKind::Closes("trivial".into()),
        };
        let now = documents.text(&uri).unwrap();
        assert!(documents.mark(&now, mark.clone()));
        // An astral character before it, in UTF-16.
        assert!(documents.change(&uri, 2, vec![change((0, 8), (0, 9), "𝔸")], Encoding::Utf16));
        let now = documents.text(&uri).unwrap();
        assert_eq!(documents.marks(&uri)[0].span.of(&now.text), Some("sorry"));
        assert!(!documents.mark(&Text::new(uri.clone(), 1, text.into()), mark));
        documents.change(&uri, 3, vec![change((1, 18), (1, 19), "")], Encoding::Utf16);
        assert!(documents.marks(&uri).is_empty());
        // Out of range: the end.
        documents.change(
            &uri,
            4,
            vec![change((90, 0), (91, 5), "-- end")],
            Encoding::Utf16,
        );
        assert!(documents.text(&uri).unwrap().text.ends_with("\n-- end"));
        assert!(!documents.change(&"file:///u".parse().unwrap(), 1, vec![], Encoding::Utf8));
    }
}
