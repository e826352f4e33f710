"""What a check of `doctor` found, for its tests."""

from rsachat.commands.checks import Check, Report, State


def new_report() -> Report:
    return Report(lambda check: None)


def states(report: Report) -> dict[tuple[str, str], str]:
    """Of each check, by what and about what."""
    return {(check.what, check.about): check.state.value for check in report.checks}


def only(report: Report) -> Check:
    (check,) = report.checks
    assert check.found
    assert bool(check.todo) is (check.state is not State.OK)
    return check
