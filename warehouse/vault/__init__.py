"""The vault: the only place that has names, numbers and phones.

A night hands its gated rows in here and gets pseudonymous rows back; what they say of whom is kept as sealed, immutable
segments. Which segments are live is said by the manifest of the published snapshot alone, so the vault changes with the
warehouse or not at all. Identities are worked on in memory and never written to disk unsealed.
"""

from warehouse.vault.admitting import admit
from warehouse.vault.asking import ask_senders
from warehouse.vault.memory import open_in_memory
from warehouse.vault.people import is_other_model, link_people

__all__ = ["admit", "ask_senders", "is_other_model", "link_people", "open_in_memory"]
