"""One SQLite file: opening, migrations, transactions, and errors told apart by what happens next."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.outcomes import Unavailable
from rasid.errors import Busy, StorageError

MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('epoch', '1'), ('generation', '1');
    -- every record that is on its way or kept; the position is never given twice
    CREATE TABLE log (
      position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
      at REAL NOT NULL, evidence INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX log_by_key ON log (kind, key, position);
    -- what each stage still has to do; ready_at 0: at once, whatever the clock says
    CREATE TABLE queue (
      stage TEXT NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL, ready_at REAL NOT NULL DEFAULT 0,
      tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (stage, position)) WITHOUT ROWID;
    CREATE INDEX queue_by_key ON queue (stage, key, ready_at, position);
    CREATE INDEX queue_by_position ON queue (position);
    CREATE TABLE state (
      stage TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (stage, key)) WITHOUT ROWID;
    CREATE TABLE dead (
      id INTEGER PRIMARY KEY AUTOINCREMENT, stage TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
      value BLOB NOT NULL, reason TEXT NOT NULL, tries INTEGER NOT NULL, at REAL NOT NULL);
    CREATE TABLE counters (
      stage TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, n INTEGER NOT NULL,
      PRIMARY KEY (stage, name, reason)) WITHOUT ROWID;
    CREATE TABLE feeds (
      id TEXT PRIMARY KEY, state BLOB, next_at REAL, attempted_at REAL, succeeded_at REAL, new_at REAL,
      outcome TEXT, detail TEXT, entries INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    -- what came of an outlet on a day (days since 1970): entries, of them with text, and with events
    CREATE TABLE yields (
      outlet TEXT NOT NULL, day INTEGER NOT NULL, entries INTEGER NOT NULL, texts INTEGER NOT NULL,
      with_events INTEGER NOT NULL, PRIMARY KEY (outlet, day)) WITHOUT ROWID;
    CREATE TABLE feed_changes (id TEXT PRIMARY KEY, change BLOB NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
    """,
    """
    -- the order in which retention throws pages away; without it each 500 cost a look at all of them
    CREATE INDEX log_pages ON log (evidence, at) WHERE kind = 'page';
    """,
)


def _translated(error: sqlite3.Error, path: str) -> Exception:
    """The same fault as an error named by what happens next: wait (Unavailable) or stop (StorageError)."""
    text = str(error)
    if "disk is full" in text:
        return Unavailable(f"{path}: the disk is full; free some space")
    if "locked" in text or "busy" in text:
        return Unavailable(f"{path}: held by another process")
    if "readonly" in text or "read-only" in text:
        return StorageError(f"{path}: cannot be written (read-only file or folder); give write access and start again")
    if "malformed" in text or "not a database" in text:
        return StorageError(f"{path}: damaged ({text}); restore a backup, or move it away to begin anew")
    if "disk I/O error" in text:
        return Unavailable(f"{path}: {text}")
    if "unable to open" in text:
        return StorageError(f"{path}: cannot be opened ({text}); check that the folder exists and can be written")
    return error


def storage_fault(error: BaseException, path: Path) -> StorageError | None:
    """The error with which a command ends where the database failed it; None for what is another's fault, and for bugs."""
    fault = _translated(error, str(path)) if isinstance(error, sqlite3.Error) else error
    return StorageError(str(fault)) if isinstance(fault, StorageError | Unavailable) else None


class Database:
    """A connection of one thread. ``transaction`` is the only way to write."""

    def __init__(self, path: Path, *, readonly: bool = False, synchronous: str = "NORMAL") -> None:
        self.path = path
        if readonly and not path.is_file():
            raise StorageError(f"no database at {path}; `rasid run` makes it")
        try:
            if not readonly:
                path.parent.mkdir(parents=True, exist_ok=True)
            uri = f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rwc'}"
            self.connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)
            if not readonly:
                self._prepare(synchronous)
            self.version = self._version()
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}; name another folder with --data-dir") from error
        except sqlite3.Error as error:
            raise self._fault(error) from error
        if self.version > len(MIGRATIONS):
            raise StorageError(f"{path}: written by a newer Rasid (version {self.version}); update Rasid to open it")

    def _prepare(self, synchronous: str) -> None:
        run = self.connection.execute
        run("PRAGMA auto_vacuum=INCREMENTAL")
        run("PRAGMA journal_mode=WAL")
        run(f"PRAGMA synchronous={synchronous}")
        run("PRAGMA wal_autocheckpoint=0")
        run(f"PRAGMA journal_size_limit={64 << 20}")
        run("PRAGMA cache_size=-32768")
        run("PRAGMA temp_store=MEMORY")
        for number in range(self._version(), len(MIGRATIONS)):
            with self.transaction():
                for statement in _statements(MIGRATIONS[number]):
                    run(statement)
                run(f"PRAGMA user_version={number + 1}")

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def _fault(self, error: sqlite3.Error) -> Exception:
        return _translated(error, str(self.path))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises Unavailable (wait and do it again) or StorageError (stop)."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise self._fault(error) from error
            raise

    def rows(self, sql: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        """All rows of a short read."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self._fault(error) from error

    def one(self, sql: str, *values: object) -> tuple | None:  # type: ignore[type-arg]
        rows = self.rows(sql, *values)
        return rows[0] if rows else None

    def meta(self, key: str) -> int:
        row = self.one("SELECT value FROM meta WHERE key=?", key)
        return int(row[0]) if row else 0

    def data_version(self) -> int:
        """Changes when another connection has written."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def checkpoint(self) -> None:
        """Moves the WAL into the file and truncates it; a reader in the way only postpones it."""
        try:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError as error:
            fault = self._fault(error)
            if not isinstance(fault, Unavailable):
                raise fault from error

    def close(self) -> None:
        self.connection.close()


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


class RunnerLock:
    """Held by the one runner of a database; freed by the system when its process ends, however it ends."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_suffix(".lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(f"{self.path}: {error.strerror}; name another folder with --data-dir") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise Busy(f"{database}: another rasid (process {owner}) runs on it; stop it, or use --data-dir") from None
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def release(self) -> None:
        os.close(self._file)
