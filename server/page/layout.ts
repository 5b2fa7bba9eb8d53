import type { Principal } from "../auth/roles";
import { type Html, html } from "./html";

/** A whole page around its content. `live` adds the script that follows a run. */
export function page(
  title: string,
  content: Html,
  { principal, live = false }: { principal?: Principal; live?: boolean } = {},
): string {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Strongroom</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/assets/page.css" />
        ${live && html`<script src="/assets/live.js" defer></script>`}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <a class="brand" href="/">Strongroom</a>
          <nav aria-label="Main">
            <a href="/">Overview</a>
            <a href="/coverage">Coverage</a>
            <a href="/drills">Drills</a>
            <a href="/docs">API</a>
          </nav>
          ${
            principal !== undefined &&
            html`<form method="post" action="/logout">
              <span>${principal.subject} (${principal.role})</span>
              <button type="submit">Sign out</button>
            </form>`
          }
        </header>
        <main id="main" tabindex="-1">${content}</main>
      </body>
    </html> `;
  return document.markup;
}

/** A state as a word with a colour; the word alone says it. */
export function badge(state: string): Html {
  return html`<span class="badge" data-state="${state}">${state.replaceAll(/[-_]/g, " ")}</span>`;
}

/** A moment: readable, exact for machines, in UTC. */
export function moment(iso: string | undefined): Html {
  if (iso === undefined) return html`<span class="quiet">never</span>`;
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")} UTC</time>`;
}

/** Seconds as a person says them. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** A name and what is to be seen under it. */
export type Figure = readonly [string, string | number];

/** The few numbers that a page is about. */
export function figures(of: readonly Figure[]): Html {
  return html`<dl class="figures">
    ${of.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** A table that scrolls by itself where it is too wide. */
export function table(caption: string, heads: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads.map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
