"""What the bus between replicas costs."""
