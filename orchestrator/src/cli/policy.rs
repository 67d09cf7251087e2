//! Who proposes tactics: options, and the policy that a configuration means.

use std::sync::Arc;

use crate::config::{PolicyConfig, PolicyKind};
use crate::exit::Failure;
use crate::policy::Policy;
use crate::policy::http::HttpPolicy;
use crate::policy::mixture::Mixture;
use crate::policy::portfolio::Portfolio;

/// Who proposes tactics.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// Who proposes tactics [default: portfolio]
    #[arg(long, value_enum, value_name = "KIND", overrides_with = "policy")]
    policy: Option<PolicyKind>,
    /// Base address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1
    #[arg(
        long,
        visible_alias = "model-url",
        value_name = "URL",
        overrides_with = "endpoint"
    )]
    endpoint: Option<String>,
    /// The model's name, as the server knows it
    #[arg(long, value_name = "NAME", overrides_with = "model")]
    model: Option<String>,
    /// The prompt template: a bundled one (history, reprover, bfs-prover, internlm, deepseek) or a file; auto: the server's
    #[arg(long, value_name = "NAME|FILE", overrides_with = "template")]
    template: Option<String>,
}

impl PolicyArgs {
    /// Lays the flags on top of a configuration.
    pub fn apply(&self, config: &mut PolicyConfig) {
        let http = &mut config.http;
        for (flag, value) in [
            (&self.endpoint, &mut http.base_url),
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

/// The policy that a configuration means. Reads the API key from the environment.
pub fn build(config: &PolicyConfig) -> Result<Arc<dyn Policy>, Failure> {
    let portfolio = || -> Arc<dyn Policy> { Arc::new(Portfolio::new()) };
    Ok(match config.kind {
        PolicyKind::Portfolio => portfolio(),
        PolicyKind::Http => http(config)?,
        PolicyKind::Mixture => Arc::new(Mixture::new(vec![
            (config.portfolio_weight, portfolio()),
            (1.0, http(config)?),
        ])),
    })
}

fn http(config: &PolicyConfig) -> Result<Arc<dyn Policy>, Failure> {
    let key = std::env::var(&config.api_key_env)
        .ok()
        .filter(|k| !k.is_empty());
    let policy = HttpPolicy::new(config.http.clone(), key)
        .map_err(|e| Failure::config(format!("policy.http: {e}")))?;
    Ok(Arc::new(policy))
}
