//! The `lakatos` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    lakatos::cli::main()
}
