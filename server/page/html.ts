/** Text that is markup already. Only {@link html} makes it, so nobody's text becomes markup by mistake. */
export class Html {
  constructor(readonly markup: string) {}
}

type Value = Html | string | number | undefined | false | readonly Value[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/**
 * Characters that turn the direction of the text around them: a name could make the page show another one. They are
 * shown as a mark instead.
 */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g;

export function escape(text: string): string {
  return text.replace(DIRECTION, "\ufffd").replace(/[&<>"'`]/g, (found) => ENTITIES[found] ?? "");
}

function render(value: Value): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "object") return value.map(render).join("");
  return escape(String(value));
}

/** Markup from a template in which every value is escaped, unless it is markup itself. Attributes must be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, index) => part + render(values[index])).join(""));
}
