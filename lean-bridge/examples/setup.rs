//! Installs the embedded Lean: `cargo run -p lakatos-lean-bridge --example setup -- HOME`.
//!
//! With a second argument, a directory with `Main.lean`, the worker is compiled from there.

use std::path::{Path, PathBuf};

use lakatos_lean_bridge::embedded::{HostTools, Sources, ensure_with, inspect};
use lakatos_lean_bridge::launch::{LaunchOptions, Launcher};
use lakatos_lean_bridge::progress::Progress;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let home = arguments
        .first()
        .ok_or("name the directory to install into")?;
    let sources = match arguments.get(1) {
        Some(dir) => Sources::read(dir)?,
        None => Sources::bundled()?,
    };
    let tools = HostTools {
        path: std::env::var_os("PATH"),
        ..HostTools::default()
    };
    let started = std::time::Instant::now();
    let installation = ensure_with(Path::new(home), &tools, &sources, &|progress| {
        if let Progress::Begin { phase, message, .. } = progress {
            eprintln!(
                "[{:6.1} s] {phase}: {message}",
                started.elapsed().as_secs_f64()
            );
        }
    })?;
    eprintln!("ready after {:.3} s", started.elapsed().as_secs_f64());
    println!("{}", serde_json::to_string_pretty(&inspect(home, &tools))?);
    let launcher = Launcher::embedded(&installation, &LaunchOptions::default())?;
    println!("{}: {}", launcher.describe(), launcher.isolation());
    Ok(())
}
