"""Invented people and the messy lists made of them, with the truth kept beside."""
