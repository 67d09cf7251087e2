//! Tokens computed over a tree of prompts, each of which extends its parent's, with the state cache and without.

use std::sync::Arc;

use lakatos_model_server::engine::{Engine, Limits, Request};
use lakatos_model_server::{Model, ModelError};

use super::{Figure, small, text};
use crate::bench::Target;

/// Nodes of the tree, tokens that each appends, samples at each.
const NODES: usize = 100;
const APPENDED: usize = 24;
const SAMPLES: usize = 16;

pub fn measure() -> Result<Vec<Figure>, ModelError> {
    let model = Arc::new(small()?);
    let vocab_size = model.config().vocab_size;
    let mut prompts: Vec<Vec<u32>> = vec![text(APPENDED, vocab_size)];
    for i in 1..NODES {
        // A chain of best nodes with side branches, as a best-first search makes them.
        let parent = prompts[if i % 3 == 0 { i / 2 } else { i - 1 }.min(i - 1)].clone();
        let own = text(i * APPENDED + APPENDED, vocab_size);
        prompts.push([&parent, &own[i * APPENDED..]].concat());
    }
    let (on, prefills) = run(&model, &prompts, 1 << 30)?;
    let (off, _) = run(&model, &prompts, 0)?;
    let appended = (NODES * APPENDED) as f64;
    Ok(vec![
        Figure::new(
            "prompts read a node of 16 samples",
            prefills / NODES as f64,
            "",
        )
        .target(Target::AtMost(1.0)),
        Figure::new("tokens computed, of those appended", on / appended, "×")
            .target(Target::AtMost(1.0)),
        Figure::new("tokens computed over the tree, cache on", on, "tokens"),
        Figure::new("tokens computed over the tree, cache off", off, "tokens"),
        Figure::new("saved by the cache", off / on, "×"),
    ])
}

/// Tokens of prompts that were computed, and prompts read.
fn run(
    model: &Arc<Model>,
    prompts: &[Vec<u32>],
    cache_bytes: usize,
) -> Result<(f64, f64), ModelError> {
    let limits = Limits {
        cache_bytes,
        running_bytes: 1 << 30,
        max_batch: 64,
    };
    let mut engine = Engine::new(Arc::clone(model), limits);
    for prompt in prompts {
        engine.submit(Request {
            prompt: prompt.clone(),
            samples: SAMPLES,
            max_tokens: 2,
            ..Request::default()
        })?;
        while !engine.is_idle() {
            engine.step();
        }
    }
    let counters = engine.counters();
    Ok((counters.prefill_tokens as f64, counters.prefills as f64))
}
