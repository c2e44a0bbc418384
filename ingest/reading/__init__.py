"""Bytes of a delivered file become sheets of text, whatever program saved them."""
