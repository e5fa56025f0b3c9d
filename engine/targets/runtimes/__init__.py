"""How services come to run: as processes of this machine, in containers, or already."""
