macro "lemma " n:ident sig:declSig val:declVal : command => `(theorem $n $sig $val)
lemma first (a b : Nat) : a + b = b + a := Nat.add_comm a b
lemma second (a b : Nat) : a * b = b * a := Nat.mul_comm a b
