import { plainProperties } from "./engine-values";
import type { ResourceInput } from "./model/stack";
import { isList, isMap, type Value } from "./model/values";

/** What a provider's settings say about its resources. Its nested settings come as JSON texts. */
export function providerSettings(
  properties: Readonly<Record<string, unknown>>,
): Pick<ResourceInput, "accountId" | "providerRegion" | "defaultTags"> {
  const props = plainProperties(properties);
  const accounts = nested(props["allowedAccountIds"]);
  const only = isList(accounts) && accounts.length === 1 ? accounts[0] : undefined;
  const tags = nested(props["defaultTags"]);
  const region = props["region"];
  const defaultTags = isMap(tags) ? tags["tags"] : undefined;
  return {
    ...(typeof only === "string" ? { accountId: only } : {}),
    ...(typeof region === "string" ? { providerRegion: region } : {}),
    ...(isMap(defaultTags) ? { defaultTags } : {}),
  };
}

function nested(value: Value | undefined): Value | undefined {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Value;
  } catch {
    return undefined;
  }
}
