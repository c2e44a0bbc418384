"""The working copy, the vault, publishing, snapshots and read access."""
