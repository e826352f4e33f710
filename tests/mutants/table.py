"""Every check that a negative test guards, and how to take it away.

A mutant is a small patch. Where two checks guard the same thing, it removes both and says so in
`without`. A text that is replaced occurs exactly once in its file; `make test` looks that it
still does.
"""

from tests.mutants.mutant import Mutant, change
from tests.mutants.simulation import SIM
from tests.mutants.uploads import UP

# What several mutants take away.

_CLIENT_HELLO_HASHED = (
    change(
        "protocol/handshake",
        "        self._transcript.add(u32(len(body)) + body)\n        self._transcript.add(self._f",
        "        self._transcript.add(self._f",
    ),
    change("protocol/handshake", "        self._transcript.add(hello)\n"),
)
_RECORD_TAG = change(
    "crypto/record_cipher",
    "if not hmac.compare_digest(self._tag(length, ct), body[-TAG:]):",
    "if False:",
)
_RECORD_NUMBER = change(
    "crypto/record_cipher", "_HEADER.pack(self.records, length)", "_HEADER.pack(0, length)"
)
_MESSAGE_TAG = change("protocol/ratchet", "if not equal(tag, msg.tag):", "if False:")
_FOR_US = change(
    "protocol/init_gate",
    "        if not equal(init.to_fp, own.key.public.fingerprint):\n"
    "            return DropReason.NOT_FOR_US\n",
)
_BUNDLE_NAME = change(
    "protocol/bundle", "if owner.name is not None and bundle.name != owner.name:", "if False:"
)
_OVERDUE = change(
    "protocol/correspondence",
    "        if not self._in_flight():\n            return None\n        oldest, ",
    "        return None\n        oldest, ",
)

_HOP = (
    Mutant(
        "hop_wrong_pin",
        "the comparison of the server's key with the pin",
        (
            change(
                "protocol/handshake",
                "if self._pin is not None and not equal(fp[: len(self._pin)], self._pin):",
                "if False:",
            ),
        ),
    ),
    Mutant("hop_flip_client_hello", "CLIENT_HELLO in the transcript", _CLIENT_HELLO_HASHED),
    Mutant(
        "hop_flip_server_hello",
        "SERVER_HELLO in the transcript",
        (
            change("protocol/handshake", "        self._transcript.add(self._frame)\n"),
            change(
                "protocol/handshake",
                "        del self._pair\n        self._transcript.add(u32(len(body)) + body)\n",
                "        del self._pair\n",
            ),
        ),
    ),
    Mutant("hop_flip_server_auth", "the tag of the record", (_RECORD_TAG,)),
    Mutant("hop_flip_client_auth", "the tag of the record", (_RECORD_TAG,)),
    Mutant("hop_flip_auth_result", "the tag of the record", (_RECORD_TAG,)),
    Mutant("hop_version_stripped", "the list of versions in the transcript", _CLIENT_HELLO_HASHED),
    Mutant(
        "hop_suite_not_offered",
        "the look whether the suite was offered",
        (
            change(
                "protocol/handshake",
                "        _pick_suite((hello.suite,))\n",
            ),
        ),
    ),
    Mutant(
        "hop_suite_not_offered",
        "the look whether the version was offered",
        (
            change(
                "protocol/handshake",
                "        _pick_version((hello.version,))\n",
            ),
        ),
    ),
    Mutant(
        "hop_zero_x25519",
        "the library's refusal of a zero secret, and our own",
        (
            change(
                "crypto/kem",
                '        raise KemError("X25519 key refused") from error\n',
                "        return bytes(X_BYTES)\n",
            ),
            change("crypto/kem", "if secret == bytes(X_BYTES):", "if False:"),
        ),
    ),
    Mutant(
        "hop_bad_mlkem_ek",
        "the refusal of an ML-KEM key out of range",
        (
            change(
                "crypto/kem",
                '            raise KemError("ML-KEM key refused") from error\n',
                "            other = MLKEM.generate(param_set=MLKEM.ML_KEM_768).ek\n"
                "            key = MLKEM.construct(param_set=MLKEM.ML_KEM_768, ek=other)\n"
                "            context = HPKE.new(\n"
                "                receiver_key=key, aead_id=HPKE.AEAD.EXPORT_ONLY, info=info\n"
                "            )\n",
            ),
        ),
    ),
    Mutant(
        "hop_sig_replayed_other_transcript",
        "the transcript in what the server signs",
        (
            change(
                "protocol/handshake",
                "SignatureNeeded(_SERVER_LABEL, h1 + self._identity.fingerprint)",
                "SignatureNeeded(_SERVER_LABEL, self._identity.fingerprint)",
            ),
            change(
                "protocol/handshake",
                "_check_signature(self.server, _SERVER_LABEL, h1 + fp, auth.sig)",
                "_check_signature(self.server, _SERVER_LABEL, fp, auth.sig)",
            ),
        ),
    ),
    Mutant(
        "hop_sig_replayed_other_transcript",
        "the server's signature",
        (
            change(
                "protocol/handshake",
                "        _check_signature(self.server, _SERVER_LABEL, h1 + fp, auth.sig)\n",
            ),
        ),
    ),
    Mutant(
        "hop_server_sig_as_client_sig",
        "labels of their own for the two roles' signatures",
        (change("protocol/handshake", '_CLIENT_LABEL = b"c auth"', '_CLIENT_LABEL = b"s auth"'),),
    ),
    Mutant(
        "hop_client_auth_to_other_server",
        "the transcript, and with it the server's key, in what a client signs",
        (change("protocol/handshake", "    return h2 + u8(role)", "    return u8(role)"),),
    ),
    Mutant(
        "hop_unknown_key_only_after_proof",
        "the client's signature before the look at the key ring",
        (
            change(
                "protocol/handshake",
                "        _check_signature(key, _CLIENT_LABEL, claim, auth.sig)\n",
            ),
        ),
    ),
    Mutant(
        "hop_open_name_taken",
        "the look whether the name is another key's",
        (change("server/admission", "if wish in taken or not", "if not"),),
    ),
    Mutant(
        "hop_open_name_taken",
        "the refusal of reserved names",
        (
            change(
                "server/admission",
                "if wish in taken or not is_client_name(wish)",
                "if wish in taken",
            ),
        ),
    ),
    Mutant(
        "hop_spki_noncanonical",
        "the comparison of a key's encoding with the one it should have",
        (
            change(
                "crypto/rsa",
                "        if public.spki != der:\n"
                '            raise KeyFormatError("not the one encoding of this key")\n'
                "        return public\n"
                "\n"
                "    @classmethod\n"
                "    def from_pem",
                "        return public\n\n    @classmethod\n    def from_pem",
            ),
        ),
    ),
    Mutant(
        "hop_rsa2048_refused",
        "the sizes that a key may have, everywhere",
        (
            change(
                "crypto/rsa",
                "ALLOWED_BITS = (3072, 4096)",
                "ALLOWED_BITS = (2048, 3072, 4096)",
            ),
            change("crypto/rsa", "= {422: 384, 550: 512}", "= {294: 256, 422: 384, 550: 512}"),
            change(
                "crypto/rsa",
                "_SPKI_HEADS = {\n",
                "_SPKI_HEADS = {\n    2048: bytes.fromhex(\n"
                '        "30820122300d06092a864886f70d01010105000382010f003082010a0282010100"\n'
                "    ),\n",
            ),
        ),
    ),
    Mutant(
        "hop_e3_refused",
        "the one exponent, where a key is read and where it is checked",
        (
            change("crypto/rsa", "if key.e != EXPONENT:", "if False:"),
            change(
                "crypto/rsa",
                'key = RSA.construct((int.from_bytes(modulus, "big"), EXPONENT))',
                "key = RSA.import_key(der)",
            ),
            change(
                "crypto/rsa",
                "self.spki = _SPKI_HEADS[self.bits] + modulus + _SPKI_TAIL",
                'self.spki = key.export_key("DER")',
            ),
            change("crypto/rsa", "= {422: 384, 550: 512}", "= {420: 384, 422: 384, 550: 512}"),
        ),
    ),
    Mutant(
        "hop_role_flip",
        "the role in what a client signs",
        (change("protocol/handshake", "return h2 + u8(role) + s8(name)", "return h2 + s8(name)"),),
    ),
    Mutant(
        "hop_role_flip",
        "the name in what a client signs",
        (change("protocol/handshake", "return h2 + u8(role) + s8(name)", "return h2 + u8(role)"),),
    ),
    Mutant(
        "hop_type_out_of_state",
        "the refusal of what the table of states has not",
        (
            change(
                "protocol/states",
                "        raise ProtocolError(AlertCode.UNEXPECTED, "
                'f"{named} in state {state.name}") from None\n',
                "        return state if named else state\n",
            ),
        ),
    ),
    Mutant(
        "hop_oversize_frame",
        "the upper bound of a length",
        (
            change(
                "protocol/frames",
                "if not self._low <= length <= self._high:",
                "if not self._low <= length:",
            ),
        ),
    ),
    Mutant(
        "hop_slow_hello_deadline",
        "the deadline of a handshake",
        (
            change(
                "server/core",
                "        self._deadlines.wish(conn.id, now + "
                "self._settings.admission.handshake_seconds)\n",
            ),
        ),
    ),
    Mutant(
        "hop_welcome_wrong_h3",
        "the transcript in the application keys",
        (change("protocol/key_schedule", 'b"app", h3, SECRET_BYTES', 'b"app", b"", SECRET_BYTES'),),
    ),
    Mutant(
        "hop_open_revoked_key",
        "the look at revoked keys, for known names and for new ones",
        (
            change("server/admission", "    if fp in keys.revoked:\n        return None\n"),
            change(
                "server/admission",
                "    if fp in keys.revoked:\n        return AlertCode.NOT_AUTHORIZED\n",
            ),
        ),
    ),
    Mutant(
        "hop_no_prekey_closed",
        "the deadline of the first prekeys",
        (
            change(
                "server/timing",
                "        return _until(conn.admitted_at + limits.prekey_seconds, now)\n",
                "        return _idle(conn, settings, now)\n",
            ),
        ),
    ),
    Mutant(
        "hop_ping_flood_bounded",
        "the brake on a client that does not read its answers",
        (change("server/intake", "if outbox.other > other_pause:", "if False:"),),
    ),
    Mutant(
        "key_file_bit_flip",
        "the comparison of an opened key with its encoding",
        (
            change(
                "crypto/rsa",
                'if not key.has_private() or key.export_key("DER", pkcs=1) != inner:',
                "if not key.has_private():",
            ),
        ),
    ),
)

_REC = (
    Mutant("rec_flip_len", "the tag of a record", (_RECORD_TAG,)),
    Mutant(
        "rec_flip_len",
        "the bounds of a length",
        (change("protocol/frames", "if not self._low <= length <= self._high:", "if False:"),),
    ),
    Mutant("rec_flip_ct", "the tag of a record", (_RECORD_TAG,)),
    Mutant("rec_flip_tag", "the tag of a record", (_RECORD_TAG,)),
    Mutant("rec_replay", "the number in a record's tag", (_RECORD_NUMBER,)),
    Mutant("rec_reorder", "the number in a record's tag", (_RECORD_NUMBER,)),
    Mutant("rec_drop", "the number in a record's tag", (_RECORD_NUMBER,)),
    Mutant(
        "rec_reflect",
        "keys of its own for each direction",
        (change("protocol/key_schedule", 'expand(ap, b"c ap"', 'expand(ap, b"s ap"'),),
    ),
    Mutant(
        "rec_oversize",
        "the upper bound of a length",
        (
            change(
                "protocol/frames",
                "if not self._low <= length <= self._high:",
                "if not self._low <= length:",
            ),
        ),
    ),
    Mutant(
        "rec_oversize",
        "the lower bound of a length",
        (
            change(
                "protocol/frames",
                "if not self._low <= length <= self._high:",
                "if not length <= self._high:",
            ),
        ),
    ),
    Mutant(
        "rec_eof_without_close",
        "the difference between an end of input and a goodbye",
        (change("protocol/link_base", "return [ev.ConnectionCut()]", "return [ev.PeerClosed()]"),),
    ),
    Mutant(
        "rec_rekey_missing",
        "the receiver's count of records",
        (change("protocol/records", "if cipher.records > limits.records or ", "if "),),
    ),
    Mutant(
        "rec_rekey_missing",
        "the receiver's count of bytes",
        (
            change(
                "protocol/records",
                " or cipher.ciphertext_bytes > limits.ciphertext_bytes:",
                ":",
            ),
        ),
    ),
    Mutant(
        "rec_data_after_close",
        "the state in which nothing more is read",
        (
            change(
                "protocol/states",
                "(state, _ENDINGS, _S.PEER_CLOSED) for state in (_S.CHAT,",
                "(state, _ENDINGS, state) for state in (_S.CHAT,",
            ),
        ),
    ),
)

_E2E = (
    Mutant(
        "e2e_bundle_flip",
        "the signature of a bundle",
        (
            change(
                "protocol/bundle",
                "if not key.verify(LABEL, sha256(bundle.body()), bundle.sig):",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "e2e_bundle_expired",
        "the time of a bundle",
        (change("protocol/bundle", " and expires >= now_ms - limits.bundle_skew_ms\n", "\n"),),
    ),
    Mutant(
        "e2e_bundle_other_server",
        "the server's key in a bundle",
        (
            change(
                "protocol/bundle", "if not equal(bundle.server_fp, owner.server_fp):", "if False:"
            ),
        ),
    ),
    Mutant(
        "e2e_bundle_name_swap",
        "the name and the key that were asked for",
        (
            _BUNDLE_NAME,
            change("protocol/bundle", "if not equal(sha256(bundle.spki), owner.fp):", "if False:"),
        ),
    ),
    Mutant("e2e_bundle_other_name", "the name that was asked for", (_BUNDLE_NAME,)),
    Mutant(
        "e2e_bundle_other_name",
        "the name under which a session that is open was proven",
        (change("protocol/end_to_end", "if correspondence.to.name != to.name:", "if False:"),),
        by="e2e_bundle_other_name_in_a_session_that_is_open",
    ),
    Mutant(
        "e2e_key_changed",
        "the pin, for what is sent",
        (
            change(
                "protocol/correspondence",
                "if not context.pins.admit(to.name, to.fp):",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "e2e_key_changed",
        "the pin, for what comes",
        (
            change(
                "protocol/incoming",
                "self._pins.take(context.now) and context.pins.admit(bundle.name, sender.fp)",
                "self._pins.take(context.now)",
            ),
        ),
    ),
    Mutant(
        "e2e_init_replay",
        "the memory of sessions begun under a prekey",
        (change("protocol/init_gate", "if in_use or init.sid in prekey.sids:", "if False:"),),
    ),
    Mutant(
        "e2e_init_old_prekey",
        "the end of a prekey's private part",
        (
            change(
                "protocol/prekeys",
                "old.dies_at = context.now + limits.prekey_grace",
                "old.dies_at = None",
            ),
        ),
    ),
    Mutant("e2e_init_wrong_recipient", "the recipient's key in INIT", (_FOR_US,)),
    Mutant(
        "e2e_init_from_self",
        "the refusal of what seems to come from oneself",
        (
            change(
                "protocol/init_gate",
                "        if sender.session == own.session:\n"
                "            return DropReason.FROM_SELF\n",
            ),
        ),
    ),
    Mutant(
        "e2e_init_sender_mismatch",
        "the comparison of the key that signed with the one the server names",
        (change("protocol/init_gate", "if not equal(sha256(init.spki), sender.fp):", "if False:"),),
    ),
    Mutant(
        "e2e_init_bad_oaep_implicit",
        "the keys that stand in where a ciphertext does not open",
        (
            change(
                "protocol/agreement",
                "        share = stand_in\n",
                '        raise KemError(f"it does not open ({len(stand_in)})")\n',
            ),
            change(
                "protocol/agreement",
                "from rsachat.crypto.kem import KemKeyPair\n",
                "from rsachat.crypto.kem import KemError, KemKeyPair\n",
            ),
        ),
    ),
    Mutant(
        "e2e_init_rate",
        "the rate of a sending session",
        (
            change(
                "protocol/init_gate",
                "if not self._bucket(sender.session).take(self._context.now):",
                "if False:",
            ),
        ),
    ),
    Mutant("e2e_msg_flip", "the tag of a message", (_MESSAGE_TAG,)),
    Mutant(
        "e2e_msg_replay",
        "the refusal of a number that was passed",
        (change("protocol/incoming_session", "if missing < 0:", "if False:"),),
    ),
    Mutant(
        "e2e_msg_gap_shown",
        "the word about missing messages",
        (change("protocol/incoming", "        if missing:\n", "        if missing < 0:\n"),),
    ),
    Mutant(
        "e2e_msg_gap_1025",
        "the bound of a gap",
        (change("protocol/incoming_session", "if missing > self._limits.skip:", "if False:"),),
    ),
    Mutant("e2e_msg_other_session", "the tag of a message", (_MESSAGE_TAG,)),
    Mutant("e2e_reflect", "the recipient's key in INIT", (_FOR_US,)),
    Mutant(
        "e2e_reflect_own_bundle",
        "the memory of one's own prekeys",
        (change("protocol/bundle", "if bundle.pid in own_pids:", "if False:"),),
    ),
    Mutant(
        "e2e_state_unchanged_after_bad",
        "the order: first the tag, then the state",
        (
            change(
                "protocol/incoming_session",
                "        unsealed = unseal(step(self._chain, missing), msg)\n",
                "        self._chain, self._next = step(self._chain, missing), msg.n\n"
                "        unsealed = unseal(self._chain, msg)\n",
            ),
        ),
    ),
    Mutant(
        "e2e_receipt_forged",
        "the MAC of a receipt",
        (change("protocol/outgoing", "if not equal(expected, receipt.mac):", "if False:"),),
    ),
    Mutant(
        "e2e_receipt_replay",
        "count, number and MAC of a receipt: each of them stops it",
        (
            change(
                "protocol/outgoing",
                "if receipt.count <= self._count or not 0 <= place < len(self._tags):",
                "if False:",
            ),
            change("protocol/outgoing", "if not equal(expected, receipt.mac):", "if False:"),
        ),
    ),
    Mutant(
        "e2e_receipt_replay",
        "the rising count of receipts",
        (change("protocol/outgoing", "if receipt.count <= self._count or ", "if "),),
        by="e2e_receipt_replay_of_a_count",
    ),
    Mutant(
        "e2e_receipt_lost_count",
        "the belief in a receipt after others were lost",
        (
            change(
                "protocol/outgoing",
                "if receipt.count <= self._count or ",
                "if receipt.count != self._count + 1 or ",
            ),
        ),
    ),
    Mutant(
        "e2e_reset_flood",
        "the ten seconds between two sessions",
        (
            change(
                "protocol/correspondence",
                "at = max(now, self._restarted_at + self._context.limits.restart_every)",
                "at = now",
            ),
        ),
    ),
    Mutant(
        "e2e_terminal_escape",
        "the escaping of control characters",
        (
            change(
                "protocol/safe_text",
                'return _Kind.TAB if character == "\\t" else _Kind.ESCAPED',
                "return _Kind.PLAIN",
            ),
        ),
    ),
    Mutant(
        "e2e_terminal_escape",
        "the escaping of what changes the direction",
        (
            change(
                "protocol/safe_text",
                "return _Kind.PLAIN if character in _VISIBLE_FORMATS else _Kind.ESCAPED",
                "return _Kind.PLAIN",
            ),
        ),
    ),
    Mutant(
        "e2e_mid_duplicate_receipted",
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
        "e2e_msg_relabelled_session",
        "the look who began the session",
        (change("protocol/incoming", "if session.sender != sender:", "if False:"),),
    ),
    Mutant("e2e_lost_msg_becomes_undelivered", "the wait for a receipt", (_OVERDUE,)),
    Mutant("e2e_lost_receipt_resent", "the wait for a receipt", (_OVERDUE,)),
    Mutant(
        "e2e_reset_loop_ends",
        "the bound of new sessions without a receipt",
        (
            change(
                "protocol/correspondence",
                "if self._session is not None and self._restarts >= self._context.limits.restarts:",
                "if False:",
            ),
        ),
    ),
)

MUTANTS = (*_HOP, *_REC, *_E2E, *UP, *SIM)
