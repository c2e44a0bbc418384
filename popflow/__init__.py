"""Site settings, the steps of a night and the command line."""
