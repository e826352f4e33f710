"""What the sending core says is data: frozen and comparable."""

from dataclasses import FrozenInstanceError, fields

import pytest

from rsachat.client import upload_io as io

KINDS = (
    io.SendMessage,
    io.ReadSource,
    io.SaveManifest,
    io.Progress,
    io.Remark,
    io.Delivered,
    io.NotDelivered,
)


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_and_comparable(kind: type) -> None:
    names = [field.name for field in fields(kind)]
    item = kind(*names)
    assert item == kind(*names)
    with pytest.raises(FrozenInstanceError):
        setattr(item, names[0], "other")


def test_reading_is_at_once_unless_said_otherwise() -> None:
    assert not io.ReadSource(1, 0, 256).later
