"""Golden vectors: the published equations in f64 NumPy, token by token, on small random weights.

Run `python make.py` (NumPy) in this directory: it writes, for every kind of model, `<kind>/config.json`,
`<kind>/model.safetensors` (F32) and `<kind>/logits.json` (tokens and the logits after each).

Nothing here is shared with the Rust code: only recurrences, no chunks; tensor names as in flash-linear-attention.
"""

import json
import pathlib
import struct

import numpy as np

HERE = pathlib.Path(__file__).parent
WIDTH, INNER, VOCAB, EPS, TOKENS = 16, 24, 23, 1e-5, 90


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(x):
    return x * sigmoid(x)


def softplus(x):
    return np.logaddexp(0, x)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def rms(x, w):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS) * w


def unit(x):
    return x / np.sqrt((x * x).sum(-1, keepdims=True) + 1e-6)


class Weights:
    """Draws a tensor when it is first asked for, rounded to f32, and remembers it."""

    def __init__(self, seed):
        self.rng, self.tensors = np.random.default_rng(seed), {}

    def get(self, name, *shape, scale=None, shift=0.0):
        if name not in self.tensors:
            scale = 1 / np.sqrt(shape[-1]) if scale is None else scale
            x = self.rng.normal(size=shape) * scale + shift
            self.tensors[name] = x.astype(np.float32)
        assert self.tensors[name].shape == shape, name
        return self.tensors[name].astype(np.float64)

    def norm(self, name, n):
        return self.get(name, n, scale=0.2, shift=1.0)

    def save(self, path):
        header, blobs, at = {}, [], 0
        for name, x in sorted(self.tensors.items()):
            blob = x.astype("<f4").tobytes()
            header[name] = {"dtype": "F32", "shape": list(x.shape), "data_offsets": [at, at + len(blob)]}
            blobs.append(blob)
            at += len(blob)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def conv(w, name, xs):
    """Depthwise causal convolution of width 4, then silu. xs [T, C]."""
    taps = w.get(f"{name}.weight", xs.shape[1], 1, 4)[:, 0]
    padded = np.vstack([np.zeros((3, xs.shape[1])), xs])
    return silu(np.stack([(padded[t : t + 4] * taps.T).sum(0) for t in range(len(xs))]))


def finish(w, a, xs, o, heads, norm, gated=True):
    """o [T, H, V]: norm of each head, gate, output projection."""
    value = o.shape[2]
    y = rms(o, w.norm(f"{a}.{norm}.weight", value))
    if gated:
        g = xs @ w.get(f"{a}.g_proj.weight", heads * value, WIDTH).T
        y = y * silu(g.reshape(y.shape))
    return y.reshape(len(xs), -1) @ w.get(f"{a}.o_proj.weight", WIDTH, heads * value).T


def project(w, a, what, xs, n):
    return xs @ w.get(f"{a}.{what}.weight", n, WIDTH).T


def gla(w, a, xs, c, _layer):
    h, T = c["num_heads"], len(xs)
    key, value = WIDTH // 2 // h, WIDTH // h
    q = project(w, a, "q_proj", xs, h * key).reshape(T, h, key)
    k = project(w, a, "k_proj", xs, h * key).reshape(T, h, key)
    v = project(w, a, "v_proj", xs, h * value).reshape(T, h, value)
    low = project(w, a, "gk_proj.0", xs, 16)
    z = low @ w.get(f"{a}.gk_proj.1.weight", h * key, 16).T + w.get(f"{a}.gk_proj.1.bias", h * key)
    g = (-softplus(-z) / 16).reshape(T, h, key)
    o, S = np.zeros((T, h, value)), np.zeros((h, key, value))
    for t in range(T):
        for i in range(h):
            S[i] = np.exp(g[t, i])[:, None] * S[i] + np.outer(k[t, i], v[t, i])
            o[t, i] = key**-0.5 * S[i].T @ q[t, i]
    return finish(w, a, xs, o, h, "g_norm_swish_gate")


def delta_step(S, q, k, v, beta, g):
    S = np.exp(g) * S
    S = S + np.outer(k, beta * (v - S.T @ k))
    return S, len(k) ** -0.5 * S.T @ q


def delta_net(w, a, xs, c, _layer):
    h, T = c["num_heads"], len(xs)
    d = WIDTH // h
    parts = {}
    for what in "qkv":
        x = project(w, a, f"{what}_proj", xs, WIDTH)
        parts[what] = conv(w, f"{a}.{what}_conv1d", x).reshape(T, h, d)
    beta = sigmoid(project(w, a, "b_proj", xs, h))
    q, k, v = unit(parts["q"]), unit(parts["k"]), parts["v"]
    o, S = np.zeros((T, h, d)), np.zeros((h, d, d))
    for t in range(T):
        for i in range(h):
            S[i], o[t, i] = delta_step(S[i], q[t, i], k[t, i], v[t, i], beta[t, i], 0.0)
    return finish(w, a, xs, o, h, "o_norm", gated=False)


def decay(w, a, logits, heads):
    rate = np.exp(w.get(f"{a}.A_log", heads, scale=0.5))
    return -rate * softplus(logits + w.get(f"{a}.dt_bias", heads, scale=0.5, shift=-2.0))


def gated_deltanet(w, a, xs, c, _layer):
    h, hv, key, T = c["num_heads"], c["num_v_heads"], c["head_dim"], len(xs)
    value = int(key * c["expand_v"])
    q = conv(w, f"{a}.q_conv1d", project(w, a, "q_proj", xs, h * key)).reshape(T, h, key)
    k = conv(w, f"{a}.k_conv1d", project(w, a, "k_proj", xs, h * key)).reshape(T, h, key)
    v = conv(w, f"{a}.v_conv1d", project(w, a, "v_proj", xs, hv * value)).reshape(T, hv, value)
    q, k = unit(q), unit(k)
    beta = sigmoid(project(w, a, "b_proj", xs, hv))
    g = decay(w, a, project(w, a, "a_proj", xs, hv), hv)
    o, S = np.zeros((T, hv, value)), np.zeros((hv, key, value))
    for t in range(T):
        for i in range(hv):
            j = i // (hv // h)
            S[i], o[t, i] = delta_step(S[i], q[t, j], k[t, j], v[t, i], beta[t, i], g[t, i])
    return finish(w, a, xs, o, hv, "o_norm")


def lightning(w, a, xs, c, layer):
    h, T = c["num_heads"], len(xs)
    d = WIDTH // h
    q = silu(project(w, a, "q_proj", xs, WIDTH)).reshape(T, h, d)
    k = silu(project(w, a, "k_proj", xs, WIDTH)).reshape(T, h, d)
    v = project(w, a, "v_proj", xs, WIDTH).reshape(T, h, d)
    slopes = -(8 / h) * (1 - layer / c["num_hidden_layers"]) * np.arange(h)
    w.tensors[f"{a}.slopes"] = slopes.astype(np.float32)
    o, S = np.zeros((T, h, d)), np.zeros((h, d, d))
    for t in range(T):
        for i in range(h):
            S[i] = np.exp(slopes[i]) * S[i] + np.outer(k[t, i], v[t, i])
            o[t, i] = d**-0.5 * S[i].T @ q[t, i]
    return finish(w, a, xs, o, h, "o_norm")


def mom(w, a, xs, c, _layer):
    h, key, T, M = c["num_heads"], c["head_dim"], len(xs), c["num_memories"]
    value = int(key * c["expand_v"])
    scores = [softmax(s) for s in project(w, a, "gate", xs, M)]
    out = np.zeros((T, h, value))
    for m in range(M + 1):
        shared = m == M
        chosen = [t for t in range(T) if shared or m in np.argsort(-scores[t])[: c["topk"]]]
        if not chosen:
            continue
        own = (lambda s: f"shared_{s}") if shared else (lambda s, m=m: f"{s}_proj.{m}")
        part = xs[chosen]
        n = len(chosen)
        q = conv(w, f"{a}.q_conv1d", project(w, a, "q_proj", part, h * key)).reshape(n, h, key)
        k = conv(w, f"{a}.k_conv1d", project(w, a, own("k"), part, h * key)).reshape(n, h, key)
        v = conv(w, f"{a}.v_conv1d", project(w, a, own("v"), part, h * value)).reshape(n, h, value)
        beta = sigmoid(project(w, a, own("b"), part, h))
        g = decay(w, a, project(w, a, own("a"), part, h), h)
        q, k = unit(q), unit(k)
        S = np.zeros((h, key, value))
        for at, t in enumerate(chosen):
            top = np.sort(scores[t])[-c["topk"] :].sum()
            weight = 1.0 if shared else scores[t][m] / top
            for i in range(h):
                S[i], o = delta_step(S[i], q[at, i], k[at, i], v[at, i], beta[at, i], g[at, i])
                out[t, i] += weight * o
    return finish(w, a, xs, out, h, "o_norm")


def rotate(x, theta):
    """x [T, H, D], position t."""
    half = x.shape[2] // 2
    angle = np.arange(len(x))[:, None] * theta ** (-np.arange(half) / half)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def attention(w, a, xs, heads, kv_heads, theta, window=None):
    d, T = WIDTH // heads, len(xs)
    q = rotate(project(w, a, "q_proj", xs, heads * d).reshape(T, heads, d), theta)
    k = rotate(project(w, a, "k_proj", xs, kv_heads * d).reshape(T, kv_heads, d), theta)
    v = project(w, a, "v_proj", xs, kv_heads * d).reshape(T, kv_heads, d)
    o = np.zeros((T, heads, d))
    for t in range(T):
        lo = 0 if window is None else max(0, t + 1 - window)
        for i in range(heads):
            j = i // (heads // kv_heads)
            o[t, i] = softmax(k[lo : t + 1, j] @ q[t, i] * d**-0.5) @ v[lo : t + 1, j]
    return o.reshape(T, WIDTH) @ w.get(f"{a}.o_proj.weight", WIDTH, WIDTH).T


def heads_of(w, a, xs, c):
    heads, kv_heads = c["num_attention_heads"], c["num_key_value_heads"]
    d, T = WIDTH // heads, len(xs)
    q = project(w, a, "q_proj", xs, heads * d).reshape(T, heads, d)
    k = project(w, a, "k_proj", xs, kv_heads * d).reshape(T, kv_heads, d)
    v = project(w, a, "v_proj", xs, kv_heads * d).reshape(T, kv_heads, d)
    return q, k, v, rotate(q, 10000.0), rotate(k, 10000.0)


def liger(w, a, xs, c):
    """Liger's GLA form: half a recurrence driven by the projections, half a softmax window."""
    q, k, v, qr, kr = heads_of(w, a, xs, c)
    T, heads, d = q.shape
    group, window = heads // k.shape[1], c["window_size"]
    o = np.zeros((T, heads, d))
    for i in range(heads):
        j, S = i // group, np.zeros((d, d))
        for t in range(T):
            gate = sigmoid(k[t, j]) ** (1 / 16)
            S = gate[:, None] * S + np.outer(softmax(k[t, j]), v[t, j])
            lo = max(0, t + 1 - window)
            near = softmax(kr[lo : t + 1, j] @ qr[t, i] * d**-0.5) @ v[lo : t + 1, j]
            o[t, i] = 0.5 * softmax(q[t, i]) @ S + 0.5 * near
    return o.reshape(T, WIDTH) @ w.get(f"{a}.o_proj.weight", WIDTH, WIDTH).T


def lolcats(w, a, xs, c):
    """LoLCATs: one sum over all positions, by softmax scores in the window and by features before it."""
    q, k, v, qr, kr = heads_of(w, a, xs, c)
    T, heads, d = q.shape
    kv_heads, window, F = k.shape[1], c["window_size"], c["feature_dim"]
    q_map = w.get(f"{a}.feature_map_q.weight", heads, d, F)
    k_map = w.get(f"{a}.feature_map_k.weight", kv_heads, d, F)
    gamma = sigmoid(w.get(f"{a}.window_factors", heads, scale=1.0))
    phi = lambda x, m: np.concatenate([softmax(x @ m), softmax(-x @ m)])
    o = np.zeros((T, heads, d))
    for i in range(heads):
        j = i // (heads // kv_heads)
        for t in range(T):
            lo = max(0, t + 1 - window)
            scores = kr[lo : t + 1, j] @ qr[t, i] * d**-0.5
            near = gamma[i] * np.exp(scores - scores.max())
            far = np.array([phi(qr[t, i], q_map[i]) @ phi(kr[s, j], k_map[j]) for s in range(lo)])
            weights = np.concatenate([far, near])
            o[t, i] = weights @ v[: t + 1, j] / weights.sum()
    return o.reshape(T, WIDTH) @ w.get(f"{a}.o_proj.weight", WIDTH, WIDTH).T


def forward(w, c, tokens):
    llama = c["model_type"] in ("llama", "liger_gla", "lolcats_llama")
    names = (
        ("embed_tokens", "input_layernorm", "self_attn", "post_attention_layernorm")
        if llama
        else ("embeddings", "attn_norm", "attn", "mlp_norm")
    )
    table = w.get(f"model.{names[0]}.weight", VOCAB, WIDTH, scale=1.0)
    x = table[tokens]
    for i in range(c["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        xs = rms(x, w.norm(f"{layer}.{names[1]}.weight", WIDTH))
        a = f"{layer}.{names[2]}"
        hybrid = c.get("attn", {})
        if c["model_type"] in ("liger_gla", "lolcats_llama"):
            x = x + (liger if c["model_type"] == "liger_gla" else lolcats)(w, a, xs, c)
        elif llama:
            x = x + attention(w, a, xs, c["num_attention_heads"], c["num_key_value_heads"], 10000.0)
        elif i in hybrid.get("layers", []):
            x = x + attention(
                w, a, xs, hybrid["num_heads"], hybrid["num_kv_heads"], hybrid["rope_theta"], hybrid["window_size"]
            )
        else:
            x = x + MIXERS[c["model_type"]](w, a, xs, c, i)
        xs = rms(x, w.norm(f"{layer}.{names[3]}.weight", WIDTH))
        gate = project(w, f"{layer}.mlp", "gate_proj", xs, INNER)
        up = project(w, f"{layer}.mlp", "up_proj", xs, INNER)
        x = x + (silu(gate) * up) @ w.get(f"{layer}.mlp.down_proj.weight", WIDTH, INNER).T
    x = rms(x, w.norm("model.norm.weight", WIDTH))
    if c["tie_word_embeddings"]:
        return x @ table.T
    return x @ w.get("lm_head.weight", VOCAB, WIDTH).T


MIXERS = {
    "gla": gla,
    "delta_net": delta_net,
    "gated_deltanet": gated_deltanet,
    "lightning": lightning,
    "mom": mom,
}
KINDS = {
    "gla": {"num_heads": 2, "tie_word_embeddings": True},
    "gla_hybrid": {
        "model_type": "gla",
        "num_heads": 2,
        "attn": {"layers": [1], "num_heads": 4, "num_kv_heads": 2, "window_size": 6, "rope_theta": 1000.0},
    },
    "delta_net": {"num_heads": 2},
    "gated_deltanet": {"num_heads": 2, "num_v_heads": 4, "head_dim": 4, "expand_v": 1.5},
    "lightning": {"num_heads": 4},
    "mom": {"num_heads": 2, "head_dim": 4, "expand_v": 1.0, "num_memories": 4, "topk": 2, "shared_mem": True},
    "llama": {"num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": EPS, "tie_word_embeddings": True},
    "liger": {
        "model_type": "liger_gla",
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "rms_norm_eps": EPS,
        "window_size": 6,
    },
    "lolcats": {
        "model_type": "lolcats_llama",
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "rms_norm_eps": EPS,
        "window_size": 6,
        "feature_dim": 3,
    },
}

for seed, (kind, extra) in enumerate(KINDS.items()):
    config = {
        "model_type": kind,
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "vocab_size": VOCAB,
        "intermediate_size": INNER,
        "norm_eps": EPS,
        "tie_word_embeddings": False,
        **extra,
    }
    w = Weights(seed)
    tokens = np.random.default_rng(100 + seed).integers(0, VOCAB, TOKENS)
    logits = forward(w, config, tokens)
    out = HERE / kind
    out.mkdir(exist_ok=True)
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    w.save(out / "model.safetensors")
    rows = [[round(x, 8) for x in row] for row in logits.tolist()]
    (out / "logits.json").write_text(json.dumps({"tokens": tokens.tolist(), "logits": rows}) + "\n")
