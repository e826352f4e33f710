"""A key shows at once, whatever arrives: the whole measurement is `benchmarks/echo.py`."""

from statistics import quantiles

import pytest

from benchmarks import echo


@pytest.mark.slow
def test_a_key_shows_within_ten_times_the_aim(capsys: pytest.CaptureFixture[str]) -> None:
    p95 = quantiles(echo.echo_times(3), n=20)[-1] * 1000
    with capsys.disabled():
        print(f" echo of a key, p95: {p95:.1f} ms ", end="")
    assert p95 < 10 * echo.AIM
