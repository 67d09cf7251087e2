import Lakatos.Compat

/-!
# Deadlines

Lean's elaborator and kernel look at a cancel token from time to time. One dedicated thread, the
*watchdog*, sets the token of the alarm that is armed when its time has come. While no alarm is
armed the thread waits on a condition variable and costs nothing.
-/

namespace Lakatos

open Lean

/-- A token to be set at a time on the monotonic clock. -/
structure Alarm where
  /-- Milliseconds on the monotonic clock. -/
  time : Nat
  /-- Set at that time. -/
  token : IO.CancelToken

/-- The alarm that is armed, and the signal that one was armed. -/
structure Watchdog where
  private mk ::
  private alarm : Std.Mutex (Option Alarm)
  private armed : Std.Condvar

namespace Watchdog

/-- How long to sleep before an armed alarm is looked at again. Another one may be armed meanwhile, so
the sleep is short even where there is much time. -/
private def napMs (left : Nat) : UInt32 :=
  (max 10 (min 50 (left / 4))).toUInt32

/-- Waits until an alarm is armed; sets its token and disarms it where its time has come. The
milliseconds that are left otherwise. -/
private def look (w : Watchdog) : BaseIO (Option Nat) :=
  w.alarm.atomicallyOnce w.armed (return (← get).isSome) do
    let some alarm ← get | return none
    let now ← IO.monoMsNow
    if now < alarm.time then return some (alarm.time - now)
    alarm.token.set
    set (none : Option Alarm)
    return none

private partial def watch (w : Watchdog) : BaseIO Unit := do
  if let some left ← look w then IO.sleep (napMs left)
  watch w

/-- Starts the thread. -/
def start : BaseIO Watchdog := do
  let w := { alarm := ← Std.Mutex.new none, armed := ← Std.Condvar.new }
  discard <| (watch w).asTask .dedicated
  return w

/-- Arms `new` in place of what is armed, which is returned. -/
private def exchange (w : Watchdog) (new : Option Alarm) : BaseIO (Option Alarm) := do
  let old ← w.alarm.atomically (modifyGet fun old => (old, new))
  if new.isSome then w.armed.notifyOne
  return old

/-- Runs `x` with an alarm at `time`. Alarms nest: the inner one rings no later than the outer one,
which is armed again afterwards. `x` receives a token of its own. -/
def withAlarm [Monad m] [MonadLiftT BaseIO m] [MonadFinally m] (w : Watchdog) (time : Nat)
    (x : IO.CancelToken → m α) : m α := do
  let token ← IO.CancelToken.new
  let outer ← w.exchange none
  let time := match outer with
    | some outer => min time outer.time
    | none => time
  discard <| w.exchange (some { time, token })
  try x token finally discard <| w.exchange outer

end Watchdog

end Lakatos
