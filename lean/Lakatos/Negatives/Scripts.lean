import Lakatos.Compat

/-!
# Small errors in a proof

The proof is a text of tactics, a line each. An error exchanges a lemma for a sibling that exists, turns a
rewrite round, or leaves a line out; whether Lean rejects the result is decided elsewhere.
-/

namespace Lakatos.Negatives

open Lean

/-- Parts of names that are easily taken for one another. -/
private def confusable : List (String × String) :=
  [("left", "right"), ("add", "mul"), ("comm", "assoc"), ("le", "lt"), ("min", "max"), ("zero", "one"),
   ("succ", "pred"), ("cons", "append"), ("and", "or"), ("sub", "add"), ("div", "mod"), ("map", "filter"),
   ("take", "drop"), ("mp", "mpr")]

private def otherParts (part : String) : List String :=
  confusable.filterMap fun (a, b) =>
    if part == a then some b else if part == b then some a else none

/-- Theorems whose last name differs from `name`'s in one part. -/
def siblings (env : Environment) (name : Name) : Array Name := Id.run do
  let .str space last := name | return #[]
  let parts := (last.splitOn "_").toArray
  let mut found := #[]
  for h : i in [0:parts.size] do
    for other in otherParts parts[i] do
      let sibling := Name.str space ("_".intercalate (parts.set! i other).toList)
      -- A theorem whose body is not in the library is an axiom there.
      if env.find? sibling matches some (.thmInfo _) | some (.axiomInfo _) then found := found.push sibling
  return found

/-- Whether a character may stand in a dotted name. -/
private def inName (c : Char) : Bool :=
  c.isAlphanum || c == '_' || c == '.' || c == '\''

/-- Words and what is between them. -/
private def tokens (s : String) : Array String :=
  let (done, last) := s.foldl (init := ((#[] : Array String), "")) fun (done, last) c =>
    if last.isEmpty || (inName last.back && inName c) then (done, last.push c)
    else (done.push last, c.toString)
  if last.isEmpty then done else done.push last

private def join (parts : Array String) : String :=
  "".intercalate parts.toList

/-- Scripts with one error each, and what it is. -/
def wrongScripts (env : Environment) (script : String) : Array (String × String) := Id.run do
  let words := tokens script
  let mut found := #[]
  for h : i in [0:words.size] do
    let word := words[i]
    if word.contains '.' then
      for sibling in siblings env word.toName do
        found := found.push ("wrong_lemma", join (words.set! i (toString sibling)))
    if word == "←" then
      found := found.push ("wrong_direction", join ((words.set! i "").set! (i + 1)
        (Compat.trim (words[i + 1]?.getD ""))))
  let lines := (script.splitOn "\n").toArray
  if lines.size > 1 then
    for i in [0:lines.size] do
      found := found.push ("dropped_step", "\n".intercalate (lines.eraseIdx! i).toList)
  if (script.splitOn "rw [").length > 1 && !script.contains '←' then
    found := found.push ("wrong_direction", script.replace "rw [" "rw [← ")
  return found

end Lakatos.Negatives
