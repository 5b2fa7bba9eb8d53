import * as pulumi from "@pulumi/pulumi";

/** A resource that a program registered, with the inputs as the engine gets them. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Of the provider that the resource uses: `<urn>::<id>`, or empty. */
  readonly provider: string;
}

/** What mocks are not told, but a transformation is. */
export interface RecordedOptions {
  readonly type: string;
  readonly name: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Name of the parent, or undefined below the stack. */
  readonly parent: string | undefined;
}

export interface Recording<T> {
  readonly result: T;
  /** Custom resources, providers and components in the order of their registration. */
  readonly resources: readonly RecordedResource[];
  readonly options: ReadonlyMap<string, RecordedOptions>;
  /** `type name` of everything registered, sorted. */
  readonly set: readonly string[];
  /** The one resource of a name; throws where there is none. */
  readonly get: (name: string) => RecordedResource;
  /** All resources of a type. */
  readonly ofType: (type: string) => readonly RecordedResource[];
}

// Pulumi keeps the stack's root here; named before the tests start, it is not taken for a leak of one of them.
(globalThis as { stackResource?: unknown }).stackResource ??= undefined;

/** The text that an Output leaves where it was turned into text; in an IAM document it would be a valid-looking string. */
const UNRESOLVED = "Calling [to";

/** Waits until every registration, nested ones too, has been answered. */
async function settle(): Promise<void> {
  const runtime = pulumi.runtime as unknown as { waitForRPCs: () => Promise<void> };
  await runtime.waitForRPCs();
}

/** The value of an Output; a test awaits it instead of asserting inside `apply`, where a failure would pass. */
export function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return (pulumi.output(output) as unknown as { promise: () => Promise<T> }).promise();
}

/** ARNs as AWS would give them; rules look into those of keys and buckets. */
function arnOf(type: string, name: string, given: Readonly<Record<string, unknown>>): string {
  const region = typeof given.region === "string" ? given.region : "eu-central-1";
  if (type === "aws:s3/bucket:Bucket") return `arn:aws:s3:::${String(given.bucket)}`;
  if (type.startsWith("aws:kms/")) return `arn:aws:kms:${region}:111122223333:key/mrk-${name}`;
  const [, service = "", kind = ""] = /^[^:]+:([^/:]+)[^:]*:(.*)$/.exec(type) ?? [];
  return `arn:aws:${service}:${region}:111122223333:${kind}/${name}`;
}

/** Made-up answers of AWS for what it alone decides. */
function computed(args: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  const { type, name } = args;
  const given = args.inputs as Record<string, unknown>;
  return {
    ...given,
    arn: given.arn ?? arnOf(type, name, given),
    keyId: `mrk-${name}`,
    url: `https://mock/${name}`,
  };
}

/**
 * Runs a program against mocks and records what it registers. Fails where an Output was turned into text: the cloud would
 * take the text for a value.
 */
export async function record<T>(program: () => Promise<T>): Promise<Recording<T>> {
  const resources: RecordedResource[] = [];
  const options = new Map<string, RecordedOptions>();
  const calls: string[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        if (args.type !== "pulumi:pulumi:Stack")
          resources.push({
            type: args.type,
            name: args.name,
            inputs: args.inputs as Record<string, unknown>,
            provider: args.provider ?? "",
          });
        return { id: `${args.name}-id`, state: computed(args) };
      },
      call: (args) => {
        calls.push(args.token);
        return {};
      },
    },
    "strongroom",
    "stack",
    false,
  );
  const result = await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation((args) => {
      const parent = args.opts.parent as unknown as { __name?: string } | undefined;
      options.set(args.name, {
        type: args.type,
        name: args.name,
        protect: args.opts.protect === true,
        retainOnDelete: (args.opts as pulumi.CustomResourceOptions).retainOnDelete === true,
        parent: parent?.__name,
      });
      return undefined;
    });
    return { value: await program() } as never;
  });
  await settle();
  if (calls.length > 0) {
    throw new Error(`The program calls ${calls.join(", ")}: it depends on more than its spec`);
  }
  const text = JSON.stringify(resources);
  if (text.includes(UNRESOLVED)) {
    const guilty = resources.filter((it) => JSON.stringify(it.inputs).includes(UNRESOLVED));
    throw new Error(`An Output was turned into text in ${guilty.map((it) => it.name).join(", ")}`);
  }
  return {
    result: (result as unknown as { value: T }).value,
    resources,
    options,
    set: resources.map((it) => `${it.type} ${it.name}`).sort(),
    get: (name) => {
      const found = resources.filter((it) => it.name === name);
      if (found[0] === undefined) throw new Error(`No resource ${name} was registered`);
      return found[0];
    },
    ofType: (type) => resources.filter((it) => it.type === type),
  };
}
