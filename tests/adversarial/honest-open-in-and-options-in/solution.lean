set_option maxRecDepth 2000 in
set_option maxHeartbeats 400000 in
open Nat in
theorem target (a b : Nat) (h : a < b) : ¬b ≤ a := Nat.not_le_of_gt h
