//! The configuration of nanoda, a kernel in Rust (github.com/ammkrn/nanoda_lib).

use std::path::Path;

use serde::Serialize;

use super::Export;
use crate::BridgeError;

/// The fields of its configuration file that are not left as they are.
#[derive(Serialize)]
struct Config<'a> {
    export_file_path: &'a Path,
    permitted_axioms: &'a [String],
    /// An axiom that is not permitted is an error, used or not.
    unpermitted_axiom_hard_error: bool,
    /// Arithmetic on literals, as Lean's kernel has it.
    nat_extension: bool,
    string_extension: bool,
    /// With one, it works on the main thread, whose stack is not its own choice.
    num_threads: u32,
    /// Only names may be printed: types can be very large.
    print_axioms: bool,
    print_success_message: bool,
}

/// Writes the configuration for an export.
pub(super) fn write(file: &Path, export: &Export) -> Result<(), BridgeError> {
    let config = Config {
        export_file_path: &export.file,
        permitted_axioms: &export.permitted,
        unpermitted_axiom_hard_error: true,
        nat_extension: true,
        string_extension: true,
        num_threads: 2,
        print_axioms: false,
        print_success_message: true,
    };
    let text = serde_json::to_vec_pretty(&config).map_err(|e| BridgeError::Protocol {
        message: format!("nanoda's configuration: {e}"),
    })?;
    std::fs::write(file, text).map_err(crate::files::io_error("writing", file))
}
