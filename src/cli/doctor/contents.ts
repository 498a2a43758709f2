// Checks of what the data folder holds: formats, soundness, the log's order, and that the vault opens what is sealed.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { sampleOf } from "../../embedded/known-keys.ts";
import { ordinalOf } from "../../eventlog/event-log.ts";
import { primaryCode, resultCode, SQLITE_CANTOPEN } from "../../sqlite/result-code.ts";
import { ROOT_KEY_FILE, readRootKey } from "../../vault/root-key.ts";
import {
  checkpointOf,
  complaintsOf,
  extentOf,
  looking,
  openWithVault,
  pathOf,
  STORE_FILES,
  type StoreFile,
} from "../inspect.ts";
import { sayCount } from "../units.ts";
import { type Check, type Finding, ok, problem, warning } from "./check.ts";

const RESTORE = "restore a backup (scim-ledger restore --help); keep this folder for a closer look";
const LET_OPEN =
  "look at the rights and the mount of the data folder: whoever looks must be allowed to write there; delete nothing and restore nothing before";
const REBUILD = (path: string) =>
  `stop the service, delete ${path} (and -wal, -shm), start it: read models are built anew`;

const soundness = (file: StoreFile, name: string): Check => ({
  name,
  of: "data folder",
  files: [file],
  find: ({ folder }) => {
    const path = pathOf(folder, file);
    const advice = file === "views" ? REBUILD(path) : RESTORE;
    if (!existsSync(path))
      return file === "views"
        ? warning(`${path} is missing`, "nothing: the next start builds it anew")
        : problem(`${path} is missing`, RESTORE);
    return looked(advice, () => {
      const complaints = looking(folder, file, complaintsOf);
      if (complaints.length > 0) return problem(`${path} is damaged: ${complaints.join("; ")}`, advice);
      return ok(`${STORE_FILES[file].name} is sound, format ${looking(folder, file, formatOf)}`);
    });
  },
});

const formatOf: Parameters<typeof looking<number>>[2] = (database) =>
  Number(database.prepare("PRAGMA user_version").get()!["user_version"]);

/** What a look throws is a problem with its own advice; a file that cannot be opened may be as sound as any. */
function looked(advice: string, look: () => Finding): Finding {
  try {
    return look();
  } catch (error) {
    if (primaryCode(resultCode(error)) === SQLITE_CANTOPEN)
      return problem("it cannot be opened, which says nothing about what it holds", LET_OPEN);
    return problem(error instanceof Error ? error.message : String(error), advice);
  }
}

/** A log that was set back may not have what the read models have seen: they are not to be thrown away lightly. */
function placeOf(path: string, place: number, head: number): Finding {
  if (place > head)
    return problem(
      `they have seen event ${sayCount(place)} and the log ends at ${sayCount(head)}: the log was replaced by an older one`,
      `if that was meant: ${REBUILD(path)}. If not: ${RESTORE}`,
    );
  return ok(
    place === head ? "level with the log" : `${sayCount(head - place)} events behind, which a start catches up`,
  );
}

export const contents: readonly Check[] = [
  soundness("log", "event log"),
  {
    name: "log order",
    of: "data folder",
    files: ["log"],
    find: ({ folder }) =>
      looked(RESTORE, () => {
        const { events, head } = looking(folder, "log", extentOf);
        return events === head
          ? ok(`${sayCount(events)} events without a gap`)
          : problem(
              `${sayCount(events)} events, and the last one is number ${sayCount(head)}: some are missing`,
              RESTORE,
            );
      }),
  },
  soundness("views", "read models"),
  {
    name: "read models' place",
    of: "data folder",
    files: ["log", "views"],
    find: ({ folder }) => {
      const path = pathOf(folder, "views");
      if (!existsSync(path)) return ok("there are none yet");
      return looked(RESTORE, () => {
        const { head } = looking(folder, "log", extentOf);
        return looked(REBUILD(path), () => placeOf(path, ordinalOf(looking(folder, "views", checkpointOf)), head));
      });
    },
  },
  {
    name: "root key",
    of: "data folder",
    files: ["vault"],
    find: ({ folder }) =>
      looked(`put ${ROOT_KEY_FILE} back from a backup: without it no personal value can be read`, () => {
        readRootKey(folder);
        const mode = statSync(join(folder, ROOT_KEY_FILE)).mode & 0o777;
        return (mode & 0o077) === 0
          ? ok("32 bytes, for its owner alone")
          : problem(`others may read it (mode 0${mode.toString(8)})`, `chmod 600 ${join(folder, ROOT_KEY_FILE)}`);
      }),
  },
  soundness("vault", "key vault"),
  {
    name: "sealed values",
    of: "data folder",
    files: ["log", "vault"],
    find: ({ folder }) =>
      looked(RESTORE, () => {
        const events = sampleOf(folder);
        const { opened, destroyed, unknown } = openWithVault(folder, events);
        const erased = destroyed === 0 ? "" : `, ${sayCount(destroyed)} are of erased persons`;
        if (unknown > 0)
          return problem(
            `the vault lacks ${sayCount(unknown)} keys that sampled events name`,
            `it is older than the log: ${RESTORE}`,
          );
        return ok(`the vault opens ${sayCount(opened)} keys of ${sayCount(events.length)} sampled events${erased}`);
      }),
  },
];
