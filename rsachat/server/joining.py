"""A newcomer with an invitation: JOIN, its look-up at the edge, JOINED and the end (PROTOCOL 5.5).

The connection stays among the strangers until it closes. Whether an invitation is good is not
decided here: the file of invitations and the keys change in one step outside the core.
"""

from typing import Protocol

from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.invitation import hashed_secret
from rsachat.protocol.messages import Join, Joined
from rsachat.server.admission import Gate
from rsachat.server.connection import Connection, Phase
from rsachat.server.events import Announce, InvitationRedeemed, Redeemed, RedeemInvitation
from rsachat.server.metrics import Tally
from rsachat.server.notices import Authorized
from rsachat.server.outgoing import Outgoing

REFUSED = "it has no valid invitation"
FAILED = "its invitation could not be looked up"


class End(Protocol):
    """Ends a connection by an alert, or by none where its end was said."""

    def __call__(
        self,
        conn: Connection,
        code: AlertCode | None,
        now: float,
        /,
        *,
        why: str,
        said: AlertCode | None = None,
    ) -> None: ...


class Joining:
    """Asks the edge, and tells the newcomer."""

    def __init__(self, gate: Gate, out: Outgoing, tally: Tally, end: End) -> None:
        self._gate = gate
        self._out = out
        self._tally = tally
        self._end = end
        self._asked: dict[int, Connection] = {}

    def ask(self, conn: Connection, message: Join, now: float) -> None:
        """A JOIN came; the link lets only one through, and only of a proven key."""
        assert conn.link.peer is not None
        self._asked[conn.id] = conn
        hashed = hashed_secret(message.secret)
        self._out.act(RedeemInvitation(conn.id, hashed, conn.name, conn.link.peer.spki))

    def answer(self, event: InvitationRedeemed, now: float) -> None:
        """Say the outcome, then CLOSE. A wrong invitation counts as a failed handshake.

        Both count though the newcomer has left meanwhile.
        """
        conn = self._asked.pop(event.conn)
        match event.outcome:
            case Redeemed.ACCEPTED:
                self._tally.logged_in(Role.JOIN)
                self._out.act(Announce(Authorized(conn.name, conn.address)))
                self._say(conn, AlertCode.ACCEPTED, now, why="")
            case Redeemed.REFUSED:
                self._gate.failed(conn.address, now)
                self._say(conn, AlertCode.NOT_AUTHORIZED, now, why=REFUSED)
            case Redeemed.FAILED if conn.phase is not Phase.CLOSED:
                self._end(conn, AlertCode.INTERNAL, now, why=FAILED)

    def _say(self, conn: Connection, code: AlertCode, now: float, *, why: str) -> None:
        if conn.phase is Phase.CLOSED:
            return
        self._out.say(conn, Joined(code))
        self._out.say_last(conn)
        conn.link.close()
        self._end(conn, None, now, why=why, said=code)
