theorem target (p : Prop) : ¬¬p → p := fun h => (Classical.em p).elim id fun n => absurd n h
