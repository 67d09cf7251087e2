//! A finished tree as readable text.
//!
//! A tactic that leaves one group of goals is followed by that group's tactics in the same block. One
//! that leaves several is followed by a block for each in goal order: `case tag =>` where every
//! sibling has an informative tag of its own, else `·`. A group of several goals (they share
//! metavariables) cannot be focused with `·`; its tactics follow in sequence, which is right because
//! groups are contiguous (docs/protocol.md).

use super::graph::{AppId, Graph, NodeId, Standing};

/// A step of a proof and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The tactic; may span lines, the first of them unindented.
    pub tactic: String,
    /// The application that it comes from; none for what minimisation wrote.
    pub app: Option<AppId>,
    /// What it leaves, in goal order.
    pub children: Vec<Child>,
}

/// A group of goals that a step leaves, with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// How many goals the group has.
    pub goals: usize,
    /// The first goal's case tag.
    pub tag: String,
    /// Its proof.
    pub proof: Step,
}

/// How goals are introduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `case tag =>` where that says something.
    Cases,
    /// `·` everywhere.
    Dots,
}

impl Step {
    /// A step that leaves nothing.
    pub fn leaf(tactic: impl Into<String>) -> Self {
        Self {
            tactic: tactic.into(),
            app: None,
            children: Vec::new(),
        }
    }

    /// Every application that the proof rests on.
    pub fn apps(&self) -> Vec<AppId> {
        let mut apps: Vec<AppId> = self.app.into_iter().collect();
        for child in &self.children {
            apps.extend(child.proof.apps());
        }
        apps
    }

    /// The tactic block, unindented.
    pub fn lines(&self, style: Style) -> Vec<String> {
        let mut out: Vec<String> = self
            .tactic
            .trim_end()
            .lines()
            .map(|l| l.trim_end().to_owned())
            .collect();
        if let [only] = self.children.as_slice() {
            out.extend(only.proof.lines(style));
            return out;
        }
        let cases = style == Style::Cases && self.cases_say_something();
        for child in &self.children {
            let inner = child.proof.lines(style);
            if child.goals > 1 {
                out.extend(inner);
            } else if cases {
                out.push(format!("case {} =>", last_part(&child.tag)));
                out.extend(inner.iter().map(|l| indent(l, "  ")));
            } else {
                out.extend(
                    inner
                        .iter()
                        .enumerate()
                        .map(|(i, l)| indent(l, if i == 0 { "· " } else { "  " })),
                );
            }
        }
        out
    }

    /// The tactic block as one text.
    pub fn script(&self) -> String {
        self.lines(Style::Dots).join("\n")
    }

    fn cases_say_something(&self) -> bool {
        let tags: Vec<&str> = self.children.iter().map(|c| last_part(&c.tag)).collect();
        self.children.iter().all(|c| c.goals == 1)
            && tags.iter().all(|t| informative(t))
            && tags.iter().enumerate().all(|(i, t)| !tags[..i].contains(t))
    }
}

fn indent(line: &str, by: &str) -> String {
    if line.is_empty() {
        String::new()
    } else {
        format!("{by}{line}")
    }
}

/// `case` finds a goal by the end of its tag, so that the last part is enough where it is unique.
fn last_part(tag: &str) -> &str {
    tag.rsplit('.').next().unwrap_or(tag)
}

/// Whether a tag tells a reader which goal this is: a plain identifier, and not a binder's name that
/// `apply` made a tag.
fn informative(tag: &str) -> bool {
    let mut chars = tag.chars();
    chars.next().is_some_and(char::is_alphabetic)
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && tag.chars().count() > 2
        && !matches!(tag, "refl" | "intro" | "this")
}

/// The theorem with its proof: what follows the header.
pub fn theorem(statement: &str, proof: &Step, style: Style) -> String {
    let mut text = with_sorry_or(statement, ":= by");
    for line in proof.lines(style) {
        text.push('\n');
        text.push_str(&indent(&line, "  "));
    }
    text.push('\n');
    text
}

/// The statement as a reference: a theorem that ends in `sorry`.
pub fn reference(statement: &str) -> String {
    format!("{}\n", with_sorry_or(statement, ":= by sorry"))
}

fn with_sorry_or(statement: &str, end: &str) -> String {
    let statement = statement.trim_end();
    let comment = statement.lines().last().is_some_and(|l| l.contains("--"));
    format!("{statement}{}{end}", if comment { "\n  " } else { " " })
}

/// The proof that the graph has of a node, if it has one.
pub fn extract(graph: &Graph, id: NodeId) -> Option<Step> {
    let Standing::Proved(id) = graph.node(id).standing() else {
        return None;
    };
    let app = graph.app(id);
    if app.alias {
        return extract(graph, *app.children.first()?);
    }
    let children = app.children.iter().map(|child| {
        let goals = &graph.node(*child).state.goals;
        Some(Child {
            goals: goals.len(),
            tag: goals.first().map(|g| g.tag.clone()).unwrap_or_default(),
            proof: extract(graph, *child)?,
        })
    });
    Some(Step {
        tactic: app.proposal.tactic.clone(),
        app: Some(id),
        children: children.collect::<Option<_>>()?,
    })
}

/// The proof with only the way to `app` kept: its own children, and the siblings on the way, are
/// `sorry`. If that text has an error, it is this step's. None if `app` is not in the proof.
pub fn isolate(proof: &Step, app: AppId) -> Option<Step> {
    let hole = |c: &Child| Child {
        proof: Step::leaf("sorry"),
        ..c.clone()
    };
    if proof.app == Some(app) {
        return Some(Step {
            children: proof.children.iter().map(hole).collect(),
            ..proof.clone()
        });
    }
    let (at, inner) = proof
        .children
        .iter()
        .enumerate()
        .find_map(|(i, c)| isolate(&c.proof, app).map(|inner| (i, inner)))?;
    let children = proof.children.iter().enumerate().map(|(i, c)| {
        if i == at {
            Child {
                proof: inner.clone(),
                ..c.clone()
            }
        } else {
            hole(c)
        }
    });
    Some(Step {
        children: children.collect(),
        ..proof.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(tactic: &str, children: Vec<Child>) -> Step {
        Step {
            tactic: tactic.into(),
            app: None,
            children,
        }
    }

    fn on(tag: &str, proof: Step) -> Child {
        Child {
            goals: 1,
            tag: tag.into(),
            proof,
        }
    }

    fn induction() -> Step {
        let succ = step(
            "rw [Nat.succ_eq_add_one]",
            vec![on(
                "succ",
                step(
                    "have h : n < n + 1 := by\n  omega",
                    vec![on("succ", Step::leaf("simp_all"))],
                ),
            )],
        );
        step(
            "intro n",
            vec![on(
                "",
                step(
                    "induction n",
                    vec![on("zero", Step::leaf("rfl")), on("succ", succ)],
                ),
            )],
        )
    }

    #[test]
    fn informative_tags_become_cases() {
        insta::assert_snapshot!(theorem("theorem t : ∀ n : ℕ, p n", &induction(), Style::Cases), @r"
        theorem t : ∀ n : ℕ, p n := by
          intro n
          induction n
          case zero =>
            rfl
          case succ =>
            rw [Nat.succ_eq_add_one]
            have h : n < n + 1 := by
              omega
            simp_all
        ");
    }

    #[test]
    fn dots_where_asked_or_where_tags_say_nothing() {
        insta::assert_snapshot!(induction().script(), @r"
        intro n
        induction n
        · rfl
        · rw [Nat.succ_eq_add_one]
          have h : n < n + 1 := by
            omega
          simp_all
        ");
        let apply = step(
            "apply Nat.le_antisymm",
            vec![
                on("h₁", Step::leaf("omega")),
                on(
                    "a",
                    step(
                        "constructor",
                        vec![
                            on("a.left", Step::leaf("trivial")),
                            on("a.right", Step::leaf("exact h\n  k")),
                        ],
                    ),
                ),
            ],
        );
        insta::assert_snapshot!(theorem("theorem t : a = b -- so", &apply, Style::Cases), @r"
        theorem t : a = b -- so
          := by
          apply Nat.le_antisymm
          · omega
          · constructor
            case left =>
              trivial
            case right =>
              exact h
                k
        ");
    }

    #[test]
    fn goals_that_share_metavariables_stay_in_sequence() {
        let shared = Child {
            goals: 2,
            tag: "w".into(),
            proof: step("exact 3", vec![on("h", Step::leaf("rfl"))]),
        };
        let proof = step(
            "refine ⟨?_, ?_⟩",
            vec![shared, on("right", Step::leaf("omega"))],
        );
        insta::assert_snapshot!(proof.lines(Style::Cases).join("\n"), @r"
        refine ⟨?_, ?_⟩
        exact 3
        rfl
        · omega
        ");
    }

    #[test]
    fn same_tags_are_no_cases() {
        let twice = step(
            "split",
            vec![
                on("isTrue", Step::leaf("rfl")),
                on("x.isTrue", Step::leaf("rfl")),
            ],
        );
        assert_eq!(twice.lines(Style::Cases), ["split", "· rfl", "· rfl"]);
    }

    #[test]
    fn an_isolated_step_stands_among_holes() {
        let mut proof = induction();
        proof.children[0].proof.children[1].proof.app = Some(AppId(3));
        insta::assert_snapshot!(isolate(&proof, AppId(3)).unwrap().script(), @r"
        intro n
        induction n
        · sorry
        · rw [Nat.succ_eq_add_one]
          sorry
        ");
        assert_eq!(isolate(&proof, AppId(9)), None);
    }
}
