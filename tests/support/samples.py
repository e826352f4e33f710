"""One message of every type, with fields that fit their bounds."""

from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, ErrorCode, FindBy, NoticeKind, Role
from tests.support import keys

B8, B16, B32 = b"8" * 8, b"6" * 16, b"2" * 32
ENTRY = m.Entry(B8, "alice", B32, "127.0.0.1:8002")
SPKI = keys.public("alice").spki

MESSAGES: tuple[m.Message, ...] = (
    m.ClientHello((1,), (1,), B32, B32, b"e" * 1184),
    m.ServerHello(1, 1, B32, B32, b"c" * 1088),
    m.Alert(AlertCode.VERSION, (1,)),
    m.ServerAuth(SPKI, b"s" * 384, B32),
    m.ClientAuth(Role.CHAT, "alice", SPKI, b"s" * 384, B32),
    m.AuthResult(AlertCode.ACCEPTED),
    m.Close(),
    m.KeyUpdate(),
    m.Ping(B8),
    m.Pong(B8),
    m.Welcome(B32, B8, "alice", "127.0.0.1:8002", 2, 1_700_000_000_000, 1 << 26, 1 << 32, "hi"),
    m.Roster(0, (ENTRY,)),
    m.Notice(NoticeKind.JOIN, 2, ENTRY),
    m.Error(7, ErrorCode.OFFLINE),
    m.Find(8, FindBy.NAME, "bob"),
    m.Found(8, (ENTRY,)),
    m.PrekeyPut(b"bundle"),
    m.PrekeyGet(9, B8),
    m.Prekey(9, b"bundle"),
    m.ChatSend(10, B8, b"envelope"),
    m.ChatDeliver(B8, B32, b"envelope"),
    m.Sent(10),
    m.UpOffer(b"manifest"),
    m.UpReady(B16, 3, B32, 640),
    m.UpData(B16, 3, 2, b"u" * 768),
    m.UpAck(B16, 5, B32),
    m.UpFin(B16),
    m.UpReceipt(B16, b"receipt"),
    m.UpAbort(B16, ErrorCode.CRYPTO),
    m.Join(B16),
    m.Joined(0),
)
BY_TYPE: dict[int, m.Message] = {message.type: message for message in MESSAGES}
