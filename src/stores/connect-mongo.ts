// A connection to MongoDB as the settings say.
import { connectToMongo, type MongoConnection } from "../readstore/mongodb/connection.ts";
import { caOfMongo } from "../settings/store-address.ts";
import type { Settings } from "../settings/table.ts";

/** The database beside the read models' for what must outlast them: they may be dropped. */
const LASTING = "_keys";

/** Throws MongoRefused. The authorities of the settings are those of EventStoreDB too: a connection without TLS asks for none. */
export const connectAs = ({ storeCa }: Pick<Settings, "storeCa">, uri: string): Promise<MongoConnection> =>
  connectToMongo(uri, { caFile: caOfMongo(uri, storeCa) });

/** Where keys, and heads of the ledger, are kept that have no database of their own. */
export const lastingBeside = ({ client, database }: MongoConnection) => client.db(database.databaseName + LASTING);
