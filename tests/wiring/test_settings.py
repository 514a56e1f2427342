"""Settings: which source wins, what is refused, and how a fault is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from tradewind.wiring import catalog
from tradewind.wiring import setting_kinds as kinds
from tradewind.wiring.catalog import PORT, SETTINGS
from tradewind.wiring.setting import Setting
from tradewind.wiring.setting_sources import FILE_BYTES_MAX
from tradewind.wiring.settings import (
    MASK,
    BadSettings,
    Settings,
    find_home,
    load_settings,
    read_settings,
)

TOKEN: Setting[str] = Setting(
    "broker.token", ("BROKER_TOKEN", "OLD_TOKEN"), kinds.text(), "", "A secret.", secret=True
)


def settings_in(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    return load_settings(environment=environment or {}, folder=folder, settings=[*SETTINGS, TOKEN])


def faults_in(folder: Path, environment: Mapping[str, str] | None = None) -> list[str]:
    found = read_settings(environment=environment or {}, folder=folder, settings=[*SETTINGS, TOKEN])
    return found[1]


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_each_source_wins_over_the_ones_below_it(tmp_path: Path) -> None:
    write(tmp_path / "config" / "system.toml", "[gateway]\nport = 8001\n")
    assert settings_in(tmp_path)[PORT] == 8001
    write(tmp_path / ".env", "PORT=8002\n")
    assert settings_in(tmp_path)[PORT] == 8002
    pointer = {"PORT_FILE": str(write(tmp_path / "port", "8003\n"))}
    assert settings_in(tmp_path, pointer)[PORT] == 8003
    assert settings_in(tmp_path, {"PORT": "8004"})[PORT] == 8004
    flagged = load_settings({"gateway.port": "8005"}, environment={"PORT": "1"}, folder=tmp_path)
    assert flagged[PORT] == 8005


def test_the_profile_of_the_environment_stands_above_the_default(tmp_path: Path) -> None:
    development = settings_in(tmp_path)
    staging = settings_in(tmp_path, {"ENVIRONMENT": "staging"})
    assert development[catalog.LOG_LEVEL] == "debug"
    assert development.where(catalog.LOG_LEVEL) == "profile development"
    assert staging[catalog.LOG_LEVEL] == "info"
    assert staging.where(catalog.LOG_LEVEL) == "default"


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("system.toml", "# risk\n[risk]\nmax_position = 'ten'\n", "system.toml line 3"),
        ("system.toml", "risk.max_position = 'ten'\n", "system.toml line 1"),
        ("system.json", '{\n "risk": {\n  "max_position": "ten"}}', "system.json line 3"),
    ],
)
def test_a_fault_of_the_config_file_names_its_line(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    write(tmp_path / "config" / name, text)
    assert faults_in(tmp_path) == [f"risk.max_position: 'ten' is not a number ({where})"]


def test_a_fault_of_dotenv_names_its_line(tmp_path: Path) -> None:
    write(tmp_path / ".env", "# mine\n\nexport PORT='http' # no\nwhat is this\n")
    assert faults_in(tmp_path) == [
        ".env line 4 is not NAME=value",
        "gateway.port: 'http' is not a whole number (.env line 3)",
    ]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    environment = {"PORT": "0", "RISK_PER_TRADE": "1.01", "TRADING_MODE": "live"}
    with pytest.raises(BadSettings) as refused:
        settings_in(tmp_path, environment)
    assert refused.value.faults == (
        "gateway.port: '0' is below 1 (environment PORT)",
        "risk.per_trade: '1.01' is above 1 (environment RISK_PER_TRADE)",
        (
            "trading.mode: live trading needs ENABLE_LIVE_TRADING=true as well "
            "(environment TRADING_MODE)"
        ),
        (
            "trading.mode: live trading needs LIVE_TRADING_CONFIRM=ACCOUNT as well, the "
            "account that tradewind connect shows (environment TRADING_MODE)"
        ),
        "risk.max_position: live trading has no default limit, set MAX_POSITION_SIZE",
        "risk.per_trade: live trading has no default limit, set RISK_PER_TRADE",
        ("trading.venue: there is nothing live about sim, name a venue (environment TRADING_MODE)"),
    )


@pytest.mark.parametrize("port", ["1", "65535"])
def test_a_number_at_its_limit_is_taken(tmp_path: Path, port: str) -> None:
    assert settings_in(tmp_path, {"PORT": port})[PORT] == int(port)


@pytest.mark.parametrize("port", ["0", "65536", "8e3", "8_000", " 8000", "eight", "1.0"])
def test_what_is_no_port_is_refused(tmp_path: Path, port: str) -> None:
    assert len(faults_in(tmp_path, {"PORT": port})) == 1


@pytest.mark.parametrize("share", ["NaN", "-Infinity", "0x1", "1,5", "two", "1e-2x"])
def test_what_is_no_number_is_refused(tmp_path: Path, share: str) -> None:
    faults = faults_in(tmp_path, {"RISK_PER_TRADE": share})
    assert faults == [f"risk.per_trade: {share!r} is not a number (environment RISK_PER_TRADE)"]


def test_an_exact_number_of_the_config_file_stays_exact(tmp_path: Path) -> None:
    write(tmp_path / "config" / "system.toml", "[risk]\nper_trade = 0.1\nmax_position = 1e3\n")
    settings = settings_in(tmp_path)
    assert settings[catalog.RISK_PER_TRADE] == Decimal("0.1")
    assert settings.shown(catalog.MAX_POSITION) == "1000"


def test_a_list_of_the_config_file_is_a_list_of_names(tmp_path: Path) -> None:
    text = json.dumps({"trading": {"strategies": ["ma_crossover", "market_maker"]}})
    write(tmp_path / "config" / "system.json", text)
    assert settings_in(tmp_path)[catalog.STRATEGIES] == ("ma_crossover", "market_maker")


def test_a_strategy_named_twice_is_refused(tmp_path: Path) -> None:
    faults = faults_in(tmp_path, {"TRADEWIND_STRATEGIES": "cross, cross"})
    assert faults == [
        "trading.strategies: 'cross, cross' has 'cross' twice (environment TRADEWIND_STRATEGIES)"
    ]


def test_a_variable_and_its_file_together_are_refused(tmp_path: Path) -> None:
    faults = faults_in(tmp_path, {"PORT": "8000", "PORT_FILE": "/port"})
    assert faults == [
        "gateway.port: PORT and PORT_FILE are both set: unset one (environment PORT_FILE)"
    ]


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    faults = faults_in(tmp_path, {"PORT_FILE": str(tmp_path / "no")})
    assert faults == [
        (
            f"gateway.port: {tmp_path}/no cannot be read: No such file or directory "
            "(environment PORT_FILE)"
        )
    ]


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert settings_in(tmp_path, {"PORT": ""}).where(PORT) == "default"


def test_two_names_of_one_setting_must_agree(tmp_path: Path) -> None:
    same = settings_in(tmp_path, {"BROKER_TOKEN": "abc", "OLD_TOKEN": "abc"})
    assert same[TOKEN] == "abc"
    assert faults_in(tmp_path, {"BROKER_TOKEN": "abc", "OLD_TOKEN": "xyz"}) == [
        "broker.token: environment BROKER_TOKEN and environment OLD_TOKEN differ: set one of them"
    ]


def test_a_secret_is_masked_where_it_is_shown(tmp_path: Path) -> None:
    assert settings_in(tmp_path, {"BROKER_TOKEN": "abc"}).shown(TOKEN) == MASK
    assert settings_in(tmp_path).shown(TOKEN) == ""


def test_a_secret_that_is_wrong_is_not_told(tmp_path: Path) -> None:
    pin: Setting[int] = Setting(
        "broker.pin", ("PIN",), kinds.integer(least=0, most=9), "0", "A secret.", secret=True
    )
    found = read_settings(environment={"PIN": "55"}, folder=tmp_path, settings=[*SETTINGS, pin])
    assert found[1] == [f"broker.pin: {MASK} is above 9 (environment PIN)"]


def test_a_file_at_the_limit_is_read_and_one_past_it_is_not(tmp_path: Path) -> None:
    text = "gateway.port = 8010\n"
    filled = text + "#" * (FILE_BYTES_MAX - len(text))
    path = write(tmp_path / "config" / "system.toml", filled)
    assert settings_in(tmp_path)[PORT] == 8010
    path.write_text(filled + "#")
    assert faults_in(tmp_path) == [f"{path} is larger than {FILE_BYTES_MAX} bytes"]


def test_a_secret_that_anybody_can_read_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path = write(tmp_path / "token", "abc", mode=0o644)
    faults = faults_in(tmp_path, {"BROKER_TOKEN_FILE": str(path)})
    assert faults == [
        (
            f"broker.token: anybody can read {path}: chmod 600 it "
            f"(environment BROKER_TOKEN_FILE ({path}))"
        )
    ]


@pytest.mark.parametrize(("folder_mode", "mode"), [(0o755, 0o600), (0o700, 0o644)])
def test_a_secret_that_nobody_else_can_reach_is_taken(
    tmp_path: Path, folder_mode: int, mode: int
) -> None:
    path = write(tmp_path / "token", "abc\n", mode)
    tmp_path.chmod(folder_mode)
    assert settings_in(tmp_path, {"BROKER_TOKEN_FILE": str(path)})[TOKEN] == "abc"


def test_a_misspelt_setting_is_told_with_the_right_name(tmp_path: Path) -> None:
    write(tmp_path / "config" / "system.toml", "[risk]\nmax_postion = 1\n")
    assert faults_in(tmp_path, {"TRADEWIND_HOM": "/", "TRADEWIND_PURE": "1"}) == [
        (
            "risk.max_postion: there is no such setting, did you mean risk.max_position? "
            "(system.toml line 2)"
        ),
        (
            "TRADEWIND_HOM: there is no such setting, did you mean TRADEWIND_HOME? "
            "(environment TRADEWIND_HOM)"
        ),
    ]


@pytest.mark.parametrize("name", ["system.toml", "system.json"])
def test_a_config_file_that_cannot_be_parsed_is_one_fault(tmp_path: Path, name: str) -> None:
    write(tmp_path / "config" / name, "{ risk = \n")
    (fault,) = faults_in(tmp_path)
    assert fault.startswith(f"{name} is not {name[-4:].upper()}: ")


def test_a_json_file_that_is_no_object_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path / "config" / "system.json", "[1]")
    assert len(faults_in(tmp_path)) == 1


def test_two_config_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "config" / "system.toml", "")
    write(tmp_path / "config" / "system.json", "{}")
    assert faults_in(tmp_path) == [
        "config/system.toml and config/system.json are both there: keep one"
    ]


def test_the_config_file_can_be_named(tmp_path: Path) -> None:
    write(tmp_path / "mine.toml", "gateway.port = 8010\n")
    settings = settings_in(tmp_path, {"TRADEWIND_CONFIG": "mine.toml"})
    assert (settings[PORT], settings.where(PORT)) == (8010, "mine.toml line 1")
    assert len(faults_in(tmp_path, {"TRADEWIND_CONFIG": "absent.toml"})) == 1


def test_the_home_is_found_whatever_else_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PORT", "none")
    assert find_home() == tmp_path / "home"


def test_every_setting_has_its_own_names_and_a_meaning() -> None:
    names = [setting.name for setting in SETTINGS]
    variables = [name for setting in SETTINGS for name in setting.variables]
    assert len(set(names)) == len(names)
    assert len(set(variables)) == len(variables)
    assert all(setting.meaning.endswith(".") for setting in SETTINGS)
    assert all(set(setting.profiles) <= set(catalog.ENVIRONMENTS) for setting in SETTINGS)
