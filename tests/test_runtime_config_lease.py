"""The table [lease] of the runtime's file: what it gives, and what is refused, by key and file."""

from __future__ import annotations

import re
import tomllib

import pytest

import rejuvmodel as rj
from rejuvmodel.runtime.config.connections import LeaseSettings
from rejuvmodel.runtime.config.lease_keys import read_lease
from rejuvmodel.toml_tables import Table

ETCD = 'type = "etcd"\nurl = "http://127.0.0.1:2379"\n'
TLS = 'type = "etcd"\nurl = "https://127.0.0.1:2379"\n'


def read(text: str, tick: float = 1.0) -> LeaseSettings:
    """Read the table of a file in a folder."""
    table = Table(tomllib.loads(text), "run/web.toml", "lease")
    found = read_lease(table, tick)
    table.finish()
    return found


def test_without_the_table() -> None:
    """The lease is in the journal's file and lasts for 10 s, or three ticks if they are longer."""
    assert read_lease(None, 1.0) == LeaseSettings("sqlite", 10.0)
    assert read_lease(None, 5.0).ttl == 15.0


def test_every_key() -> None:
    """Each key is read; files stand beside the runtime's file."""
    assert read('ttl = "4 s"') == LeaseSettings("sqlite", 4.0)
    assert read(ETCD.replace("127.0.0.1", "[::1]").replace('9"', '9/"')) == LeaseSettings(
        "etcd", 10.0, "http://[::1]:2379", "/rejuvmodel", 1.0
    )
    terms = 'prefix = "/a/b"\ntimeout = "0.5 s"\nttl = "6 s"\nca = "ca.pem"\ncert = "/c.pem"\nkey = "k.pem"'
    remote = TLS.replace("127.0.0.1", "etcd1") + f'allow = ["etcd1"]\n{terms}'
    assert read(remote) == LeaseSettings(
        "etcd", 6.0, "https://etcd1:2379", "/a/b", 0.5, "run/ca.pem", "/c.pem", "run/k.pem"
    )


WRONG = {
    "short": ('ttl = "2 s"', "ttl", "at least 3 ticks (3 s)"),
    "unknown": ('type = "zookeeper"', "type", "sqlite"),
    "misspelt": ('tll = "10 s"', "tll", "Did you mean"),
    "not etcd": ('url = "http://127.0.0.1:2379"', "url", "it belongs to etcd"),
    "nowhere": ('type = "etcd"', "url", "must be said"),
    "elsewhere": (ETCD.replace("127.0.0.1", "10.1.1.1"), "url", "allowed by name"),
    "no port": (ETCD.replace(":2379", ""), "url", "scheme, host and port"),
    "no scheme": (ETCD.replace("http://", ""), "url", "scheme, host and port"),
    "path": (ETCD.replace("2379", "2379/v3"), "url", "nothing after the port"),
    "password": (ETCD.replace("127", "me:secret@127"), "url", "an address with a password"),
    "no number": (ETCD.replace("2379", "x"), "url", "Check it"),
    "parts of seconds": (f'{ETCD}ttl = "4.5 s"', "ttl", "whole seconds"),
    "long call": (f'{ETCD}timeout = "5 s"', "timeout", "at most a third"),
    "prefix of nothing": (f'{ETCD}prefix = "/"', "prefix", "begin with a path"),
    "file for http": (f'{ETCD}ca = "x"', "ca", "belongs to https"),
    "half": (f'{TLS}cert = "x"', "cert", "go together"),
}


@pytest.mark.parametrize("case", WRONG)
def test_errors_name_key_and_file(case: str) -> None:
    """Whatever is wrong, the error names the key, the file and the rule, and no password."""
    text, key, rule = WRONG[case]
    with pytest.raises(rj.InvalidInputError) as caught:
        read(text)
    assert caught.value.argument == f"lease.{key} in run/web.toml"
    assert re.search(re.escape(rule), str(caught.value)), str(caught.value)
    assert "secret" not in str(caught.value)
