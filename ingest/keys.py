"""The keyring of a site and what is derived from it: pseudonyms, marks and sealed files.

One file of mode 0600 outside the warehouse. Every use has its own key, so that an archive reader cannot make pseudonyms
and no purpose weakens another: the sealing keys are derived from one secret with HKDF-SHA-256 and change with it, the
keys of pseudonyms and marks stand beside it, because what they have marked outlives a sealing secret.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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

PSEUDONYM, PROFILE = "pseudonym", "profile"
# What is made anew together: the keys of people, and the marks by which the vault knows what it has of them.
PSEUDONYMS = (PSEUDONYM, PROFILE)
# What a new sealing secret leaves as it is.
_LASTING = (*PSEUDONYMS, "mark", "slip")

# A sealed file says that it is one, and with which secret it was sealed.
_SEALED = b"popflow1"
_NAME_BYTES = 8
_HEADER_BYTES = len(_SEALED) + _NAME_BYTES


@dataclass(frozen=True)
class SiteKey:
    """The keyring of one site. Its text form never shows a secret.

    ``_lasting`` holds the keys of purposes that do not follow the sealing secret; ``_former`` is the secret before,
    while files may still be sealed with it; ``_coming`` the pseudonym keys of a snapshot that is being made.
    """

    _secret: bytes = field(repr=False)
    _lasting: Mapping[str, bytes] = field(repr=False, default_factory=dict, hash=False)
    _former: bytes | None = field(repr=False, default=None)
    _coming: Mapping[str, bytes] = field(repr=False, default_factory=dict, hash=False)
    coming_snapshot: str | None = None

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for one purpose (``pseudonym``, ``profile``, ``mark``, ``slip``, ``vault`` ...)."""
        return self._lasting.get(purpose) or _derived(self._secret, purpose)

    def pads(self, purpose: str) -> tuple[bytes, bytes]:
        """Return the inner and outer pad of HMAC-SHA-256 (RFC 2104) for a purpose, for use as SQL parameters.

        They are the parameters ``$inner`` and ``$outer`` of ``hmac_expression``.
        """
        block = self.derive(purpose).ljust(HMAC_BLOCK_BYTES, b"\0")
        return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)

    @property
    def pseudonyms_id(self) -> str:
        """A name for the keys that pseudonyms are made with; it says nothing about them."""
        return _derived(self.derive(PSEUDONYM), "name")[:_NAME_BYTES].hex()

    def seal(self, content: bytes, purpose: str) -> bytes:
        """Encrypt and authenticate ``content`` with AES-256-GCM; purpose and secret's name are bound to the result."""
        header = _SEALED + _name_of(self._secret)
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = AESGCM(_derived(self._secret, purpose))
        return header + nonce + cipher.encrypt(nonce, content, header + purpose.encode())

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Return what ``seal`` was given.

        Raises ``UsageError`` where the key is another one or the bytes were changed.
        """
        header = sealed[:_HEADER_BYTES] if sealed.startswith(_SEALED) else b""  # older files do not name their secret
        nonce, body = sealed[len(header) : len(header) + NONCE_BYTES], memoryview(sealed)[len(header) + NONCE_BYTES :]
        for secret in (self._secret, self._former):
            if secret is None or header not in {b"", _SEALED + _name_of(secret)}:
                continue
            with contextlib.suppress(InvalidTag):
                return AESGCM(_derived(secret, purpose)).decrypt(nonce, body, header + purpose.encode())
        raise UsageError(
            f"a sealed {purpose} file does not open with this site's key: put back the key it was made with"
        )

    def is_sealed_with_this(self, beginning: bytes) -> bool:
        """Whether a sealed file that begins so was sealed with the present secret, not with the one before."""
        return beginning[:_HEADER_BYTES] == _SEALED + _name_of(self._secret)

    @property
    def is_changing(self) -> bool:
        """Whether files may still be sealed with the secret before."""
        return self._former is not None

    def with_new_secret(self) -> SiteKey:
        """Return a keyring that seals with a new secret, opens what the present one sealed, and marks as before."""
        lasting = {purpose: self.derive(purpose) for purpose in _LASTING}
        return replace(self, _secret=secrets.token_bytes(KEY_BYTES), _lasting=lasting, _former=self._secret)

    def without_former_secret(self) -> SiteKey:
        """Return a keyring that no longer opens what the secret before sealed."""
        return replace(self, _former=None)

    def with_coming_pseudonyms(self, snapshot_id: str) -> SiteKey:
        """Return a keyring that also has new pseudonym keys, for the snapshot that is made with them."""
        coming = {purpose: secrets.token_bytes(KEY_BYTES) for purpose in PSEUDONYMS}
        return replace(self, _coming=coming, coming_snapshot=snapshot_id)

    def for_snapshot(self, snapshot_id: str | None) -> SiteKey:
        """Return the keyring that goes with a snapshot: with the coming pseudonym keys where they were made for it."""
        if self.coming_snapshot is None:
            return self
        arrived = self._coming if self.coming_snapshot == snapshot_id else {}
        lasting = {**{purpose: self.derive(purpose) for purpose in _LASTING}, **arrived}
        return replace(self, _lasting=lasting, _coming={}, coming_snapshot=None)

    def written(self) -> str:
        """Return the text that the key file has."""
        kept: dict[str, object] = {"sealing": self._secret.hex(), "lasting": _hex(self._lasting)}
        if self._former is not None:
            kept["former_sealing"] = self._former.hex()
        if self.coming_snapshot is not None:
            kept |= {"coming": _hex(self._coming), "coming_snapshot": self.coming_snapshot}
        return json.dumps(kept, indent=1)


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"popflow/{purpose}".encode()).derive(secret)


def _name_of(secret: bytes) -> bytes:
    return _derived(secret, "name")[:_NAME_BYTES]


def _hex(keys: Mapping[str, bytes]) -> dict[str, str]:
    return {purpose: key.hex() for purpose, key in keys.items()}


def hmac_expression(message: str) -> str:
    """Return the SQL expression of the keyed mark of a text: HMAC-SHA-256 in hexadecimal, shortened.

    It is computed set-wise inside DuckDB and wants the two pads of a purpose as parameters ``$inner`` and ``$outer``.
    """
    inner = f"unhex(sha256($inner::BLOB || encode({message})))"
    return f"left(sha256($outer::BLOB || {inner}), {MARK_CHARACTERS})"


def create_key(path: Path) -> SiteKey:
    """Write a new random keyring to ``path`` with mode 0600; an existing one is never replaced."""
    lasting = {purpose: secrets.token_bytes(KEY_BYTES) for purpose in _LASTING}
    key = SiteKey(secrets.token_bytes(KEY_BYTES), lasting)
    try:
        _write(path, key)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already: a site's key is made once and never overwritten") from error
    return key


def replace_key(path: Path, key: SiteKey) -> None:
    """Put another keyring in the place of the one at ``path``, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    _write(fresh, key)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(path: Path, key: SiteKey) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key.written())
        file.flush()
        os.fsync(file.fileno())


def load_key(path: Path) -> SiteKey:
    """Read the keyring, or the one secret of all purposes that older sites have; refuse one that others can read.

    Raises ``UsageError`` where the file is missing, damaged or readable by others.
    """
    try:
        content = path.read_bytes()
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError as error:
        raise UsageError(f"the site key {path} is missing: restore it from its safe copy") from error
    except OSError as error:
        raise UsageError(f"the site key {path} cannot be read ({error.strerror}): correct its permissions") from error
    if mode & 0o077:
        raise UsageError(f"the site key {path} can be read by others (mode {mode:04o}): run chmod 600 on it")
    if len(content) == KEY_BYTES:
        return SiteKey(content)
    try:
        return _read(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"the site key {path} is damaged ({len(content)} bytes): restore it from its safe copy"
        ) from error


def _read(kept: Mapping[str, object]) -> SiteKey:
    former, coming_snapshot = kept.get("former_sealing"), kept.get("coming_snapshot")
    return SiteKey(
        _secret_of(kept["sealing"]),
        _keys_of(kept["lasting"]),
        None if former is None else _secret_of(former),
        _keys_of(kept.get("coming", {})),
        None if coming_snapshot is None else str(coming_snapshot),
    )


def _keys_of(kept: object) -> dict[str, bytes]:
    if not isinstance(kept, dict):
        raise TypeError
    return {str(purpose): _secret_of(text) for purpose, text in kept.items()}


def _secret_of(text: object) -> bytes:
    secret = bytes.fromhex(str(text))
    if len(secret) != KEY_BYTES:
        raise ValueError
    return secret
