/** The settings under `lakatos`: which are the client's own, and which the server is told. */

/** Settings that only the client knows; the server would report them as unknown. */
const OWN = ["server", "trace"];

export function forServer(settings: unknown): Record<string, unknown> {
  if (typeof settings !== "object" || settings === null) {
    return {};
  }
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !OWN.includes(name)));
}

/** How the server is started. */
export interface CommandLine {
  command: string;
  args: string[];
}

/** `~` at the beginning of a path is the home directory, as people write it in settings. */
export function commandLine(path: string, more: readonly string[], home: string): CommandLine {
  const command = path.trim() === "" ? "lakatos" : path.trim().replace(/^~(?=$|[\\/])/, home);
  return { command, args: ["lsp", ...more] };
}
