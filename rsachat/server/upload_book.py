"""Which uploads there are, found by number, by connection and by transfer."""

import hashlib
from collections.abc import Iterator
from itertools import count

from rsachat.protocol.manifest import Manifest
from rsachat.protocol.safe_names import StoredName
from rsachat.protocol.transfer import TransferKey
from rsachat.server.quotas import Claim
from rsachat.server.upload import Stage, Upload, Uploader


class UploadBook:
    """At most one upload a connection, and one a transfer; it decides nothing."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._by_part: dict[int, Upload] = {}
        self._by_conn: dict[int, Upload] = {}
        self._by_key: dict[TransferKey, Upload] = {}
        self._aborted: dict[int, bytes] = {}

    def __iter__(self) -> Iterator[Upload]:
        """Those that a connection works on."""
        return iter(self._by_conn.values())

    def enter(
        self, conn: int, who: Uploader, manifest: Manifest, name: StoredName, now_ms: int
    ) -> Upload:
        """A new one; it takes the place of another of the same transfer."""
        upload = Upload(
            part=next(self._numbers),
            conn=conn,
            who=who,
            manifest=manifest,
            mh=manifest.mh,
            name=name,
            started_ms=now_ms,
            hasher=hashlib.sha256(),
        )
        self._by_part[upload.part] = upload
        self._by_conn[conn] = upload
        self._by_key[upload.key] = upload
        return upload

    def of_part(self, part: int) -> Upload | None:
        return self._by_part.get(part)

    def of_conn(self, conn: int, tid: bytes | None = None) -> Upload | None:
        """The upload of a connection; with `tid`, only if it is that one."""
        upload = self._by_conn.get(conn)
        wanted = upload is not None and tid in (None, upload.manifest.tid)
        return upload if wanted else None

    def of_key(self, key: TransferKey) -> Upload | None:
        """The transfer's upload, if a connection works on it."""
        upload = self._by_key.get(key)
        return upload if upload is not None and upload.conn is not None else None

    def claims(self) -> dict[TransferKey, Claim]:
        """What those that were let in take of quota and space."""
        return {
            key: upload.claim
            for key, upload in self._by_key.items()
            if upload.stage is not Stage.EXAMINING
        }

    def leave(self, upload: Upload) -> None:
        """Nobody waits for its answer any more."""
        if upload.conn is not None and self._by_conn.get(upload.conn) is upload:
            del self._by_conn[upload.conn]
        upload.conn = None

    def strike(self, upload: Upload) -> None:
        """It is over."""
        self.leave(upload)
        self._by_part.pop(upload.part, None)
        if self._by_key.get(upload.key) is upload:
            del self._by_key[upload.key]

    def note_abort(self, conn: int, tid: bytes) -> bool:
        """Remember that this connection was told that `tid` is over; whether that is new."""
        known = self._aborted.get(conn) == tid
        self._aborted[conn] = tid
        return not known

    def forget_conn(self, conn: int) -> None:
        self._aborted.pop(conn, None)
