// No question without a model: whoever adds one says, independently of it, what its answers are for random histories.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { questions } from "../../src/audit/questions.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Those that ask every question alike know nothing of what its answer should be. */
const ALIKE: readonly string[] = ["pages.property.test.ts"];

const models = readdirSync(HERE)
  .filter((name) => name.endsWith(".property.test.ts") && !ALIKE.includes(name))
  .map((name) => readFileSync(`${HERE}${name}`, "utf8"))
  .filter((text) => text.includes("fc.asyncProperty") || text.includes("check("));

it.each(questions.map(({ id }) => id))("%s is asked by a model", (id) => {
  const asks = [`asking(world, "${id}"`, `askingOf(world, "${id}"`, `answer(world, "${id}"`, `questionNamed("${id}")`];
  expect(models.filter((text) => asks.some((one) => text.includes(one)))).not.toEqual([]);
});
