"""Every limit, time and size, each with its unit and its reason. Flags map to these.

Numbers that both ends must agree on are marked "wire"; changing one changes the protocol.
"""

from dataclasses import dataclass, field

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class WireLimits:
    """Sizes on the wire, in bytes, checked before anything is buffered."""

    handshake_frame: int = 8192  # wire: the largest legal hello is 2.3 KiB
    record: int = 69_632  # wire: one 64 KiB unit and its header fit
    text: int = 61_440  # wire: 60 KiB of UTF-8 in one message
    inbox_handshake: int = 16 * KIB  # a stranger may make us hold this much


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """When a direction changes its keys (PROTOCOL section 3)."""

    records: int = 1 << 20  # wire
    ciphertext_bytes: int = 1 << 30  # wire
    seconds: float = 3600.0  # the sender's own promise; never checked by the receiver


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """What strangers may cost (PROTOCOL 2.3). Times in seconds."""

    handshake_seconds: float = 10.0
    strangers_each: int = 32  # unauthenticated connections of one address
    strangers_all: int = 256
    connects_per_second: float = 10.0  # new connections of one address
    connects_burst: int = 100
    failures: int = 20  # failed proofs of one address in `failure_window`
    failure_window: float = 60.0
    failure_ban: float = 60.0
    signatures_waiting: int = 128  # 0.35 s of one core; more is BUSY
    limit_loopback: bool = False  # loopback is exempt from the per-address rows


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """A connection after its handshake. Times in seconds, sizes in bytes."""

    prekey_seconds: float = 3.0  # from WELCOME to the first PREKEY_PUT
    prekey_every: float = 10.0  # one PREKEY_PUT in this time
    ping_after: float = 30.0  # idle
    dead_after: float = 90.0  # no input at all
    stalled_after: float = 30.0  # a socket that takes no byte
    sessions_per_key: int = 64
    uploads_per_key: int = 8
    roster: int = 500  # wire: entries of one list
    roster_again: int = 450  # the list comes back when the number falls to this
    count_every: float = 1.0  # count-only notices above `roster`
    count_pass: int = 600  # sessions told of it in one pass of the loop: 15 ms
    sent_delay: float = 0.020  # SENT rides with other records, but no later


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """The server's buckets and queues for chat (PROTOCOL section 8)."""

    envelopes_per_second: float = 100.0
    envelopes_burst: float = 1000.0
    bytes_per_second: float = 2.0 * MIB
    bytes_burst: float = 8.0 * MIB
    asks_per_second: float = 20.0  # PREKEY_GET and FIND together; in floods PING, KEY_UPDATE, 80-FF
    asks_burst: float = 500.0
    offers_per_second: float = 0.5  # UP_OFFER: 30 a minute and key
    offers_burst: float = 30.0
    queue_sender: int = 2 * MIB  # one sender's bytes waiting for one recipient
    queue_all: int = 16 * MIB  # all that waits for one recipient
    queue_everybody: int = 256 * MIB  # for all together; beyond it, `queue_least` for each
    queue_least: int = 256 * KIB  # has room for one recipient, whatever waits for others
    other_pause: int = 256 * KIB  # other than chat waiting: its own input waits too
    other_close: int = 1 * MIB
    in_flight: int = 256 * KIB  # sealed bytes handed to the socket at a time


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """End-to-end sessions (PROTOCOL section 4). Times in seconds unless named ms."""

    find_seconds: float = 10.0  # FIND or PREKEY_GET without an answer
    find_cache: float = 5.0
    comeback: float = 45.0  # after a lost server: the longest pause of others' own --reconnect
    receipt_delay: float = 0.050
    receipt_every: int = 32
    receipt_wait: float = 30.0  # after SENT
    send_wait: float = 90.0  # after sending
    restart_every: float = 10.0
    restarts: int = 3
    window_messages: int = 256
    window_bytes: int = 1 * MIB
    session_messages: int = 1 << 20
    session_seconds: float = 24 * 3600.0
    skip: int = 1024
    prekey_seconds: float = 3600.0  # a new bundle each hour
    prekey_inits: int = 4096
    prekey_grace: float = 60.0  # the previous private part lives on
    bundle_life_ms: int = 2 * 3600 * 1000
    bundle_skew_ms: int = 10 * 60 * 1000
    inits_per_second: float = 0.1  # 6 a minute of one sending session
    inits_burst: float = 12.0
    incoming_each: int = 2
    incoming_all: int = 4096
    mids: int = 4096  # of one sender, remembered so that a repeat is not shown again
    senders: int = 1024  # whose mids are remembered; the longest silent one is forgotten
    prekey_gap: float = 30.0  # between two PREKEY_PUT: one in 10 s is taken, and one may be delayed
    held_inits: int = 16  # that wait for their sender's bundle
    held_seconds: float = 5.0
    pins_per_second: float = 1 / 3  # 20 new pins a minute on the word of an INIT
    pins_burst: float = 20.0
    behind_messages: int = 256  # envelopes waiting behind one INIT
    behind_bytes: int = 1 * MIB
    behind_all: int = 16 * MIB
    bad_messages: int = 16  # that do not verify, until RESET is sent too
    reset_every: float = 10.0  # one RESET for a sid
    remembered: int = 4096  # sids answered by RESET, senders warned about
    clock_skew_ms: int = 5 * 60 * 1000  # beyond it the client says "check the clock"


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """Uploads (PROTOCOL section 6). Sizes in bytes, times in seconds."""

    chunk: int = 256  # wire
    envelope_chunk: int = 65_536  # wire
    window: int = 640  # units beyond the acknowledged ones, mode 1
    envelope_window: int = 16
    units_per_data: int = 160  # wire: at most
    data_bytes: int = 65_536  # wire: at most
    units_per_task: int = 4  # bigger tasks gain nothing and make a handshake wait
    units_per_message: int = 16  # what a sender puts into one UP_DATA: four tasks
    units_at_first: int = 1  # and then twice as many, so that a link that dies soon stores some
    read_ahead: int = 128  # units a sender encrypts beyond the window: it never runs dry
    envelope_ahead: int = 4  # the same for segments, which are 256 times as long
    max_rsa_file: int = 64 * MIB  # 2.6 ms of server CPU each 256 bytes
    max_file: int = 4 * GIB
    quota_client: int = 8 * GIB
    quota_total: int = 32 * GIB
    free_margin: int = 64 * MIB
    unfinished_each: int = 16
    unfinished_all: int = 1024
    part_idle: float = 24 * 3600.0
    receipt_kept: float = 31 * 24 * 3600.0
    manifest_age_ms: int = 30 * 24 * 3600 * 1000
    manifest_skew_ms: int = 10 * 60 * 1000
    crypto_aborts: int = 3  # in an hour: no uploads of that key for an hour
    crypto_window: float = 3600.0
    survey_every: float = 3600.0  # looking for parts that were left behind
    rehash_slice: int = 256 * KIB  # read and hashed in one pass of the loop


@dataclass(frozen=True, slots=True)
class KeyFileLimits:
    """The keys folder. Sizes in bytes, times in seconds unless named otherwise."""

    file_bytes: int = 16 * KIB  # a protected RSA-4096 key has 3.5 KiB
    pins_bytes: int = 4 * MIB  # some 30,000 pinned people
    password_bytes: int = 4 * KIB  # of a password file, its first line counts
    invitations_bytes: int = 1 * MIB  # some 8,000 that wait at a time
    invitation_ms: int = 24 * 3600 * 1000  # how long one may be used
    password_tries: int = 3  # typed ones; a given one is tried once
    scratch_kept: float = 3600.0  # what a killed write left, if it was killed at all


KEY_FILES = KeyFileLimits()


@dataclass(frozen=True, slots=True)
class LogLimits:
    """The file of --log-file. Sizes in bytes."""

    max_size: int = 10 * MIB  # some 100,000 lines; 0: it grows without end
    keep: int = 5  # older ones, beside the one that is written


@dataclass(frozen=True, slots=True)
class MetricsLimits:
    """The port of --metrics. Sizes in bytes, times in seconds."""

    request: int = 8 * KIB  # what a collector says has some 300
    request_seconds: float = 5.0
    connections: int = 8  # at a time; one more is closed


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How long a worker process may say nothing; one that is stopped or stuck is replaced."""

    beat_every: float = 1.0  # seconds; one that computes says so, however long its job takes
    silent_beats: int = 5  # missed in a row: half of a handshake's time is left for another
    start_beats: int = 30  # until it has its key: a loaded machine, a cold disk


POOL = PoolLimits()


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """All that a server is told at its start."""

    host: str = "127.0.0.1"
    port: int = 8000
    open: bool = False
    workers: int = 0  # 0: one for each core
    motd: str = ""
    uploads_mode: int = 0o600
    tap: bool = False  # announce every envelope as it is relayed
    metrics_at: tuple[str, int] | None = None  # host and port, 0 for any free one
    log: LogLimits = field(default_factory=LogLimits)
    metrics: MetricsLimits = field(default_factory=MetricsLimits)
    records: RecordLimits = field(default_factory=RecordLimits)
    admission: AdmissionLimits = field(default_factory=AdmissionLimits)
    session: SessionLimits = field(default_factory=SessionLimits)
    relay: RelayLimits = field(default_factory=RelayLimits)
    transfer: TransferLimits = field(default_factory=TransferLimits)


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """All that a client is told at its start. Times in seconds."""

    handshake_seconds: float = 10.0
    linger_seconds: float = 1.0
    backlog_pause: int = 1 * MIB  # own bytes that the server does not take: it is not read
    records: RecordLimits = field(default_factory=RecordLimits)
    session: SessionLimits = field(default_factory=SessionLimits)
    chat: ChatLimits = field(default_factory=ChatLimits)
    transfer: TransferLimits = field(default_factory=TransferLimits)
