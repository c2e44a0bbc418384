"""The site key and what is derived from it: pseudonyms and sealed files.

One random key of 32 bytes per site, kept in a file of mode 0600 outside the warehouse. Every use has its own key,
derived with HKDF-SHA-256, so that an archive reader cannot make pseudonyms and no purpose weakens another.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ingest.errors import UsageError

KEY_BYTES = 32
NONCE_BYTES = 12
HMAC_BLOCK_BYTES = 64
# Half of SHA-256 is far more than can ever collide by chance, and half the room.
MARK_CHARACTERS = 32


@dataclass(frozen=True)
class SiteKey:
    """The secret of one site. Its text form never shows the secret."""

    _secret: bytes = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for one purpose (``pseudonym``, ``mark``, ``slip``, ``vault``, ``archive``)."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"popflow/{purpose}".encode()).derive(self._secret)

    def pads(self, purpose: str) -> tuple[bytes, bytes]:
        """Return the inner and outer pad of HMAC-SHA-256 (RFC 2104) for a purpose, for use as SQL parameters.

        They are the parameters ``$inner`` and ``$outer`` of ``hmac_expression``.
        """
        block = self.derive(purpose).ljust(HMAC_BLOCK_BYTES, b"\0")
        return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)

    def seal(self, content: bytes, purpose: str) -> bytes:
        """Encrypt and authenticate ``content`` with AES-256-GCM; the purpose is bound to the result."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.derive(purpose)).encrypt(nonce, content, purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Return what ``seal`` was given.

        Raises ``UsageError`` where the key is another one or the bytes were changed.
        """
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self.derive(purpose)).decrypt(nonce, body, purpose.encode())
        except InvalidTag as error:
            raise UsageError(
                f"a sealed {purpose} file does not open with this site's key: put back the key it was made with"
            ) from error


def hmac_expression(message: str) -> str:
    """Return the SQL expression of the keyed mark of a text: HMAC-SHA-256 in hexadecimal, shortened.

    It is computed set-wise inside DuckDB and wants the two pads of a purpose as parameters ``$inner`` and ``$outer``.
    """
    inner = f"unhex(sha256($inner::BLOB || encode({message})))"
    return f"left(sha256($outer::BLOB || {inner}), {MARK_CHARACTERS})"


def create_key(path: Path) -> SiteKey:
    """Write a new random key to ``path`` with mode 0600; an existing key is never replaced."""
    secret = secrets.token_bytes(KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already: a site's key is made once and never replaced") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return SiteKey(secret)


def load_key(path: Path) -> SiteKey:
    """Read the site key; refuse one that others can read.

    Raises ``UsageError`` where the file is missing, of the wrong size or readable by others.
    """
    try:
        secret = path.read_bytes()
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError as error:
        raise UsageError(f"the site key {path} is missing: restore it from its safe copy") from error
    except OSError as error:
        raise UsageError(f"the site key {path} cannot be read ({error.strerror}): correct its permissions") from error
    if mode & 0o077:
        raise UsageError(f"the site key {path} can be read by others (mode {mode:04o}): run chmod 600 on it")
    if len(secret) != KEY_BYTES:
        raise UsageError(f"the site key {path} is damaged ({len(secret)} bytes instead of {KEY_BYTES})")
    return SiteKey(secret)
