"""PINs: kept as salted hashes that are slow to try."""

import hashlib
import hmac
import secrets

from data.errors import ReelwiseError

LEAST, MOST = 4, 64
"""Characters of a PIN."""
_LOG_N, _R, _P = 14, 8, 1
"""Cost of one try: 16 MiB and some 50 ms."""
_SALT_BYTES = 16


def hashed_pin(pin: str) -> str:
    """Give what is stored of a PIN: `scrypt$14$8$1$SALT$HASH`, in hexadecimal digits.

    Raises:
        ReelwiseError: It is too short or too long.
    """
    if not LEAST <= len(pin) <= MOST:
        raise ReelwiseError(
            f"a PIN has {LEAST} to {MOST} characters, not {len(pin)}", fix="give a longer one"
        )
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(pin, salt, _LOG_N, _R, _P)
    return f"scrypt${_LOG_N}${_R}${_P}${salt.hex()}${digest.hex()}"


def is_pin(stored: str, pin: str) -> bool:
    """Whether a PIN is the one that was stored; never for a stored text that is none."""
    try:
        method, log_n, r, p, salt, digest = stored.split("$")
        if method != "scrypt" or len(pin) > MOST:
            return False
        found = _scrypt(pin, bytes.fromhex(salt), int(log_n), int(r), int(p))
        return hmac.compare_digest(found, bytes.fromhex(digest))
    except ValueError:
        return False


def _scrypt(pin: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    text = pin.encode(errors="surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=1 << log_n, r=r, p=p, dklen=32)
