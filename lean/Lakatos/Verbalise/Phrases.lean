import Lakatos.Verbalise.Said

/-!
# The table of phrases

What constants of the libraries are called. In a template, `{0}` is the first explicit argument,
`{0~}` the same where it ends the phrase, `{0,}` where commas or brackets already set it apart, and
`{0*}` what the elements of a type are called, in the plural. Nothing here decides what a statement
means: a constant that is not in the table is read out by its name.
-/

namespace Lakatos.Verbalise

open Lean

/-- How a constant is said. -/
inductive Phrase where
  /-- Between its two arguments. -/
  | infixl (symbol : String) (precedence : Nat)
  /-- Likewise, grouping to the right. -/
  | infixr (symbol : String) (precedence : Nat)
  /-- Before its argument. -/
  | sign (symbol : String) (precedence : Nat)
  /-- Words. -/
  | words (template : String)
  /-- Something that needs no brackets around it: `min(a, b)`. -/
  | call (template : String)
  /-- A proposition. -/
  | says (template : String)
  /-- A proposition with a way of denying it. -/
  | saysOr (template : String) (denied : String)
  /-- A comparison by a symbol, with the symbol that denies it. -/
  | compares (symbol : String) (denied : String)
  deriving Inhabited

/-- Operations by symbols. -/
def symbols : List (Name × Phrase) := [
  (`HAdd.hAdd, .infixl " + " 65), (`Nat.add, .infixl " + " 65), (`Int.add, .infixl " + " 65),
  (`HSub.hSub, .infixl " - " 65), (`Nat.sub, .infixl " - " 65), (`Int.sub, .infixl " - " 65),
  (`HMul.hMul, .infixl " * " 70), (`Nat.mul, .infixl " * " 70), (`Int.mul, .infixl " * " 70),
  (`HDiv.hDiv, .infixl " / " 70), (`Nat.div, .infixl " / " 70),
  (`HMod.hMod, .infixl " mod " 70), (`Nat.mod, .infixl " mod " 70),
  (`HPow.hPow, .infixr "^" 75), (`Nat.pow, .infixr "^" 75),
  (`HSMul.hSMul, .infixr " • " 73),
  (`Neg.neg, .sign "-" 75), (`Int.neg, .sign "-" 75),
  (`HAppend.hAppend, .infixl " ++ " 66), (`List.append, .infixl " ++ " 66),
  (`Function.comp, .infixr " ∘ " 90),
  (`BEq.beq, .infixl " == " 50), (`bne, .infixl " != " 50),
  (`and, .infixl " && " 35), (`or, .infixl " || " 30), (`not, .sign "!" 90),
  (`Bool.and, .infixl " && " 35), (`Bool.or, .infixl " || " 30), (`Bool.not, .sign "!" 90),
  (`Bool.xor, .infixl " xor " 33),
  (`xor, .infixl " xor " 33),
  (`HAnd.hAnd, .infixl " &&& " 60), (`HXor.hXor, .infixl " ^^^ " 58),
  (`HOr.hOr, .infixl " ||| " 55), (`Complement.complement, .sign "~~~" 90),
  (`HShiftLeft.hShiftLeft, .infixl " <<< " 75), (`HShiftRight.hShiftRight, .infixl " >>> " 75),
  (`List.cons, .infixr " :: " 67), (`Union.union, .infixl " ∪ " 65),
  (`Inter.inter, .infixl " ∩ " 70), (`SDiff.sdiff, .infixl " \\ " 70),
  (`Bind.bind, .infixl " >>= " 55), (`Functor.map, .infixr " <$> " 85),
  (`Seq.seq, .words "{0} <*> {1}"),
  (`BitVec.ofNat, .call "{1}#{0}"),
  (`BitVec.append, .infixl " ++ " 66)]

/-- Comparisons by symbols. -/
def comparisons : List (Name × Phrase) := [
  (`Eq, .compares "=" "≠"), (`Ne, .compares "≠" ""),
  (`LT.lt, .compares "<" "≮"), (`LE.le, .compares "≤" "≰"),
  (`GT.gt, .compares ">" "≯"), (`GE.ge, .compares "≥" "≱"),
  (`Nat.lt, .compares "<" "≮"), (`Nat.le, .compares "≤" "≰"),
  (`Int.lt, .compares "<" "≮"), (`Int.le, .compares "≤" "≰"),
  (`HEq, .says "{0} is equal to {1~} across types"),
  (`Dvd.dvd, .saysOr "{0} divides {1~}" "{0} does not divide {1~}"),
  (`Membership.mem, .saysOr "{1} is in {0~}" "{1} is not in {0~}"),
  (`HasSubset.Subset, .saysOr "{0} is contained in {1~}" "{0} is not contained in {1~}"),
  (`HasSSubset.SSubset, .says "{0} is strictly contained in {1~}"),
  (`HasEquiv.Equiv, .says "{0} ≈ {1}")]

/-- Numbers. -/
def numberPhrases : List (Name × Phrase) := [
  (`Nat.gcd, .words "the greatest common divisor of {0} and {1~}"),
  (`Nat.lcm, .words "the least common multiple of {0} and {1~}"),
  (`Int.gcd, .words "the greatest common divisor, a natural number, of the integers {0} and {1~}"),
  (`Int.lcm, .words "the least common multiple, a natural number, of the integers {0} and {1~}"),
  (`Nat.Coprime, .saysOr "{0} and {1~} are coprime" "{0} and {1~} are not coprime"),
  (`Nat.pred, .words "the predecessor of {0~}"),
  (`Nat.log2, .words "the binary logarithm, rounded down, of {0~}"),
  (`Int.natAbs, .words "the absolute value, as a natural number, of {0~}"),
  (`Int.toNat, .words "the natural part of {0~}"),
  (`Int.sign, .words "the sign of {0~}"),
  (`Int.tdiv, .words "the quotient, rounded towards zero, of {0} by {1~}"),
  (`Int.tmod, .words "the remainder, after division rounded towards zero, of {0} by {1~}"),
  (`Int.fdiv, .words "the quotient, rounded down, of {0} by {1~}"),
  (`Int.fmod, .words "the remainder, after division rounded down, of {0} by {1~}"),
  (`Int.bdiv, .words "the balanced quotient of {0} by {1~}"),
  (`Int.bmod, .words "the balanced remainder of {0} modulo {1~}"),
  (`Int.ofNat, .words "the integer {0~}"),
  (`Int.negSucc, .words "the integer -({0,} + 1)"),
  (`Int.subNatNat, .words "the integer difference of the natural numbers {0} and {1~}"),
  (`Inv.inv, .words "the inverse of {0~}"),
  (`Rat.num, .words "the numerator of {0~}"), (`Rat.den, .words "the denominator of {0~}"),
  (`Rat.floor, .words "the floor of {0~}"), (`Rat.ceil, .words "the ceiling of {0~}"),
  (`Min.min, .call "min({0,}, {1,})"), (`Max.max, .call "max({0,}, {1,})"),
  (`Nat.testBit, .words "the bit of {0} at position {1~}"),
  (`Nat.repeat, .words "the result of applying {0} {1} times to {2~}"),
  (`Nat.cast, .words "{0} as {$}"), (`NatCast.natCast, .words "{0} as {$}"),
  (`Int.cast, .words "{0} as {$}"), (`IntCast.intCast, .words "{0} as {$}"),
  (`Fin.val, .words "the value of {0~}"), (`Fin.last, .words "the last element of Fin({0,} + 1)"),
  (`Fin.succ, .words "the successor of {0~}"), (`Fin.castSucc, .words "{0} in the next larger Fin"),
  (`Fin.rev, .words "the mirror image of {0~}"),
  (`Nat.isPowerOfTwo, .says "{0} is a power of two"),
  (`Nat.Prime, .saysOr "{0} is prime" "{0} is not prime"),
  (`Prime, .saysOr "{0} is a prime element" "{0} is not a prime element"),
  (`Even, .saysOr "{0} is even" "{0} is not even"), (`Odd, .saysOr "{0} is odd" "{0} is not odd"),
  (`abs, .words "the absolute value of {0~}"), (`Nat.factorial, .words "the factorial of {0~}"),
  (`Nat.choose, .words "the binomial coefficient of {0} over {1~}"),
  (`Real.sqrt, .words "the square root of {0~}"), (`Nat.sqrt, .words "the integer square root of {0~}"),
  (`Int.ModEq, .says "{1} is congruent to {2} modulo {0~}"),
  (`Nat.ModEq, .says "{1} is congruent to {2} modulo {0~}"),
  (`Finset.sum, .words "the sum over {0} of {1~}"), (`Finset.prod, .words "the product over {0} of {1~}"),
  (`Finset.range, .words "the set of natural numbers below {0~}"),
  (`Finset.card, .words "the number of elements of {0~}")]

/-- Sequences and strings. -/
def sequencePhrases : List (Name × Phrase) := [
  (`List.length, .words "the length of {0~}"), (`Array.size, .words "the size of {0~}"),
  (`List.reverse, .words "the reverse of {0~}"), (`Array.reverse, .words "the reverse of {0~}"),
  (`List.sum, .words "the sum of {0~}"), (`Array.sum, .words "the sum of {0~}"),
  (`List.map, .words "the result of applying {0} to each element of {1~}"),
  (`Array.map, .words "the result of applying {0} to each element of {1~}"),
  (`Option.map, .words "the result of applying {0} inside {1~}"),
  (`List.filter, .words "the list of those elements of {1} that pass {0~}"),
  (`Array.filter, .words "the array of those elements of {1} that pass {0~}"),
  (`List.foldl, .words "the left fold of {0} from {1} over {2~}"),
  (`List.foldr, .words "the right fold of {0} from {1} over {2~}"),
  (`List.take, .words "the first {0} elements of {1~}"),
  (`List.drop, .words "what is left of {1} without its first {0} elements"),
  (`List.head, .words "the first element of {0~}"), (`List.tail, .words "the tail of {0~}"),
  (`List.head?, .words "the first element, if any, of {0~}"),
  (`List.getLast, .words "the last element of {0~}"),
  (`List.getLast?, .words "the last element, if any, of {0~}"),
  (`List.dropLast, .words "what is left without the last element of {0~}"),
  (`List.concat, .words "{0} with {1} put at its end"),
  (`Array.push, .words "{0} with {1} put at its end"),
  (`List.flatten, .words "the concatenation of all members of {0~}"),
  (`List.flatMap, .words "the concatenation of {0} over the elements of {1~}"),
  (`List.replicate, .words "the list of {0} copies of {1~}"),
  (`List.range, .words "the list of the natural numbers below {0~}"),
  (`List.range', .words "the list of {1} numbers from {0} on in steps of {2~}"),
  (`List.count, .words "the number of occurrences of {0} in {1~}"),
  (`List.countP, .words "the number of elements that pass {0} in {1~}"),
  (`List.erase, .words "{0} without the first occurrence of {1~}"),
  (`List.zip, .words "the list of pairs of {0} and {1~}"),
  (`List.zipWith, .words "the list of the values of {0} at the pairs of {1} and {2~}"),
  (`List.all, .words "whether all elements of {0} pass {1~}"),
  (`List.any, .words "whether some element of {0} passes {1~}"),
  (`List.isEmpty, .words "whether {0} is empty"), (`Array.isEmpty, .words "whether {0} is empty"),
  (`List.contains, .words "whether {0} contains {1~}"), (`List.elem, .words "whether {0} occurs in {1~}"),
  (`List.find?, .words "the first element, if any, that passes {0} in {1~}"),
  (`List.Nodup, .says "{0} has no duplicates"),
  (`List.Sublist, .saysOr "{0} is a sublist of {1~}" "{0} is not a sublist of {1~}"),
  (`List.IsPrefix, .says "{0} is a prefix of {1~}"), (`List.IsSuffix, .says "{0} is a suffix of {1~}"),
  (`List.IsInfix, .says "{0} is a contiguous part of {1~}"),
  (`List.Perm, .says "{0} is a permutation of {1~}"),
  (`List.Pairwise, .says "{0} relates each element of {1} to every later one"),
  (`List.toArray, .words "the array of the elements of {0~}"),
  (`Array.toList, .words "the list of the elements of {0~}"),
  (`String.length, .words "the length of {0~}"), (`String.append, .infixl " ++ " 66),
  (`String.toList, .words "the list of characters of {0~}"),
  (`String.ofList, .words "the string of the characters {0~}"),
  (`String.push, .words "{0} with {1} put at its end"),
  (`Option.some, .words "some {0~}"), (`Option.none, .call "none"),
  (`Unit.unit, .call "the unit value"), (`PUnit.unit, .call "the unit value"),
  (`Option.get, .words "the content of {0~}"), (`Option.get!, .words "the content, or a default where there is none, of {0~}"),
  (`Option.getD, .words "the content, by default {1}, of {0~}"),
  (`Option.isSome, .words "whether {0} has a content"),
  (`Option.isNone, .words "whether {0} is none"),
  (`Prod.fst, .words "the first component of {0~}"), (`Prod.snd, .words "the second component of {0~}"),
  (`Subtype.val, .words "the value of {0~}"),
  (`Sum.inl, .words "the left injection of {0~}"), (`Sum.inr, .words "the right injection of {0~}")]

/-- Logic, functions and sets. -/
def logicPhrases : List (Name × Phrase) := [
  (`Bool.true, .call "true"), (`Bool.false, .call "false"),
  (`decide, .words "the truth value of {0~}"), (`id, .words "the identity at {0~}"),
  (`Nonempty, .saysOr "{0} has an element" "{0} has no element"),
  (`Subsingleton, .says "{0} has at most one element"),
  (`Inhabited.default, .words "the default {#}"),
  (`Function.const, .words "the constant function with value {1~}"),
  (`Bool.toNat, .words "the number (1 for true, 0 for false) of {0~}"),
  (`Equivalence, .says "{0} is an equivalence relation"),
  (`Decidable, .says "{0} is decidable"),
  (`Function.Injective, .saysOr "{0} is injective" "{0} is not injective"),
  (`Function.Surjective, .saysOr "{0} is surjective" "{0} is not surjective"),
  (`Function.Bijective, .says "{0} is bijective"),
  (`Function.LeftInverse, .says "{0} is a left inverse of {1~}"),
  (`Function.RightInverse, .says "{0} is a right inverse of {1~}"),
  (`Set.univ, .words "the set of all elements"),
  (`Continuous, .says "{0} is continuous"), (`StrictMono, .says "{0} is strictly increasing"),
  (`Monotone, .says "{0} is monotone"), (`Antitone, .says "{0} is antitone"),
  (`WellFounded, .says "{0} is well-founded"), (`Acc, .says "{1} is accessible under {0~}"),
  (`EmptyCollection.emptyCollection, .call "∅"),
  (`Singleton.singleton, .call "{ {0,} }"),
  (`Insert.insert, .words "{1} with {0} put into it")]

/-- What classes say of their arguments. -/
def classPhrases : List (Name × Phrase) := [
  (`BEq, .says "{0} has a Boolean equality test (==)"),
  (`LawfulBEq, .says "the test == on {0} agrees with equality"),
  (`ReflBEq, .says "the test == on {0} is reflexive"),
  (`EquivBEq, .says "the test == on {0} is an equivalence"),
  (`Hashable, .says "{0} has a hash function"),
  (`LawfulHashable, .says "the hash function on {0} agrees with =="),
  (`Inhabited, .says "{0} has a default element"),
  (`LT, .says "{0} has a relation <"), (`LE, .says "{0} has a relation ≤"),
  (`Add, .says "{0} has an addition"), (`Mul, .says "{0} has a multiplication"),
  (`Sub, .says "{0} has a subtraction"), (`Neg, .says "{0} has a negation"),
  (`Zero, .says "{0} has a zero"), (`One, .says "{0} has a one"),
  (`Ord, .says "{0} has a comparison"), (`Min, .says "{0} has a minimum"),
  (`Max, .says "{0} has a maximum"), (`Append, .says "{0} has an operation ++"),
  (`Monad, .says "{0} is a monad"), (`LawfulMonad, .says "the monad {0} obeys the monad laws"),
  (`Functor, .says "{0} is a functor"), (`Applicative, .says "{0} is an applicative functor"),
  (`Std.Associative, .says "{0} is associative"), (`Std.Commutative, .says "{0} is commutative"),
  (`Std.Refl, .says "{0} is reflexive"), (`Std.Irrefl, .says "{0} is irreflexive"),
  (`Std.Antisymm, .says "{0} is antisymmetric"), (`Std.Total, .says "{0} is total"),
  (`CommRing, .says "{0} is a commutative ring"), (`Ring, .says "{0} is a ring"),
  (`Field, .says "{0} is a field"), (`Group, .says "{0} is a group"),
  (`CommGroup, .says "{0} is a commutative group"), (`Semiring, .says "{0} is a semiring"),
  (`TopologicalSpace, .says "{0} is a topological space"), (`MetricSpace, .says "{0} is a metric space"),
  (`Fintype, .says "{0} is finite"), (`Module, .says "{1} is a module over {0~}")]

/-- What elements of types are called; a `*` before a slot's end asks for the plural. -/
def nouns : List (Name × String × String) := [
  (`Nat, "natural number", "natural numbers"), (`Int, "integer", "integers"),
  (`Rat, "rational number", "rational numbers"), (`Real, "real number", "real numbers"),
  (`Complex, "complex number", "complex numbers"), (`Float, "floating-point number", "floating-point numbers"),
  (`Bool, "Boolean", "Booleans"), (`String, "string", "strings"), (`Char, "character", "characters"),
  (`Unit, "unit value", "unit values"), (`PUnit, "unit value", "unit values"),
  (`Empty, "element of the empty type", "elements of the empty type"),
  (`Ordering, "comparison result (lt, eq or gt)", "comparison results (lt, eq or gt)"),
  (`UInt8, "unsigned 8-bit integer", "unsigned 8-bit integers"),
  (`UInt16, "unsigned 16-bit integer", "unsigned 16-bit integers"),
  (`UInt32, "unsigned 32-bit integer", "unsigned 32-bit integers"),
  (`UInt64, "unsigned 64-bit integer", "unsigned 64-bit integers"),
  (`USize, "unsigned machine-word integer", "unsigned machine-word integers"),
  (`Int8, "signed 8-bit integer", "signed 8-bit integers"),
  (`Int16, "signed 16-bit integer", "signed 16-bit integers"),
  (`Int32, "signed 32-bit integer", "signed 32-bit integers"),
  (`Int64, "signed 64-bit integer", "signed 64-bit integers"),
  (`ISize, "signed machine-word integer", "signed machine-word integers"),
  (`ByteArray, "byte array", "byte arrays"),
  (`List, "list of {0*}", "lists of {0*}"), (`Array, "array of {0*}", "arrays of {0*}"),
  (`Vector, "vector of {0*} of length {1}", "vectors of {0*} of length {1}"),
  (`Option, "optional {0!}", "optional {0*}"),
  (`Fin, "element of Fin({0,})", "elements of Fin({0,})"),
  (`BitVec, "bit vector of width {0}", "bit vectors of width {0}"),
  (`Prod, "pair in ({0*}) × ({1*})", "pairs in ({0*}) × ({1*})"),
  (`Sum, "element of the disjoint union of ({0*}) and ({1*})",
    "elements of the disjoint union of ({0*}) and ({1*})"),
  (`Set, "set of {0*}", "sets of {0*}"), (`Finset, "finite set of {0*}", "finite sets of {0*}"),
  (`Multiset, "multiset of {0*}", "multisets of {0*}")]

/-- A convention of Lean's that a reader must know, by operation and type. -/
structure Convention where
  /-- The operation. -/
  op : Name
  /-- The head of the type that it works on; `none` for all. -/
  type : Option Name := none
  /-- A word for programs. -/
  key : String
  /-- A sentence for people. -/
  note : String
  /-- What is left of it where the second operand is a numeral other than 0. -/
  divisorGiven : Option String := some note

/-- The conventions, in the order in which they are told. -/
def conventions : List Convention := [
  { op := `HSub.hSub, type := `Nat, key := "natural_subtraction"
    note := "Subtraction of natural numbers stops at 0." },
  { op := `Nat.sub, key := "natural_subtraction", note := "Subtraction of natural numbers stops at 0." },
  { op := `HDiv.hDiv, type := `Nat, key := "natural_division"
    note := "Division of natural numbers is rounded down, and division by 0 gives 0."
    divisorGiven := some "Division of natural numbers is rounded down." },
  { op := `Nat.div, key := "natural_division"
    note := "Division of natural numbers is rounded down, and division by 0 gives 0."
    divisorGiven := some "Division of natural numbers is rounded down." },
  { op := `HDiv.hDiv, type := `Int, key := "integer_division"
    note := "Division of integers is rounded so that the remainder is not negative, and division by 0 gives 0."
    divisorGiven := some "Division of integers is rounded so that the remainder is not negative." },
  { op := `HDiv.hDiv, type := `Rat, key := "field_division", note := "Division by 0 gives 0.", divisorGiven := none },
  { op := `HDiv.hDiv, type := `Real, key := "field_division", note := "Division by 0 gives 0.", divisorGiven := none },
  { op := `HMod.hMod, type := `Nat, key := "natural_remainder", note := "A number modulo 0 is itself."
    divisorGiven := none },
  { op := `HMod.hMod, type := `Int, key := "integer_remainder"
    note := "The remainder of integers is never negative; modulo 0 a number is itself."
    divisorGiven := some "The remainder of integers is never negative." },
  { op := `BitVec.ofNat, key := "bit_vector_literals"
    note := "n#w is the bit vector of width w with the value n modulo 2^w." },
  { op := `Nat.pred, key := "natural_predecessor", note := "The predecessor of 0 is 0." },
  { op := `Int.toNat, key := "natural_part", note := "The natural part of a negative integer is 0." },
  { op := `Inv.inv, key := "inverse_of_zero", note := "The inverse of 0 is 0." },
  { op := `BEq.beq, key := "boolean_equality", note := "== is a Boolean test of equality." },
  { op := `bne, key := "boolean_equality", note := "!= is a Boolean test of inequality." },
  { op := `GetElem.getElem, key := "indices_from_zero", note := "Indices count from 0." },
  { op := `GetElem?.getElem?, key := "optional_entry"
    note := "l[i]? is the entry at the index i counted from 0, or none where there is none." },
  { op := `GetElem?.getElem!, key := "defaulting_entry"
    note := "l[i]! is the entry at the index i counted from 0, or a default where there is none." }]

/-- Types whose arithmetic wraps around. -/
def wrapping : List Name :=
  [`Fin, `BitVec, `UInt8, `UInt16, `UInt32, `UInt64, `USize, `Int8, `Int16, `Int32, `Int64,
   `ISize]

/-- Every phrase, by constant. -/
def phrases : Std.HashMap Name Phrase :=
  .ofList (symbols ++ comparisons ++ numberPhrases ++ sequencePhrases ++ logicPhrases)

/-- What classes say, by class. -/
def classes : Std.HashMap Name Phrase := .ofList classPhrases

/-- What elements are called, by type. -/
def nounOf : Std.HashMap Name (String × String) := .ofList nouns

end Lakatos.Verbalise
