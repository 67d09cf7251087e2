//! `lakatos doctor`: what was found, what is missing, and how to mend it.

use std::path::Path;
use std::time::Duration;

use lakatos_lean_bridge::EnvironmentSpec;
use lakatos_lean_bridge::{embedded, isolate, machine};
use serde::Serialize;

use super::context::Context;
use super::lean::{self, LeanArgs};
use crate::config::Config;
use crate::exit::{Exit, Failure};

/// Say what was found on this machine, what is missing, and how to mend it
///
/// The exit code is 0 if proofs can be searched, and 4 if something is missing.
///
/// Example: lakatos doctor
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    lean: LeanArgs,
    /// Do not start a Lean worker
    #[arg(long)]
    no_start: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    event: &'static str,
    what: String,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    /// Missing, but nothing needs it now.
    Note,
    Bad,
}

impl Finding {
    fn new(what: &str, state: State, detail: impl Into<String>, remedy: &str) -> Self {
        Self {
            event: "finding",
            what: what.to_owned(),
            state,
            detail: detail.into(),
            remedy: remedy.to_owned(),
        }
    }
}

pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let mut findings = Vec::new();
    let config = match context.config(None) {
        Ok(mut config) => {
            args.lean.apply(&mut config.lean)?;
            let path = context.config_path()?;
            let detail = if path.exists() {
                path.display().to_string()
            } else {
                "defaults".into()
            };
            findings.push(Finding::new("configuration", State::Good, detail, ""));
            config
        }
        Err(e) => {
            let remedy = e.hint.clone().unwrap_or_default();
            findings.push(Finding::new(
                "configuration",
                State::Bad,
                e.message,
                &remedy,
            ));
            Config::default()
        }
    };
    let data_dir = context.data_dir()?;
    findings.push(directory(&data_dir));
    findings.push(match context.store() {
        Ok(store) => {
            let runs = store.runs()?.len();
            Finding::new("run store", State::Good, format!("{runs} runs"), "")
        }
        Err(e) => Finding::new("run store", State::Bad, e.message, ""),
    });
    findings.push(machine(&config));
    let native = config.lean.lean.is_some() || config.lean.project.is_some();
    findings.extend(tools());
    findings.extend(isolation(native));
    let status = embedded::inspect(&data_dir, &lean::host_tools());
    for part in &status.components {
        let state = match (part.ready, native) {
            (true, _) => State::Good,
            (false, _) => State::Note,
        };
        findings.push(Finding::new(
            &format!("embedded Lean: {}", part.name),
            state,
            part.version
                .clone()
                .unwrap_or_else(|| part.path.display().to_string()),
            &part.remedy,
        ));
    }
    if args.no_start {
    } else if status.ready || native {
        findings.push(start(context, &config).await);
    } else {
        findings.push(Finding::new(
            "a worker",
            State::Note,
            "the embedded Lean is not installed yet",
            "`lakatos setup` installs it; `lakatos prove` does so on first use",
        ));
    }
    for f in &findings {
        show(context, f);
    }
    let bad = findings.iter().any(|f| f.state == State::Bad);
    Ok(if bad {
        Exit::Environment
    } else {
        Exit::Success
    })
}

fn show(context: &Context, f: &Finding) {
    if context.console.is_json() {
        context.console.json(f);
        return;
    }
    let mark = match f.state {
        State::Good => "ok     ",
        State::Note => "note   ",
        State::Bad => "MISSING",
    };
    context
        .console
        .out(format!("{mark}  {}: {}", f.what, f.detail));
    if !f.remedy.is_empty() {
        context.console.out(format!("         {}", f.remedy));
    }
}

fn directory(path: &Path) -> Finding {
    let probe = path.join(".doctor");
    let written = std::fs::create_dir_all(path).and_then(|()| std::fs::write(&probe, b"probe"));
    let detail = path.display().to_string();
    match written.and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => Finding::new("data directory", State::Good, detail, ""),
        Err(e) => Finding::new(
            "data directory",
            State::Bad,
            format!("{detail} cannot be written: {e}"),
            "choose another with --data-dir DIR or LAKATOS_HOME",
        ),
    }
}

fn machine(config: &Config) -> Finding {
    let cores = machine::cores();
    let workers = lean::workers(&config.lean);
    let Some(mb) = machine::available_memory_mb() else {
        return Finding::new("machine", State::Good, format!("{cores} cores"), "");
    };
    let detail = format!("{cores} cores, {mb} MB of memory free: {workers} workers");
    if mb < 4000 {
        let remedy = "a search needs about 4 GB: a worker and two for verification, 1 GB each";
        return Finding::new("machine", State::Note, detail, remedy);
    }
    Finding::new("machine", State::Good, detail, "")
}

fn tools() -> Vec<Finding> {
    [
        (
            "npm",
            "needed once, to install the embedded Lean; install Node.js with npm",
        ),
        (
            "node",
            "24 or later is used where it is there; otherwise one is installed through npm",
        ),
        ("lean", "without one, the embedded Lean is used"),
        ("lake", "needed for --project only"),
    ]
    .into_iter()
    .map(|(name, remedy)| match lean::on_path(name) {
        Some(path) => Finding::new(name, State::Good, path.display().to_string(), ""),
        None => Finding::new(name, State::Note, "not on the path", remedy),
    })
    .collect()
}

/// What keeps workers inside on this machine, as it was tried out just now.
fn isolation(native: bool) -> Vec<Finding> {
    let machine = isolate::machine(std::env::var_os("PATH").as_deref());
    let landlock = match machine.landlock {
        Some(version) => format!("Landlock {version}"),
        None => "no Landlock".to_owned(),
    };
    let by_bwrap = matches!(machine.bwrap, Some((_, Ok(()))));
    let rules = match &machine.rules {
        Ok(()) => {
            let detail = format!("{landlock}, seccomp: they held a trial process");
            Finding::new("isolation: kernel", State::Good, detail, "")
        }
        Err(why) => {
            let needed = native && !by_bwrap;
            let remedy = "the embedded Lean is confined by Node alone; a native Lean needs Linux 5.13 \
                          or later with Landlock, or bwrap, or --allow-unisolated";
            let state = if needed { State::Bad } else { State::Note };
            Finding::new(
                "isolation: kernel",
                state,
                format!("{landlock}: {why}"),
                remedy,
            )
        }
    };
    let install =
        "a native Lean runs in namespaces of its own where there is one; install bubblewrap";
    let bwrap = match &machine.bwrap {
        Some((path, Ok(()))) => {
            let detail = format!("{}: it held a trial process", path.display());
            Finding::new("isolation: bwrap", State::Good, detail, "")
        }
        Some((_, Err(why))) => {
            let remedy =
                "it needs user namespaces; without it the kernel's rules hold a native Lean";
            Finding::new("isolation: bwrap", State::Note, why, remedy)
        }
        None => Finding::new("isolation: bwrap", State::Note, "not on the path", install),
    };
    let groups = machine.cgroup.map(|version| {
        let detail = format!("version {version}; memory is limited by resource limits");
        Finding::new("isolation: control groups", State::Good, detail, "")
    });
    [rules, bwrap].into_iter().chain(groups).collect()
}

/// Starts Lean and asks it to prove that one is one.
async fn start(context: &Context, config: &Config) -> Finding {
    let began = std::time::Instant::now();
    match tokio::time::timeout(Duration::from_secs(180), first_goal(context, config)).await {
        Ok(Ok(lean)) => {
            let detail = format!(
                "{lean}: first goal after {:.1} s",
                began.elapsed().as_secs_f64()
            );
            Finding::new("a worker", State::Good, detail, "")
        }
        Ok(Err(e)) => {
            let remedy = e.hint.clone().unwrap_or_default();
            Finding::new("a worker", State::Bad, e.message, &remedy)
        }
        Err(_) => Finding::new(
            "a worker",
            State::Bad,
            "no answer within 180 s",
            "look at the machine's load and memory, then try -vv",
        ),
    }
}

async fn first_goal(context: &Context, config: &Config) -> Result<String, Failure> {
    let launcher = lean::launcher(context, &config.lean).await?;
    let lean = launcher.describe();
    let one = crate::config::LeanConfig {
        workers: 1,
        ..config.lean.clone()
    };
    let pool = lean::pool(launcher, &one).await?;
    let session = pool.session(EnvironmentSpec::default()).await?;
    session
        .start("theorem doctor : 1 = 1", false, 60_000)
        .await?;
    drop(session);
    pool.shutdown().await;
    Ok(lean)
}
