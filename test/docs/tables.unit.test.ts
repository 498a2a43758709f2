// The tables of the documentation say what the code says. A table that differs is shown as it should be: copy it.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Metrics } from "../../src/http/metrics.ts";
import {
  checksTable,
  eventsTable,
  fromRoot,
  page,
  profilesTable,
  questionsTable,
  routes,
  routesTable,
  rulesTable,
} from "./pages.ts";

describe("docs/api.md", () => {
  const { text } = page("docs/api.md");

  it("has the table of routes", () => expect(text).toContain(routesTable()));
  it("has the table of audit questions", () => expect(text).toContain(questionsTable()));

  it.each(routes().map(({ method, path }) => [method, path]))("has %s %s", (_, path) =>
    expect(text).toContain(`\`${path}\``),
  );

  it("has every metric of the service's own", () => {
    const metrics = new Metrics();
    metrics.unanchoredFrom(() => []);
    metrics.lagSecondsFrom(() => 0);
    const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
    expect(names.filter((name) => !text.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

describe("docs/identity-providers.md", () => {
  const { text } = page("docs/identity-providers.md");

  it("has the table of profiles", () => expect(text).toContain(profilesTable()));
  it("has the table of normalisation rules", () => expect(text).toContain(rulesTable()));
  it("has the table of the interoperability profile's checks", () => expect(text).toContain(checksTable()));
});

it("docs/architecture.md has the table of streams and events", () =>
  expect(page("docs/architecture.md").text).toContain(eventsTable()));

it("docs/decisions/README.md lists every decision once, in order", () => {
  const listed = [...page("docs/decisions/README.md").text.matchAll(/^\| \[\d{4}\]\(([^)]+)\)/gmu)].map(
    ([, file]) => file,
  );
  const files = readdirSync(fromRoot("docs/decisions")).filter((name) => name !== "README.md");
  expect(listed).toEqual(files.sort());
});
