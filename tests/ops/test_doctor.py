"""The doctor: each thing that can be wrong is found, and a sound installation has no fault."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tradewind.adapters.sqlite.journal import open_journal
from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.cli.main import main
from tradewind.model.messages import ClockTicked
from tradewind.ops import doctor
from tradewind.ports.journal import group_of


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((doctor.LOOPBACK, 0))
        return int(listener.getsockname()[1])


def states(home: Path, *, setting_faults: tuple[str, ...] = ()) -> dict[str, str]:
    findings = doctor.examine(home, free_port(), setting_faults, None)
    return {finding.name: finding.state for finding in findings}


def private_home(folder: Path) -> Path:
    home = folder / "home"
    home.mkdir(mode=0o700)
    return home


def test_a_sound_installation_has_no_fault(tmp_path: Path) -> None:
    assert "fault" not in states(private_home(tmp_path)).values()


def test_a_home_that_does_not_exist_yet_is_right(tmp_path: Path) -> None:
    assert states(tmp_path / "later" / "home")["home"] == "ok"
    assert not (tmp_path / "later").exists()


def test_a_home_that_is_a_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    assert states(tmp_path / "home")["home"] == "fault"


def test_a_home_open_to_others_is_a_warning(tmp_path: Path) -> None:
    home = private_home(tmp_path)
    home.chmod(0o701)
    assert states(home)["home"] == "warning"


def test_a_halt_file_is_a_warning(tmp_path: Path) -> None:
    home = private_home(tmp_path)
    (home / "HALT").touch()
    assert states(home)["halt"] == "warning"


def test_a_socket_that_nobody_answers_is_a_fault(tmp_path: Path) -> None:
    home = private_home(tmp_path)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(home / "control.sock"))
    assert states(home)["engine"] == "fault"


def test_each_fault_of_the_settings_is_a_finding(tmp_path: Path) -> None:
    findings = doctor.examine(tmp_path, free_port(), ["one is wrong", "two is wrong"], None)
    faults = [finding.sentence for finding in findings if finding.name == "settings"]
    assert faults == ["one is wrong", "two is wrong"]


def test_a_port_in_use_without_an_engine_is_a_warning(tmp_path: Path) -> None:
    engine = doctor.engine_finding(tmp_path)
    with socket.socket() as listener:
        listener.bind((doctor.LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert doctor.port_finding(port, engine).state == "warning"
    assert doctor.port_finding(port, engine).state == "ok"


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (doctor.FREE_BYTES_MIN - 1, "fault"),
        (doctor.FREE_BYTES_MIN, "warning"),
        (doctor.FREE_BYTES_GOOD - 1, "warning"),
        (doctor.FREE_BYTES_GOOD, "ok"),
    ],
)
def test_a_full_disk_is_told_before_the_journal_stops(free: int, state: str) -> None:
    assert doctor.disk_finding(Path("/"), free).state == state


def test_a_journal_that_can_be_read_says_how_far(tmp_path: Path) -> None:
    home = private_home(tmp_path)
    with closing(open_journal(home)) as journal:
        records = [ClockTicked(1), ClockTicked(2)]
        epoch = journal.take_over()
        journal.append(group_of(records, after_sequence=0, epoch=epoch, time_ns=2))
        while_it_runs = doctor.journal_finding(lambda: read_journal(home))
    assert while_it_runs == ("journal", "ok", "can be read up to sequence 2")
    assert doctor.journal_finding(lambda: read_journal(home)) == while_it_runs


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_a_journal_that_cannot_be_read_is_a_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal.db").write_bytes(content)
    assert doctor.journal_finding(lambda: read_journal(tmp_path)).state == "fault"


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    assert doctor.fsync_finding(tmp_path / "absent").state == "fault"
    assert doctor.fsync_finding(tmp_path).state in ("ok", "warning")
    assert list(tmp_path.iterdir()) == []


def test_a_clock_before_the_installation_is_a_fault() -> None:
    made_s = Path(doctor.__file__).stat().st_mtime
    assert doctor.clock_finding(made_s - 1).state == "fault"
    assert doctor.clock_finding(made_s).state in ("ok", "warning")


def test_the_command_exits_with_1_on_a_fault_and_prints_it_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").write_text("")
    assert main(["doctor", "--json", "--home", str(tmp_path / "home")]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [f["name"] for f in findings if f["state"] == "fault"] == ["home"]
