"""RSA identities: signatures, key transport and key files (RFC 8017, PROTOCOL section 0).

One padding for each use: RSASSA-PSS signs, RSAES-OAEP encrypts, both with SHA-256 and a label.
Every key that enters is checked here: 3072 or 4096 bits, e = 65537, one encoding. So is all
that can be seen of a ciphertext or signature before a key is asked; the arithmetic is engine.py's.

`random` is where padding is drawn from. The default leaves that to the chosen engine; another one
(vectors, a simulator) is taken at its word, which only pycryptodome can.
"""

import os
from collections.abc import Callable

from Crypto import IncorrectPassphraseError, KdfLimitError, PassphraseRequiredError
from Crypto.IO import PEM, PKCS8
from Crypto.PublicKey import RSA
from Crypto.PublicKey.RSA import RsaKey

from rsachat.crypto import engine_pycryptodome
from rsachat.crypto.engine import PrivateOperations, PublicOperations, chosen
from rsachat.crypto.kdf import labelled, sha256

Random = Callable[[int], bytes]

ALLOWED_BITS = (3072, 4096)
EXPONENT = 65537
MODULUS_BYTES = {422: 384, 550: 512}
"""The length of a modulus, and so of signatures and ciphertexts, by that of its SPKI."""
KDF_ROUNDS = 600_000
_MAX_KDF_COST = 10_000_000
_LIBRARY_ERRORS = (ValueError, IndexError, TypeError, ArithmeticError)  # 1 for a prime divides by 0
_PROTECTION = "PBKDF2WithHMAC-SHA512AndAES256-CBC"
_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_PRIVATE = b"-----BEGIN PRIVATE KEY-----"
_PUBLIC = b"-----BEGIN PUBLIC KEY-----"
# An SPKI is a modulus between fixed bytes: sequence, rsaEncryption, bit string, e (RFC 8017 A.1).
_SPKI_HEADS = {
    3072: bytes.fromhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100"),
    4096: bytes.fromhex("30820222300d06092a864886f70d01010105000382020f003082020a0282020100"),
}
_SPKI_TAIL = bytes.fromhex("0203010001")


class KeyFormatError(ValueError):
    """The bytes are no key of a kind that rsachat takes; the text says why."""


class WrongPasswordError(ValueError):
    """The key is protected, and no password or a wrong one was given.

    CBC cannot tell a wrong password from altered bytes, so both end here.
    """


class PublicKey:
    """The public half of an identity.

    `spki` is the one DER encoding (422 or 550 bytes), `fingerprint` its SHA-256 (32 bytes),
    `size` the length of the modulus and so of signatures and ciphertexts (384 or 512 bytes).
    """

    __slots__ = ("_key", "_operations", "bits", "fingerprint", "size", "spki")

    def __init__(self, key: RsaKey) -> None:
        _check(key)
        self._key = key
        self._operations = chosen().public(key)
        self.bits = key.size_in_bits()
        self.size = key.size_in_bytes()
        modulus = int(key.n).to_bytes(self.size, "big")
        self.spki = _SPKI_HEADS[self.bits] + modulus + _SPKI_TAIL
        self.fingerprint = sha256(self.spki)

    @classmethod
    def from_spki(cls, der: bytes) -> "PublicKey":
        """Raises KeyFormatError, also for a second encoding of an acceptable key."""
        size = MODULUS_BYTES.get(len(der))
        if size is None:
            raise KeyFormatError("not a public key of 3072 or 4096 bits")
        # Reading in place is ten times faster than the library's parser, and every login does it;
        # whatever stands around the modulus, what comes out is compared with what came in.
        modulus = der[-size - len(_SPKI_TAIL) : -len(_SPKI_TAIL)]
        try:
            key = RSA.construct((int.from_bytes(modulus, "big"), EXPONENT))
        except _LIBRARY_ERRORS as error:
            raise KeyFormatError("no RSA public key") from error
        public = cls(key)
        if public.spki != der:
            raise KeyFormatError("not the one encoding of this key")
        return public

    @classmethod
    def from_pem(cls, data: bytes) -> "PublicKey":
        """From SubjectPublicKeyInfo as PEM. Raises KeyFormatError."""
        text = data.strip()
        if not text.startswith(_PUBLIC):
            raise KeyFormatError("no public key in PEM form")
        der = _pem_body(text)
        public = cls(_import_public(der))  # says which size is wrong; from_spki sees lengths only
        if public.spki != der:
            raise KeyFormatError("not the one encoding of this key")
        return public

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.spki == self.spki

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"PublicKey({self.fingerprint.hex()[:16]})"

    def verify(self, label: bytes, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (as long as the modulus) is this key's over a labelled message."""
        return self._verify(labelled(label, message), signature)

    def _verify(self, message: bytes, signature: bytes) -> bool:
        """PSS over bytes as they are: apart, so that published vectors reach it."""
        return len(signature) == self.size and self._operations.verify(message, signature)

    def encrypt(
        self, label: bytes, context: bytes, message: bytes, random: Random = os.urandom
    ) -> bytes:
        """OAEP under a labelled context: a ciphertext as long as the modulus.

        Raises ValueError for a message longer than the modulus less 66 bytes.
        """
        return self._drawing_from(random).encrypt(labelled(label, context), message)

    def _drawing_from(self, random: Random) -> PublicOperations:
        if random is os.urandom:
            return self._operations
        return engine_pycryptodome.public(self._key, random)

    def to_pem(self) -> bytes:
        """SubjectPublicKeyInfo as PEM, with a line break at its end."""
        return self._key.export_key("PEM") + b"\n"


class PrivateKey:
    """An identity one owns. It has no repr of its parts and cannot be pickled."""

    __slots__ = ("_key", "_operations", "public")

    def __init__(self, key: RsaKey) -> None:
        if not key.has_private():
            raise KeyFormatError("no private key")
        self._key = key
        self.public = PublicKey(key.public_key())  # which looks at it before an engine does
        self._operations = chosen().private(key)

    @classmethod
    def generate(cls, bits: int = 3072, random: Random = os.urandom) -> "PrivateKey":
        """A new key; takes seconds. Raises KeyFormatError for a size not allowed."""
        if bits not in ALLOWED_BITS:
            raise KeyFormatError("keys have 3072 or 4096 bits")
        return cls(RSA.generate(bits, randfunc=random, e=EXPONENT))

    @classmethod
    def from_der(cls, der: bytes, password: str | None = None) -> "PrivateKey":
        """From PKCS#8 DER. Raises KeyFormatError or WrongPasswordError.

        CBC has no integrity, so the key that comes out is encoded again and compared.
        """
        inner = _unwrap(der, password)
        try:
            key = RSA.import_key(inner)
        except _LIBRARY_ERRORS as error:
            raise _not_opened(password) from error
        if not key.has_private() or key.export_key("DER", pkcs=1) != inner:
            raise _not_opened(password)
        return cls(key)

    @classmethod
    def from_pem(cls, data: bytes, password: str | None = None) -> "PrivateKey":
        """From PKCS#8 as PEM. Raises KeyFormatError or WrongPasswordError."""
        text = data.strip()
        if not text.startswith((_ENCRYPTED, _PRIVATE)):
            raise KeyFormatError("no private key in PKCS#8 PEM form")
        return cls.from_der(_pem_body(text), password)

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.fingerprint.hex()[:16]})"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not pickled")

    def sign(self, label: bytes, message: bytes, random: Random = os.urandom) -> bytes:
        """PSS over a labelled message: a signature as long as the modulus."""
        return self._drawing_from(random).sign(labelled(label, message))

    def _drawing_from(self, random: Random) -> PrivateOperations:
        if random is os.urandom:
            return self._operations
        return engine_pycryptodome.private(self._key, random)

    def decrypt(self, label: bytes, context: bytes, ciphertext: bytes) -> bytes | None:
        """The message, or None. Every failure is the same None (no oracle, SECURITY S20)."""
        return self._decrypt(labelled(label, context), ciphertext)

    def _decrypt(self, label: bytes, ciphertext: bytes) -> bytes | None:
        """OAEP with a label as it is: apart, so that published vectors reach it."""
        if len(ciphertext) != self.public.size:
            return None
        if int.from_bytes(ciphertext, "big") >= self._key.n:
            return None
        return self._operations.decrypt(label, ciphertext)

    def to_der(self) -> bytes:
        """PKCS#8 DER in clear, for a worker's pipe; never for a file or an argument."""
        return self._key.export_key("DER", pkcs=8)

    def to_pem(self, password: str | None = None) -> bytes:
        """PKCS#8 PEM, under PBKDF2-HMAC-SHA-512 and AES-256-CBC if a password is given."""
        if password is None:
            return self._key.export_key("PEM", pkcs=8) + b"\n"
        protected = self._key.export_key(
            "PEM",
            passphrase=password.encode(),
            pkcs=8,
            protection=_PROTECTION,
            prot_params={"iteration_count": KDF_ROUNDS},
        )
        return protected + b"\n"


def is_encrypted(pem: bytes) -> bool:
    """Whether a private key's PEM asks for a password."""
    return pem.strip().startswith(_ENCRYPTED)


def _check(key: RsaKey) -> None:
    if key.size_in_bits() not in ALLOWED_BITS:
        raise KeyFormatError(f"RSA of {key.size_in_bits()} bits; 3072 or 4096 are needed")
    if key.e != EXPONENT:
        raise KeyFormatError("the public exponent is not 65537")


def _import_public(der: bytes) -> RsaKey:
    try:
        key = RSA.import_key(der)
    except _LIBRARY_ERRORS as error:
        raise KeyFormatError("no RSA public key") from error
    if key.has_private():
        raise KeyFormatError("a private key stands where a public one belongs")
    return key


def _pem_body(text: bytes) -> bytes:
    try:
        der, _, _ = PEM.decode(text.decode("ascii"))
    except (ValueError, UnicodeDecodeError) as error:
        raise KeyFormatError("the PEM text is damaged") from error
    return bytes(der)


def _not_opened(password: str | None) -> ValueError:
    """One wrong password in 256 gives right padding: nonsense inside says the same as wrong."""
    if password is None:
        return KeyFormatError("the private key is damaged, or of another form")
    return WrongPasswordError("wrong password")


def _unwrap(der: bytes, password: str | None) -> bytes:
    """The PKCS#1 bytes inside PKCS#8, its key derivation bounded in cost."""
    passphrase = None if password is None else password.encode()
    try:
        oid, inner, _ = PKCS8.unwrap(der, passphrase, max_iteration_count=_MAX_KDF_COST)
    except (PassphraseRequiredError, IncorrectPassphraseError) as error:
        raise WrongPasswordError("wrong password") from error
    except KdfLimitError as error:
        raise KeyFormatError("its password derivation costs too much") from error
    except _LIBRARY_ERRORS as error:
        raise _not_opened(password) from error
    if oid != RSA.oid:
        raise KeyFormatError("not an RSA key")
    return bytes(inner)
