//! A model served by this process to itself, the bundled one where no other is named: the other half of the mixture needs no
//! server of the user's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lakatos_model_server::Model;
use lakatos_model_server::model::tokenizer::Tokenizer;
use lakatos_model_server::server::{Options, Server};
use tokio::net::TcpListener;

use crate::checkpoint;
use crate::exit::Failure;
use crate::policy::http::HttpConfig;

/// The bundled checkpoint.
pub const NAME: &str = "tactics-v0";

/// What runs here is small: a second, hotter round and long answers bring nothing new.
const ROUNDS: u32 = 1;
const TOKENS: u32 = 64;

macro_rules! files {
    ($($name:literal),*) => {
        &[$(($name, include_bytes!(concat!("../../model-server/checkpoints/tactics-v0/", $name)))),*]
    };
}

/// What a checkpoint needs to be loaded.
const FILES: &[(&str, &[u8])] = files![
    "config.json",
    "model.safetensors",
    "template.toml",
    "tokenizer.json"
];

/// Writes the bundled checkpoint where it is not yet, below the data directory, and says where it is.
///
/// # Errors
/// A file that cannot be written.
pub fn install(data_dir: &Path) -> Result<PathBuf, Failure> {
    let place = data_dir.join("models").join(NAME);
    let failed = |path: &Path, e: std::io::Error| {
        Failure::environment(format!("{} cannot be written: {e}", path.display()))
            .hint("--policy portfolio searches without the bundled model")
    };
    std::fs::create_dir_all(&place).map_err(|e| failed(&place, e))?;
    for (name, bytes) in FILES {
        let file = place.join(name);
        if std::fs::read(&file).is_ok_and(|there| there == *bytes) {
            continue;
        }
        // Another process may be doing the same.
        let beside = place.join(format!("{name}.{}", std::process::id()));
        std::fs::write(&beside, bytes).map_err(|e| failed(&beside, e))?;
        std::fs::rename(&beside, &file).map_err(|e| failed(&file, e))?;
    }
    Ok(place)
}

/// Serves the configuration's checkpoint on a free port of this machine's own until the process ends; the answer is the
/// client's configuration for it.
///
/// # Errors
/// There is no such checkpoint, it cannot be written or loaded, or no port can be had.
pub async fn serve(data_dir: &Path, config: &HttpConfig) -> Result<HttpConfig, Failure> {
    let cache_bytes = Options::new(NAME).limits.cache_bytes;
    let (config, _) = start(data_dir, config, cache_bytes).await?;
    Ok(config)
}

/// The same with so many bytes for the states that it keeps, and the server itself.
///
/// # Errors
/// As [`serve`].
pub async fn start(
    data_dir: &Path,
    config: &HttpConfig,
    cache_bytes: usize,
) -> Result<(HttpConfig, Arc<Server>), Failure> {
    let place = checkpoint::resolve(&config.checkpoint, data_dir)?;
    let model = Model::load(&place)?;
    let tokenizer = Tokenizer::load(&place, model.config())?;
    let failed = |e: std::io::Error| {
        Failure::environment(format!("the model cannot be served: {e}"))
            .hint("--policy portfolio searches without it")
    };
    let mut options = checkpoint::options(&place, None)?;
    options.limits.cache_bytes = cache_bytes;
    let name = options.model.clone();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let server = Server::new(options);
    server.start(model, tokenizer).map_err(failed)?;
    let router = server.router();
    tokio::spawn(async move {
        if let Err(e) = axum::serve(listener, router).await {
            tracing::error!("the model's server ended: {e}");
        }
    });
    let config = HttpConfig {
        base_url: format!("http://{address}/v1"),
        model: name,
        rounds: config.rounds.min(ROUNDS),
        max_tokens: config.max_tokens.min(TOKENS),
        ..config.clone()
    };
    Ok((config, server))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_bundled_model_answers_with_tactics() {
        let dir = tempfile::tempdir().unwrap();
        let config = serve(dir.path(), &HttpConfig::default()).await.unwrap();
        let prompt = "a b : Nat\nh : a < b\n⊢ a + 1 ≤ b\n:::\n";
        let body = serde_json::json!({
            "model": config.model, "prompt": prompt, "n": 2, "max_tokens": 16, "temperature": 0.0
        });
        let url = format!("{}/completions", config.base_url);
        let sent = reqwest::Client::new().post(url).json(&body).send().await;
        let answer: serde_json::Value = sent.unwrap().json().await.unwrap();
        let text = answer["choices"][0]["text"].as_str().unwrap();
        let known = ["omega", "grind", "simp", "decide", "exact"];
        assert!(known.iter().any(|t| text.contains(t)), "{answer}");
        assert!(install(dir.path()).unwrap().join("tokenizer.json").exists());
    }
}
