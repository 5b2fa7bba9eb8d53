import { globCovers, globMatches, globsOverlap } from "./patterns";
import { reachOf, type Reach } from "./statements";

/**
 * A set of resources: those that match every pattern of `within` and none of `except`. Allow statements, boundaries and
 * Deny statements combine into it exactly.
 */
export interface Region {
  readonly within: readonly string[];
  readonly except: readonly string[];
}

/** Tells whether one resource is in a region. */
export function regionHas({ within, except }: Region, resource: string): boolean {
  const text = literal(resource);
  return (
    within.every((pattern) => globMatches(pattern, text)) &&
    !except.some((pattern) => globMatches(pattern, text))
  );
}

/** Tells whether a region surely holds all of another one. */
export function regionCovers(wide: Region, narrow: Region): boolean {
  return (
    wide.within.every((pattern) => narrow.within.some((other) => globCovers(pattern, other))) &&
    wide.except.every((hole) => narrow.except.some((other) => globCovers(other, hole)))
  );
}

/** What is in both, or undefined where surely nothing is. */
export function intersect(a: Region, b: Region): Region | undefined {
  const within = tightest([...a.within, ...b.within]);
  const except = [...new Set([...a.except, ...b.except])];
  return made(within, except);
}

/** What is left without the resources of some patterns, or undefined where surely nothing is. */
export function without(region: Region, patterns: readonly string[]): Region | undefined {
  const touching = patterns.filter((pattern) =>
    region.within.every((allowed) => globsOverlap(pattern, allowed)),
  );
  return touching.length === 0
    ? region
    : made(region.within, [...new Set([...region.except, ...touching])]);
}

/** A region, or undefined where surely nothing is in it: what looks empty is, what is empty may not look so. */
export function made(within: readonly string[], except: readonly string[]): Region | undefined {
  const excluded = within.some((pattern) => except.some((hole) => globCovers(hole, pattern)));
  if (excluded) return undefined;
  for (const [index, pattern] of within.entries()) {
    const rest = within.slice(index + 1);
    if (!rest.every((other) => globsOverlap(pattern, other))) return undefined;
  }
  return { within, except };
}

/** Leaves out patterns that another one makes superfluous. */
function tightest(patterns: readonly string[]): string[] {
  const kept: string[] = [];
  for (const pattern of new Set(patterns)) {
    if (kept.some((other) => globCovers(pattern, other))) continue;
    const still = kept.filter((other) => !globCovers(other, pattern));
    kept.splice(0, kept.length, ...still, pattern);
  }
  return kept.length > 1 ? kept : patterns.length === 0 ? ["*"] : kept;
}

const REACHES: readonly Reach[] = ["some", "account", "everything"];

/** How far a region reaches: as far as the narrowest of the patterns that all must match. Holes do not narrow it. */
export function reachOfRegion({ within }: Region): Reach {
  const least = Math.min(...within.map((pattern) => REACHES.indexOf(reachOf(pattern))));
  return REACHES[Number.isFinite(least) ? least : 2] ?? "everything";
}

/** Stands in patterns for a `*` and a `?` that are meant as such (`${*}`), and in resources for their own. */
const LITERAL_STAR = "\u{E02A}";
const LITERAL_QUESTION = "\u{E03F}";

function literal(resource: string): string {
  return resource.replaceAll("*", LITERAL_STAR).replaceAll("?", LITERAL_QUESTION);
}

/** A policy variable; its default, in quotes, may hold braces: `${aws:PrincipalTag/team, 'none'}`. */
const VARIABLE = /\$\{((?:[^}']|'[^']*')*)\}/g;

/** A `Resource` text as a pattern. */
export interface ResourcePattern {
  /** With `*` in place of a policy variable: whatever IAM may fill in. */
  readonly widest: string;
  /** Whether it has a variable, so that it may also stand for less than `widest`. */
  readonly variable: boolean;
}

/**
 * Reads a `Resource` text. Policy variables count in documents of version 2012-10-17; in older ones they are texts like
 * others. An ARN with parts missing at its end stands for all that begin so.
 */
export function resourcePattern(text: string, variables: boolean): ResourcePattern {
  const complete = completed(text);
  if (!variables || !complete.includes("${")) return { widest: complete, variable: false };
  let variable = false;
  const widest = complete.replace(VARIABLE, (_whole, name: string) => {
    if (name === "*") return LITERAL_STAR;
    if (name === "?") return LITERAL_QUESTION;
    if (name === "$") return "$";
    variable = true;
    return "*";
  });
  return { widest, variable };
}

/** `arn:aws:sqs` is `arn:aws:sqs:*:*:*` to IAM. */
function completed(text: string): string {
  if (!text.startsWith("arn:")) return text;
  const missing = 6 - text.split(":", 6).length;
  return missing <= 0 ? text : text + ":*".repeat(missing);
}
