import Lakatos.Compat

/-!
# Pieces of English

A piece of text with how tightly it holds together, so that a reader can tell what belongs to what:
whoever puts it into a larger piece asks for brackets where the text alone would be ambiguous.
-/

namespace Lakatos.Verbalise

/-- How tightly a piece of text holds together. -/
inductive Bond where
  /-- A name, a numeral, a call `f(x)`, something in brackets. -/
  | atom
  /-- An infix expression of this precedence. -/
  | op (precedence : Nat)
  /-- A phrase that begins with its own words and is open at its end: `the length of l`. -/
  | phrase
  /-- A phrase that begins with one of its parts: `n as an integer`. -/
  | loose
  /-- A term that reaches as far to the right as it can: `a if p, and otherwise b`. -/
  | sprawling
  /-- A proposition without connectives: `a < b`. -/
  | relation
  /-- `A and B`. -/
  | conj
  /-- `A or B`. -/
  | disj
  /-- A proposition that reaches as far to the right as it can: `if …`, `for every …`. -/
  | clause
  deriving BEq, Inhabited

/-- A piece of text. -/
structure Said where
  /-- The words. -/
  text : String
  /-- How tightly they hold together. -/
  bond : Bond := .atom
  deriving Inhabited

namespace Said

/-- In brackets. -/
def bracketed (s : Said) : String :=
  "(" ++ s.text ++ ")"

/-- As a part with something on both sides of it. -/
def tight (s : Said) : String :=
  if s.bond == .atom then s.text else s.bracketed

/-- As the last part of a phrase. -/
def tail (s : Said) : String :=
  match s.bond with
  | .atom | .phrase => s.text
  | _ => s.bracketed

/-- As an operand of an infix of precedence `p`; `same` says whether one of equal precedence may stand
there without brackets. -/
def operand (s : Said) (p : Nat) (same : Bool) : String :=
  match s.bond with
  | .atom => s.text
  | .op q => if q > p || (same && q == p) then s.text else s.bracketed
  | _ => s.bracketed

/-- As a side of a relation. -/
def side (s : Said) : String :=
  match s.bond with
  | .atom | .op _ | .phrase | .loose => s.text
  | _ => s.bracketed

/-- As a part of a conjunction or disjunction. -/
def junct (s : Said) : String :=
  match s.bond with
  | .conj | .disj | .clause => s.bracketed
  | _ => s.text

end Said

/-- `a`, `a and b`, `a, b and c`. -/
def listed (words : List String) : String :=
  match words.reverse with
  | [] => ""
  | [one] => one
  | last :: before => ", ".intercalate before.reverse ++ " and " ++ last

/-- `a` or `an`, as the word after it asks for. -/
def article (noun : String) : String :=
  let vowel := match noun.toList with
    | 'u' :: 'n' :: 'i' :: _ => false
    | c :: _ => "aeiouAEIOU8".contains c
    | [] => false
  if vowel then "an" else "a"

/-- The text with a capital letter, where it begins with a word; a name stays as it is. -/
def capitalised (text : String) : String :=
  let first := (text.toList.takeWhile Char.isAlpha).length
  if first < 2 then text else text.capitalize

/-- What a type's elements are called. -/
structure Noun where
  /-- `list of integers`. -/
  one : String
  /-- `lists of integers`. -/
  many : String
  /-- Whether there is a variable in its place already: `natural number n such that (n < 3)`. -/
  own : Bool := false
  deriving Inhabited

/-- `a list of integers`. -/
def Noun.withArticle (n : Noun) : String :=
  article n.one ++ " " ++ n.one

/-- Words after which a noun's description goes on: a name stands before them. -/
private def joints : List String :=
  [" of ", " on ", " from ", " in ", " taking ", " sending ", " between ", " satisfying ", " such that ", " that "]

/-- The noun with a name in its place: `list l of integers`, `natural number n`. -/
private def named (noun name : String) : String :=
  let cut (joint : String) : Option (Nat × String × String) :=
    match noun.splitOn joint with
    | first :: second :: rest =>
      some (first.length, first, joint ++ joint.intercalate (second :: rest))
    | _ => none
  let earliest := (joints.filterMap cut).foldl (init := none) fun best cut =>
    match best with
    | some (b : Nat × String × String) => if cut.1 < b.1 then some cut else some b
    | none => some cut
  match earliest with
  | some (_, before, after) => s!"{before} {name}{after}"
  | none => s!"{noun} {name}"

/-- `list l of integers`, `x among the natural numbers n such that (n < 3)`. -/
def Noun.called (n : Noun) (name : String) : String :=
  if n.own then s!"{name} among the {n.many}" else named n.one name

/-- `lists k and l of integers`. -/
def Noun.calledAll (n : Noun) (names : List String) : String :=
  if n.own then s!"{listed names} among the {n.many}" else named n.many (listed names)

/-- `a list of integers`, or `lists of integers` for several. -/
def Noun.counted (n : Noun) (count : Nat) : String :=
  if count == 1 then n.withArticle else n.many

end Lakatos.Verbalise
