# SPDX-License-Identifier: LGPL-2.1-or-later
#
# airpods config and airpods version with the real airpodsd. Runs in tests/lab/private.py.
import pytest

from fixtures_cli import airpods, computer_with, folder  # noqa: F401  (fixtures)

GOOD = '[vpn]\nmss_clamp = "ask"\nnotify = "never"\n'


@pytest.fixture(scope="module")
def computer(computer_with):  # noqa: F811
    made = computer_with()
    made.start_airpodsd(GOOD)
    return made


@pytest.fixture
def config(computer):
    """Alice's own configuration file; as it was after the test."""
    yield computer.environment["XDG_CONFIG_HOME"] + "/airpods/config.toml"
    computer.write_config(GOOD)


def test_path(airpods, config):  # noqa: F811
    result = airpods("config", "path")
    assert (result.code, result.out, result.err) == (0, config + "\n", "")
    assert airpods("config", "path", "--json").json == [{"path": config}]


def test_show_is_the_configuration_in_force(airpods, config, computer):  # noqa: F811
    result = airpods("config", "show")
    assert (result.code, result.err) == (0, "")
    settings = [line.split("#")[0].strip() for line in result.out.splitlines()]
    assert "[vpn]" in settings
    assert 'mss_clamp = "ask"' in settings
    assert 'notify = "never"' in settings
    assert airpods("config", "show", "--json").code == 2


def test_validate_a_good_file(airpods, config, computer):  # noqa: F811
    for words in ([], [config]):
        result = airpods("config", "validate", *words)
        assert (result.code, result.out, result.err) == (0, "No problem found.\n", "")
        result = airpods("config", "validate", "--json", *words)
        assert (result.code, result.out) == (0, "[]\n")


def test_validate_names_file_line_and_column(airpods, config, computer):  # noqa: F811
    computer.write_config('[vpn]\nmss_clamp = "sometimes"\nnotifi = "never"\n')
    result = airpods("config", "validate")
    assert (result.code, result.err) == (1, "")
    first, second = result.out.splitlines()
    assert first.startswith(f"{config}:2:")
    assert ": error: " in first
    assert second.startswith(f"{config}:3:1: ")
    assert '"notify"' in second or "notify" in second
    rows = airpods("config", "validate", "--json").json
    assert airpods("config", "validate", "--json").code == 1
    assert [sorted(row) for row in rows] == [["column", "file", "line", "message", "severity"]] * 2
    assert [f"{row['file']}:{row['line']}:{row['column']}: {row['severity']}: {row['message']}" for row in rows] == [
        first, second]


def test_a_path_is_relative_to_the_person(airpods, computer, folder):  # noqa: F811
    (folder / "mine.toml").write_text("[vpn]\nmss_clamp = 7\n")
    (folder / "mine.toml").chmod(0o644)
    result = airpods("config", "validate", "mine.toml", cwd=folder)
    assert result.code == 1
    assert result.out.startswith(f"{folder}/mine.toml:2:")


def test_a_file_that_is_not_there(airpods, computer, folder):  # noqa: F811
    result = airpods("config", "validate", f"{folder}/nothing.toml")
    assert result.code == 1
    assert result.out.startswith(f"{folder}/nothing.toml: error: ")


def test_a_hostile_file_is_printed_harmlessly(airpods, computer, folder):  # noqa: F811
    (folder / "bad\x1b[2J.toml").write_text('[vpn]\n"\\u001b[31mmss" = 1\n')
    (folder / "bad\x1b[2J.toml").chmod(0o644)
    result = airpods("config", "validate", f"{folder}/bad\x1b[2J.toml")
    assert "\x1b" not in result.out + result.err
    assert "\\x1b[2J.toml:2:" in result.out


def test_airpods_config_that_is_the_same_is_not_mentioned(airpods, config, computer):  # noqa: F811
    assert airpods("config", "path", env={"AIRPODS_CONFIG": config}).err == ""
    other = airpods("vpn", env={"AIRPODS_CONFIG": "/nonexistent/config.toml"})
    assert other.code == 0
    assert other.err == (f'airpods: AIRPODS_CONFIG is "/nonexistent/config.toml" here, but airpodsd reads "{config}": it takes '
                         "the variable from its own environment when it starts.\n")


def test_version_shows_the_daemons_that_run(airpods, computer):  # noqa: F811
    computer.clamps()
    assert airpods("version").out.splitlines() == ["airpods 0.1.0", "airpodsd 0.1.0", "airpods-helper 0.1.0"]
    assert airpods("version", "--json").json == [
        {"program": "airpods", "version": "0.1.0"}, {"program": "airpodsd", "version": "0.1.0"},
        {"program": "airpods-helper", "version": "0.1.0"}]


def test_root_is_sent_away(airpods, computer):  # noqa: F811
    result = airpods("config", "path", user="root")
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[0] == "airpods: config path: run it as the user who owns the services."
