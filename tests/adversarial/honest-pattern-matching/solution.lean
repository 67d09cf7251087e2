theorem target : ∀ xs ys : List Nat, (xs ++ ys).length = ys.length + xs.length
  | [], _ => rfl
  | x :: xs, ys => by
    have := target xs ys
    match ys, this with
    | [], h => simp_all
    | y :: ys, h => simp [h] at *; omega
