#!/usr/bin/env node
// Syntax that every Node reads, so that an old one can say what is wrong.
var major = Number(process.versions.node.split(".")[0]);
if (major < 26) {
  console.error(
    "scim-ledger needs Node 26 or newer, and this is Node " +
      process.versions.node +
      ". In a checkout, run “npm ci” first: “npm start” and the other npm scripts then use the Node that it installs.",
  );
  process.exit(1);
}
// What is compiled once is kept beside the code, for threads too: a start takes half the time, and less memory.
import("node:url")
  .then((url) => {
    process.env.NODE_COMPILE_CACHE ||= url.fileURLToPath(new URL("../node_modules/.cache/compile", import.meta.url));
    return import("node:module");
  })
  .then((module) => {
    module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
    return import("node:fs");
  })
  .then((fs) => {
    var source = new URL("../src/cli/main.ts", import.meta.url);
    return import(fs.existsSync(source) ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
  })
  .then((cli) => cli.main(process.argv.slice(2)))
  .then((code) => {
    process.exitCode = code;
  });
