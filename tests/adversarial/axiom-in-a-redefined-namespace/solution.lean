namespace Classical
namespace Strong
axiom choice {α : Sort u} : α
end Strong
end Classical
open Classical.Strong
theorem target : 2 + 2 = 5 := Classical.Strong.choice
