"""Uploads found by number, connection and transfer."""

from rsachat.protocol.safe_names import check_stored_name
from rsachat.server.upload import Stage, Upload
from rsachat.server.upload_book import UploadBook
from tests.support.uploads import make_manifest, uploader

NAME = check_stored_name(b"a.txt")


def enter(book: UploadBook, conn: int, tid: int = 1) -> Upload:
    return book.enter(conn, uploader(), make_manifest(b"hello", tid=tid), NAME, 0)


def test_an_upload_is_found_three_ways() -> None:
    book = UploadBook()
    one = enter(book, 5)
    assert book.of_part(one.part) is one
    assert book.of_conn(5) is one
    assert book.of_conn(5, one.manifest.tid) is one
    assert book.of_conn(5, b"x" * 16) is None
    assert book.of_conn(6) is None
    assert book.of_key(one.key) is one
    assert list(book) == [one]


def test_the_newest_of_a_transfer_is_found_by_its_key() -> None:
    book = UploadBook()
    old, new = enter(book, 5), enter(book, 6)
    book.strike(old)
    assert book.of_key(new.key) is new
    assert book.of_part(old.part) is None
    assert old.conn is None


def test_one_that_nobody_waits_for_is_found_by_its_number_only() -> None:
    book = UploadBook()
    one = enter(book, 5)
    book.leave(one)
    assert book.of_part(one.part) is one
    assert book.of_conn(5) is None
    assert book.of_key(one.key) is None


def test_only_those_let_in_claim_space() -> None:
    book = UploadBook()
    one = enter(book, 5)
    assert book.claims() == {}
    one.stage = Stage.OPENING
    assert book.claims() == {one.key: one.claim}


def test_an_abort_is_remembered_per_connection() -> None:
    book = UploadBook()
    assert book.note_abort(5, b"t")
    assert not book.note_abort(5, b"t")
    assert book.note_abort(6, b"t")
    book.forget_conn(5)
    assert book.note_abort(5, b"t")
