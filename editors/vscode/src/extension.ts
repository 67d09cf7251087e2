/** The extension's life in VS Code: the client beside Lean's own, the palette's commands, and the editor's part of the work. */

import { homedir } from "node:os";
import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";
import type { WorkspaceEdit } from "vscode-languageserver-protocol";
import { COMMANDS, paletteCommand, type Argument, type ServerCommand } from "./commands";
import { Companion, type Editor, type Shown } from "./companion";
import { commandLine, forServer } from "./settings";

const LANGUAGES = ["lean4", "lean"];

let running: { client: LanguageClient; companion: Companion } | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("Lakatos", { log: true });
  const command = (name: string, run: () => unknown) =>
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  context.subscriptions.push(output);
  for (const server of COMMANDS) {
    command(paletteCommand(server), () => here(server));
  }
  command("lakatos.cancel", () => running?.companion.cancelAll());
  command("lakatos.showOutput", () => output.show());
  command("lakatos.restart", async () => {
    await deactivate();
    await start(output);
  });
  await start(output);
}

export async function deactivate(): Promise<void> {
  const stopping = running;
  running = undefined;
  stopping?.companion.stopped();
  await stopping?.client.stop().catch(() => undefined);
}

async function start(output: vscode.LogOutputChannel): Promise<void> {
  const settings = vscode.workspace.getConfiguration("lakatos");
  const line = commandLine(settings.get("server.path", ""), settings.get("server.arguments", []), homedir());
  const options: LanguageClientOptions = {
    documentSelector: LANGUAGES.flatMap((language) => [
      { scheme: "file", language },
      { scheme: "untitled", language },
    ]),
    diagnosticCollectionName: "lakatos",
    outputChannel: output,
    initializationOptions: forServer(settings),
    synchronize: { configurationSection: "lakatos" },
    middleware: {
      executeCommand: (name, args, next) => {
        const argument = args[0] as Argument | undefined;
        return Companion.knows(name) && argument !== undefined ? companion.execute(name, argument) : next(name, args);
      },
      handleWorkDoneProgress: (token, params) => companion.progress(token, params),
      workspace: {
        configuration: async (params, token, next) => {
          const all = await next(params, token);
          return Array.isArray(all) ? all.map((one, i) => (params.items[i]?.section === "lakatos" ? forServer(one) : one)) : all;
        },
      },
    },
  };
  const client = new LanguageClient("lakatos", "Lakatos", line, options);
  const companion = new Companion(client, editor(client));
  client.onDidChangeState(({ newState }) => {
    // 1 is `Stopped`: what was shown as running is not any more.
    if (newState === 1) {
      companion.stopped();
    }
  });
  running = { client, companion };
  try {
    await client.start();
  } catch (error) {
    running = undefined;
    const why = error instanceof Error ? error.message : String(error);
    const open = "Open the setting";
    const chosen = await vscode.window.showErrorMessage(
      `Lakatos could not be started as \`${line.command} ${line.args.join(" ")}\` (${why}). Set lakatos.server.path to the program.`,
      open,
    );
    if (chosen === open) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "lakatos.server.path");
    }
  }
}

/** Runs one of the server's commands at the cursor. */
async function here(command: ServerCommand): Promise<void> {
  const active = vscode.window.activeTextEditor;
  if (active === undefined || !LANGUAGES.includes(active.document.languageId)) {
    void vscode.window.showWarningMessage("Lakatos: open a Lean file and put the cursor where something is to be proved.");
    return;
  }
  if (running === undefined) {
    void vscode.window.showWarningMessage("Lakatos is not running: “Lakatos: Restart the server” starts it.");
    return;
  }
  const { document, selection } = active;
  await running.companion.execute(command, {
    uri: running.client.code2ProtocolConverter.asUri(document.uri),
    version: document.version,
    position: { line: selection.active.line, character: selection.active.character },
  });
}

function editor(client: LanguageClient): Editor {
  return {
    async pick(title, choices) {
      const items = choices.map((choice, index) => ({ ...choice, index }));
      const picked = await vscode.window.showQuickPick(items, { title, matchOnDetail: true });
      return picked?.index;
    },
    async apply(edit: WorkspaceEdit) {
      const open = new Map(
        vscode.workspace.textDocuments.map((d) => [client.code2ProtocolConverter.asUri(d.uri), d.version]),
      );
      const stale = (edit.documentChanges ?? []).some(
        (change) => "textDocument" in change && change.textDocument.version !== open.get(change.textDocument.uri),
      );
      return !stale && vscode.workspace.applyEdit(await client.protocol2CodeConverter.asWorkspaceEdit(edit));
    },
    show(title, cancel) {
      let shown: Shown | undefined;
      const options = { location: vscode.ProgressLocation.Notification, title: `Lakatos: ${title}`, cancellable: true };
      void vscode.window.withProgress(options, (progress, token) => {
        token.onCancellationRequested(cancel);
        return new Promise<void>((end) => {
          shown = { report: (message) => progress.report({ message }), end };
        });
      });
      return { report: (message) => shown?.report(message), end: () => shown?.end() };
    },
    warn: (message) => void vscode.window.showWarningMessage(message),
  };
}
