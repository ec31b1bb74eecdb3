from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.problems import Problem
from payments import callbacks


@csrf_exempt
@require_POST
def callback(request: HttpRequest, channel: str) -> HttpResponse:
    """Take in a callback of the institution `channel`. Its signature is its authority: no session, no token."""
    try:
        return callbacks.receive(channel, request)
    except Problem as problem:
        return problem.as_response()
