//! How events reach people and programs: bars on a terminal, plain lines in a pipe, JSON with
//! `--json`.
//!
//! Results (tables, JSON) go to standard output; progress, warnings and failures to standard error.
//! A reader that goes away (`lakatos runs | head`) is no reason to stop or to panic: what can no
//! longer be written is dropped.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::events::{Event, EventSink, ProblemEnd};

/// What kind of listener there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One JSON object a line on standard output.
    Json,
    /// Bars on standard error, which is a terminal.
    Bars,
    /// Plain lines on standard error.
    Plain,
}

/// Draws events.
pub struct Console {
    mode: Mode,
    quiet: bool,
    bars: Mutex<Bars>,
}

#[derive(Default)]
struct Bars {
    multi: MultiProgress,
    phases: HashMap<&'static str, ProgressBar>,
    run: Option<ProgressBar>,
    /// Percent last said of a phase in [`Mode::Plain`], and the phase's total.
    said: HashMap<&'static str, (u64, Option<u64>)>,
}

/// The phase of a training's bar.
const TRAINING: &str = "training";

/// The phase of a data job's bar.
const ITEMS: &str = "items";

impl Console {
    /// A console for this process's standard streams.
    pub fn new(json: bool, quiet: bool) -> Self {
        let mode = if json {
            Mode::Json
        } else if std::io::stderr().is_terminal() {
            Mode::Bars
        } else {
            Mode::Plain
        };
        Self {
            mode,
            quiet,
            bars: Mutex::default(),
        }
    }

    /// Whether programs listen.
    pub fn is_json(&self) -> bool {
        self.mode == Mode::Json
    }

    /// A line of a result, on standard output.
    pub fn out(&self, line: impl AsRef<str>) {
        self.suspended(|| write_line(std::io::stdout().lock(), line.as_ref()));
    }

    /// A value as one line of JSON, on standard output.
    pub fn json(&self, value: &impl serde::Serialize) {
        if let Ok(line) = serde_json::to_string(value) {
            self.out(line);
        }
    }

    /// A line for people, on standard error.
    pub fn note(&self, line: impl AsRef<str>) {
        self.suspended(|| write_line(std::io::stderr().lock(), line.as_ref()));
    }

    /// Likewise, but not with `--quiet`.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.quiet {
            self.note(line);
        }
    }

    /// Writes without tearing the bars.
    fn suspended(&self, write: impl FnOnce()) {
        if self.mode == Mode::Bars {
            let multi = self.lock().multi.clone();
            multi.suspend(write);
        } else {
            write();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Bars> {
        self.bars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, phase: &'static str, message: &str, total: Option<u64>) {
        if self.mode == Mode::Bars && !self.quiet {
            let mut bars = self.lock();
            let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let template = if total.is_some() {
                "{msg:40} {bar:30} {percent:>3}% {elapsed}"
            } else {
                "{msg:40} {spinner} {elapsed}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(message.to_owned());
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            let bar = bars.multi.add(bar);
            bars.phases.insert(phase, bar);
        } else {
            self.lock().said.insert(phase, (0, total));
            self.say(message);
        }
    }

    fn advance(&self, phase: &'static str, done: u64) {
        let mut bars = self.lock();
        if let Some(bar) = bars.phases.get(phase) {
            bar.set_position(done);
            return;
        }
        let Some((said, Some(total))) = bars.said.get_mut(phase) else {
            return;
        };
        let percent = 100 * done.min(*total) / (*total).max(1);
        // A line for each quarter is enough in a log.
        if percent >= *said + 25 {
            *said = percent - percent % 25;
            let line = format!("{phase}: {said} %");
            drop(bars);
            self.say(line);
        }
    }

    /// A training's step: on its bar, or a line of its own.
    fn step(&self, step: u64, line: String) {
        let bar = self.lock().phases.get(TRAINING).cloned();
        match bar {
            Some(bar) => {
                bar.set_position(step);
                bar.set_message(line);
            }
            None => self.say(line),
        }
    }

    fn end(&self, phase: &'static str) {
        let mut bars = self.lock();
        bars.said.remove(phase);
        if let Some(bar) = bars.phases.remove(phase) {
            bar.finish();
        }
    }

    fn draw(&self, event: &Event) {
        match event {
            Event::InstallBegin {
                phase,
                message,
                total,
            } => self.begin(phase, message, *total),
            Event::InstallAdvance { phase, done } => self.advance(phase, *done),
            Event::InstallEnd { phase } => self.end(phase),
            Event::InputError { place, message } => self.note(format!("{place}: {message}")),
            Event::Warning { message } => self.note(format!("warning: {message}")),
            Event::RunStarted(run) => {
                self.say(format!(
                    "run {}: {} problems{}, {} workers, seed {}, {}",
                    run.run,
                    run.problems,
                    if run.done > 0 {
                        format!(" ({} done)", run.done)
                    } else {
                        String::new()
                    },
                    run.workers,
                    run.seed,
                    run.lean
                ));
                if self.mode == Mode::Bars && !self.quiet {
                    let bar = ProgressBar::new(run.problems.into()).with_position(run.done.into());
                    if let Ok(style) =
                        ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}")
                    {
                        bar.set_style(style);
                    }
                    bar.enable_steady_tick(std::time::Duration::from_millis(250));
                    let mut bars = self.lock();
                    let bar = bars.multi.add(bar);
                    bars.run = Some(bar);
                }
            }
            Event::ProblemStarted { name } => {
                if let Some(bar) = &self.lock().run {
                    bar.set_message(name.clone());
                }
            }
            Event::Problem(end) => {
                self.say(problem_line(end));
                if let Some(bar) = &self.lock().run {
                    bar.inc(1);
                }
            }
            Event::Retry { name, message } => {
                self.say(format!("{name}: tried once more, because {message}"));
            }
            Event::Interrupted { run, resume } => {
                self.clear();
                self.note(format!("run {run} was interrupted; go on with: {resume}"));
            }
            Event::ReportWritten { path } => {
                self.say(format!("the report is in {}", path.display()));
            }
            Event::TrainingStarted {
                parameters,
                step,
                steps,
                validation,
            } => {
                self.begin(TRAINING, &format!("training of {parameters} parameters, {steps} steps, {validation} pairs held out"), Some(*steps));
                self.advance(TRAINING, *step);
            }
            Event::TrainingStep {
                step,
                steps,
                loss,
                tokens_per_second,
                seconds_left,
                ..
            } => self.step(
                *step,
                format!("step {step}/{steps}: loss {loss:.4}, {tokens_per_second:.0} tokens/s, {seconds_left:.0} s left"),
            ),
            Event::Validated {
                step,
                loss,
                exact_match,
            } => self.say(format!(
                "step {step}: validation loss {loss:.4}, exact match {:.1} %",
                100.0 * exact_match
            )),
            Event::CheckpointWritten { path, .. } => {
                self.end(TRAINING);
                self.say(format!("the checkpoint is in {}", path.display()));
            }
            Event::JobStarted {
                run,
                items,
                done,
                seed,
                out,
                ..
            } => {
                self.say(format!(
                    "{run}: {items} items{}, seed {seed}, into {}",
                    if *done > 0 {
                        format!(" ({done} done)")
                    } else {
                        String::new()
                    },
                    out.display()
                ));
                self.begin(ITEMS, run, Some(*items));
                self.advance(ITEMS, *done);
            }
            Event::JobItem {
                item, key, failed, ..
            } => {
                if let Some(reason) = failed {
                    self.say(format!("{key} failed: {}", first_line(reason)));
                }
                self.advance(ITEMS, item + 1);
            }
            Event::JobEnded {
                items,
                done,
                failed,
                rows,
                seconds,
                ..
            } => {
                self.end(ITEMS);
                let rows: Vec<String> = rows.iter().map(|(t, n)| format!("{n} {t}")).collect();
                self.out(format!(
                    "{done} of {items} items, {failed} failed; {}; {seconds:.1} s",
                    rows.join(", ")
                ));
            }
            Event::Summary(_) => self.clear(),
            Event::Error { message, hint, .. } => {
                self.clear();
                self.note(format!("error: {message}"));
                if let Some(hint) = hint {
                    self.note(format!("  {hint}"));
                }
            }
        }
    }

    /// Takes the bars off the terminal.
    fn clear(&self) {
        let mut bars = self.lock();
        if let Some(bar) = bars.run.take() {
            bar.finish_and_clear();
        }
        for (_, bar) in bars.phases.drain() {
            bar.finish_and_clear();
        }
    }
}

impl EventSink for Console {
    fn event(&self, event: &Event) {
        if self.mode == Mode::Json {
            self.json(event);
            // People who watch a program's log want its failures in words as well.
            if let Event::Error { message, .. } = event {
                write_line(std::io::stderr().lock(), &format!("error: {message}"));
            }
        } else {
            self.draw(event);
        }
    }
}

fn problem_line(end: &ProblemEnd) -> String {
    let level = end.level.map_or(String::new(), |l| format!(" (level {l})"));
    let why = end.message.as_deref().filter(|_| end.level.is_none());
    let why = why.map_or(String::new(), |m| format!(": {}", first_line(m)));
    format!(
        "{:<9} {}{level} {:.1} s{why}",
        end.verdict.word(),
        end.name,
        end.seconds
    )
}

/// The first line of a text, cut to what fits a terminal.
pub fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 120 {
        line.to_owned()
    } else {
        line.chars().take(119).chain(['…']).collect()
    }
}

/// Writes a line; a closed pipe or a full disk behind a redirection is not this program's failure.
fn write_line(mut to: impl Write, line: &str) {
    let _ = writeln!(to, "{line}").and_then(|()| to.flush());
}
