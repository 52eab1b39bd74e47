"""How many holds and captures a second billing does, beside its peers."""
