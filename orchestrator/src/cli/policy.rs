//! Who proposes tactics: options, and the policy that a configuration means.

use std::sync::Arc;

use super::context::Context;
use crate::config::{PolicyConfig, PolicyKind};
use crate::exit::Failure;
use crate::local_model;
use crate::policy::Policy;
use crate::policy::http::HttpPolicy;
use crate::policy::mixture::{Mixture, When};
use crate::policy::portfolio::Portfolio;

/// Who proposes tactics.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// Who proposes tactics; of a mixture, the bundled model only where the portfolio has nothing left to do [default: mixture]
    #[arg(long, value_enum, value_name = "KIND", overrides_with = "policy")]
    policy: Option<PolicyKind>,
    /// Base address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1 [default: the
    /// bundled model, served by this program]
    #[arg(
        long,
        visible_alias = "model-url",
        value_name = "URL",
        overrides_with = "endpoint"
    )]
    endpoint: Option<String>,
    /// Serve this checkpoint to itself where there is no --endpoint: a directory, or a bundled one's name
    #[arg(
        long,
        value_name = "NAME|DIR",
        overrides_with = "checkpoint",
        conflicts_with = "endpoint"
    )]
    checkpoint: Option<String>,
    /// The model's name, as the server knows it
    #[arg(long, value_name = "NAME", overrides_with = "model")]
    model: Option<String>,
    /// The prompt template: a bundled one (history, lakatos, reprover, bfs-prover, internlm, deepseek)
    /// or a file; auto: the server's
    #[arg(long, value_name = "NAME|FILE", overrides_with = "template")]
    template: Option<String>,
}

impl PolicyArgs {
    /// Lays the flags on top of a configuration.
    pub fn apply(&self, config: &mut PolicyConfig) {
        let http = &mut config.http;
        for (flag, value) in [
            (&self.endpoint, &mut http.base_url),
            (&self.checkpoint, &mut http.checkpoint),
            (&self.model, &mut http.model),
            (&self.template, &mut http.template),
        ] {
            if let Some(flag) = flag {
                *value = flag.clone();
            }
        }
        config.kind = self.policy.unwrap_or(config.kind);
    }
}

/// The policy that a configuration means. Reads the API key from the environment, and serves a checkpoint where a model is
/// asked and no server is named.
pub async fn build(context: &Context, config: &PolicyConfig) -> Result<Arc<dyn Policy>, Failure> {
    let portfolio = || -> Arc<dyn Policy> { Arc::new(Portfolio::new()) };
    Ok(match config.kind {
        PolicyKind::Portfolio => portfolio(),
        PolicyKind::Http => http(context, config).await?,
        PolicyKind::Mixture => match http(context, config).await {
            Ok(model) => Arc::new(Mixture::new(vec![
                (config.portfolio_weight, When::From(0), portfolio()),
                (1.0, config.turn(), model),
            ])),
            // Nobody asked for the bundled model by name, and it takes no turn of the portfolio's.
            Err(failure) if config.http.is_bundled() => {
                let say = format!("{failure}; the portfolio searches without it");
                context.console.say(say);
                portfolio()
            }
            Err(failure) => return Err(failure),
        },
    })
}

async fn http(context: &Context, config: &PolicyConfig) -> Result<Arc<dyn Policy>, Failure> {
    let (http, key) = if config.http.base_url.is_empty() {
        let served = local_model::serve(&context.made_data_dir()?, &config.http).await?;
        (served, None)
    } else {
        let key = std::env::var(&config.api_key_env).ok();
        (config.http.clone(), key.filter(|k| !k.is_empty()))
    };
    let policy =
        HttpPolicy::new(http, key).map_err(|e| Failure::config(format!("policy.http: {e}")))?;
    Ok(Arc::new(policy))
}
