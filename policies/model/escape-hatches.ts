/**
 * Types behind which anything can be made or done unseen: templates and generic resources of AWS, commands and files of
 * machines, code of the program's own that the engine runs as a provider, calls of functions, state of other stacks.
 */
const HATCHES: readonly RegExp[] = [
  /^aws:cloudcontrol\/resource:Resource$/,
  /^aws:cloudformation\/(stack|stackSet|stackSetInstance|stackInstances|cloudFormationType):/,
  /^aws-native:cloudformation:/,
  /^aws-native:(index:)?(ExtensionResource|CustomResourceEmulator)$/,
  /^aws:lambda\/invocation:Invocation$/,
  /^aws:ssm\/(association|document):/,
  /^command:/,
  /^pulumi-[a-z]+:dynamic/,
  /^pulumi:pulumi:StackReference$/,
  /^(terraform|terraform-provider|null|external|shell|docker|docker-build|synced-folder|local-file):/,
];

/** Tells whether a resource of a type could make what no rule sees. */
export function isEscapeHatch(type: string): boolean {
  return HATCHES.some((hatch) => hatch.test(type));
}
