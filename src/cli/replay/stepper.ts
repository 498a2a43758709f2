// Stepping through a stream: which event is shown, and what a key does.

export interface Step {
  /** 0-based place among the events. */
  readonly at: number;
  readonly view: "event" | "difference" | "evidence";
  /** Digits of a number that is being typed after `j`. */
  readonly typed: string | undefined;
  readonly isOver: boolean;
}

export const FIRST: Step = { at: 0, view: "event", typed: undefined, isOver: false };

export const KEYS = "n next, p previous, j <number> jump, d difference, e evidence, q quit";

/** After a key, among so many events; a key that means nothing changes nothing. */
export function pressed(step: Step, key: string, events: number): Step {
  const go = (at: number): Step => ({ ...step, at: Math.max(0, Math.min(events - 1, at)), typed: undefined });
  if (step.typed !== undefined) {
    if (key >= "0" && key <= "9" && key.length === 1) return { ...step, typed: (step.typed + key).slice(0, 9) };
    if (key === "return") return step.typed === "" ? go(step.at) : go(Number(step.typed) - 1);
    return { ...step, typed: undefined };
  }
  switch (key) {
    case "n":
    case "right":
    case "down":
    case "space":
      return go(step.at + 1);
    case "p":
    case "left":
    case "up":
      return go(step.at - 1);
    case "home":
      return go(0);
    case "end":
      return go(events - 1);
    case "j":
      return { ...step, typed: "" };
    case "d":
      return { ...step, view: step.view === "difference" ? "event" : "difference" };
    case "e":
      return { ...step, view: step.view === "evidence" ? "event" : "evidence" };
    case "q":
    case "escape":
    case "ctrl-c":
      return { ...step, isOver: true };
    default:
      return step;
  }
}
