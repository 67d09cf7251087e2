import Lakatos.Monad
import Lakatos.Mutate.Normal

/-!
# The operation `constants`

The public theorems and definitions of the imported library (Lean's own implementation left out), by the
beginnings of their names, with what their types speak of and, where it is asked for, the hash by which
statements count as the same.
-/

namespace Lakatos

open Lean Meta

namespace Constants

/-- What a compiler, and not an author, has made. -/
private def generated (env : Environment) (name : Name) : Bool :=
  name.isInternalDetail || isPrivateName name || isAuxRecursor env name || isRecCore env name
    || isNoConfusion env name || (env.getProjectionFnInfo? name).isSome
    || match name with
      | .str _ s =>
        s.startsWith "eq_" && (s.drop 3).toString.isNat || s.startsWith "induct" || s.startsWith "congr_simp"
          || ["eq_def", "sizeOf_spec", "injEq", "inj", "noConfusion", "brecOn", "below", "casesOn", "ctorIdx",
              "fun_cases", "mutual_induct", "match_1"].contains s
      | _ => true

private def kindOf (view : Axioms.View) : ConstantInfo → MetaM (Option String)
  | .thmInfo _ => return some "theorem"
  | .axiomInfo v => do
    unless view.given v do return none
    -- A definition whose body is not there looks the same as a theorem.
    return some (if ← isProp v.type then "theorem" else "definition")
  | .defnInfo v => do
    if ← isProp v.type then return some "theorem"
    return if isInstanceCore (← getEnv) v.name then none else some "definition"
  | .opaqueInfo _ => return some "definition"
  | .inductInfo _ => return some "definition"
  | _ => return none

end Constants

/-- The operation `constants`. -/
def handleConstants : Handler := fun request => do
  let opened ← WorkerM.envOf request
  let prefixes := (← Request.field? (Array String) request "prefixes").getD #[]
  let kinds := (← Request.field? (Array String) request "kinds").getD #["theorem", "definition"]
  let hashes := (← Request.field? Bool request "hashes").getD false
  let env := opened.state.env
  let view := Axioms.View.of env
  let p ← ProofState.ofCommandState opened.state
  let names := env.constants.map₁.fold (init := #[]) fun names name _ =>
    let text := name.toString
    let module := (env.getModuleIdxFor? name).bind fun i => env.header.moduleNames[i]?
    let library := module.any fun m => m.getRoot != `Lean && m.getRoot != `Lake
    if library && (prefixes.isEmpty || prefixes.any fun p => text.startsWith p)
        && !Constants.generated env name then names.push (text, name) else names
  let names := names.qsort fun a b => a.1 < b.1
  let (found, _) ← WorkerM.runIn p do
    let mut found := #[]
    for (text, name) in names do
      let some info := env.find? name | continue
      let some kind ← Constants.kindOf view info | continue
      unless kinds.contains kind do continue
      let module := ((env.getModuleIdxFor? name).bind fun i => env.header.moduleNames[i]?).getD .anonymous
      let uses := info.type.getUsedConstants.map (toString ·)
      let hash ← if hashes then some <$> Mutate.normalHash info.type else pure none
      found := found.push <| Json.mkObj [("name", text), ("kind", kind), ("module", toString module),
        ("uses", toJson uses), ("hash", (hash.map Json.str).getD .null), ("doc", match ← findDocString? env name with
          | some doc => .str (clip doc)
          | none => .null)]
    return found
  return Json.mkObj [("constants", .arr found)]

end Lakatos
