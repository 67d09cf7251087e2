import Lakatos.Compat

/-!
# Alpha-invariant hashes

A *digest* of an expression, 128 bits wide, that does not see the names of free variables, bound
variables and universe parameters: a free variable counts by its place in the local context, a
universe parameter by its place in the theorem's list, a metavariable by the order in which the
traversal meets it. Binder names, binder annotations and metadata are ignored.

The two lanes of a digest are mixed with different seeds and in different order. The worker's code is
interpreted, so that every node visited counts: a closed subterm (no variables of any kind), such as
an operator applied to its types and instances, is looked up as a whole, for as long as the caller
keeps the `ClosedDigests`.
-/

namespace Lakatos

open Lean

/-- Two independent 64-bit lanes. -/
structure Digest where
  /-- The first lane. -/
  high : UInt64
  /-- The second lane. -/
  low : UInt64
  deriving BEq, Inhabited

namespace Digest

/-- The digest of a number. -/
def ofUInt64 (n : UInt64) : Digest :=
  ⟨mixHash 0x243f6a8885a308d3 n, mixHash n 0x13198a2e03707344⟩

/-- Mixes two digests; the order matters. -/
def mix (x y : Digest) : Digest :=
  ⟨mixHash x.high y.high, mixHash (mixHash y.low 0x9e3779b97f4a7c15) x.low⟩

private def hexDigits (width : Nat) (n : UInt64) : String :=
  let digits := String.ofList (Nat.toDigits 16 n.toNat)
  "".pushn '0' (width - digits.length) ++ digits

/-- 24 hex digits: the first lane and half of the second. -/
def toHex (d : Digest) : String :=
  hexDigits 16 d.high ++ hexDigits 8 (d.low >>> 32)

end Digest

/-- Digests of closed subterms, valid everywhere. -/
abbrev ClosedDigests := Std.HashMap Expr Digest

namespace GoalHash

/-- The numbers of metavariables, in the order in which they are met. -/
structure Numbering where
  /-- Metavariables. -/
  mvars : Std.HashMap MVarId Nat := {}
  /-- Universe metavariables. -/
  levelMVars : Std.HashMap LMVarId Nat := {}

/-- What the names in an expression stand for, and what is known of its subterms. -/
structure Context where
  /-- The place of each free variable. -/
  fvars : Std.HashMap FVarId Nat := {}
  /-- The universe parameters in order. -/
  levelParams : List Name := []
  /-- For the type of an unassigned metavariable, and what a delayed assignment waits for. -/
  mctx : MetavarContext := {}
  /-- Closed subterms. -/
  closed : IO.Ref ClosedDigests
  /-- Deep subterms with variables. -/
  openTerms : IO.Ref (Std.HashMap Expr Digest)
  /-- The numbers given so far. -/
  numbering : IO.Ref Numbering

/-- A context for closed terms. -/
def Context.new (levelParams : List Name) : BaseIO Context :=
  return { levelParams, closed := ← IO.mkRef {}, openTerms := ← IO.mkRef {}
           numbering := ← IO.mkRef {} }

private def leaf (tag n : UInt64) : Digest :=
  ⟨mixHash tag n, mixHash (mixHash n 0x9e3779b97f4a7c15) tag⟩

private def levelMVarIndex (c : Context) (id : LMVarId) : BaseIO Nat :=
  c.numbering.modifyGet fun s => match s.levelMVars[id]? with
    | some i => (i, s)
    | none => (s.levelMVars.size, { s with levelMVars := s.levelMVars.insert id s.levelMVars.size })

private def hashLevel (c : Context) : Level → BaseIO Digest
  | .zero => return leaf 100 0
  | .succ u => return (leaf 101 0).mix (← hashLevel c u)
  | .max u v => return ((leaf 102 0).mix (← hashLevel c u)).mix (← hashLevel c v)
  | .imax u v => return ((leaf 103 0).mix (← hashLevel c u)).mix (← hashLevel c v)
  | .param n =>
    match c.levelParams.idxOf? n with
    | some i => return leaf 104 i.toUInt64
    | none => return leaf 105 n.hash
  | .mvar id => return leaf 106 (← levelMVarIndex c id).toUInt64

/-- Nothing in `e` depends on where it stands. -/
private def isClosed (e : Expr) : Bool :=
  !(e.hasFVar || e.hasLooseBVars || e.hasMVar || e.hasLevelParam)

/-- Terms less deep than this are small enough to be traversed again wherever they occur. -/
private def sharingDepth : UInt32 := 6

private instance : MonadMCtx (StateM MetavarContext) where
  getMCtx := get
  modifyMCtx := modify

private def instantiateIn (mctx : MetavarContext) (e : Expr) : Expr :=
  ((instantiateMVars e : StateM MetavarContext Expr).run mctx).1

mutual

/-- The digest of an expression whose assigned metavariables are instantiated. -/
partial def hashExpr (c : Context) (e : Expr) : BaseIO Digest := do
  match e with
  | .fvar id => return leaf 2 (c.fvars[id]?.getD 0xffffff).toUInt64
  | .bvar i => return leaf 1 i.toUInt64
  | .lit (.natVal n) => return (leaf 9 (hash n)).mix (leaf 9 n.log2.toUInt64)
  | .mdata _ e => hashExpr c e
  | .mvar id => hashMVar c id
  | _ =>
    if isClosed e then
      if let some d := (← c.closed.get)[e]? then return d
      let d ← hashNode c e
      c.closed.modify (·.insert e d)
      return d
    if e.approxDepth < sharingDepth then return ← hashNode c e
    if let some d := (← c.openTerms.get)[e]? then return d
    let d ← hashNode c e
    c.openTerms.modify (·.insert e d)
    return d

private partial def hashNode (c : Context) (e : Expr) : BaseIO Digest := do
  match e with
  | .app f a => return (← hashExpr c f).mix (← hashExpr c a)
  | .const n us => us.foldlM (init := leaf 4 n.hash) fun d u => return d.mix (← hashLevel c u)
  | .sort u => return (leaf 3 0).mix (← hashLevel c u)
  | .lam _ t b _ => return ((leaf 6 0).mix (← hashExpr c t)).mix (← hashExpr c b)
  | .forallE _ t b _ => return ((leaf 7 0).mix (← hashExpr c t)).mix (← hashExpr c b)
  | .letE _ t v b _ =>
    return (((leaf 8 0).mix (← hashExpr c t)).mix (← hashExpr c v)).mix (← hashExpr c b)
  | .lit (.strVal s) => return (leaf 10 (hash s)).mix (leaf 10 s.length.toUInt64)
  | .proj s i e => return ((leaf 11 s.hash).mix (leaf 11 i.toUInt64)).mix (← hashExpr c e)
  | .bvar _ | .fvar _ | .mvar _ | .mdata .. | .lit (.natVal _) => hashExpr c e

/-- By its number; at its first occurrence also by its type, or by what its delayed assignment waits
for, so that different unknowns in the same place differ. -/
private partial def hashMVar (c : Context) (id : MVarId) : BaseIO Digest := do
  let known := (← c.numbering.get).mvars
  if let some i := known[id]? then return leaf 12 i.toUInt64
  c.numbering.modify fun s => { s with mvars := s.mvars.insert id s.mvars.size }
  let content ← match c.mctx.dAssignment.find? id, c.mctx.decls.find? id with
    | some delayed, _ => hashExpr c (instantiateIn c.mctx (.mvar delayed.mvarIdPending))
    | none, some decl => hashExpr c (instantiateIn c.mctx decl.type)
    | none, none => pure (leaf 13 0)
  return (leaf 13 known.size.toUInt64).mix content

end

end GoalHash

end Lakatos
