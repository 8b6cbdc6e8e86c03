"""Sessions for the tests of batch: some as files, some at the URLs of a server that can end who asks it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from dowel.recordings.session_file.finished_session import append_mark
from dowel.recordings.types import MarkKind


@pytest.fixture(scope="session")
def club(session: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three sessions that differ, and one that is none. Do not change it."""
    folder = tmp_path_factory.mktemp("club")
    for person in ("P1", "P2", "P3"):
        path = folder / f"{person}.dowel"
        shutil.copyfile(session, path)
        append_mark(path, MarkKind.FACT, 0.0, 0.0, {"person": person})
    (folder / "P4.dowel").write_text("time_s,acc_x\n")
    return folder


class Server(ThreadingHTTPServer):
    """Gives the files of a folder; what is in ``ends`` is called with the asking port instead, so often as it says."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.ends: dict[str, tuple[int, Callable[[int], None]]] = {}

        class Handler(SimpleHTTPRequestHandler):
            def __init__(handler, *given: object) -> None:
                super().__init__(*given, directory=str(folder))  # type: ignore[arg-type]

            def do_GET(handler) -> None:
                left, end = self.ends.get(handler.path, (0, print))
                if left:
                    self.ends[handler.path] = (left - 1, end)
                    end(handler.client_address[1])
                else:
                    super().do_GET()

            def log_message(handler, *given: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server(club: Path) -> Iterator[Server]:
    with Server(club) as found:
        Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()
