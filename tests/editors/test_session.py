"""A person's sessions with the built program, by pytest-lsp: open, edit, act, cancel, stale versions, bad input, dying
workers and editors. One server for most of it: Lean's start is what costs."""

import asyncio
import json
import subprocess
import sys

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from support import ARGUMENTS, LAKATOS, PATIENCE, Document, alive, children, kill, make_client, start, until

TEXT = """namespace 𝔸
variable (n : Nat)
theorem one (m : Nat) : n + m = m + n := by /- 🦀 -/ sorry
theorem two (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  sorry
theorem wrong (a b : Nat) : a + b = a * b := sorry
end 𝔸
"""


@pytest.mark.asyncio
async def test_a_session():
    client = make_client()
    await start(client, seconds=PATIENCE, hints=False, suggestions=100, sekonds=3, nodes="many")
    await until("what is wrong with the settings", lambda: len(client.messages) >= 2)
    said = " ".join(m.message for m in client.messages)
    assert "lakatos.sekonds" in said and "did you mean `lakatos.seconds`" in said and "lakatos.nodes" in said, said
    document = Document(client, "file:///made/up/%C3%86r%C3%B8.lean", TEXT)

    # Open and act: what stood before the hole stays, behind characters of two units.
    result = await document.act("sorry", "Prove this goal")
    assert result["outcome"] == "proved" and result["applied"], result
    assert document.text.startswith(TEXT[: TEXT.index("sorry")]) and document.text.count("sorry") == 2
    progress = [kind for reports in client.progress_reports.values() for kind in reports]
    assert [type(p) for p in (progress[0], progress[-1])] == [types.WorkDoneProgressBegin, types.WorkDoneProgressEnd]
    assert progress[0].cancellable

    # A list to choose from.
    client.choose = lambda titles: next(t for t in titles if t.startswith("constructor —"))
    result = await document.act("sorry\ntheorem wrong", "Suggest next tactics")
    assert result["applied"] and "constructor\n  · sorry\n  · sorry\n" in document.text, document.text
    client.choose = lambda titles: None

    # A statement that is false says so, until it changes.
    result = await document.act("sorry\nend", "Prove or refute")
    assert result["outcome"] == "refuted" and not result["applied"], result
    marked = lambda: [d for d in client.diagnostics[document.uri] if d.code == "refuted"]
    await until("the diagnostic", marked)
    assert document.text.split("\n")[marked()[0].range.start.line].startswith("theorem wrong")
    at = document.text.index("a * b")
    document.change(at, at + 5, "b + a")
    await until("the diagnostic's end", lambda: not marked())

    # A version that is not there any more, and an edit while a search runs: nothing is edited.
    argument = document.argument("sorry\nend")
    document.change(0, 0, "-- typed\n")
    assert (await document.execute("lakatos.prove", [argument]))["outcome"] == "stale"
    running = asyncio.ensure_future(document.execute("lakatos.prove", [document.argument("sorry\nend")]))
    # Sent before the edit: a task runs up to its first wait when the loop turns.
    for _ in range(5):
        await asyncio.sleep(0)
    document.change(0, 0, "-- typed again\n")
    before = document.text
    result = await running
    assert result["outcome"] == "stale" and document.text == before, result

    # Everything at once, in one edit.
    result = await document.act("sorry\nend", "Replace sorry in this file")
    assert result["outcome"] == "proved" and "sorry" not in document.text, (result, document.text)

    # Cancelled: one answer, with the protocol's code, and the next request is served.
    at = document.text.index("end 𝔸")
    document.change(at, at, "theorem hard (a : Nat) (h : a * a = 4) : a = 3 := sorry\n")
    shown = len(client.progress_reports)
    running = asyncio.ensure_future(document.execute("lakatos.prove", [document.argument("sorry\nend")]))
    begun = lambda: len(client.progress_reports) > shown and list(client.progress_reports.values())[-1]
    await until("progress or an answer", lambda: begun() or running.done())
    assert not running.done(), running.result()
    token = list(client.progress_reports)[-1]
    client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    with pytest.raises(JsonRpcException) as cancelled:
        await running
    assert cancelled.value.code == -32800

    # A worker that is killed does not take the server with it.
    workers = children(client._server.pid)
    assert workers
    for worker in workers:
        kill(worker)
    easy = Document(client, "file:///made/up/Easy.lean", "theorem easy (a b : Nat) : a * b = b * a := by\n  sorry\n")
    for _ in range(3):
        result = await easy.act("sorry", "Prove this goal")
        if result["outcome"] == "proved":
            break
    assert result["outcome"] == "proved", result

    await refusals(client, easy)
    easy.close()
    below = children(client._server.pid)
    await client.shutdown_session()
    assert client._server.returncode == 0
    await until("the workers' end", lambda: not any(map(alive, below)))


async def refusals(client, document):
    """Requests that cannot be served: a sentence, and the server goes on."""
    far = types.Position(10**6, 10**6)
    assert await client.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(document.uri), far)) is None
    argument = document.argument("theorem", position={"line": 10**6, "character": 10**6})
    assert (await document.execute("lakatos.prove", [argument]))["outcome"] == "declined"

    broken = Document(client, "file:///made/up/Broken.lean", "theorem (( := by\n  sorry\n#eval\nimport Nothing.At.All\n" + "⟨" * 2000)
    result = await broken.execute("lakatos.prove", [broken.argument("sorry")])
    assert result["outcome"] in ("declined", "failed") and result["message"], result
    huge = Document(client, "file:///made/up/Huge.lean", "-- long\n" * 400_000)
    await until("what is said of a huge file", lambda: client.diagnostics.get(huge.uri))
    assert "maxFileKiB" in client.diagnostics[huge.uri][0].message


def message(value) -> bytes:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def receive(stream):
    length = 0
    while line := stream.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(stream.read(length)) if length else None


def test_bytes_that_no_client_sends():
    """Before `initialize`, what is not UTF-8, what is not JSON, `exit` without `shutdown`. No Lean is started."""
    server = subprocess.Popen([LAKATOS, *ARGUMENTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(value):
        server.stdin.write(message(value))
        server.stdin.flush()
        return receive(server.stdout)

    hover = {"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": {}}
    assert ask(hover)["error"]["code"] == -32002
    assert ask(b'{"id": "\xff\xfe"}')["error"]["code"] == -32700
    assert ask(b"{]")["error"]["code"] == -32700
    assert ask({"jsonrpc": "2.0", "id": 7})["error"]["code"] == -32600
    initialize = {"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": {"capabilities": {}, "processId": None}}
    assert "codeActionProvider" in ask(initialize)["result"]["capabilities"]
    assert ask({**initialize, "id": 3})["error"]["code"] == -32600
    nowhere = {"textDocument": {"uri": "file:///not/open.lean"}, "position": {"line": 0, "character": 0}}
    refused = [
        ("lakatos/nothing", {}, -32601),
        ("textDocument/codeAction", {"textDocument": 3}, -32602),
        ("textDocument/hover", nowhere, -32602),
        ("workspace/executeCommand", {"command": "lakatos.nothing"}, -32602),
        ("workspace/executeCommand", {"command": "lakatos.prove", "arguments": [3]}, -32602),
    ]
    for method, params, code in refused:
        error = ask({"jsonrpc": "2.0", "id": 4, "method": method, "params": params})["error"]
        assert error["code"] == code and len(error["message"]) > 5, (method, error)
    server.stdin.write(message({"jsonrpc": "2.0", "method": "exit"}))
    server.stdin.close()
    assert server.wait(60) == 1
    server.stdout.close()


EDITOR = """
import asyncio, sys
from support import Document, children, make_client, start

async def main():
    client = make_client()
    await start(client, hints=False)
    document = Document(client, "file:///made/up/Killed.lean", "theorem hard (a : Nat) (h : a * a = 4) : a = 3 := sorry\\n")
    running = asyncio.ensure_future(document.act("sorry", "Prove this goal"))
    while not any(client.progress_reports.values()):
        await asyncio.sleep(0.05)
    print(client._server.pid, *children(client._server.pid), flush=True)
    await running

asyncio.run(main())
"""


@pytest.mark.asyncio
async def test_an_editor_that_is_killed_leaves_nothing_behind():
    """Killed in the middle of a search, beside another editor, which goes on."""
    other = make_client()
    await start(other, hints=False)
    editor = subprocess.Popen([sys.executable, "-c", EDITOR], stdout=subprocess.PIPE, text=True)
    processes = list(map(int, (await asyncio.to_thread(editor.stdout.readline)).split()))
    assert len(processes) > 1 and all(map(alive, processes)), processes
    kill(editor.pid)
    editor.wait()
    editor.stdout.close()
    await until("the end of server and workers", lambda: not any(map(alive, processes)))
    unknown = types.HoverParams(types.TextDocumentIdentifier("file:///not/open.lean"), types.Position(0, 0))
    with pytest.raises(JsonRpcException):
        await other.text_document_hover_async(unknown)
    await other.shutdown_session()
    assert other._server.returncode == 0
