"""A person at the terminal, played: what the program asks, and what is answered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rsachat.ui import ask


class Person:
    """Answers `ask`'s questions in their order, and remembers them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str | bool) -> None:
        self._answers: Iterator[str | bool] = iter(answers)
        self.asked: list[str] = []
        monkeypatch.setattr(ask, "can_ask", lambda: True)
        monkeypatch.setattr(ask, "password", self._password)
        monkeypatch.setattr(ask, "yes", self._yes)

    def _password(self, prompt: str) -> str:
        return str(self._answer(prompt, str))

    def _yes(self, question: str) -> bool:
        return bool(self._answer(question, bool))

    def _answer(self, question: str, kind: type) -> str | bool:
        self.asked.append(question)
        answer = next(self._answers)
        assert isinstance(answer, kind), f"not what {question!r} asks for"
        return answer
