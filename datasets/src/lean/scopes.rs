//! Namespaces and sections: what is open at a place of a text, and what stands there.

use super::commands::Command;
use super::lexer::{Kind, Lexed};

/// An open scope and what stands in it.
#[derive(Default)]
struct Scope {
    /// The command that opened it; empty for the file's own.
    opener: String,
    /// The namespace's name.
    namespace: Option<String>,
    /// Its `end`.
    closer: String,
    /// What stands in it, in order.
    entries: Vec<String>,
    /// Whether something in it outlives its end.
    lasts: bool,
}

/// The scopes that are open at a place of a text. Scopes that close and leave nothing are forgotten,
/// so that theorems of different sections can share one environment.
#[derive(Default)]
pub struct Scopes {
    file: Scope,
    open: Vec<Scope>,
}

impl Scopes {
    fn top(&mut self) -> &mut Scope {
        self.open.last_mut().unwrap_or(&mut self.file)
    }

    /// Takes in a command's text that outlives the scope it stands in.
    pub fn lasting(&mut self, text: String) {
        let top = self.top();
        top.entries.push(text);
        top.lasts = true;
    }

    /// Takes in a command that is neither a theorem nor an import.
    pub fn command(&mut self, lexed: &Lexed<'_>, command: &Command) {
        let keyword = lexed.str(command.head);
        let argument = (command.head + 1 < command.to).then(|| lexed.str(command.head + 1));
        match keyword {
            "namespace" => {
                for part in name_parts(argument.unwrap_or("")) {
                    self.open.push(Scope {
                        opener: format!("namespace {part}"),
                        namespace: Some(part.to_owned()),
                        closer: format!("end {part}"),
                        ..Scope::default()
                    });
                }
            }
            "section" => {
                let modifier = (command.from..command.head)
                    .any(|i| lexed.is_word(i, "noncomputable"))
                    .then_some("noncomputable ");
                let modifier = modifier.unwrap_or("");
                let parts = name_parts(argument.unwrap_or(""));
                let names = if parts.is_empty() { vec![""] } else { parts };
                for name in names {
                    self.open.push(Scope {
                        opener: format!("{modifier}section {name}").trim_end().to_owned(),
                        closer: format!("end {name}").trim_end().to_owned(),
                        ..Scope::default()
                    });
                }
            }
            "end" => {
                for _ in 0..name_parts(argument.unwrap_or("")).len().max(1) {
                    self.close();
                }
            }
            "open" | "variable" | "variables" | "universe" | "set_option" | "include" | "omit" => {
                self.top().entries.push(source(lexed, command));
            }
            "prelude" => {}
            _ if keyword.starts_with('#') => {}
            _ => self.lasting(source(lexed, command)),
        }
    }

    fn close(&mut self) {
        let Some(scope) = self.open.pop().filter(|s| s.lasts) else {
            return;
        };
        let top = self.top();
        top.lasts = true;
        top.entries.push(scope.opener);
        top.entries.extend(scope.entries);
        top.entries.push(scope.closer);
    }

    /// A declaration's name with the namespaces around it.
    pub fn full_name(&self, decl: &str) -> String {
        if let Some(name) = decl.strip_prefix("_root_.") {
            return name.to_owned();
        }
        let namespaces = self.open.iter().filter_map(|s| s.namespace.as_deref());
        namespaces.chain([decl]).collect::<Vec<_>>().join(".")
    }

    /// Everything that stands before this place, and then some lines more.
    pub fn text(&self, more: &[&str]) -> String {
        let mut text = String::new();
        let mut line = |part: &str| {
            if !part.is_empty() {
                text.push_str(part);
                text.push('\n');
            }
        };
        for scope in [&self.file].into_iter().chain(&self.open) {
            line(&scope.opener);
            scope.entries.iter().for_each(|entry| line(entry));
        }
        more.iter().for_each(|entry| line(entry));
        text
    }
}

fn name_parts(name: &str) -> Vec<&str> {
    name.split('.').filter(|p| !p.is_empty()).collect()
}

/// A command's text as an ordinary file would have it: `theorem` for `lemma` (which is Mathlib's), and
/// without the module system's `public` and `meta`.
pub fn source(lexed: &Lexed<'_>, command: &Command) -> String {
    let mut text = String::new();
    let mut at = lexed.tokens[command.from].start;
    for i in command.from..=command.head {
        let token = lexed.tokens[i];
        let replacement = match lexed.str(i) {
            "lemma" if i == command.head => "theorem",
            "public" | "meta" if token.kind == Kind::Word => "",
            _ => continue,
        };
        text.push_str(lexed.slice(at, token.start));
        text.push_str(replacement);
        at = token.end;
    }
    text.push_str(lexed.slice(at, lexed.tokens[command.to - 1].end));
    text.trim_start().to_owned()
}
