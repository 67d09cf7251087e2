"""Drives Kimina's Python client against a running service: URL and token are the arguments."""

import asyncio
import sys

from kimina_client import (
    AsyncKiminaClient,
    Code,
    Infotree,
    KiminaClient,
    Snippet,
    SnippetStatus,
    VerifyRequestBody,
    VerifyResponse,
)

url, token = sys.argv[1:3]
GOOD = "theorem good (a b : Nat) : a + b = b + a := by omega"
OPEN = "theorem still_open (n : Nat) : n * 0 = 0 := by\n  sorry"
WRONG = "theorem wrong : 1 = 2 := by decide"
CHEAT = "axiom magic : False\ntheorem cheat : 1 = 2 := magic.elim"
ENDLESS = """import Lean
open Lean Elab Tactic
elab "spin" : tactic => do while true do Core.checkSystem "spin"
set_option maxHeartbeats 0 in
theorem endless : True := by spin"""
expected = {
    "good": SnippetStatus.valid,
    "open": SnippetStatus.sorry,
    "wrong": SnippetStatus.lean_error,
    "cheat": SnippetStatus.lean_error,
}
snippets = [
    Snippet(id="good", code=GOOD),
    Snippet(id="open", code=OPEN),
    Snippet(id="wrong", code=WRONG),
    Snippet(id="cheat", code=CHEAT),
]


def statuses(response):
    return {r.id: r.analyze().status for r in response.results}


client = KiminaClient(api_url=url, api_key=token, n_retries=1)
assert client.health()["status"] == "ok"
client.test()
response = client.check(
    snippets, timeout=60, debug=True, infotree=Infotree.original, batch_size=2, show_progress=False
)
assert statuses(response) == expected, statuses(response)
good = next(r for r in response.results if r.id == "good")
assert good.time > 0 and good.diagnostics is not None
assert "omega" in str(good.response["infotree"])
hole = next(r for r in response.results if r.id == "open").response["sorries"][0]
assert hole["goal"] == "n : Nat\n⊢ n * 0 = 0" and hole["pos"]["line"] == 2, hole
late = client.check(ENDLESS, timeout=2, show_progress=False)
assert late.results[0].analyze().status == SnippetStatus.timeout_error, late
stranger = KiminaClient(api_url=url, api_key="wrong", n_retries=1)
assert stranger.check(GOOD, show_progress=False).results[0].analyze().status == SnippetStatus.server_error

body = VerifyRequestBody(
    codes=[Code(custom_id=1, proof=GOOD), Code(custom_id="two", code=CHEAT)],
    timeout=60,
    disable_cache=True,
)
answer = client.handle(client._query(client.build_url("/verify"), body.model_dump()), VerifyResponse)
assert [r["custom_id"] for r in answer.results] == ["1", "two"]
assert not any(m["severity"] == "error" for m in answer.results[0]["response"].get("messages") or [])
assert any(m["severity"] == "error" for m in answer.results[1]["response"]["messages"])


async def at_once():
    client = AsyncKiminaClient(api_url=url, api_key=token, n_retries=1)
    await client.test()
    response = await client.check(snippets, timeout=60, reuse=False, show_progress=False)
    await client.close()
    return statuses(response)


assert asyncio.run(at_once()) == expected
print("all as expected")
