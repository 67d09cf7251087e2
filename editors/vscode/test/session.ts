/** The companion over standard input and output, with an editor that holds its documents in memory. */

import { spawn, type ChildProcess } from "node:child_process";
import { createProtocolConnection, ProgressType, StreamMessageReader, StreamMessageWriter, type ProtocolConnection } from "vscode-languageserver-protocol/node";
import type {
  CodeAction,
  Diagnostic,
  ProgressToken,
  TextEdit,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
  WorkspaceEdit,
} from "vscode-languageserver-protocol";
import { TextDocument } from "vscode-languageserver-textdocument";
import type { Argument, ServerCommand } from "../src/commands";
import { Companion, type Choice, type Connection, type Editor, type Result, type Shown } from "../src/companion";
import { commandLine, forServer } from "../src/settings";

/** An editor's part, as VS Code plays it: documents with versions, lists, and work that is shown. */
export class MemoryEditor implements Editor {
  readonly documents = new Map<string, TextDocument>();
  readonly diagnostics = new Map<string, Diagnostic[]>();
  readonly log: string[] = [];
  /** What is picked from the next list. */
  picks: (choices: Choice[]) => number | undefined = () => undefined;
  /** Called when work begins to be shown. */
  begun: (cancel: () => void) => void = () => undefined;
  /** Called when a document has another version. */
  changed: (document: TextDocument) => void = () => undefined;

  async pick(title: string, choices: Choice[]): Promise<number | undefined> {
    const picked = this.picks(choices);
    this.log.push(title, ...choices.map((c, i) => `  ${i === picked ? ">" : " "} ${c.label}  (${c.description})`));
    return picked;
  }

  async apply(edit: WorkspaceEdit): Promise<boolean> {
    for (const change of edit.documentChanges ?? []) {
      if (!("textDocument" in change)) {
        return false;
      }
      const { uri, version } = change.textDocument;
      const document = this.documents.get(uri);
      if (document === undefined || document.version !== version) {
        return false;
      }
      const text = TextDocument.applyEdits(document, change.edits as TextEdit[]);
      for (const edit of change.edits as TextEdit[]) {
        this.log.push(`  line ${edit.range.start.line + 1}: ${edit.newText}`);
      }
      const now = TextDocument.create(uri, document.languageId, document.version + 1, text);
      this.documents.set(uri, now);
      this.changed(now);
    }
    return true;
  }

  show(title: string, cancel: () => void): Shown {
    this.log.push(`[${title}] (cancel)`);
    this.begun(cancel);
    return {
      report: (message) => void this.log.push(`[${title}] ${message.replace(/\d+ s/, "… s")}`),
      end: () => void this.log.push(`[${title}] ended`),
    };
  }

  warn(message: string): void {
    this.log.push(`warning: ${message}`);
  }
}

export interface Session {
  editor: MemoryEditor;
  companion: Companion;
  connection: ProtocolConnection;
  child: ChildProcess;
  open(uri: string, text: string): void;
  text(uri: string): string;
  actions(uri: string, at: string): Promise<CodeAction[]>;
  act(uri: string, at: string, title: string): Promise<Result | undefined>;
  end(): Promise<number | null>;
}

const WORK = new ProgressType<WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd>();

/** Starts the program that LAKATOS names, and a client with these settings under `lakatos`. */
export async function start(settings: object): Promise<Session> {
  const line = commandLine(process.env["LAKATOS"] ?? "lakatos", ["--embedded", "--workers", "2"], "");
  const child = spawn(line.command, line.args, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise<number | null>((resolve, reject) => child.once("exit", resolve).once("error", reject));
  const connection = createProtocolConnection(new StreamMessageReader(child.stdout!), new StreamMessageWriter(child.stdin!));
  const editor = new MemoryEditor();
  const typed: Connection = {
    sendRequest: (method, params) => connection.sendRequest(method, params),
    sendNotification: (method, params) => connection.sendNotification(method, params),
  };
  const companion = new Companion(typed, editor);
  connection.onRequest("workspace/configuration", () => [forServer(settings)]);
  connection.onRequest("window/workDoneProgress/create", (params: { token: ProgressToken }) => {
    connection.onProgress(WORK, params.token, (value) => companion.progress(params.token, value));
    return null;
  });
  connection.onRequest("workspace/applyEdit", async (params: { edit: WorkspaceEdit }) => ({ applied: await editor.apply(params.edit) }));
  connection.onRequest("workspace/codeLens/refresh", () => null);
  connection.onRequest("workspace/inlayHint/refresh", () => null);
  connection.onNotification("window/showMessage", (params: { message: string }) => void editor.log.push(params.message));
  connection.onNotification("textDocument/publishDiagnostics", (p: { uri: string; diagnostics: Diagnostic[] }) => {
    editor.diagnostics.set(p.uri, p.diagnostics);
  });
  editor.changed = (document) => {
    void connection.sendNotification("textDocument/didChange", {
      textDocument: { uri: document.uri, version: document.version },
      contentChanges: [{ text: document.getText() }],
    });
  };
  connection.listen();
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: null,
    initializationOptions: forServer(settings),
    capabilities: {
      general: { positionEncodings: ["utf-16"] },
      window: { workDoneProgress: true, showMessage: {} },
      workspace: {
        configuration: true,
        workspaceEdit: { documentChanges: true },
        codeLens: { refreshSupport: true },
        inlayHint: { refreshSupport: true },
      },
    },
  });
  await connection.sendNotification("initialized", {});

  const document = (uri: string): TextDocument => {
    const found = editor.documents.get(uri);
    if (found === undefined) {
      throw new Error(`${uri} is not open`);
    }
    return found;
  };
  const place = (uri: string, at: string) => {
    const offset = document(uri).getText().indexOf(at);
    if (offset < 0) {
      throw new Error(`there is no \`${at}\` in ${uri}`);
    }
    return document(uri).positionAt(offset);
  };
  const actions = (uri: string, at: string) => {
    const position = place(uri, at);
    return connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
      textDocument: { uri },
      range: { start: position, end: position },
      context: { diagnostics: [] },
    });
  };
  return {
    editor,
    companion,
    connection,
    child,
    actions,
    open(uri, text) {
      editor.documents.set(uri, TextDocument.create(uri, "lean4", 1, text));
      void connection.sendNotification("textDocument/didOpen", { textDocument: { uri, languageId: "lean4", version: 1, text } });
    },
    text: (uri) => document(uri).getText(),
    async act(uri, at, title) {
      const action = (await actions(uri, at)).find((a) => a.title === title);
      editor.log.push(`code action at line ${place(uri, at).line + 1}: ${title}`);
      const command = action?.command;
      if (command === undefined || !Companion.knows(command.command)) {
        throw new Error(`*${title}* is not offered at \`${at}\``);
      }
      const result = await companion.execute(command.command satisfies ServerCommand, command.arguments?.[0] as Argument);
      editor.log.push(result === undefined ? "no result" : `${result.outcome}: ${result.message}`);
      return result;
    },
    async end() {
      await connection.sendRequest("shutdown");
      await connection.sendNotification("exit");
      return exited;
    },
  };
}
