"""A site as its operator runs it: what was sent to it, what its commands said, what it published and sent back."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
from messy_files import Crowd, inflow

from ingest.errors import FileRefusedError
from ingest.reading.delivery import Limits
from ingest.reading.document import read_document
from popflow import cli
from popflow.site import Site, open_site
from popflow.synthetic.writers import Row
from warehouse.access import open_current

Values = tuple[object, ...]
Place = tuple[str, str]


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that says what is wrong: the last on standard error."""
        lines = self.err.strip().splitlines()
        assert lines, "nothing was said"
        assert sum(line.startswith("popflow: ") for line in lines) == 1
        assert "Traceback" not in self.err
        return lines[-1]


def run(*arguments: str | Path) -> Said:
    """Run a command of the command line in this process."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.run([str(each) for each in arguments])
    out.flush()
    return Said(code, out.buffer.getvalue().decode(), err.getvalue())


def village_list(rows: list[Row], village: str, day: str = "2024-10-31") -> list[Row]:
    """Return an inflow list of a village of the town."""
    return inflow(rows, unit=f"庐江县庐城镇{village}", day=day)


@dataclass
class Office:
    """The site, what was sent to it, and what its commands said."""

    site: Site
    crowd: Crowd = field(default_factory=Crowd)
    redated: list[Row] = field(default_factory=list)
    sent: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    nights: list[Said] = field(default_factory=list)
    before: dict[str, list[Values]] = field(default_factory=dict)

    @classmethod
    def new(cls, root: Path) -> Office:
        """Make a site of a county."""
        assert run("init", root, "--division", "340124").code == 0
        return cls(open_site(root))

    def send(self, path: str, content: bytes) -> None:
        target = self.site.folders.inbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.sent[path] = content

    def night(self, run_date: str) -> Said:
        self.nights.append(run("--site", self.site.root, "nightly", "--run-date", run_date))
        return self.nights[-1]

    def ask(self, query: str, **values: object) -> list[Values]:
        with open_current(self.site.folders.warehouse) as connection:
            return connection.execute(query, values).fetchall()

    def tables(self) -> dict[str, list[Values]]:
        """Return all of core and stats."""
        names = self.ask("SELECT table_schema, table_name FROM information_schema.tables "
                         "WHERE table_schema IN ('core', 'stats') ORDER BY ALL")  # fmt: skip
        return {f"{schema}.{name}": self.ask(f"FROM {schema}.{name} ORDER BY ALL") for schema, name in names}

    def file(self, path: str) -> Mapping[str, object]:
        """Return the one record of a file."""
        names = ("file_id", "status", "rows_in", "rows_accepted", "rows_returned", "rows_duplicate", "unit_code")
        rows = self.ask(f"SELECT {', '.join(names)} FROM ops.file WHERE path = $path", path=path)
        assert len(rows) == 1, path
        return dict(zip(names, rows[0], strict=True))

    def rules(self, path: str) -> list[object]:
        query = "SELECT rule_id FROM ops.issue JOIN ops.file USING (file_id) WHERE path = $path ORDER BY ALL"
        return [rule for (rule,) in self.ask(query, path=path)]

    def rows_of(self, path: str) -> int:
        query = "SELECT count(*) FROM raw.person_row JOIN raw.file USING (file_id) WHERE path = $path"
        return int(str(self.ask(query, path=path)[0][0]))

    def slip_files(self, path: str) -> list[Path]:
        """Return the slips of a file; a second is written where it came again and only that is to be said."""
        return sorted(self.site.folders.outbox.rglob(f"*_{self.file(path)['file_id']}*.xlsx"))

    def slip_file(self, path: str) -> Path:
        """Return a file's only slip."""
        (found,) = self.slip_files(path)
        return found

    def slip(self, path: str) -> str:
        """Return all that popflow says in a file's slip."""
        return "\n".join(added_texts(self.slip_file(path), self.sent[path]))


def added_texts(slip: Path, sent: bytes) -> list[str]:
    """Return what a slip says beside its sender's own cells; all of it is text and none a formula."""
    own_cell, own_comment = _sent_cells(sent)
    texts = []
    for page in openpyxl.load_workbook(slip):
        for cell in (cell for row in page.iter_rows() for cell in row):
            place = page.title, cell.coordinate
            if cell.value is not None and not own_cell(place, cell.value):
                assert cell.data_type == "s", (slip.name, place)
                texts.append(str(cell.value))
            if cell.comment is not None and cell.comment.text != own_comment.get(place):
                texts.append(cell.comment.text)
    return texts


def _sent_cells(sent: bytes) -> tuple[Callable[[Place, object], bool], dict[Place, str]]:
    """Return whether a cell of a slip is the sender's, and the sender's comments.

    A workbook comes back cell by cell; what was sent in another format comes back as texts somewhere in a new one, and
    of what cannot be read nothing does.
    """
    try:
        document = read_document(sent, Limits())
    except FileRefusedError:
        return lambda *_: False, {}
    if document.format != "xlsx":
        texts = {text for sheet in document.sheets for row in sheet.head(sheet.height) for text in row if text}
        return lambda _, value: value in texts, {}
    book = openpyxl.load_workbook(io.BytesIO(sent))
    cells = [(page.title, cell) for page in book for row in page.iter_rows() for cell in row]
    values = {(title, cell.coordinate): cell.value for title, cell in cells}
    comments = {(title, cell.coordinate): cell.comment.text for title, cell in cells if cell.comment is not None}
    return lambda place, value: values.get(place) == value, comments
