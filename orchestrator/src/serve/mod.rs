//! HTTP services. They say nothing to the terminal and read no environment: `cli/serve` does.

pub mod check;
