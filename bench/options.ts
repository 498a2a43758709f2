// The command line of the benchmark.
import { Command, InvalidArgumentError, Option } from "commander";

export interface Options {
  /** Cells whose name matches. */
  readonly only: RegExp;
  /** Contestants whose name matches. */
  readonly contestants: RegExp;
  readonly rounds: number;
  /** Length of one measurement. */
  readonly seconds: number;
  /** With a million users. */
  readonly large: boolean;
  /** On EventStoreDB and MongoDB, which are named, and not in the embedded mode. */
  readonly engines: boolean;
  /** Where the histories of the audit cells are kept from run to run; absent: they go with the run. */
  readonly histories?: string;
  /** Where the figures go; absent: a new file in bench/results/. */
  readonly json?: string;
}

const pattern = (text: string): RegExp => {
  try {
    return new RegExp(text, "i");
  } catch {
    throw new InvalidArgumentError("It is not a regular expression.");
  }
};

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It is not a number above 0.");
  return value;
};

/** Reads the options; prints help or what is wrong, and ends the process, where commander does. */
export const readOptions = (args: readonly string[]): Options =>
  new Command("bench")
    .description(
      "Measures scim-ledger against bare node:http, bare Express and the SCIM servers of npm, on this machine, in one run.\nAfter npm: npm run bench -- --only 'get user'",
    )
    .addOption(new Option("--only <regex>", "run the cells whose name matches").argParser(pattern).default(/./, "all"))
    .addOption(
      new Option("--contestants <regex>", "run only these contestants, where several take part in a cell")
        .argParser(pattern)
        .default(/./, "all"),
    )
    .option("--rounds <n>", "rounds of each cell; medians are taken over them", positive, 3)
    .option("--seconds <n>", "length of one measurement", positive, 2)
    .option(
      "--large",
      "add the cells with a million users (takes many minutes and some 12 GB of temporary disk)",
      false,
    )
    .option(
      "--engines",
      "measure on EventStoreDB and MongoDB instead, at the servers that SCIM_LEDGER_BENCH_ESDB and SCIM_LEDGER_BENCH_MONGODB name",
      false,
    )
    .option(
      "--histories <folder>",
      "keep the histories of the audit cells there, and use those that are there (ten million events take half an hour to make)",
    )
    .option("--json <file>", "write the figures there and not to a new file in bench/results/")
    .parse(args)
    .opts<Options>();
