// `scim-ledger serve`: starts the service, says where it is, and ends it in order.
import { ordinalOf } from "../../eventlog/event-log.ts";
import { createLogger, type Logger } from "../../http/log.ts";
import { type Running, serve } from "../../main.ts";
import { packageVersion } from "../../package-version.ts";
import type { Settings } from "../../settings/table.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { settingsOf } from "../settings.ts";
import { sayCount } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { bannerOf } from "./banner.ts";
import { type Stopping, stopping } from "./stopping.ts";

export function addServe({ program, io, ending }: Cli): void {
  program
    .command("serve")
    .description(
      "start the service; settings come from the environment and from the file that SCIM_LEDGER_CONFIG names",
    )
    .addHelpText(
      "after",
      examples("scim-ledger serve", "PORT=8080 SCIM_LEDGER_DATA=/var/lib/scim-ledger scim-ledger serve"),
    )
    .addHelpText(
      "after",
      exitCodes({
        0: "it was asked to end (SIGTERM, SIGINT) and finished what was under way",
        1: "it could not start, or could not go on",
        2: "a setting is wrong",
        130: "it was asked twice and ended at once",
      }),
    )
    .action(ending(() => runServe(io)));
}

async function runServe(io: Io): Promise<ExitCode> {
  const settings = settingsOf(io.env);
  const log = loggerOf(settings, io);
  const stop = stopping();
  try {
    const running = await Promise.race([started(settings, log, io), stop.asked]);
    // Nothing was acknowledged yet, and every file is sound at every moment.
    if (typeof running === "string") return process.exit(EXIT.ok);
    io.out(bannerOf(running, { version: packageVersion(), terminal: io.outIsTerminal }).join("\n"));
    log.info({ url: running.url, folder: running.folder }, "serving");
    await untilAsked(running, stop, log);
    await running.close();
    log.info("ended");
    return EXIT.ok;
  } finally {
    stop[Symbol.dispose]();
  }
}

async function untilAsked({ lost }: Running, { asked }: Stopping, log: Logger): Promise<void> {
  try {
    const signal = await Promise.race([asked, lost]);
    log.info({ signal }, "ending: requests under way are finished");
  } catch (error) {
    log.fatal({ err: error }, "the service cannot go on");
    // Its threads are gone: an orderly end would wait for them.
    process.exit(EXIT.failed);
  }
}

async function started(settings: Settings, log: Logger, io: Io): Promise<Running> {
  const progress = new ProgressLine(io, {
    what: "The read models catch up",
    say: (events) => `${sayCount(events)} events`,
  });
  try {
    return await serve(settings, {
      log,
      onProgress: (position, head) => progress.at(ordinalOf(position), ordinalOf(head)),
    });
  } finally {
    progress.end();
  }
}

/** JSON lines on stderr. On a terminal only what needs somebody, unless a level was asked for. */
function loggerOf({ logLevel }: Settings, io: Io): Logger {
  const asked = (io.env["SCIM_LEDGER_LOG_LEVEL"] ?? "") !== "" || logLevel !== "info";
  const level = io.errIsTerminal && !asked ? "warn" : logLevel;
  return createLogger(level, { write: (line) => io.err(line.trimEnd()) });
}
