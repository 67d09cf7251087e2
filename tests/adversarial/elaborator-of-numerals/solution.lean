import Lean
open Lean Elab Term
@[term_elab num] def four : TermElab := fun stx _ => do
  if stx.isNatLit? == some 5 then elabTerm (← `(nat_lit 4)) none
  else throwUnsupportedSyntax
theorem target : 2 + 2 = 5 := rfl
