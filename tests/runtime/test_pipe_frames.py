"""Frames of the worker pipe: any split gives the same frames."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rsachat.runtime.pipe_frames import Frame, FrameReader, pack

FRAMES = st.lists(
    st.builds(Frame, st.integers(0, 0xFFFF_FFFF), st.integers(0, 255), st.binary(max_size=200)),
    max_size=12,
)


@given(FRAMES, st.lists(st.integers(0, 3000), max_size=30))
def test_any_split_gives_the_same_frames(frames: list[Frame], cuts: list[int]) -> None:
    whole = b"".join(pack(*frame) for frame in frames)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    reader = FrameReader()
    got = []
    for start, end in pairwise(edges):
        got += reader.feed(whole[start:end])
    assert got == frames


def test_the_form() -> None:
    assert pack(7, 1, b"ab") == bytes.fromhex("00000002 00000007 01") + b"ab"


def test_a_part_waits() -> None:
    reader = FrameReader()
    data = pack(1, 2, b"body")
    assert reader.feed(data[:-1]) == []
    assert reader.feed(data[-1:] + data) == [Frame(1, 2, b"body")] * 2
