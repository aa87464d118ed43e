"""Shell completion and the manual page, which come from the command line's own description."""

import re
import shutil
import subprocess

import pytest
from harness import paths

NAME = "cq-source-s3"


def output_of(*command, **options):
    finished = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, **options)
    assert finished.stderr == ""
    return finished.stdout


def plugin(*arguments):
    return output_of(paths.require(paths.SOURCE), *arguments)


def completions_of_bash(*words):
    script = plugin("completion", "bash") + (
        f"COMP_WORDS=({NAME} {' '.join(repr(w) for w in words)}); COMP_CWORD={len(words)}\n"
        f"_{NAME.replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    )
    return output_of("bash", "-c", script).split()


def completions_of_fish(*words):
    folder = paths.require(paths.SOURCE)
    script = f"{folder} completion fish | source; complete -C '{NAME} {' '.join(words)}'"
    return [line.split("\t")[0] for line in output_of("fish", "--no-config", "-c", script).splitlines()]


SHELLS = {"bash": completions_of_bash, "fish": completions_of_fish}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_options_and_values(shell, tmp_path, monkeypatch):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yml").write_text("")
    complete = SHELLS[shell]
    assert {"preview", "package"} <= set(complete("p"))
    assert "serve" not in complete("p")
    assert set(complete("serve", "--network", "")) == {"tcp", "tcp4", "tcp6", "unix", "unixpacket"}
    assert set(complete("preview", "--j")) == {"--json"}
    assert "spec.yml" in complete("preview", "s")
    assert set(complete("state", "s")) == {"show", "set"}
    assert "spec.yml" in complete("state", "show", "s")


def test_the_script_of_zsh_is_valid_and_has_all_commands():
    script = plugin("completion", "zsh")
    if shutil.which("zsh") is not None:
        # Beside the function itself only what zsh's own completion system brings is called.
        output_of("zsh", "-f", "-c", f"autoload -U compinit; compinit -D; eval {quoted(script)}; whence -w _{NAME}")
    assert all(f"'{command}:" in script for command in ("serve", "preview", "completion"))


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def test_another_shell_is_an_error():
    finished = subprocess.run([paths.require(paths.SOURCE), "completion", "tcsh"], capture_output=True, text=True, check=False)
    assert finished.returncode == 1 and "tcsh" in finished.stderr


def test_the_manual_page_has_every_command_and_option_of_the_help():
    page = plugin("man")
    shown = page.replace("\\-", "-")
    commands = re.findall(r"^  (\w+) ", plugin("--help").split("Subcommands:")[1], re.MULTILINE)
    assert len(commands) >= 7
    for command in commands:
        assert re.search(rf"^\.SS {command}( \w+)?$", shown, re.MULTILINE)
        for option in re.findall(r"--[a-z-]+", plugin(command, "--help")):
            assert option in shown
    if shutil.which("groff") is not None:
        assert "Print JSON" in output_of("groff", "-man", "-Tutf8", "-ww", input=page)
