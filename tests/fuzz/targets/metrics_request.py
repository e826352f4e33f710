"""A request to the port of the metrics, in any pieces: one verdict, and soon."""

from time import process_time

from rsachat.server.scrape import BAD, NOT_FOUND, OK, TOO_LONG, response, status_of
from rsachat.settings import MetricsLimits
from tests.fuzz.drawn import Drawn

_LIMIT = MetricsLimits().request
_SECONDS = 0.5  # of CPU; a request takes some microseconds


def seeds() -> list[bytes]:
    """Where it is cut, how often what is repeated, and the request."""
    good = b"GET /metrics HTTP/1.1\r\nHost: localhost:9464\r\nAccept: */*\r\n\r\n"
    plain = b"\x00\x05\x00\x00\x00"
    return [
        plain + good,
        plain + good.replace(b"GET", b"POST"),
        plain + good.replace(b"/metrics", b"/"),
        plain + b"GET /metrics HTTP/1.0\r\nContent-Length: 1\r\n\r\n",
        b"\x00\x30\xff\x2d\x01" + good,
        b"\x00\x30\xff\x19\x01" + b"GET /metrics HTTP/1.1\r\na: \n\r\n\r\n",
    ]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    cut, times = drawn.number(2), drawn.number() * 16
    at, length = drawn.number(), drawn.number() % 4
    request = drawn.rest()
    request = request[:at] + request[at : at + length] * times + request[at + length :]
    began = process_time()
    before, status = status_of(request[:cut], _LIMIT), status_of(request, _LIMIT)
    assert process_time() - began < _SECONDS
    if status is None:
        assert len(request) <= _LIMIT
        assert before is None
    else:
        assert response(status, "page").startswith(b"HTTP/1.1 ")
    assert before not in (OK, NOT_FOUND) or status in (before, BAD, TOO_LONG)
