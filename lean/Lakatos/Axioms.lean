import Lean

/-!
# The axioms that a declaration rests on

The walk visits every constant that a declaration reaches, the library's included. Nothing that an
environment *says* about axioms is used (extensions can be written by a submission), only the
constants themselves.

In some builds of Lean, the embedded one among them, the library's `.olean` files hold no bodies of
theorems and of definitions that are not exposed: there such a constant is an axiom like any other.
Those are *given*: they were checked when the library was built. A constant is given only if a
module of `Init`, `Std` or `Lean` owns it, it is safe, and it is none of the axioms that Lean really
has. Which axioms a given theorem rests on itself cannot be known there.
-/

open Lean

namespace Lakatos.Axioms

/-- Where constants are looked up. -/
structure View where
  find? : Name → Option ConstantInfo
  /-- The first part of the name of the module that owns an imported constant. -/
  root? : Name → Option Name
  /-- Whether the library's theorems have their bodies. -/
  libraryBodies : Bool

/-- The axioms that Lean's own library declares, and the constants that stand for a trust in its
compiler. They count wherever they are met, and are never taken for a theorem without its body. -/
def declaredByLean : List Name :=
  [``propext, ``Quot.sound, ``Classical.choice, ``sorryAx, ``Lean.ofReduceBool, ``Lean.ofReduceNat,
    ``Lean.reduceBool, ``Lean.reduceNat, ``Lean.trustCompiler, ``lcProof, ``lcUnreachable, ``lcAny]

/-- Whether a part of the name marks what the compiler vouches for, not the kernel. -/
private def vouchedByCompiler : Name → Bool
  | .anonymous => false
  | .num p _ => vouchedByCompiler p
  | .str p s =>
    s == "_native" || s == "_unsafe_rec" || s.startsWith "native_decide" || vouchedByCompiler p

/-- The view of an environment. `Nat.add_comm` stands for all of the library's theorems. -/
def View.of (env : Environment) (find? : Name → Option ConstantInfo := (env.find? ·)) : View where
  find?
  root? name := do
    let i ← env.getModuleIdxFor? name
    return (← env.header.moduleNames[i]?).getRoot
  libraryBodies := env.find? ``Nat.add_comm matches some (.thmInfo _)

/-- Whether an axiom is only a library constant whose body is not there. -/
def View.given (view : View) (v : AxiomVal) : Bool :=
  !view.libraryBodies && !v.isUnsafe && !declaredByLean.contains v.name && !vouchedByCompiler v.name
    && (view.root? v.name).any fun root => root == `Init || root == `Std || root == `Lean

private def below : ConstantInfo → Array Name
  | .thmInfo v => v.type.getUsedConstants ++ v.value.getUsedConstants
  | .defnInfo v => v.type.getUsedConstants ++ v.value.getUsedConstants
  | .opaqueInfo v => v.type.getUsedConstants ++ v.value.getUsedConstants
  | .axiomInfo v => v.type.getUsedConstants
  | .quotInfo v => v.type.getUsedConstants
  | .inductInfo v => v.type.getUsedConstants ++ v.ctors.toArray
  | .ctorInfo v => v.type.getUsedConstants.push v.induct
  | .recInfo v => v.type.getUsedConstants ++ v.all.toArray

/-- What constants of the imported library rest on. They never change, so the walk need not go below
them twice. -/
abbrev Known := NameMap (Array Name)

/-- The axioms that `roots` rest on, given constants left out, sorted. A constant that is not there
is listed like an axiom: nothing is known of it. -/
partial def collect (view : View) (roots : Array Name) (known : Known := {}) : Array Name :=
  let rec go (todo : Array Name) (seen : NameSet) (found : Array Name) : Array Name :=
    match todo.back? with
    | none => found
    | some name =>
      let todo := todo.pop
      if seen.contains name then go todo seen found else
        let seen := seen.insert name
        if let some below := known.find? name then
          go todo seen (below.foldl (fun all n => if all.contains n then all else all.push n) found)
        else
        match view.find? name with
        | none => go todo seen (if found.contains name then found else found.push name)
        | some ci =>
          let found := match ci with
            | .axiomInfo v =>
              if view.given v || found.contains name then found else found.push name
            | _ => found
          go (todo ++ below ci) seen found
  (go roots {} #[]).qsort Name.lt

/-- `known`, and what these library constants rest on. -/
def Known.learn (known : Known) (view : View) (constants : Array Name) : Known :=
  constants.foldl (init := known) fun known name =>
    if known.contains name || (view.root? name).isNone then known
    else known.insert name (collect view #[name] known)

end Lakatos.Axioms
