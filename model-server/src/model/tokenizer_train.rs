//! Byte-level BPE (Sennrich et al., arXiv 1508.07909) from texts, through the `tokenizers` crate.
//!
//! How digits are cut is a choice of its own: Singh and Strouse, *Tokenization counts* (arXiv 2402.14903), find that groups
//! of three from the right, as thousands are written, make arithmetic easier than groups from the left.

use serde::{Deserialize, Serialize};
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, TokenizerImpl,
};

use crate::error::ModelError;

/// How numbers are cut into tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digits {
    /// A token a digit.
    #[default]
    Single,
    /// Up to three digits a token, counted from the right: `1 234 567`.
    Threes,
}

/// The token that ends a text; its number is 0.
pub const END: &str = "<|end|>";

/// Tokens that every such tokenizer has: the end, and a token a byte.
pub const SMALLEST: usize = 257;

/// Learns a tokenizer of at most `vocab_size` tokens; the answer is `tokenizer.json`.
///
/// # Errors
/// A vocabulary below [`SMALLEST`], or what the trainer says.
pub fn train_tokenizer<S: AsRef<str> + Send>(
    texts: impl Iterator<Item = S> + Send,
    vocab_size: usize,
    digits: Digits,
) -> Result<String, ModelError> {
    let failed = |e: tokenizers::Error| ModelError::Tokenizer(e.to_string());
    if vocab_size < SMALLEST {
        return Err(ModelError::Tokenizer(format!(
            "a vocabulary of {vocab_size} is too small: bytes alone need {SMALLEST}"
        )));
    }
    let pattern = match digits {
        Digits::Single => r"\d",
        Digits::Threes => r"\d{1,3}(?=(?:\d{3})*(?!\d))",
    };
    let pattern = SplitPattern::Regex(pattern.to_owned());
    let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(failed)?;
    let steps = vec![split.into(), ByteLevel::new(false, false, true).into()];
    let mut tokenizer: TokenizerImpl<
        BPE,
        NormalizerWrapper,
        PreTokenizerWrapper,
        PostProcessorWrapper,
        DecoderWrapper,
    > = TokenizerImpl::new(BPE::default());
    tokenizer
        .with_pre_tokenizer(Some(PreTokenizerWrapper::Sequence(Sequence::new(steps))))
        .with_decoder(Some(DecoderWrapper::ByteLevel(ByteLevel::default())));
    let mut trainer = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(vocab_size)
        .min_frequency(2)
        .special_tokens(vec![AddedToken::from(END, true)])
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    tokenizer.train(&mut trainer, texts).map_err(failed)?;
    tokenizer.to_string(true).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(digits: Digits, text: &str) -> Vec<String> {
        let corpus = ["x + 1234567 = 89", "x + 1 = 234", "567 1234 ⊢ x"];
        let json = train_tokenizer(corpus.iter().cycle().take(30), 320, digits).unwrap();
        let tokenizer = tokenizers::Tokenizer::from_bytes(json).unwrap();
        let encoding = tokenizer.encode(text, false).unwrap();
        let back = tokenizer.decode(encoding.get_ids(), true).unwrap();
        assert_eq!(back, text);
        encoding.get_tokens().to_vec()
    }

    #[test]
    fn digits_are_cut_as_asked() {
        assert_eq!(tokens(Digits::Threes, "1234567"), ["1", "234", "567"]);
        assert_eq!(tokens(Digits::Single, "1234"), ["1", "2", "3", "4"]);
    }

    #[test]
    fn a_vocabulary_without_room_for_bytes_is_refused() {
        assert!(train_tokenizer(["a"].iter(), 100, Digits::Single).is_err());
    }
}
