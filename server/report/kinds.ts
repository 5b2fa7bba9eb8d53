/** `aws:iam/rolePolicy:RolePolicy` as people say it: `role policy`. */
export function noun(type: string): string {
  const last = type.slice(type.lastIndexOf(":") + 1);
  return last.replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase();
}

/** `1 key`, `3 keys`, `2 role policies`. */
export function counted(count: number, one: string): string {
  if (count === 1) return `1 ${one}`;
  return `${count} ${/[^aeiou]y$/.test(one) ? `${one.slice(0, -1)}ies` : /(s|x|ch)$/.test(one) ? `${one}es` : `${one}s`}`;
}

export const SIGNS = { create: "+", update: "~", replace: "±", delete: "−" } as const;
