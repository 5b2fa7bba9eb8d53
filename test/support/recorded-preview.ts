import type { ResourceInput } from "../../policies/model/stack";
import { UNKNOWN, type Value } from "../../policies/model/values";
import type { Recording } from "./recorder";

/**
 * What the policy packs would see of a recorded program at its very first preview: whatever comes from a resource that
 * does not exist yet is unknown, and the engine says of which resources each property was made. The recorder's made-up
 * ids and ARNs mark those places.
 */
export function firstPreviewOf(
  recording: Pick<Recording<unknown>, "resources" | "options">,
  stack: string,
  accountId: string,
): ResourceInput[] {
  const urnOf = (type: string, name: string): string =>
    `urn:pulumi:${stack}::strongroom::${type}::${name}`;
  const resources = recording.resources.filter(({ type }) =>
    /^(pulumi:providers:)?aws(-native)?(:|$)/.test(type),
  );
  const marks = resources.flatMap(({ type, name }) =>
    [`:111122223333:${type.split(":").at(-1) ?? ""}/${name}`, `mrk-${name}`, `${name}-id`].map(
      (mark) => ({ mark: new RegExp(`${mark}(?![\\w-])`), urn: urnOf(type, name) }),
    ),
  );
  const originsOf = (text: string): string[] => [
    ...new Set(marks.filter(({ mark }) => mark.test(text)).map(({ urn }) => urn)),
  ];
  const atPreview = (value: unknown): Value => {
    if (typeof value === "string") return originsOf(value).length > 0 ? UNKNOWN : value;
    if (Array.isArray(value)) return value.map(atPreview);
    if (typeof value !== "object" || value === null) return value as Value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, atPreview(item)] as const),
    );
  };
  const region = (provider: string): string | undefined => {
    const name = /::([^:]+)::[^:]*$/.exec(provider)?.[1];
    const found = recording.resources.find((it) => it.name === name)?.inputs["region"];
    return typeof found === "string" ? found : undefined;
  };
  return resources.map(({ type, name, inputs, provider }) => {
    const options = recording.options.get(name);
    const providerRegion = region(provider);
    return {
      type,
      name,
      urn: urnOf(type, name),
      props: Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [key, atPreview(value)] as const),
      ),
      propertyDependencies: Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [key, originsOf(JSON.stringify(value))]),
      ),
      protect: options?.protect === true,
      accountId,
      ...(providerRegion === undefined ? {} : { providerRegion }),
    };
  });
}
