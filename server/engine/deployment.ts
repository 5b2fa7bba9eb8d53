import type { RetainedResource, StackResource } from "../ports";
import type { SecretsSettings } from "./settings";

/** One resource in a state file, as far as we read it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom?: boolean;
  readonly delete?: boolean;
  readonly id?: string;
  readonly parent?: string;
  /** URN and id of its provider, joined by `::`. */
  readonly provider?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** A stack's state: what `pulumi stack export` shows and the file backend keeps. */
export interface Deployment {
  readonly secrets_providers?: {
    readonly type: string;
    readonly state?: {
      readonly salt?: string;
      readonly url?: string;
      readonly encryptedkey?: string;
    };
  };
  readonly resources?: readonly StateResource[];
  readonly pending_operations?: readonly {
    readonly type: string;
    readonly resource: StateResource;
  }[];
}

/** The mark of a special value in Pulumi's state, and what it says when the value is a secret. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

const STACK_TYPE = "pulumi:pulumi:Stack";
const PROVIDER_TYPE = "pulumi:providers:";

/** Whether a resource is something in the cloud, not a component, a provider or the stack itself. */
export function isCloudResource(resource: {
  readonly type: string;
  readonly custom?: boolean;
}): boolean {
  return resource.custom === true && !resource.type.startsWith(PROVIDER_TYPE);
}

/** The last part of a URN: the name that the program gave. */
export const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

/** The resources of a stack as the ports show them; what is only waiting to be deleted is left out. */
export function resourcesOf(deployment: Deployment): readonly StackResource[] {
  return (deployment.resources ?? [])
    .filter((resource) => isCloudResource(resource) && resource.delete !== true)
    .map(({ urn, type, id, protect }) => ({
      urn,
      type,
      name: nameOf(urn),
      id: id ?? "",
      protect: protect ?? false,
    }));
}

function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  // Any marked value: a secret, or an asset that nobody needs as an output.
  if (SIGNATURE in value) return true;
  return Object.values(value).some(holdsSecret);
}

/** The plain outputs of the stack; one that is secret, or has a secret anywhere inside, is left out. */
export function outputsOf(deployment: Deployment): Readonly<Record<string, unknown>> {
  const stack = deployment.resources?.find(({ type }) => type === STACK_TYPE);
  return Object.fromEntries(
    Object.entries(stack?.outputs ?? {}).filter(([, value]) => !holdsSecret(value)),
  );
}

/** How the stack's secrets are encrypted, for its settings file: the state knows it best, whoever ran it last. */
export function secretsOf(deployment: Deployment | undefined): SecretsSettings {
  const provider = deployment?.secrets_providers;
  const { salt, url, encryptedkey } = provider?.state ?? {};
  if (provider?.type === "passphrase" && salt !== undefined) return { encryptionsalt: salt };
  if (provider?.type === "cloud" && url !== undefined && encryptedkey !== undefined) {
    return { secretsprovider: url, encryptedkey };
  }
  return {};
}

/** Creations that an earlier run began and nobody saw the end of: the resource may exist and be unknown to the state. */
export function pendingCreates(deployment: Deployment | undefined): readonly StateResource[] {
  return (deployment?.pending_operations ?? [])
    .filter(({ type }) => type === "creating")
    .map(({ resource }) => resource);
}

/** What a `retire` leaves in AWS. */
export function retainedBy(deployment: Deployment): readonly RetainedResource[] {
  return (deployment.resources ?? [])
    .filter((resource) => isCloudResource(resource) && resource.retainOnDelete === true)
    .map(({ urn, type, id, outputs }) => {
      const arn = outputs?.["arn"];
      return { urn, type, name: nameOf(urn), arn: typeof arn === "string" ? arn : (id ?? "") };
    });
}

/** Resources that are protected and would be deleted in AWS if the protection were simply taken off. */
export function wouldBeLost(deployment: Deployment): readonly StateResource[] {
  return (deployment.resources ?? []).filter(
    (resource) =>
      isCloudResource(resource) && resource.protect === true && resource.retainOnDelete !== true,
  );
}
