import { describe, expect, it } from "@jest/globals";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { Setting } from "../../src/settings/setting.ts";
import { caOfMongo } from "../../src/settings/store-address.ts";
import { settingsTable, WITHOUT_DEFAULT } from "../../src/settings/table.ts";

const problemsOf = (environment: Record<string, string>, file = "{}") => {
  const read = readSettings(environment, () => file);
  return "problems" in read ? read.problems : [];
};
const settingsOf = (environment: Record<string, string>, file = "{}") => {
  const read = readSettings(environment, () => file);
  if ("problems" in read) throw new Error(read.problems.join("\n"));
  return read.settings;
};
const rows = Object.entries<Setting<unknown>>(settingsTable);

describe("settings", () => {
  it("have their defaults", () => {
    expect(settingsOf({})).toMatchObject({ host: "127.0.0.1", port: 3000, data: "./data", bodyBytes: 8_388_608 });
  });

  it.each(rows)("%s: without a default it is absent, with one it parses", (name, { default: usual, parse }) => {
    expect(usual === undefined).toBe((WITHOUT_DEFAULT as readonly string[]).includes(name));
    if (usual !== undefined) expect(() => parse(usual)).not.toThrow();
  });

  it("name the setting, what it was and what it may be, all at once", () => {
    expect(problemsOf({ PORT: "80x", SCIM_LEDGER_LOG_LEVEL: "loud", SCIM_LEDGER_PAGE_SIZE: "0" })).toEqual([
      "PORT is “80x”; it must be a whole number from 0 to 65535.",
      "SCIM_LEDGER_PAGE_SIZE is “0”; it must be a whole number from 1 to 10000.",
      "SCIM_LEDGER_LOG_LEVEL is “loud”; it must be one of fatal, error, warn, info, debug, trace, silent.",
    ]);
  });

  it("never show a secret", () => {
    const [problem] = problemsOf({ SCIM_LEDGER_ADMIN_TOKEN: "too-short" });
    expect(problem).toContain("SCIM_LEDGER_ADMIN_TOKEN");
    expect(problem).not.toContain("too-short");
    const inFile = problemsOf({ SCIM_LEDGER_CONFIG: "c.json" }, '{"SCIM_LEDGER_ADMIN_TOKEN": too-short}');
    expect(inFile.join()).not.toContain("too-short");
  });

  it("name the engines, and keep their connection strings whole", () => {
    expect(settingsOf({})).toMatchObject({ eventStore: { engine: "sqlite" }, readStore: { engine: "sqlite" } });
    const uris = {
      SCIM_LEDGER_EVENT_STORE: "esdb+discover://admin:changeit@events.example:2113?tls=true",
      SCIM_LEDGER_READ_STORE: "mongodb://one:27017,two:27017/scim?replicaSet=rs0",
      SCIM_LEDGER_KEYS: "mongodb+srv://keys.example/keys",
      SCIM_LEDGER_BASE_URL: "https://id.example.com",
    };
    expect(settingsOf(uris)).toMatchObject({
      eventStore: { engine: "esdb", uri: uris.SCIM_LEDGER_EVENT_STORE },
      readStore: { engine: "mongodb", uri: uris.SCIM_LEDGER_READ_STORE },
      keys: { engine: "mongodb", uri: uris.SCIM_LEDGER_KEYS },
    });
  });

  it.each([
    ["SCIM_LEDGER_EVENT_STORE", "http://admin:hunter2@events"],
    ["SCIM_LEDGER_EVENT_STORE", "esdb://admin:hunter2@"],
    ["SCIM_LEDGER_EVENT_STORE", "mongodb://admin:hunter2@host"],
    ["SCIM_LEDGER_READ_STORE", "esdb://admin:hunter2@host"],
    ["SCIM_LEDGER_READ_STORE", "mongodb://admin:hunter2@one,,two"],
    ["SCIM_LEDGER_READ_STORE", "mongodb://admin:hunter2@host /scim"],
    ["SCIM_LEDGER_READ_STORE", "mongodb://admin:hunter2/more@host/scim"],
    ["SCIM_LEDGER_READ_STORE", "mongodb://admin:hunter2?more@host/scim"],
    ["SCIM_LEDGER_READ_STORE", "mongodb://admin:hunter2#more@host/scim"],
    ["SCIM_LEDGER_READ_STORE", "mongodb://admin:more@hunter2/more@host/scim"],
    ["SCIM_LEDGER_EVENT_STORE", "esdb://admin:hunter2/more@host:2113"],
    ["SCIM_LEDGER_KEYS", "mongodb+srv://admin:hunter2://more@host"],
    ["SCIM_LEDGER_KEYS", "vault://admin:hunter2@host"],
  ])("%s: what is no address of an engine is refused without showing who connects", (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} is .*; it must be `, "u"));
    expect(problems[0]).not.toContain("hunter2");
  });

  it.each<[string, Record<string, string>]>([
    ["keys in the database of read models that are in files", { SCIM_LEDGER_KEYS: "mongodb" }],
    ["a root key apart from keys in files", { SCIM_LEDGER_ROOT_KEY: "/run/secrets/root.key" }],
    [
      "nodes without a name that they share",
      { SCIM_LEDGER_EVENT_STORE: "esdb://h", SCIM_LEDGER_READ_STORE: "mongodb://h" },
    ],
    ["authorities of engines that are not there", { SCIM_LEDGER_STORE_CA: "ca.pem" }],
    [
      "a root key apart, though the read models are in MongoDB, where the keys are in files",
      { SCIM_LEDGER_ROOT_KEY: "r", SCIM_LEDGER_READ_STORE: "mongodb://h/d", SCIM_LEDGER_KEYS: "file" },
    ],
    [
      "a folder for a ledger that is in MongoDB",
      { SCIM_LEDGER_LEDGER_FOLDER: "l", SCIM_LEDGER_READ_STORE: "mongodb://h/d" },
    ],
  ])("contradict each other: %s", (_, environment) => expect(problemsOf(environment)).toHaveLength(1));

  it("give their authorities to a MongoDB with TLS alone", () => {
    expect(caOfMongo("mongodb://h/d?replicaSet=r&tls=true", "ca.pem")).toBe("ca.pem");
    expect(caOfMongo("mongodb+srv://h/d", "ca.pem")).toBe("ca.pem");
    expect(caOfMongo("mongodb://h/d?replicaSet=r", "ca.pem")).toBeUndefined();
    expect(caOfMongo("mongodb://h/d?tls=trueish", "ca.pem")).toBeUndefined();
  });

  it.each<[string, Record<string, string>, boolean]>([
    ["loopback", { HOST: "127.0.0.1" }, true],
    ["IPv6 loopback", { HOST: "::1" }, true],
    ["every address", { HOST: "0.0.0.0" }, false],
    ["a name that only looks like loopback", { HOST: "127.0.0.1.example.com" }, false],
    ["behind a proxy", { HOST: "0.0.0.0", SCIM_LEDGER_TRUSTED_PROXIES: "10.0.0.0/8, ::1" }, true],
    ["with TLS", { HOST: "0.0.0.0", SCIM_LEDGER_TLS_CERT: "c", SCIM_LEDGER_TLS_KEY: "k" }, true],
    ["on purpose", { HOST: "0.0.0.0", SCIM_LEDGER_ALLOW_PLAIN_HTTP: "true" }, true],
    ["half of TLS", { SCIM_LEDGER_TLS_CERT: "c" }, false],
    ["a bad network", { SCIM_LEDGER_TRUSTED_PROXIES: "10.0.0.0/33" }, false],
    ["a URL with credentials", { SCIM_LEDGER_BASE_URL: "https://u:p@scim.example.com" }, false],
    ["a page above the most", { SCIM_LEDGER_PAGE_SIZE: "200", SCIM_LEDGER_MAX_PAGE_SIZE: "100" }, false],
  ])("listening: %s", (_, environment, fine) => expect(problemsOf(environment)).toHaveLength(fine ? 0 : 1));

  it("come from a file too, and the environment wins", () => {
    const file = JSON.stringify({
      PORT: 4000,
      HOST: "localhost",
      SCIM_LEDGER_TRUSTED_PROXIES: ["10.0.0.1", "10.0.0.2"],
    });
    expect(settingsOf({ SCIM_LEDGER_CONFIG: "c.json", HOST: "::1" }, file)).toMatchObject({
      port: 4000,
      host: "::1",
      trustedProxies: ["10.0.0.1", "10.0.0.2"],
    });
    expect(problemsOf({ SCIM_LEDGER_CONFIG: "c.json" }, '{"PROT": 1, "__proto__": 2}')).toHaveLength(2);
    expect(problemsOf({ SCIM_LEDGER_CONFIG: "c.json" }, "[]")).toHaveLength(1);
    const missing = readSettings({ SCIM_LEDGER_CONFIG: "/nowhere/c.json" });
    expect(missing).toMatchObject({ problems: [expect.stringContaining("ENOENT")] });
  });

  it("keep no slash at the end of the base URL", () => {
    expect(settingsOf({ SCIM_LEDGER_BASE_URL: "https://scim.example.com/" }).baseUrl).toBe("https://scim.example.com");
    expect(settingsOf({ SCIM_LEDGER_BASE_URL: "https://example.com/scim/" }).baseUrl).toBe("https://example.com/scim");
    expect(settingsOf({ SCIM_LEDGER_BASE_URL: "https://EXAMPLE.com:443/a/b//?#" }).baseUrl).toBe(
      "https://example.com/a/b",
    );
  });
});
