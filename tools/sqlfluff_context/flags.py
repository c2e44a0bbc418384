"""What ``flags`` are while SQL is linted: none given."""

FULL_REFRESH = False
