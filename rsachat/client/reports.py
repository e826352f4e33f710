"""What the end-to-end machines report, as views: names by pins, addresses by the server's word."""

from collections.abc import Sequence

from rsachat.client import views as v
from rsachat.client.ledger import Ledger
from rsachat.client.people import People
from rsachat.client.roster import WhoIsThere
from rsachat.crypto.fingerprint import fingerprint_text, fingerprint_words
from rsachat.crypto.kdf import sha256
from rsachat.crypto.rsa import PublicKey
from rsachat.protocol import chat_events as ce
from rsachat.protocol.messages import Entry


class Reports:
    """`own_address` is where others write to this session."""

    def __init__(
        self,
        own: PublicKey,
        own_address: str,
        people: People,
        there: WhoIsThere,
        ledger: Ledger,
    ) -> None:
        self._own = own
        self._own_address = own_address
        self._people = people
        self._there = there
        self._ledger = ledger

    def first_contacts(self) -> Sequence[v.View]:
        """Who was pinned since the last time."""
        return [
            v.System(f"first contact with {name} (/verify @{name}):\n{fingerprint_text(fp)}")
            for name, fp in self._people.take_new()
        ]

    def views(self, item: ce.Output) -> Sequence[v.View]:
        """What one report shows; nothing for what only machines need."""
        match item:
            case ce.TextReceived():
                return [self._received(item)]
            case ce.SentOn(to=to, mids=mids):
                return self._ledger.sent(to.session, mids)
            case ce.Delivered(to=to, mids=mids):
                return self._ledger.delivered(to.session, mids)
            case ce.Undelivered(to=to, mid=mid, failure=failure):
                return self._ledger.undelivered(to.session, mid, failure.value)
            case ce.MessagesMissing(sender=sender, count=count):
                return [v.Warned(f"{count} messages of {self._name(sender)} are missing")]
            case ce.UnsupportedReceived(sender=sender):
                return [v.System(f"{self._name(sender)} sent something this version cannot show")]
            case ce.Dropped(sender=sender, reason=reason, warn=True):
                return [self._dropped(sender, reason)]
            case ce.BundleRefused(fp=fp, fault=fault):
                name = self._people.name_of(fp) or "a session"
                return [v.Warned(f"nothing is sent to {name}: {fault.value}")]
            case _:
                return []

    def verification(self, entry: Entry) -> v.View:
        """Both fingerprints, to be compared by voice."""
        own = self._own.fingerprint
        return v.Verification(
            entry.name,
            self._people.trust(entry.fp),
            fingerprint_text(own),
            fingerprint_words(own),
            fingerprint_text(entry.fp),
            fingerprint_words(entry.fp),
        )

    def _received(self, item: ce.TextReceived) -> v.View:
        fp = item.sender.fp
        return v.Message(
            item.mid.hex(),
            self._people.name_of(fp) or "",
            self._there.address(item.sender.session),
            fingerprint_text(fp),
            self._people.trust(fp),
            self._own_address,
            item.text,
            item.ts_ms,
            sha256(item.env).hex(),
        )

    def _dropped(self, sender: ce.Sender, reason: ce.DropReason) -> v.View:
        claimed = self._people.refused.get(sender.fp)
        if claimed is not None:
            return self.changed_key(claimed, sender.fp)
        return v.Warned(f"something from {self._name(sender)} was not shown: {reason.value}")

    def changed_key(self, name: str, fp: bytes) -> v.View:
        """Another key for a known name, or another name for a known key: both are named."""
        pinned = self._people.pinned_key(name)
        if pinned is None:
            known = self._people.name_of(fp) or "somebody else"
            return v.Warned(f"{name} shows the key that is known as {known}; nothing is shown")
        return v.Warned(
            f"the key of {name} has changed, someone may be in between; "
            f"nothing is sent to it or shown from it\n"
            f"expected {fingerprint_text(pinned)} ({self._people.trust(pinned).value})\n"
            f"found    {fingerprint_text(fp)}\n"
            f"if {name} confirms the new one: rsachat trust replace @{name}"
        )

    def _name(self, sender: ce.Sender) -> str:
        return self._people.name_of(sender.fp) or self._there.address(sender.session) or "somebody"
