import Lakatos.Lean4Export.Writer

/-!
# Declarations in the lean4export format

A `Block` is what the format declares at once: one constant, the four constants of quotients, or the
types of a mutual block with their constructors and recursors. `Block.uses` says which constants must
be declared before it, and `Block.write` writes its lines.
-/

open Lean

namespace Lakatos.Lean4Export

/-- What is declared at once. -/
inductive Block where
  /-- An axiom, definition, theorem or opaque constant. -/
  | single (c : ConstantInfo)
  | quotient (parts : List QuotVal)
  | types (types : List InductiveVal) (ctors : List ConstructorVal) (recs : List RecursorVal)

namespace Block

/-- The constants that it declares. -/
def names : Block → List Name
  | single c => [c.name]
  | quotient parts => parts.map (·.name)
  | types ts cs rs => ts.map (·.name) ++ cs.map (·.name) ++ rs.map (·.name)

private def exprs : Block → List Expr
  | single c => c.type :: (c.value? (allowOpaque := true)).toList
  | quotient parts => parts.map (·.type)
  | types ts cs rs => ts.map (·.type) ++ cs.map (·.type) ++
      rs.flatMap fun r => r.type :: r.rules.map (·.rhs)

/-- The constants of others that it speaks of. The kernel's quotients are made of `Eq`. -/
def uses (b : Block) : Array Name :=
  let own := b.names
  let mentioned := b.exprs.toArray.flatMap (·.getUsedConstants)
  let mentioned := if b matches quotient _ then mentioned.push ``Eq else mentioned
  mentioned.filter (!own.contains ·)

/-- The block that declares a constant. -/
def of (find? : Name → Option ConstantInfo) (name : Name) : Except String Block := do
  let some c := find? name | throw s!"the constant {name} is not there"
  if c.isUnsafe || c.isPartial then throw s!"the constant {name} is unsafe or partial"
  match c with
  | .axiomInfo _ | .defnInfo _ | .thmInfo _ | .opaqueInfo _ => return single c
  | .quotInfo _ =>
    let parts ← [``Quot, ``Quot.mk, ``Quot.lift, ``Quot.ind].mapM fun n => do
      let some (.quotInfo v) := find? n | throw s!"the constant {n} of quotients is not there"
      return v
    return quotient parts
  | .inductInfo v => block v.all
  | .ctorInfo v =>
    let some (.inductInfo t) := find? v.induct | throw s!"the type of {name} is not there"
    block t.all
  | .recInfo v => block v.all
where
  block (all : List Name) : Except String Block := do
    let ts ← all.mapM fun n => do
      let some (.inductInfo v) := find? n | throw s!"the inductive type {n} is not there"
      return v
    let cs ← (ts.flatMap (·.ctors)).mapM fun n => do
      let some (.ctorInfo v) := find? n | throw s!"the constructor {n} is not there"
      return v
    -- Nested types have recursors of their own, which are numbered below the first type.
    let nested := ts.head?.map fun t => (List.range t.numNested).map fun i =>
      t.name.str s!"rec_{i + 1}"
    let rs ← (all.map mkRecName ++ nested.getD []).mapM fun n => do
      let some (.recInfo v) := find? n | throw s!"the recursor {n} is not there"
      return v
    return types ts cs rs

private def bool (b : Bool) : String := if b then "true" else "false"

/-- What all constants have: name, universe parameters (which checkers look for as levels) and type. -/
private def head (n : Name) (us : List Name) (type : Expr) : M String := do
  let t ← expr type
  us.forM fun u => discard <| level (.param u)
  return s!"\"name\":{← name n},\"levelParams\":{array (← us.mapM name)},\"type\":{t}"

private def hints : ReducibilityHints → String
  | .opaque => "\"opaque\""
  | .abbrev => "\"abbrev\""
  | .regular h => s!"\{\"regular\":{h}}"

private def writeSingle (c : ConstantInfo) : M Unit := do
  let h ← head c.name c.levelParams c.type
  let all (names : List Name) : M String := return array (← names.mapM name)
  match c with
  | .axiomInfo v => line s!"\{\"axiom\":\{{h},\"isUnsafe\":{bool v.isUnsafe}}}"
  | .thmInfo v =>
    let value ← expr v.value
    line s!"\{\"thm\":\{{h},\"value\":{value},\"all\":{← all v.all}}}"
  | .defnInfo v =>
    let value ← expr v.value
    line s!"\{\"def\":\{{h},\"value\":{value},\"hints\":{hints v.hints},\"safety\":\"safe\",\
      \"all\":{← all v.all}}}"
  | .opaqueInfo v =>
    let value ← expr v.value
    line s!"\{\"opaque\":\{{h},\"value\":{value},\"isUnsafe\":{bool v.isUnsafe},\
      \"all\":{← all v.all}}}"
  | _ => throw (.fault s!"the constant {c.name} is of an unknown kind")

private def quotKind : QuotKind → String
  | .type => "type"
  | .ctor => "ctor"
  | .lift => "lift"
  | .ind => "ind"

private def type (v : InductiveVal) : M String := do
  let h ← head v.name v.levelParams v.type
  return s!"\{{h},\"numParams\":{v.numParams},\"numIndices\":{v.numIndices},\
    \"all\":{array (← v.all.mapM name)},\"ctors\":{array (← v.ctors.mapM name)},\
    \"numNested\":{v.numNested},\"isRec\":{bool v.isRec},\"isUnsafe\":{bool v.isUnsafe},\
    \"isReflexive\":{bool v.isReflexive}}"

private def ctor (v : ConstructorVal) : M String := do
  let h ← head v.name v.levelParams v.type
  return s!"\{{h},\"induct\":{← name v.induct},\"cidx\":{v.cidx},\"numParams\":{v.numParams},\
    \"numFields\":{v.numFields},\"isUnsafe\":{bool v.isUnsafe}}"

private def recursor (v : RecursorVal) : M String := do
  let h ← head v.name v.levelParams v.type
  let rules ← v.rules.mapM fun r => do
    let rhs ← expr r.rhs
    return s!"\{\"ctor\":{← name r.ctor},\"nfields\":{r.nfields},\"rhs\":{rhs}}"
  return s!"\{{h},\"all\":{array (← v.all.mapM name)},\"numParams\":{v.numParams},\
    \"numIndices\":{v.numIndices},\"numMotives\":{v.numMotives},\"numMinors\":{v.numMinors},\
    \"rules\":[{",".intercalate rules}],\"k\":{bool v.k},\"isUnsafe\":{bool v.isUnsafe}}"

/-- Writes the declaration, after the terms in it. -/
def write (b : Block) : M Unit := do
  match b with
  | single c => writeSingle c
  | quotient parts =>
    -- All of their terms before the first of their lines: the writer may stop at a term and then
    -- comes back to the whole block.
    let lines ← parts.mapM fun v => do
      return s!"\{\"quot\":\{{← head v.name v.levelParams v.type},\"kind\":\"{quotKind v.kind}\"}}"
    lines.forM line
  | types ts cs rs =>
    let ts ← ts.mapM type
    let cs ← cs.mapM ctor
    let rs ← rs.mapM recursor
    let list (items : List String) := "[" ++ ",".intercalate items ++ "]"
    line s!"\{\"inductive\":\{\"types\":{list ts},\"ctors\":{list cs},\"recs\":{list rs}}}"
  (← read).available.modify fun s => b.names.foldl (·.insert ·) s

end Block

end Lakatos.Lean4Export
