"""What makes rejuvenations due, in words; and where it does not fit the group."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rejuvmodel.durations import words
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.states import Role
from rejuvmodel.runtime.operating.findings import Finding


def policy_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Say what makes rejuvenations due, rule by rule; and where it does not fit the group."""
    producer, rules = file.producer, file.rules
    policy = producer.policy
    if policy is not None:
        yield Finding("policy", "", "good", policy.describe())
        servers = len(file.group.servers)
        primaries = sum(one.role is Role.PRIMARY for one in file.group.servers)
        if policy.servers not in (servers, primaries):
            text = f"it was computed for {policy.servers} servers, and the file has {servers}"
            yield Finding("policy", "", "warning", text, "Make it again for this group.")
    for limit in rules.limits:
        text = (
            f"unstable from {limit.words(limit.unstable)} on, normal again below {limit.words(limit.lower)}"
        )
        yield Finding("thresholds", limit.quantity, "good", text)
    if producer.confirm_for is not None:
        text = f"due when unstable for {_words(producer.confirm_for)}"
        yield Finding("policy", "confirm_for", "good", text)
    if producer.force_after < math.inf:
        text = f"load, uptime and the delay no longer matter after {_words(producer.force_after)}"
        yield Finding("policy", "force_after", "good", text)
    if producer.cron:
        text = f'every server once at each slot of "{producer.cron}" ({producer.zone})'
        yield Finding("policy", "cron", "good", text)
    if (
        policy is None
        and producer.confirm_for is None
        and producer.force_after == math.inf
        and not producer.cron
    ):
        text = "nothing makes a rejuvenation due: operators alone rejuvenate"
        yield Finding("policy", "", "warning", text, "Add a policy, thresholds with confirm_for, or cron.")


def _words(seconds: float) -> str:
    return words(seconds / 3600)
