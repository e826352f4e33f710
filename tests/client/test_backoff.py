"""Pauses between tries."""

from rsachat.client.backoff import Backoff


def test_pauses_double_up_to_thirty_seconds() -> None:
    middle = Backoff(lambda n: b"\x80" + bytes(n - 1))
    assert [middle.pause() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    middle.reset()
    assert middle.pause() == 1


def test_chance_moves_a_pause_by_a_half() -> None:
    assert Backoff(bytes).pause() == 0.5
    assert 1.499 < Backoff(lambda n: b"\xff" * n).pause() < 1.5
