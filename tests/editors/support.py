"""What the editors' tests share: how the program is started, an editor that applies edits, and what processes there are."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import make_test_lsp_client

LAKATOS = os.environ.get("LAKATOS", "lakatos")
ARGUMENTS = ["lsp", "--embedded", "--workers", "2"]
COMMANDS = {
    "Prove this goal": "lakatos.prove",
    "Prove or refute": "lakatos.refute",
    "Suggest next tactics": "lakatos.suggest",
    "Replace sorry in this file": "lakatos.proveAll",
}
# How long a thing may take on a slow machine; nothing is measured by it.
PATIENCE = 300


def make_client():
    """pytest-lsp's client, and what an editor does beyond it: edits, lists to choose from, refreshes."""
    client = make_test_lsp_client()
    client.documents = {}
    client.refused = []
    client.choose = lambda titles: None

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams):
        for change in params.edit.document_changes:
            document = client.documents[change.text_document.uri]
            if document.version != change.text_document.version:
                client.refused.append(params)
                return types.ApplyWorkspaceEditResult(applied=False)
            document.apply(change.edits)
        return types.ApplyWorkspaceEditResult(applied=True)

    @client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
    def choose(params: types.ShowMessageRequestParams):
        titles = [a.title for a in params.actions]
        chosen = client.choose(titles)
        say(f"  a list of {len(titles)}, among them {', '.join(map(repr, titles[:4]))}; chosen: {chosen!r}")
        return chosen and types.MessageActionItem(title=chosen)

    @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
    def refresh(params):
        return None

    return client


def say(line: str):
    """What happens, for a reader: `pytest -s` shows it."""
    print(line, file=sys.stderr)


def shown(text: str) -> str:
    return "deleted" if not text else text if len(text) < 100 else f"{text[:60]!r}, and so on"


class Document:
    """A document as the editor has it; columns are the client's UTF-16 units."""

    def __init__(self, client: LanguageClient, uri: str, text: str):
        self.client, self.uri, self.text, self.version = client, uri, text, 1
        client.documents[uri] = self
        item = types.TextDocumentItem(uri=uri, language_id="lean4", version=1, text=text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def position(self, offset: int) -> types.Position:
        before = self.text[:offset]
        line = before[before.rfind("\n") + 1 :]
        return types.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)

    def offset(self, position: types.Position) -> int:
        lines = self.text.split("\n")
        line = lines[position.line].encode("utf-16-le")[: 2 * position.character].decode("utf-16-le")
        return sum(len(l) + 1 for l in lines[: position.line]) + len(line)

    def place(self, word: str) -> types.Position:
        return self.position(self.text.index(word))

    def change(self, start: int, end: int, new: str):
        """Typed by the person, sent as an incremental change."""
        where = types.Range(self.position(start), self.position(end))
        self.text = self.text[:start] + new + self.text[end:]
        self.version += 1
        say(f"  line {where.start.line + 1}: {shown(new)}")
        change = types.TextDocumentContentChangePartial(range=where, text=new)
        identifier = types.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def apply(self, edits):
        places = [(self.offset(e.range.start), self.offset(e.range.end), e.new_text) for e in edits]
        for start, end, new in sorted(places, reverse=True):
            self.change(start, end, new)

    def close(self):
        del self.client.documents[self.uri]
        self.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(self.uri))
        )

    async def actions(self, word: str) -> set[str]:
        """The titles of what is offered. lsprotocol reads an action that has a command as a bare command, and loses its
        arguments: they are made anew by `act`, as docs/lsp.md has them; the other clients use them as they come."""
        at = self.place(word)
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(self.uri), types.Range(at, at), types.CodeActionContext([])
        )
        return {a.title for a in await self.client.text_document_code_action_async(params)}

    async def act(self, word: str, title: str) -> dict:
        """Takes an action at a place, as a person does, and gives the command's result."""
        assert title in await self.actions(word), title
        say(f"code action at line {self.place(word).line + 1}: {title}")
        return await self.execute(COMMANDS[title], [self.argument(word)])

    async def execute(self, command: str, arguments) -> dict:
        params = types.ExecuteCommandParams(command, arguments)
        result = await asyncio.wait_for(self.client.workspace_execute_command_async(params), PATIENCE)
        say(f"{command}: {result['outcome']}: {result['message']}")
        return result

    def argument(self, word: str, **more) -> dict:
        at = self.place(word)
        position = {"line": at.line, "character": at.character}
        return {"uri": self.uri, "version": self.version, "position": position, **more}


async def start(client: LanguageClient, arguments=ARGUMENTS, **settings) -> types.InitializeResult:
    await client.start_io(LAKATOS, *arguments)
    capabilities = client_capabilities("visual-studio-code")
    params = types.InitializeParams(capabilities=capabilities, initialization_options=settings)
    client.set_configuration({"lakatos": settings})
    return await client.initialize_session(params)


async def until(what: str, wanted):
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE
    while not (found := wanted()):
        assert time.monotonic() < end, f"{what} did not come"
        await asyncio.sleep(0.05)
    return found


def children(pid: int) -> list[int]:
    """All processes below one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = dict(map(int, line.split()) for line in listed.splitlines())
    found = [pid]
    for one in found:
        found.extend(p for p, parent in parents.items() if parent == one)
    return found[1:]


def alive(pid: int) -> bool:
    """Whether a process is there, and more than an entry that nobody has read."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rsplit(")", 1)[1].split()[0] not in "ZX"


def kill(pid: int):
    os.kill(pid, signal.SIGKILL)
