"""The check of a credential that was seen before, against the check of a signature.

What limits it: a look-up in a dict by the credential and the address, and reading the clock twice.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from _measure import best_in_turn_s, report, sized, timed

from tradewind.adapters.memory.security_store import MemorySecurityStore
from tradewind.adapters.sql.database import open_database, sqlite_url
from tradewind.adapters.sql.identities import SqlIdentities
from tradewind.gateway.authentication import Authentication
from tradewind.gateway.tokens import AccessTokens
from tradewind.ports.identity import Session, User

CHECKS = sized(200_000, 20_000)
SIGNATURES = CHECKS // 20
DAY_NS = 86_400 * 10**9
TARGET = 150.0


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        identities = SqlIdentities(open_database(sqlite_url(Path(folder) / "security.db")))
        now_ns = time.time_ns()
        identities.add_user(User("u1", "ann", "trader", ("*",), "", now_ns))
        session = Session("s1", "u1", b"r", now_ns, now_ns, now_ns + DAY_NS, "127.0.0.1", "")
        identities.put_session(session)
        tokens = AccessTokens([b"s" * 32])
        check = Authentication(identities, tokens, MemorySecurityStore(), lambda: now_ns)
        check.look()
        token = tokens.issue("u1", "s1", time_ns=now_ns)
        check.principal(token, "127.0.0.1")

        def cached() -> None:
            for _ in range(CHECKS):
                assert not check.is_due()
                assert check.known(token, "127.0.0.1") is not None

        def signed() -> None:
            for _ in range(SIGNATURES):
                assert AccessTokens([b"s" * 32]).read(token, time_ns=now_ns) is not None

        cached_s, signed_s = best_in_turn_s(timed(cached), timed(signed))
    cached_us, signed_us = cached_s / CHECKS * 1e6, signed_s / SIGNATURES * 1e6
    return report(
        "token_check", cached_us, "us", floor=signed_us, ratio=signed_us / cached_us, target=TARGET
    )


if __name__ == "__main__":
    sys.exit(main())
