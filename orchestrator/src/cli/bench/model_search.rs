//! `lakatos bench model-search`: real searches by a model, the bundled one where no other is named, as its server keeps states and as it keeps none.

use crate::bench::Figure;
use crate::cli::context::Context;
use crate::cli::inputs::InputArgs;
use crate::cli::prove::{self, SearchArgs};
use crate::config::{Config, ModelTurn, PolicyConfig, PolicyKind};
use crate::exit::Failure;
use crate::local_model;
use crate::policy::http::AUTO;

/// The model's own template, whose prompts are one goal each; and the one whose prompts extend their parents'. The bundled
/// model was not trained on the second, but what its server computes is the same.
const TEMPLATES: [(&str, &str); 2] = [(AUTO, "one goal"), ("history", "whole path")];
/// Bytes of the server's state cache.
const CACHES: [(usize, &str); 2] = [(1 << 30, "kept"), (0, "not kept")];

/// This checkpoint alone, or beside the portfolio from the first round of every node on.
pub fn policy(config: &mut PolicyConfig, beside: bool, checkpoint: Option<String>) {
    if let Some(checkpoint) = checkpoint {
        config.http.checkpoint = checkpoint;
    }
    config.kind = if beside {
        PolicyKind::Mixture
    } else {
        PolicyKind::Http
    };
    config.model_turn = ModelTurn::Beside;
    config.model_from_round = 0;
}

/// Searches four times, and says what was computed.
pub async fn measure(
    context: &Context,
    config: Config,
    inputs: &InputArgs,
    search: &SearchArgs,
) -> Result<(Vec<Figure>, String), Failure> {
    let data_dir = context.made_data_dir()?;
    let (mut figures, mut by) = (Vec::new(), String::new());
    for (template, prompts) in TEMPLATES {
        let mut computed = Vec::new();
        for (cache_bytes, states) in CACHES {
            let said = format!("prompts of {prompts}, states {states}");
            context.console.say(&said);
            let asked = &config.policy.http;
            let (mut http, server) = local_model::start(&data_dir, asked, cache_bytes).await?;
            http.template = template.into();
            let mut config = config.clone();
            config.policy.http = http;
            let (counts, lean) = prove::measure(context, config, inputs, search).await?;
            by = lean;
            let counted = server.counters();
            let tokens = |n: u64| n as f64;
            for (what, value, unit) in [
                ("proved", f64::from(counts.proved), "problems"),
                ("prompts", tokens(counted.prompts), ""),
                ("tokens of prompts", tokens(counted.prompt_tokens), "tokens"),
                ("of them computed", tokens(counted.prefill_tokens), "tokens"),
                ("tokens decoded", tokens(counted.decoded_tokens), "tokens"),
            ] {
                figures.push(Figure::new(format!("{said}: {what}"), value, unit));
            }
            computed.push(tokens(counted.prefill_tokens) / tokens(counted.prompts.max(1)));
        }
        if let [kept, not] = computed[..] {
            let measure = format!("prompts of {prompts}: computed a prompt, not kept over kept");
            figures.push(Figure::new(measure, not / kept, "×"));
        }
    }
    Ok((figures, by))
}
