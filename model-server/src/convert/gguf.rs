//! GGUF files of Llama models, through candle's reader: metadata become a configuration and a tokenizer, tensors of any
//! quantisation that candle knows become f32.
//!
//! llama.cpp rotates neighbouring channels where Hugging Face rotates halves, so its files hold the rows of each query and
//! key head in another order: row 2i + j there is row j·dim/2 + i here.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};
use serde_json::json;

use super::gguf_tokenizer::tokenizer;
use super::source::Source;
use crate::error::ModelError;
use crate::layers::mixer;
use crate::layers::params::{Params, Spec};
use crate::model::chat_template::TOKENIZER_CONFIG;
use crate::model::{Model, ModelConfig, specs};

/// Metadata of a file, with errors that name the key.
pub(super) struct Metadata<'a>(pub &'a Content);

impl<'a> Metadata<'a> {
    pub(super) fn get<T>(
        &self,
        key: &str,
        read: impl Fn(&'a Value) -> candle_core::Result<T>,
    ) -> Result<T, ModelError> {
        self.optional(key, read)?
            .ok_or_else(|| ModelError::Config(format!("the GGUF file has no `{key}`")))
    }

    pub(super) fn optional<T>(
        &self,
        key: &str,
        read: impl Fn(&'a Value) -> candle_core::Result<T>,
    ) -> Result<Option<T>, ModelError> {
        let value = self.0.metadata.get(key).map(read).transpose();
        value.map_err(|e| ModelError::Config(format!("`{key}` of the GGUF file: {e}")))
    }

    pub(super) fn strings(&self, key: &str) -> Result<Vec<&'a str>, ModelError> {
        self.get(key, |v| {
            let text = |v: &'a Value| v.to_string().map(String::as_str);
            v.to_vec()?.iter().map(text).collect()
        })
    }
}

/// Reads a file.
///
/// # Errors
/// A file that cannot be read, is no GGUF file of a Llama model, or holds a tensor that is missing, of the wrong shape or not
/// finite.
pub fn read(path: &Path) -> Result<Source, ModelError> {
    let file = File::open(path).map_err(ModelError::io(path))?;
    let mut file = BufReader::new(file);
    let damaged = |e: candle_core::Error| ModelError::Damaged {
        path: path.to_path_buf(),
        message: format!("as GGUF: {e}"),
    };
    let content = Content::read(&mut file).map_err(damaged)?;
    let config = config(&content)?;
    let specs = specs(&config);
    let mut data = Vec::with_capacity(specs.len());
    for spec in specs.iter() {
        let name = gguf_name(&spec.name);
        if !content.tensor_infos.contains_key(&name) {
            return Err(ModelError::MissingTensor { name });
        }
        let tensor = content
            .tensor(&mut file, &name, &Device::Cpu)
            .and_then(|t| t.dequantize(&Device::Cpu))
            .map_err(damaged)?;
        if tensor.dims() != spec.shape {
            return Err(ModelError::WrongShape {
                name,
                found: tensor.dims().to_vec(),
                expected: spec.shape.clone(),
            });
        }
        let numbers = tensor
            .flatten_all()
            .and_then(|t| t.to_vec1::<f32>())
            .map_err(damaged)?;
        if let Some(at) = numbers.iter().position(|x| !x.is_finite()) {
            return Err(ModelError::NotFinite { name, at });
        }
        data.push(unpermuted(&config, spec, numbers));
    }
    let tokenizer = tokenizer(&Metadata(&content))?;
    let params = Params::from_data(specs, data)
        .ok_or_else(|| ModelError::Config("tensors do not fit their shapes".into()))?;
    Ok(Source {
        model: Model::with_params(config, params),
        tokenizer,
        chat: chat(&Metadata(&content))?,
    })
}

/// What `tokenizer_config.json` would say of conversations.
fn chat(metadata: &Metadata<'_>) -> Result<Vec<(&'static str, Vec<u8>)>, ModelError> {
    let template = metadata.optional("tokenizer.chat_template", Value::to_string)?;
    let Some(template) = template else {
        return Ok(Vec::new());
    };
    let tokens = metadata.strings("tokenizer.ggml.tokens")?;
    let token = |name: &str| -> Result<Option<&str>, ModelError> {
        let key = format!("tokenizer.ggml.{name}_token_id");
        let id = metadata.optional(&key, |v| v.to_u32())?;
        Ok(id.and_then(|id| tokens.get(id as usize).copied()))
    };
    let config = json!({
        "bos_token": token("bos")?, "eos_token": token("eos")?, "chat_template": template,
    });
    Ok(vec![(TOKENIZER_CONFIG, config.to_string().into_bytes())])
}

fn config(content: &Content) -> Result<ModelConfig, ModelError> {
    let metadata = Metadata(content);
    let architecture = metadata.get("general.architecture", Value::to_string)?;
    if architecture != "llama" {
        return Err(ModelError::UnknownLayer(architecture.clone()));
    }
    if metadata
        .optional("llama.rope.scaling.type", Value::to_string)?
        .is_some_and(|t| t != "none")
        || content.tensor_infos.contains_key("rope_freqs.weight")
    {
        return Err(ModelError::Unsupported {
            name: "rope_scaling",
            value: "a scaling of rotary positions".into(),
            instead: "convert a model without it",
        });
    }
    let size = |key: &str| {
        let key = format!("llama.{key}");
        metadata.get(&key, |v| v.to_u64())
    };
    let token = |key: &str| {
        let key = format!("tokenizer.ggml.{key}_token_id");
        metadata.optional(&key, |v| v.to_u32())
    };
    let vocab = metadata.strings("tokenizer.ggml.tokens")?.len();
    let heads = size("attention.head_count")?;
    let theta = metadata.optional("llama.rope.freq_base", |v| v.to_f32())?;
    let value = json!({
        "model_type": "llama",
        "hidden_size": size("embedding_length")?,
        "intermediate_size": size("feed_forward_length")?,
        "num_hidden_layers": size("block_count")?,
        "num_attention_heads": heads,
        "num_key_value_heads": size("attention.head_count_kv").unwrap_or(heads),
        "vocab_size": vocab,
        "rms_norm_eps": metadata.get("llama.attention.layer_norm_rms_epsilon", |v| v.to_f32())?,
        "rope_theta": theta.unwrap_or(10_000.0),
        "max_position_embeddings": size("context_length")?,
        "tie_word_embeddings": !content.tensor_infos.contains_key("output.weight"),
        "bos_token_id": token("bos")?,
        "eos_token_id": token("eos")?,
        "hidden_act": "silu",
    });
    ModelConfig::from_json(value)
}

/// llama.cpp's name of one of Hugging Face's tensors.
fn gguf_name(name: &str) -> String {
    const NAMES: [(&str, &str); 13] = [
        ("model.embed_tokens.", "token_embd."),
        ("model.norm.", "output_norm."),
        ("lm_head.", "output."),
        ("model.layers.", "blk."),
        ("input_layernorm.", "attn_norm."),
        ("post_attention_layernorm.", "ffn_norm."),
        ("self_attn.q_proj.", "attn_q."),
        ("self_attn.k_proj.", "attn_k."),
        ("self_attn.v_proj.", "attn_v."),
        ("self_attn.o_proj.", "attn_output."),
        ("mlp.gate_proj.", "ffn_gate."),
        ("mlp.up_proj.", "ffn_up."),
        ("mlp.down_proj.", "ffn_down."),
    ];
    NAMES.iter().fold(name.to_string(), |name, (ours, theirs)| {
        name.replace(ours, theirs)
    })
}

/// Rows of query and key projections in Hugging Face's order.
fn unpermuted(config: &ModelConfig, spec: &Spec, numbers: Vec<f32>) -> Vec<f32> {
    let rotated = spec.name.contains(".q_proj.") || spec.name.contains(".k_proj.");
    let Some(mixer::Config::Attention(attention)) = config.layers.first().filter(|_| rotated)
    else {
        return numbers;
    };
    let (dim, width) = (attention.head_dim, spec.shape.last().copied().unwrap_or(1));
    let mut out = Vec::with_capacity(numbers.len());
    for head in numbers.chunks_exact(dim * width) {
        for row in 0..dim {
            let from = row % (dim / 2) * 2 + row / (dim / 2);
            out.extend_from_slice(&head[from * width..][..width]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_the_order_of_rows() {
        assert_eq!(
            gguf_name("model.layers.11.self_attn.k_proj.weight"),
            "blk.11.attn_k.weight"
        );
        assert_eq!(gguf_name("lm_head.weight"), "output.weight");
        let config = ModelConfig::from_json(json!({
            "model_type": "llama", "hidden_size": 8, "num_hidden_layers": 1, "vocab_size": 9,
            "intermediate_size": 8, "num_attention_heads": 2, "num_key_value_heads": 1
        }))
        .unwrap();
        let spec = specs(&config)
            .iter()
            .find(|s| s.name.ends_with("k_proj.weight"))
            .cloned()
            .unwrap();
        // Rows of llama.cpp's file: pairs of what the two halves hold.
        let rows = [[0.0; 8], [2.0; 8], [1.0; 8], [3.0; 8]].concat();
        let found = unpermuted(&config, &spec, rows);
        assert_eq!(
            found.iter().step_by(8).copied().collect::<Vec<_>>(),
            [0.0, 1.0, 2.0, 3.0]
        );
    }
}
