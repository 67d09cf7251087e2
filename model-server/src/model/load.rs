//! Checkpoints: a directory with `config.json` and `model.safetensors` (or shards named by
//! `model.safetensors.index.json`), tensors named as in flash-linear-attention or Hugging Face's Llama.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::{Model, ModelConfig, specs};
use crate::error::ModelError;
use crate::layers::params::{Params, Spec};

/// The file of a checkpoint that is not sharded.
pub const WEIGHTS: &str = "model.safetensors";
/// The list of shards.
pub const INDEX: &str = "model.safetensors.index.json";
/// The configuration.
pub const CONFIG: &str = "config.json";

impl Model<f32> {
    /// Reads a checkpoint's directory. Tensors that the configuration does not name are ignored.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown layer, a missing tensor, a wrong shape or type, NaN or infinite weights.
    pub fn load(dir: &Path) -> Result<Self, ModelError> {
        let path = dir.join(CONFIG);
        let text = fs::read_to_string(&path).map_err(ModelError::io(path))?;
        let config = ModelConfig::parse(&text)?;
        let params = load_params(&specs(&config), &shards(dir)?)?;
        Ok(Self::with_params(config, params))
    }

    /// Writes `config.json` and `model.safetensors` (F32) into a directory, which is made if need be. Each file is written
    /// beside its place and renamed.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, dir: &Path) -> Result<(), ModelError> {
        self.save_as(dir, Precision::F32)
    }

    /// The same with each number rounded to bfloat16 (half the bytes; to even where two are equally near).
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save_bf16(&self, dir: &Path) -> Result<(), ModelError> {
        self.save_as(dir, Precision::Bf16)
    }

    fn save_as(&self, dir: &Path, precision: Precision) -> Result<(), ModelError> {
        fs::create_dir_all(dir).map_err(ModelError::io(dir))?;
        let config = format!("{:#}\n", self.config.to_json());
        write(&dir.join(CONFIG), config.as_bytes())?;
        save_params(&self.params, &dir.join(WEIGHTS), precision)
    }
}

/// The safetensors files of a checkpoint.
fn shards(dir: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let index = dir.join(INDEX);
    if !index.exists() {
        return Ok(vec![dir.join(WEIGHTS)]);
    }
    let text = fs::read_to_string(&index).map_err(ModelError::io(&index))?;
    let damaged = |message: &str| ModelError::Damaged {
        path: index.clone(),
        message: message.into(),
    };
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| damaged(&e.to_string()))?;
    let map = value.get("weight_map").and_then(|m| m.as_object());
    let map = map.ok_or_else(|| damaged("there is no `weight_map`"))?;
    let mut names = BTreeSet::new();
    for name in map.values() {
        // A shard is a file of the directory: a path elsewhere is not followed.
        let name = name
            .as_str()
            .filter(|n| !n.contains(['/', '\\']) && *n != "..");
        names.insert(name.ok_or_else(|| damaged("a shard's name is no plain file name"))?);
    }
    Ok(names.into_iter().map(|n| dir.join(n)).collect())
}

/// Reads the tensors of `specs` from files.
///
/// # Errors
/// As [`Model::load`].
pub fn load_params(specs: &Arc<[Spec]>, files: &[PathBuf]) -> Result<Params<f32>, ModelError> {
    let data: Result<Vec<_>, _> = read_tensors(specs, files)?
        .into_iter()
        .zip(specs.iter())
        .map(|(d, s)| d.ok_or_else(|| missing(s)))
        .collect();
    Params::from_data(specs.clone(), data?)
        .ok_or_else(|| ModelError::Config("tensors do not fit their shapes".into()))
}

/// Reads those tensors of `specs` that are trained: moments, or what a run has learnt so far.
///
/// # Errors
/// As [`Model::load`].
pub fn load_trained(specs: &Arc<[Spec]>, files: &[PathBuf]) -> Result<Params<f32>, ModelError> {
    let mut params = Params::trained(specs.clone());
    let read = read_tensors(specs, files)?;
    for ((place, data), spec) in params.tensors_mut().iter_mut().zip(read).zip(specs.iter()) {
        if spec.trainable {
            *place = data.ok_or_else(|| missing(spec))?;
        }
    }
    Ok(params)
}

fn missing(spec: &Spec) -> ModelError {
    ModelError::MissingTensor {
        name: spec.name.clone(),
    }
}

fn read_tensors(
    specs: &Arc<[Spec]>,
    files: &[PathBuf],
) -> Result<Vec<Option<Vec<f32>>>, ModelError> {
    let wanted: HashMap<&str, usize> = specs
        .iter()
        .enumerate()
        .map(|(i, s)| (s.name.as_str(), i))
        .collect();
    let mut data: Vec<Option<Vec<f32>>> = vec![None; specs.len()];
    for path in files {
        let bytes = fs::read(path).map_err(ModelError::io(path))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| ModelError::Damaged {
            path: path.clone(),
            message: e.to_string(),
        })?;
        for (name, view) in file.iter() {
            if let Some(index) = wanted.get(name) {
                data[*index] = Some(read_tensor(&specs[*index], &view)?);
            }
        }
    }
    Ok(data)
}

fn read_tensor(spec: &Spec, view: &TensorView<'_>) -> Result<Vec<f32>, ModelError> {
    let name = || spec.name.clone();
    if view.shape() != spec.shape {
        return Err(ModelError::WrongShape {
            name: name(),
            found: view.shape().to_vec(),
            expected: spec.shape.clone(),
        });
    }
    let bytes = view.data();
    let numbers: Vec<f32> = match view.dtype() {
        Dtype::F32 => bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
        Dtype::BF16 => bytes
            .chunks_exact(2)
            .map(|b| f32::from_le_bytes([0, 0, b[0], b[1]]))
            .collect(),
        Dtype::F16 => bytes
            .chunks_exact(2)
            .map(|b| half(u16::from_le_bytes([b[0], b[1]])))
            .collect(),
        Dtype::F64 => bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
            .collect(),
        other => {
            return Err(ModelError::WrongType {
                name: name(),
                dtype: format!("{other:?}"),
            });
        }
    };
    if let Some(at) = numbers.iter().position(|x| !x.is_finite()) {
        return Err(ModelError::NotFinite { name: name(), at });
    }
    Ok(numbers)
}

/// An IEEE half as `f32`, exactly.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1F), f32::from(bits & 0x3FF));
    let size = match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2.0_f32.powi(exponent - 15),
    };
    sign * size
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    F32,
    /// Rounded to bfloat16.
    Bf16,
}

impl Precision {
    fn bytes(self, tensor: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => tensor.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Self::Bf16 => tensor.iter().flat_map(|x| bf16(*x).to_le_bytes()).collect(),
        }
    }
}

/// The nearest bfloat16, the even one of two that are equally near.
fn bf16(x: f32) -> u16 {
    let bits = x.to_bits();
    if x.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    let even = bits >> 16 & 1;
    (bits.wrapping_add(0x7FFF + even) >> 16) as u16
}

/// Writes tensors; those that [`Params::trained`] leaves out are not written.
///
/// # Errors
/// A file that cannot be written.
pub fn save_params(
    params: &Params<f32>,
    path: &Path,
    precision: Precision,
) -> Result<(), ModelError> {
    let bytes: Vec<Vec<u8>> = params
        .tensors()
        .iter()
        .map(|t| precision.bytes(t))
        .collect();
    let dtype = match precision {
        Precision::F32 => Dtype::F32,
        Precision::Bf16 => Dtype::BF16,
    };
    let damaged = |message: String| ModelError::Damaged {
        path: path.to_path_buf(),
        message,
    };
    let mut views = Vec::with_capacity(bytes.len());
    for (spec, bytes) in params.specs().iter().zip(&bytes) {
        if bytes.is_empty() && !spec.is_empty() {
            continue;
        }
        let view = TensorView::new(dtype, spec.shape.clone(), bytes);
        views.push((
            spec.name.as_str(),
            view.map_err(|e| damaged(e.to_string()))?,
        ));
    }
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    let file = safetensors::serialize(views, Some(metadata)).map_err(|e| damaged(e.to_string()))?;
    write(path, &file)
}

/// Writes a file beside its place and renames it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    fs::write(&beside, bytes).map_err(ModelError::io(&beside))?;
    fs::rename(&beside, path).map_err(ModelError::io(path))
}

#[cfg(test)]
mod tests {
    use super::{bf16, half};

    #[test]
    fn bfloat16_rounds_to_the_nearest() {
        for (x, bits) in [
            (1.0, 0x3F80),
            (-2.0, 0xC000),
            (1.0 + 1.0 / 256.0, 0x3F80),
            (1.011_718_8, 0x3F82),
        ] {
            assert_eq!(bf16(x), bits, "{x}");
        }
    }

    #[test]
    fn halves() {
        for (bits, value) in [
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x0001, 5.960_464_5e-8),
            (0x7BFF, 65504.0),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7E00).is_nan() && half(0xFC00) == f32::NEG_INFINITY);
    }
}
