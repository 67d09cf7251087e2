inductive Suit | clubs | diamonds | hearts | spades
  deriving DecidableEq, Repr, Inhabited
structure Card where
  suit : Suit
  rank : Nat
  deriving BEq, Hashable, Ord
theorem target (s : Suit) : s = .clubs ∨ s = .diamonds ∨ s = .hearts ∨ s = .spades := by
  cases s <;> decide
