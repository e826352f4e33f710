"""The checks that guard uploads. Where chunks and segments have one each, both go."""

from tests.mutants.mutant import Change, Mutant, change

_FIN_COMPLETE = "if self.cum != self._manifest.total:"
_ACK_COMPARED = change(
    "protocol/sending",
    "if not equal(self._expected.popleft().prefix, ack.prefix):",
    "self._expected.popleft()\n        if False:",
)
_SIGNATURE = change(
    "protocol/manifest",
    "if not problem and not sender.verify(SIGN_LABEL, manifest.mh, manifest.signature):",
    "if False:",
)
_SEGMENT_INDEX = change(
    "crypto/segments",
    'inner.update(_number(index) + (b"\\x01" if last else b"\\x00"))',
    'inner.update(b"\\x01" if last else b"\\x00")',
)
_SEGMENT_LAST = change("crypto/segments", '(b"\\x01" if last else b"\\x00")', 'b"\\x00"')

_CHUNKS = (
    Mutant(
        "up_chunk_swapped",
        "the index in a chunk's label and in a segment's tag",
        (
            change("crypto/jobs", 'return mh + index.to_bytes(8, "big") + ', "return mh + "),
            _SEGMENT_INDEX,
        ),
    ),
    Mutant(
        "up_chunk_other_transfer",
        "the manifest's hash in a chunk's label and in a segment's key",
        (
            change("crypto/jobs", "return mh + index.to_bytes", "return index.to_bytes"),
            change("crypto/segments", 'b"seg", mh, 64)', 'b"seg", mh[:0], 64)'),
        ),
    ),
    Mutant(
        "up_chunk_flip",
        "the answer no where a chunk does not open, and a segment's tag",
        (
            change(
                "crypto/jobs",
                "return whole if None not in plain and all(fits) else None",
                "return whole if fits else None",
            ),
            change(
                "crypto/segments",
                "if not equal(self._tag(index, last, ct), unit[-TAG:]):",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "up_chunk_short_plaintext",
        "the length of a chunk's plaintext, and of a segment",
        (
            change("crypto/jobs", " and all(fits) else None", " and fits else None"),
            change("server/upload", " or len(unit) != length + TAG:", " or length < 0:"),
        ),
    ),
    Mutant(
        "up_chunk_number_ge_n",
        "the comparison with the modulus, here and in the library",
        (
            change(
                "crypto/rsa",
                '        if int.from_bytes(ciphertext, "big") >= self._key.n:\n'
                "            return None\n",
                '        number = int.from_bytes(ciphertext, "big") % int(self._key.n)\n'
                '        ciphertext = number.to_bytes(len(ciphertext), "big")\n',
            ),
        ),
    ),
    Mutant(
        "up_chunk_duplicate",
        "the look which chunk is next",
        (change("protocol/receiving", "if first != self._next:", "if False:"),),
    ),
    Mutant(
        "up_chunk_beyond_total",
        "the end of the file",
        (change("protocol/receiving", "if first + count > self._manifest.total:", "if False:"),),
    ),
    Mutant(
        "up_beyond_window",
        "the window",
        (change("protocol/receiving", "if first + count > self.cum + self._window:", "if False:"),),
    ),
    Mutant(
        "up_crypto_errors_identical",
        "the one reason for whatever does not open",
        (
            change(
                "protocol/receiving",
                "raise TransferRefused(ErrorCode.CRYPTO, UNOPENED)",
                'raise TransferRefused(ErrorCode.CRYPTO, f"{UNOPENED}: {delivery.first}")',
            ),
        ),
    ),
    Mutant(
        "up_stream_last_missing", "the mark of the last segment under its tag", (_SEGMENT_LAST,)
    ),
    Mutant("up_stream_last_early", "the mark of the last segment under its tag", (_SEGMENT_LAST,)),
    Mutant("up_stream_swapped", "the index in a segment's tag", (_SEGMENT_INDEX,)),
)

_TRANSFERS = (
    Mutant(
        "up_data_from_other_client",
        "the look whose upload a connection speaks of",
        (
            change(
                "server/upload_book",
                "        upload = self._by_conn.get(conn)\n        wanted",
                "        upload = next(iter(self._by_conn.values()), None)\n        wanted",
            ),
        ),
    ),
    Mutant(
        "up_data_from_other_client",
        "the sender's key in a manifest, and its signature",
        (
            _SIGNATURE,
            change(
                "protocol/manifest",
                "if not equal(manifest.fp_from, sender.fingerprint):",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "up_fin_early",
        "the look whether all has come",
        (change("protocol/receiving", _FIN_COMPLETE, "if False:"),),
    ),
    Mutant(
        "up_fin_before_ack",
        "the look whether all is stored, not only sent",
        (change("protocol/receiving", _FIN_COMPLETE, "if self._next != self._manifest.total:"),),
    ),
    Mutant(
        "up_hash_mismatch",
        "the comparison of the whole file's hash",
        (
            change(
                "protocol/receiving",
                "if not equal(self.prefix, self._manifest.sha256):",
                "if False:",
            ),
        ),
    ),
    Mutant("up_manifest_flip", "the signature of a manifest", (_SIGNATURE,)),
    Mutant(
        "up_tid_reuse",
        "the memory of what was offered under a number",
        (change("server/receiving", "if seen.known_mh not in (None, upload.mh):", "if False:"),),
    ),
    Mutant(
        "up_replay_finished",
        "the receipt that a finished transfer is answered by",
        (change("server/receiving", "if seen.receipt is not None:", "if False:"),),
    ),
    Mutant(
        "up_receipt_forged",
        "the signature of a receipt",
        (
            change(
                "protocol/receipt",
                "            and receiver.verify(SIGN_LABEL, self.signed_part, self.signature)\n",
            ),
        ),
    ),
    Mutant("up_ack_prefix_wrong", "the comparison of the hash in UP_ACK", (_ACK_COMPARED,)),
    Mutant(
        "up_resume_torn_part",
        "the comparison of the hash in READY and in UP_ACK: each of them finds it",
        (
            _ACK_COMPARED,
            change(
                "client/uploading",
                "if not equal(self._hasher.digest(), ready.prefix):",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "up_resume_changed_file",
        "the look whether the source is that of the earlier try",
        (change("client/offering", "        *_content(manifest),\n"),),
    ),
    Mutant(
        "up_takeover_keeps_part",
        "what is kept of an earlier connection",
        (
            change(
                "server/upload_opening",
                "keep = min(seen.part_bytes, manifest.size) // manifest.chunk * manifest.chunk",
                "keep = 0",
            ),
        ),
    ),
    Mutant(
        "up_takeover_keeps_part",
        "the word to the connection that is taken over",
        (
            change(
                "server/receiving",
                "return [told, *self._ends.drop(before)]",
                "return self._ends.drop(before)",
            ),
        ),
    ),
    Mutant(
        "up_killed_before_rename",
        "the look for the same file under the name",
        (change("server/receiving", "if seen.target is Target.SAME:", "if False:"),),
    ),
)


def _quota(what: str, line: str) -> Mutant:
    return Mutant("up_quota_each", what, (change("server/quotas", line, "if False:"),))


_ROOM = (
    Mutant(
        "up_quota_each",
        "the size of one file",
        (change("server/offers", "if manifest.size > largest:", "if False:"),),
    ),
    _quota(
        "the number of unfinished uploads",
        "if len(own) >= limits.unfinished_each or len(declared) >= limits.unfinished_all:",
    ),
    _quota(
        "a client's quota",
        "if usage.stored.get(client, 0) + sum(own.values()) + manifest.size > limits.quota_client:",
    ),
    _quota("the quota of all", "if stored + manifest.size > limits.quota_total:"),
    _quota(
        "the free space",
        "if usage.free - promised < manifest.size - kept + limits.free_margin:",
    ),
    Mutant(
        "up_symlink_target",
        "the look for links under the name, and the naming that covers nothing",
        (
            change(
                "runtime/upload_jobs",
                "        return Target.NO_FILE\n",
                "        return Target.ABSENT\n",
            ),
            change("runtime/upload_jobs", "        if not replacing:\n", "        if False:\n"),
        ),
    ),
    Mutant(
        "up_symlink_target",
        "the opening of folders that follows no link",
        (
            change(
                "runtime/upload_tree",
                "os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self.fd)",
                "os.open(name, _FOLDER, dir_fd=self.fd)",
            ),
        ),
        by="up_symlink_target_folder",
    ),
)


def _path(rule: str, without: str, old: str, new: str = "if False:") -> Mutant:
    return Mutant(f"up_path_{rule}", without, (_name_rule(old, new),))


def _name_rule(old: str, new: str) -> Change:
    return change("protocol/safe_names", old, new)


_PATHS = (
    _path("empty", "the look for an empty name", "if not raw:"),
    _path("leading_dot", "the rule of the first dot", 'if name.startswith("."):'),
    _path("leading_dash", "the rule of the first dash", 'if name.startswith("-"):'),
    _path("slash", "the slash among the signs", "frozenset('/", "frozenset('"),
    _path("forbidden_sign", "all signs but the slash", "'/\\\\:*?\"<>|')", "'/')"),
    _path("control", "the look for what is not shown", "if not is_unchanged_in_name(name):"),
    _path("unshowable", "the look for what is not shown", "if not is_unchanged_in_name(name):"),
    _path(
        "invalid_utf8", "the strictness of UTF-8", 'raw.decode("utf-8")', 'raw.decode("latin-1")'
    ),
    _path("not_nfc", "the composed form", 'if unicodedata.normalize("NFC", name) != name:'),
    _path("trailing_dot_or_space", "the rule of the end", 'if name.endswith((".", " ")):'),
    _path(
        "device",
        "the names of devices",
        'if _DEVICE.match(name.partition(".")[0].rstrip(" ")):',
    ),
    _path("too_long", "the longest name", "if len(raw) > MAX_BYTES:"),
)

UP = (*_CHUNKS, *_TRANSFERS, *_ROOM, *_PATHS)
