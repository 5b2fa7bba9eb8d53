import { PolicyPack } from "@pulumi/policy";

import { packArgs } from "../pack";

// Starts a server: import the rules from ../rules, never from here.
new PolicyPack("strongroom-hygiene", packArgs("strongroom-hygiene"));
