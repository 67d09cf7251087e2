/-!
# Numbers for things

A hash table from things to the order in which they came. `Std.HashMap` would do, but for this: the
worker's own code is interpreted on some Leans, and there a table whose steps are single calls into
Lean's compiled code is several times as fast.
-/

namespace Lakatos

/-- Things with their numbers. -/
structure Numbering (α : Type) where
  /-- How many things there are, a first number that nothing has included. -/
  size : Nat
  private buckets : Array (List (α × Nat)) := Array.replicate 512 []

namespace Numbering

variable {α : Type} [BEq α] [Hashable α]

@[specialize] private def search (a : α) : List (α × Nat) → Option Nat
  | [] => none
  | (b, i) :: rest => if b == a then some i else search a rest

@[inline] private def place (buckets : Array (List (α × Nat))) (a : α) : Nat :=
  (hash a).toNat % buckets.size

/-- The number of a thing. -/
@[specialize] def find? (t : Numbering α) (a : α) : Option Nat :=
  search a (t.buckets.getD (place t.buckets a) [])

@[specialize] private def put (buckets : Array (List (α × Nat))) (entry : α × Nat) :
    Array (List (α × Nat)) :=
  let i := place buckets entry.1
  buckets.setIfInBounds i (entry :: buckets.getD i [])

@[specialize] private def grown (t : Numbering α) : Numbering α :=
  let wider := Array.replicate (8 * t.buckets.size) []
  { t with buckets := t.buckets.foldl (fun all bucket => bucket.foldl put all) wider }

/-- Gives a new thing the next number; that number, and the table with it. One function, for use with
`modifyGet`: who reads `size` apart from the change may still hold the table while it is changed, which
copies it. -/
@[specialize] def add (t : Numbering α) (a : α) : Nat × Numbering α :=
  let ⟨size, buckets⟩ := if t.size > 2 * t.buckets.size then t.grown else t
  (size, ⟨size + 1, put buckets (a, size)⟩)

end Numbering

end Lakatos
