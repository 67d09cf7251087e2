//! How a checkpoint writes conversations: the Jinja template in `chat_template.jinja`, or in `tokenizer_config.json`, with the
//! settings and functions that Hugging Face's `apply_chat_template` gives such templates.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value as Jinja};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Value, json};

use crate::error::ModelError;

/// The template alone; it goes before the one in [`TOKENIZER_CONFIG`].
pub const CHAT_TEMPLATE: &str = "chat_template.jinja";
/// Special tokens, and the template where it has no file of its own.
pub const TOKENIZER_CONFIG: &str = "tokenizer_config.json";

/// The name under which the environment holds the template; errors show it with a line.
const NAME: &str = "chat_template";
/// Instructions that one rendering may take: a conversation of thousands of messages, but no endless loop.
const FUEL: u64 = 5_000_000;
/// Special tokens that templates may name.
const SPECIAL: [&str; 7] = [
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
];

/// A template that can be rendered.
#[derive(Clone, Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    special: Map<String, Value>,
}

fn broken(error: &Error) -> ModelError {
    ModelError::ChatTemplate(error.to_string())
}

impl ChatTemplate {
    /// The template of a checkpoint's directory; none where it has none.
    ///
    /// # Errors
    /// A file that cannot be read, is no JSON, names several templates but no default one, or holds one that is no Jinja.
    pub fn load(dir: &Path) -> Result<Option<Self>, ModelError> {
        let config = match read(&dir.join(TOKENIZER_CONFIG))? {
            Some(text) => serde_json::from_str(&text).map_err(|e| {
                ModelError::ChatTemplate(format!("{TOKENIZER_CONFIG} is not JSON: {e}"))
            })?,
            None => Value::Null,
        };
        let source = match read(&dir.join(CHAT_TEMPLATE))? {
            Some(text) => Some(text),
            None => named(&config)?,
        };
        source.map(|s| Self::new(s, &config)).transpose()
    }

    /// A template from its text; `config` is an object that names special tokens as `tokenizer_config.json` does.
    ///
    /// # Errors
    /// The text is no Jinja.
    pub fn new(source: String, config: &Value) -> Result<Self, ModelError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|e| broken(&e))?;
        environment.set_syntax(syntax);
        environment.set_undefined_behavior(UndefinedBehavior::Lenient);
        environment.set_fuel(Some(FUEL));
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function(
            "raise_exception",
            |message: String| -> Result<Jinja, Error> {
                Err(Error::new(ErrorKind::InvalidOperation, message))
            },
        );
        // Jinja's own escapes for HTML.
        environment.add_filter("tojson", |value: Serde<Value>| value.to_string());
        environment
            .add_template_owned(NAME, source)
            .map_err(|e| broken(&e))?;
        let mut special = Map::new();
        for name in SPECIAL {
            let given = config.get(name);
            let text = given.and_then(|t| t.as_str().or_else(|| t.get("content")?.as_str()));
            if let Some(text) = text {
                special.insert(name.into(), text.into());
            }
        }
        Ok(Self {
            environment,
            special,
        })
    }

    /// The text of a conversation, up to where the assistant is to speak. A message is an object with `role` and `content`, and
    /// whatever else the template reads.
    ///
    /// # Errors
    /// The template asks for what is not there, refuses the conversation, or does not come to an end.
    pub fn render(&self, messages: &[Value]) -> Result<String, ModelError> {
        let mut context = self.special.clone();
        context.insert("messages".into(), messages.into());
        context.insert("add_generation_prompt".into(), json!(true));
        let template = self.environment.get_template(NAME);
        template
            .and_then(|t| t.render(Serde(context)))
            .map_err(|e| broken(&e))
    }

    /// The token that the tokenizer's configuration names as the end: of a turn, in a model for conversations.
    pub fn end(&self) -> Option<&str> {
        self.special.get("eos_token")?.as_str()
    }
}

/// A file's text, if there is such a file.
fn read(path: &Path) -> Result<Option<String>, ModelError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(ModelError::io(path)(e)),
    }
}

/// The template in a tokenizer's configuration: one, or a list of named ones.
fn named(config: &Value) -> Result<Option<String>, ModelError> {
    match config.get("chat_template") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Array(list)) => {
            let default = list.iter().find(|t| t["name"] == "default");
            let text = default.and_then(|t| t["template"].as_str());
            text.map(|t| Some(t.to_owned())).ok_or_else(|| {
                let message = "there are several templates, and none is called `default`";
                ModelError::ChatTemplate(message.into())
            })
        }
        Some(_) => Err(ModelError::ChatTemplate(format!(
            "`chat_template` in {TOKENIZER_CONFIG} is neither a text nor a list"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As SmolLM2-Instruct and Qwen's models have it.
    const CHATML: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    fn template(source: &str) -> Result<ChatTemplate, ModelError> {
        let config = json!({"bos_token": {"content": "<s>", "special": true}, "eos_token": "</s>"});
        ChatTemplate::new(source.into(), &config)
    }

    fn render(source: &str, messages: Value) -> Result<String, String> {
        let messages = messages.as_array().cloned().unwrap_or_default();
        let text = template(source).and_then(|t| t.render(&messages));
        text.map_err(|e| e.to_string())
    }

    #[test]
    fn conversations_are_written_as_the_template_says() {
        let user = json!({"role": "user", "content": "⊢ 1 = 1 & <a>"});
        assert_eq!(
            render(CHATML, json!([user])).unwrap(),
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n\
             <|im_start|>user\n⊢ 1 = 1 & <a><|im_end|>\n<|im_start|>assistant\n"
        );
        let system = json!({"role": "system", "content": "Short."});
        assert_eq!(
            render(CHATML, json!([system, user])).unwrap(),
            "<|im_start|>system\nShort.<|im_end|>\n<|im_start|>user\n⊢ 1 = 1 & <a><|im_end|>\n<|im_start|>assistant\n"
        );
        // Llama 2's and Mistral's habits: alternation, Python's methods, whole blocks on lines of their own.
        let inst = "{{ bos_token }}
{%- for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('roles must alternate') }}
    {%- endif %}
    {% if message.role == 'user' %}
[INST] {{ message.content.strip() }} [/INST]
    {% else %}
{{ message.content | trim }}{{ eos_token }}
    {% endif %}
{%- endfor %}";
        let other = json!({"role": "assistant", "content": "rfl"});
        assert_eq!(
            render(
                inst,
                json!([{"role": "user", "content": " a "}, other, user])
            )
            .unwrap(),
            "<s>[INST] a [/INST]\nrfl</s>\n[INST] ⊢ 1 = 1 & <a> [/INST]\n"
        );
        let refused = render(inst, json!([other])).unwrap_err();
        assert!(refused.contains("roles must alternate"), "{refused}");
        assert_eq!(
            render(
                "{{ messages[0].content | tojson }}{{ nothing }}",
                json!([user])
            )
            .unwrap(),
            r#""⊢ 1 = 1 & <a>""#
        );
    }

    #[test]
    fn what_is_broken_or_unknown_is_said() {
        let said =
            |source: &str| render(source, json!([{"role": "user", "content": "a"}])).unwrap_err();
        assert!(said("{% for m in messages %}").contains("chat_template:1"));
        assert!(said("{{ strftime_now('%Y') }}").contains("strftime_now"));
        assert!(said("{{ messages | shout }}").contains("shout"));
        assert!(said("{{ messages[0].content.shout() }}").contains("shout"));
        let endless =
            "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}";
        assert!(said(endless).contains("fuel"));
    }

    #[test]
    fn a_directorys_template_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let load = || ChatTemplate::load(dir.path());
        assert!(load().unwrap().is_none());
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write(TOKENIZER_CONFIG, r#"{"eos_token": "<end>"}"#);
        assert!(load().unwrap().is_none());
        write(
            TOKENIZER_CONFIG,
            r#"{"eos_token": "<end>", "chat_template": [{"name": "tools", "template": "no"},
                {"name": "default", "template": "yes{{ eos_token }}"}]}"#,
        );
        let found = load().unwrap().unwrap();
        assert_eq!(found.render(&[]).unwrap(), "yes<end>");
        assert_eq!(found.end(), Some("<end>"));
        write(CHAT_TEMPLATE, "its own file\n");
        assert_eq!(
            load().unwrap().unwrap().render(&[]).unwrap(),
            "its own file"
        );
        write(CHAT_TEMPLATE, "{% if %}");
        assert!(matches!(load(), Err(ModelError::ChatTemplate(_))));
        write(TOKENIZER_CONFIG, "{");
        assert!(matches!(load(), Err(ModelError::ChatTemplate(_))));
    }
}
