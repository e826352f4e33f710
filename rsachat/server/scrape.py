"""One HTTP request for the metrics and its one answer (RFC 9112), as far as a collector needs it.

Only `GET /metrics` without a body is served, and every connection ends after its answer. Bytes
in, bytes out; sockets and times are others'.
"""

import re

from rsachat.server.exposition import CONTENT_TYPE

PATH = "/metrics"
OK, BAD, FORBIDDEN, NOT_FOUND, BAD_METHOD = 200, 400, 403, 404, 405
TOO_LONG, BAD_VERSION = 431, 505
_REASONS = {
    OK: "OK",
    BAD: "Bad Request",
    FORBIDDEN: "Forbidden",
    NOT_FOUND: "Not Found",
    BAD_METHOD: "Method Not Allowed",
    TOO_LONG: "Request Header Fields Too Large",
    BAD_VERSION: "HTTP Version Not Supported",
}
_END = b"\r\n\r\n"
_FOREIGN = re.compile(rb"[^\t\r\n\x20-\x7e]")
_REQUEST = re.compile(r"([A-Z]{1,16}) (\S+) HTTP/(\d\.\d)")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\r\n]*)")  # matches in one way only


_LOCAL = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)


def status_of(request: bytes, limit: int, *, local: bool = False) -> int | None:
    """The status that answers what has arrived so far; None while more may make it whole.

    `limit` is the length, in bytes, beyond which a request is not waited for. A `local` port
    answers to local names alone: a web page whose name was made to lead here reads nothing.
    """
    head, end, rest = request.partition(_END)
    if _FOREIGN.search(request) or not request[:1].isalpha():
        return BAD if request else None
    if len(request) > limit:
        return TOO_LONG
    if not end:
        return None
    return BAD if rest else _status(local, *head.decode("ascii").split("\r\n"))


def _status(local: bool, line: str, *lines: str) -> int:
    """Of a whole request: its first line, then its fields."""
    asked = _REQUEST.fullmatch(line)
    fields = [_FIELD.fullmatch(field) for field in lines]
    if asked is None or not all(fields):
        return BAD
    method, target, version = asked.groups()
    if version not in ("1.0", "1.1"):
        return BAD_VERSION
    values = [(field[1].lower(), field[2].strip(" \t")) for field in fields if field]
    hosts = [value for name, value in values if name == "host"]
    if len(hosts) > 1 or (version == "1.1" and not hosts) or any(map(_is_body, values)):
        return BAD
    if local and not all(map(_LOCAL.fullmatch, hosts)):
        return FORBIDDEN
    if method != "GET":
        return BAD_METHOD
    return OK if target.partition("?")[0] == PATH else NOT_FOUND


def _is_body(field: tuple[str, str]) -> bool:
    name, value = field
    return name == "transfer-encoding" or (name == "content-length" and value != "0")


def response(status: int, text: str = "") -> bytes:
    """The whole answer; `text` is the page, for 200 alone."""
    reason = _REASONS[status]
    body = (text if status == OK else f"{reason}\n").encode()
    kind = CONTENT_TYPE if status == OK else "text/plain; charset=utf-8"
    lines = [f"HTTP/1.1 {status} {reason}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += ["Allow: GET"] * (status == BAD_METHOD)
    lines += ["Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Connection: close"]
    return "\r\n".join(lines).encode("ascii") + _END + body
