"""Helix at a terminal that a program reads, with the settings of editors/helix as they are:

    LAKATOS=target/debug/lakatos HELIX=hx python tests/editors/helix.py FOLDER

Writes every key and the screen that came of it to standard output; ends with 1 where something is not there.
"""

import os
import shutil
import sys
import time
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).resolve().parents[2]
LINES, COLUMNS = 16, 88
# How long a thing may take on a slow machine; nothing is measured by it.
PATIENCE = 300

TEXT = """theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by
  sorry

theorem wrong (n : Nat) : n < 5 := by
  sorry
"""


class Helix:
    """Helix with one file open."""

    def __init__(self, program: str, folder: Path, file: Path):
        settings = folder / "config" / "helix"
        settings.mkdir(parents=True)
        shutil.copy(ROOT / "editors/helix/languages.toml", settings)
        # The settings name the program as one has it on the path.
        path = folder / "bin"
        path.mkdir()
        (path / "lakatos").symlink_to(Path(os.environ.get("LAKATOS") or shutil.which("lakatos")).resolve())
        env = dict(
            os.environ,
            PATH=f"{path}:{os.environ['PATH']}",
            XDG_CONFIG_HOME=str(folder / "config"),
            XDG_CACHE_HOME=str(folder / "cache"),
            TERM="xterm-256color",
        )
        self.file = file
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.Stream(self.screen)
        self.child = pexpect.spawn(
            program, [str(file)], env=env, cwd=str(folder), dimensions=(LINES, COLUMNS), encoding="utf-8"
        )

    def read(self, seconds: float):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.stream.feed(self.child.read_nonblocking(65536, 0.1))
            except pexpect.TIMEOUT:
                pass
            except pexpect.EOF:
                sys.exit("Helix ended:\n" + self.shown())

    def shown(self) -> str:
        lines = [line.rstrip() for line in self.screen.display]
        return "\n".join(line for line in lines if line and line != "    ~")

    def until(self, words: str):
        end = time.monotonic() + PATIENCE
        while words not in self.shown():
            if time.monotonic() > end:
                sys.exit(f"FAILED: {words!r} did not come:\n" + self.shown())
            self.read(0.2)

    def key(self, keys: str, name: str, words: str):
        """Presses keys and waits until the screen shows `words`."""
        self.child.send(keys)
        self.until(words)
        print(f"--- {name}\n{self.shown()}\n", flush=True)


def main():
    folder = Path(sys.argv[1]).resolve()
    file = folder / "Swap.lean"
    file.write_text(TEXT)
    helix = Helix(os.environ.get("HELIX", "hx"), folder, file)
    helix.until("1:1")
    helix.key("jll", "j l l: to the first sorry", "2:3")
    helix.key(" a", "space a: code actions", "Prove this goal")
    helix.key("\r", "Enter: the first of them", "accepted by the kernel")
    # Without the message, which would hide a later one.
    helix.key(":w\r", ":w", "written")
    proved = file.read_text()
    assert proved.count("sorry") == 1 and proved.startswith(TEXT.splitlines()[0]), proved
    helix.key("3jgs", "3 j g s: to the second", "5:3")
    helix.key(" a", "space a", "Prove or refute")
    helix.key("\x0e\r", "Ctrl-n, Enter: the second action", "The statement is false")
    # What is wrong is said at the statement.
    helix.key("k", "k: onto the statement", "(refuted)")
    helix.key("joconstr", "o constr: completion", "constructor")
    # The first closes the list, the second ends the insertion; a third changes nothing.
    for _ in range(3):
        helix.child.send("\x1b")
        helix.read(0.5)
    helix.until(" NOR")
    helix.child.send(":q!\r")
    helix.child.expect(pexpect.EOF, timeout=60)
    assert file.read_text() == proved
    print("all as expected")


main()
