inductive Suit | clubs | diamonds | hearts | spades
  deriving DecidableEq, Repr, Inhabited
theorem target (s : Suit) : s = .clubs ∨ s = .diamonds ∨ s = .hearts ∨ s = .spades := by sorry
