"""Password hashes: streamlit-authenticator's own, so that its form and ours read the same ones."""

from __future__ import annotations

from dataclasses import dataclass

COST = 12
"""bcrypt's cost: about 0.3 s a check on an office machine. Tests use 4."""


@dataclass(frozen=True, slots=True)
class Hashing:
    """Makes and checks bcrypt hashes. Imported lazily: the library brings half of Streamlit with it."""

    cost: int = COST

    def make(self, password: str) -> str:
        """A new hash; two hashes of one password differ."""
        if self.cost == COST:
            from streamlit_authenticator.utilities.hasher import Hasher

            return str(Hasher.hash(password))
        import bcrypt

        return bcrypt.hashpw(password.encode(), bcrypt.gensalt(self.cost)).decode()

    def matches(self, password: str, hashed: str) -> bool:
        """Whether the hash is of this password. A password bcrypt cannot read (over 72 bytes) or a broken hash: no."""
        from streamlit_authenticator.utilities.hasher import Hasher

        try:
            return bool(Hasher.check_pw(password, hashed))
        except ValueError:
            return False

    def decoy(self) -> str:
        """A hash of nobody's password, checked for unknown logins so that the time taken tells nothing."""
        return f"$2b${self.cost:02d}$" + "C6UzMDM.H6dfI/f/IKcEe" + "." * 32
