//! `tokenizer.json` from a GGUF file's vocabulary and merges: byte-level BPE with the splitting that the file names.

use candle_core::quantized::gguf_file::Value;
use serde_json::{Map, json};

use super::gguf::Metadata;
use crate::error::ModelError;

/// llama.cpp's type of a control token.
const CONTROL: i64 = 3;

/// The text of the `tokenizer.json`.
pub(super) fn tokenizer(metadata: &Metadata<'_>) -> Result<Vec<u8>, ModelError> {
    let model = metadata.get("tokenizer.ggml.model", Value::to_string)?;
    if model != "gpt2" {
        return Err(ModelError::Tokenizer(format!(
            "the GGUF file's is of type `{model}`: byte-level BPE (`gpt2`) can be read"
        )));
    }
    let byte_level = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true
    });
    let splitting = metadata.optional("tokenizer.ggml.pre", Value::to_string)?;
    let splitting = match splitting.map_or("default", String::as_str) {
        "gpt-2" | "default" => byte_level,
        "smollm" => json!({"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": true}, byte_level
        ]}),
        other => {
            return Err(ModelError::Tokenizer(format!(
                "the GGUF file's splits as `{other}`: `gpt-2` and `smollm` can be read"
            )));
        }
    };
    let tokens = metadata.strings("tokenizer.ggml.tokens")?;
    let types = metadata.optional("tokenizer.ggml.token_type", |v| {
        let number = |v: &Value| v.to_i64().or_else(|_| v.to_i32().map(i64::from));
        v.to_vec()?
            .iter()
            .map(number)
            .collect::<Result<Vec<_>, _>>()
    })?;
    let special = types.unwrap_or_default();
    let added: Vec<_> = tokens
        .iter()
        .enumerate()
        .filter(|(id, _)| special.get(*id) == Some(&CONTROL))
        .map(|(id, token)| {
            json!({
                "id": id, "content": token, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true
            })
        })
        .collect();
    let merges: Option<Vec<_>> = metadata
        .strings("tokenizer.ggml.merges")?
        .into_iter()
        .map(|merge| merge.split_once(' '))
        .collect();
    let merges = merges.ok_or_else(|| {
        ModelError::Tokenizer("a merge of the GGUF file is not of two parts".into())
    })?;
    let vocab: Map<_, _> = tokens
        .iter()
        .enumerate()
        .map(|(id, token)| (token.to_string(), json!(id)))
        .collect();
    let whole = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null, "pre_tokenizer": splitting, "post_processor": null,
        "decoder": {
            "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true
        },
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false, "vocab": vocab, "merges": merges
        }
    });
    Ok(whole.to_string().into_bytes())
}
