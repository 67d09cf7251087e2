//! A Lean file's theorems, each with what it stands in.

use std::collections::HashSet;

use super::anatomy::{Anatomy, anatomy, is_theorem};
use super::commands::{Command, commands};
use super::lexer::{Kind, Lexed};
use super::scopes::{Scopes, source};

/// Keywords of declarations that give a value, which may be missing.
const DEFINITIONS: &[&str] = &["def", "abbrev", "opaque", "instance"];

/// Which theorems of a text are problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Those whose proof is missing or has a hole; finished ones are what later ones stand in.
    Holes,
    /// All, and none stands in what another one sees.
    Every,
    /// The one with this full name.
    Named(&'a str),
    /// The last one.
    Last,
}

/// A theorem that was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name as it is written, or a generated one for an `example`.
    pub decl: String,
    /// With the namespaces around it.
    pub full_name: String,
    /// `theorem …`, up to the `:=`.
    pub statement: String,
    /// Its documentation, without the comment's signs.
    pub doc: Option<String>,
    /// The line of its first token, from 1.
    pub line: u32,
    /// What stands before it and lasts.
    pub context: String,
    /// A definition without a value that the statement speaks of.
    pub answer_missing: Option<String>,
}

/// A Lean text's imports and wanted theorems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The imported modules, each once, in order.
    pub imports: Vec<String>,
    /// The wanted theorems, in order.
    pub found: Vec<Found>,
    /// How many theorems there are in all.
    pub theorems: usize,
    /// The context at the text's end.
    pub context: String,
    /// The last definition's keyword and name.
    pub definition: Option<(String, String)>,
}

/// Reads a text.
pub fn scan(text: &str, wanted: Wanted<'_>) -> Scan {
    let lexed = Lexed::new(text);
    let commands = commands(&lexed);
    let parts: Vec<_> = commands
        .iter()
        .map(|c| is_theorem(lexed.str(c.head)).then(|| anatomy(&lexed, c)))
        .collect();
    let mut names = Names::collect(&lexed, &commands, &parts);
    let last = parts.iter().rposition(Option::is_some);
    let mut scan = Scan {
        theorems: parts.iter().flatten().count(),
        ..Scan::default()
    };
    let mut scopes = Scopes::default();
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    };
    for (number, (command, parts)) in commands.iter().zip(&parts).enumerate() {
        let Some(parts) = parts else {
            if lexed.str(command.head) == "import" {
                import(&lexed, command, &mut scan.imports);
            } else {
                scopes.command(&lexed, command);
            }
            if DEFINITIONS.contains(&lexed.str(command.head)) {
                let name = lexed.str(command.head + 1).to_owned();
                scan.definition = Some((lexed.str(command.head).to_owned(), name));
            }
            continue;
        };
        let decl = parts
            .name
            .map_or_else(|| names.example(), |i| lexed.str(i).to_owned());
        let full_name = scopes.full_name(&decl);
        let statement = statement(&lexed, parts, &decl);
        let is_wanted = match wanted {
            Wanted::Holes => parts.hole,
            Wanted::Every => true,
            Wanted::Named(name) => full_name == name,
            Wanted::Last => last == Some(number),
        };
        if is_wanted {
            let mut words = (parts.from + 1..parts.statement_end).map(|i| lexed.str(i));
            scan.found.push(Found {
                decl: decl.clone(),
                full_name,
                statement: statement.clone(),
                doc: command.doc.map(|i| uncomment(lexed.str(i))),
                line: lines.line_of(lexed.tokens[command.head].start),
                context: scopes.text(&joined(&lexed, command)),
                answer_missing: words
                    .find(|w| names.unanswered.contains(w))
                    .map(str::to_owned),
            });
        }
        if parts.name.is_none() || wanted == Wanted::Every {
            continue;
        }
        if !parts.hole {
            scopes.lasting(source(&lexed, command));
        } else if names.mentioned.contains(last_part(&decl)) {
            let joined: String = joined(&lexed, command)
                .iter()
                .map(|line| format!("{line} in\n"))
                .collect();
            scopes.lasting(format!("{joined}{statement} := by sorry"));
        }
    }
    scan.context = scopes.text(&[]);
    scan
}

/// The words of a text that decide what stands in a context.
struct Names<'a> {
    /// Last parts of the names that commands other than a theorem with a hole speak of, and those
    /// that its statement speaks of: such a theorem must stay although it is not proved.
    mentioned: HashSet<&'a str>,
    /// Definitions with `sorry` for a value.
    unanswered: HashSet<&'a str>,
    /// Names that an `example` must not get.
    taken: HashSet<&'a str>,
    examples: u32,
}

impl<'a> Names<'a> {
    fn collect(lexed: &Lexed<'a>, commands: &[Command], parts: &[Option<Anatomy>]) -> Self {
        let mut names = Self {
            mentioned: HashSet::new(),
            unanswered: HashSet::new(),
            taken: HashSet::new(),
            examples: 0,
        };
        for (command, parts) in commands.iter().zip(parts) {
            let range = match parts {
                Some(p) if p.hole => p.from + 1..p.statement_end,
                Some(p) => p.from + 1..p.to,
                None => command.head + 1..command.to,
            };
            let words = range
                .filter(|&i| lexed.tokens[i].kind == Kind::Word)
                .map(|i| lexed.str(i));
            names.mentioned.extend(words.flat_map(|w| w.split('.')));
            if let Some(name) = parts.and_then(|p| p.name) {
                names.taken.insert(lexed.str(name));
            }
            let value = command.head + 2..command.to;
            if matches!(
                lexed.str(command.head),
                "def" | "abbrev" | "opaque" | "instance"
            ) && value.into_iter().any(|i| lexed.is_word(i, "sorry"))
            {
                names.unanswered.insert(lexed.str(command.head + 1));
            }
        }
        names
    }

    /// The next free `example_n`.
    fn example(&mut self) -> String {
        loop {
            self.examples += 1;
            let name = format!("example_{}", self.examples);
            if !self.taken.contains(name.as_str()) {
                return name;
            }
        }
    }
}

/// Counts lines on the way through a text.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line of a byte offset, which may not go back.
    fn line_of(&mut self, offset: usize) -> u32 {
        let passed = self.text.get(self.at..offset).unwrap_or("");
        self.line = self
            .line
            .saturating_add(passed.matches('\n').count() as u32);
        self.at = self.at.max(offset);
        self.line
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The text of tokens `from..to`.
fn span<'a>(lexed: &Lexed<'a>, from: usize, to: usize) -> &'a str {
    match (
        lexed.tokens.get(from),
        to.checked_sub(1).and_then(|i| lexed.tokens.get(i)),
    ) {
        (Some(first), Some(last)) => lexed.slice(first.start, last.end),
        _ => "",
    }
}

/// The commands that `in` joins to this one, as commands of their own.
fn joined<'a>(lexed: &Lexed<'a>, command: &Command) -> Vec<&'a str> {
    command
        .joined
        .iter()
        .map(|&(from, to)| span(lexed, from, to))
        .collect()
}

/// `theorem …` up to the body, without attributes and modifiers.
pub fn statement(lexed: &Lexed<'_>, parts: &Anatomy, decl: &str) -> String {
    let from = if parts.name.is_some() {
        parts.from + 1
    } else {
        parts.from
    };
    let rest = if from < parts.statement_end {
        span(lexed, from, parts.statement_end)
    } else {
        ""
    };
    // `foo.{u}` and `foo (n : ℕ)`: what follows the name follows it as it did.
    let joint = match (parts.name, lexed.tokens.get(from)) {
        (Some(name), Some(next)) if from < parts.statement_end => {
            lexed.slice(lexed.tokens[name].end, next.start)
        }
        (None, Some(_)) => " ",
        _ => "",
    };
    format!("theorem {decl}{joint}{rest}")
}

/// Adds an `import` command's modules.
pub fn import(lexed: &Lexed<'_>, command: &Command, imports: &mut Vec<String>) {
    let words = (command.head + 1..command.to).filter(|&i| lexed.tokens[i].kind == Kind::Word);
    for name in words
        .map(|i| lexed.str(i))
        .filter(|w| !matches!(*w, "import" | "all"))
    {
        if !imports.iter().any(|i| i == name) {
            imports.push(name.to_owned());
        }
    }
}

/// A comment's text without its signs.
pub fn uncomment(comment: &str) -> String {
    let text = comment.trim();
    let text = text
        .strip_prefix("/--")
        .or_else(|| text.strip_prefix("/-"))
        .unwrap_or(text);
    text.strip_suffix("-/").unwrap_or(text).trim().to_owned()
}
