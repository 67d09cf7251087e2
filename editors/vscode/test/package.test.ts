import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS, paletteCommand } from "../src/commands";
import { commandLine, forServer } from "../src/settings";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const contract = readFileSync("../../docs/lsp.md", "utf8");

test("the settings are those of docs/lsp.md", () => {
  const rows = [...(contract.split("## Settings")[1] ?? "").matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)];
  const documented = Object.fromEntries(rows.map(([, name, standard]) => [name, standard?.trim()]));
  const properties: Record<string, { default: unknown }> = manifest.contributes.configuration.properties;
  const nested: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    const [first = "", second] = name.replace("lakatos.", "").split(".");
    nested[first] = second === undefined ? property.default : { [second]: property.default };
  }
  const sent = forServer(nested);
  assert.deepEqual(Object.keys(sent).sort(), Object.keys(documented).sort());
  for (const [name, standard] of Object.entries(documented)) {
    const value = sent[name];
    if (name === "axioms") {
      assert.equal((value as string[]).length, 3);
    } else {
      assert.equal(String(value), standard, name);
    }
  }
});

test("the commands are those of docs/lsp.md, with the same titles", () => {
  const rows = [...(contract.split("## Commands")[1] ?? "").matchAll(/^\| `(lakatos\.\w+)` \| ([^|]+) \|/gm)];
  assert.deepEqual(rows.map((r) => r[1]), [...COMMANDS]);
  const contributed: { command: string; title: string }[] = manifest.contributes.commands;
  for (const [, name, title] of rows) {
    const palette = paletteCommand(name as (typeof COMMANDS)[number]);
    assert.equal(contributed.find((c) => c.command === palette)?.title, title?.trim(), palette);
  }
});

test("command lines", () => {
  assert.deepEqual(commandLine("", [], "/home/me"), { command: "lakatos", args: ["lsp"] });
  assert.deepEqual(commandLine("~/bin/lakatos", ["--embedded"], "/home/me"), {
    command: "/home/me/bin/lakatos",
    args: ["lsp", "--embedded"],
  });
  assert.deepEqual(forServer(null), {});
});
