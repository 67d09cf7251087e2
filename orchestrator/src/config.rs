//! The effective configuration: defaults, then `config.toml` in the data directory, then
//! `--config FILE`, then flags. Unknown keys are refused, with the place and the nearest valid key.
//! Secrets are never in it: a key of an API is named by the environment variable that holds it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::exit::Failure;
use crate::policy::http::HttpConfig;
use crate::policy::mixture::When;
use crate::search::SearchConfig;

/// Everything that a run depends on, apart from its problems.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seed of everything random.
    pub seed: u64,
    /// Which Lean, and how many workers.
    pub lean: LeanConfig,
    /// How a run works through its problems.
    pub run: RunConfig,
    /// How one theorem is searched.
    pub search: SearchConfig,
    /// Who proposes tactics.
    pub policy: PolicyConfig,
}

/// Which Lean, and how many workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeanConfig {
    /// Search workers; 0: one a core, as far as memory goes.
    pub workers: usize,
    /// Pairs of workers for verification, beside `workers`.
    pub verify_lanes: usize,
    /// Memory of one worker in MiB; 0: as the Lean that is used needs it.
    pub memory_mb: u32,
    /// Roots of compiled libraries (.olean files) besides Lean's own.
    pub path: Vec<PathBuf>,
    /// What a problem imports in place of what its source says.
    pub imports: Vec<String>,
    /// A Lake project whose Lean and libraries are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<PathBuf>,
    /// A given `lean` program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lean: Option<PathBuf>,
    /// Use the embedded Lean even where there is a `lean` on the path.
    pub embedded: bool,
    /// What a native Lean reads besides its toolchain, the project's libraries and the system's.
    pub readable: Vec<PathBuf>,
    /// Start workers that cannot be isolated on this machine, for proofs that are trusted.
    pub allow_unisolated: bool,
}

impl Default for LeanConfig {
    fn default() -> Self {
        Self {
            workers: 0,
            verify_lanes: 1,
            memory_mb: 0,
            path: Vec::new(),
            imports: Vec::new(),
            project: None,
            lean: None,
            embedded: false,
            readable: Vec::new(),
            allow_unisolated: false,
        }
    }
}

/// How a run works through its problems.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// Theorems in flight; 0: as many as there are workers, and more where a model is asked.
    pub in_flight: usize,
}

/// Which family of policies proposes tactics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum PolicyKind {
    /// Finishers, structural tactics and library lemmas; no model.
    Portfolio,
    /// A language model behind an OpenAI-compatible server.
    Http,
    /// Both.
    #[default]
    Mixture,
}

/// When the model of a mixture is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelTurn {
    /// The bundled model once nothing else is left, one that the user names beside the portfolio.
    #[default]
    Auto,
    /// In a goal's rounds, with the portfolio.
    Beside,
    /// Once the portfolio's search has nothing left to do.
    Leftover,
}

/// Who proposes tactics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyConfig {
    /// Which family.
    pub kind: PolicyKind,
    /// With `mixture`: the portfolio's weight; the model's is 1.
    pub portfolio_weight: f64,
    /// With `mixture`: when the model is asked.
    pub model_turn: ModelTurn,
    /// With `mixture` and a model asked beside the portfolio: the round of a goal in which it is first asked; the portfolio's
    /// first is 0.
    pub model_from_round: u32,
    /// The environment variable that holds the model server's API key.
    pub api_key_env: String,
    /// The model server.
    pub http: HttpConfig,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            kind: PolicyKind::default(),
            portfolio_weight: 1.0,
            model_turn: ModelTurn::default(),
            model_from_round: 1,
            api_key_env: "LAKATOS_API_KEY".into(),
            http: HttpConfig::default(),
        }
    }
}

impl PolicyConfig {
    /// When the model of a mixture is asked.
    pub fn turn(&self) -> When {
        match self.model_turn {
            ModelTurn::Auto if self.http.is_bundled() => When::Leftover,
            ModelTurn::Leftover => When::Leftover,
            ModelTurn::Auto | ModelTurn::Beside => When::From(self.model_from_round),
        }
    }

    /// Whether a model is asked.
    pub fn asks_a_model(&self) -> bool {
        self.kind != PolicyKind::Portfolio
    }
}

/// Where an effective configuration came from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `config.toml` of the data directory; need not exist.
    pub home: Option<PathBuf>,
    /// `--config FILE`; must exist.
    pub explicit: Option<PathBuf>,
}

impl Config {
    /// Reads the layers below the flags.
    pub fn load(sources: &Sources) -> Result<Self, Failure> {
        let mut merged = Table::new();
        if let Some(path) = &sources.home
            && path.exists()
        {
            merge(&mut merged, read(path)?);
        }
        if let Some(path) = &sources.explicit {
            merge(&mut merged, read(path)?);
        }
        let config: Self = Value::Table(merged)
            .try_into()
            .map_err(|e: toml::de::Error| Failure::config(format!("configuration: {e}")))?;
        config.check("configuration")?;
        Ok(config)
    }

    /// Reads and checks one file on its own.
    pub fn check_file(path: &Path) -> Result<Self, Failure> {
        Self::load(&Sources {
            home: None,
            explicit: Some(path.to_path_buf()),
        })
    }

    /// As TOML, for people.
    pub fn to_toml(&self) -> Result<String, Failure> {
        toml::to_string_pretty(self)
            .map_err(|e| Failure::internal(format!("the configuration cannot be shown: {e}")))
    }

    /// Checks what types cannot say. `place` names the source in the message.
    pub fn check(&self, place: &str) -> Result<(), Failure> {
        let bad =
            |key: &str, message: &str| Err(Failure::config(format!("{place}: `{key}` {message}")));
        if self.lean.verify_lanes == 0 {
            return bad(
                "lean.verify_lanes",
                "must be at least 1: every proof is verified",
            );
        }
        if (1..512).contains(&self.lean.memory_mb) {
            return bad(
                "lean.memory_mb",
                "must be 0 or at least 512: Lean itself needs that",
            );
        }
        if !(self.policy.portfolio_weight.is_finite() && self.policy.portfolio_weight > 0.0) {
            return bad("policy.portfolio_weight", "must be a number above 0");
        }
        if self.search.step.batch == 0 {
            return bad("search.step.batch", "must be at least 1");
        }
        if self.lean.project.is_some() && self.lean.lean.is_some() {
            return bad(
                "lean.project",
                "and `lean.lean` cannot both be set; keep one",
            );
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Table, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Failure::config(format!(
            "the configuration file {} cannot be read: {e}",
            path.display()
        ))
    })?;
    let config: Config = toml::from_str(&text).map_err(|e| located(path, &text, &e))?;
    config.check(&path.display().to_string())?;
    toml::from_str(&text).map_err(|e| located(path, &text, &e))
}

/// Lays `over` on top of `base`, table by table; other values are replaced whole.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// `FILE:LINE: …`, with the nearest valid key where a key is unknown.
pub(crate) fn located(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let line = error.span().map_or(1, |span| {
        1 + text
            .get(..span.start)
            .map_or(0, |before| before.matches('\n').count())
    });
    let place = format!("{}:{line}", path.display());
    let message = error.message();
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return Failure::config(format!("{place}: {message}"));
    };
    let mut words = rest.split('`').skip(1).step_by(2);
    let unknown = words.next().unwrap_or_default();
    let valid: Vec<&str> = words.collect();
    let nearest = nearest(unknown, &valid);
    let failure = Failure::config(format!("{place}: there is no key `{unknown}` here"));
    match nearest {
        Some(key) => failure.hint(format!(
            "did you mean `{key}`? The keys here are: {}",
            valid.join(", ")
        )),
        None => failure.hint(format!("the keys here are: {}", valid.join(", "))),
    }
}

fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    candidates
        .iter()
        .map(|c| (strsim::jaro_winkler(word, c), *c))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    fn refusal(text: &str) -> (String, Option<String>) {
        let (_dir, path) = file(text);
        let e = Config::check_file(&path).unwrap_err();
        assert_eq!(e.kind, crate::exit::Kind::Config);
        (
            e.message.replace(&path.display().to_string(), "FILE"),
            e.hint,
        )
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_key() {
        let (message, hint) = refusal("seed = 1\n\n[lean]\nworker = 3\n");
        assert_eq!(message, "FILE:4: there is no key `worker` here");
        assert!(hint.unwrap().starts_with("did you mean `workers`?"));
        let (message, hint) = refusal("zzz = 1\n");
        assert_eq!(message, "FILE:1: there is no key `zzz` here");
        assert!(hint.unwrap().starts_with("the keys here are: seed, lean"));
    }

    #[test]
    fn a_wrong_type_is_named_with_its_line() {
        let (message, _) = refusal("seed = 1\n[lean]\nworkers = \"two\"\n");
        assert!(
            message.starts_with("FILE:3: invalid type: string \"two\""),
            "{message}"
        );
    }

    #[test]
    fn a_syntax_error_is_named_with_its_line() {
        let (message, _) = refusal("seed = 1\n[lean\n");
        assert!(message.starts_with("FILE:2: "), "{message}");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        let (message, _) = refusal("[lean]\nverify_lanes = 0\n");
        assert_eq!(
            message,
            "FILE: `lean.verify_lanes` must be at least 1: every proof is verified"
        );
    }

    #[test]
    fn a_later_layer_wins_key_by_key() {
        let (_a, home) = file("seed = 1\n[lean]\nworkers = 3\nmemory_mb = 1000\n");
        let (_b, explicit) = file("[lean]\nworkers = 5\n");
        let config = Config::load(&Sources {
            home: Some(home),
            explicit: Some(explicit),
        })
        .unwrap();
        assert_eq!(
            (config.seed, config.lean.workers, config.lean.memory_mb),
            (1, 5, 1000)
        );
    }

    #[test]
    fn a_missing_home_file_is_no_error_and_a_missing_explicit_one_is() {
        let absent = PathBuf::from("/nonexistent/c.toml");
        let home = Sources {
            home: Some(absent.clone()),
            explicit: None,
        };
        assert_eq!(Config::load(&home).unwrap(), Config::default());
        let explicit = Sources {
            home: None,
            explicit: Some(absent),
        };
        assert!(Config::load(&explicit).is_err());
    }

    #[test]
    fn the_default_survives_its_own_toml() {
        let text = Config::default().to_toml().unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), Config::default());
    }
}
