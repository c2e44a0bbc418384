"""Which rows without a valid number are whose: pairs scored by a frozen model, links resolved from them."""
