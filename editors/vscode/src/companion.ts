/**
 * What the extension adds to a plain language client: a command's result is shown where the editor can do better than the
 * server, and work in progress can be cancelled. Knows the protocol, not VS Code, so that it runs against the server in a test.
 */

import type {
  ProgressToken,
  TextEdit,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
  WorkspaceEdit,
} from "vscode-languageserver-protocol";
import { COMMANDS, type Argument, type ServerCommand } from "./commands";

/** A tactic that works at the place, with the goals that it leaves. */
export interface Suggestion {
  tactic: string;
  goals: string[];
  closes: boolean;
  /** How it is put in place, in the version that the command was about. */
  edit: TextEdit;
}

/** A command's result, as docs/lsp.md has it. */
export interface Result {
  outcome: string;
  message: string;
  applied: boolean;
  edits: number;
  failed?: number;
  proof?: string;
  refutation?: string;
  english?: string;
  suggestions?: Suggestion[];
}

/** The way to the server: a `LanguageClient`, or a bare connection. */
export interface Connection {
  sendRequest<R>(method: string, params: unknown): Promise<R>;
  sendNotification(method: string, params: unknown): Promise<void>;
}

/** A line of a list to pick from. */
export interface Choice {
  label: string;
  description: string;
  detail: string;
}

/** Work that the editor shows. */
export interface Shown {
  report(message: string): void;
  end(): void;
}

/** What the editor does for the companion. */
export interface Editor {
  /** Lets a person pick a line; none where the list is closed without. */
  pick(title: string, choices: Choice[]): Promise<number | undefined>;
  /** Changes documents, unless one is at another version; whether it did. */
  apply(edit: WorkspaceEdit): Promise<boolean>;
  /** Shows work, which a person can cancel. */
  show(title: string, cancel: () => void): Shown;
  warn(message: string): void;
}

/** The protocol's code of a request that was cancelled. */
const REQUEST_CANCELLED = -32800;

export class Companion {
  private readonly shown = new Map<ProgressToken, Shown>();

  constructor(
    private readonly connection: Connection,
    private readonly editor: Editor,
  ) {}

  static knows(command: string): command is ServerCommand {
    return (COMMANDS as readonly string[]).includes(command);
  }

  /** Has the server do something; none where it was cancelled. The server says by itself how it ended. */
  async execute(command: ServerCommand, argument: Argument): Promise<Result | undefined> {
    const choose = command === "lakatos.suggest" ? { choose: false } : {};
    const params = { command, arguments: [{ ...argument, ...choose }] };
    let result: Result;
    try {
      result = await this.connection.sendRequest<Result>("workspace/executeCommand", params);
    } catch (error) {
      if ((error as { code?: number }).code === REQUEST_CANCELLED) {
        return undefined;
      }
      this.editor.warn(`Lakatos: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
    if (result.suggestions !== undefined) {
      return this.choose(argument, result, result.suggestions);
    }
    return result;
  }

  private async choose(argument: Argument, result: Result, suggestions: Suggestion[]): Promise<Result> {
    if (suggestions.length === 0) {
      this.editor.warn(`Lakatos: ${result.message}`);
      return result;
    }
    const picked = await this.editor.pick("Which tactic?", suggestions.map(choice));
    const suggestion = picked === undefined ? undefined : suggestions[picked];
    if (suggestion === undefined) {
      return result;
    }
    const { uri, version } = argument;
    const applied = await this.editor.apply({
      documentChanges: [{ textDocument: { uri, version }, edits: [suggestion.edit] }],
    });
    if (!applied) {
      this.editor.warn("Lakatos: the document was edited meanwhile; ask for suggestions again.");
    }
    return { ...result, applied, edits: applied ? 1 : 0 };
  }

  /** Shows how far work is. */
  progress(token: ProgressToken, value: WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd): void {
    switch (value.kind) {
      case "begin":
        this.shown.set(token, this.editor.show(value.title, () => this.cancel(token)));
        break;
      case "report":
        this.shown.get(token)?.report(value.message ?? "");
        break;
      case "end":
        this.shown.get(token)?.end();
        this.shown.delete(token);
        break;
    }
  }

  /** Ends everything that runs, with an answer each. */
  cancelAll(): void {
    for (const token of this.shown.keys()) {
      this.cancel(token);
    }
  }

  /** The server is gone, and all its work with it. */
  stopped(): void {
    for (const shown of this.shown.values()) {
      shown.end();
    }
    this.shown.clear();
  }

  private cancel(token: ProgressToken): void {
    void this.connection.sendNotification("window/workDoneProgress/cancel", { token });
  }
}

function choice(suggestion: Suggestion): Choice {
  const remaining = suggestion.goals.length;
  const description = remaining === 0 ? "closes the goal" : remaining === 1 ? "1 goal remains" : `${remaining} goals remain`;
  const conclusions = suggestion.goals.map((goal) => goal.slice(Math.max(goal.lastIndexOf("⊢"), 0)).replace(/\s+/g, " "));
  return { label: suggestion.tactic.replace(/\n\s*/g, "; "), description, detail: conclusions.join("   ") };
}
