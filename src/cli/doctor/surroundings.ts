// Checks of what the data folder lies in: the program, its settings, the disk, the modes of files.
import { type Stats, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT_KEY_FILE } from "../../vault/root-key.ts";
import { namesIn } from "../files.ts";
import { sayBytes } from "../units.ts";
import { type Check, ok, problem, warning } from "./check.ts";

const NEEDED_NODE = 26;
const GIBIBYTE = 1_073_741_824;
const LITTLE_SPACE = 2 * GIBIBYTE;
const TOO_LITTLE_SPACE = GIBIBYTE / 8;

/** The permission bits. */
const modeOf = ({ mode }: Stats): number => mode & 0o777;
const sayMode = (mode: number): string => mode.toString(8).padStart(4, "0");
/** Whether others than the owner may do anything. */
const isOpen = (mode: number): boolean => (mode & 0o077) !== 0;

export const surroundings: readonly Check[] = [
  {
    name: "Node",
    of: "surroundings",
    find: () => {
      const { node, sqlite } = process.versions;
      return Number(node.split(".")[0]) >= NEEDED_NODE
        ? ok(`version ${node}, SQLite ${sqlite}`)
        : problem(`version ${node}`, `install Node ${NEEDED_NODE} or newer`);
    },
  },
  {
    name: "settings",
    of: "surroundings",
    find: ({ settingProblems }) =>
      settingProblems.length === 0
        ? ok("every setting is what it may be")
        : problem(settingProblems.join(" "), "set them right: a start refuses them"),
  },
  {
    name: "data folder",
    of: "surroundings",
    find: ({ folder }) => {
      const stats = statSync(folder, { throwIfNoEntry: false });
      if (stats === undefined)
        return warning(`${folder} is not there`, "the first “scim-ledger serve” makes it; or name another with --data");
      if (!stats.isDirectory()) return problem(`${folder} is no folder`, "name another with SCIM_LEDGER_DATA");
      if (namesIn(folder).length === 0)
        return warning(`${folder} is empty`, "the first “scim-ledger serve” fills it; or name another with --data");
      const mode = modeOf(stats);
      return isOpen(mode)
        ? problem(`others may enter ${folder} (mode ${sayMode(mode)})`, `chmod 700 ${folder}`)
        : ok(`${folder}, for its owner alone (mode ${sayMode(mode)})`);
    },
  },
  {
    name: "file modes",
    of: "data folder",
    find: ({ folder }) => {
      const open = namesIn(folder).filter((name) => {
        const stats = statSync(join(folder, name), { throwIfNoEntry: false });
        return stats !== undefined && isOpen(modeOf(stats));
      });
      if (open.length === 0) return ok("every file is for its owner alone");
      const says = `others may read ${open.join(", ")}, if they can enter the folder`;
      const advice = `chmod go= ${open.map((name) => join(folder, name)).join(" ")}`;
      return open.includes(ROOT_KEY_FILE) ? problem(says, advice) : warning(says, advice);
    },
  },
  {
    name: "disk space",
    of: "data folder",
    find: ({ folder }) => {
      const { bavail, bsize } = statfsSync(folder);
      const free = bavail * bsize;
      const says = `${sayBytes(free)} free`;
      if (free >= LITTLE_SPACE) return ok(says);
      const advice = "free some: on a full disk writes are answered 503 until there is space again";
      return free < TOO_LITTLE_SPACE ? problem(says, advice) : warning(says, advice);
    },
  },
];
