"""A batch of messages needs the permission for one.

Call: `sqs:SendMessageBatch`, `sqs:DeleteMessageBatch`, `sqs:ChangeMessageVisibilityBatch`. MiniStack asks for actions of these
names, which no policy can give. AWS has none: the permission for a batch is the one for a single message (SQS developer
guide, "Amazon SQS API permissions").
"""

from ministack.core import iam_actions

NAME = "queue-batches"


def install():
    original = iam_actions.extract_iam_action

    def extract_iam_action(service, *arguments, **options):
        action = original(service, *arguments, **options)
        if action and action.startswith("sqs:"):
            return action.removesuffix("Batch")
        return action

    iam_actions.extract_iam_action = extract_iam_action
