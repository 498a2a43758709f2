import { join } from "node:path";

/** Within the data folder, unless a setting names another place. */
export const LEDGER_FOLDER = "ledger";

/** The folder of a ledger's keys and heads. */
export const ledgerFolderOf = (data: string, setting: string | undefined): string =>
  setting ?? join(data, LEDGER_FOLDER);
