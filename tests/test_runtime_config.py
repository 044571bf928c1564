"""The runtime's file: what it gives, and what is refused, by key and file."""

from __future__ import annotations

import math
import re
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from policies import policy

import rejuvmodel as rj
from rejuvmodel.runtime.config.connections import MetricsSettings, SampleSettings
from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.deciding.faults import FaultSettings
from rejuvmodel.runtime.deciding.settings import Window
from rejuvmodel.runtime.deciding.states import Mode, Role
from rejuvmodel.runtime.deciding.trend import TrendSettings

GOOD = """
[group]
name = "web"
mode = "active/active"
required = 2
max_concurrent = 1

[policy]
file = "web-policy.json"
scope = "server"
confirm_for = "10 min"
max_load = 0.7
min_uptime = "1 h"
windows = ["22:00-05:00"]

[thresholds]
memory = 1e9

[balancer]
type = "haproxy"
sockets = ["haproxy.sock"]
backend = "app"
drain_timeout = "30 s"

[executor]
type = "supervisor"
url = "http://127.0.0.1:9001/RPC2"
restart_timeout = "60 s"

[[servers]]
name = "s1"
program = "s1"
address = "127.0.0.1:8001"
health = "http://127.0.0.1:8001/healthz"
role = "primary"
capacity = 1.0

[[servers]]
name = "s2"
address = "10.0.0.2:8001"
health = "http://127.0.0.1:8002/healthz"
capacity = 1.0

[[servers]]
name = "s3"
capacity = 2
"""
#: Where a table [faults] is added.
FAULTS = "\n[[servers]]"
SPARES = (
    GOOD.replace("active/active", "active/standby")
    .replace("capacity = 1.0\n", "")
    .replace("capacity = 2", 'role = "spare"')
)


def read(folder: Path, text: str = GOOD, **terms: Any) -> RuntimeFile:
    """Read a file beside which the policy lies."""
    given: dict[str, Any] = {"clock": "service", "servers": 3, "required": 2, "max_concurrent": 1}
    policy(**(given | terms)).save(folder / "web-policy.json")
    (folder / "web.toml").write_text(text, encoding="utf-8")
    return read_runtime_file(folder / "web.toml")


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def test_the_file_of_the_documents(tmp_path: Path) -> None:
    """A complete file gives the settings of controller, producer, collector and of what is outside."""
    found = read(tmp_path)
    group = found.group
    assert (group.name, group.mode, group.required, group.max_concurrent) == ("web", Mode.ACTIVE, 2, 1)
    assert [one.name for one in group.servers] == ["s1", "s2", "s3"]
    assert (group.servers[1].program, group.servers[1].role, group.servers[2].capacity) == (
        "s2", Role.PRIMARY, 2.0,
    )  # fmt: skip
    gates, deadlines = group.gates, group.deadlines
    assert (gates.max_load, gates.min_uptime, gates.windows) == (0.7, 3600, (Window(time(22), time(5)),))
    assert (deadlines.drain, deadlines.restart, deadlines.recover) == (30, 60, 60)
    assert found.producer.policy is not None
    assert (found.producer.policy.mean, found.producer.confirm_for) == (278, 600)
    assert [limit.quantity for limit in found.rules.limits] == ["memory"]
    assert found.connections.balancer.sockets == ("haproxy.sock",)
    assert found.connections.executor.url == "http://127.0.0.1:9001/RPC2"


def test_the_page_of_the_file(tmp_path: Path) -> None:
    """The file on its page is valid, and the page has every key that the reader asks for."""
    page = (Path(__file__).parents[1] / "docs" / "runtime_file.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"(?ms)^```toml\n(.*?)^```", page)
    assert [one.name for one in read(tmp_path, block).group.servers] == ["s1", "s2", "s3"]
    rest = page.split("```")[2]
    block = changed("[executor]", '[faults]\nwatchdog = "1 min"\n\n[executor]', block)
    etcd = '[lease]\ntype = "etcd"\nurl = "https://127.0.0.1:2379"\ncert = "a"\nkey = "b"\nca = "c"\n'
    block = changed("[executor]", f"{etcd}\n[executor]", block)
    block = changed("[executor]", '[trend]\nhorizon = "2 d"\n\n[executor]', block)
    for table in ("group", "policy", "thresholds", "balancer", "faults", "lease", "trend"):
        with pytest.raises(rj.InvalidInputError, match="the keys of") as caught:
            read(tmp_path, changed(f"[{table}]", f"[{table}]\nxyz = 1", block))
        asked = caught.value.rule.split(" are ")[1].split(", ")
        assert [key for key in asked if f"`{key}`" not in rest] == [], table


def test_every_other_term_is_a_key(tmp_path: Path) -> None:
    """Each term of the runtime has a key under its own name."""
    text = changed('name = "web"', 'name = "web"\nnotify = ["mail", "{server}"]\nnotify_timeout = "5 s"')
    text = changed(
        "max_load",
        'force_after = "2 h"\ncron = "0 3 * * *"\ncron_grace = "2 min"\ntimezone = "Europe/Berlin"\n'
        'min_healthy = "5 min"\nretry_after = "1 min"\nblackout = [["test", "-e", "/run/ok"]]\n'
        'blackout_timeout = "3 s"\nmax_load',
        text,
    )
    text = changed("memory = 1e9", 'load = 0.9\nuptime = "7 d"\nbuffers = 100\nunstable_after = 5', text)
    text = changed('"app"', '"app"\nforce = true\nup_timeout = "20 s"\nallow = ["lb.example"]', text)
    text = changed(
        "url =",
        'restart_cap = 9\nrestart_period = "1 d"\nrecover_timeout = "90 s"\nrecover_attempts = 3\n'
        'healthy_for = "4 s"\nuser = "u"\npassword_file = "secret"\nurl =',
        text,
    )
    text += (
        '[duplexer]\ncommand = ["sync", "{source}", "{target}"]\ncheckpoint_every = "1 min"\n'
        'timeout = "9 s"\n'
        '[clean]\nmemory = ["drop", "{program}"]\nfile_system = ["rm", "x"]\nmemory_timeout = "40 s"\n'
    )
    found = read(tmp_path, text)
    gates, deadlines, producer = found.group.gates, found.group.deadlines, found.producer
    assert (producer.force_after, producer.cron, producer.zone, producer.cron_grace) == (
        7200, "0 3 * * *", "Europe/Berlin", 120,
    )  # fmt: skip
    assert (gates.min_healthy, gates.retry_after, gates.restart_cap, gates.zone) == (
        300,
        60,
        9,
        "Europe/Berlin",
    )
    assert (deadlines.up, deadlines.recover, deadlines.healthy_for, deadlines.duplex) == (20, 90, 4, 9)
    assert (deadlines.clean, found.group.clean_steps) == (40, ("file_system", "memory"))
    assert (found.group.duplexed, found.group.checkpoint_every, found.group.recover_attempts) == (True, 60, 3)
    assert found.group.force_drain
    assert found.connections.notify is not None
    assert found.connections.blackout[0].timeout == 3
    assert {limit.quantity: limit.unstable for limit in found.rules.limits} == {
        "load": 0.9, "uptime": 604800, "buffers": 100,
    }  # fmt: skip


def test_inline_policy_and_spares(tmp_path: Path) -> None:
    """A policy may stand in the file itself; spares belong to active/standby."""
    text = changed(
        'file = "web-policy.json"', 'clock = "unstable"\nlaw = {name = "erlang", k = 3}\nmean = "7 d"', SPARES
    )
    text = changed('confirm_for = "10 min"\n', "", text)
    found = read(tmp_path, text)
    assert found.producer.policy == rj.RejuvenationPolicy(
        scope="server", clock="unstable", law={"name": "erlang", "k": 3}, mean=168, servers=3, required=2
    )
    assert [one.role for one in found.group.servers] == [Role.PRIMARY, Role.PRIMARY, Role.SPARE]
    assert found.group.primaries == 2


def test_least_file(tmp_path: Path) -> None:
    """Without executor nothing is restarted: a dry run is the default; without policy only operators act."""
    text = (
        '[group]\nname = "g"\nmode = "active/active"\nrequired = 0\nsimplex = true\n'
        '[balancer]\ntype = "in-process"\n[[servers]]\nname = "a"\n'
    )
    found = read(tmp_path, text)
    assert found.connections.executor.type == "dry-run"
    assert (found.producer.policy, found.producer.cron, found.producer.confirm_for) == (None, "", None)
    assert found.producer.force_after == math.inf


def test_samples_and_metrics(tmp_path: Path) -> None:
    """Samples and metrics are off by default, and stand beside the file and on this host when they are on."""
    found = read(tmp_path)
    assert found.sampling is None
    assert found.metrics is None
    text = changed('"web"', '"web"\nsamples = "web-samples"\nsamples_every = "30 s"\nsamples_keep = "7 d"')
    text = text.replace("[policy]", '[metrics]\naddress = "127.0.0.1:9464"\n[policy]')
    found = read(tmp_path, text)
    assert found.sampling == SampleSettings(str(tmp_path / "web-samples"), 30.0, 7 * 86400.0)
    assert found.metrics == MetricsSettings("127.0.0.1", 9464)
    text = text.replace('127.0.0.1:9464"', '0.0.0.0:9464"\nallow = ["0.0.0.0"]')
    assert read(tmp_path, text).metrics == MetricsSettings("0.0.0.0", 9464)


def test_files_and_pulse_of_a_group(tmp_path: Path) -> None:
    """Journal and control socket stand beside the file, under its name or the one given; a tick has 1 s."""
    found = read(tmp_path).home
    assert (found.journal, found.control) == (str(tmp_path / "web.journal"), str(tmp_path / "web.sock"))
    assert found.tick == 1.0
    text = changed('"web"', '"web"\njournal = "a/b.db"\ncontrol = "/run/w.sock"\ntick = "0.25 s"')
    found = read(tmp_path, text).home
    assert (found.journal, found.control, found.tick) == (str(tmp_path / "a/b.db"), "/run/w.sock", 0.25)
    assert read(tmp_path, changed("memory =", 'max_age = "1 s"\nmemory =')).home.tick == 0.5


def test_faults(tmp_path: Path) -> None:
    """Faults are detected by samples alone where nothing else is said; the rest stands in its table."""
    found = read(tmp_path).faults
    assert found == FaultSettings(grace=60, failed_after=3, steady=2)
    text = '[faults]\nheartbeat = "10 s"\nwatchdog = "30 s"\nwatchdog_alone = true\ngrace = "0 s"\n'
    faults = read(tmp_path, text + GOOD).faults
    assert faults == FaultSettings(10, 30, str(tmp_path / "web.watchdog"), True, 0, 3, 2)
    text += 'watchdog_socket = "run/w.sock"\n'
    assert read(tmp_path, text + GOOD).faults.watchdog_socket == str(tmp_path / "run/w.sock")
    text = text.replace("run/w.sock", "/run/w.sock")
    assert read(tmp_path, text + GOOD).faults.watchdog_socket == "/run/w.sock"


def test_trend(tmp_path: Path) -> None:
    """A trend's limit is that of the thresholds unless it has its own; without its table there is none."""
    assert read(tmp_path).producer.trend is None
    found = read(tmp_path, '[trend]\nhorizon = "2 d"\n' + GOOD).producer
    assert found.trend == TrendSettings(1e9, 172800.0)
    assert found.confirm_for == 600
    text = '[trend]\nhorizon = 12\nlimit = 2e9\nevery = "30 s"\nsettle = 0\n'
    text += 'window = "2 d"\ncycle = "1 d"\n'
    own = TrendSettings(2e9, 43200.0, 30.0, 0.0, 172800.0, 86400.0)
    assert read(tmp_path, text + GOOD).producer.trend == own
    alone = text + GOOD.replace("[thresholds]\nmemory = 1e9", "").replace('confirm_for = "10 min"\n', "")
    assert read(tmp_path, alone).producer.trend == own


def test_fields_of_a_health_body(tmp_path: Path) -> None:
    """A quantity may have another name in the body, within inner objects too; and a look has a time."""
    text = changed(
        "[balancer]", '[health]\nmemory = "heap.used"\nbuffers = "queue"\ntimeout = "0.5 s"\n[balancer]'
    )
    found = read(tmp_path, text).connections.health
    assert found.fields == {"memory": "heap.used", "buffers": "queue"}
    assert (found.timeout, found.allow) == (0.5, ())


WRONG = {
    "no field": ("[balancer]", '[health]\nload = "a..b"\n[balancer]', "health.load", "inner objects"),
    "a number as field": ("[balancer]", "[health]\nload = 3\n[balancer]", "health.load", "text"),
    "unknown quantity": ("[balancer]", '[health]\nmemroy = "heap"\n[balancer]', "health.memroy", '"memory"'),
    "a call as long as the lease": (
        'drain_timeout', 'timeout = "10 s"\ndrain_timeout', "balancer.timeout", "at most 2.5 s",
    ),
    "a long call for a short lease": (
        "[balancer]", '[lease]\nttl = "4 s"\n[balancer]\ntimeout = "1.5 s"', "balancer.timeout",
        "within half of lease.ttl (4 s): a call takes at most 1 s",
    ),
    "misspelt key": ("required = 2", "requird = 2", "group.required", 'Is it "requird", misspelt?'),
    "unknown key": ("max_load = 0.7", "max_laod = 0.7", "policy.max_laod", 'Did you mean "max_load"?'),
    "unknown server key": ('program = "s1"', 'programm = "s1"', "servers[0].programm", '"program"'),
    "all required": ("required = 2", "required = 3", "group.required", "no server may ever leave"),
    "too many required": ("required = 2", "required = 4", "group.required", "at most the 3 servers"),
    "other required": ("required = 2", "required = 1", "group.required", "the policy file says 2"),
    "other scope": ('scope = "server"', 'scope = "cluster"', "policy.scope", "the policy file says server"),
    "too many at a time": ("max_concurrent = 1", "max_concurrent = 2", "group.max_concurrent", "together"),
    "simplex with required": ("max_concurrent = 1", "simplex = true", "group.simplex", "required = 0"),
    "two homes": ("file =", 'mean = "7 d"\nfile =', "policy.file", "one home"),
    "no file": ("web-policy.json", "other.json", "policy.file in", "other.json"),
    "no thresholds": ("[thresholds]\nmemory = 1e9", "", "policy.confirm_for", "no thresholds"),
    "no confirmation": ('confirm_for = "10 min"', "", "policy.confirm_for", "how long"),
    "force before confirm": ("max_load", 'force_after = "1 min"\nmax_load', "policy.force_after", "shorter"),
    "window": ("22:00-05:00", "22:00-25:00", "policy.windows", "HH:MM-HH:MM"),
    "empty window": ("22:00-05:00", "22:00-22:00", "policy.windows", "differs"),
    "cron": ("max_load", 'cron = "61 * * * *"\nmax_load', "policy.cron", "Bad minute"),
    "cron that never fires": ("max_load", 'cron = "0 0 31 2 *"\nmax_load', "policy.cron", "cron"),
    "zone": ("max_load", 'timezone = "Mars/Base"\nmax_load', "policy.timezone", "time zone"),
    "hostile zone": ("max_load", 'timezone = "../../etc/passwd"\nmax_load', "policy.timezone", "time zone"),
    "no unit": ('"30 s"', '"30"', "balancer.drain_timeout", "Add a unit"),
    "never drained": ('"30 s"', '"never"', "balancer.drain_timeout", "finite"),
    "remote balancer": ("haproxy.sock", "10.1.1.1:9999", "balancer.sockets", "allowed by name"),
    "three sockets": ('"haproxy.sock"', '"a", "b", "c"', "balancer.sockets", "one or two"),
    "one socket twice": (
        '"haproxy.sock"', '"haproxy.sock", "./haproxy.sock"', "balancer.sockets", "one or two different",
    ),
    "one port twice": (
        '"haproxy.sock"', '"127.0.0.1:99", "localhost:99"', "balancer.sockets", "one or two different",
    ),
    "no port": ("127.0.0.1:8001", "127.0.0.1", "servers[0].address", "a host and a port"),
    "hostile address": ("127.0.0.1:8001", "127.0.0.1:1\\n", "servers[0].address", "a host and a port"),
    "socket as address": ("127.0.0.1:8001", "/run/s1.sock", "servers[0].address", "a host and a port"),
    "unknown role": ('role = "primary"', 'role = "backup"', "servers[0].role", "Write one of these"),
    "shell for notify": ('"web"', '"web"\nnotify = "mail"', "group.notify", '"{group}", "{server}"]'),
    "hostile backend": ('"app"', '"app; shutdown"', "balancer.backend", "characters"),
    "hostile name": ('name = "s1"', 'name = "s1\\nset server"', "servers[0].name", "characters"),
    "option as name": ('name = "s1"', 'name = "-rf"', "servers[0].name", "characters"),
    "remote health": ("http://127.0.0.1:8001", "http://10.1.1.1:80", "servers[0].health", "allowed by name"),
    "file as health": ("http://127.0.0.1:8001/healthz", "file:///etc/x", "servers[0].health", "http"),
    "remote executor": ("http://127.0.0.1:9001", "http://10.1.1.1:9001", "executor.url", "allowed by name"),
    "password": ("url =", 'password = "x"\nurl =', "executor.password", "never here"),
    "unknown executor": ('"supervisor"', '"supervisord"', "executor.type", 'Did you mean "supervisor"?'),
    "same name": ('name = "s2"', 'name = "s1"', "servers[1].name", "again"),
    "spare that serves": ('role = "primary"', 'role = "spare"', "servers[0].role", "active/active"),
    "some capacities": ("capacity = 2", "", "servers[2].capacity", "every server"),
    "negative capacity": ("capacity = 2", "capacity = -2", "servers[2].capacity", "above 0"),
    "samples of nothing": ('"web"', '"web"\nsamples = ""', "group.samples", "web-samples"),
    "samples without end": (
        '"web"', '"web"\nsamples = "a"\nsamples_every = "0.1 s"', "group.samples_every", "1 min",
    ),
    "samples of hours": (
        '"web"', '"web"\nsamples = "a"\nsamples_keep = "5 h"', "group.samples_keep", "whole days",
    ),
    "interval of nothing": ('"web"', '"web"\nsamples_every = "1 min"', "group.samples_every", "samples ="),
    "metrics nowhere": ("[policy]", "[metrics]\n[policy]", "metrics.address", "must be said"),
    "metrics for all": (
        "[policy]", '[metrics]\naddress = "0.0.0.0:9464"\n[policy]', "metrics.address", "allowed by name",
    ),
    "metrics in a file": (
        "[policy]", '[metrics]\naddress = "web.sock"\n[policy]', "metrics.address", "127.0.0.1:9464",
    ),
    "shell": ('"web"', '"web"\nnotify = "mail root"', "group.notify", "no"),
    "unknown place": ('"web"', '"web"\nnotify = ["m", "{host}"]', "group.notify", "host"),
    "journal over the file": ('"web"', '"web"\njournal = "web.toml"', "group.journal", "three files"),
    "socket over the journal": ('"web"', '"web"\ncontrol = "web.journal"', "group.control", "three files"),
    "folder as journal": ('"web"', '"web"\njournal = "a/"', "group.journal", 'out for "web.journal"'),
    "no socket": ('"web"', '"web"\ncontrol = ""', "group.control", 'Leave it out for "web.sock"'),
    "long socket": ('"web"', f'"web"\ncontrol = "/{"x" * 105}"', "group.control", "106 bytes; the name of"),
    "HAProxy's socket": ("haproxy.sock", "web.sock", "group.control", "a socket of its own"),
    "supervisor's socket": ("http://127.0.0.1:9001/RPC2", "unix://web.sock", "group.control", "of its own"),
    "tick of nothing": ('"web"', '"web"\ntick = 0', "group.tick", "above 0"),
    "tick that never ends": ('"web"', '"web"\ntick = "10 s"', "group.tick", "shorter than thresholds"),
    "watchdog's socket alone": (FAULTS, 'watchdog_socket = "x"', "faults.watchdog in", "socket needs"),
    "watchdog's word alone": (FAULTS, "watchdog_alone = true", "faults.watchdog in", "watchdog_alone needs"),
    "no truth": (FAULTS, 'watchdog = "1 min"\nwatchdog_alone = 1', "faults.watchdog_alone", "true or false"),
    "short watchdog": (FAULTS, 'watchdog = "0.5 s"', "faults.watchdog", "at least 1 s"),
    "short heartbeat": (FAULTS, 'heartbeat = "0.01 s"', "faults.heartbeat", "at least 1 s"),
    "endless heartbeat": (FAULTS, 'heartbeat = "never"', "faults.heartbeat", "finite"),
    "heartbeat without unit": (FAULTS, 'heartbeat = "10"', "faults.heartbeat", "Add a unit"),
    "negative grace": (FAULTS, "grace = -1", "faults.grace", "not negative"),
    "long path": (FAULTS, f'watchdog = 1\nwatchdog_socket = "{"x" * 108}"', "faults.watchdog_socket", "99"),
    "unprintable path": (FAULTS, 'watchdog = 1\nwatchdog_socket = "x\\n"', "faults.watchdog_socket", "99"),
    "watchdog over the journal": (
        FAULTS, 'watchdog = 1\nwatchdog_socket = "./web.journal"', "faults.watchdog_socket", "four files",
    ),
    "unknown fault key": (FAULTS, 'watchdgo = "1 min"', "faults.watchdgo", 'Did you mean "watchdog"?'),
    "no horizon": (FAULTS, "[trend]", "trend.horizon", "how far ahead"),
    "endless horizon": (FAULTS, '[trend]\nhorizon = "never"', "trend.horizon", "finite"),
    "no horizon at all": (FAULTS, "[trend]\nhorizon = 0", "trend.horizon", "above 0"),
    "unknown trend key": (FAULTS, '[trend]\nhorizon = 9\nlimmit = 1', "trend.limmit", 'you mean "limit"?'),
    "limit of nothing": (FAULTS, "[trend]\nhorizon = 9\nlimit = 0", "trend.limit", "above 0"),
    "short window": (FAULTS, '[trend]\nhorizon = 9\nwindow = "2 h"', "trend.window", "240 periods of 60 s"),
    "long periods": (FAULTS, '[trend]\nhorizon = 9\nevery = "1 h"', "trend.window", "240 periods of 3600 s"),
    "long cycle": (FAULTS, '[trend]\nhorizon = 9\ncycle = "7 d"', "trend.cycle", "window of 86400 s"),
    "negative settle": (FAULTS, "[trend]\nhorizon = 9\nsettle = -1", "trend.settle", "not negative"),
    "single brackets": ("[[servers]]\nname = \"s1\"", "[servers]\nname = \"s1\"", "", "TOML"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_errors_name_key_and_file(tmp_path: Path, case: str) -> None:
    """Whatever is wrong, the error names the key, the file, the rule and the next step."""
    old, new, key, rule = WRONG[case]
    if old == FAULTS:
        new = f"[faults]\n{new}\n{FAULTS}"
    with pytest.raises(rj.InvalidInputError) as caught:
        read(tmp_path, changed(old, new))
    assert "web.toml" in caught.value.argument
    assert key in caught.value.argument
    assert re.search(re.escape(rule), str(caught.value)), str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize(
    ("sockets", "ttl", "longest", "usual"),
    [(1, 10, 2.5, 2.0), (2, 10, 1.25, 1.25), (1, 4, 1.0, 1.0), (2, 60, 7.5, 2.0)],
)
def test_balancers_that_hang_do_not_cost_the_lease(
    sockets: int, ttl: int, longest: float, usual: float, tmp_path: Path
) -> None:
    """Asking every balancer twice takes at most half of the lease's time, by default and by the file."""
    names = ", ".join(f'"haproxy{k}.sock"' for k in range(sockets))
    text = changed("[balancer]", f'[lease]\nttl = "{ttl} s"\n[balancer]')
    text = re.sub("sockets = .*", f"sockets = [{names}]", text)
    assert read(tmp_path, text).connections.balancer.timeout == usual

    def given(timeout: float) -> RuntimeFile:
        return read(tmp_path, text.replace("drain_timeout", f'timeout = "{timeout} s"\ndrain_timeout'))

    assert given(longest).connections.balancer.timeout == longest
    assert 2 * sockets * longest == ttl / 2
    with pytest.raises(rj.InvalidInputError, match=r"balancer\.timeout in .*web\.toml") as caught:
        given(longest * 1.01)
    assert "Leave it out, or take a longer lease." in str(caught.value)


def test_delay_from_unstable_takes_the_place_of_confirm_for(tmp_path: Path) -> None:
    """A policy with clock "unstable" beside confirm_for is refused."""
    with pytest.raises(rj.InvalidInputError, match=r"policy\.confirm_for in .*takes the place"):
        read(tmp_path, clock="unstable")


@pytest.mark.parametrize("key", ["clock", "law", "mean", "scope"])
def test_an_inline_policy_leaves_nothing_open(tmp_path: Path, key: str) -> None:
    """A policy without clock, law, mean or scope is refused by the missing key."""
    lines = {"clock": '"service"', "law": '"fixed"', "mean": '"7 d"', "scope": '"server"'}
    terms = "\n".join(f"{name} = {value}" for name, value in lines.items() if name != key)
    text = changed('file = "web-policy.json"\nscope = "server"', terms)
    with pytest.raises(rj.InvalidInputError, match=rf"policy\.{key} in .*missing"):
        read(tmp_path, text)


def test_standby_needs_a_spare(tmp_path: Path) -> None:
    """active/standby without a spare is refused, and so are capacities there."""
    with pytest.raises(rj.InvalidInputError, match=r"group\.mode in .*needs a spare"):
        read(tmp_path, changed('role = "spare"', "", SPARES).replace("required = 2", "required = 1"))
    with pytest.raises(rj.InvalidInputError, match=r"servers\[2\]\.capacity in .*active/active only"):
        read(tmp_path, changed('role = "spare"', "capacity = 1", SPARES))


def test_hosts_allowed_by_name(tmp_path: Path) -> None:
    """An address beyond this host is accepted where it is allowed by name."""
    text = changed('"haproxy.sock"', '"10.1.1.1:9999"')
    text = changed('"app"', '"app"\nallow = ["10.1.1.1"]', text)
    text = changed("http://127.0.0.1:8001", "http://10.1.1.2:80", text)
    assert read(tmp_path, text + '[health]\nallow = ["10.1.1.2"]\n').connections.balancer.allow == (
        "10.1.1.1",
    )
