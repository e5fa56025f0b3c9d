"""Reading what the observers wrote, and the engine's side of the way back."""
