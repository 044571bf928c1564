"""Journal and lease of a group, made as its file says."""

from __future__ import annotations

import os

from rejuvmodel.runtime.config.connections import LeaseSettings
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.journal.base_journal import BaseJournal
from rejuvmodel.runtime.journal.base_lease import BaseLease
from rejuvmodel.runtime.journal.etcd_journal import EtcdJournal
from rejuvmodel.runtime.journal.etcd_lease import EtcdLease
from rejuvmodel.runtime.journal.etcd_store import EtcdStore
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.journal.lease import Lease
from rejuvmodel.runtime.outside.failures import named_in


def journal_and_lease(file: RuntimeFile) -> tuple[BaseJournal, BaseLease]:
    """Return the journal and the lease of a group, open.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Returns
    -------
    tuple
        Both in the journal's file, or both in etcd: only one transaction can compare the epoch and write.

    Raises
    ------
    InvalidInputError
        If the journal's file is that of another program, or its folder does not exist.
    JournalError
        If the disk is full or fails, or another process holds the file.
    MissingPackageError
        If etcd is asked for and the extra ``etcd`` is not installed.
    """
    settings, group = file.lease, file.group.name
    if settings.type == "etcd":
        lease = EtcdLease(_store(settings), settings.prefix, group, ttl=settings.ttl)
        return etcd_journal(settings), lease
    path = os.path.realpath(file.home.journal)
    with named_in("group", file.path):
        return Journal(path), Lease(path, group, ttl=settings.ttl)


def etcd_journal(settings: LeaseSettings) -> EtcdJournal:
    """Return the journal in etcd.

    Parameters
    ----------
    settings : LeaseSettings
        Of the type "etcd".

    Returns
    -------
    EtcdJournal
        Nothing is asked yet.

    Raises
    ------
    MissingPackageError
        If the extra ``etcd`` is not installed.
    """
    return EtcdJournal(_store(settings), settings.prefix)


def _store(settings: LeaseSettings) -> EtcdStore:
    """A connection to etcd."""
    return EtcdStore(settings.url, settings.timeout, ca=settings.ca, cert=settings.cert, key=settings.key)
