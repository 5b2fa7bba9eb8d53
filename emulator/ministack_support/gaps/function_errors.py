"""What a function's failure is called.

Call: `lambda:InvokeFunction` of a Node.js function that throws. MiniStack answers every failure with the `errorType`
`Runtime.HandlerError`. AWS answers with the name of the error that was thrown (Lambda developer guide, "Node.js function
errors"), which is how callers tell one failure from another.
"""

from contextvars import ContextVar

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

NAME = "function-errors"

TOLD = 'status: "error", error: String(err.message || err), trace: err.stack || ""'

_thrown = ContextVar("strongroom_thrown", default=None)


def install():
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if TOLD not in script:
        raise RuntimeError("MiniStack's program for Node.js functions is another one: look at this gap again")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(TOLD, f'{TOLD}, name: err.name')
    _remember_names()
    _answer_with_names()


def _remember_names():
    original = lambda_runtime.Worker.invoke

    def invoke(self, *arguments, **options):
        result = original(self, *arguments, **options)
        _thrown.set(result.get("name"))
        return result

    lambda_runtime.Worker.invoke = invoke


def _answer_with_names():
    original = lambda_svc._execute_function_warm

    def execute(func, event, request_id):
        _thrown.set(None)
        answer = original(func, event, request_id)
        name, body = _thrown.get(), answer.get("body")
        if answer.get("error") and name and isinstance(body, dict):
            body["errorType"] = name
        return answer

    lambda_svc._execute_function_warm = execute
