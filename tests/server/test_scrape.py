"""Requests for the metrics: the one that is served, all others refused, none waited for long."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.server.exposition import CONTENT_TYPE
from rsachat.server.scrape import response, status_of

LIMIT = 8192
GOOD = b"GET /metrics HTTP/1.1\r\nHost: localhost:9464\r\nAccept: */*\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GOOD, 200),
        (b"GET /metrics?name[]=x HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.0\r\n\r\n", 200),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /metrics/../keys HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET http://x/metrics HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET /metrics HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"GET /metrics HTTP/1.1\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET  /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"get /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (GOOD + GOOD, 400),
        (GOOD + b"body", 400),
        (b"RSACHAT\x01", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\nHost: \xff", 400),
        (b"GET /" + b"x" * LIMIT, 431),
        (b"", None),
        (b"G", None),
        (GOOD[:-1], None),
        (b"GET /" + b"x" * 100, None),
    ],
)
def test_the_answer_to(request_: bytes, status: int | None) -> None:
    assert status_of(request_, LIMIT) == status


@pytest.mark.parametrize("filling", [b" ", b"\t", b"\r", b"\n", b"a:", b"x "])
@pytest.mark.parametrize("end", [b"\n", b"\r", b"x", b""])
def test_no_request_within_the_limit_takes_long(filling: bytes, end: bytes) -> None:
    head = b"GET /metrics HTTP/1.1\r\nHost: x\r\na:"
    filled = filling * ((LIMIT - 100) // len(filling))
    began = process_time()
    assert status_of(head + filled + end + b"\r\n\r\n", LIMIT) in (200, 400)
    assert process_time() - began < 0.1  # a hundredth of it is usual


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:9464", 200),
        ("LocalHost", 200),
        ("127.0.0.1:9464", 200),
        ("[::1]:9464", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example:9464", 403),
        ("localhost.evil.example", 403),
        ("192.0.2.7:9464", 403),
        ("", 403),
    ],
)
def test_a_local_port_answers_to_local_names_alone(host: str, status: int) -> None:
    """A web page whose name was turned to this machine gets no number."""
    request = f"GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    assert status_of(request, LIMIT, local=True) == status
    assert status_of(request, LIMIT) == 200


@given(st.binary(max_size=400), st.integers(0, 100))
def test_whatever_comes_has_an_answer_within_the_limit(noise: bytes, limit: int) -> None:
    status = status_of(noise, limit)
    assert status is None or status >= 400
    assert status is not None or len(noise) <= limit


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_request_that_is_changed_is_served_or_refused_and_never_fails(
    place: int, change: int
) -> None:
    damaged = bytearray(GOOD)
    damaged[place] ^= change
    assert status_of(bytes(damaged), LIMIT) in (None, 200, 400, 404, 405, 505)


@given(st.integers(1, len(GOOD) - 1))
def test_a_beginning_is_waited_for(length: int) -> None:
    assert status_of(GOOD[:length], LIMIT) is None


def test_an_answer_says_its_length_and_that_it_is_the_last() -> None:
    head, _, body = response(200, "größe 1\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Type: {CONTENT_TYPE}".encode() in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Connection: close" in head
    assert body.decode() == "größe 1\n"


def test_a_refusal_gives_nothing_away() -> None:
    refusal = response(405, "rsachat_clients 3\n")
    assert refusal.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
    assert b"Allow: GET\r\n" in refusal
    assert b"rsachat" not in refusal
