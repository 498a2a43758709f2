// What the documentation points at is there.
import { existsSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { fromRoot, page, pages, target, toRoot } from "./pages.ts";

/** Targets of `[text](target)`, outside of code blocks. */
const linksIn = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, link]) => link!);

const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gmsu, "");

/** Anchors of the headings, as GitHub makes them. */
const anchorsOf = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gmu)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Names of files of this repository in `code`, without what stands for any: `src/*` and `<name>`. */
const filesIn = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/`((?:src|test|bench|bin|demo|docs)\/[^`*<>…\s]+)`/gu)].map(([, file]) => file!);

const isRelative = (link: string): boolean => !/^[a-z]+:/u.test(link);

describe.each(pages)("$path", (here) => {
  const links = linksIn(here.text).filter(isRelative);

  it("links to files that exist, and to headings that they have", () => {
    const broken = links.filter((link) => {
      const [file = "", anchor] = link.split("#");
      const path = file === "" ? fromRoot(here.path) : target(here, file);
      if (!existsSync(path)) return true;
      return anchor !== undefined && !anchorsOf(page(toRoot(path)).text).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names files that exist", () => {
    expect(filesIn(here.text).filter((file) => !existsSync(fromRoot(file)))).toEqual([]);
  });
});

it("every page can be reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const path of reached) {
    const here = page(path);
    for (const link of linksIn(here.text).filter(isRelative)) {
      const file = link.split("#")[0]!;
      if (file.endsWith(".md")) reached.add(toRoot(target(here, file)));
    }
  }
  expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});
