"""JSON for scripts: one object a line, `v`, `event` and `time` first, ASCII only.

Values stand as they are, escapes included, whoever chose them: a script wants the truth, and
`ensure_ascii` keeps control characters from a terminal.
"""

import json
from collections.abc import Mapping
from dataclasses import fields

from rsachat import amounts
from rsachat.client import views
from rsachat.server.notices import Notice

VERSION = 1


def json_line(event: str, time_ms: int, data: Mapping[str, object]) -> str:
    """One object, without a line break. `data` holds what JSON can say."""
    time = amounts.rfc3339(time_ms, milliseconds=True)
    head = {"v": VERSION, "event": event, "time": time}
    text = json.dumps(head | dict(data), ensure_ascii=True, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f")  # DEL is ASCII, and yet no character to show


def notice_json(notice: Notice, time_ms: int) -> str:
    """A notice of the server, its fields by their own names."""
    return json_line(notice.event, time_ms, _fields(notice))


def view_json(view: views.View, now_ms: int) -> str | None:
    """A view of the client; None for those that only a person needs."""
    if not view.event:
        return None
    match view:
        case views.Message():
            peer = {
                "name": view.from_name,
                "address": view.from_address,
                "fingerprint": view.from_fingerprint,
                "trust": view.trust.value,
            }
            message = {
                "id": view.id,
                "from": peer,
                "to": view.to,
                "text": view.text,
                "envelope": view.envelope,
            }
            return json_line(view.event, view.time_ms, message)
        case views.Rejected(line, reason, hint):
            kept = {"id": None, "to": None, "text": line, "reason": reason, "hint": hint}
            return json_line(view.event, now_ms, kept)
        case _:
            return json_line(view.event, now_ms, _fields(view))


def _fields(item: Notice | views.View) -> dict[str, object]:
    return {field.name: getattr(item, field.name) for field in fields(item)}
