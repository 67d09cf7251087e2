//! Lean text, read without Lean: tokens, commands, a theorem's parts, a file's theorems with what
//! each stands in. What Lean itself would say of the text is for Lean to decide; these modules only
//! have to cut it in the right places.

pub mod anatomy;
pub mod commands;
pub mod lexer;
pub mod scan;
pub mod scopes;
