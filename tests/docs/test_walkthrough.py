"""The tutorial is followed to the letter, and the guides' commands work in the home that it ends with.

Only what takes a person's time differs: ports are free ones, a click is looked at for a second instead of a minute, and
pages open nowhere.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, closing, contextmanager, redirect_stderr, redirect_stdout, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.client import HTTPConnection
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import pytest

from engine.app import Processes
from engine.cli import composition
from engine.cli.main import run
from tests.docs.pages import DOCS, Block, Command, all_blocks, blocks, commands
from tests.docs.test_examples import mended

TUTORIAL = DOCS / "tutorial.md"
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
PATIENCE = 30.0
PROGRAM = f"{sys.executable} -m engine.app"
ENDURING = ("python -m aiosmtpd", "ripeline run")

GUIDES = [
    block
    for block in all_blocks("console")
    if block.page.parent.name == "how-to" and not re.search(r"^\$ (make|cd) ", block.text, re.MULTILINE)
]


def until(condition: Callable[[], object], told: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Walk:
    """Somebody who types what a page shows, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {"1025": str(free_port()), "8026": str(free_port())}

    def type(self, words: str) -> str:
        """What a command answers, on either channel."""
        if words.startswith("cd "):
            self.folder /= words.removeprefix("cd ")
            return ""
        if re.match(r"ripeline preview( |$)", words) and not re.search(r"--(text|out|list)\b", words):
            return self.look(words)
        if words.startswith("ripeline "):
            return self.ripeline(shlex.split(words)[1:])
        done = subprocess.run(
            self.shell(words),
            cwd=self.folder,
            env=self.surroundings(),
            capture_output=True,
            text=True,
            shell=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.stdout + done.stderr

    def ripeline(self, words: list[str]) -> str:
        """The command in this process, which spares its start; every question is answered with yes."""
        answer = TextIOWrapper(BytesIO(), "utf-8", write_through=True)
        started, keyboard = (
            patch.object(composition, "processes", Processes()),
            patch.object(sys, "stdin", StringIO("y\n")),
        )
        with started, keyboard, chdir(self.folder), redirect_stdout(answer), redirect_stderr(answer):
            run(words)
        answer.seek(0)
        return answer.read()

    def look(self, words: str) -> str:
        """Start a page, open it, and end it with Ctrl-C; what the command said."""
        command = [sys.executable, "-m", "engine.app", *shlex.split(words)[1:], "--no-open"]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as child:
            assert child.stdout is not None
            said = child.stdout.readline()
            page = re.search(r"http://\S+", said)
            status = fetched(page[0])[0] if page else 0
            child.send_signal(signal.SIGINT)
            said += child.stdout.read()
        return said if status in (200, 303) else f"ripeline: the page answered {status}\n{said}"

    def shell(self, words: str) -> str:
        for port, own in self.ports.items():
            words = words.replace(f":{port}", f":{own}")
        words = re.sub(r"^(\S*/)?ripeline ", f"{PROGRAM} ", words)
        return re.sub(r"^python3? ", f"{sys.executable} ", words)

    def surroundings(self) -> dict[str, str]:
        hidden = {"DISPLAY", "WAYLAND_DISPLAY", "RIPELINE_HOME"}
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, "PYTHONPATH": str(DOCS.parent), "PYTHONIOENCODING": "utf-8"}

    def use_own_ports(self) -> None:
        config = self.folder / "config.toml"
        text = config.read_text("utf-8").replace("1025", self.ports["1025"])
        text = text.replace("[tracking]\n", f'[tracking]\nport = {self.ports["8026"]}\nquarantine = "1s"\n')
        text += f'\n[delivery]\ntick = "1s"\n\n[metrics]\nport = {free_port()}\n'
        config.write_text(text.replace(":8026", f":{self.ports['8026']}"), "utf-8")

    @contextmanager
    def keep_running(self, words: str) -> Iterator[None]:
        with (self.folder / "log.txt").open("ab") as log:
            child = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {self.shell(words)}"],
                cwd=self.folder,
                env=self.surroundings(),
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            child.terminate()
            child.wait(PATIENCE)

    def log(self) -> str:
        return (self.folder / "log.txt").read_text("utf-8")

    def mails(self) -> list[Path]:
        return sorted((self.folder / "inbox" / "new").glob("*"))

    def write(self, block: Block) -> None:
        path = self.folder / block.names
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")

    def change(self, path: str, change: Callable[[str], str]) -> None:
        file = self.folder / path
        file.write_text(change(file.read_text("utf-8")), "utf-8")


def alike(line: str) -> str:
    """A line without what differs from day to day and from machine to machine."""
    line = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ", "", line)
    line = re.sub(r"\s?\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d\d:\d\d", "WHEN", line)
    line = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "WHEN", line)
    line = re.sub(r"http://127\.0\.0\.1:\d+/[\w-]{16}/", "PAGE/", line)
    line = re.sub(r" by \w+$", " by SOMEBODY", line)
    return " ".join(line.split())


def assert_answers(command: Command, answer: str) -> None:
    """Every line that the page shows is answered, in this order; … stands for any lines."""
    lines = iter([alike(line) for line in answer.splitlines()])
    for shown in command.answer:
        if shown.strip() and shown.strip() != "…":
            assert any(alike(shown) == line for line in lines), f"$ {command.words}\n{answer}\nlacks: {shown}"


def part(mail: Path, kind: str) -> str:
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def fetched(address: str) -> tuple[int, str]:
    """The status and the Location that a browser gets."""
    host, path = re.fullmatch(r"http://([^/]+)(/.*)", address).groups()  # type: ignore[union-attr]
    with closing(HTTPConnection(host, timeout=PATIENCE)) as line:
        line.request("GET", path, headers=BROWSER)
        answer = line.getresponse()
        return answer.status, answer.headers.get("location", "")


def is_up(address: str) -> bool:
    """Whether somebody listens there: the first mail may be out before the tracker is."""
    host, port = re.fullmatch(r"http://([^/:]+):(\d+)/.*", address).groups()  # type: ignore[union-attr]
    with suppress(OSError), socket.create_connection((host, int(port)), PATIENCE):
        return True
    return False


def open_and_click(mail: Path, words: str) -> str:
    """What a reader does: the mail shows its pictures, and a link of it is followed; where it leads."""
    pixel = re.search(r'src="(http://[^"]+/o/[^"]+)"', part(mail, "html"))
    link = re.search(rf"{words} \((\S+)\)", part(mail, "plain"))
    assert pixel is not None
    assert link is not None
    address = pixel[1]
    until(lambda: is_up(address), lambda: "the tracker does not come up")
    assert fetched(pixel[1])[0] == 200
    return fetched(link[1])[1]


def spoken(walk: Walk, block: Block) -> None:
    for command in commands(block):
        assert_answers(command, walk.type(command.words))


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The tutorial, walked to its end."""
    walk = Walk(tmp_path_factory.mktemp("tutorial"))
    checks = 0
    enduring: list[str] = []
    late: list[Block] = []
    for block in blocks(TUTORIAL):
        if block.language != "console":
            walk.write(block)
            continue
        words = [command.words for command in commands(block)]
        if words[0].startswith(ENDURING):
            enduring += words
        elif enduring:
            late.append(block)
        else:
            checks += "ripeline check" in words
            before(walk, words, checks)
            spoken(walk, block)
            if words[0].startswith("ripeline init"):
                walk.use_own_ports()
    with walk.keep_running(enduring[0]), walk.keep_running(enduring[1]):
        until(lambda: len(walk.mails()) == 2, walk.log)
        assert open_and_click(jane(walk), "Read the guide").startswith("https://www.acme.example/guide")
        until(lambda: "advanced" in walk.type("ripeline why jane@bluefjord.example"), walk.log)
        for block in late:
            spoken(walk, block)
    return walk


def before(walk: Walk, words: list[str], checks: int) -> None:
    """What the tutorial says in sentences."""
    if "ripeline check" in words and checks == 2:
        walk.change("templates/welcome/reader/invitation.md", mended)
    if "ripeline apply" in words:
        walk.change("campaigns/welcome.toml", lambda text: text.replace('state = "draft"', 'state = "live"'))


def jane(walk: Walk) -> Path:
    return next(mail for mail in walk.mails() if b"Jane" in mail.read_bytes())


def test_tutorial_works_as_it_is_written(walked: Walk) -> None:
    assert "stopped; nothing was left half done" in walked.log()
    shown = re.findall(r"^[\d-]+ [\d:]+Z +(.+)$", TUTORIAL.read_text("utf-8"), re.MULTILINE)
    assert shown
    assert [line for line in shown if line not in walked.log()] == []


ADDED = ("[scoring]",)
"""Sections of config that a guide shows and its commands need; the tutorial's home has none of them."""


@pytest.mark.parametrize("block", GUIDES, ids=str)
def test_commands_of_a_guide_work(block: Block, walked: Walk, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(walked.folder, home)
    (home / "fair.csv").write_text("email,Firma,Notiz\nlee@ray.example,Ray,met at the fair\n", "utf-8")
    (home / "attended.csv").write_text("email\njane@bluefjord.example\n", "utf-8")
    for other in blocks(block.page):
        if other.names.endswith(".csv"):
            (home / other.names).write_text(other.text, "utf-8")
        if other.text.startswith(ADDED):
            with (home / "config.toml").open("a", encoding="utf-8") as config:
                config.write(f"\n{other.text}")
    walk = Walk(home)
    for command in commands(block):
        answer = walk.type(command.words)
        assert not re.search(r"^(ripeline: |Error|Traceback|Usage)", answer, re.MULTILINE), f"{command.words}\n{answer}"


def test_person_is_erased_as_the_guide_says(walked: Walk, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(walked.folder, home)
    walk = Walk(home)
    guide = (DOCS / "how-to/erase-a-person.md").read_text("utf-8")
    for command in re.findall(r"^\$ (.*)", guide, re.MULTILINE):
        answer = walk.type(f"{command} --yes" if " erase " in command else command)
        assert not re.search(r"^(ripeline: |Error|Traceback|Usage)", answer, re.MULTILINE), answer
    assert (home / "jane.json").is_file()
    assert "nobody here is called" in walk.type("ripeline why jane@bluefjord.example")
    assert "erased" in walk.type("ripeline suppress jane@bluefjord.example --show")
