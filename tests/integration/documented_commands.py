"""The table of documented commands: how each is run by a test, or why it is not and what covers it.

tests/integration/test_documented_commands.py reads it, runs it, and holds that it is complete.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.integration.documented_worlds import PASSWORD


@dataclass(frozen=True, slots=True)
class Run:
    """A command that a shell runs, to its end with exit code 0.

    `world` is what lies around it: one of tests/integration/documented_worlds.py. `sees` is what
    must be in its output. `typed`: on a terminal, what is asked and what is typed then; where
    nothing is, there is no terminal. `stays`: it goes on until a signal ends it. `first` and
    `then` are lines of the same shell before and after it.
    """

    world: str
    sees: str
    typed: tuple[tuple[str, str], ...] = ()
    stays: bool = False
    first: str = ""
    then: str = ""
    shell: str = "sh"
    long: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A command that the table does not run: why, and the file, or the test in it, that covers it.

    Of `make TARGET`, make at least has to know what to do.
    """

    why: str
    where: str


CHOSEN = (("new password for", PASSWORD), ("the same again", PASSWORD))
QUIT = ("to leave", "quit")
CODE = ("code of the invitation", "{code}")
CONFIRMED = (("letters of it", "{server}"),)
AUTHORIZED = "rsachat authorize bob-rsapub.pem"
RECEIPTED = "rsachat upload report.pdf --receipt report.receipt"

RUN = {
    # identities
    "rsachat keygen server --password": Run("nothing", "server-rsapvt.pem", CHOSEN),
    "rsachat keygen alice --password": Run("nothing", "alice-rsapvt.pem", CHOSEN, long=True),
    "rsachat keygen alice bob": Run("nothing", "bob-rsapvt.pem", long=True),
    "rsachat keygen --bits 4096 carol": Run("nothing", "4096", long=True),
    "rsachat keys": Run("server", "identity  client"),
    "rsachat keys passwd client": Run("server", "by the new password now", CHOSEN),
    "rsachat keys passwd client --remove": Run(
        *("server", "has no password now", (*CHOSEN, ("password for", PASSWORD))),
        first="rsachat keys passwd client",
    ),
    # a server
    "rsachat server --host 0.0.0.0 --port 8000": Run("server", "listening on 0.0.0.0", stays=True),
    "rsachat server --host 0.0.0.0 --port 9000 --log-file rsachat.log": Run(
        "server", "listening on 0.0.0.0", stays=True
    ),
    "rsachat server --host 0.0.0.0 --password-file server.password --log-file rsachat.log": Run(
        "locked", "listening on 0.0.0.0", stays=True
    ),
    "rsachat server --open --json": Run("server", '"open_to_all":true', stays=True),
    "rsachat server --metrics 127.0.0.1:9464": Run("server", "/metrics", stays=True),
    "rsachat server --tap": Run("server", "listening on", stays=True),
    "rsachat server --print-systemd --uploads-mode 0640": Run("nothing", "--uploads-mode 0640"),
    "rsachat server --print-systemd --host 0.0.0.0 --uploads-mode 0640"
    " --password-file server.password > rsachat.service": Run(
        "nothing", "LoadCredential=password:", then="cat rsachat.service"
    ),
    # who may come in
    "rsachat authorize alice-rsapub.pem": Run("server", "alice is authorized"),
    "rsachat authorize bob-rsapub.pem": Run("server", "bob is authorized"),
    "rsachat authorize bobs-key.pem --name bob": Run("server", "bob is authorized"),
    "ssh bob@example.org cat keys/client-rsapub.pem | rsachat authorize - --name bob": Run(
        "server", "bob is authorized"
    ),
    "rsachat revoke alice": Run(
        "server", "alice is revoked", first="rsachat authorize alice-rsapub.pem"
    ),
    "rsachat revoke bob": Run("server", "bob is revoked", first=AUTHORIZED),
    "rsachat revoke bob --keys /srv/rsachat/keys": Run(
        "server", "bob is revoked", first=AUTHORIZED
    ),
    "rsachat invite alice --address 192.0.2.7:8000": Run("server", "rsachat join 192.0.2.7:8000"),
    "rsachat invite bob --address 192.0.2.7": Run("server", "rsachat join 192.0.2.7"),
    "rsachat invite bob --address example.org:8000": Run("server", "rsachat join example.org:8000"),
    "rsachat join 192.0.2.7:8000": Run("invited", "rsachat client", (CODE,)),
    "rsachat join example.org:8000": Run("invited", "rsachat client", (CODE,), long=True),
    "rsachat join example.org:8000 --password": Run(
        "invited", "rsachat client", (CODE, *CHOSEN), long=True
    ),
    "rsachat join 192.0.2.7 --code-file invitation.txt": Run("invited", "rsachat client"),
    # a chat
    "rsachat client --bind 8002": Run("person", "you are client", (QUIT,)),
    "rsachat client --server 192.0.2.7:8000": Run(
        "stranger", "you are client", (("(yes/no)", "yes"), QUIT)
    ),
    "rsachat client --server example.org:8000 --name alice": Run("person", "you are client here"),
    "rsachat client --listen < /dev/null": Run("person", "connected to", stays=True),
    "rsachat client --listen --json < /dev/null": Run("person", '"connected"', stays=True),
    "echo done | rsachat client --to bob": Run("person", "delivered (@bob: done)"),
    "echo 'the build is done' | rsachat client --to bob": Run(
        "person", "delivered (@bob: the build is done)"
    ),
    # files
    "rsachat upload source.txt --as target.txt": Run("person", "target.txt"),
    "rsachat upload report.pdf --json": Run("person", '"upload-done"'),
    "rsachat upload report.pdf --receipt report.receipt": Run(
        "person", "END RSACHAT RECEIPT", then="cat report.receipt"
    ),
    "rsachat upload report.pdf photo.jpg --server example.org:8000": Run("person", "photo.jpg"),
    "rsachat upload notes.txt --as notes-today.txt --replace": Run("person", "notes-today.txt  "),
    "tar c photos | rsachat upload - --as backup.tar": Run("person", "backup.tar"),
    "tar c photos | rsachat upload - --as backup.tar --envelope": Run("person", "backup.tar"),
    "rsachat verify-receipt report.receipt report.pdf": Run("person", "signed by", first=RECEIPTED),
    "rsachat verify-receipt report.receipt report.pdf --server-key server-rsapub.pem": Run(
        "person", "signed by", first=RECEIPTED, long=True
    ),
    # trust
    "rsachat trust": Run("changed_person", "@bob"),
    "rsachat trust list": Run("changed_person", "@bob"),
    "rsachat trust remove example.org:8000": Run("changed_server", "is forgotten"),
    "rsachat trust replace 192.0.2.7:8000": Run("changed_server", "is pinned with", CONFIRMED),
    "rsachat trust replace example.org:8000": Run(
        "changed_server", "is pinned with", CONFIRMED, long=True
    ),
    "rsachat trust replace @bob --server example.org:8000": Run(
        "changed_person", "is pinned with", (("letters of it", "{bob}"),)
    ),
    # looking, telling, showing
    "rsachat doctor": Run("person", "let in as client"),
    "rsachat doctor --server example.org:8000": Run("person", "let in as client"),
    "rsachat doctor --uploads delivered --port 9000 --json": Run("server", '"check":"uploads"'),
    "rsachat completion fish | source": Run(
        "nothing", "verify-receipt", then="complete -C 'rsachat ver'", shell="fish"
    ),
    'eval "$(rsachat completion bash)"': Run(
        "nothing", "_rsachat", then="complete -p rsachat", shell="bash"
    ),
    'eval "$(rsachat completion zsh)"': Run(
        *("nothing", "_rsachat"),
        first="autoload -Uz compinit; compinit -u",
        then="echo $_comps[rsachat]",
        shell="zsh",
    ),
    "rsachat licenses": Run("nothing", "pycryptodome"),
    "rsachat licenses pycryptodome": Run("nothing", "BSD 2-Clause"),
    "rsachat demo": Run("nothing", "left by themselves", long=True),
    "rsachat demo --json": Run("nothing", '"clients leave"', long=True),
    "rsachat help completion": Run("nothing", "usage: rsachat completion"),
    "rsachat --version": Run("nothing", "rsachat 0"),
    "rsachat --version -v": Run("nothing", "RSA engine"),
    # in the source tree
    ".venv/bin/python rsachat.py --version": Run("tree", "rsachat 0"),
    "make simulate SEED=7": Run("tree", "shows"),
}

README = (
    "in the README's order",
    "tests/integration/test_documented_commands.py::test_the_four_everyday_commands_of_the_readme",
)
MINUTES = "it takes minutes"
INDEX = "it needs the package index"
FILES = "it writes files of the source tree"

ELSEWHERE = {
    "rsachat keygen --password": Elsewhere(*README),
    "rsachat server": Elsewhere(*README),
    "rsachat client": Elsewhere(*README),
    "rsachat upload source.txt": Elsewhere(*README),
    "make demo": Elsewhere("it is rsachat demo", ".ci/run"),
    "make venv": Elsewhere("it makes the environment that the tests run in", ".ci/run"),
    "make test": Elsewhere("it runs these tests", ".ci/run"),
    "make test RSACHAT_ENGINE=pycryptodome": Elsewhere(
        MINUTES, "tests/crypto/test_engine_pycryptodome.py"
    ),
    "make check": Elsewhere(MINUTES, ".ci/run"),
    "make test-long": Elsewhere(MINUTES, "tests/integration/test_soak.py"),
    "make mutants": Elsewhere(MINUTES, "tests/mutants/test_table.py"),
    "make simulate": Elsewhere(MINUTES, "tests/simulation/test_simulation.py"),
    "make fuzz": Elsewhere(MINUTES, "tests/fuzz/test_main.py"),
    "make bench": Elsewhere(MINUTES, "tests/benchmarks/test_report.py"),
    "make bench ARGS=load": Elsewhere(MINUTES, "tests/benchmarks/test_load.py"),
    "make bench ARGS='peers load'": Elsewhere(MINUTES, "tests/benchmarks/test_peers.py"),
    "make bench-check": Elsewhere(MINUTES, "tests/benchmarks/test_report.py"),
    "make bench-peers": Elsewhere(MINUTES, "tests/benchmarks/test_peers.py"),
    "make binary": Elsewhere(MINUTES, "tests/test_packaging.py"),
    "make binary ENGINE=fast": Elsewhere(MINUTES, "tests/test_packaging.py"),
    "make test-binary": Elsewhere(MINUTES, "tests/integration/test_executable.py"),
    "make wheel": Elsewhere(INDEX, "tests/test_packaging.py"),
    "make docs": Elsewhere(FILES, "tests/test_docs.py"),
    "make pictures": Elsewhere(FILES, "tests/test_docs.py"),
    "make clean": Elsewhere(FILES, "tests/test_packaging.py::test_clean_leaves_what_is_the_users"),
    "pip install .": Elsewhere(INDEX, "tests/test_packaging.py"),
    "pip install '.[fast]'": Elsewhere(INDEX, "tests/test_packaging.py"),
    "pip install 'rsachat[fast]'": Elsewhere(INDEX, "tests/test_packaging.py"),
    ".venv/bin/python -m tests.support.replay": Elsewhere(
        MINUTES, "tests/transcripts/test_transcripts.py"
    ),
    ".venv/bin/python -m tests.support.replay --write": Elsewhere(
        FILES, "tests/transcripts/test_transcripts.py"
    ),
    "python -m tests.vectors.make_vectors": Elsewhere(FILES, "tests/protocol/test_messages.py"),
    "python -m tests.fuzz.keep": Elsewhere(FILES, "tests/fuzz/test_keep.py"),
}
