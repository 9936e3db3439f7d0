"""What would happen: plans, played by the very same decisions as the daemon's."""
