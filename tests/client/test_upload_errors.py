"""Every refusal is said with its reason; none shows a bare code where a reason is known."""

import pytest

from rsachat.client import upload_errors
from rsachat.errors import RefusedError
from rsachat.protocol.codes import ErrorCode


@pytest.mark.parametrize("code", [code for code in ErrorCode if code >= 200])
def test_each_code_has_words(code: ErrorCode) -> None:
    error = upload_errors.aborted("target.txt", code)
    assert error.what == "target.txt was not uploaded"
    assert error.exit_code == 1
    assert "code" not in error.why


def test_a_code_of_another_version_is_named() -> None:
    assert "code 299" in upload_errors.aborted("a", 299).why


def test_an_existing_file_names_the_way_out() -> None:
    error = upload_errors.aborted("a", ErrorCode.EXISTS)
    assert "--replace" in error.hint
    assert "--as" in error.hint


def test_a_forged_receipt_is_an_identity_not_proven() -> None:
    error = upload_errors.forged_receipt("a")
    assert isinstance(error, RefusedError)
    assert error.exit_code == 4


def test_the_rest_say_what_and_why() -> None:
    for error in (
        upload_errors.too_large("a", "64.0 MiB", envelope=False, fits_envelope=True),
        upload_errors.kept_changing("a"),
        upload_errors.kept_differing("a"),
        upload_errors.worker_failed("a", "killed"),
    ):
        assert "a" in error.what
        assert error.why


@pytest.mark.parametrize(
    ("envelope", "fits", "hint"),
    [
        (
            False,
            True,
            "--envelope sends it; or its operator can raise the limit with --max-rsa-file",
        ),
        (False, False, "its operator can raise the limit with --max-file"),
        (True, False, "its operator can raise the limit with --max-file"),
    ],
)
def test_too_large_says_what_would_take_it(envelope: bool, fits: bool, hint: str) -> None:
    error = upload_errors.too_large("a", "64.0 MiB", envelope=envelope, fits_envelope=fits)
    assert error.hint == hint
    assert "64.0 MiB" in error.why
    assert ("under RSA" in error.why) is not envelope
