// What a process has used so far, seen from outside, so that the program under test need not expose anything.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Whose CPU time is measured: the main thread's on Linux, elsewhere the whole process's. */
export const CPU_SCOPE = process.platform === "linux" ? "main thread" : "process";

/** CPU time of a process, microseconds; undefined where the system does not tell. */
export function cpuTime(pid: number): number | undefined {
  try {
    return process.platform === "linux" ? mainThreadTime(pid) : processTime(pid);
  } catch {
    return undefined;
  }
}

/** Resident memory of a process, bytes; undefined where the system does not tell. */
export function residentMemory(pid: number): number | undefined {
  try {
    const kibibytes =
      process.platform === "linux" ? VM_RSS.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1] : ps(pid, "rss");
    return Number(kibibytes) * 1_024;
  } catch {
    return undefined;
  }
}

const VM_RSS = /^VmRSS:\s+(\d+) kB$/mu;

/** Ticks of /proc/…/stat in a second: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS = 100;

function mainThreadTime(pid: number): number {
  const nanoseconds = Number(thread(pid, "schedstat").split(" ")[0]);
  return nanoseconds > 0 ? nanoseconds / 1_000 : ticksOf(thread(pid, "stat")) * (1e6 / TICKS);
}

/** The main thread has the id of its process. */
const thread = (pid: number, file: string): string => readFileSync(`/proc/${pid}/task/${pid}/${file}`, "utf8");

/** utime and stime, fields 14 and 15; the name before them, in parentheses, may hold spaces. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** `[dd-][hh:]mm:ss[.cc]` as microseconds. */
function processTime(pid: number): number {
  const [days, clock] = `0-${ps(pid, "time")}`.split("-").slice(-2) as [string, string];
  const seconds = clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1e6;
}

const ps = (pid: number, field: string): string =>
  execFileSync("ps", ["-o", `${field}=`, "-p", String(pid)], { encoding: "utf8" }).trim();
