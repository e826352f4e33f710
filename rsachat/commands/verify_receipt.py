"""`rsachat verify-receipt`: what a kept receipt proves about a file, without the server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rsachat import amounts
from rsachat.commands.options import (
    add_json_option,
    add_keys_folder_option,
    examples,
    keystore_of,
)
from rsachat.errors import RefusedError, RsachatError

if TYPE_CHECKING:
    from rsachat.crypto.rsa import PublicKey
    from rsachat.protocol.receipt_file import Proof


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="the receipt that upload --receipt kept"
    )
    parser.add_argument("source", metavar="SOURCE", type=Path, help="the file that was uploaded")
    parser.add_argument(
        "--server-key",
        metavar="FILE",
        type=Path,
        help="the public key that has to have signed (default: that of any pinned server, or "
        "server-rsapub.pem in the keys folder)",
    )
    add_json_option(parser)
    add_keys_folder_option(parser)
    parser.epilog = examples(
        "rsachat verify-receipt report.receipt report.pdf",
        "rsachat verify-receipt report.receipt report.pdf --server-key server-rsapub.pem",
    )


def run(args: argparse.Namespace) -> int:
    """First whether it proves anything at all, then who signed it, then for which bytes."""
    from rsachat.protocol.receipt_file import NotProven, check_content, check_receipt_file
    from rsachat.protocol.receipt_file import decode_receipt_file as decode
    from rsachat.runtime.sources import SourceFile, SourceHash

    source = SourceFile(args.source, str(args.source))
    text = _receipt_text(args.file)
    source.open()
    hashing = SourceHash(source)
    while hashing.step():
        pass
    source.close()
    try:
        proof = check_receipt_file(decode(text))
        _check_signer(args, proof.signer)
        check_content(proof, hashing.done, hashing.sha256)
    except NotProven as error:
        raise RsachatError(
            f"{args.file} is no receipt for {args.source}",
            why=str(error),
            hint="uploading it again says 'already there' if the server has it, with a receipt",
        ) from error
    _say(args, proof)
    return 0


def _receipt_text(path: Path) -> bytes:
    from rsachat.protocol.receipt_file import MAX_FILE
    from rsachat.runtime.sources import SourceFile

    source = SourceFile(path, str(path))
    source.open()
    try:
        return source.read(0, MAX_FILE + 1)
    finally:
        source.close()


def _check_signer(args: argparse.Namespace, signer: PublicKey) -> None:
    """Raises RefusedError unless it is a key that this side has reason to take for a server's."""
    from rsachat.crypto.fingerprint import fingerprint_text
    from rsachat.crypto.kdf import equal

    if not any(equal(known, signer.fingerprint) for known in _known(args)):
        whose = "that is no pinned server's" if args.server_key is None else "other than that named"
        raise RefusedError(
            f"the signer of {args.file} is not known",
            why=f"its signatures are right, by a key {whose}: "
            f"{fingerprint_text(signer.fingerprint)}",
            hint="--server-key FILE names the server's public key",
        )


def _known(args: argparse.Namespace) -> set[bytes]:
    from rsachat.runtime.key_files import SERVER
    from rsachat.runtime.keystore import load_public
    from rsachat.runtime.pins import Pins

    if args.server_key is not None:
        return {load_public(args.server_key).fingerprint}
    store = keystore_of(args)
    own = store.public_key(SERVER)
    known = {pin.fp for pin in Pins(store.folder).servers()}
    return known | {own.fingerprint} if own is not None else known


def _say(args: argparse.Namespace, proof: Proof) -> None:
    from rsachat.commands.speak import put_json
    from rsachat.crypto.fingerprint import fingerprint_text
    from rsachat.protocol.safe_text import clean_name

    manifest, receipt = proof.manifest, proof.receipt
    name = manifest.name.decode("utf-8", "replace")
    signer, sender = (fingerprint_text(key.fingerprint) for key in (proof.signer, proof.sender))
    if args.json:
        data = {
            "file": name,
            "size": manifest.size,
            "sha256": manifest.sha256.hex(),
            "receipt_time": amounts.rfc3339(receipt.time_ms, milliseconds=True),
            "signed_by": signer,
            "sender": sender,
        }
        put_json("receipt-verified", data)
        return
    print(
        f"{clean_name(name).plain}  {amounts.number(manifest.size, 'byte')}  "
        f"SHA-256 {manifest.sha256.hex()}\n"
        f"received {amounts.moment(receipt.time_ms)}  signed by server {signer}\n"
        f"sent by {sender}"
    )
