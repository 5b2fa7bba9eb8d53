import { globMatches, globsOverlap, isOpen } from "./patterns";

/**
 * Actions that AWS lets nobody narrow to a resource: they must be allowed on `*`. By service, lower case, wildcards
 * for families. From the Service Authorization Reference; services are those that Strongroom's stacks use.
 * An action of a service that is listed, and not among these, can be narrowed.
 */
const WITHOUT_RESOURCE: Readonly<Record<string, readonly string[]>> = {
  "access-analyzer": ["listanalyzers", "startpolicygeneration", "validatepolicy", "check*"],
  backup: ["describeglobalsettings", "describeregionsettings", "list*", "update*settings"],
  cloudcontrol: [],
  // Cloud Control API checks its callers under the prefix of CloudFormation.
  cloudformation: [
    "createresource",
    "deleteresource",
    "getresource",
    "getresourcerequeststatus",
    "cancelresourcerequest",
    "listresources",
    "listresourcerequests",
    "updateresource",
    "describetype",
    "liststacks",
    "listexports",
    "validatetemplate",
  ],
  cloudtrail: ["describetrails", "listtrails", "lookupevents", "listpublickeys"],
  cloudwatch: [
    "putmetricdata",
    "getmetricdata",
    "getmetricstatistics",
    "listmetrics",
    "describealarmsformetric",
    "listdashboards",
  ],
  ec2: ["describe*", "get*consoleoutput", "createtags"],
  events: [
    "listeventbuses",
    "listrules",
    "listapidestinations",
    "listconnections",
    "testeventpattern",
  ],
  iam: [
    "listroles",
    "listusers",
    "listgroups",
    "listpolicies",
    "listaccountaliases",
    "listopenidconnectproviders",
    "listsamlproviders",
    "listservercertificates",
    "listvirtualmfadevices",
    "getaccountsummary",
    "getaccountauthorizationdetails",
    "getaccountpasswordpolicy",
    "getcredentialreport",
    "generatecredentialreport",
    "simulatecustompolicy",
    "createaccountalias",
    "deleteaccountalias",
    "updateaccountpasswordpolicy",
    "deleteaccountpasswordpolicy",
  ],
  kms: [
    "createkey",
    "listkeys",
    "listaliases",
    "generaterandom",
    "listretirablegrants",
    "describecustomkeystores",
    "createcustomkeystore",
    "connectcustomkeystore",
    "disconnectcustomkeystore",
    "deletecustomkeystore",
    "updatecustomkeystore",
  ],
  lambda: [
    "listfunctions",
    "getaccountsettings",
    "listlayers",
    "listeventsourcemappings",
    "createeventsourcemapping",
  ],
  logs: [
    "describe*",
    "listlogdeliveries",
    "getlogdelivery",
    "*logdelivery",
    "putresourcepolicy",
    "deleteresourcepolicy",
  ],
  organizations: ["list*", "describeorganization", "describecreateaccountstatus"],
  s3: [
    "listallmybuckets",
    "getaccountpublicaccessblock",
    "putaccountpublicaccessblock",
    "listaccesspoints",
    "listjobs",
    "createjob",
    "liststoragelensconfigurations",
  ],
  secretsmanager: ["listsecrets", "getrandompassword", "batchgetsecretvalue"],
  sns: ["listtopics", "listsubscriptions", "unsubscribe", "setsmsattributes", "getsmsattributes"],
  sqs: ["listqueues"],
  ssm: ["describeparameters", "listdocuments", "getinventory"],
  states: ["liststatemachines", "listactivities"],
  sts: [
    "getcalleridentity",
    "getsessiontoken",
    "getaccesskeyinfo",
    "decodeauthorizationmessage",
    "getservicebearertoken",
  ],
  tag: ["*"],
  xray: ["puttracesegments", "puttelemetryrecords", "getsampling*"],
};

/** What is known of an action pattern: must it be allowed on `*`, can it be narrowed, or is its service not listed? */
export function narrowing(pattern: string): "impossible" | "possible" | "unlisted" {
  const [service = "", name = ""] = pattern.split(":");
  if (isOpen(service)) {
    return Object.keys(WITHOUT_RESOURCE).some((listed) => globsOverlap(service, listed))
      ? "possible"
      : "unlisted";
  }
  const families = WITHOUT_RESOURCE[service];
  if (families === undefined) return "unlisted";
  // `kms:List*` names actions of both sorts; it is held to the stricter one unless a whole family covers it.
  return families.some((family) => globMatches(family, name)) ? "impossible" : "possible";
}
