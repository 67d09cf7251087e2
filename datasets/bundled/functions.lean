import Std

/-- Different arguments have different values. -/
def OneToOne {α β : Type} (f : α → β) : Prop :=
  ∀ x y, f x = f y → x = y

/-- Everything is a value. -/
def Onto {α β : Type} (f : α → β) : Prop :=
  ∀ y, ∃ x, f x = y

/-- One function after another. -/
def after {α β γ : Type} (g : β → γ) (f : α → β) : α → γ :=
  fun x => g (f x)

/-- A function applied a number of times. -/
def times {α : Type} (f : α → α) : Nat → α → α
  | 0, x => x
  | n + 1, x => f (times f n x)

/-- The function that changes one value. -/
def change {β : Type} (f : Nat → β) (a : Nat) (b : β) : Nat → β :=
  fun x => if x = a then b else f x

/-- [1] Composition of functions is associative. -/
theorem after_assoc {α β γ δ : Type} (h : γ → δ) (g : β → γ) (f : α → β) :
    after h (after g f) = after (after h g) f := by
  rfl

/-- [2] The identity is one-to-one. -/
theorem identity_one_to_one : OneToOne (fun x : Nat => x) := by
  exact fun _ _ h => h

/-- [2] A changed function has the new value where it was changed. -/
theorem change_here {β : Type} (f : Nat → β) (a : Nat) (b : β) : change f a b a = b := by
  simp [change]

/-- [1] Functions that agree everywhere are equal. -/
theorem agree_everywhere {α β : Type} (f g : α → β) (h : ∀ x, f x = g x) : f = g := by
  exact funext h

/-- [2] Doubling natural numbers is one-to-one. -/
theorem doubling_one_to_one : OneToOne (fun n : Nat => 2 * n) := by
  intro x y h
  simp only at h
  omega

/-- [2] The successor reaches no zero, so it is not onto. -/
theorem successor_not_onto : ¬ Onto (fun n : Nat => n + 1) := by
  intro h
  obtain ⟨x, hx⟩ := h 0
  exact absurd hx (Nat.succ_ne_zero x)

/-- [2] Adding three to integers is onto. -/
theorem add_three_onto : Onto (fun x : Int => x + 3) := by
  intro y
  exact ⟨y - 3, Int.sub_add_cancel y 3⟩

/-- [2] A changed function keeps its value elsewhere. -/
theorem change_elsewhere {β : Type} (f : Nat → β) (a x : Nat) (b : β) (h : x ≠ a) :
    change f a b x = f x := by
  simp [change, h]

/-- [2] One-to-one functions compose to one. -/
theorem one_to_one_after {α β γ : Type} (g : β → γ) (f : α → β) (hg : OneToOne g)
    (hf : OneToOne f) : OneToOne (after g f) := by
  intro x y h
  exact hf x y (hg _ _ h)

/-- [3] Functions onto their targets compose to one. -/
theorem onto_after {α β γ : Type} (g : β → γ) (f : α → β) (hg : Onto g) (hf : Onto f) :
    Onto (after g f) := by
  intro z
  obtain ⟨y, rfl⟩ := hg z
  obtain ⟨x, rfl⟩ := hf y
  exact ⟨x, rfl⟩

/-- [3] If a composition is one-to-one, its first function is. -/
theorem first_one_to_one {α β γ : Type} (g : β → γ) (f : α → β)
    (h : OneToOne (after g f)) : OneToOne f := by
  intro x y e
  apply h
  simp [after, e]

/-- [3] If a composition is onto, its second function is. -/
theorem second_onto {α β γ : Type} (g : β → γ) (f : α → β) (h : Onto (after g f)) :
    Onto g := by
  intro z
  obtain ⟨x, hx⟩ := h z
  exact ⟨f x, hx⟩

/-- [3] What undoes a function from the left makes it one-to-one. -/
theorem undone_one_to_one {α β : Type} (f : α → β) (g : β → α) (h : ∀ x, g (f x) = x) :
    OneToOne f := by
  intro x y e
  rw [← h x, ← h y, e]

/-- [3] Applying a function m + n times is applying it n times, then m times. -/
theorem times_add {α : Type} (f : α → α) (m n : Nat) (x : α) :
    times f (m + n) x = times f m (times f n x) := by
  induction m with
  | zero => simp [times]
  | succ m ih => rw [Nat.succ_add]; simp [times, ih]

/-- [3] A function that undoes itself does nothing when applied an even number of times. -/
theorem times_of_involution {α : Type} (f : α → α) (h : ∀ x, f (f x) = x) (n : Nat) (x : α) :
    times f (2 * n) x = x := by
  induction n with
  | zero => rfl
  | succ n ih =>
    have : 2 * (n + 1) = 2 * n + 1 + 1 := by omega
    rw [this]
    simp [times, ih, h]

/-- [4] A function onto its target has a right inverse. -/
theorem onto_has_section {α β : Type} (f : α → β) (h : Onto f) :
    ∃ g : β → α, ∀ y, f (g y) = y := by
  exact ⟨fun y => Classical.choose (h y), fun y => Classical.choose_spec (h y)⟩

/-- [4] A function with f(f(x)) = f(x) that is one-to-one is the identity. -/
theorem idempotent_one_to_one {α : Type} (f : α → α) (h : ∀ x, f (f x) = f x)
    (k : OneToOne f) : ∀ x, f x = x := by
  exact fun x => k _ _ (h x)

/-- [4] A one-to-one function of natural numbers with f(n) ≤ n is the identity. -/
theorem one_to_one_below (f : Nat → Nat) (h : OneToOne f) (k : ∀ n, f n ≤ n) :
    ∀ n, f n = n := by
  intro n
  induction n using Nat.strongRecOn with
  | ind n ih =>
    rcases Nat.lt_or_ge (f n) n with l | l
    · have := h _ _ (ih (f n) l)
      omega
    · have := k n
      omega

/-- [5] A strictly increasing function of natural numbers never falls below its argument. -/
theorem increasing_above (f : Nat → Nat) (h : ∀ n, f n < f (n + 1)) : ∀ n, n ≤ f n := by
  intro n
  induction n with
  | zero => omega
  | succ n ih =>
    have := h n
    omega

/-- [5] No function is onto the predicates of its own domain. -/
theorem no_onto_predicates {α : Type} (f : α → α → Prop) : ¬ Onto f := by
  intro h
  obtain ⟨x, hx⟩ := h (fun y => ¬ f y y)
  have := congrFun hx x
  grind
