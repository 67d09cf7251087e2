import Lakatos

/-!
The worker program: reads requests on standard input, answers on standard output.
See `docs/protocol.md`; `Lakatos.Worker.main` holds the loop. With `--repl` it speaks the community REPL's
protocol instead (`Lakatos.Repl.serve`).
-/

unsafe def main (args : List String) : IO UInt32 := do
  if args.contains "--repl" then
    Lakatos.Repl.serve
    -- The embedded Lean's interpreter loses what `main` returns.
    IO.Process.exit 0
  Lakatos.Worker.main args
