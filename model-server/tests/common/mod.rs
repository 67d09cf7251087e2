//! Small configurations of every kind, for all tests of whole models.

use serde_json::{Value, json};

/// (name, `config.json`) of one model of each kind and of the variants that change the computation.
pub fn configs() -> Vec<(&'static str, Value)> {
    let base = json!({
        "hidden_size": 16, "num_hidden_layers": 2, "vocab_size": 23, "intermediate_size": 24,
        "norm_eps": 1e-5
    });
    let with = |extra: Value| {
        let mut config = base.clone();
        for (name, value) in extra.as_object().into_iter().flatten() {
            config[name] = value.clone();
        }
        config
    };
    vec![
        (
            "gla",
            with(json!({"model_type": "gla", "num_heads": 2, "tie_word_embeddings": true})),
        ),
        (
            "gla_groups_conv_hybrid",
            with(json!({
                "model_type": "gla", "num_heads": 4, "num_kv_heads": 2, "use_short_conv": true,
                "num_hidden_layers": 3, "expand_k": 1.0,
                "attn": {"layers": [1], "num_heads": 4, "num_kv_heads": 2, "window_size": 6,
                         "qkv_bias": true, "rope_theta": 1000.0}
            })),
        ),
        (
            "delta_net",
            with(json!({"model_type": "delta_net", "num_heads": 2})),
        ),
        (
            "delta_net_gate_no_conv",
            with(json!({
                "model_type": "delta_net", "num_heads": 2, "use_gate": true,
                "use_short_conv": false, "allow_neg_eigval": true
            })),
        ),
        (
            "gated_deltanet",
            with(json!({
                "model_type": "gated_deltanet", "num_heads": 2, "num_v_heads": 4, "head_dim": 4,
                "expand_v": 1.5
            })),
        ),
        (
            "lightning",
            with(json!({"model_type": "lightning", "num_heads": 4})),
        ),
        (
            "lightning_layer_norm",
            with(json!({"model_type": "lightning", "num_heads": 2, "norm_type": "layernorm"})),
        ),
        (
            "delta_net_layer_norm_no_bias",
            with(json!({
                "model_type": "delta_net", "num_heads": 2, "norm_type": "layernorm",
                "norm_bias": false
            })),
        ),
        (
            "mom",
            with(json!({
                "model_type": "mom", "num_heads": 2, "head_dim": 4, "expand_v": 1.0,
                "num_memories": 4, "topk": 2, "shared_mem": true
            })),
        ),
        (
            "mom_single",
            with(json!({
                "model_type": "mom", "num_heads": 2, "head_dim": 4, "expand_v": 2.0,
                "num_memories": 3, "topk": 1, "single_kv_proj": true
            })),
        ),
        (
            "llama",
            with(json!({
                "model_type": "llama", "num_attention_heads": 4, "num_key_value_heads": 2,
                "rms_norm_eps": 1e-5, "tie_word_embeddings": true
            })),
        ),
        (
            "liger",
            with(json!({
                "model_type": "liger_gla", "num_attention_heads": 4, "num_key_value_heads": 2,
                "rms_norm_eps": 1e-5, "window_size": 6
            })),
        ),
        (
            "lolcats",
            with(json!({
                "model_type": "lolcats_llama", "num_attention_heads": 4, "num_key_value_heads": 2,
                "rms_norm_eps": 1e-5, "window_size": 6, "feature_dim": 3
            })),
        ),
        (
            "liger_lora",
            with(json!({
                "model_type": "liger_gla", "num_attention_heads": 4, "num_key_value_heads": 2,
                "rms_norm_eps": 1e-5, "window_size": 6, "trainable": ["lora_"],
                "lora": {"rank": 2, "alpha": 6.0, "targets": ["q_proj", "k_proj", "v_proj"]}
            })),
        ),
    ]
}

/// A reproducible text of `n` tokens.
pub fn tokens(n: usize, vocab: u32, seed: u64) -> Vec<u32> {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 33) as u32 % vocab
    };
    (0..n).map(|_| next()).collect()
}
