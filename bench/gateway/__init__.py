"""What the gateway costs: processor time for each uploaded GB, memory for each connection."""
