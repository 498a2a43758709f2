// The image and the compose files fit the settings and each other. No engine of containers runs here: what they say is read.
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { packageVersion } from "../../src/package-version.ts";
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

/** The services of a file, each with what its anchors stand for in their places. */
function servicesIn(text: string): ReadonlyMap<string, string> {
  const anchors = new Map(
    [...text.matchAll(/^x-[\w-]+: &([\w-]+)\n((?: .*\n|\n)*)/gmu)].map(([, name, block]) => [name!, block!] as const),
  );
  const merged = (block: string): string =>
    block
      .replace(/^ +<<: \*([\w-]+)$/gmu, (_, name: string) => merged(anchors.get(name)!))
      .replace(/^ +healthcheck: \*([\w-]+)$/gmu, (_, name: string) => ` healthcheck:\n${anchors.get(name)!}`);
  const section = /^services:\n((?: .*\n|\n)*)/mu.exec(text)![1]!;
  const parts = section.split(/^ {2}([\w-]+):\n/mu).slice(1);
  return new Map(parts.flatMap((name, index) => (index % 2 === 0 ? [[name, merged(parts[index + 1]!)] as const] : [])));
}

const imageOf = (service: string): string => /^ +image: (\S+?):/mu.exec(service)![1]!;

/** Programs that the images bring, as their own build files say: nothing else is there to ask for health with. */
const ASKS: Readonly<Record<string, RegExp>> = {
  "eventstore/eventstore": /"curl -s\w+ https?:\/\/localhost:2113\/health\/live"/u,
  mongo: /mongosh --quiet --eval /u,
};

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

  const services = servicesIn(text);

  it("builds the image of the service once, and asks no registry for it", () => {
    const ours = [...services.values()].filter((service) => imageOf(service) === "scim-ledger");
    expect(ours.filter((service) => /^ +build: \.$/mu.test(service))).toHaveLength(1);
    for (const service of ours) expect(service).toMatch(/^ +(?:build: \.|pull_policy: never)$/mu);
  });

  it("waits for the health of what can tell it, by programs that are in its image, and for the end of what ends", () => {
    const awaited = [...text.matchAll(/^ +([\w-]+): \{ condition: (\w+) \}$/gmu)];
    expect(awaited.length).toBeGreaterThan(1);
    for (const [, name, condition] of awaited) {
      const service = services.get(name!)!;
      const image = imageOf(service);
      if (condition === "service_completed_successfully") expect(service).not.toMatch(/^ +restart:/mu);
      else if (image !== "scim-ledger") expect(service).toMatch(ASKS[image]!);
    }
  });

  it("runs EventStoreDB where there is no image of it for the processor", () => {
    for (const service of services.values())
      if (imageOf(service).startsWith("eventstore/")) expect(service).toMatch(/^ +platform: linux\/amd64$/mu);
  });

  it("leaves no dollar sign to be taken for a variable of whoever starts it", () =>
    expect(text.replaceAll("$$", "").replace(/^#.*$/gmu, "")).not.toContain("$"));

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

describe("the three servers of events", () => {
  const services = servicesIn(page("docker-compose.cluster.yml").text);
  const servers = [...services].filter(([, service]) => imageOf(service) === "eventstore/eventstore");
  const addressOf = (service: string) => /ipv4_address: ([\d.]+)/u.exec(service)![1]!;

  it("know each other by address, and tell clients their names", () => {
    expect(servers).toHaveLength(3);
    for (const [name, service] of servers) {
      const others = servers.filter(([other]) => other !== name).map(([, other]) => `${addressOf(other)}:2113`);
      expect(service).toContain(`EVENTSTORE_GOSSIP_SEED: ${others.join(",")}\n`);
      expect(service).toContain(`EVENTSTORE_REPLICATION_IP: ${addressOf(service)}\n`);
      expect(service).toContain(`EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS: ${name}\n`);
    }
  });

  it("have certificates for their names and addresses, which are made again where a run that made them broke off", () => {
    const making = services.get("certificates")!;
    const [, ending, beginning] = /-ip-addresses 127\.0\.0\.1,([\d.]+)\$\$n -dns-names localhost,([a-z]+)\$\$n\n/u.exec(
      making,
    )!;
    servers.forEach(([name, service], index) => {
      expect([name, addressOf(service)]).toEqual([`${beginning}${index + 1}`, `${ending}${index + 1}`]);
      expect(service).toContain(`EVENTSTORE_CERTIFICATE_FILE: /certs/node${index + 1}/node.crt\n`);
    });
    const steps = making.split("\n").map((line) => line.trim());
    const [first, last] = [
      steps.find((line) => line.includes("exit 0"))!,
      steps.findLast((line) => line.startsWith("mv "))!,
    ];
    expect(first).toBe(`[ -e ${last.split(" ")[2]} ] && exit 0`);
    expect(steps.indexOf(last)).toBeGreaterThan(steps.findIndex((line) => line.startsWith("chown ")));
    expect(making).toContain("rm -rf ca node1 node2 node3\n");
  });
});

it("the proxy knows every node, by name and port", () => {
  const nodes = [...page("docker-compose.cluster.yml").text.matchAll(/^ {2}(node\d):$/gmu)].map(([, node]) => node);
  const served = [...page("docker/proxy.conf").text.matchAll(/^ {2}server (\S+):3000 /gmu)].map(([, node]) => node);
  expect(served).toEqual(nodes);
});
