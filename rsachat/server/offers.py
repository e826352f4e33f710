"""What can be said about an offer without looking at the disk (PROTOCOL 6.1, 6.5, section 8)."""

from dataclasses import dataclass

from rsachat.crypto.rsa import PublicKey
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import Manifest, check_manifest
from rsachat.protocol.safe_names import NameRefused, StoredName, check_stored_name
from rsachat.protocol.transfer import TransferRefused
from rsachat.server.limits import SlidingCount
from rsachat.settings import TransferLimits


@dataclass(slots=True)
class _Failures:
    """The CRYPTO aborts of one key."""

    recent: SlidingCount
    banned_until: float = 0.0


class OfferRules:
    """Refuses offers, and keys whose chunks failed to open too often."""

    def __init__(self, identity: PublicKey, ambient: Ambient, limits: TransferLimits) -> None:
        self._identity = identity
        self._ambient = ambient
        self._limits = limits
        self._failures: dict[bytes, _Failures] = {}

    def check(self, manifest: Manifest, sender: PublicKey) -> StoredName:
        """The name to store it under. Raises TransferRefused, or ProtocolError(DECODE)."""
        limits = self._limits
        failures = self._failures.get(sender.fingerprint)
        if failures is not None and failures.banned_until > self._ambient.monotonic():
            raise TransferRefused(ErrorCode.QUOTA, "too many damaged uploads of this key")
        now_ms = self._ambient.wall_ms()
        age_ms, skew_ms = limits.manifest_age_ms, limits.manifest_skew_ms
        check_manifest(manifest, sender, self._identity, now_ms, age_ms, skew_ms)
        largest = limits.max_file
        if not manifest.is_envelope:
            largest = min(largest, limits.max_rsa_file)
        if manifest.size > largest:
            raise TransferRefused(ErrorCode.MODE, "the file is too large for this mode")
        try:
            return check_stored_name(manifest.name)
        except NameRefused as refused:
            raise TransferRefused(ErrorCode.NAME_REFUSED, str(refused)) from refused

    def count_failure(self, fp: bytes) -> None:
        """A chunk of this key did not open: every third within an hour bans it for an hour."""
        limits, now = self._limits, self._ambient.monotonic()
        if fp not in self._failures:
            self._failures[fp] = _Failures(SlidingCount(limits.crypto_window))
        failures = self._failures[fp]
        if failures.recent.add(now) >= limits.crypto_aborts:
            failures.banned_until = now + limits.crypto_window
