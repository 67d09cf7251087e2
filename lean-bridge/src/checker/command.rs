//! The user's command: words, of which some stand for files.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::BridgeError;
use crate::embedded::find_program;

/// Stands for the path of the export.
const EXPORT: &str = "{export}";
/// Stands for the path of nanoda's configuration, which names the export.
const CONFIG: &str = "{config}";
/// Gives the checker a deep stack, and ends it when this process is gone.
const GUARD: &str = include_str!("../isolate/guard.sh");

/// A command with placeholders, whose program has been found.
#[derive(Debug, Clone)]
pub(super) struct Template {
    program: PathBuf,
    words: Vec<String>,
}

fn wrong(message: String) -> BridgeError {
    BridgeError::Checker { message }
}

impl Template {
    /// Reads a command as a shell would, and looks for its program.
    pub fn parse(command: &str, path: Option<&OsStr>) -> Result<Self, BridgeError> {
        let words = shlex::split(command).ok_or_else(|| {
            wrong(format!(
                "`{command}` has a quote without its partner; quote it like a shell's command"
            ))
        })?;
        let mut words = words.into_iter();
        let Some(program) = words.next() else {
            return Err(wrong(
                "its command is empty; name a program, as in --checker 'nanoda_bin {config}'"
                    .into(),
            ));
        };
        let found = if program.contains('/') {
            let place = Path::new(&program);
            place.is_file().then(|| std::path::absolute(place).ok())
        } else {
            path.map(|path| find_program(path, &program))
        };
        let program = found.flatten().ok_or_else(|| {
            wrong(format!(
                "there is no program `{program}`; give its path, or put it on the PATH"
            ))
        })?;
        let words = words.collect();
        Ok(Self { program, words })
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    fn has(&self, placeholder: &str) -> bool {
        self.words.iter().any(|w| w.contains(placeholder))
    }

    /// Whether it reads a configuration of nanoda's.
    pub fn wants_config(&self) -> bool {
        self.has(CONFIG)
    }

    /// The command for one file. The environment and the output are the caller's to set.
    pub fn command(&self, export: &Path, config: &Path) -> Result<Command, BridgeError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", GUARD, "sh"]).arg(&self.program);
        for word in &self.words {
            let word = word.replace(EXPORT, &export.to_string_lossy());
            command.arg(word.replace(CONFIG, &config.to_string_lossy()));
        }
        if self.has(EXPORT) || self.wants_config() {
            command.stdin(Stdio::null());
        } else {
            let file = std::fs::File::open(export);
            command.stdin(file.map_err(crate::files::io_error("reading", export))?);
        }
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Vec<String> {
        let template = Template::parse(command, Some(OsStr::new("/bin:/usr/bin"))).unwrap();
        let command = template.command(Path::new("/dev/null"), Path::new("/c d.json"));
        let command = command.unwrap();
        let args = command.get_args().skip(3);
        args.map(|a| a.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn placeholders_stand_for_files() {
        let words = words("sh -c 'exit 0' {config} --export={export}");
        assert!(words[0].ends_with("/sh"), "{words:?}");
        assert_eq!(
            words[1..],
            ["-c", "exit 0", "/c d.json", "--export=/dev/null"]
        );
    }

    #[test]
    fn what_cannot_be_run_is_refused_with_a_way_out() {
        let refused = |command: &str| {
            let error = Template::parse(command, Some(OsStr::new("/bin"))).unwrap_err();
            error.to_string()
        };
        assert!(refused("").contains("name a program"));
        assert!(refused("sh 'a").contains("quote"));
        assert!(refused("no-such-checker-here").contains("PATH"));
        assert!(refused("/no/such/checker").contains("give its path"));
    }
}
