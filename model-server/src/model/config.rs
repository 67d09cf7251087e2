//! `config.json` in the layouts of flash-linear-attention and of Llama.
//!
//! fla: `model_type` names the mixer of every layer, and `attn.layers` lists the layers that are softmax attention
//! instead. What is not listed here (training settings and the like) is kept and written back as it was.

use serde_json::{Map, Value, json};

use crate::error::ModelError;
use crate::layers::params::Lora;
use crate::layers::{attention, delta_rule, gla, liger, lightning, lolcats, mixer, mom, norm};

/// How tensors are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// flash-linear-attention: `model.embeddings`, `attn`, `attn_norm`.
    Fla,
    /// Hugging Face's Llama: `model.embed_tokens`, `self_attn`, `input_layernorm`.
    Llama,
}

/// A model's sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Tokens known.
    pub vocab_size: usize,
    /// Width.
    pub hidden_size: usize,
    /// Inner width of the MLPs.
    pub intermediate_size: usize,
    /// What comes before mixers, MLPs and the output head. Heads' norms are root mean squares in any case.
    pub norm: norm::Kind,
    /// ε of all norms.
    pub norm_eps: f64,
    /// Whether the output head is the embedding.
    pub tie_word_embeddings: bool,
    /// Token that starts a text, if any.
    pub bos_token_id: Option<u32>,
    /// Tokens that end one.
    pub eos_token_ids: Vec<u32>,
    /// The mixer of each layer.
    pub layers: Vec<mixer::Config>,
    /// How tensors are named.
    pub naming: Naming,
    /// Adapters, in a model that is being fine-tuned.
    pub lora: Option<Lora>,
    /// Words one of which the name of a tensor must contain to be trained; none: all are.
    pub trainable: Option<Vec<String>>,
    raw: Map<String, Value>,
}

/// `model_type` of what Liger makes of a Llama.
pub const LIGER: &str = "liger_gla";
/// `model_type` of what LoLCATs makes of a Llama.
pub const LOLCATS: &str = "lolcats_llama";

/// Sizes beyond this are taken for damage.
const LARGEST: u64 = 1 << 24;

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    fn size(&self, name: &str) -> Result<Option<usize>, ModelError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        match value.as_u64() {
            Some(n) if (1..=LARGEST).contains(&n) => Ok(Some(n as usize)),
            _ => Err(wrong(name, value, "a whole number from 1 to 16777216")),
        }
    }

    fn size_or(&self, name: &str, default: usize) -> Result<usize, ModelError> {
        Ok(self.size(name)?.unwrap_or(default))
    }

    fn needed(&self, name: &str) -> Result<usize, ModelError> {
        self.size(name)?
            .ok_or_else(|| ModelError::Config(format!("`{name}` is missing")))
    }

    fn number(&self, name: &str, default: f64) -> Result<f64, ModelError> {
        let Some(value) = self.value(name) else {
            return Ok(default);
        };
        match value.as_f64() {
            Some(x) if x.is_finite() && x > 0.0 => Ok(x),
            _ => Err(wrong(name, value, "a number above 0")),
        }
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool, ModelError> {
        let Some(value) = self.value(name) else {
            return Ok(default);
        };
        value
            .as_bool()
            .ok_or_else(|| wrong(name, value, "true or false"))
    }

    fn words(&self, name: &str) -> Result<Option<Vec<String>>, ModelError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let word = |v: &Value| v.as_str().map(str::to_string);
        let words = value.as_array().map(|list| list.iter().map(word).collect());
        match words {
            Some(Some(words)) => Ok(Some(words)),
            _ => Err(wrong(name, value, "a list of words")),
        }
    }

    /// A field that must have one of these values where it is given.
    fn only(
        &self,
        name: &'static str,
        known: &[Value],
        instead: &'static str,
    ) -> Result<(), ModelError> {
        match self.value(name) {
            Some(value) if !known.contains(value) => Err(ModelError::Unsupported {
                name,
                value: value.to_string(),
                instead,
            }),
            _ => Ok(()),
        }
    }
}

fn wrong(name: &str, value: &Value, expected: &str) -> ModelError {
    ModelError::Config(format!("`{name}` is {value}, but must be {expected}"))
}

/// fla's inner width: 2/3 of width × ratio, rounded up to a multiple of 256.
pub fn intermediate_size(hidden: usize, ratio: f64) -> usize {
    ((hidden as f64 * ratio * 2.0 / 3.0) as usize).next_multiple_of(256)
}

impl ModelConfig {
    /// Reads the text of a `config.json`.
    ///
    /// # Errors
    /// When it is no JSON object, names an unknown model type, or asks for what is not supported.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let value: Value =
            serde_json::from_str(text).map_err(|e| ModelError::Config(format!("not JSON: {e}")))?;
        Self::from_json(value)
    }

    /// Reads the object of a `config.json`.
    ///
    /// # Errors
    /// As [`ModelConfig::parse`].
    pub fn from_json(value: Value) -> Result<Self, ModelError> {
        let Value::Object(raw) = value else {
            return Err(ModelError::Config("config.json must be an object".into()));
        };
        let fields = Fields(&raw);
        let model_type = fields
            .value("model_type")
            .and_then(Value::as_str)
            .ok_or_else(|| ModelError::Config("`model_type` is missing".into()))?;
        let naming = match model_type {
            "llama" | LIGER | LOLCATS => Naming::Llama,
            _ => Naming::Fla,
        };
        let hidden = fields.needed("hidden_size")?;
        let depth = fields.needed("num_hidden_layers")?;
        if depth > 4096 {
            return Err(ModelError::Config(
                "`num_hidden_layers` must be at most 4096".into(),
            ));
        }
        fields.only(
            "hidden_act",
            &[json!("silu"), json!("swish")],
            "use silu (swish)",
        )?;
        fields.only("mlp_bias", &[json!(false)], "use false")?;
        let mixer = mixer_config(model_type, &fields, hidden)?;
        let mut layers = vec![mixer; depth];
        if naming == Naming::Fla
            && let Some(attn) = fields.value("attn")
        {
            let Value::Object(attn) = attn else {
                return Err(wrong("attn", attn, "an object"));
            };
            let config = hybrid_attention(&Fields(attn), hidden)?;
            for index in attn
                .get("layers")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let layer = index.as_u64().and_then(|i| layers.get_mut(i as usize));
                *layer.ok_or_else(|| wrong("attn.layers", index, "a layer of the model"))? =
                    mixer::Config::Attention(config.clone());
            }
        }
        let inner = match fields.size("intermediate_size")? {
            Some(size) => size,
            None => intermediate_size(hidden, fields.number("hidden_ratio", 4.0)?),
        };
        let eps = if naming == Naming::Llama {
            "rms_norm_eps"
        } else {
            "norm_eps"
        };
        let token = |value: &Value| value.as_u64().and_then(|t| u32::try_from(t).ok());
        let eos = match fields.value("eos_token_id") {
            Some(Value::Array(list)) => list.iter().filter_map(token).collect(),
            Some(value) => token(value).into_iter().collect(),
            None => Vec::new(),
        };
        Ok(Self {
            vocab_size: fields.needed("vocab_size")?,
            hidden_size: hidden,
            intermediate_size: inner,
            norm: norm_kind(&fields)?,
            norm_eps: fields.number(eps, 1e-6)?,
            tie_word_embeddings: fields.flag("tie_word_embeddings", false)?,
            bos_token_id: fields.value("bos_token_id").and_then(token),
            eos_token_ids: eos,
            layers,
            naming,
            lora: lora(&fields)?,
            trainable: fields.words("trainable")?,
            raw,
        })
    }

    /// The same configuration with some fields of `config.json` set, or taken out where the value is null.
    ///
    /// # Errors
    /// As [`ModelConfig::parse`].
    pub fn with(
        &self,
        fields: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Self, ModelError> {
        let mut raw = self.raw.clone();
        for (name, value) in fields {
            if value.is_null() {
                raw.remove(name);
            } else {
                raw.insert(name.into(), value);
            }
        }
        Self::from_json(Value::Object(raw))
    }

    /// The object of `config.json`, as it was read.
    pub fn to_json(&self) -> Value {
        Value::Object(self.raw.clone())
    }
}

fn norm_kind(fields: &Fields<'_>) -> Result<norm::Kind, ModelError> {
    let known = [json!("rmsnorm"), json!("layernorm")];
    fields.only("norm_type", &known, "use rmsnorm or layernorm")?;
    if fields.value("norm_type") == Some(&known[1]) {
        let bias = fields.flag("norm_bias", true)?;
        return Ok(norm::Kind::Layer { bias });
    }
    fields.only("norm_bias", &[json!(false)], "only a layernorm has a bias")?;
    Ok(norm::Kind::Rms)
}

/// Channels of each of `heads` heads that have `expand` times `width` together.
fn per_head(what: &str, width: usize, expand: f64, heads: usize) -> Result<usize, ModelError> {
    let all = (width as f64 * expand) as usize;
    if all == 0 || !all.is_multiple_of(heads) {
        return Err(ModelError::Config(format!(
            "{all} {what} channels do not divide into {heads} heads"
        )));
    }
    Ok(all / heads)
}

fn groups(heads: usize, shared: usize, what: &str) -> Result<(), ModelError> {
    if heads.is_multiple_of(shared) {
        return Ok(());
    }
    Err(ModelError::Config(format!(
        "{heads} heads do not divide into {shared} {what} heads"
    )))
}

fn mixer_config(
    model_type: &str,
    fields: &Fields<'_>,
    width: usize,
) -> Result<mixer::Config, ModelError> {
    let conv = |default: bool| -> Result<Option<usize>, ModelError> {
        let size = fields.size_or("conv_size", 4)?;
        Ok(fields.flag("use_short_conv", default)?.then_some(size))
    };
    let expanded = |what: &str, field: &str, default: f64, heads: usize| {
        per_head(what, width, fields.number(field, default)?, heads)
    };
    match model_type {
        "gla" => {
            fields.only("feature_map", &[], "leave it out")?;
            fields.only("clamp_min", &[], "leave it out")?;
            fields.only("hidden_gate_fn", &[json!("swish")], "use swish")?;
            let heads = fields.size_or("num_heads", 4)?;
            let kv_heads = fields.size_or("num_kv_heads", heads)?;
            groups(heads, kv_heads, "key")?;
            Ok(mixer::Config::Gla(gla::Config {
                heads,
                kv_heads,
                key: expanded("key", "expand_k", 0.5, heads)?,
                value: expanded("value", "expand_v", 1.0, heads)?,
                use_output_gate: fields.flag("use_output_gate", true)?,
                gate_low_rank_dim: fields.size_or("gate_low_rank_dim", 16)?,
                gate_logit_normalizer: fields.number("gate_logit_normalizer", 16.0)?,
                conv_size: conv(false)?,
            }))
        }
        "delta_net" => {
            fields.only("qk_activation", &[json!("silu")], "use silu")?;
            fields.only("qk_norm", &[json!("l2")], "use l2")?;
            fields.only("use_beta", &[json!(true)], "use true")?;
            let heads = fields.size_or("num_heads", 4)?;
            Ok(mixer::Config::DeltaRule(delta_rule::Config {
                heads,
                value_heads: heads,
                key: expanded("key", "expand_k", 1.0, heads)?,
                value: expanded("value", "expand_v", 1.0, heads)?,
                decays: false,
                use_gate: fields.flag("use_gate", false)?,
                conv_size: conv(true)?,
                conv_bias: fields.flag("conv_bias", false)?,
                allow_neg_eigval: fields.flag("allow_neg_eigval", false)?,
            }))
        }
        "gated_deltanet" => {
            let heads = fields.size_or("num_heads", 6)?;
            let value_heads = fields.size_or("num_v_heads", heads)?;
            groups(value_heads, heads, "key")?;
            let key = fields.size_or("head_dim", 256)?;
            Ok(mixer::Config::DeltaRule(delta_rule::Config {
                heads,
                value_heads,
                key,
                value: per_head("value", key, fields.number("expand_v", 2.0)?, 1)?,
                decays: true,
                use_gate: fields.flag("use_gate", true)?,
                conv_size: conv(true)?,
                conv_bias: fields.flag("conv_bias", false)?,
                allow_neg_eigval: fields.flag("allow_neg_eigval", false)?,
            }))
        }
        "lightning" => {
            let heads = fields.size_or("num_heads", 4)?;
            Ok(mixer::Config::Lightning(lightning::Config {
                heads,
                key: expanded("key", "expand_k", 1.0, heads)?,
                value: expanded("value", "expand_v", 1.0, heads)?,
                use_output_gate: fields.flag("use_output_gate", true)?,
            }))
        }
        "mom" => {
            fields.only("use_short_conv", &[json!(true)], "use true")?;
            let (num_memories, topk) = (
                fields.size_or("num_memories", 8)?,
                fields.size_or("topk", 2)?,
            );
            if topk > num_memories {
                return Err(ModelError::Config(
                    "`topk` is more than `num_memories`".into(),
                ));
            }
            let conv_size = fields.size_or("conv_size", 4)?;
            if conv_size < 2 {
                return Err(ModelError::Config(
                    "`conv_size` must be at least 2 in MoM".into(),
                ));
            }
            let heads = fields.size_or("num_heads", 4)?;
            let key = fields.size_or("head_dim", 256)?;
            Ok(mixer::Config::Mom(mom::Config {
                memory: delta_rule::Config {
                    heads,
                    value_heads: heads,
                    key,
                    value: per_head("value", key, fields.number("expand_v", 2.0)?, 1)?,
                    decays: true,
                    use_gate: fields.flag("use_output_gate", true)?,
                    conv_size: Some(conv_size),
                    conv_bias: fields.flag("conv_bias", false)?,
                    allow_neg_eigval: false,
                },
                num_memories,
                topk,
                shared_mem: fields.flag("shared_mem", false)?,
                single_kv_proj: fields.flag("single_kv_proj", false)?,
            }))
        }
        "llama" | LIGER | LOLCATS => {
            fields.only("attention_bias", &[json!(false)], "use false")?;
            if let Some(scaling) = fields.value("rope_scaling") {
                let kind = scaling.get("rope_type").or_else(|| scaling.get("type"));
                if kind.and_then(Value::as_str) != Some("default") {
                    return Err(ModelError::Unsupported {
                        name: "rope_scaling",
                        value: scaling.to_string(),
                        instead: "leave it out",
                    });
                }
            }
            let heads = fields.needed("num_attention_heads")?;
            let kv_heads = fields.size_or("num_key_value_heads", heads)?;
            let window = match model_type {
                "llama" => None,
                _ => Some(fields.size_or("window_size", 64)?),
            };
            let attention = attention_config(fields, width, heads, kv_heads, window)?;
            Ok(match model_type {
                LIGER => mixer::Config::Liger(liger::Config {
                    attention,
                    gate_logit_normalizer: fields.number("gate_logit_normalizer", 16.0)?,
                }),
                LOLCATS => mixer::Config::Lolcats(lolcats::Config {
                    feature_dim: fields.size_or("feature_dim", attention.head_dim)?,
                    attention,
                }),
                _ => mixer::Config::Attention(attention),
            })
        }
        other => Err(ModelError::UnknownLayer(other.to_string())),
    }
}

fn hybrid_attention(fields: &Fields<'_>, width: usize) -> Result<attention::Config, ModelError> {
    fields.only("qk_norm", &[json!(false)], "use false")?;
    let heads = fields.needed("num_heads")?;
    let kv_heads = fields.size_or("num_kv_heads", heads)?;
    attention_config(fields, width, heads, kv_heads, fields.size("window_size")?)
}

fn lora(fields: &Fields<'_>) -> Result<Option<Lora>, ModelError> {
    let Some(value) = fields.value("lora") else {
        return Ok(None);
    };
    let Value::Object(map) = value else {
        return Err(wrong("lora", value, "an object"));
    };
    let fields = Fields(map);
    let rank = fields.needed("rank")?;
    Ok(Some(Lora {
        rank,
        alpha: fields.number("alpha", rank as f64)?,
        targets: fields.words("targets")?.unwrap_or_default(),
    }))
}

fn attention_config(
    fields: &Fields<'_>,
    width: usize,
    num_heads: usize,
    num_kv_heads: usize,
    window_size: Option<usize>,
) -> Result<attention::Config, ModelError> {
    groups(num_heads, num_kv_heads, "key")?;
    let head_dim = match fields.size("head_dim")? {
        Some(dim) => dim,
        None => {
            per_head("attention", width, 1.0, num_heads)?;
            width / num_heads
        }
    };
    if head_dim % 2 == 1 {
        return Err(ModelError::Config(format!(
            "attention heads of {head_dim} channels cannot be rotated"
        )));
    }
    Ok(attention::Config {
        num_heads,
        num_kv_heads,
        head_dim,
        qkv_bias: fields.flag("qkv_bias", false)?,
        window_size,
        rope_theta: fields.number("rope_theta", 10_000.0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(value: Value) -> String {
        ModelConfig::from_json(value)
            .expect_err("should be refused")
            .to_string()
    }

    #[test]
    fn hybrids_and_the_inner_width() {
        let config = ModelConfig::from_json(json!({
            "model_type": "gla", "hidden_size": 256, "num_hidden_layers": 4, "vocab_size": 100,
            "attn": {"layers": [1, 3], "num_heads": 8, "num_kv_heads": 2, "window_size": 64}
        }))
        .unwrap();
        assert_eq!(config.intermediate_size, 768);
        let softmax = |l: &mixer::Config| matches!(l, mixer::Config::Attention(_));
        assert_eq!(
            config.layers.iter().map(softmax).collect::<Vec<_>>(),
            [false, true, false, true]
        );
        assert_eq!(intermediate_size(2048, 4.0), 5632);
    }

    #[test]
    fn norms_are_chosen_by_name() {
        let norm = |fields: Value| {
            let mut config = json!({"model_type": "gla", "hidden_size": 64, "num_hidden_layers": 1, "vocab_size": 9});
            for (name, value) in fields.as_object().into_iter().flatten() {
                config[name] = value.clone();
            }
            ModelConfig::from_json(config).unwrap().norm
        };
        assert_eq!(norm(json!({})), norm::Kind::Rms);
        assert_eq!(norm(json!({"norm_type": "rmsnorm"})), norm::Kind::Rms);
        let layer = |bias| norm::Kind::Layer { bias };
        assert_eq!(norm(json!({"norm_type": "layernorm"})), layer(true));
        let without = json!({"norm_type": "layernorm", "norm_bias": false});
        assert_eq!(norm(without), layer(false));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let base = json!({"model_type": "gla", "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 9});
        let with = |name: &str, value: Value| {
            let mut base = base.clone();
            base[name] = value;
            base
        };
        assert!(error(with("model_type", json!("rwkv7"))).contains("unknown model type `rwkv7`"));
        assert!(error(with("hidden_size", json!(-3))).contains("hidden_size"));
        assert!(error(with("num_heads", json!(7))).contains("do not divide"));
        assert!(error(with("feature_map", json!("elu"))).contains("not supported"));
        let norm = error(with("norm_type", json!("batchnorm")));
        assert!(
            norm.contains("`norm_type` = \"batchnorm\"") && norm.contains("rmsnorm or layernorm")
        );
        assert!(error(with("norm_type", json!(7))).contains("norm_type"));
        assert!(error(with("norm_bias", json!(true))).contains("only a layernorm"));
        assert!(
            error(with("attn", json!({"layers": [5], "num_heads": 4}))).contains("attn.layers")
        );
        assert!(error(json!([])).contains("object"));
    }
}
