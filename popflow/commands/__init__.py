"""The commands of popflow, one module per group; `popflow.cli` puts them together."""
