import Std

/-- [1] A conjunction can be turned round. -/
theorem and_turned (p q : Prop) (h : p ∧ q) : q ∧ p := by
  exact ⟨h.2, h.1⟩

/-- [1] A disjunction can be turned round. -/
theorem or_turned (p q : Prop) (h : p ∨ q) : q ∨ p := by
  exact h.symm

/-- [1] From a proposition and its negation everything follows. -/
theorem from_contradiction (p q : Prop) (h : p) (k : ¬ p) : q := by
  exact absurd h k

/-- [1] Implications compose. -/
theorem implications_compose (p q r : Prop) (f : p → q) (g : q → r) : p → r := by
  exact fun h => g (f h)

/-- [1] Contraposition, the constructive half. -/
theorem contraposition (p q : Prop) (f : p → q) : ¬ q → ¬ p := by
  exact fun k h => k (f h)

/-- [1] A proposition implies its double negation. -/
theorem double_negation_intro (p : Prop) (h : p) : ¬¬ p := by
  exact fun k => k h

/-- [1] Conjunction distributes over disjunction. -/
theorem and_over_or (p q r : Prop) : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) := by
  grind

/-- [1] De Morgan's law for a disjunction. -/
theorem not_or_law (p q : Prop) : ¬ (p ∨ q) ↔ ¬ p ∧ ¬ q := by
  grind

/-- [1] De Morgan's law for a conjunction, which needs the excluded middle. -/
theorem not_and_law (p q : Prop) : ¬ (p ∧ q) ↔ ¬ p ∨ ¬ q := by
  grind

/-- [1] Peirce's law. -/
theorem peirce_law (p q : Prop) : ((p → q) → p) → p := by
  grind

/-- [1] Of any two propositions one implies the other. -/
theorem one_implies_other (p q : Prop) : (p → q) ∨ (q → p) := by
  grind

/-- [1] Currying: a conjunction as a hypothesis is two hypotheses. -/
theorem curry_prop (p q r : Prop) : (p ∧ q → r) ↔ (p → q → r) := by
  exact ⟨fun f a b => f ⟨a, b⟩, fun f h => f h.1 h.2⟩

/-- [1] The excluded middle is never refuted. -/
theorem excluded_middle_irrefutable (p : Prop) : ¬¬ (p ∨ ¬ p) := by
  intro h
  exact h (Or.inr fun k => h (Or.inl k))

/-- [1] No proposition is equivalent to its own negation. -/
theorem no_liar (p : Prop) : ¬ (p ↔ ¬ p) := by
  grind

/-- [2] What holds of everything holds of something, if there is anything. -/
theorem all_gives_some {α : Type} (a : α) (p : α → Prop) (h : ∀ x, p x) : ∃ x, p x := by
  exact ⟨a, h a⟩

/-- [1] Nothing has a property exactly when everything lacks it. -/
theorem none_iff_all_not {α : Type} (p : α → Prop) : (¬ ∃ x, p x) ↔ ∀ x, ¬ p x := by
  exact ⟨fun h x k => h ⟨x, k⟩, fun h ⟨x, k⟩ => h x k⟩

/-- [1] A universal quantifier distributes over a conjunction. -/
theorem all_and {α : Type} (p q : α → Prop) :
    (∀ x, p x ∧ q x) ↔ (∀ x, p x) ∧ (∀ x, q x) := by
  exact ⟨fun h => ⟨fun x => (h x).1, fun x => (h x).2⟩, fun h x => ⟨h.1 x, h.2 x⟩⟩

/-- [1] An existential quantifier distributes over a disjunction. -/
theorem some_or {α : Type} (p q : α → Prop) :
    (∃ x, p x ∨ q x) ↔ (∃ x, p x) ∨ (∃ x, q x) := by
  constructor
  · rintro ⟨x, h | h⟩
    · exact Or.inl ⟨x, h⟩
    · exact Or.inr ⟨x, h⟩
  · rintro (⟨x, h⟩ | ⟨x, h⟩)
    · exact ⟨x, Or.inl h⟩
    · exact ⟨x, Or.inr h⟩

/-- [1] If not everything has a property, something lacks it. -/
theorem not_all_gives_counterexample {α : Type} (p : α → Prop) (h : ¬ ∀ x, p x) :
    ∃ x, ¬ p x := by
  exact Classical.not_forall.mp h

/-- [3] One that is related to all is, for each, a one that is related to it. -/
theorem exchange_quantifiers {α β : Type} (r : α → β → Prop) (h : ∃ x, ∀ y, r x y) :
    ∀ y, ∃ x, r x y := by
  obtain ⟨x, h⟩ := h
  exact fun y => ⟨x, h y⟩

/-- [3] A symmetric and transitive relation in which everything is related to something is
reflexive. -/
theorem serial_symm_trans_refl {α : Type} (r : α → α → Prop) (symm : ∀ x y, r x y → r y x)
    (trans : ∀ x y z, r x y → r y z → r x z) (serial : ∀ x, ∃ y, r x y) : ∀ x, r x x := by
  intro x
  obtain ⟨y, h⟩ := serial x
  exact trans x y x h (symm x y h)

/-- [1] A transitive relation without loops has no pair related both ways. -/
theorem irrefl_trans_asymm {α : Type} (r : α → α → Prop) (irrefl : ∀ x, ¬ r x x)
    (trans : ∀ x y z, r x y → r y z → r x z) : ∀ x y, r x y → ¬ r y x := by
  intro x y h k
  exact irrefl x (trans x y x h k)

/-- [3] There is a unique natural number that is at most every other. -/
theorem unique_least : ∃ n : Nat, (∀ m, n ≤ m) ∧ ∀ k, (∀ m, k ≤ m) → k = n := by
  refine ⟨0, fun m => Nat.zero_le m, fun k h => ?_⟩
  have := h 0
  omega

/-- [4] The drinker's principle: in a tavern with a guest there is someone such that, if that one
drinks, everybody does. -/
theorem drinker {α : Type} (a : α) (drinks : α → Prop) : ∃ x, drinks x → ∀ y, drinks y := by
  by_cases h : ∀ y, drinks y
  · exact ⟨a, fun _ => h⟩
  · obtain ⟨x, hx⟩ := Classical.not_forall.mp h
    exact ⟨x, fun k => absurd k hx⟩

/-- [4] The barber who shaves exactly those who do not shave themselves does not exist. -/
theorem no_barber {α : Type} (shaves : α → α → Prop) :
    ¬ ∃ b, ∀ x, shaves b x ↔ ¬ shaves x x := by
  rintro ⟨b, h⟩
  have := h b
  grind

/-- [4] No function from a type meets all of its predicates: Cantor's theorem. -/
theorem cantor_predicates {α : Type} (f : α → α → Prop) : ∃ p, ∀ x, f x ≠ p := by
  refine ⟨fun x => ¬ f x x, fun x h => ?_⟩
  have := congrFun h x
  grind

/-- [5] If of each person and each hat either the person likes the hat or the hat suits nobody, then
either somebody likes every hat that suits anyone, or nobody is there. -/
theorem hats {person hat : Type} (likes suits : person → hat → Prop)
    (h : ∀ p t, likes p t ∨ ∀ q, ¬ suits q t) :
    (∃ p, ∀ t, (∃ q, suits q t) → likes p t) ∨ ¬ ∃ p : person, True := by
  by_cases k : ∃ p : person, True
  · obtain ⟨p, -⟩ := k
    refine Or.inl ⟨p, fun t ⟨q, hq⟩ => ?_⟩
    rcases h p t with l | l
    · exact l
    · exact absurd hq (l q)
  · exact Or.inr k
