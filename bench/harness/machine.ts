import { arch, cpus, platform, release, totalmem } from "node:os";
import { CPU_SCOPE } from "./cpu.ts";

/** Where the figures come from. */
export const machine = () => ({
  node: process.version,
  system: `${platform()} ${release()} ${arch()}`,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryMiB: Math.round(totalmem() / 1_048_576),
  cpuScope: CPU_SCOPE,
});
