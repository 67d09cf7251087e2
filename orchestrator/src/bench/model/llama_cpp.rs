//! A GGUF model in 8 bits beside llama.cpp on the same file, in turns: tokens decoded a second at batch 1 and 8.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use lakatos_model_server::convert::source::Source;
use lakatos_model_server::{Model, ModelError, State};
use serde_json::Value;

use super::{Figure, median, seconds};
use crate::bench::Target;

/// llama.cpp's side.
const SCRIPT: &str = include_str!("llama_cpp.py");
/// Tokens before the first decoded one, tokens decoded in a turn, turns.
const POSITION: usize = 100;
const TOKENS: usize = 64;
const TURNS: usize = 5;
const BATCHES: [usize; 2] = [1, 8];

/// What is compared, and a Python that has `xllamacpp`.
#[derive(Debug, Clone)]
pub struct LlamaCpp {
    /// The model's GGUF file.
    pub model: PathBuf,
    /// The Python.
    pub python: PathBuf,
}

pub fn measure(given: &LlamaCpp) -> Result<Vec<Figure>, ModelError> {
    let mut model = Source::read(&given.model)?.model;
    model.quantise();
    let threads = rayon::current_num_threads();
    let mut other = Other::start(given, threads)?;
    let mut rates = [(); 2 * BATCHES.len()].map(|()| Vec::new());
    for _ in 0..TURNS {
        for (i, batch) in BATCHES.into_iter().enumerate() {
            rates[2 * i].push(ours(&model, batch)?);
            rates[2 * i + 1].push(other.ask(batch)?);
        }
    }
    let mut figures = vec![Figure::new("threads, of both", threads as f64, "")];
    for (i, batch) in BATCHES.into_iter().enumerate() {
        let (ours, theirs) = (median(&rates[2 * i]), median(&rates[2 * i + 1]));
        let figure = |who: &str, rate| {
            let measure = format!("{who}, decoding at batch {batch}");
            Figure::new(measure, rate, "tokens/s")
        };
        figures.push(figure("GGUF model in 8 bits", ours));
        figures.push(figure("llama.cpp", theirs));
        let measure = format!("over llama.cpp at batch {batch}");
        figures.push(Figure::new(measure, ours / theirs, "×").target(Target::AtLeast(1.0)));
    }
    Ok(figures)
}

/// Tokens decoded a second.
fn ours(model: &Model, batch: usize) -> Result<f64, ModelError> {
    let prompt: Vec<u32> = (0..POSITION)
        .map(|i| ((7 * i + 13) % 1000 + 100) as u32)
        .collect();
    let mut state = model.new_state();
    model.prefill(&mut state, &prompt)?;
    let mut states: Vec<State> = vec![state; batch];
    let tokens: Vec<u32> = (0..batch as u32).map(|i| 100 + i).collect();
    let (time, done) = seconds(|| {
        (0..TOKENS).try_for_each(|_| {
            let mut all: Vec<&mut State> = states.iter_mut().collect();
            model.decode(&mut all, &tokens).map(|_| ())
        })
    });
    done.map(|()| (batch * TOKENS) as f64 / time)
}

/// The process with llama.cpp in it.
struct Other {
    child: Child,
    to: Option<ChildStdin>,
    lines: Box<dyn Iterator<Item = std::io::Result<String>>>,
}

impl Other {
    fn start(given: &LlamaCpp, threads: usize) -> Result<Self, ModelError> {
        let arguments = [threads, TOKENS, POSITION].map(|n| n.to_string());
        let mut child = Command::new(&given.python)
            .args(["-c", SCRIPT])
            .arg(&given.model)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| lost(&given.python, &e.to_string()))?;
        let out = child.stdout.take();
        let out = out.ok_or(ModelError::Internal("a piped output is not there"))?;
        let mut other = Self {
            to: child.stdin.take(),
            child,
            lines: Box::new(BufReader::new(out).lines()),
        };
        let ready = other.line()?;
        if ready["ready"] == true {
            Ok(other)
        } else {
            Err(lost(&given.python, &ready.to_string()))
        }
    }

    fn line(&mut self) -> Result<Value, ModelError> {
        let line = self.lines.next().and_then(Result::ok);
        let value = line.and_then(|l| serde_json::from_str(&l).ok());
        value.ok_or_else(|| lost(Path::new("the process"), "it ended without an answer"))
    }

    fn ask(&mut self, batch: usize) -> Result<f64, ModelError> {
        let sent = self.to.as_mut().map(|to| writeln!(to, "{batch}"));
        if !matches!(sent, Some(Ok(()))) {
            return Err(lost(Path::new("the process"), "it takes no more lines"));
        }
        let rate = self.line()?["tokens_per_second"].as_f64();
        rate.ok_or_else(|| lost(Path::new("the process"), "it gave no rate"))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It ends with its input; should it hang, it is not waited for.
        self.to.take();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lost(what: &Path, why: &str) -> ModelError {
    ModelError::Request(format!(
        "llama.cpp did not answer ({}: {why}): name a Python that has xllamacpp with --python \
         (`python3 -m venv beside && beside/bin/pip install xllamacpp`)",
        what.display()
    ))
}
