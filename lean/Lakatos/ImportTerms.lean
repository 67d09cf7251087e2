import Lean
import Lakatos.ExportTerms

/-!
# Reading declarations from hostile text

`ImportTerms.parse` reads what `ExportTerms.write` writes. The text comes from a process that ran a
submission's code, so nothing in it is trusted: every line is checked, a reference reaches earlier
lines only (so there are no cycles), sizes and depths are limited, and every fault is an error that
names its line. What is read is only well-formed; whether it is *correct* is for the kernel to say.
-/

open Lean

namespace Lakatos.ImportTerms

/-- Limits beyond which a text is refused. Bound variables and depths stay far from what `Expr` can
hold. -/
structure Limits where
  bytes : Nat := ExportTerms.maxBytes
  nameDepth : Nat := 200
  levelDepth : Nat := 500
  exprDepth : Nat := 50000
  numeralDigits : Nat := 20000

structure State where
  limits : Limits := {}
  names : Array Name := #[.anonymous]
  nameDepths : Array Nat := #[0]
  levels : Array Level := #[.zero]
  levelDepths : Array Nat := #[0]
  /-- With their depths. -/
  exprs : Array (Expr × Nat) := #[]
  declarations : Array Declaration := #[]
  declared : NameSet := {}

abbrev M := StateT State (Except String)

private def number (digits : Nat) (what s : String) : M Nat := do
  if s.utf8ByteSize > digits then throw s!"{what} has more than {digits} digits"
  let some n := s.toNat? | throw s!"{what} is not a number"
  unless toString n == s do throw s!"{what} is not a number as it is written here"
  return n

private def index (what s : String) : M Nat := number 9 what s

private def unescape (s : String) : M String := do
  if (s.splitOn "\\") matches [_] then return s
  if s == "\\e" then return ""
  let mut out := ""
  let mut escaped := false
  for c in s.toList do
    if escaped then
      match c with
      | '\\' => out := out.push '\\'
      | 's' => out := out.push ' '
      | 'n' => out := out.push '\n'
      | 'r' => out := out.push '\r'
      | _ => throw "a string has an unknown escape"
      escaped := false
    else if c == '\\' then escaped := true
    else out := out.push c
  if escaped then throw "a string ends within an escape"
  return out

private def nameAt (s : String) : M Name := do
  let i ← index "a name's number" s
  let some n := (← get).names[i]? | throw s!"name {i} is not there yet"
  return n

private def levelAt (s : String) : M (Level × Nat) := do
  let i ← index "a level's number" s
  let some l := (← get).levels[i]? | throw s!"level {i} is not there yet"
  return (l, (← get).levelDepths[i]?.getD 0)

private def exprAt (s : String) : M (Expr × Nat) := do
  let i ← index "an expression's number" s
  let some e := (← get).exprs[i]? | throw s!"expression {i} is not there yet"
  return e

private def pushName (parent : String) (make : Name → Name) : M Unit := do
  let p ← nameAt parent
  let i ← index "a name's number" parent
  let depth := (← get).nameDepths[i]?.getD 0 + 1
  if depth > (← get).limits.nameDepth then throw "a name has too many parts"
  modify fun s => { s with names := s.names.push (make p), nameDepths := s.nameDepths.push depth }

private def pushLevel (l : Level) (below : Nat) : M Unit := do
  if below + 1 > (← get).limits.levelDepth then throw "a universe level is nested too deeply"
  modify fun s => { s with
    levels := s.levels.push l, levelDepths := s.levelDepths.push (below + 1) }

private def pushExpr (e : Expr) (below : Nat) : M Unit := do
  if below + 1 > (← get).limits.exprDepth then throw "an expression is nested too deeply"
  modify fun s => { s with exprs := s.exprs.push (e, below + 1) }

/-- A function applied to the expressions of some fields; with the depth of what is below. -/
private def application (f : Expr) (below : Nat) : List String → M Unit
  | [] => throw "an application has no argument"
  | [a] => do
    let (a, d) ← exprAt a
    pushExpr (.app f a) (max below d)
  | a :: rest => do
    let (a, d) ← exprAt a
    application (.app f a) (max below d + 1) rest

private def binder : String → M BinderInfo
  | "d" => return .default
  | "i" => return .implicit
  | "s" => return .strictImplicit
  | "c" => return .instImplicit
  | _ => throw "an unknown kind of binder"

private def closed (what s : String) : M Expr := do
  let (e, _) ← exprAt s
  if e.hasLooseBVars then throw s!"{what} has a loose bound variable"
  return e

private def hints (s : String) : M ReducibilityHints := do
  if s == "o" then return .opaque
  if s == "a" then return .abbrev
  unless s.startsWith "r" do throw "an unknown reducibility hint"
  let h ← index "a definition's height" (s.toRawSubstring.drop 1).toString
  return .regular h.toUInt32

private def declare (name : Name) : M Unit := do
  if name.isAnonymous then throw "a declaration without a name"
  if (← get).declared.contains name then throw s!"{name} is declared twice"
  modify fun s => { s with declared := s.declared.insert name }

private def pushDeclaration (d : Declaration) : M Unit :=
  modify fun s => { s with declarations := s.declarations.push d }

/-- The first `n` fields, and the rest. -/
private def take (n : Nat) (fields : List String) : M (List String × List String) := do
  if fields.length < n then throw "a line ends too early"
  return fields.splitAt n

private partial def constructors (count : Nat) (fields : List String)
    (acc : List Constructor := []) : M (List Constructor × List String) := do
  if count == 0 then return (acc.reverse, fields)
  match fields with
  | n :: t :: rest =>
    let ctor : Constructor := { name := ← nameAt n, type := ← closed "a constructor" t }
    declare ctor.name
    constructors (count - 1) rest (ctor :: acc)
  | _ => throw "a line ends too early"

private partial def inductiveTypes (count : Nat) (fields : List String)
    (acc : List InductiveType := []) : M (List InductiveType) := do
  if count == 0 then
    unless fields.isEmpty do throw "a line has too many fields"
    return acc.reverse
  match fields with
  | n :: t :: c :: rest =>
    let name ← nameAt n
    let type ← closed "an inductive type" t
    declare name
    let (ctors, rest) ← constructors (← index "a number of constructors" c) rest
    inductiveTypes (count - 1) rest ({ name, type, ctors } :: acc)
  | _ => throw "a line ends too early"

private def declaration (fields : List String) : M Unit := do
  match fields with
  | "thm" :: n :: t :: v :: us =>
    let name ← nameAt n
    declare name
    pushDeclaration <| .thmDecl {
      name, levelParams := ← us.mapM nameAt
      type := ← closed "a type" t, value := ← closed "a proof" v }
  | "def" :: n :: t :: v :: h :: us =>
    let name ← nameAt n
    declare name
    pushDeclaration <| .defnDecl {
      name, levelParams := ← us.mapM nameAt
      type := ← closed "a type" t, value := ← closed "a value" v
      hints := ← hints h, safety := .safe }
  | "opaque" :: n :: t :: v :: us =>
    let name ← nameAt n
    declare name
    pushDeclaration <| .opaqueDecl {
      name, levelParams := ← us.mapM nameAt
      type := ← closed "a type" t, value := ← closed "a value" v
      isUnsafe := false, all := [name] }
  | kind :: n :: t :: us =>
    unless kind == "axiom" || kind == "unsafe" do throw s!"an unknown kind of line"
    let name ← nameAt n
    declare name
    pushDeclaration <| .axiomDecl {
      name, levelParams := ← us.mapM nameAt
      type := ← closed "a type" t, isUnsafe := kind == "unsafe" }
  | _ => throw "an unknown kind of line"

private def inductiveBlock (params count : String) (fields : List String) : M Unit := do
  let (us, fields) ← take (← index "a number of universe parameters" count) fields
  let us ← us.mapM nameAt
  match fields with
  | types :: rest =>
    let types ← inductiveTypes (← index "a number of types" types) rest
    if types.isEmpty then throw "a block of inductive types is empty"
    pushDeclaration <| .inductDecl us (← index "a number of parameters" params) types false
  | [] => throw "a line ends too early"

/-- Reads one line; the fields are what its single spaces divide. -/
private def line (fields : List String) : M Unit := do
  match fields with
  | "ea" :: f :: args => let (f, d) ← exprAt f; application f d args
  | "ec" :: n :: us =>
    let us ← us.mapM levelAt
    pushExpr (.const (← nameAt n) (us.map (·.1))) 0
  | ["el", n, t, b, i] =>
    let (t, d) ← exprAt t; let (b, d') ← exprAt b
    pushExpr (.lam (← nameAt n) t b (← binder i)) (max d d')
  | ["ep", n, t, b, i] =>
    let (t, d) ← exprAt t; let (b, d') ← exprAt b
    pushExpr (.forallE (← nameAt n) t b (← binder i)) (max d d')
  | ["ns", p, s] => let s ← unescape s; pushName p (.str · s)
  | ["nn", p, k] => let k ← number 40 "a name's part" k; pushName p (.num · k)
  | ["us", u] => let (u, d) ← levelAt u; pushLevel (.succ u) d
  | ["um", u, v] =>
    let (u, d) ← levelAt u; let (v, d') ← levelAt v
    pushLevel (.max u v) (max d d')
  | ["ui", u, v] =>
    let (u, d) ← levelAt u; let (v, d') ← levelAt v
    pushLevel (.imax u v) (max d d')
  | ["up", n] => pushLevel (.param (← nameAt n)) 0
  | ["eb", i] =>
    let i ← index "a bound variable" i
    if i > (← get).limits.exprDepth then throw "a bound variable is too large"
    pushExpr (.bvar i) 0
  | ["es", u] => pushExpr (.sort (← levelAt u).1) 0
  | ["ez", n, t, v, b, nondep] =>
    unless nondep == "0" || nondep == "1" do throw "a let is marked neither 0 nor 1"
    let (t, d) ← exprAt t; let (v, d') ← exprAt v; let (b, d'') ← exprAt b
    pushExpr (.letE (← nameAt n) t v b (nondep == "1")) (max d (max d' d''))
  | ["ej", n, i, e] =>
    let i ← index "a projection" i
    let (e, d) ← exprAt e
    pushExpr (.proj (← nameAt n) i e) d
  | ["en", k] =>
    let k ← number (← get).limits.numeralDigits "a numeral" k
    pushExpr (.lit (.natVal k)) 0
  | ["et", s] => let s ← unescape s; pushExpr (.lit (.strVal s)) 0
  | "ind" :: params :: count :: rest => inductiveBlock params count rest
  | _ => declaration fields

private partial def lines (rest : List String) (number : Nat)
    (s : State) : Except String State := do
  match rest with
  | [] => throw "the text is cut off"
  | text :: rest =>
    let fields := text.splitOn " "
    if let ["end", count] := fields then
      unless count == toString s.declarations.size do throw s!"line {number}: the text is cut off"
      unless rest == [""] do throw s!"line {number}: something follows the end"
      return s
    match (line fields).run s with
    | .ok ((), s) => lines rest (number + 1) s
    | .error e => throw s!"line {number}: {e}"

/-- The declarations of a text, or what is wrong with it and where. -/
def parse (text : String) (limits : Limits := {}) : Except String (Array Declaration) := do
  if text.utf8ByteSize > limits.bytes then
    throw s!"the text is larger than {limits.bytes / (1024 * 1024)} MiB"
  match text.splitOn "\n" with
  | "lakatos-export 1" :: rest => return (← lines rest 2 { limits }).declarations
  | _ => throw "line 1: not an export of version 1"

end Lakatos.ImportTerms
