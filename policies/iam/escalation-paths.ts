/**
 * A set of permissions that together let their holder get others. Public knowledge: Rhino Security Labs' list of AWS
 * privilege escalations, Datadog's pathfinding.cloud, cloudsplaining, Checkov CKV_AWS_110 and CKV_AWS_286.
 */
export interface EscalationPath {
  /** The actions' names, as the public lists name such a path. */
  readonly id: string;
  readonly gains: string;
  /** All are needed. */
  readonly steps: readonly Step[];
  /** What the first step makes do the holder's work, with a role of its own. */
  readonly takes?: Workload;
}

/** What runs with a role of its own. */
export type Workload =
  | "function"
  | "state machine"
  | "build project"
  | "Glue endpoint"
  | "stack"
  | "notebook"
  | "instance"
  | "container"
  | "service"
  | "code interpreter";

export interface Step {
  /** Lower case. */
  readonly action: string;
  /**
   * What the action must reach for the path to work:
   * - `strong`: identities or workloads stronger than the holder: every one of the account, or one it already controls,
   *   which the step makes stronger.
   * - `other`: others than the holder: every one of the account. What it already controls gains it nothing.
   * - `pass`: a role to give to a service; as `other`, and the service must be among those that the grant is for.
   * - `any`: something, whatever it is: the holder makes it.
   * - `made`: as `any`, and all such steps must reach the same thing.
   */
  readonly needs: "strong" | "other" | "pass" | "any" | "made";
  /** The service that a role is passed to. */
  readonly service?: string;
}

const strong = (action: string): Step => ({ action: action.toLowerCase(), needs: "strong" });
const other = (action: string): Step => ({ action: action.toLowerCase(), needs: "other" });
const any = (action: string): Step => ({ action: action.toLowerCase(), needs: "any" });

const made = (action: string): Step => ({ action: action.toLowerCase(), needs: "made" });

const path = (gains: string, ...steps: readonly Step[]): EscalationPath => ({
  id: steps.map(({ action }) => action).join("+"),
  gains,
  steps,
});

/** A role is given to a service, which then does what the holder says. */
const passing = (service: string, ...actions: readonly string[]): EscalationPath =>
  path(
    `acts through ${service} with a role that it passes`,
    { action: "iam:passrole", needs: "pass", service: `${service}.amazonaws.com` },
    ...actions.map(any),
  );

/** Something that runs with a role of its own is told what to do. */
const taking = (
  takes: Workload,
  gains: string,
  first: string,
  ...others: readonly string[]
): EscalationPath => ({ ...path(gains, strong(first), ...others.map(any)), takes });

const IDENTITIES: readonly EscalationPath[] = [
  ...["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"].map((action) =>
    path("changes what a managed policy allows", strong(action)),
  ),
  ...[
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
  ].map((action) => path("gives an identity any permission", strong(action))),
  path("makes a role with any permission", made("iam:CreateRole"), made("iam:PutRolePolicy")),
  path("makes a role with any permission", made("iam:CreateRole"), made("iam:AttachRolePolicy")),
  path("becomes a member of a stronger group", strong("iam:AddUserToGroup")),
  path("lets itself assume any role", strong("iam:UpdateAssumeRolePolicy")),
  ...[
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
  ].map((action) => path("signs in as another user", strong(action))),
  ...[
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
  ].map((action) => path("takes away the boundary of an identity", strong(action))),
  ...[
    "iam:UpdateSAMLProvider",
    "iam:UpdateOpenIDConnectProviderThumbprint",
    "iam:AddClientIDToOpenIDConnectProvider",
  ].map((action) => path("signs in through a changed identity provider", strong(action))),
  path("assumes any role that trusts the account", other("sts:AssumeRole")),
  path("becomes root of member accounts", other("sts:AssumeRoot")),
  ...["sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet"].map(
    (action) =>
      path(
        "gives a permission set any permission",
        strong(action),
        any("sso:ProvisionPermissionSet"),
      ),
  ),
  path("gives itself a stronger permission set", strong("sso:CreateAccountAssignment")),
  path("becomes a member of a stronger group", strong("identitystore:CreateGroupMembership")),
];

const PASSING: readonly EscalationPath[] = [
  passing("ec2", "ec2:RunInstances"),
  passing("ec2", "ec2:RequestSpotInstances"),
  passing("spotfleet", "ec2:RequestSpotFleet"),
  passing("ec2", "ec2:AssociateIamInstanceProfile"),
  passing("ec2", "ec2:ReplaceIamInstanceProfileAssociation"),
  passing("ec2", "iam:AddRoleToInstanceProfile"),
  passing("ec2", "ec2:CreateLaunchTemplate", "autoscaling:CreateAutoScalingGroup"),
  passing("ec2", "ec2:CreateLaunchTemplateVersion", "autoscaling:UpdateAutoScalingGroup"),
  passing("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"),
  passing("lambda", "lambda:CreateFunction", "lambda:InvokeFunction"),
  passing("lambda", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
  passing("lambda", "lambda:CreateFunction", "lambda:AddPermission"),
  passing("lambda", "lambda:CreateFunction", "lambda:CreateFunctionUrlConfig"),
  passing("lambda", "lambda:CreateFunction", "events:PutTargets"),
  passing("lambda", "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode"),
  passing("glue", "glue:CreateDevEndpoint"),
  passing("glue", "glue:CreateJob", "glue:StartJobRun"),
  passing("glue", "glue:CreateJob", "glue:CreateTrigger"),
  passing("glue", "glue:UpdateJob", "glue:StartJobRun"),
  passing("glue", "glue:UpdateJob", "glue:CreateTrigger"),
  passing("glue", "glue:CreateSession", "glue:RunStatement"),
  passing("cloudformation", "cloudformation:CreateStack"),
  passing("cloudformation", "cloudformation:UpdateStack"),
  passing("cloudformation", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"),
  passing("cloudformation", "cloudformation:UpdateStackSet"),
  passing("cloudformation", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
  passing(
    "datapipeline",
    "datapipeline:CreatePipeline",
    "datapipeline:PutPipelineDefinition",
    "datapipeline:ActivatePipeline",
  ),
  passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuild"),
  passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuildBatch"),
  passing("codebuild", "codebuild:UpdateProject", "codebuild:StartBuild"),
  passing("codepipeline", "codepipeline:CreatePipeline"),
  passing("codepipeline", "codepipeline:UpdatePipeline"),
  passing("codestar", "codestar:CreateProject"),
  passing(
    "sagemaker",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
  ),
  passing("sagemaker", "sagemaker:CreateTrainingJob"),
  passing("sagemaker", "sagemaker:CreateProcessingJob"),
  passing("sagemaker", "sagemaker:CreateDomain", "sagemaker:CreatePresignedDomainUrl"),
  passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
  passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:StartTask"),
  passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
  passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:UpdateService"),
  passing("ecs-tasks", "batch:RegisterJobDefinition", "batch:SubmitJob"),
  passing("states", "states:CreateStateMachine", "states:StartExecution"),
  passing("states", "states:UpdateStateMachine", "states:StartExecution"),
  passing("tasks.apprunner", "apprunner:CreateService"),
  passing(
    "bedrock-agentcore",
    "bedrock-agentcore:CreateCodeInterpreter",
    "bedrock-agentcore:InvokeCodeInterpreter",
  ),
  passing("elasticmapreduce", "elasticmapreduce:RunJobFlow"),
  passing("emr-serverless", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"),
  passing("ssm", "ssm:StartAutomationExecution"),
  passing("scheduler", "scheduler:CreateSchedule"),
  passing("events", "events:PutRule", "events:PutTargets"),
  passing("pipes", "pipes:CreatePipe"),
  passing(
    "kinesisanalytics",
    "kinesisanalytics:CreateApplication",
    "kinesisanalytics:StartApplication",
  ),
  passing("cognito-identity", "cognito-identity:SetIdentityPoolRoles"),
  passing("airflow", "airflow:CreateEnvironment", "airflow:CreateWebLoginToken"),
  passing("gamelift", "gamelift:CreateFleet"),
  passing("braket", "braket:CreateJob"),
  passing("rolesanywhere", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"),
];

const TAKING: readonly EscalationPath[] = [
  taking("function", "runs its own code in a function", "lambda:UpdateFunctionCode"),
  ...["lambda:PublishLayerVersion", "lambda:GetLayerVersion"].map((layer) =>
    taking(
      "function",
      "runs its own code in a function",
      "lambda:UpdateFunctionConfiguration",
      layer,
    ),
  ),
  taking("instance", "runs commands on instances", "ssm:SendCommand"),
  taking("instance", "runs commands on instances", "ssm:CreateAssociation"),
  taking("instance", "opens a shell on instances", "ssm:StartSession"),
  taking("instance", "opens a shell on instances", "ec2-instance-connect:SendSSHPublicKey"),
  taking(
    "instance",
    "opens a shell on instances",
    "ec2-instance-connect:SendSerialConsoleSSHPublicKey",
  ),
  taking(
    "instance",
    "runs commands on instances",
    "ec2:ModifyInstanceAttribute",
    "ec2:StopInstances",
    "ec2:StartInstances",
  ),
  taking("container", "opens a shell in containers", "ecs:ExecuteCommand"),
  taking("Glue endpoint", "runs its own code in a Glue endpoint", "glue:UpdateDevEndpoint"),
  // Who starts a build may send the commands along.
  taking("build project", "runs its own build", "codebuild:StartBuild"),
  taking("build project", "runs its own build", "codebuild:StartBuildBatch"),
  taking("stack", "acts through a stack's role", "cloudformation:UpdateStack"),
  taking(
    "stack",
    "acts through a stack's role",
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
  ),
  taking(
    "notebook",
    "works in a notebook with its role",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
  ),
  taking(
    "notebook",
    "runs its own code in a notebook",
    "sagemaker:UpdateNotebookInstance",
    "sagemaker:CreateNotebookInstanceLifecycleConfig",
    "sagemaker:StopNotebookInstance",
    "sagemaker:StartNotebookInstance",
  ),
  taking("state machine", "acts through a state machine's role", "states:UpdateStateMachine"),
  taking("service", "runs its own image with a service's role", "apprunner:UpdateService"),
  taking("service", "becomes the owner of a project", "codestar:AssociateTeamMember"),
  taking(
    "code interpreter",
    "runs its own code with an interpreter's role",
    "bedrock-agentcore:StartCodeInterpreterSession",
    "bedrock-agentcore:InvokeCodeInterpreter",
  ),
];

export const ESCALATION_PATHS: readonly EscalationPath[] = [...IDENTITIES, ...PASSING, ...TAKING];
