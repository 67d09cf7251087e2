//! Generation: samples, forks, the cache, beams.

#![expect(clippy::unwrap_used, reason = "tests outside of test functions")]

mod common;

use std::sync::Arc;

use common::{configs, tokens};
use lakatos_model_server::engine::beam::{BeamOptions, beam_search};
use lakatos_model_server::engine::sampler::{Sampling, log_sum_exp};
use lakatos_model_server::engine::{
    Ends, Engine, Event, Finish, Limits, Request, RequestId, StopTest,
};
use lakatos_model_server::state::cache::StateKey;
use lakatos_model_server::{Model, ModelConfig, ModelError};

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
        ends: ending(&[22]),
        ..Request::default()
    }
}

fn ending(tokens: &[u32]) -> Ends {
    Ends {
        tokens: tokens.to_vec(),
        test: None,
    }
}

fn engine_of(model: Arc<Model>, max_batch: usize) -> Engine {
    let limits = Limits {
        cache_bytes: 1 << 20,
        running_bytes: 1 << 30,
        max_batch,
    };
    Engine::new(model, limits)
}

type Sample = (Vec<u32>, f64, Option<Finish>);

fn run(engine: &mut Engine, ids: &[(RequestId, usize)]) -> Vec<Vec<Sample>> {
    let mut out: Vec<Vec<Sample>> = ids
        .iter()
        .map(|(_, n)| vec![Default::default(); *n])
        .collect();
    let at = |id: RequestId| ids.iter().position(|(i, _)| *i == id).unwrap();
    while !engine.is_idle() {
        for event in engine.step() {
            match event {
                Event::Token {
                    request,
                    sample,
                    token,
                } => {
                    let sample = &mut out[at(request)][sample];
                    assert!(sample.2.is_none(), "a token after the end");
                    sample.0.push(token.token);
                    sample.1 += token.logprob.unwrap();
                }
                Event::Read { .. } => {}
                Event::Beams { .. } | Event::Done { .. } | Event::Failed { .. } => {
                    unreachable!("{event:?}")
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
    let mut engine = engine_of(Arc::clone(&model), 64);
    let id = engine.submit(mine.clone()).unwrap();
    let alone = run(&mut engine, &[(id, 3)]).remove(0);
    let mut engine = engine_of(model, 16);
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
    let mut engine = engine_of(model(), 64);
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
fn texts_that_part_late_share_their_beginning_from_the_third_on() {
    let mut engine = engine_of(model(), 64);
    let beginning = tokens(600, 22, 4);
    let mut computed = Vec::new();
    let mut last = Vec::new();
    for i in 0..4 {
        let text = [&beginning[..], &[i, 7, i, 9, i]].concat();
        let id = engine.submit(request(text.clone(), 2, 1)).unwrap();
        let before = engine.counters().prefill_tokens;
        last = run(&mut engine, &[(id, 2)]);
        computed.push(engine.counters().prefill_tokens - before);
        if i == 3 {
            let mut cold = engine_of(model(), 64);
            let id = cold.submit(request(text, 2, 1)).unwrap();
            let cold = run(&mut cold, &[(id, 2)]).remove(0);
            assert_eq!(cold[0].0, last[0][0].0);
        }
    }
    assert_eq!(computed, [605, 605, 5, 5]);
    assert_eq!(last[0].len(), 2);
}

#[test]
fn a_warm_prefix_gives_what_a_cold_one_gives() {
    let text = tokens(80, 22, 6);
    let next = |engine: &mut Engine| {
        let all = Request {
            top: 23,
            ..request(text.clone(), 1, 0)
        };
        let id = engine.submit(all).unwrap();
        let events = engine.step();
        engine.cancel(id);
        let token = events.into_iter().find_map(|e| match e {
            Event::Token { token, .. } => Some(token),
            _ => None,
        });
        let mut top = token.unwrap().top;
        top.sort_by_key(|(t, _)| *t);
        top
    };
    let cold = next(&mut engine_of(model(), 64));
    let mut engine = engine_of(model(), 64);
    let half = Request {
        max_tokens: 0,
        ..request(text[..37].to_vec(), 1, 0)
    };
    let id = engine.submit(half).unwrap();
    let events = engine.step();
    assert!(
        matches!(events[..], [Event::Read { cached: 0, .. }, Event::Done { request }] if request == id)
    );
    let warm = next(&mut engine);
    assert_eq!(engine.cache_stats().hits, 1);
    let apart = cold.iter().zip(&warm).map(|(a, b)| (a.1 - b.1).abs());
    assert!(
        cold.len() == 23 && apart.fold(0.0, f64::max) <= 1e-4,
        "{cold:?} {warm:?}"
    );
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
        ends: ending(&[]),
        top: 0,
    };
    let one = beam_search(&model, &state, &logits, &options).unwrap();
    let mut engine = engine_of(Arc::clone(&model), 4);
    let greedy = Request {
        sampling: Sampling::GREEDY,
        max_tokens: 5,
        ends: ending(&[]),
        ..request(prompt.clone(), 1, 0)
    };
    let id = engine.submit(greedy).unwrap();
    let sample = run(&mut engine, &[(id, 1)]).remove(0).remove(0);
    assert_eq!(one[0].ids(), sample.0);
    assert!((one[0].logprob - sample.1).abs() < 1e-4);
    // A beam as wide as the vocabulary finds the best pair of tokens; try them all.
    options = BeamOptions {
        width: 23,
        length_penalty: 0.0,
        max_tokens: 2,
        ends: ending(&[]),
        top: 0,
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
    assert_eq!(beams[0].ids(), best.1);
    assert!((beams[0].logprob - best.0).abs() < 1e-4);
}

#[test]
fn bad_requests_are_refused_and_cancelled_ones_forgotten() {
    let mut engine = engine_of(model(), 4);
    assert!(engine.submit(request(vec![], 1, 0)).is_err());
    assert!(engine.submit(request(vec![1], 0, 0)).is_err());
    assert!(engine.submit(request(vec![99], 1, 0)).is_err());
    let id = engine.submit(request(vec![1, 2], 4, 0)).unwrap();
    engine.step();
    engine.cancel(id);
    assert!(engine.is_idle() && engine.step().is_empty());
}

fn states(events: &[Event]) -> Vec<StateKey> {
    let state = |e: &Event| match e {
        Event::Read { state, .. } => *state,
        _ => None,
    };
    events.iter().filter_map(state).collect()
}

#[test]
fn a_named_state_goes_on_as_its_text_does_and_an_unknown_one_is_refused() {
    let text = tokens(90, 22, 8);
    let mut warm = engine_of(model(), 64);
    let read = Request {
        max_tokens: 0,
        ..request(text[..70].to_vec(), 1, 0)
    };
    warm.submit(read).unwrap();
    let parent = states(&warm.step())[0];
    let child = Request {
        parent: Some(parent),
        ..request(text[70..].to_vec(), 3, 5)
    };
    let id = warm.submit(child.clone()).unwrap();
    let forked = run(&mut warm, &[(id, 3)]);
    assert_eq!(warm.counters().prefill_tokens, 90);
    // The whole text finds the same states; nothing more is read.
    let id = warm.submit(request(text, 3, 5)).unwrap();
    assert_eq!(run(&mut warm, &[(id, 3)]), forked);
    assert_eq!(warm.counters().prefill_tokens, 90);
    // In another engine nothing has that name; a request beside it is served.
    let mut cold = engine_of(model(), 64);
    let lost = cold.submit(child).unwrap();
    let fine = cold.submit(request(tokens(5, 22, 1), 1, 1)).unwrap();
    let events = cold.step();
    assert!(
        matches!(&events[0], Event::Failed { request, error: ModelError::UnknownState(_) } if *request == lost)
    );
    let served = |e: &Event| matches!(e, Event::Token { request, .. } if *request == fine);
    assert!(events.iter().any(served));
}

#[test]
fn scores_are_the_log_probabilities_of_the_text() {
    let model = model();
    let text = tokens(700, 22, 3);
    let mut engine = engine_of(Arc::clone(&model), 64);
    let scoring = Request {
        score: true,
        max_tokens: 0,
        top: 1,
        ..request(text.clone(), 1, 0)
    };
    engine.submit(scoring).unwrap();
    let mut scores = Vec::new();
    while !engine.is_idle() {
        for event in engine.step() {
            if let Event::Read { scores: read, .. } = event {
                scores = read;
            }
        }
    }
    assert_eq!(scores.len(), 700);
    assert!(scores[0].logprob.is_none() && scores[0].token == text[0]);
    let mut state = model.new_state();
    let rows = model.prefill_all(&mut state, &text).unwrap();
    for (i, row) in rows.chunks_exact(23).take(699).enumerate() {
        let expected = f64::from(row[text[i + 1] as usize]) - log_sum_exp(row);
        let score = &scores[i + 1];
        assert!((score.logprob.unwrap() - expected).abs() < 1e-3, "{i}");
        assert!(score.top[0].1 >= score.logprob.unwrap());
    }
}

#[test]
fn beams_and_samples_run_together_and_a_test_ends_them() {
    let model = model();
    let prompt = tokens(7, 22, 3);
    let mut state = model.new_state();
    let logits = model.prefill(&mut state, &prompt).unwrap();
    let options = BeamOptions {
        width: 4,
        length_penalty: 1.0,
        max_tokens: 6,
        ends: ending(&[22]),
        top: 0,
    };
    let expected = beam_search(&model, &state, &logits, &options).unwrap();
    let mut engine = engine_of(model, 64);
    let beam = Request {
        beam: Some(1.0),
        max_tokens: 6,
        ..request(prompt.clone(), 4, 0)
    };
    let searching = engine.submit(beam).unwrap();
    let mut short = request(prompt, 2, 3);
    short.ends.test = Some(StopTest::new(|tokens| tokens.len() == 2));
    let sampled = engine.submit(short).unwrap();
    let (mut found, mut lengths) = (Vec::new(), [0; 2]);
    while !engine.is_idle() {
        for event in engine.step() {
            match event {
                Event::Beams { request, beams } if request == searching => found = beams,
                Event::Token {
                    request, sample, ..
                } if request == sampled => lengths[sample] += 1,
                Event::Finished { reason, .. } => assert_eq!(reason, Finish::End),
                Event::Read { .. } => {}
                other => unreachable!("{other:?}"),
            }
        }
    }
    assert_eq!(found, expected);
    assert!(lengths.iter().all(|n| *n == 2 || *n == 1), "{lengths:?}");
}

#[test]
fn numbers_that_overflow_end_the_request_that_met_them_and_no_other() {
    let mut model: Model =
        Model::random(ModelConfig::from_json(configs()[2].1.clone()).unwrap(), 2);
    // Whatever reads token 5 gets numbers that are none.
    model.update(|p| p.tensors_mut()[0][5 * 16] = f32::NAN);
    let mut engine = engine_of(Arc::new(model), 64);
    let lost = engine.submit(request(vec![1, 5, 2], 2, 1)).unwrap();
    let beams = Request {
        beam: Some(1.0),
        ..request(vec![5], 2, 1)
    };
    let beams = engine.submit(beams).unwrap();
    // Nothing but greed keeps these from drawing token 5.
    let samples = Request {
        sampling: Sampling {
            temperature: 100.0,
            top_p: 1.0,
            seed: 4,
        },
        max_tokens: 400,
        ends: ending(&[]),
        ..request(vec![1, 2], 3, 1)
    };
    let drawn = engine.submit(samples).unwrap();
    let greedy = Request {
        sampling: Sampling::GREEDY,
        max_tokens: 3,
        ..request(vec![1, 2, 3], 1, 1)
    };
    let fine = engine.submit(greedy).unwrap();
    let (mut failed, mut done) = (Vec::new(), Vec::new());
    while !engine.is_idle() {
        for event in engine.step() {
            match event {
                Event::Failed { request, error } => {
                    assert!(matches!(error, ModelError::Overflow), "{error}");
                    failed.push(request);
                }
                Event::Finished { request, .. } => done.push(request),
                Event::Token { request, .. } => assert!(!failed.contains(&request)),
                _ => {}
            }
        }
    }
    assert_eq!((failed, done), (vec![lost, beams, drawn], vec![fine]));
}

#[test]
fn states_that_do_not_fit_are_refused_and_the_rest_goes_on() {
    let model = model();
    let bytes = model.new_state().bytes();
    let limits = Limits {
        cache_bytes: 0,
        running_bytes: 3 * bytes,
        max_batch: 64,
    };
    let mut engine = Engine::new(model, limits);
    let large = engine.submit(request(tokens(5, 22, 1), 4, 1)).unwrap();
    let small: Vec<_> = (0..4)
        .map(|i| engine.submit(request(tokens(5, 22, i), 2, i)).unwrap())
        .collect();
    let (mut refused, mut done) = (Vec::new(), 0);
    while !engine.is_idle() {
        for event in engine.step() {
            match event {
                Event::Failed {
                    request,
                    error: ModelError::NoMemory { .. },
                } => refused.push(request),
                Event::Finished { request, .. } => done += usize::from(small.contains(&request)),
                Event::Read { state, .. } => assert_eq!(state, None),
                _ => {}
            }
        }
        assert!(engine.active() <= 3);
    }
    assert_eq!((refused, done), (vec![large], 8));
}
