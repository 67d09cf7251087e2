import Lakatos.Verbalise.Monad

/-!
# Filling a phrase

Puts the explicit arguments of an application into the slots of a template.
-/

namespace Lakatos.Verbalise

open Lean Meta

/-- A part of a template. -/
inductive Part where
  /-- Words that stand as they are. -/
  | text (words : String)
  /-- A slot: which argument, and how it is said: `~`, `,`, `*`, `!`, or nothing. -/
  | slot (index : Nat) (how : Option Char)
  /-- The noun for the type of the whole, with its article or without. -/
  | result (article : Bool)
  deriving Inhabited

/-- The parts of a template. -/
def partsOf (template : String) : List Part :=
  go template.toList "" []
where
  go : List Char → String → List Part → List Part
    | [], word, done => (Part.text word :: done).reverse
    | '{' :: '$' :: '}' :: rest, word, done => go rest "" (.result true :: .text word :: done)
    | '{' :: '#' :: '}' :: rest, word, done => go rest "" (.result false :: .text word :: done)
    | '{' :: d :: '}' :: rest, word, done =>
      if d.isDigit then go rest "" (.slot (d.toNat - 48) none :: .text word :: done)
      else go (d :: '}' :: rest) (word.push '{') done
    | '{' :: d :: how :: '}' :: rest, word, done =>
      if d.isDigit then go rest "" (.slot (d.toNat - 48) (some how) :: .text word :: done)
      else go (d :: how :: '}' :: rest) (word.push '{') done
    | c :: rest, word, done => go rest (word.push c) done

/-- How many arguments a template needs. -/
def arityOf (template : String) : Nat :=
  (partsOf template).foldl (init := 0) fun n part =>
    match part with
    | .slot i _ => max n (i + 1)
    | _ => n

/-- Whether the template begins with words of its own. -/
def beginsWithWords (template : String) : Bool :=
  !template.startsWith "{"

/-- The template with its slots filled. `whole` is the application itself. -/
def fill (v : Voice) (template : String) (arguments : Array Expr) (whole : Expr) : SayM String := do
  let mut text := ""
  for part in partsOf template do
    match part with
    | .text words => text := text ++ words
    | .result article =>
      let noun ← v.noun (← inferType whole)
      text := text ++ (if article then noun.withArticle else noun.one)
    | .slot i how =>
      let some a := arguments[i]? | throwError "the phrase has no argument {i}"
      match how with
      | some '*' => text := text ++ (← v.noun a).many
      | some '!' => text := text ++ (← v.noun a).one
      | some '~' => text := text ++ (← v.term a).tail
      | some ',' => text := text ++ (← v.term a).text
      | _ => text := text ++ (← v.term a).tight
  return text

end Lakatos.Verbalise
