structure Total where
  parts : List Int
  total : Int
  right : parts.foldl (· + ·) 0 = total
def Total.of (xs : List Int) : Total := { parts := xs, total := xs.foldl (· + ·) 0, right := rfl }
@[ext] structure Pair (α : Type) where
  fst : α
  snd : α
theorem target (a b c : Int) : a + b + c = c + b + a := by
  have h := (Total.of [a, b, c]).right
  have : Pair.mk a b = ⟨a, b⟩ := by ext <;> rfl
  omega
