"""For each invariant of tests/simulation a program that breaks it."""

from tests.mutants.mutant import Mutant, change

_FILE_SYNC = "            self._sync_part(parts, descriptor)\n"
_FOLDER_SYNC = "            return False\n        os.fsync(folder.fd)\n"
_NAME_SYNC = "        scratch.unlink(missing_ok=True)\n    sync_folder(path.parent)\n"
_UPLOAD_OF_CHUNK = (
    "        upload = self._book.of_conn(conn, message.tid)\n        if upload is None:\n"
    "            return self._ends.unknown(conn, message.tid)\n        try:\n            batches"
)

SIM = (
    Mutant(
        "sim_shown_was_sent",
        "the end of every text",
        (
            change(
                "client/conversation",
                "self._end_to_end.write(to, mid, own.text)",
                "self._end_to_end.write(to, mid, own.text[:-1])",
            ),
        ),
    ),
    Mutant(
        "sim_shown_once",
        "the memory of message ids",
        (
            change(
                "protocol/incoming",
                "if not context.memory.is_new(sender.fp, content.mid, context.limits):",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "sim_order_kept",
        "the order of texts that wait for a session",
        (
            change(
                "protocol/correspondence",
                "self._letters.append(Letter(mid, text, body))",
                "self._letters.appendleft(Letter(mid, text, body))",
            ),
        ),
    ),
    Mutant(
        "sim_delivered_is_true",
        "the difference between sent and delivered",
        (
            change(
                "client/reports",
                "return self._ledger.sent(to.session, mids)",
                "return self._ledger.delivered(to.session, mids)",
            ),
        ),
    ),
    Mutant(
        "sim_count_is_exact",
        "the end of a session in the count",
        (change("server/core", "            self._presence.leave(conn, now)\n"),),
    ),
    Mutant(
        "sim_count_is_shown",
        "the word to all others that a session has ended",
        (change("server/presence", "        self._tell(conn, NoticeKind.LEAVE, now)\n"),),
    ),
    Mutant(
        "sim_acknowledged_is_on_disk",
        "the place of a chunk in the file",
        (
            change(
                "runtime/files",
                "_write_all(descriptor, action.data, action.offset)",
                "_write_all(descriptor, action.data, 0)",
            ),
        ),
    ),
    Mutant(
        "sim_receipted_is_whole",
        "the sync of the folder in which a file gets its name",
        (change("runtime/upload_jobs", _FOLDER_SYNC, "            return False\n"),),
    ),
    Mutant(
        "sim_final_is_whole_or_absent",
        "the sync of a file before it gets its name",
        (change("runtime/upload_jobs", _FILE_SYNC),),
    ),
    Mutant(
        "sim_pins_are_kept",
        "the sync of the folder in which a file at home gets its name",
        (change("runtime/whole_file", _NAME_SYNC, "        scratch.unlink(missing_ok=True)\n"),),
    ),
    Mutant(
        "sim_receipts_are_kept",
        "the sync of a file at home before it gets its name",
        (change("runtime/whole_file", "        os.fsync(file.fileno())\n"),),
    ),
    Mutant(
        "sim_nobody_else_pays",
        "whose upload a chunk belongs to",
        (
            change(
                "server/receiving",
                _UPLOAD_OF_CHUNK,
                _UPLOAD_OF_CHUNK.replace(
                    "self._book.of_conn(conn, message.tid)",
                    "next((u for u in self._book if u.manifest.tid == message.tid), None)",
                ),
            ),
        ),
    ),
    Mutant(
        "sim_outboxes_within_caps",
        "the cap of what waits for one recipient",
        (
            change(
                "server/outbox",
                "if of_sender > limits.queue_sender or self.chat + size > limits.queue_all:",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "sim_no_internal_error",
        "the look whether anybody is at an address",
        (
            change(
                "server/directory",
                "return () if conn is None else (entry(conn),)",
                "return (entry(conn),)",
            ),
        ),
    ),
    Mutant(
        "sim_nobody_waits_for_ever",
        "a client's deadline for a server that is silent",
        (change("client/channel", "if now >= self._deadline():", "if False:"),),
    ),
)
