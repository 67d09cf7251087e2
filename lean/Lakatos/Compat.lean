import Lean

/-!
# What differs between Lean versions

The worker keeps to interfaces of Lean that have been stable from 4.22 on. Whatever is known to
differ between the versions that it runs on (4.2x to 4.3x, and the WebAssembly build of 4.28) stands
in this file, so that a new Lean is met by reading one page. `docs/lean-versions.md` says what was
compared.
-/

namespace Lakatos.Compat

open Lean

/-- Imports the modules with everything that the `.olean` files hold, and runs their extensions'
initializers. The trust level is the one that the command line uses. -/
def importAll (modules : Array Name) : IO Environment :=
  importModules (modules.map fun module => { module }) {} (trustLevel := 1024) (loadExts := true)
    (leakEnv := false) (level := .private)

/-- `env` with these declarations, checked by the kernel and visible to the elaborator. They must be in
dependency order.

`Environment.replay` says the same until 4.29, but for nested inductive types. Its environments are for
checking only from 4.30 on (the elaborator does not see the constants), and from 4.34 on they are the
kernel's. -/
def addDeclarations (env : Environment) (declarations : Array Declaration) : IO Environment := do
  let ctx : Core.Context := { fileName := "", fileMap := default }
  let add (d : Declaration) : CoreM Unit := do
    addDecl d
    match d with
    | .defnDecl v => enableRealizationsForConst v.name
    | .inductDecl _ _ types _ => for t in types do enableRealizationsForConst t.name
    | _ => pure ()
  let (_, s) ← (declarations.forM add).toIO ctx { env }
  return s.env

/-- Asks the kernel for `env` with the declaration, without limits but the token. The kernel always
checks: the options are made here, and none of a text's reaches it.

`addDeclCore`, which this stands on, takes a recursion limit as well from 4.33 on; it is the default of
the option `maxRecDepth` there. -/
def kernelAddDecl (env : Kernel.Environment) (d : Declaration) (token : IO.CancelToken) :
    Except Kernel.Exception Kernel.Environment :=
  env.addDecl (debug.skipKernelTC.set (maxHeartbeats.set {} 0) false) d (some token)

/-- `opts`, under which the elaborator takes declarations that the kernel has not checked. -/
def withoutKernel (opts : Options) : Options :=
  debug.skipKernelTC.set opts true

/-- `scope` with all of its section's variables in every theorem, as after `include`. -/
def includeVariables (scope : Elab.Command.Scope) : Elab.Command.Scope :=
  { scope with includedVars := scope.varUIds.toList }

/-- `s` without white space at either end. -/
def trim (s : String) : String :=
  s.trimAscii.toString

/-- `x` with another type of error (`EIO.adaptExcept` until 4.27, `EIO.adapt` since). -/
def mapError (f : ε → ε') (x : EIO ε α) : EIO ε' α := do
  match ← x.toBaseIO with
  | .ok a => return a
  | .error e => throw (f e)

/-- A name generator that shares no name with any other `tag`'s. Proof states that branch from one
another must not give one `FVarId` two meanings, since rendered hypotheses are cached by it. -/
def freshNameGenerator (tag : Nat) : NameGenerator :=
  { namePrefix := .num `_lakatos tag }

/-- Puts an elaborator for a kind of terms before Lean's own, in the environments that are imported from
then on. `name` stands for it in messages. -/
def addTermElab (kind name : Name) (elaborator : Elab.Term.TermElab) : IO Unit :=
  Elab.Term.termElabAttribute.addBuiltin kind name elaborator

/-- Whether the exception says that an identifier cannot be resolved. -/
def isUnknownIdentifier (msg : MessageData) : Bool :=
  msg.hasTag fun tag => tag == unknownIdentifierMessageTag || tag == `lean.unknownIdentifier
    || tag == `lean.unknownIdentifier.namedError

/-- Whether the message was made by the heartbeat limit. -/
def isHeartbeatLimit (msg : MessageData) : Bool :=
  msg.hasTag (· == `runtime.maxHeartbeats)

/-- Whether the message was made by the recursion limit. -/
def isRecursionLimit (msg : MessageData) : Bool :=
  msg.hasTag (· == `runtime.maxRecDepth)

/-- Whether the text is that of a type mismatch, which Lean does not tag. It was written with a
small letter until 4.22. -/
def isTypeMismatch (text : String) : Bool :=
  ["Type mismatch", "Application type mismatch", "type mismatch", "application type mismatch"].any
    fun start => text.startsWith start

/-- The platform that this Lean runs on, as `ready` reports it. -/
def platform : String :=
  if System.Platform.numBits == 32 then "wasm32"
  else if System.Platform.isWindows then "windows"
  else if System.Platform.isOSX then "macos"
  else "linux"

end Lakatos.Compat
