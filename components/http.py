"""The few addresses that are not pages: the session's cookie, and whether we are ready."""

import secrets
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from components import server
from components.sessions import COOKIE, digest
from core.access import SYSTEM
from core.people.actions.sessions import ReplaceSession, replace_session
from core.people.upkeep import redeem_ticket
from core.refusals import NotFound
from core.settings import settings
from core.work import changing, upkeep

COOKIE_PATH = "/session/cookie"


def cookie(request: Request) -> Response:
    """Exchange a one-time ticket for the cookie, or take the cookie away.

    No script can read the cookie, and no other site can ask for it: the ticket comes in a header
    that only our own pages may send.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return Response(status_code=403)
    if request.method == "DELETE":
        gone = Response(status_code=204)
        gone.delete_cookie(COOKIE, path="/", secure=settings().cookie_secure, httponly=True)
        return gone
    value = secrets.token_urlsafe(32)
    with upkeep(server.engine()) as session:
        session_id = redeem_ticket(
            session,
            ticket_hash=digest(request.headers.get("x-ticket", "")),
            cookie_hash=digest(value),
            now=server.now(),
        )
    if session_id is None:
        return Response(status_code=403)
    if before := request.cookies.get(COOKIE):
        with (
            suppress(NotFound),
            changing(server.engine(), SYSTEM, now=server.now()) as work,
        ):
            replace_session(work, ReplaceSession(digest(before), session_id))
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE,
        value,
        max_age=int(settings().session_hours * 3600),
        path="/",
        secure=settings().cookie_secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def ready(_request: Request) -> Response:
    """Tell a load balancer that the database answers."""
    with server.engine().connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return JSONResponse({"status": "ready"})


ROUTES = (
    Route(COOKIE_PATH, cookie, methods=["POST", "DELETE"]),
    Route("/ready", ready, methods=["GET"]),
)
