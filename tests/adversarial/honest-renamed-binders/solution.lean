theorem target.{w} (β : Type w) (g : β → β) (k : ∀ y, g y = y) : g = id := funext k
