//! What code inside the wasm could reach of the machine, and the check that nothing is left of it.
//!
//! A submission may call any function of the wasm module by name (`@[extern]`), `dlopen` and
//! `system` included, with any arguments. So all that the wasm imports counts as in its reach. The
//! glue that comes with it can evaluate text as JavaScript (in a library loaded by `dlopen`), start
//! processes and open sockets; [`super::glue`] takes those out, and [`audit`] refuses a glue or an
//! import list that still has one.

use super::PrepareError;

/// Texts that must not occur in the prepared glue.
const FORBIDDEN_TEXT: [&str; 9] = [
    "=eval(",
    "{eval(",
    ">eval(",
    ";eval(",
    " eval(",
    "new Function(",
    "require(\"child_process\")",
    "require(\"ws\")",
    "process.binding",
];

/// Imports whose purpose is to run JavaScript that the wasm brings along.
const FORBIDDEN_IMPORTS: [&str; 5] = [
    "run_script",
    "load_script",
    "async_wget",
    "asm_const_async",
    "asm_const_ptr",
];

/// Refuses a glue or an import list through which code inside could get out.
///
/// # Errors
/// [`PrepareError::Reach`], naming what was found.
pub fn audit(glue: &str, imports: &[String]) -> Result<(), PrepareError> {
    if let Some(text) = FORBIDDEN_TEXT.iter().find(|t| glue.contains(**t)) {
        return Err(PrepareError::Reach(format!("the text `{text}`")));
    }
    let script = imports
        .iter()
        .find(|i| FORBIDDEN_IMPORTS.iter().any(|f| i.contains(f)));
    match script {
        Some(import) => Err(PrepareError::Reach(format!("the import `{import}`"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_way_out() {
        let good = [
            "env.fd_read".to_owned(),
            "env.emscripten_asm_const_int".to_owned(),
        ];
        assert_eq!(audit("var retrieval=1;retrieval(1)", &good), Ok(()));
        for text in FORBIDDEN_TEXT {
            assert!(audit(&format!("var a{text}x)"), &good).is_err(), "{text}");
        }
        let bad = ["env.emscripten_run_script_int".to_owned()];
        assert!(
            audit("", &bad)
                .unwrap_err()
                .to_string()
                .contains("run_script_int")
        );
    }
}
