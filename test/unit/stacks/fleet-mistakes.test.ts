import { expect } from "chai";

import { edited } from "./fixtures";
import { mistakes } from "./mistakes";

describe("A mistake in the fleet file", () => {
  it("has a message for each kind of mistake", () => {
    const cases: [from: string, to: string, mistake: string][] = [
      ["version: 1", "version: 2", "1:10 /version 2 must be 1"],
      [
        "retentionDays: 35",
        "retentionDays: 0",
        "11:18 /vault/retentionDays 0 is out of range: a number of days from 1 to 36500",
      ],
      [
        "retentionDays: 35",
        'retentionDays: "35"',
        '11:18 /vault/retentionDays "35" is text and must be a whole number: write it without quotes',
      ],
      [
        "retentionDays: 35",
        "retentionDays: soon",
        '11:18 /vault/retentionDays "soon" stands where a whole number (number of days) must be',
      ],
      [
        "retentionDays: 35",
        "retentionDays: 35.5",
        "11:18 /vault/retentionDays 35.5 stands where a whole number (number of days) must be",
      ],
      [
        "retentionDays: 35",
        "retentionDays:",
        "11:3 /vault/retentionDays nothing stands where a whole number (number of days) must be",
      ],
      ["  retentionDays: 35\n", "", '7:1 /vault "retentionDays" is missing'],
      ["  lockMode: GOVERNANCE\n", "", '7:1 /vault "lockMode" is missing'],
      [
        "GOVERNANCE",
        "governance",
        '12:13 /vault/lockMode "governance" must be one of GOVERNANCE, COMPLIANCE',
      ],
      [
        "primaryRegion: eu-central-1",
        "primaryRegion: frankfurt",
        '9:18 /vault/primaryRegion "frankfurt" is not an AWS Region, for example eu-central-1',
      ],
      [
        "    all: true\nenv",
        "    everything: true\nenv",
        '15:5 /selection/include/everything unknown key "everything"; known here: organizationalUnits, tags, accounts, all',
      ],
      [
        "    all: true\nenv",
        "    all: yes\nenv",
        '15:10 /selection/include/all "yes" stands where true or false must be',
      ],
      [
        "    all: true\nenv",
        "    accounts: [1]\nenv",
        '15:16 /selection/include/accounts/0 the account id 1 has no quotes, so YAML reads a number and loses leading zeros: write "1"',
      ],
      [
        "    all: true\nenv",
        '    accounts: ["1"]\nenv',
        '15:16 /selection/include/accounts/0 "1" is not an AWS account id',
      ],
      [
        "    all: true\nenv",
        "    tags: { a: b }\nenv",
        "15:5 /selection/include/tags a group of keys stands where a list must be",
      ],
      [
        "    all: true\nenv",
        "    tags: [{ a: 1 }]\nenv",
        '15:17 /selection/include/tags/0/a 1 is a number to YAML and must be text: write "1"',
      ],
      [
        "    all: true\nenv",
        '    tags: [{ "aws:a": b }]\nenv',
        '15:14 /selection/include/tags/0/aws:a the key "aws:a" is not a tag key (1 to 128 characters, not aws:…)',
      ],
      [
        "[workloads/prod]",
        "[/workloads/prod]",
        '19:29 /environments/prod/match/organizationalUnits/0 "/workloads/prod" is not an organizational unit: names from the root down like workloads/prod, or an id ou-…',
      ],
      [
        "[eu-central-1, eu-west-1]",
        "[eu-west-1, eu-west-1]",
        '20:26 /environments/prod/regions/1 "eu-west-1" stands here more than once',
      ],
      ["[eu-central-1, eu-west-1]", "[]", "20:14 /environments/prod/regions must not be empty"],
      [
        "  prod:",
        "  Prod:",
        '17:3 /environments/Prod the key "Prod" is not an environment\'s name (small letters, digits and dashes, at most 32)',
      ],
      [
        "role: arn:aws:iam::100000000002:role/",
        "role: arn:aws:iam::1:role/",
        '5:9 /service/role "arn:aws:iam::1:role/strongroom/strongroom-service" is not the ARN of an IAM role, arn:aws:iam::<account id>:role/<name>',
      ],
    ];
    for (const [from, to, mistake] of cases) {
      expect(mistakes(edited([from, to])), `${from} -> ${to}`).to.include(mistake);
    }
  });

  it("has a message for each contradiction between keys", () => {
    const defaults = (text: string): [string, string] => [
      "environments:",
      `defaults: ${text}\nenvironments:`,
    ];
    const withWaves = (text: string): [string, string] => [
      "version: 1\n",
      `version: 1\nwaves: ${text}\n`,
    ];
    const cases: [edit: [string, string], mistake: string][] = [
      [
        ["o-strongroom01", 'o-strongroom01\n  managementAccount: "100000000003"'],
        '9:12 /vault/account "100000000003" is the management account; service control policies cannot protect a vault there',
      ],
      [
        ["recoveryRegion: eu-west-1", "recoveryRegion: cn-north-1"],
        '10:19 /vault/recoveryRegion "cn-north-1" is in another AWS partition than "eu-central-1"; no account spans two',
      ],
      [
        ["arn:aws:", "arn:aws-cn:"],
        '5:9 /service/role the role is in the AWS partition "aws-cn", the vault in "aws"',
      ],
      [
        [
          "o-strongroom01",
          'o-strongroom01\n  managementAccount: "100000000001"\naccess: { through: { role: "arn:aws:iam::100000000009:role/x" } }',
        ],
        "5:28 /access/through/role the role is in account 100000000009, not in the management account 100000000001, which alone the bootstrap roles trust",
      ],
      [
        ["    all: true\nenv", "    accounts: []\nenv"],
        "14:3 /selection/include selects no account: give organizationalUnits, tags, accounts or all: true",
      ],
      [
        [
          "    all: true\nenv",
          '    accounts: ["100000000009"]\n  exclude: { accounts: ["100000000009"] }\nenv',
        ],
        '16:25 /selection/exclude/accounts/0 "100000000009" is included by id as well; take it out of one of the two',
      ],
      [
        defaults("{ environment: prd }"),
        '16:26 /defaults/environment there is no environment "prd"; did you mean "prod"?',
      ],
      [
        defaults("{ environment: shared }"),
        '16:26 /defaults/environment there is no environment "shared"; there are prod, dev',
      ],
      [
        ["    regions: [eu-central-1]\n", ""],
        '21:3 /environments/dev "regions" is missing: give it here or under defaults.settings, nobody can guess where secrets live',
      ],
      [
        ["      organizationalUnits: [workloads/prod]", "      all: true"],
        '21:3 /environments/dev is never reached: "prod" above it matches every account',
      ],
      [
        ["      organizationalUnits: [workloads/prod]", "      accounts: []"],
        "18:5 /environments/prod/match matches no account: give organizationalUnits, tags, accounts or all: true",
      ],
      [
        ["    regions: [eu-central-1]\n", "    regions: [eu-central-1]\n    retentionDays: 7\n"],
        "25:20 /environments/dev/retentionDays 7 days is less than the vault's 35; an environment may only keep longer",
      ],
      [
        defaults("{ settings: { retentionDays: 7 } }"),
        "16:40 /defaults/settings/retentionDays 7 days is less than the vault's 35; an environment may only keep longer",
      ],
      [
        [
          "lockMode: GOVERNANCE",
          "lockMode: COMPLIANCE\ndefaults: { settings: { lockMode: GOVERNANCE } }",
        ],
        "13:35 /defaults/settings/lockMode GOVERNANCE is weaker than the vault's COMPLIANCE; an environment may only lock harder",
      ],
      [
        ["[eu-central-1, eu-west-1]", "[eu-central-1, us-gov-west-1]"],
        '20:29 /environments/prod/regions/1 "us-gov-west-1" is in another AWS partition than the vault; no organization spans two',
      ],
      [
        withWaves("[{ name: a, share: 60 }, { name: a, share: 40 }]"),
        '2:41 /waves/1/name there is a wave "a" already',
      ],
      [
        withWaves("[{ name: a, share: 60 }, { name: b, share: 41 }]"),
        "2:51 /waves/1/share the shares come to 101 percent here; together they may not be more than 100",
      ],
      [
        withWaves("[{ name: rest, share: 1 }]"),
        '2:17 /waves/0/name "rest" is the wave of the accounts left over; take another name',
      ],
      [withWaves("[{ name: a }]"), "2:9 /waves/0 give either match or share"],
      [
        withWaves("[{ name: a, share: 1, match: { all: true } }]"),
        "2:9 /waves/0 give either match or share",
      ],
      [
        withWaves("[{ name: a, match: {} }]"),
        "2:20 /waves/0/match matches no account: give organizationalUnits, tags, accounts or all: true",
      ],
    ];
    for (const [edit, mistake] of cases) {
      expect(mistakes(edited(edit)), edit[1]).to.deep.equal([mistake]);
    }
  });
});
