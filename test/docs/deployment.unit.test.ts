// The image and the compose files fit the settings and each other. No engine of containers runs here: what they say is read.
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { packageVersion } from "../../src/cli/package.ts";
import { CONFIG_VARIABLE, readSettings } from "../../src/settings/read-settings.ts";
import type { Setting } from "../../src/settings/setting.ts";
import { settingsTable } from "../../src/settings/table.ts";
import { fromRoot, page } from "./pages.ts";

const variables = new Set([...Object.values<Setting<unknown>>(settingsTable).map(({ env }) => env), CONFIG_VARIABLE]);
const files = readdirSync(fromRoot(".")).filter((name) => /^docker-compose.*\.yml$/u.test(name));
const dockerfile = page("Dockerfile").text;

/** Lines `NAME: value` of variables of ours, in the order of the file. */
const settingsIn = (text: string): readonly (readonly [name: string, value: string])[] =>
  [...text.matchAll(/^ +((?:SCIM_LEDGER_[A-Z_]+|HOST|PORT)): +"?([^"\n]*)"?$/gmu)].map(
    ([, name, value]) => [name!, value!] as const,
  );

const ENVIRONMENT_OF_IMAGE = Object.fromEntries(
  [.../^ENV (.*)$/mu.exec(dockerfile)![1]!.matchAll(/(\S+?)=(\S+)/gu)].map(([, name, value]) => [name!, value!]),
);

it("there is a file for one node and one for several", () =>
  expect(files.toSorted()).toEqual(["docker-compose.cluster.yml", "docker-compose.yml"]));

describe.each(files)("%s", (name) => {
  const { text } = page(name);
  const settings = settingsIn(text);

  it("names settings that there are", () => {
    expect(settings.map(([variable]) => variable).filter((variable) => !variables.has(variable))).toEqual([]);
    expect(settings.length).toBeGreaterThan(3);
  });

  it("starts a service whose settings are right together with those of the image", () => {
    const read = readSettings({ ...ENVIRONMENT_OF_IMAGE, ...Object.fromEntries(settings) });
    expect(read).not.toHaveProperty("problems");
  });

  it("pins every image to a version, that of the service to the package's", () => {
    const images = [...text.matchAll(/^ +image: +(\S+)$/gmu)].map(([, image]) => image!);
    for (const image of images) expect(image).toMatch(/^[\w./-]+:\d+\.\d+\.\d+(?:-[\w.-]+)?$/u);
    expect(images).toContain(`scim-ledger:${packageVersion()}`);
  });

  it("offers ports to this machine alone, and its own address as the base URL", () => {
    const ports = [...text.matchAll(/^ +- "([\d.]*):?(\d+):(\d+)"$/gmu)];
    expect(ports.map(([, host]) => host)).toEqual(ports.map(() => "127.0.0.1"));
    const base = settings.find(([variable]) => variable === "SCIM_LEDGER_BASE_URL")![1];
    expect(ports.map(([, , outside]) => `http://localhost:${outside}`)).toContain(base);
  });

  it("reaches stores that it starts, on the ports where they listen", () => {
    const services = new Set([...text.matchAll(/^ {2}([a-z0-9-]+):$/gmu)].map(([, service]) => service!));
    for (const [variable, value] of settings.filter(([variable]) => /_STORE$/u.test(variable))) {
      const hosts = value.replace(/^[a-z+]+:\/\/(?:[^@/]*@)?([^/?]+).*$/u, "$1").split(",");
      for (const host of hosts) {
        const [service, port] = host.split(":");
        expect(services).toContain(service);
        expect(port).toBe(variable === "SCIM_LEDGER_EVENT_STORE" ? "2113" : "27017");
      }
    }
  });

  it("keeps what is written in volumes that it declares, on a root file system that is read only", () => {
    const declared = new Set(
      text
        .slice(text.lastIndexOf("\nvolumes:\n"))
        .match(/^ {2}([a-z0-9]+):$/gmu)!
        .map((line) => line.trim().slice(0, -1)),
    );
    const mounted = [...text.matchAll(/["-] ?"?([a-z0-9]+):\/[a-z/]+/gu)].map(([, volume]) => volume!);
    expect(new Set(mounted)).toEqual(declared);
    expect(text).toMatch(/read_only: true/u);
  });
});

describe("the image", () => {
  it("runs on the Node of the package, as a user without rights", () => {
    const version = JSON.parse(page("package.json").text).dependencies.node.replace("^", "");
    expect([...dockerfile.matchAll(/^FROM node:(\S+?)-/gmu)].map(([, tag]) => tag)).toEqual([version, version]);
    expect(dockerfile).toMatch(/^USER node$/mu);
  });

  it("copies what there is, and lets it into the build", () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gmu)].flatMap(([, sources]) =>
      sources!.split(" "),
    );
    const allowed = page(".dockerignore")
      .text.split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    for (const source of copied) expect(existsSync(fromRoot(source))).toBe(true);
    expect(new Set(allowed)).toEqual(new Set(copied));
  });

  it("listens and keeps its data where it says", () => {
    expect(ENVIRONMENT_OF_IMAGE).toMatchObject({ HOST: "0.0.0.0", PORT: "3000", SCIM_LEDGER_DATA: "/data" });
    expect(dockerfile).toMatch(/^EXPOSE 3000$/mu);
    expect(dockerfile).toMatch(/^VOLUME \/data$/mu);
    expect(dockerfile).toMatch(/^HEALTHCHECK .*\\\n {2}CMD \["node", /mu);
  });
});

it("the proxy knows every node, by name and port", () => {
  const nodes = [...page("docker-compose.cluster.yml").text.matchAll(/^ {2}(node\d):$/gmu)].map(([, node]) => node);
  const served = [...page("docker/proxy.conf").text.matchAll(/^ {2}server (\S+):3000 /gmu)].map(([, node]) => node);
  expect(served).toEqual(nodes);
});
