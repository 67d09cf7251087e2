//! A Lean file, cut into commands without a parser: a command begins at a line's first token, with
//! a keyword that terms and tactics do not use, or (for `open` and `set_option`, which they do use)
//! no further to the right than the command before it.

use super::lexer::{Kind, Lexed, Token};

/// Keywords that begin a command and that neither terms nor tactics can contain.
const KEYWORDS: &[&str] = &[
    "abbrev",
    "add_decl_doc",
    "alias",
    "attribute",
    "axiom",
    "builtin_initialize",
    "class",
    "declare_syntax_cat",
    "def",
    "elab",
    "elab_rules",
    "end",
    "example",
    "export",
    "import",
    "include",
    "inductive",
    "infix",
    "infixl",
    "infixr",
    "initialize",
    "instance",
    "irreducible_def",
    "lemma",
    "library_note",
    "macro",
    "macro_rules",
    "mutual",
    "namespace",
    "notation",
    "omit",
    "opaque",
    "postfix",
    "prefix",
    "prelude",
    "run_cmd",
    "run_elab",
    "run_meta",
    "section",
    "simproc",
    "structure",
    "syntax",
    "theorem",
    "universe",
    "variable",
    "variables",
];

/// Keywords of commands that are also terms and tactics.
const SOFT: &[&str] = &["open", "set_option"];

/// What may stand before a declaration's keyword.
const MODIFIERS: &[&str] = &[
    "local",
    "meta",
    "noncomputable",
    "nonrec",
    "partial",
    "private",
    "protected",
    "public",
    "scoped",
    "unsafe",
];

/// Commands that `in` may join to the next one.
const JOINABLE: &[&str] = &[
    "open",
    "set_option",
    "variable",
    "omit",
    "include",
    "universe",
];

/// Commands that are over when their line's arguments are, so that the next one may stand deeper.
const SHORT: &[&str] = &[
    "namespace",
    "section",
    "end",
    "open",
    "set_option",
    "variable",
    "universe",
    "import",
];

/// How far attributes and modifiers are followed before their keyword is given up.
const HEAD_LIMIT: usize = 512;

/// A command: tokens `from..to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its first token: documentation, attribute, modifier, a joined command, or the keyword.
    pub from: usize,
    /// The token after its last.
    pub to: usize,
    /// The token of its keyword.
    pub head: usize,
    /// The commands that `in` joins to it, as token ranges without the `in`.
    pub joined: Vec<(usize, usize)>,
    /// Its documentation.
    pub doc: Option<usize>,
    /// Whether it is private, and so cannot be named from outside.
    pub private: bool,
}

/// Where a command's parts are, when one begins at a token.
struct Head {
    keyword: usize,
    doc: Option<usize>,
    private: bool,
}

/// The command's head that begins at token `i`, if one does.
fn head_at(lexed: &Lexed<'_>, i: usize) -> Option<Head> {
    let mut head = Head {
        keyword: i,
        doc: None,
        private: false,
    };
    let Token {
        depth: base,
        kind: Kind::Word | Kind::Hash | Kind::Doc | Kind::Open,
        ..
    } = *lexed.tokens.get(i)?
    else {
        return None;
    };
    for at in i..i + HEAD_LIMIT {
        let token = lexed.tokens.get(at)?;
        let word = lexed.str(at);
        // Inside an attribute's brackets, or at their end.
        if token.depth > base || token.kind == Kind::Close {
            continue;
        }
        match token.kind {
            Kind::Doc => head.doc = Some(at),
            Kind::Open if word == "@[" => {}
            Kind::Word if MODIFIERS.contains(&word) => head.private |= word == "private",
            Kind::Word if KEYWORDS.contains(&word) || SOFT.contains(&word) => {
                head.keyword = at;
                return Some(head);
            }
            Kind::Hash if at == i => return Some(head),
            _ => return None,
        }
    }
    None
}

/// Cuts a text into commands. What precedes the first command (a file's `module` line, or nonsense)
/// belongs to none.
pub fn commands(lexed: &Lexed<'_>) -> Vec<Command> {
    let mut done: Vec<Command> = Vec::new();
    let mut open: Option<Command> = None;
    let mut i = 0;
    while i < lexed.tokens.len() {
        let begins = match &open {
            Some(current) => may_begin(lexed, current, i),
            None => lexed.tokens[i].first,
        };
        let Some(head) = begins.then(|| head_at(lexed, i)).flatten() else {
            i += 1;
            continue;
        };
        let keyword = head.keyword;
        match &mut open {
            Some(current) if joins(lexed, current, i) => {
                current.joined.push((current.head, i - 1));
                current.head = keyword;
                current.doc = head.doc.or(current.doc);
                current.private |= head.private;
            }
            _ => {
                if let Some(mut current) = open.take() {
                    current.to = i;
                    done.push(current);
                }
                let Head { doc, private, .. } = head;
                open = Some(Command {
                    from: i,
                    to: i,
                    head: keyword,
                    joined: vec![],
                    doc,
                    private,
                });
            }
        }
        i = keyword + 1;
        if lexed.is_word(keyword, "mutual") {
            while i < lexed.tokens.len() && !(lexed.tokens[i].first && lexed.is_word(i, "end")) {
                i += 1;
            }
            i += 1;
        }
    }
    if let Some(mut current) = open {
        current.to = lexed.tokens.len();
        done.push(current);
    }
    done
}

/// Whether a text is one `theorem` and holds no word with which another command could begin, wherever it stands: what Lean
/// makes of the text changes nothing for a text after it, but that the theorem is there.
pub fn is_lone_theorem(text: &str) -> bool {
    let lexed = Lexed::new(text);
    let commands = |list: &[&str], i| list.contains(&lexed.str(i));
    let begins = |i: &usize| {
        lexed.tokens[*i].kind == Kind::Hash
            || [KEYWORDS, SOFT, MODIFIERS].iter().any(|l| commands(l, *i))
    };
    lexed.is_word(0, "theorem") && !(1..lexed.tokens.len()).any(|i| begins(&i))
}

/// Whether a command may begin at token `i` while `current` is open.
fn may_begin(lexed: &Lexed<'_>, current: &Command, i: usize) -> bool {
    let Token {
        first,
        depth,
        column,
        kind,
        ..
    } = lexed.tokens[i];
    if joins(lexed, current, i) {
        return true;
    }
    let start = lexed.tokens[current.from];
    let left = column <= start.column || SHORT.contains(&lexed.str(current.head));
    let word = lexed.str(i);
    match kind {
        // A bracket that was never closed must not swallow the rest of the file.
        _ if !first => depth == start.depth && matches!(word, "theorem" | "axiom" | "example"),
        _ if depth > start.depth => column <= start.column,
        Kind::Word if SOFT.contains(&word) => left,
        _ => true,
    }
}

/// Whether the open command ends in `in` just before token `i`, and so is a prefix of what follows.
fn joins(lexed: &Lexed<'_>, current: &Command, i: usize) -> bool {
    i > current.head + 1
        && lexed.is_word(i - 1, "in")
        && JOINABLE.contains(&lexed.str(current.head))
        && lexed.tokens[i - 1].depth == lexed.tokens[current.head].depth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let lexed = Lexed::new(text);
        let got: Vec<_> = commands(&lexed)
            .iter()
            .map(|c| {
                let span = lexed.slice(lexed.tokens[c.from].start, lexed.tokens[c.to - 1].end);
                format!("{}: {}", lexed.str(c.head), span.replace('\n', "⏎"))
            })
            .collect();
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn one_after_the_other() {
        check(
            "import A\nimport B\n\nopen Nat Foo\ndef f := 1\ntheorem t : f = 1 := by\n  sorry",
            &[
                "import: import A",
                "import: import B",
                "open: open Nat Foo",
                "def: def f := 1",
                "theorem: theorem t : f = 1 := by⏎  sorry",
            ],
        );
    }

    #[test]
    fn heads_with_documentation_attributes_and_modifiers() {
        check(
            "/-- doc -/\n@[simp, foo (bar := 1)]\nprotected theorem t : P := x\n#eval 1",
            &[
                "theorem: /-- doc -/⏎@[simp, foo (bar := 1)]⏎protected theorem t : P := x",
                "#eval: #eval 1",
            ],
        );
        check(
            "noncomputable section\nlocal notation \"x\" => y\n@[simp] f",
            &[
                "section: noncomputable section",
                "notation: local notation \"x\" => y⏎@[simp] f",
            ],
        );
    }

    #[test]
    fn fields_and_tactics_are_no_commands() {
        check(
            "structure S where\n  /-- a field -/\n  x : Nat\ntheorem t : P := by\n  open Nat in\n  simp",
            &[
                "structure: structure S where⏎  /-- a field -/⏎  x : Nat",
                "theorem: theorem t : P := by⏎  open Nat in⏎  simp",
            ],
        );
    }

    #[test]
    fn joined_commands() {
        check(
            "open Foo in\nset_option a.b 1 in\n/-- doc -/\ntheorem t : P := x\nopen Bar",
            &[
                "theorem: open Foo in⏎set_option a.b 1 in⏎/-- doc -/⏎theorem t : P := x",
                "open: open Bar",
            ],
        );
    }

    #[test]
    fn a_lone_theorem() {
        assert!(is_lone_theorem(
            "theorem t (xs : List.open) : P := by\n  simp -- end\n"
        ));
        for more in [
            "",
            "P",
            "/-- doc -/ theorem t : P := x",
            "theorem t : P := by\n  simp\n  end",
            "theorem t : P := x open Foo",
            "theorem t : P := x theorem s : P := x",
            "theorem t : P := by\n  open Nat in\n  simp",
            "theorem t : P := x\n#eval 1",
            "theorem t : P := x private def f := 1",
        ] {
            assert!(!is_lone_theorem(more), "{more}");
        }
    }

    #[test]
    fn indented_under_a_namespace() {
        check(
            "namespace A\n  open B\n  theorem t : P := x\n  open C\nend A",
            &[
                "namespace: namespace A",
                "open: open B",
                "theorem: theorem t : P := x",
                "open: open C",
                "end: end A",
            ],
        );
    }

    #[test]
    fn an_unclosed_bracket_ends_with_its_command() {
        check(
            "def f := (1\ntheorem t : P := x",
            &["def: def f := (1", "theorem: theorem t : P := x"],
        );
    }

    #[test]
    fn mutual_blocks_are_one() {
        check(
            "mutual\ntheorem a : P := b\ntheorem b : P := a\nend\ndef c := 1",
            &[
                "mutual: mutual⏎theorem a : P := b⏎theorem b : P := a⏎end",
                "def: def c := 1",
            ],
        );
    }
}
