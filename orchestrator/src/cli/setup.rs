//! `lakatos setup`: installs the embedded Lean ahead of time.

use super::context::Context;
use super::lean;
use crate::exit::{Exit, Failure};

/// Install the embedded Lean now, so that later commands start at once and need no network
///
/// Example: lakatos setup
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(context: &Context, _args: &Args) -> Result<Exit, Failure> {
    let data_dir = context.made_data_dir()?;
    let installed = lean::install(&data_dir, &context.console)?;
    if context.console.is_json() {
        context.console.json(&serde_json::json!({
            "event": "installed",
            "lean": installed.lean_version,
            "node": installed.node_version,
            "home": installed.home,
        }));
    } else {
        context.console.out(format!(
            "The embedded Lean {} (Node {}) is ready in {}.",
            installed.lean_version,
            installed.node_version,
            installed.home.display()
        ));
    }
    Ok(Exit::Success)
}
