//! Generation: samples, forks, the cache, beams.

#![expect(clippy::unwrap_used, reason = "tests outside of test functions")]

mod common;

use std::sync::Arc;

use common::{configs, tokens};
use lakatos_model_server::engine::beam::{BeamOptions, beam_search};
use lakatos_model_server::engine::sampler::{Sampling, log_sum_exp};
use lakatos_model_server::engine::{Engine, Event, Finish, Request, RequestId};
use lakatos_model_server::{Model, ModelConfig};

fn model() -> Arc<Model> {
    let mut model: Model =
        Model::random(ModelConfig::from_json(configs()[0].1.clone()).unwrap(), 2);
    // Wider logits, so that samples differ in more than chance.
    model.update(|p| p.tensors_mut()[0].iter_mut().for_each(|x| *x *= 30.0));
    Arc::new(model)
}

fn request(prompt: Vec<u32>, samples: usize, seed: u64) -> Request {
    let sampling = Sampling {
        temperature: 0.9,
        top_p: 0.95,
        seed,
    };
    Request {
        prompt,
        samples,
        max_tokens: 12,
        sampling,
        ends: vec![22],
    }
}

type Sample = (Vec<u32>, f64, Option<Finish>);

fn run(engine: &mut Engine, ids: &[(RequestId, usize)]) -> Vec<Vec<Sample>> {
    let mut out: Vec<Vec<Sample>> = ids
        .iter()
        .map(|(_, n)| vec![Default::default(); *n])
        .collect();
    let at = |id: RequestId| ids.iter().position(|(i, _)| *i == id).unwrap();
    while !engine.is_idle() {
        for event in engine.step().unwrap() {
            match event {
                Event::Token {
                    request,
                    sample,
                    token,
                    logprob,
                } => {
                    let sample = &mut out[at(request)][sample];
                    assert!(sample.2.is_none(), "a token after the end");
                    sample.0.push(token);
                    sample.1 += logprob;
                }
                Event::Finished {
                    request,
                    sample,
                    reason,
                } => {
                    out[at(request)][sample].2 = Some(reason);
                }
            }
        }
    }
    assert!(out.iter().flatten().all(|s| s.2.is_some()));
    out
}

#[test]
fn a_seed_gives_the_same_tokens_whatever_else_runs() {
    let model = model();
    let mine = request(tokens(9, 22, 1), 3, 77);
    let mut engine = Engine::new(Arc::clone(&model), 1 << 20, 64);
    let id = engine.submit(mine.clone()).unwrap();
    let alone = run(&mut engine, &[(id, 3)]).remove(0);
    let mut engine = Engine::new(model, 1 << 20, 16);
    let mut ids = Vec::new();
    for other in 0..6 {
        if other == 3 {
            ids.push((engine.submit(mine.clone()).unwrap(), 3));
        }
        ids.push((
            engine
                .submit(request(tokens(5 + other, 22, 9), 2, other as u64))
                .unwrap(),
            2,
        ));
    }
    let together = run(&mut engine, &ids);
    assert_eq!(together[3], alone);
    assert!(alone[0].0 != alone[1].0, "samples must differ");
    assert!(together[3] != together[2]);
}

#[test]
fn sixteen_samples_read_their_prompt_once_and_a_child_only_what_is_new() {
    let mut engine = Engine::new(model(), 1 << 20, 64);
    let prompt = tokens(30, 22, 4);
    let id = engine.submit(request(prompt.clone(), 16, 1)).unwrap();
    run(&mut engine, &[(id, 16)]);
    assert_eq!(
        (engine.counters().prefills, engine.counters().prefill_tokens),
        (1, 30)
    );
    let child: Vec<u32> = prompt.iter().copied().chain([1, 2, 3]).collect();
    let id = engine.submit(request(child.clone(), 4, 1)).unwrap();
    run(&mut engine, &[(id, 4)]);
    assert_eq!(
        (engine.counters().prefills, engine.counters().prefill_tokens),
        (2, 33)
    );
    let id = engine.submit(request(child, 4, 2)).unwrap();
    run(&mut engine, &[(id, 4)]);
    assert_eq!(engine.counters().prefills, 2, "the same prompt again");
    assert_eq!(engine.cache_stats().tokens_saved, 30 + 33);
}

#[test]
fn a_warm_prefix_gives_what_a_cold_one_gives() {
    let mut engine = Engine::new(model(), 1 << 20, 64);
    let text = tokens(80, 22, 6);
    let (_, cold) = engine.read(&text).unwrap();
    let mut engine = Engine::new(model(), 1 << 20, 64);
    engine.read(&text[..37]).unwrap();
    let (_, warm) = engine.read(&text).unwrap();
    assert_eq!(engine.cache_stats().hits, 1);
    let size = cold.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    let worst = cold
        .iter()
        .zip(warm.iter())
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst <= 1e-4 * size.max(1.0), "{worst}");
}

#[test]
fn greedy_is_a_beam_of_one_and_beams_are_the_likeliest() {
    let model = model();
    let mut state = model.new_state();
    let prompt = tokens(7, 22, 3);
    let logits = model.prefill(&mut state, &prompt).unwrap();
    let mut options = BeamOptions {
        width: 1,
        length_penalty: 0.0,
        max_tokens: 5,
        ends: vec![],
    };
    let one = beam_search(&model, &state, &logits, &options).unwrap();
    let mut engine = Engine::new(Arc::clone(&model), 1 << 20, 4);
    let greedy = Request {
        sampling: Sampling::GREEDY,
        max_tokens: 5,
        ends: vec![],
        ..request(prompt.clone(), 1, 0)
    };
    let id = engine.submit(greedy).unwrap();
    let sample = run(&mut engine, &[(id, 1)]).remove(0).remove(0);
    assert_eq!(one[0].tokens, sample.0);
    assert!((one[0].logprob - sample.1).abs() < 1e-4);
    // A beam as wide as the vocabulary finds the best pair of tokens; try them all.
    options = BeamOptions {
        width: 23,
        length_penalty: 0.0,
        max_tokens: 2,
        ends: vec![],
    };
    let beams = beam_search(&model, &state, &logits, &options).unwrap();
    assert_eq!(beams.len(), 23);
    let mut best = (f64::NEG_INFINITY, vec![]);
    for a in 0..23_u32 {
        let mut fork = state.clone();
        let next = model.decode(&mut [&mut fork], &[a]).unwrap();
        let first = f64::from(logits[a as usize]) - log_sum_exp(&logits);
        for b in 0..23_u32 {
            let both = first + f64::from(next[b as usize]) - log_sum_exp(&next);
            if both > best.0 {
                best = (both, vec![a, b]);
            }
        }
    }
    assert_eq!(beams[0].tokens, best.1);
    assert!((beams[0].logprob - best.0).abs() < 1e-4);
}

#[test]
fn bad_requests_are_refused_and_cancelled_ones_forgotten() {
    let mut engine = Engine::new(model(), 1 << 20, 4);
    assert!(engine.submit(request(vec![], 1, 0)).is_err());
    assert!(engine.submit(request(vec![1], 0, 0)).is_err());
    assert!(engine.submit(request(vec![99], 1, 0)).is_err());
    let id = engine.submit(request(vec![1, 2], 4, 0)).unwrap();
    engine.step().unwrap();
    engine.cancel(id);
    assert!(engine.is_idle() && engine.step().unwrap().is_empty());
}
