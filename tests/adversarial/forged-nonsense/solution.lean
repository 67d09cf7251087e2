#eval show IO Unit from do
  let t ← IO.asTask (prio := .dedicated) (IO.println "@@{ nothing that could be read")
  discard <| IO.wait t
theorem target : 2 + 2 = 4 := rfl
