//! End-to-end tests of the built program.

mod check_service;
mod cli;
mod editors;
mod formalize;
mod killed;
mod lsp;
mod model;
mod mutate;
mod prove;
mod repl;
mod support;
mod train;
