"""Headers that every answer carries, above all what a page may load and run."""

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.settings import settings

# The one inline script of Streamlit's own page; it changes with Streamlit's version.
_STREAMLIT_INLINE = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' blob: {_STREAMLIT_INLINE}",  # blob: is how components are loaded
        "style-src 'self' 'unsafe-inline'",  # Streamlit styles with inline attributes
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeaders:
    """Put the headers on every HTTP answer, errors included; behind TLS mark every cookie so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        headers = dict(HEADERS)
        self.secure = settings().cookie_secure
        if self.secure:
            headers["strict-transport-security"] = "max-age=31536000"
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    def _secured(self, header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        """Keep a cookie, also one of Streamlit's own, from travelling without TLS."""
        name, value = header
        if not self.secure or name.lower() != b"set-cookie" or b"; secure" in value.lower():
            return header
        return name, value + b"; Secure"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*map(self._secured, message["headers"]), *self.headers]
            await send(message)

        await self.app(scope, receive, send_with_headers)


MIDDLEWARE = (Middleware(SecurityHeaders),)
