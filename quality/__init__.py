"""The two gates: what may enter the warehouse, what may be published, and what a sender is told."""
