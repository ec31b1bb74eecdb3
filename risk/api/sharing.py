from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.outbound import signed_answer
from core.problems import Problem
from risk.sharing import answering


@csrf_exempt
@require_POST
def query(request: HttpRequest) -> HttpResponse:
    """Answer a query of the exchange of lenders, signed. Its signature is its authority: no session, no token."""
    try:
        return signed_answer(answering.receive(request))
    except Problem as problem:
        return signed_answer(problem.as_dict(), status=problem.status)
