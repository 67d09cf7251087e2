/** What a person can ask for: the server's commands, and the ones of the palette that call them. */

import type { Position } from "vscode-languageserver-protocol";

/** The server's commands, as docs/lsp.md lists them. */
export const COMMANDS = [
  "lakatos.prove",
  "lakatos.refute",
  "lakatos.suggest",
  "lakatos.proveAll",
  "lakatos.shorten",
  "lakatos.explain",
] as const;

export type ServerCommand = (typeof COMMANDS)[number];

/**
 * The palette's command for one of the server's. It has a name of its own: the language client registers the server's names,
 * for code actions and lenses, whose arguments the server has made.
 */
export function paletteCommand(command: ServerCommand): string {
  return command.replace("lakatos.", "lakatos.here.");
}

/** The one argument of every command. */
export interface Argument {
  uri: string;
  /** The document's version that the command is about. The server leaves any other alone. */
  version: number;
  position?: Position;
  /** `false`: the client shows the suggestions itself. */
  choose?: boolean;
}
