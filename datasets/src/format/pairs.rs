//! A challenge and a solution: who states the theorems is not who proves them.
//!
//! The challenge is a Lean text whose theorems end in `sorry`; the solution is a Lean text that must
//! prove all of them. They come as two files, as JSONL rows with `challenge` and `solution`, or as a
//! directory of cases, each a directory with `challenge.lean` and `solution.lean`.

use std::path::Path;

use walkdir::WalkDir;

use super::row::{Object, text};
use super::solutions::{NAME, without_header};
use super::{Format, decode, io_error};
use crate::error::{FaultKind, ReadError, RowFault, SolutionReport};
use crate::lean::anatomy::{anatomy, is_theorem};
use crate::lean::commands::{Command, commands};
use crate::lean::lexer::{Kind, Lexed};
use crate::lean::scan::import;
use crate::lean::scopes::Scopes;
use crate::problem::{Environment, Origin, Solution};

/// The files of a case.
const FILES: [&str; 2] = ["challenge.lean", "solution.lean"];
/// The fields of a row.
const CHALLENGE: &[&str] = &["challenge"];
const SOLUTION: &[&str] = &["solution"];

type Fault = (FaultKind, String);

/// A Lean text taken apart.
struct Parts {
    imports: Vec<String>,
    /// The text without its imports, line for line where it was.
    body: String,
    /// Full names of the theorems that have one which others can use.
    named: Vec<String>,
    /// Those whose proof is missing.
    open: Vec<String>,
    /// A definition whose value is missing.
    unanswered: Option<String>,
}

fn parts(source: &str) -> Parts {
    let lexed = Lexed::new(source);
    let commands = commands(&lexed);
    let mut found = Parts {
        imports: Vec::new(),
        body: without_header(&lexed, &commands),
        named: Vec::new(),
        open: Vec::new(),
        unanswered: None,
    };
    let mut scopes = Scopes::default();
    for command in &commands {
        let keyword = lexed.str(command.head);
        if matches!(keyword, "import" | "prelude") {
            import(&lexed, command, &mut found.imports);
        } else if is_theorem(keyword) {
            let theorem = anatomy(&lexed, command);
            if let (Some(name), false) = (theorem.name, command.private) {
                let name = scopes.full_name(lexed.str(name));
                if theorem.hole {
                    found.open.push(name.clone());
                }
                found.named.push(name);
            }
        } else {
            scopes.command(&lexed, command);
            if has_sorry(&lexed, command) {
                let after = (command.head + 1 < command.to).then(|| lexed.str(command.head + 1));
                found
                    .unanswered
                    .get_or_insert(after.unwrap_or(keyword).to_owned());
            }
        }
    }
    found
}

fn has_sorry(lexed: &Lexed<'_>, command: &Command) -> bool {
    (command.from..command.to)
        .any(|i| lexed.tokens[i].kind == Kind::Word && matches!(lexed.str(i), "sorry" | "admit"))
}

/// Whether a Lean file states a theorem that it does not prove. False of what cannot be read.
pub fn is_challenge(path: &str) -> bool {
    let bytes = std::fs::read(path).unwrap_or_default();
    path.ends_with(".lean")
        && decode(path, &bytes).is_ok_and(|source| !parts(&source).open.is_empty())
}

/// Two texts, as they came from somewhere that is called `place`.
///
/// # Errors
/// A sentence that says why the challenge cannot be one, or why the solution is none of it.
pub fn from_sources(place: &str, challenge: &str, solution: &str) -> Result<Solution, String> {
    from_texts(place, 1, challenge, solution).map_err(|(_, message)| message)
}

/// A pair of texts. The theorems to be judged are the challenge's open ones; all of its theorems
/// where none is open.
fn from_texts(path: &str, line: u32, challenge: &str, solution: &str) -> Result<Solution, Fault> {
    let clean = |t: &str| t.replace('\0', "").replace("\r\n", "\n");
    let (challenge, solution) = (parts(&clean(challenge)), parts(&clean(solution)));
    if let Some(name) = challenge.unanswered {
        let message = format!(
            "the challenge leaves the definition of `{name}` open; only proofs can be judged, so \
             give it its value"
        );
        return Err((FaultKind::AnswerMissing, message));
    }
    let names = match challenge.open.is_empty() {
        false => challenge.open,
        true => challenge.named,
    };
    if names.is_empty() {
        let message = "the challenge states no theorem with a name that is not private".to_owned();
        return Err((FaultKind::NoStatement, message));
    }
    let known = |module: &String| {
        let of = |given: &str| module == given || module.starts_with(&format!("{given}."));
        of("Init") || challenge.imports.iter().any(|given| of(given))
    };
    if let Some(module) = solution.imports.iter().find(|m| !known(m)) {
        let message = format!(
            "the solution imports {module}, which the challenge does not: both are read with the \
             challenge's imports, so let the challenge import it if it may be used"
        );
        return Err((FaultKind::NoProof, message));
    }
    Ok(Solution {
        name: match names.as_slice() {
            [name] => name.clone(),
            _ => path.to_owned(),
        },
        environment: Environment {
            imports: challenge.imports,
            text: String::new(),
        },
        submission: solution.body,
        reference: challenge.body,
        vouched: true,
        names,
        origin: Origin {
            path: path.to_owned(),
            format: Format::Pairs,
            line,
        },
    })
}

/// A row with `challenge` and `solution`; none where it has no `challenge`.
pub(super) fn from_row(path: &str, line: u32, object: &Object) -> Option<Result<Solution, Fault>> {
    let challenge = text(object, CHALLENGE)?;
    let Some(solution) = text(object, SOLUTION) else {
        let message = "the row has a `challenge` and no `solution`".to_owned();
        return Some(Err((FaultKind::NoProof, message)));
    };
    let mut pair = from_texts(path, line, challenge, solution);
    if let (Ok(pair), Some(name)) = (&mut pair, text(object, NAME)) {
        pair.name = name.trim().to_owned();
    }
    Some(pair)
}

/// Reads two files as a challenge and its solution.
///
/// # Errors
/// One cannot be read, or the challenge states nothing that could be judged.
pub fn read_files(challenge: &str, solution: &str) -> Result<Solution, ReadError> {
    let read = |name: &str| {
        let bytes = std::fs::read(name).map_err(|e| io_error(Path::new(name), e))?;
        decode(name, &bytes)
    };
    let (stated, proved) = (read(challenge)?, read(solution)?);
    from_texts(solution, 1, &stated, &proved).map_err(|(_, message)| ReadError::Empty {
        path: challenge.to_owned(),
        message,
    })
}

/// Reads the cases of a directory, in the order of their paths: none if there is no case in it.
pub(super) fn read_directory(root: &Path) -> Option<SolutionReport> {
    let mut report = SolutionReport::default();
    let directories = WalkDir::new(root).sort_by_file_name().into_iter();
    for entry in directories.filter_map(Result::ok) {
        let [challenge, solution] = FILES.map(|file| entry.path().join(file));
        if !entry.file_type().is_dir() || !challenge.is_file() || !solution.is_file() {
            continue;
        }
        let [challenge, solution] = [challenge, solution].map(|p| p.display().to_string());
        match read_files(&challenge, &solution) {
            Ok(pair) => report.solutions.push(pair),
            Err(error) => report.faults.push(RowFault {
                path: challenge,
                line: 0,
                name: None,
                kind: FaultKind::Unreadable,
                message: error.to_string(),
            }),
        }
    }
    let none = report.solutions.is_empty() && report.faults.is_empty();
    (!none).then_some(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(challenge: &str, solution: &str) -> Result<Solution, Fault> {
        from_texts("s.lean", 1, challenge, solution)
    }

    #[test]
    fn a_pair_is_judged_on_what_the_challenge_leaves_open() {
        let challenge = "import Std\nnamespace A\nlemma known : True := trivial\n\
                         theorem one : 1 = 1 := by sorry\nend A\ntheorem two : 2 = 2 := sorry\n";
        let solution = "import Std\nlemma helper : True := trivial\nrun_cmd pure ()\n";
        let pair = check(challenge, solution).unwrap();
        assert_eq!(pair.names, ["A.one", "two"]);
        assert_eq!(pair.environment.imports, ["Std"]);
        assert!(pair.vouched && pair.reference.contains("namespace A\ntheorem known"));
        assert!(pair.submission.contains("theorem helper") && pair.submission.contains("run_cmd"));
        assert!(!pair.submission.contains("import"));
        let finished = check("theorem t : True := trivial", "").unwrap();
        assert_eq!(finished.names, ["t"]);
    }

    #[test]
    fn what_cannot_be_judged_is_said() {
        for (challenge, solution, words) in [
            ("def x := 1", "", "states no theorem"),
            ("private theorem t : True := sorry", "", "not private"),
            (
                "abbrev answer : Nat := sorry\ntheorem t : answer = 1 := sorry",
                "",
                "`answer`",
            ),
            ("theorem t : True := sorry", "import Lean\n", "imports Lean"),
            (
                "import Std\ntheorem t : True := sorry",
                "import Stdx\n",
                "imports Stdx",
            ),
        ] {
            let (_, message) = check(challenge, solution).unwrap_err();
            assert!(message.contains(words), "{message}");
        }
        let below = check(
            "import Mathlib\ntheorem t : True := sorry",
            "import Mathlib.Tactic\n",
        );
        assert!(below.is_ok());
    }

    #[test]
    fn cases_and_files_are_found() {
        let root = tempfile::tempdir().unwrap();
        assert!(read_directory(root.path()).is_none());
        let case = root.path().join("a/b");
        std::fs::create_dir_all(&case).unwrap();
        let [challenge, solution] = FILES.map(|f| case.join(f).display().to_string());
        std::fs::write(&challenge, "theorem t : True := by sorry").unwrap();
        assert!(is_challenge(&challenge) && !is_challenge(&solution));
        assert!(read_files(&challenge, &solution).is_err());
        std::fs::write(&solution, "theorem t : True := trivial").unwrap();
        let report = read_directory(root.path()).unwrap();
        assert_eq!((report.solutions.len(), report.faults.len()), (1, 0));
        std::fs::write(&solution, [0xff]).unwrap();
        let report = read_directory(root.path()).unwrap();
        assert_eq!((report.solutions.len(), report.faults.len()), (0, 1));
    }
}
