import { PolicyPack } from "@pulumi/policy";

/** A pack for the tests of the engine: one mandatory rule about a resource, one that advises about the whole stack. */
new PolicyPack("test-pack", {
  policies: [
    {
      name: "stash-is-not-bad",
      description: "No stash is bad.",
      enforcementLevel: "mandatory",
      validateResource: ({ type, props }, report) => {
        if (type === "pulumi:index:Stash" && props["input"] === "bad") {
          report("The input is bad: set another one.");
        }
      },
    },
    {
      name: "stack-could-be-better",
      description: "Every stack could be better.",
      enforcementLevel: "advisory",
      validateStack: (_stack, report) => report("It could be better."),
    },
  ],
});
