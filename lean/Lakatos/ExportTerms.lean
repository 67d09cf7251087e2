import Lakatos.Numbering
import Lean

/-!
# Writing declarations as text

`ExportTerms.write` turns kernel declarations into the line format of `docs/export-format.md`.
Names, levels and expressions are numbered in the order of their lines and refer to earlier lines
only; equal ones share a line. `mdata` is dropped. `ImportTerms` is the reader.
-/

open Lean

namespace Lakatos.ExportTerms

/-- The largest text that is written or read, in bytes. -/
def maxBytes : Nat := 64 * 1024 * 1024

/-- What has been written. Each part is in a reference of its own, so that whoever changes one holds none of the
others: what somebody else holds is copied when it is changed. -/
structure Tables where
  out : IO.Ref String
  /-- Number 0 is the anonymous name, which is not written. -/
  names : IO.Ref (Numbering Name)
  /-- Number 0 is level zero, which is not written. -/
  levels : IO.Ref (Numbering Level)
  exprs : IO.Ref (Numbering Expr)

abbrev M := ReaderT Tables IO

private def line (fields : String) : M Unit := do
  let out := (← read).out
  out.modify (· ++ fields)
  out.modify (· ++ "\n")
  if (← out.get).utf8ByteSize > maxBytes then
    throw <| IO.userError s!"the proof terms are larger than {maxBytes / (1024 * 1024)} MiB as \
      text, which is the limit; split the theorem into lemmas or find a smaller proof"

/-- Whether a string is a field as it stands. -/
private def plain (s : String) : Bool :=
  [" ", "\\", "\n", "\r"].all fun special => (s.splitOn special) matches [_]

/-- A string as one field: no space, no line end, never empty. -/
def escape (s : String) : String :=
  if s.isEmpty then "\\e"
  else if plain s then s
  else
    s.foldl (init := "") fun acc c =>
      match c with
      | '\\' => acc ++ "\\\\"
      | ' ' => acc ++ "\\s"
      | '\n' => acc ++ "\\n"
      | '\r' => acc ++ "\\r"
      | c => acc.push c

def name (n : Name) : M Nat := do
  if n.isAnonymous then return 0
  if let some i := (← (← read).names.get).find? n then return i
  match n with
  | .anonymous => return 0
  | .str p s => let p ← name p; line s!"ns {p} {escape s}"
  | .num p k => let p ← name p; line s!"nn {p} {k}"
  (← read).names.modifyGet (·.add n)

def level (l : Level) : M Nat := do
  if let some i := (← (← read).levels.get).find? l then return i
  match l with
  | .zero => return 0
  | .succ u => let u ← level u; line s!"us {u}"
  | .max u v => let u ← level u; let v ← level v; line s!"um {u} {v}"
  | .imax u v => let u ← level u; let v ← level v; line s!"ui {u} {v}"
  | .param n => let n ← name n; line s!"up {n}"
  | .mvar _ => throw <| IO.userError "a declaration holds an unassigned universe level"
  (← read).levels.modifyGet (·.add l)

private def list (items : List Nat) : String :=
  items.foldl (init := "") fun acc i => acc ++ " " ++ toString i

private def binder : BinderInfo → String
  | .default => "d"
  | .implicit => "i"
  | .strictImplicit => "s"
  | .instImplicit => "c"

partial def expr (e : Expr) : M Nat := do
  if let .mdata _ e := e then return (← expr e)
  if let some i := (← (← read).exprs.get).find? e then return i
  match e with
  | .bvar i => line s!"eb {i}"
  | .sort u => let u ← level u; line s!"es {u}"
  | .const n us => let n ← name n; let us ← us.mapM level; line s!"ec {n}{list us}"
  | .app f a => let f ← expr f; let a ← expr a; line s!"ea {f} {a}"
  | .lam n t b i =>
    let n ← name n; let t ← expr t; let b ← expr b
    line s!"el {n} {t} {b} {binder i}"
  | .forallE n t b i =>
    let n ← name n; let t ← expr t; let b ← expr b
    line s!"ep {n} {t} {b} {binder i}"
  | .letE n t v b nondep =>
    let n ← name n; let t ← expr t; let v ← expr v; let b ← expr b
    line s!"ez {n} {t} {v} {b} {if nondep then 1 else 0}"
  | .proj n i e => let n ← name n; let e ← expr e; line s!"ej {n} {i} {e}"
  | .lit (.natVal k) => line s!"en {k}"
  | .lit (.strVal s) => line s!"et {escape s}"
  | .mdata _ _ => return 0
  | .fvar _ | .mvar _ =>
    throw <| IO.userError "a declaration holds a free variable or an unassigned hole"
  (← read).exprs.modifyGet (·.add e)

private def hints : ReducibilityHints → String
  | .opaque => "o"
  | .abbrev => "a"
  | .regular h => s!"r{h}"

def declaration (d : Declaration) : M Unit := do
  match d with
  | .axiomDecl v =>
    let n ← name v.name; let t ← expr v.type; let us ← v.levelParams.mapM name
    line s!"{if v.isUnsafe then "unsafe" else "axiom"} {n} {t}{list us}"
  | .thmDecl v =>
    let n ← name v.name; let t ← expr v.type; let e ← expr v.value
    let us ← v.levelParams.mapM name
    line s!"thm {n} {t} {e}{list us}"
  | .defnDecl v =>
    let n ← name v.name; let t ← expr v.type; let e ← expr v.value
    let us ← v.levelParams.mapM name
    line s!"def {n} {t} {e} {hints v.hints}{list us}"
  | .opaqueDecl v =>
    let n ← name v.name; let t ← expr v.type; let e ← expr v.value
    let us ← v.levelParams.mapM name
    line s!"opaque {n} {t} {e}{list us}"
  | .inductDecl us params types _ =>
    let us ← us.mapM name
    let types ← types.mapM fun t => do
      let n ← name t.name; let e ← expr t.type
      let ctors ← t.ctors.mapM fun c => return [← name c.name, ← expr c.type]
      return [n, e, t.ctors.length] ++ ctors.flatten
    line s!"ind {params} {us.length}{list us} {types.length}{list types.flatten}"
  | .quotDecl => line "quot"
  | .mutualDefnDecl _ =>
    throw <| IO.userError "a block of mutual unsafe definitions cannot be exported"

/-- The text of these declarations, which must be in dependency order. -/
def write (ds : Array Declaration) : IO String := do
  let tables : Tables := {
    out := ← IO.mkRef "lakatos-export 1\n", names := ← IO.mkRef { size := 1 }
    levels := ← IO.mkRef { size := 1 }, exprs := ← IO.mkRef { size := 0 } }
  ds.forM (declaration · tables)
  return (← tables.out.get) ++ s!"end {ds.size}\n"

end Lakatos.ExportTerms
