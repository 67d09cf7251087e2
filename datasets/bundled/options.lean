import Std

/-- The larger of two numbers, where a missing one does not count. -/
def larger : Option Nat → Option Nat → Option Nat
  | none, b => b
  | a, none => a
  | some a, some b => some (max a b)

/-- The first element of a list, if there is one. -/
def firstOf {α : Type} : List α → Option α
  | [] => none
  | x :: _ => some x

/-- Division that is missing where the divisor is zero. -/
def safeDiv (a b : Nat) : Option Nat :=
  if b = 0 then none else some (a / b)

/-- [1] What is some of one thing is not nothing. -/
theorem some_is_not_none {α : Type} (a : α) : some a ≠ none := by
  simp

/-- [1] Wrapping loses nothing: equal options hold equal things. -/
theorem some_injective {α : Type} (a b : α) (h : some a = some b) : a = b := by
  simpa using h

/-- [1] Mapping the identity over an option does nothing. -/
theorem option_map_identity {α : Type} (o : Option α) : o.map (fun x => x) = o := by
  simp

/-- [1] Seven divided by two, safely, is three. -/
theorem safeDiv_example : safeDiv 7 2 = some 3 := by
  rfl

/-- [2] An option is nothing or some one thing. -/
theorem option_cases {α : Type} (o : Option α) : o = none ∨ ∃ a, o = some a := by
  cases o with
  | none => exact Or.inl rfl
  | some a => exact Or.inr ⟨a, rfl⟩

/-- [2] Mapping one function after another is mapping their composition. -/
theorem option_map_twice {α β γ : Type} (f : α → β) (g : β → γ) (o : Option α) :
    (o.map f).map g = o.map (fun x => g (f x)) := by
  cases o <;> rfl

/-- [2] The larger of two options does not depend on their order. -/
theorem larger_comm (a b : Option Nat) : larger a b = larger b a := by
  cases a <;> cases b <;> simp [larger, Nat.max_comm]

/-- [2] Safe division is missing exactly where the divisor is zero. -/
theorem safeDiv_none (a b : Nat) : safeDiv a b = none ↔ b = 0 := by
  simp [safeDiv]

/-- [3] The larger of three options does not depend on the grouping. -/
theorem larger_assoc (a b c : Option Nat) :
    larger (larger a b) c = larger a (larger b c) := by
  cases a <;> cases b <;> cases c <;> simp [larger, Nat.max_assoc]

/-- [3] The first of two lists joined is the first of the one, or else that of the other. -/
theorem firstOf_joined {α : Type} (xs ys : List α) :
    firstOf (xs ++ ys) = (firstOf xs).or (firstOf ys) := by
  cases xs <;> simp [firstOf]

/-- [3] A list has a first element exactly when it is not empty. -/
theorem firstOf_isSome {α : Type} (xs : List α) : (firstOf xs).isSome = true ↔ xs ≠ [] := by
  cases xs <;> simp [firstOf]

/-- [1] Doing one thing that may fail after another is associative. -/
theorem bind_assoc_option {α β γ : Type} (o : Option α) (f : α → Option β) (g : β → Option γ) :
    (o.bind f).bind g = o.bind (fun x => (f x).bind g) := by
  cases o <;> rfl
