"""What waits for one connection: encoded messages, counted by who sent them."""

from rsachat.settings import RelayLimits


class Outbox:
    """A queue in order. `chat` and `other` are the bytes that wait, by kind."""

    __slots__ = ("_by_sender", "_messages", "_senders", "chat", "other")

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self._senders: list[bytes] = []  # of each message; b"" is the server
        self._by_sender: dict[bytes, int] | None = None
        self.chat = 0
        self.other = 0

    def __bool__(self) -> bool:
        return bool(self._messages)

    def put(self, message: bytes) -> None:
        """One of the server's own messages."""
        self._messages.append(message)
        self._senders.append(b"")
        self.other += len(message)

    def put_chat(self, message: bytes, sender: bytes, limits: RelayLimits) -> bool:
        """A message of another session; False, and it is not taken, where too much waits."""
        size = len(message)
        if self._by_sender is None:
            self._by_sender = {}
        of_sender = self._by_sender.get(sender, 0) + size
        if of_sender > limits.queue_sender or self.chat + size > limits.queue_all:
            return False
        self._by_sender[sender] = of_sender
        self.chat += size
        self._messages.append(message)
        self._senders.append(sender)
        return True

    def take(self, budget: int) -> list[bytes]:
        """Messages from the front, at least one, as many as `budget` bytes hold."""
        if self.chat + self.other <= budget:
            taken, self._messages = self._messages, []
            self._senders = []
            self._by_sender = None
            self.chat = self.other = 0
            return taken
        return self._take_some(budget)

    def _take_some(self, budget: int) -> list[bytes]:
        count, size = 0, 0
        for message, sender in zip(self._messages, self._senders, strict=True):
            if count and size + len(message) > budget:
                break
            count += 1
            size += len(message)
            self._left(len(message), sender)
        taken = self._messages[:count]
        del self._messages[:count], self._senders[:count]
        return taken

    def _left(self, size: int, sender: bytes) -> None:
        if not sender or self._by_sender is None:
            self.other -= size
            return
        self.chat -= size
        rest = self._by_sender[sender] - size
        if rest:
            self._by_sender[sender] = rest
        else:
            del self._by_sender[sender]
