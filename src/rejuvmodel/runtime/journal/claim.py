"""The right to act: the lease as the loop uses it, also while it can neither be renewed nor read."""

from __future__ import annotations

import logging

from rejuvmodel.runtime.journal.base_lease import BaseLease
from rejuvmodel.runtime.journal.journal_errors import JournalError
from rejuvmodel.runtime.operating.attention import Attention

_log = logging.getLogger(__name__)


class Claim:
    """Says whether this controller acts.

    Parameters
    ----------
    lease : BaseLease
        The lease of the group.
    attention : Attention
        Where it is said that the lease cannot be renewed.
    """

    def __init__(self, lease: BaseLease, attention: Attention) -> None:
        self._lease = lease
        self._attention = attention
        self._renewed = True
        self._known = (0, "")

    def hold(self) -> int | None:
        """Take or renew the lease; to be called on every tick.

        Returns
        -------
        int or None
            The epoch; None if another controller acts. While the lease cannot be written it is the last one:
            what has begun is finished or undone, and nothing new begins.
        """
        try:
            epoch = self._lease.hold()
        except JournalError as problem:
            self._renewed = False
            self._attention.problem("lease", str(problem))
            return self._lease.epoch if self._is_ours() else None
        self._renewed = True
        self._attention.problem("lease", None)
        return epoch

    @property
    def may_command(self) -> bool:
        """Whether a command may be given: asked right before each."""
        return self._lease.valid

    @property
    def may_hold(self) -> bool:
        """Whether the balancers may be held to what is wanted: asked right before that."""
        return self._lease.valid if self._renewed else self._is_ours()

    @property
    def epoch(self) -> int:
        """The epoch; 0 if this controller has none."""
        return self._lease.epoch or 0

    @property
    def holder(self) -> str:
        """Who acts, in words; empty if nobody does, or nobody can tell."""
        if self._lease.valid and self._known[0] == self.epoch:
            return self._known[1]
        try:
            found = self._lease.holder()
        except JournalError:
            return ""
        self._known = (0, "") if found is None else (found.epoch, found.holder)
        return self._known[1]

    def release(self, *, busy: bool = False) -> None:
        """Give the lease back, so that a successor acts at once.

        Parameters
        ----------
        busy : bool
            Whether a command of ours still runs; then the lease is left to run out, beside which nobody acts.
        """
        try:
            if busy:
                _log.warning("a command still runs: the lease runs out by itself")
            else:
                self._lease.release()
        except JournalError as problem:
            _log.warning("the lease runs out by itself: %s", problem)
        self._lease.close()

    def _is_ours(self) -> bool:
        """Whether nobody else has taken it, as far as can be seen."""
        try:
            return self._lease.valid or self._lease.is_ours()
        except JournalError:  # whoever cannot read it here cannot take it here
            return self._lease.epoch is not None
