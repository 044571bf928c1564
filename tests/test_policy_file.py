"""The file of a policy: read back the same, strict in every key, and written whole or not at all."""

from __future__ import annotations

import copy
import json
import math
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from document_blocks import ROOT, blocks
from hypothesis import given
from hypothesis import strategies as st
from policies import FULL, policies, policy

import rejuvmodel as rj

FORMAT = ROOT / "docs" / "policy_file.md"
GOOD = rj.RejuvenationPolicy(**FULL).to_dict()
#: The environment in which another process finds this library from any directory.
HERE = os.environ | {"PYTHONPATH": str(Path(rj.__file__).parents[1])}
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs the signals and limits of POSIX")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@given(policies)
def test_a_policy_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, made: rj.RejuvenationPolicy
) -> None:
    """Through text, dict and file every policy comes back equal, to the last bit of every number."""
    path = tmp_path_factory.getbasetemp() / "policy.json"
    made.save(path)
    for again in (
        rj.RejuvenationPolicy.load(path),
        rj.RejuvenationPolicy.from_json(made.to_json()),
        rj.RejuvenationPolicy.from_dict(made.to_dict()),
        rj.RejuvenationPolicy.from_dict(json.loads(json.dumps(made.to_dict(), allow_nan=False))),
    ):
        assert again == made
        assert again.mean.hex() == made.mean.hex()
        assert again.to_json() == made.to_json()


def test_the_keys_of_the_file() -> None:
    """The file has the schema's number and one key for each term, in a fixed order."""
    assert list(GOOD) == [
        "schema", "scope", "clock", "law", "mean", "jitter", "servers", "required", "max_concurrent",
        "predicted", "computed_from",
    ]  # fmt: skip
    assert GOOD["schema"] == 1
    assert GOOD["law"] == {"name": "erlang", "k": 5}
    assert GOOD["computed_from"]["rate_bounds"] == [0, "infinity"]
    assert policy(mean="never").to_dict()["mean"] == "infinity"


def test_other_writers_of_json_are_understood() -> None:
    """Whole numbers for hours, escapes, another order of keys and a byte order mark change nothing."""
    values = dict(reversed(GOOD.items())) | {"mean": 336}
    again = rj.RejuvenationPolicy.from_json(json.dumps(values, ensure_ascii=True, separators=(",", ":")))
    assert again == rj.RejuvenationPolicy(**(FULL | {"mean": 336.0}))


def test_a_byte_order_mark_is_ignored(directory: Path) -> None:
    """A file that an editor saved with a byte order mark is read like any other."""
    (directory / "a.json").write_bytes(b"\xef\xbb\xbf" + policy().to_json().encode())
    assert rj.RejuvenationPolicy.load("a.json") == policy()


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    values: Any = copy.deepcopy(GOOD)
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return dict(values)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (changed(("schema",), 2), "schema", "use the version that made it"),
    (changed(("schema",), 1.0), "schema", "use the version"),
    (changed(("schema",), True), "schema", "use the version"),
    (changed(("schema",), "1"), "schema", "use the version"),
    (changed(("maen",), 3), "maen", 'Did you mean "mean"?'),
    (changed(("interval",), 3), "interval", "Remove it."),
    (changed(("law", "phases"), 3), "law.phases", "Remove it."),
    (changed(("predicted", "availabilty"), 3), "predicted.availabilty", '"availability"'),
    (changed(("computed_from", "cost"), {}), "computed_from.cost", '"costs"'),
    (changed(("mean",), "14 d"), "mean", "30 min"),
    (changed(("mean",), "never"), "mean", "30 min"),
    (changed(("mean",), None), "mean", "2 h"),
    (changed(("mean",), [1]), "mean", "2 h"),
    (changed(("mean",), 10**400), "mean", "never"),
    (changed(("jitter",), "infinity"), "jitter", "5 min"),
    (changed(("jitter",), "5 min"), "jitter", "30 min"),
    (changed(("predicted", "horizon"), "365 d"), "predicted.horizon", "30 min"),
    (changed(("predicted", "horizon"), "infinity"), "predicted.horizon", "8760"),
    (changed(("predicted", "downtime"), 1), "predicted.downtime", "Leave it out"),
    (changed(("servers",), 4.0), "servers", "decimal point"),
    (changed(("servers",), "4"), "servers", "quotes"),
    (changed(("law",), None), "law", "erlang"),
    (changed(("law", "k"), "5"), "law.k", "quotes"),
    (changed(("scope",), "both"), "scope", "Choose"),
    (
        changed(("computed_from", "rates", "aging"), [[[[[[[[[1]]]]]]]]]),
        "computed_from.rates.aging" + "[0]" * 7,
        "",
    ),
]


@pytest.mark.parametrize(("values", "argument", "advice"), WRONG, ids=[one[1] for one in WRONG])
def test_a_wrong_value_is_refused(
    directory: Path, values: dict[str, Any], argument: str, advice: str
) -> None:
    """An error names the key by its path and the file as typed, the value, the rule and the next step."""
    (directory / "web.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(rj.InvalidInputError) as error:
        rj.RejuvenationPolicy.load("./web.json")
    assert error.value.argument == f"{argument} in ./web.json"
    assert error.value.found
    assert error.value.rule
    assert advice in error.value.advice
    with pytest.raises(rj.InvalidInputError) as error:
        rj.RejuvenationPolicy.from_dict(values)
    assert error.value.argument == argument


@pytest.mark.parametrize("key", list(GOOD))
def test_a_missing_key_is_named(key: str) -> None:
    """Every key is there, even one that the constructor lets be left out."""
    values = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(rj.InvalidInputError, match=rf"^{key} in text: got nothing \(the key is missing\)"):
        rj.RejuvenationPolicy.from_json(json.dumps(values))


def test_the_schema_is_looked_at_first() -> None:
    """A file of a later schema is refused by its number, not by a key that only that schema knows."""
    with pytest.raises(rj.InvalidInputError, match=r"^schema: got 7 \(int\); .* reads policies of schema 1"):
        rj.RejuvenationPolicy.from_dict({"schema": 7, "cron": "0 3 * * *"})


BROKEN = [
    ("", "a syntax error"),
    ("{", "a syntax error"),
    ('{"schema": 1,}', "a syntax error"),
    (policy().to_json()[:-20], "a syntax error"),
    (policy().to_json() * 2, "a syntax error"),
    ('{"mean": NaN}', "NaN, which is no JSON"),
    ('{"mean": -Infinity}', "-Infinity, which is no JSON"),
    ('{"mean": 1e999}', '"1e999", a number outside the range of doubles'),
    ('{"mean": 1e-999}', '"1e-999", a number outside the range of doubles'),
    ('{"mean": 1, "mean": 2}', 'the key "mean" twice'),
    ('{"law": {"name": "fixed", "name": "exponential"}}', 'the key "name" twice'),
    ('{"mean": ' + "9" * 5000 + "}", "a syntax error"),
    ("[" * 100_000, "values nested too deeply"),
    ("[1]", "[1] (list)"),
    ("null", "None"),
]


@pytest.mark.parametrize(("text", "found"), BROKEN, ids=[found for _, found in BROKEN])
def test_what_is_no_document_is_refused(text: str, found: str) -> None:
    """Torn files, doubled keys, NaN, and numbers that no double holds are errors, never other values."""
    with pytest.raises(rj.InvalidInputError) as error:
        rj.RejuvenationPolicy.from_json(text)
    assert found in error.value.found
    assert error.value.advice


def test_zero_may_be_written_in_any_way() -> None:
    """A zero with an exponent is a zero; only a number lost to rounding is refused."""
    for zero in ("0", "0.0", "0e7", "-0.0", "0.000E-999"):
        text = re.sub(r'"jitter": [^,]*', f'"jitter": {zero}', policy(jitter=1).to_json())
        assert rj.RejuvenationPolicy.from_json(text) == policy()


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever part of a file is lost or replaced, the result is a policy or an InvalidInputError."""
    text = json.dumps(GOOD)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    damaged = text[:start] + data.draw(st.text('{}[]",:0123456789.e-truefalsn', max_size=4)) + text[end:]
    try:
        result: object = rj.RejuvenationPolicy.from_json(damaged)
    except rj.InvalidInputError as error:
        result = error
    assert isinstance(result, rj.RejuvenationPolicy | rj.InvalidInputError)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_values_are_refused(values: Any) -> None:
    """No values but those of a policy give anything but an InvalidInputError."""
    with pytest.raises(rj.InvalidInputError):
        rj.RejuvenationPolicy.from_dict(values)


def test_text_that_is_none_is_refused() -> None:
    """from_json takes text alone, and points to load for files."""
    with pytest.raises(rj.InvalidInputError, match=r"^text: got .* use load\.$"):
        rj.RejuvenationPolicy.from_json(Path("policy.json"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing.json", "no such file"), (".", "a directory"), ("", "no such file"), ("a\0b", "cannot")],
)
def test_an_unreachable_file_is_refused(directory: Path, name: str, words: str) -> None:
    """A file that cannot be opened is an error that names it and says why."""
    with pytest.raises(rj.InvalidInputError) as error:
        rj.RejuvenationPolicy.load(name)
    assert error.value.argument == (name or '""')
    assert words in error.value.found
    assert "a policy file" in error.value.rule
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize("path", [None, 3, True, b"a.json", ["a.json"]])
@pytest.mark.parametrize("method", [rj.RejuvenationPolicy.load, policy().save])
def test_a_path_of_another_type_is_refused(method: Callable[[Any], Any], path: Any) -> None:
    """What is no path is an error that names the path, and no file descriptor is used by number."""
    with pytest.raises(rj.InvalidInputError, match=r"^path: got "):
        method(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/a.json", "a file in no directory"),
        ("file/a.json", "a file in no directory"),
        (".", "a directory"),
        ("", "a directory"),
        ("new/", "a directory"),
        ("a\0b", "no file can have"),
        pytest.param("/dev/null", "a device", marks=POSIX),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(directory: Path, name: str, words: str) -> None:
    """Where no file can be written the error names it and says why, and nothing is left behind."""
    (directory / "file").touch()
    with pytest.raises(rj.InvalidInputError) as error:
        policy().save(name)
    assert error.value.argument == (name or '""')
    assert words in error.value.found
    assert [path.name for path in directory.iterdir()] == ["file"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_protected_directory_is_refused(directory: Path) -> None:
    """Without permission to write into the directory the error says so."""
    directory.chmod(0o500)
    with pytest.raises(rj.InvalidInputError, match="may not be written"):
        policy().save("a.json")


def test_names_may_be_as_long_as_the_system_allows(directory: Path) -> None:
    """A name of 255 bytes is written; a longer one is an error of the system that names the file."""
    policy().save("x" * 255)
    assert rj.RejuvenationPolicy.load("x" * 255) == policy()
    with pytest.raises(OSError, match="nothing was changed") as error:
        policy().save("x" * 256)
    assert error.value.filename == "x" * 256
    assert len(list(directory.iterdir())) == 1


def test_a_policy_too_long_to_be_read_is_not_written(directory: Path) -> None:
    """What load would refuse for its length, save does not write."""
    values = {"library": "1", "model": {"a": ["x" * 1000] * 20_000}, "rates": {}}
    with pytest.raises(rj.InvalidInputError, match="at most 16777216 bytes"):
        policy(computed_from=values).save("a.json")
    assert list(directory.iterdir()) == []


def test_the_longest_law_fits_into_a_file() -> None:
    """A hundred thousand observed delays, all their digits written, are read back the same."""
    made = policy(law={"name": "empirical", "samples": [1 / (3 + k) for k in range(100_000)]})
    made.save("a.json")
    assert rj.RejuvenationPolicy.load("a.json") == made


@POSIX
def test_permissions_are_those_of_the_user(directory: Path) -> None:
    """A new file has the permissions of any new file; one that is replaced keeps its own."""
    before = os.umask(0o027)
    try:
        policy().save("a.json")
    finally:
        os.umask(before)
    path = directory / "a.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    policy(mean=5).save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert rj.RejuvenationPolicy.load(path).mean == 5


@POSIX
def test_a_link_stays_a_link(directory: Path) -> None:
    """Saving through a symbolic link replaces the file it points to."""
    (directory / "real").mkdir()
    (directory / "a.json").symlink_to("real/b.json")
    policy().save("a.json")
    assert (directory / "a.json").is_symlink()
    assert rj.RejuvenationPolicy.load("real/b.json") == policy()


class Stop(BaseException):
    """What no handler of errors expects."""


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt, MemoryError, OSError(5, "Input/output error")])
def test_an_exception_in_the_middle_leaves_the_old_file(
    directory: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: Any
) -> None:
    """When writing stops before the file has its name, the old file stands and nothing else does."""
    policy().save("a.json")

    def stop(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, call, stop)
        with pytest.raises(type(error) if isinstance(error, OSError) else error):
            policy(mean=5).save("a.json")
    assert rj.RejuvenationPolicy.load("a.json") == policy()
    assert [path.name for path in directory.iterdir()] == ["a.json"]


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=HERE, capture_output=True, text=True, check=False, timeout=60
    )


WRITER = "import sys, os, rejuvmodel as rj\nold = rj.RejuvenationPolicy.load('a.json')\n"


@POSIX
def test_a_full_disk_leaves_the_old_file(directory: Path) -> None:
    """A file system that takes no more bytes gives an OSError that names the file; the old one stands."""
    policy().save("a.json")
    done = python(
        f"{WRITER}import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: old.save('a.json')\n"
        "except OSError as error: sys.stdout.write(f'{error.errno} {error.filename} {error.strerror}')\n"
    )
    assert done.stderr == ""
    assert re.fullmatch(r"27 a\.json File too large; nothing was changed", done.stdout)
    assert rj.RejuvenationPolicy.load("a.json") == policy()
    assert [path.name for path in directory.iterdir()] == ["a.json"]


@POSIX
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_writer_killed_in_the_middle_leaves_the_old_file(directory: Path, call: str) -> None:
    """A process killed after it has written, before the file has its name, leaves the old file as it was."""
    policy().save("a.json")
    done = python(
        f"{WRITER}import signal\n"
        f"os.{call} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "old.save('a.json')\n"
    )
    assert done.returncode == -signal.SIGKILL
    assert rj.RejuvenationPolicy.load("a.json") == policy()
    assert len(list(directory.glob(".rejuvmodel-*.tmp"))) == 1


@POSIX
@pytest.mark.parametrize("after", [0.0, 0.013, 0.029])
def test_a_writer_killed_at_any_time_leaves_a_whole_file(after: float) -> None:
    """Whenever a process that writes without pause is killed, the file is one of those it wrote."""
    policy().save("a.json")
    code = (
        f"{WRITER}import dataclasses, itertools\nsys.stdout.write('ready'); sys.stdout.flush()\n"
        "for k in itertools.count(1): dataclasses.replace(old, mean=k).save('a.json')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], env=HERE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.read(5) == b"ready"
        time.sleep(after)
        writer.kill()
    found = rj.RejuvenationPolicy.load("a.json")
    assert found == policy(mean=found.mean)


def test_readers_always_meet_a_whole_file() -> None:
    """While one thread replaces the file again and again, every reading gives a policy."""
    policy().save("a.json")
    stop = threading.Event()

    def write() -> None:
        mean = 1
        while not stop.is_set():
            policy(mean=(mean := mean + 1)).save("a.json")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        means = {rj.RejuvenationPolicy.load("a.json").mean for _ in range(300)}
        while len(means) < 5 and writer.is_alive():  # however slow the disk is
            means.add(rj.RejuvenationPolicy.load("a.json").mean)
    finally:
        stop.set()
        writer.join()
    assert len(means) >= 5


def test_reading_and_drawing_need_no_numpy() -> None:
    """A program that reads, draws, describes and writes a policy loads no NumPy, and no other package."""
    rj.RejuvenationPolicy(**FULL).save("a.json")
    done = python(
        "import sys\nbefore = set(sys.modules)\nfrom rejuvmodel.policy import RejuvenationPolicy\n"
        "import random\nmade = RejuvenationPolicy.load('a.json')\n"
        "made.sample_delay(random.Random(1)), made.describe(), made._repr_html_(), made.save('b.json')\n"
        "loaded = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "sys.stdout.write(' '.join(loaded - set(sys.stdlib_module_names)))\n"
    )
    assert (done.stdout, done.stderr) == ("rejuvmodel", "")


def test_the_documented_example_is_a_policy() -> None:
    """The example in the description of the format is a policy, written as `to_json` writes it."""
    example = next(
        block.text for block in blocks(FORMAT.read_text(encoding="utf-8")) if block.language == "json"
    )
    assert rj.RejuvenationPolicy.from_json(example).to_dict() == json.loads(example)


def test_every_key_is_documented() -> None:
    """The description of the format names every key and every law, and no key that does not exist."""
    text = FORMAT.read_text(encoding="utf-8")
    rows = [
        re.findall(r"`([a-z_.]+)`", line.split("|")[1])
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    named = {name for row in rows for name in row}
    tables = {f"{table}.{key}" for table in ("predicted",) for key in GOOD[table]} | {
        f"computed_from.{key}" for key in ("library", "model", "rates", "costs", "rate_bounds", "mean_bounds")
    }
    laws = {"exponential", "fixed", "erlang", "uniform", "hyperexponential", "empirical"}
    assert named == set(GOOD) | tables | laws
    assert math.isinf(rj.RejuvenationPolicy.from_dict(GOOD | {"mean": "infinity"}).mean)
