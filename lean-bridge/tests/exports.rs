//! Exports that were tampered with, given to a real kernel worker: none of them proves what is false,
//! and the worker lives through all of them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use lakatos_lean_bridge::pool::Role;
use lakatos_lean_bridge::testing;
use lakatos_lean_bridge::verdict::STANDARD_AXIOMS;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Mutants of each text.
const MUTANTS: usize = 60;

/// A kernel worker, spoken to line by line.
struct Kernel {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    id: u64,
}

impl Kernel {
    fn start() -> Self {
        let mut command = testing::launcher().worker(Role::Kernel);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .stderr(Stdio::null())
            .spawn()
            .expect("a worker starts");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut kernel = Self {
            child,
            input,
            output,
            id: 0,
        };
        assert!(kernel.answer()["ready"].is_object());
        kernel
    }

    fn answer(&mut self) -> Value {
        loop {
            let mut line = String::new();
            let read = self
                .output
                .read_line(&mut line)
                .expect("its output is text");
            assert!(read > 0, "the worker died");
            if let Some(answer) = line.strip_prefix("@@") {
                return serde_json::from_str(answer).expect("an answer is JSON");
            }
        }
    }

    fn ask(&mut self, mut request: Value) -> Value {
        self.id += 1;
        request["id"] = self.id.into();
        writeln!(self.input, "{request}").expect("the worker reads");
        let answer = self.answer();
        assert_eq!(answer["id"], self.id);
        answer
    }

    fn open(&mut self) -> Value {
        self.ask(json!({"op": "open", "imports": ["Init"], "text": ""}))["ok"]["env"].clone()
    }

    fn export(&mut self, env: &Value, text: &str) -> String {
        let answer =
            self.ask(json!({"op": "export", "env": env, "text": text, "names": ["target"]}));
        answer["ok"]["export"]
            .as_str()
            .expect("an export")
            .to_owned()
    }

    /// Whether the export proves the reference's `target`.
    fn accepts(&mut self, env: &Value, reference: &str, export: &str) -> bool {
        let answer = self.ask(json!({
            "op": "verify", "env": env, "reference": reference, "names": ["target"], "export": export,
            "axioms": STANDARD_AXIOMS, "deadline_ms": 5000,
        }));
        if answer["error"].is_object() {
            assert_eq!(answer["error"]["kind"], "deadline", "{answer}\n{export}");
            return false;
        }
        let verdict = &answer["ok"]["verdicts"][0];
        verdict["accepted"].as_bool().expect("a verdict")
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// True theorems, and beside each a false one that differs from it in little.
const PAIRS: [(&str, &str); 3] = [
    (
        "theorem target : 2 + 2 = 4 := rfl",
        "theorem target : 2 + 2 = 5 := by sorry",
    ),
    (
        "inductive Light | red | green\ndef Light.next : Light → Light | red => green | green => red\n\
         theorem helper (l : Light) : l.next.next = l := by cases l <;> rfl\n\
         theorem target : Light.red.next.next = .red := helper .red",
        "inductive Light | red | green\ndef Light.next : Light → Light | red => green | green => red\n\
         theorem target : Light.red.next = .red := by sorry",
    ),
    (
        "theorem target.{u} (α : Type u) (f : α → α) (h : ∀ x, f x = x) (a : α) : f (f a) = a := by rw [h, h]",
        "theorem target.{u} (α : Type u) (f : α → α) (h : ∀ x, f (f x) = x) (a : α) : f a = a := by sorry",
    ),
];

/// One change of a text: a byte, two lines, a line left out or doubled, a number, an end, a reference.
fn mutant(text: &str) -> impl Strategy<Value = String> + use<> {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let bytes = text.as_bytes().to_vec();
    let (count, size) = (lines.len(), bytes.len());
    let byte = (0..size, 32u8..127).prop_map(move |(at, byte)| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let line = (0..count, 0..count, 0..5u8, 0..count + 3).prop_map(move |(i, j, how, number)| {
        let mut lines = lines.clone();
        match how {
            0 => lines.swap(i, j),
            1 => drop(lines.remove(i)),
            2 => lines.insert(i, lines[j].clone()),
            3 => lines.truncate(i),
            _ => {
                let mut fields: Vec<String> = lines[i].split(' ').map(str::to_owned).collect();
                let field = 1 + j % fields.len().max(2);
                if let Some(field) = fields.get_mut(field) {
                    *field = number.to_string();
                }
                lines[i] = fields.join(" ");
            }
        }
        lines.join("\n") + "\n"
    });
    proptest::prop_oneof![1 => byte, 3 => line]
}

#[test]
fn tampered_exports_prove_nothing_false() {
    let mut kernel = Kernel::start();
    let env = kernel.open();
    let mut runner = TestRunner::deterministic();
    for (truth, lie) in PAIRS {
        let export = kernel.export(&env, truth);
        assert!(kernel.accepts(&env, truth, &export), "{truth}");
        assert!(!kernel.accepts(&env, lie, &export), "{lie}");
        let open = kernel.export(&env, lie);
        assert!(!kernel.accepts(&env, lie, &open), "{lie}");
        for text in [&export, &open] {
            let mutants = mutant(text);
            for _ in 0..MUTANTS {
                let tree = mutants.new_tree(&mut runner).expect("a mutant");
                let text = tree.current();
                assert!(
                    !kernel.accepts(&env, lie, &text),
                    "{lie} is accepted from\n{text}"
                );
            }
        }
        assert!(
            kernel.accepts(&env, truth, &export),
            "after the mutants: {truth}"
        );
    }
}
