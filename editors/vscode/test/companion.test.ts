import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "./session";

const URI = "file:///made/up/%C3%86r%C3%B8.lean";
const TEXT = `namespace 𝔸
variable (n : Nat)
theorem one (m : Nat) : n + m = m + n := by /- 🦀 -/ sorry
theorem two (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  sorry
theorem three (a : Nat) (h : a * a = 4) : a = 3 := sorry
end 𝔸
`;

test("the companion against the server", { timeout: 900_000 }, async (t) => {
  const session = await start({ seconds: 300, hints: false, suggestions: 100, server: { path: "x" }, trace: { server: "off" } });
  const { editor, companion } = session;
  t.after(() => session.child.kill());
  session.open(URI, TEXT);

  // A code action's proof stands where the `sorry` stood, behind characters of two units.
  const proved = await session.act(URI, "sorry\ntheorem two", "Prove this goal");
  assert.equal(proved?.outcome, "proved", editor.log.join("\n"));
  assert.equal(proved?.applied, true);
  assert.ok(session.text(URI).startsWith(TEXT.slice(0, TEXT.indexOf("sorry"))), session.text(URI));
  assert.equal(session.text(URI).split("sorry").length, 3);
  assert.ok(editor.log.includes("[Proving] (cancel)") && editor.log.includes("[Proving] ended"), editor.log.join("\n"));
  // The client's own settings were not sent, so that the server has nothing to say about them.
  assert.ok(!editor.log.some((line) => line.includes("setting")), editor.log.join("\n"));

  // A list, from which one is picked and put in place; a list that is closed changes nothing.
  const before = session.text(URI);
  const closed = await session.act(URI, "sorry\ntheorem three", "Suggest next tactics");
  assert.ok((closed?.suggestions?.length ?? 0) > 1, JSON.stringify(closed));
  assert.equal(session.text(URI), before);
  editor.picks = (choices) => choices.findIndex((c) => c.label === "constructor");
  const suggested = await session.act(URI, "sorry\ntheorem three", "Suggest next tactics");
  assert.equal(suggested?.applied, true, editor.log.join("\n"));
  assert.match(session.text(URI), /p ∧ q := by\n {2}constructor\n {2}· sorry\n {2}· sorry\n/);

  // A choice that comes after an edit is refused.
  editor.picks = () => {
    const edit = { range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, newText: "-- typed\n" };
    const version = editor.documents.get(URI)?.version ?? 0;
    void editor.apply({ documentChanges: [{ textDocument: { uri: URI, version }, edits: [edit] }] });
    return 0;
  };
  const late = await session.act(URI, "sorry\n  · sorry", "Suggest next tactics");
  assert.equal(late?.applied, false);
  assert.match(editor.log.at(-2) ?? "", /edited meanwhile/);

  // Cancelled from where it is shown; the request has its answer.
  editor.begun = (cancel) => cancel();
  const cancelled = await session.act(URI, "sorry\nend", "Prove this goal");
  assert.equal(cancelled, undefined);
  editor.begun = () => undefined;
  const version = editor.documents.get(URI)?.version ?? 0;
  assert.equal((await companion.execute("lakatos.prove", { uri: URI, version: version - 1 }))?.outcome, "stale");
  assert.equal(await companion.execute("lakatos.prove", { uri: "file:///not/open.lean", version: 1 }), undefined);
  assert.match(editor.log.at(-1) ?? "", /^warning: .*not open/);

  assert.equal(await session.end(), 0);
  // What happened, for a reader.
  t.diagnostic(`\n${editor.log.join("\n")}`);
});
