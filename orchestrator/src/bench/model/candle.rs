//! The same model in candle, with its automatic derivatives: what training is compared with. Written as one would there, in
//! chunks of 64 tokens; it forms e^-G, which the server's kernels never do, and so bears no strong decays.

use std::collections::HashMap;

use candle_core::{D, Device, Result, Tensor, Var};
use lakatos_model_server::{Model, ModelError};

const CHUNK: usize = 64;
const HEADS: usize = 4;

/// Weights by name, with their moments.
pub struct Candle {
    weights: HashMap<String, Weight>,
    layers: usize,
    eps: f64,
    step: i32,
}

struct Weight {
    var: Var,
    mean: Tensor,
    square: Tensor,
}

impl Candle {
    /// The same weights as a gated linear attention model's, without convolutions and with tied embeddings.
    pub fn new(model: &Model) -> std::result::Result<Self, ModelError> {
        let mut weights = HashMap::new();
        for (spec, data) in model.params().specs().iter().zip(model.params().tensors()) {
            let weight = || -> Result<Weight> {
                let var = Var::from_slice(data, spec.shape.as_slice(), &Device::Cpu)?;
                let zeros = var.zeros_like()?;
                Ok(Weight {
                    var,
                    mean: zeros.clone(),
                    square: zeros,
                })
            };
            weights.insert(spec.name.clone(), weight().map_err(failed)?);
        }
        Ok(Self {
            weights,
            layers: model.config().layers.len(),
            eps: model.config().norm_eps,
            step: 0,
        })
    }

    /// One step of Adam on so many sequences of equal length; returns the loss before it, in nats a token.
    pub fn step(
        &mut self,
        tokens: &[u32],
        sequences: usize,
        rate: f64,
    ) -> std::result::Result<f64, ModelError> {
        self.descend(tokens, sequences, rate).map_err(failed)
    }

    fn descend(&mut self, tokens: &[u32], sequences: usize, rate: f64) -> Result<f64> {
        let loss = self.loss(tokens, sequences)?;
        let grads = loss.backward()?;
        self.step += 1;
        let (beta1, beta2) = (0.9_f64, 0.95_f64);
        let first = rate / (1.0 - beta1.powi(self.step));
        let second = 1.0 / (1.0 - beta2.powi(self.step));
        for weight in self.weights.values_mut() {
            let Some(grad) = grads.get(&weight.var) else {
                continue;
            };
            let grad = grad.detach();
            weight.mean = ((&weight.mean * beta1)? + (&grad * (1.0 - beta1))?)?;
            weight.square = ((&weight.square * beta2)? + (grad.sqr()? * (1.0 - beta2))?)?;
            let root = ((&weight.square * second)?.sqrt()? + 1e-8)?;
            let change = ((&weight.mean * first)? / root)?;
            weight
                .var
                .set(&(weight.var.as_detached_tensor() - change)?)?;
        }
        loss.to_scalar::<f32>().map(f64::from)
    }

    fn get(&self, name: &str) -> Result<&Tensor> {
        let weight = self.weights.get(name);
        weight
            .map(|w| w.var.as_tensor())
            .ok_or_else(|| candle_core::Error::Msg(format!("no tensor {name}")))
    }

    fn linear(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.get(&format!("{name}.weight"))?.t()?)
    }

    fn norm(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let mean = (x.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?;
        let weight = self.get(&format!("{name}.weight"))?;
        x.broadcast_div(&mean.sqrt()?)?.broadcast_mul(weight)
    }

    fn loss(&self, tokens: &[u32], sequences: usize) -> Result<Tensor> {
        let length = tokens.len() / sequences;
        let ids = Tensor::new(tokens, &Device::Cpu)?;
        let table = self.get("model.embeddings.weight")?;
        let mut x = table.index_select(&ids, 0)?;
        let width = x.dim(1)?;
        for i in 0..self.layers {
            let name = format!("model.layers.{i}");
            let normed = self.norm(&format!("{name}.attn_norm"), &x)?;
            x = (&x + self.mix(&format!("{name}.attn"), &normed, sequences)?)?;
            let normed = self.norm(&format!("{name}.mlp_norm"), &x)?;
            let gate = self.linear(&format!("{name}.mlp.gate_proj"), &normed)?;
            let up = self.linear(&format!("{name}.mlp.up_proj"), &normed)?;
            let down = self.linear(&format!("{name}.mlp.down_proj"), &(gate.silu()? * up)?)?;
            x = (&x + down)?;
        }
        let x = x.reshape((sequences, length, width))?;
        let x = x.narrow(1, 0, length - 1)?.contiguous()?;
        let x = self.norm("model.norm", &x.reshape(((), width))?)?;
        let logits = x.matmul(&table.t()?)?;
        let targets = ids.reshape((sequences, length))?.narrow(1, 1, length - 1)?;
        let targets = targets.contiguous()?.reshape(((), 1))?;
        let wanted = logits.gather(&targets, 1)?.squeeze(1)?;
        (logits.log_sum_exp(1)? - wanted)?.mean_all()
    }

    fn mix(&self, name: &str, x: &Tensor, sequences: usize) -> Result<Tensor> {
        let length = x.dim(0)? / sequences;
        // [rows, heads * dim] → [sequences * heads, length, dim].
        let heads = |x: Tensor| -> Result<Tensor> {
            let dim = x.dim(1)? / HEADS;
            let x = x.reshape((sequences, length, HEADS, dim))?;
            x.transpose(1, 2)?.contiguous()?.reshape(((), length, dim))
        };
        let q = heads(self.linear(&format!("{name}.q_proj"), x)?)?;
        let k = heads(self.linear(&format!("{name}.k_proj"), x)?)?;
        let v = heads(self.linear(&format!("{name}.v_proj"), x)?)?;
        let low = self.linear(&format!("{name}.gk_proj.0"), x)?;
        let bias = self.get(&format!("{name}.gk_proj.1.bias"))?;
        let logits = self.linear(&format!("{name}.gk_proj.1"), &low)?;
        let logits = logits.broadcast_add(bias)?;
        // logσ(z) / 16
        let g = heads(((logits.neg()?.exp()? + 1.0)?.log()? * (-1.0 / 16.0))?)?;
        let (dim, value) = (q.dim(2)?, v.dim(2)?);
        let q = (q * (dim as f64).powf(-0.5))?;
        let mask = Tensor::tril2(CHUNK, candle_core::DType::F32, &Device::Cpu)?;
        let mut state = Tensor::zeros((q.dim(0)?, dim, value), q.dtype(), &Device::Cpu)?;
        let mut outs = Vec::new();
        for from in (0..length).step_by(CHUNK) {
            let part = |x: &Tensor| x.narrow(1, from, CHUNK)?.contiguous();
            let (q, k, v) = (part(&q)?, part(&k)?, part(&v)?);
            let sum = mask.broadcast_matmul(&part(&g)?)?;
            let last = sum.narrow(1, CHUNK - 1, 1)?;
            let q = (q * sum.exp()?)?;
            let near = q.matmul(&(&k * sum.neg()?.exp()?)?.transpose(1, 2)?)?;
            let near = near.broadcast_mul(&mask)?.matmul(&v)?;
            outs.push((near + q.matmul(&state)?)?);
            let k = (k * last.broadcast_sub(&sum)?.exp()?)?;
            let decay = last.exp()?.transpose(1, 2)?;
            state = (state.broadcast_mul(&decay)? + k.transpose(1, 2)?.matmul(&v)?)?;
        }
        let out = Tensor::cat(&outs, 1)?;
        let out = self.norm(&format!("{name}.g_norm_swish_gate"), &out)?;
        let out = out
            .reshape((sequences, HEADS, length, value))?
            .transpose(1, 2)?;
        let out = out.contiguous()?.reshape(((), HEADS * value))?;
        let gate = self.linear(&format!("{name}.g_proj"), x)?.silu()?;
        self.linear(&format!("{name}.o_proj"), &(out * gate)?)
    }
}

fn failed(e: candle_core::Error) -> ModelError {
    ModelError::Training(format!("candle: {e}"))
}
