import Lakatos.Json

/-!
# Names, levels and expressions in the lean4export format

The format of leanprover/lean4export, version 3.1.0: one JSON object a line; names, levels and
expressions are numbered in the order of their lines and refer to earlier ones. Checkers want the
numbers without a gap and no line twice, so equal terms must share a line.

`mdata` is dropped and a `have` is written as a `let`, as lean4export does: neither means anything to
a kernel. Two different terms can be the same line then. A term that is changed so is looked up once
more as what is left of it.

The writer stops where its text has reached a size, and goes on from there when it is asked for the
same term again: what has a number is not written twice.
-/

open Lean

namespace Lakatos.Lean4Export

/-- The format's version. -/
def formatVersion : String := "3.1.0"

/-- The tables of an export under way. Each is a reference of its own, so that it is updated in
place. -/
structure Writer where
  /-- What has been written since it was last taken. -/
  out : IO.Ref String
  names : IO.Ref (Std.HashMap Name Nat)
  levels : IO.Ref (Std.HashMap Level Nat)
  exprs : IO.Ref (Std.HashMap Expr Nat)
  /-- How many expressions have a line. -/
  lines : IO.Ref Nat
  /-- What is left of the expressions that held `mdata` or a `have`. -/
  reduced : IO.Ref (Std.HashMap Expr Expr)
  /-- The constants that literals may stand for: those declared, and those not waited for. -/
  available : IO.Ref NameSet
  /-- Bytes after which the writer stops. -/
  size : Nat

/-- Why the writer stops. -/
inductive Stop where
  /-- Its text has reached its size. -/
  | full
  /-- A literal is about to be written whose type's constants are not declared yet. -/
  | needs (constant : Name)
  /-- This is nothing that can be written. -/
  | fault (message : String)

abbrev M := ReaderT Writer (EIO Stop)

/-- A writer, with the line that says what the text is. -/
def Writer.new (size : Nat) : BaseIO Writer := do
  let json := Json.mkObj [("meta", Json.mkObj [
    ("exporter", Json.mkObj [("name", "lakatos"), ("version", formatVersion)]),
    ("lean", Json.mkObj [("version", Lean.versionString), ("githash", Lean.githash)]),
    ("format", Json.mkObj [("version", formatVersion)])])]
  return {
    out := ← IO.mkRef (json.compress ++ "\n")
    names := ← IO.mkRef (Std.HashMap.emptyWithCapacity.insert .anonymous 0)
    levels := ← IO.mkRef (Std.HashMap.emptyWithCapacity.insert .zero 0)
    exprs := ← IO.mkRef {}, lines := ← IO.mkRef 0, reduced := ← IO.mkRef {}
    available := ← IO.mkRef {}, size }

/-- Writes a line. -/
def line (text : String) : M Unit := do
  (← read).out.modify fun s => s ++ text ++ "\n"

private def quoted (s : String) : String :=
  (Json.str s).compress

/-- Numbers as a JSON array. -/
def array (items : List Nat) : String :=
  "[" ++ ",".intercalate (items.map toString) ++ "]"

/-- The number of a name. -/
def name (n : Name) : M Nat := do
  let table := (← read).names
  if let some i := (← table.get)[n]? then return i
  let body ← match n with
    | .anonymous => return 0
    | .str p s => do pure s!"\"str\":\{\"pre\":{← name p},\"str\":{quoted s}}"
    | .num p k => do pure s!"\"num\":\{\"pre\":{← name p},\"i\":{k}}"
  let i := (← table.get).size
  line s!"\{\"in\":{i},{body}}"
  table.modify (·.insert n i)
  return i

/-- The number of a universe level. -/
def level (l : Level) : M Nat := do
  let table := (← read).levels
  if let some i := (← table.get)[l]? then return i
  let body ← match l with
    | .zero => return 0
    | .succ u => do pure s!"\"succ\":{← level u}"
    | .max u v => do pure s!"\"max\":[{← level u},{← level v}]"
    | .imax u v => do pure s!"\"imax\":[{← level u},{← level v}]"
    | .param n => do pure s!"\"param\":{← name n}"
    | .mvar _ => throw (.fault "a declaration holds an unassigned universe level")
  let i := (← table.get).size
  line s!"\{\"il\":{i},{body}}"
  table.modify (·.insert l i)
  return i

private def binder : BinderInfo → String
  | .default => "\"default\""
  | .implicit => "\"implicit\""
  | .strictImplicit => "\"strictImplicit\""
  | .instImplicit => "\"instImplicit\""

/-- Gives an expression the next number. -/
private def put (e : Expr) (body : String) : M Nat := do
  let w ← read
  let i ← w.lines.get
  line s!"\{\"ie\":{i},{body}}"
  w.lines.set (i + 1)
  w.exprs.modify (·.insert e i)
  if (← w.out.get).utf8ByteSize ≥ w.size then throw .full
  return i

/-- What is left of an expression whose parts have been written. -/
private def reduct (table : Std.HashMap Expr Expr) : Expr → Expr
  | .mdata _ e => reduct table e
  | e => table.getD e e

/-- Gives an expression with parts a number, which is that of an earlier one where the same is left
of both. -/
private def putWith (e : Expr) (parts : List Expr) (body : String) : M Nat := do
  let w ← read
  let table ← w.reduced.get
  let changed := e matches .letE (nondep := true) ..
  if table.isEmpty && !changed && !parts.any (·.isMData) then return (← put e body)
  let r := reduct table
  let e' := match e with
    | .app f a => .app (r f) (r a)
    | .lam n t b i => .lam n (r t) (r b) i
    | .forallE n t b i => .forallE n (r t) (r b) i
    | .letE n t v b _ => .letE n (r t) (r v) (r b) false
    | .proj n i s => .proj n i (r s)
    | e => e
  if e' == e then return (← put e body)
  w.reduced.modify (·.insert e e')
  if let some i := (← w.exprs.get)[e']? then
    w.exprs.modify (·.insert e i)
    return i
  -- Also under its own name, before the writer may stop.
  w.exprs.modify (·.insert e (← w.lines.get))
  put e' body

/-- Stops for a constant that must be declared before a literal is of use. -/
private def require (constant : Name) : M Unit := do
  unless (← (← read).available.get).contains constant do throw (.needs constant)

/-- The number of an expression. -/
partial def expr (e : Expr) : M Nat := do
  if let some i := (← (← read).exprs.get)[e]? then return i
  match e with
  | .mdata _ e => expr e
  | .bvar i => put e s!"\"bvar\":{i}"
  | .sort u => put e s!"\"sort\":{← level u}"
  | .const n us => put e s!"\"const\":\{\"name\":{← name n},\"us\":{array (← us.mapM level)}}"
  | .app f a =>
    let (i, j) := (← expr f, ← expr a)
    putWith e [f, a] s!"\"app\":\{\"fn\":{i},\"arg\":{j}}"
  | .lam n t b i => bound "lam" n t b i
  | .forallE n t b i => bound "forallE" n t b i
  | .letE n t v b _ =>
    let (n', t', v', b') := (← name n, ← expr t, ← expr v, ← expr b)
    putWith e [t, v, b] s!"\"letE\":\{\"name\":{n'},\"type\":{t'},\"value\":{v'},\"body\":{b'},\
      \"nondep\":false}"
  | .proj n i s =>
    let (n', s') := (← name n, ← expr s)
    putWith e [s] s!"\"proj\":\{\"typeName\":{n'},\"idx\":{i},\"struct\":{s'}}"
  | .lit (.natVal k) => require ``Nat; put e s!"\"natVal\":\"{k}\""
  | .lit (.strVal s) =>
    -- What a kernel unfolds a literal to.
    require ``Char.ofNat
    require ``String.ofList
    put e s!"\"strVal\":{quoted s}"
  | .fvar _ | .mvar _ => throw (.fault "a declaration holds a free variable or an unassigned hole")
where
  bound (word : String) (n : Name) (t b : Expr) (i : BinderInfo) : M Nat := do
    let (n', t', b') := (← name n, ← expr t, ← expr b)
    putWith e [t, b] s!"\"{word}\":\{\"name\":{n'},\"type\":{t'},\"body\":{b'},\
      \"binderInfo\":{binder i}}"

end Lakatos.Lean4Export
