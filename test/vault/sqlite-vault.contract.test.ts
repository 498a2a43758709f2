import { openSqliteVault } from "../../src/vault/sqlite/vault.ts";
import { describeKeyVault } from "../contract/describe-key-vault.ts";

describeKeyVault("the vault on SQLite", openSqliteVault);
