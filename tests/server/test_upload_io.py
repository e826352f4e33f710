"""Actions and answers are data: frozen, comparable, and picklable where workers send them."""

import pickle
from dataclasses import FrozenInstanceError, fields

import pytest

from rsachat.protocol.transfer import TransferKey
from rsachat.server import upload_io as io

KEY = TransferKey(b"f" * 32, b"t" * 16)
USAGE = io.Usage({"alice": 3}, 100, (io.Unfinished(KEY, 5, 1.5),))


@pytest.mark.parametrize(
    "answer",
    [
        io.Examined(None, b"m" * 32, 0, io.Target.ABSENT, USAGE),
        io.Committed(b"receipt"),
        io.NotCommitted(),
        io.DiskFailed("disk full"),
        USAGE,
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_a_jobs_answer_survives_a_pipe(answer: object) -> None:
    assert pickle.loads(pickle.dumps(answer)) == answer


@pytest.mark.parametrize("kind", io.StoreAction.__args__ + io.StoreEvent.__args__)
def test_store_actions_and_events_are_frozen(kind: type) -> None:
    names = [field.name for field in fields(kind)]
    item = kind(*names)
    with pytest.raises(FrozenInstanceError):
        setattr(item, names[0], "other")
